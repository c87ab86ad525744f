"""WC40x and WC41x: Linux code runs on every system that the wheel's tags promise."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import home_members
from wheelcheck.platforms import arch, hints
from wheelcheck.platforms.manylinux import linux_policy
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Member


# WC4xx: nothing needs a newer or another C library than the platform tag promises.


@rule("WC401", on=Wheel)
def no_binary_needs_a_newer_glibc_than_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """The newest GLIBC_ version any executable or library needs is at most that of every manylinux tag.

    The dynamic loader refuses a file whose version needs the C library does not offer, even where only a weak symbol
    needs it: "version `GLIBC_2.39' not found". moraine's 2_17 wheels needed 2.39; microsandbox 0.6.9's 2_28 wheels too.
    Read from DT_VERNEED as the loader does, so stripped or forged section headers change nothing.

    Source: PEP 513, 571, 599 and 600; moraine#246.
    Remedy: build against the floor (`cargo zigbuild --target TRIPLE.2.17`, a manylinux container) or raise the tag.
    """
    for platform in wheel.platforms:
        if platform.libc != "glibc":
            continue
        for member, slice_ in home_members(wheel, platform):
            need = slice_.glibc_need
            if need and need.glibc > platform.floor and not hints.is_fixture(member.path):
                floor = ".".join(map(str, platform.floor))
                message = f"needs {need.version} of {need.library}, expected at most GLIBC_{floor} for {platform.tag}"
                yield Hit(member.path, message)


@rule("WC402", on=Wheel)
def every_binary_is_for_the_c_library_of_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """A musllinux wheel holds nothing that needs glibc, and a manylinux wheel nothing that needs musl.

    A program whose loader does not exist ends in "No such file or directory". fastfetch-bin 2.69.0 carries both tags on
    one glibc executable. A static program may carry both tags; a library that asks for `libc.so.6` without any GLIBC_
    version loads under musl, which answers to that name.

    Source: PEP 600, PEP 656; musl's reserved library names (ldso/dynlink.c).
    Remedy: build for the tag's C library, or link statically.
    """
    for platform in wheel.platforms:
        if platform.libc not in ("glibc", "musl"):
            continue
        for member, slice_ in home_members(wheel, platform):
            if found := _other_libc(slice_, platform.libc):
                yield Hit(member.path, f"found {found}, expected nothing but {platform.libc} for {platform.tag}")


def _other_libc(slice_: Slice, libc: str) -> str:
    """Name what ties the slice to the other C library; empty where nothing does."""
    other = "glibc" if libc == "musl" else "musl"
    loaders = {row.loader(other) for row in arch.ARCHES if row.loader(other)}
    if slice_.interpreter in loaders:
        return f"the {other} loader {slice_.interpreter}"
    if other == "glibc" and (need := slice_.glibc_need):
        return f"a need of {need.version}"
    musl = [name for name in slice_.needed if name.startswith("libc.musl-")]
    return f"a need of {musl[0]}" if other == "musl" and musl else ""


# WC41x: what a Linux binary asks of the system beyond the C library.

_PYTHON_LIBRARY = re.compile(r"libpython\d.*\.so.*")
_DATA = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")


def _linux_code(wheel: Wheel) -> Iterator[tuple[Member, Slice]]:
    """Yield each Linux member once, however many tags it serves."""
    seen: set[str] = set()
    for platform in wheel.platforms:
        for member, slice_ in home_members(wheel, platform):
            if slice_.system == "linux" and member.path not in seen and not hints.is_fixture(member.path):
                seen.add(member.path)
                yield member, slice_


@rule("WC410", on=Wheel)
def no_binary_needs_a_newer_runtime_library_than_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """The versions that libstdc++, libgcc and the like must offer are ones the tag's oldest system has.

    A C++ module built with a new compiler asks for GLIBCXX_3.4.30 though its glibc needs are old: "version
    `GLIBCXX_3.4.30' not found". A library that travels in the wheel answers for itself.

    Source: PEP 600; auditwheel's policies, measured on the oldest distribution of each glibc.
    Remedy: build in the tag's manylinux container (its toolchain links newer parts of libstdc++ statically), or bundle
    the library with `auditwheel repair`.
    """
    for platform in wheel.platforms:
        policy = linux_policy(platform)
        for member, slice_ in home_members(wheel, platform) if policy else ():
            missing = [
                need
                for need in slice_.versions
                if not need.weak
                and policy
                and need.library in policy.libraries
                and not need.version.startswith("GLIBC_")
                and not policy.offers(need.version)
            ]
            if missing and not hints.is_fixture(member.path):
                worst = max(missing, key=lambda need: (len(need.version), need.version))
                yield Hit(
                    member.path, f"needs {worst.version} of {worst.library}, which {platform.tag} does not promise"
                )


@rule("WC411", on=Wheel, severity="warning")
def every_needed_library_is_promised_or_in_the_wheel(wheel: Wheel) -> Iterator[Hit]:
    """Each DT_NEEDED library is one the tag's policy promises, or a file of the wheel.

    What is neither must be on the user's machine by luck or by another package (CUDA's wheels are found that way), so
    this is a warning.

    Source: PEP 600; auditwheel's policies.
    Remedy: bundle it with `auditwheel repair`, link it statically, or declare the package that brings it.
    """
    carried = {PurePosixPath(member.path).name for member in wheel.natives}
    carried |= {slice_.soname for member in wheel.natives if member.binary for slice_ in member.binary.slices}
    loaders = {PurePosixPath(row.loader(libc)).name for row in arch.ARCHES for libc in ("glibc", "musl")}
    for platform in wheel.platforms:
        policy = linux_policy(platform)
        for member, slice_ in home_members(wheel, platform) if policy else ():
            known = carried | loaders | (policy.libraries if policy else set())
            foreign = [name for name in slice_.needed if name not in known and not name.startswith("libc.musl-")]
            if foreign and not hints.is_fixture(member.path):
                what = "link an extension module without libpython" if _names_python(foreign) else "bundle it"
                yield Hit(member.path, f"needs {', '.join(foreign)}, which {platform.tag} does not promise: {what}")


def _names_python(names: list[str]) -> bool:
    return any(_PYTHON_LIBRARY.fullmatch(name) for name in names)


@rule("WC412", on=Wheel, severity="warning")
def no_search_path_leaves_the_installation(wheel: Wheel) -> Iterator[Hit]:
    """DT_RPATH and DT_RUNPATH are relative to the file ($ORIGIN) and stay below site-packages.

    An absolute entry is a folder of the build machine: on the user's it does not exist, or anybody may have put a
    library there. An empty entry means the current directory.

    Source: ld.so(8); PEP 600's ban on outside dependencies.
    Remedy: `patchelf --set-rpath '$ORIGIN/…'`, or link without -rpath.
    """
    for member, slice_ in _linux_code(wheel):
        for entry in (*slice_.rpath, *slice_.runpath):
            if problem := _path_problem(entry, member.path):
                yield Hit(member.path, f"found search path '{entry}', {problem}")


def _path_problem(entry: str, member: str) -> str:
    """Say what is wrong with one entry of a search path; empty text for a sound one."""
    if not entry.startswith(("$ORIGIN", "${ORIGIN}")):
        return "expected one relative to $ORIGIN"
    folder = posixpath.dirname(_DATA.sub("", member))
    target = posixpath.normpath(posixpath.join(folder, entry.partition("ORIGIN")[2].lstrip("}").lstrip("/") or "."))
    return "which leaves the folder that packages are installed into" if target.startswith("..") else ""


@rule("WC413", on=Wheel, severity="warning")
def no_binary_wants_an_executable_stack(wheel: Wheel) -> Iterator[Hit]:
    """PT_GNU_STACK is there and does not ask for an executable stack.

    From glibc 2.41 on dlopen refuses such a library ("cannot enable executable stack"); hardened kernels long did.

    Source: glibc 2.41 release notes; gABI supplement of GNU.
    Remedy: mark hand-written assembly with `.note.GNU-stack`, or link with `-z noexecstack`.
    """
    for member, slice_ in _linux_code(wheel):
        if slice_.executable_stack:
            yield Hit(member.path, "found a request for an executable stack, expected PT_GNU_STACK without PF_X")


@rule("WC414", on=Wheel, severity="warning")
def no_binary_has_text_relocations(wheel: Wheel) -> Iterator[Hit]:
    """Code is position independent: no relocation writes into the text segment.

    musl and SELinux refuse such libraries, and each process has its own copy of the code.

    Source: gABI, DT_TEXTREL and DF_TEXTREL.
    Remedy: compile everything that goes into the library with -fPIC.
    """
    for member, slice_ in _linux_code(wheel):
        if slice_.text_relocations:
            yield Hit(member.path, "found text relocations, expected position independent code")
