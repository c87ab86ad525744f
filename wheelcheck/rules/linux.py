"""WC401, WC402 and WC410 to WC414: Linux code runs on every system that the wheel's tags promise."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict

from wheelcheck.binary.model import digits
from wheelcheck.counting import dotted
from wheelcheck.facts import Wheel
from wheelcheck.facts.file_names import installed_path
from wheelcheck.facts.fit import foreign_tie, is_answered_by_musl, native_code, served_cpus, without_known_cpu
from wheelcheck.facts.interpreter import is_module
from wheelcheck.facts.leftovers import Carried
from wheelcheck.facts.requirements import bringers
from wheelcheck.patterns import regex
from wheelcheck.platforms import arch
from wheelcheck.platforms.loaders import c_library_of, from_origin, ndk_libraries
from wheelcheck.platforms.manylinux import linux_policy
from wheelcheck.rules import Hit, listed, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wheelcheck.binary.model import Slice, VersionNeed
    from wheelcheck.config.fields import Severity
    from wheelcheck.facts import Member
    from wheelcheck.platforms.manylinux import LinuxPolicy
    from wheelcheck.platforms.tags import Platform

_PYTHON_LIBRARY = regex(r"libpython\d.*\.so.*")
_LSB = "ld-lsb"
_EVERYWHERE = frozenset({"", ".", "..", "usr", "lib", "lib64"})  # parts of paths that systems have
_SYMBOLS = 4  # names that a message lists
_SHOWN = 3  # required distributions that a message names
_OPEN_FOLDERS = ("home/", "tmp/", "var/tmp/", "dev/shm/", "run/user/", "Users/", "scratch/")
_HASHED = regex(r"(.+)-[0-9a-f]{8,}\.so(?:\.[\w.]+)?")  # as auditwheel names it: libfoo-1a2b3c4d.so.1.0.0


@rule("WC401", on=Wheel, needs=without_known_cpu, fix="floor")
def no_binary_needs_a_newer_glibc_than_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """The newest GLIBC_ version that any executable or library needs is at most that of every manylinux tag.

    The dynamic loader refuses a file whose version needs the C library does not offer, even where only a weak symbol
    needs it: "version `GLIBC_2.39' not found". moraine's 2_17 wheels needed 2.39; microsandbox 0.6.9's 2_28 wheels too.
    The needs are read from DT_VERNEED as the loader reads them, so stripped or forged section headers change nothing.

    Source: PEP 513, 571, 599 and 600; moraine#246.
    Remedy: build against the floor (`cargo zigbuild --target TRIPLE.2.17`, a manylinux container) or raise the tag.
    """
    for member, slice_, platform in native_code(wheel, "linux"):
        need = slice_.glibc_need
        if platform.libc == "glibc" and need and need.glibc > platform.floor:
            message = f"needs {need}, expected at most GLIBC_{dotted(platform.floor)} for {platform.tag}"
            newer = [each for each in slice_.binding_versions if each.glibc > platform.floor]
            yield Hit(member.path, message + _to_call(slice_, newer), cause=message, fixable=not need.is_unknown_marker)


def _to_call(slice_: Slice, needs: Iterable[VersionNeed]) -> str:
    """Name the symbols that raise the floor: the first few of them; empty text where no symbol has such a version."""
    names = list(dict.fromkeys(slice_.symbols_of(*needs)))
    return f" (to call {listed(names, _SYMBOLS)})" if names else ""


@rule("WC402", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def every_binary_is_for_the_c_library_of_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """Nothing is tied to another C library than the tag's: glibc for manylinux, musl for musllinux, bionic for Android.

    A program whose loader does not exist ends in "No such file or directory", a library that asks for another C library
    in "cannot open shared object file" or "version not found". fastfetch-bin 2.69.0 carries the tags of glibc and musl
    on one glibc executable; a static program may carry both. Wheels that are built in Termux hold code for bionic,
    whatever their tag says.

    A program names its loader by the whole path, and the kernel looks nowhere else. `/nix/store/…/ld-linux-x86-64.so.2`
    or another CPU's loader ends in "cannot execute: required file not found", so the path must be that of the ABI, or
    the same below `/usr`. `/lib/ld-linux-x86-64.so.2` is on Arch alone: Debian and Fedora have it in `/lib64`. The
    loader of the Linux Standard Base, `/lib64/ld-lsb-x86-64.so.3`, is there with a package of its own only: a warning.

    The marks are the loader (PT_INTERP), symbol versions (GLIBC_2.17, bionic's LIBC), names of libraries and Android's
    note. glibc's libraries have a version in their names (`libc.so.6`), musl's and bionic's have none; musl answers to
    both kinds, so a library that asks for `libc.so.6` without any GLIBC_ version may be in a musllinux wheel.

    Source: PEP 600, 656 and 738; musl's reserved library names (ldso/dynlink.c); the NDK's crtbegin_so.
    Remedy: build for the tag's C library, or link statically.
    """
    carried = Carried(wheel)
    for member, slice_, platform in native_code(wheel, "linux", "android"):
        if platform.libc and (found := foreign_tie(slice_, platform.libc, carried.beside(slice_))):
            yield Hit(member.path, f"found {found}, expected nothing but {platform.libc} for {platform.tag}")
        elif expected := _loader_elsewhere(slice_, platform, carried.beside(slice_)):
            message = f"found the loader {slice_.interpreter}, expected {expected} for {platform.tag}"
            is_lsb = posixpath.basename(slice_.interpreter).startswith(_LSB)
            yield Hit(member.path, message, severity="warning" if is_lsb else None)


def _loader_elsewhere(slice_: Slice, platform: Platform, carried: frozenset[str]) -> str:
    """Return where the tag's loader is, if a program names another path or CPU; empty text if the path is right.

    A program whose loader is in the wheel is not judged: a package can start it through that loader.
    """
    if slice_.kind != "executable" or not slice_.interpreter or platform.libc == "bionic":
        return ""
    *folders, name = slice_.interpreter.split("/")
    path = slice_.interpreter
    if name and _EVERYWHERE.issuperset(folders):  # the kernel goes through each of them, also before a `..`
        path = posixpath.normpath(re.sub("^/+", "/", path))
    if name in carried:
        return ""
    expected = [arch.find(cpu).loader(platform.libc) for cpu in served_cpus(slice_, platform)]
    return "" if path.removeprefix("/usr") in expected else " or ".join(dict.fromkeys(expected))


def _without_policy(wheel: Wheel) -> str:
    """Say that no policy is known for any Linux tag of the wheel; empty text where one is, or where none is needed."""
    linux = [platform for platform in wheel.platforms if platform.system in ("linux", "android")]
    if linux and not any(map(linux_policy, linux)):
        return f"no list of promised libraries is known for {', '.join(platform.tag for platform in linux)}"
    return without_known_cpu(wheel)


def _without_libraries(wheel: Wheel) -> str:
    """Say the same where no libraries are known; those of Android are, although it has no policy."""
    return "" if any(map(_libraries, wheel.platforms)) else _without_policy(wheel)


def _libraries(platform: Platform) -> frozenset[str]:
    """Return the names of the libraries that the tag promises; none where that is not known."""
    if platform.system == "android" and platform.arches:
        return ndk_libraries(platform.floor[0])
    policy = linux_policy(platform)
    return policy.libraries if policy else frozenset()


@rule("WC410", on=Wheel, needs=_without_policy, fix="floor")
def no_binary_needs_a_newer_runtime_library_than_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """The versions that libstdc++, libgcc and similar libraries must offer are ones that the tag's oldest system has.

    A C++ module built with a new compiler asks for GLIBCXX_3.4.30 although it needs no new glibc: "version
    `GLIBCXX_3.4.30' not found". A library that is in the wheel is not held to this. Where auditwheel has not measured
    the tag's CPU (riscv64 before glibc 2.31), the newest version that any CPU has with the tag's glibc is allowed. For
    Android and for `linux_*` tags, which promise no versions, the rule is skipped and the report says so.

    Source: PEP 600; auditwheel's policies, measured on the oldest distribution of each glibc.
    Remedy: build in the tag's manylinux container (its toolchain links newer parts of libstdc++ statically), or bundle
    the library with `auditwheel repair`.
    """
    for member, slice_, platform in native_code(wheel, "linux"):
        if missing := unoffered(slice_, platform):
            worst = max(missing, key=lambda need: digits(need.version))
            message = f"needs {worst}, which {platform.tag} does not promise"
            yield Hit(member.path, message + _to_call(slice_, missing), cause=message)


def unoffered(slice_: Slice, platform: Platform) -> list[VersionNeed]:
    """Return the version needs, those of glibc left out, that libraries of the tag's oldest system do not offer."""
    policy = linux_policy(platform)
    return [need for need in slice_.binding_versions if policy and _is_missing(need, policy)]


def _is_missing(need: VersionNeed, policy: LinuxPolicy) -> bool:
    if need.library not in policy.libraries or need.version.startswith("GLIBC_"):
        return False
    return not policy.offers(need.version)


@rule("WC411", on=Wheel, severity=("warning", "error", "note"), needs=_without_libraries, absence=True)
def every_needed_library_is_promised_or_in_the_wheel(wheel: Wheel) -> Iterator[Hit]:
    """Each DT_NEEDED library is one that the tag promises, or a file of the wheel.

    Any other library is on the user's machine only by chance, so this is a warning. It is a note where another package
    may bring the library, which this wheel alone does not show: the wheel requires other distributions, and the file
    looks for libraries where they put theirs, in a folder of site-packages that is named like one of them (CUDA's
    wheels) or in the lib folder of the environment (tbb and intel-openmp, from `.data/data/lib`).

    Three cases are errors, because nothing can bring the library. auditwheel stored it in the wheel under a name with a
    hash, and this file still asks for the old name. Or an extension module asks for libpython, which most interpreters
    for Linux do not have as a file: they have it built in. A name with a slash is the third: the loader opens that path
    and no other, and it is one of the machine that built the file.

    manylinux and musllinux promise what auditwheel's policies list, Android the public libraries of the NDK and the
    interpreter's own libpython. For `linux_*` tags, which promise nothing, the rule is skipped and the report says so.

    Source: PEP 513, 600 and 738; auditwheel's policies; the NDK's list of stable APIs.
    Remedy: bundle it with `auditwheel repair`, link it statically, or declare the package that brings it. A name that
    was not rewritten: `patchelf --replace-needed OLD NEW`, or run `auditwheel repair` after everything is in the wheel.
    """
    carried = Carried(wheel)
    hashed = _by_name_without_hash(carried.names)
    for member, slice_, platform in native_code(wheel, "linux", "android"):
        outside = not_provided(slice_, platform, carried)
        if outside and not foreign_tie(slice_, platform.libc, carried.beside(slice_)):
            if message := _renamed(outside, hashed):
                yield Hit(member.path, message, severity="error")
            else:
                message, severity = _judge_outside(
                    outside, platform, bringers(wheel, member, slice_), is_ours=is_module(member.path, slice_)
                )
                yield Hit(member.path, message, severity=severity)


def not_provided(slice_: Slice, platform: Platform, carried: Carried) -> list[str]:
    """Return the needed libraries that neither the tag promises nor the wheel holds; none where nothing is known."""
    promised, own = _libraries(platform), carried.beside(slice_)
    return [
        name
        for name in slice_.needed
        if promised
        and name not in own
        and name not in promised
        and c_library_of(name) is None
        and not (platform.libc == "musl" and is_answered_by_musl(name))
        and not (platform.system == "android" and _PYTHON_LIBRARY.fullmatch(name))
    ]


def _judge_outside(
    names: list[str], platform: Platform, others: tuple[str, ...], *, is_ours: bool
) -> tuple[str, Severity | None]:
    """Say what to do about libraries that are not there, and how bad it is; `is_ours`: for what Python imports."""
    if paths := [name for name in names if "/" in name]:
        return f"needs {', '.join(paths)}, a path on the machine that built it: link it by its name alone", "error"
    unpromised = f"needs {', '.join(names)}, which {platform.tag} does not promise"
    if not any(_PYTHON_LIBRARY.fullmatch(name) for name in names):
        return (f"{unpromised}: {_may_bring(others)}", "note") if others else (f"{unpromised}: bundle it", None)
    severity: Severity | None = "error" if is_ours else None
    return f"{unpromised}: link an extension module without libpython", severity


def _may_bring(distributions: tuple[str, ...]) -> str:
    """Say which required distributions may bring a library: the first few of them."""
    return f"bundle it, unless it comes with {listed(distributions, _SHOWN, ' or ', 'or')}"


def _by_name_without_hash(carried: frozenset[str]) -> Mapping[str, list[str]]:
    """Return the files of the wheel that have a hash in their names, by the stem of the name without it."""
    hashed = defaultdict(list)
    for name in sorted(carried):
        if "-" in name and (found := _HASHED.fullmatch(name)):
            hashed[found[1]].append(name)
    return hashed


def _renamed(names: list[str], hashed: Mapping[str, list[str]]) -> str:
    """Say which of these libraries is in the wheel under a name with a hash; empty text if none is."""
    for name in names:
        stem, _, version = name.partition(".so")
        for file in hashed.get(stem, ()):
            if f"{file.partition('.so')[2]}.".startswith(f"{version}."):
                return f"needs {name}, which is in the wheel as {file}: the needed name was not rewritten"
    return ""


def linux_code(wheel: Wheel) -> Iterator[tuple[Member, Slice]]:
    """Yield each Linux member once, however many tags it serves."""
    seen: set[str] = set()
    for member, slice_, _ in native_code(wheel):
        if slice_.system == "linux" and member.path not in seen:
            seen.add(member.path)
            yield member, slice_


@rule("WC412", on=Wheel, severity=("warning", "note"), needs=without_known_cpu)
def no_search_path_leaves_the_installation(wheel: Wheel) -> Iterator[Hit]:
    """DT_RPATH and DT_RUNPATH are relative to the file ($ORIGIN) and stay below site-packages.

    An entry that is empty or relative means a folder below the current directory, so whoever prepares that directory
    decides which code runs. An absolute entry is a folder of the build machine. Below /home or /tmp a user without
    rights can create it on another machine and put a library there: a warning. Elsewhere (/usr/local/lib64, /project)
    only root can, and a library that is missing from the wheel is WC411's matter: a note. Popular wheels have such
    entries and harm nobody (shapely 2.2.0, pyproj 3.8.0).

    Source: ld.so(8); PEP 600, which forbids dependencies outside the wheel.
    Remedy: `patchelf --set-rpath '$ORIGIN/…'`, or link without -rpath.
    """
    for member, slice_ in linux_code(wheel):
        faults: defaultdict[tuple[Severity, str], list[str]] = defaultdict(list)
        for entry in dict.fromkeys((*slice_.rpath, *slice_.runpath)):
            if problem := _path_problem(entry, member.path):
                faults["note" if _is_root_only(entry) else "warning", problem].append(entry)
        for (severity, problem), entries in faults.items():
            message = f"the search path '{':'.join(entries)}' {problem}"
            yield Hit(member.path, message, severity, cause=f"the search path {problem}")


def _is_root_only(entry: str) -> bool:
    """Return whether a search path is absolute and nobody but root can create its folder on a usual system."""
    path = posixpath.normpath(entry)
    return path.startswith("/") and "$" not in path and not f"{path.lstrip('/')}/".startswith(_OPEN_FOLDERS)


def _not_from_origin(entry: str) -> str:
    """Say what an entry means that does not begin at the file's own folder."""
    if entry.startswith(("$ORIGIN", "${ORIGIN")):
        return (
            "is no $ORIGIN for glibc, which reads the letters behind it as part of the name; put a slash between them"
        )
    if "ORIGIN" in entry.partition("/")[0]:
        return "holds $ORIGIN in a form that no loader expands: the build quoted the dollar sign once too often"
    if entry.startswith("/"):
        return "is a folder of the machine that built it; it must begin with $ORIGIN"
    return "is below the current folder of whoever starts the program; it must begin with $ORIGIN"


def _path_problem(entry: str, member: str) -> str:
    """Say what is wrong with one entry of a search path; empty text for a sound one."""
    target = from_origin(entry, posixpath.dirname(installed_path(member)))
    if target is None:
        return _not_from_origin(entry)
    return "leaves the folder that packages are installed into" if target.startswith("..") else ""


@rule("WC413", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def no_binary_requests_an_executable_stack(wheel: Wheel) -> Iterator[Hit]:
    """No program or library asks for an executable stack, in words or by saying nothing.

    From glibc 2.41 on dlopen refuses such a library: "cannot enable executable stack as shared object requires". So
    every import fails on Debian 13 and Fedora 42: an error. A library without PT_GNU_STACK asks for such a stack too
    on x86, ARM and s390x; old assembly without `.note.GNU-stack` is the usual reason. A program still gets the stack it
    asks for, unless a hardened kernel refuses that, and musl ignores what a library asks for; there it is a warning.

    Source: glibc 2.41 release notes (NEWS, "dlopen") and DEFAULT_STACK_PERMS of sysdeps/*/stackinfo.h; musl's
    ldso/dynlink.c; gABI supplement of GNU.
    Remedy: mark hand-written assembly with `.note.GNU-stack`, or link with `-z noexecstack`.
    """
    glibc = {member.path for member, _, platform in native_code(wheel, "linux") if platform.libc in ("glibc", "")}
    for member, slice_ in linux_code(wheel):
        refused = slice_.kind == "library" and member.path in glibc
        severity: Severity | None = None if refused else "warning"
        if slice_.executable_stack:
            found = "asks for an executable stack (PT_GNU_STACK with PF_X), which glibc 2.41 refuses to give a library"
            yield Hit(member.path, found, severity=severity)
        elif (
            refused
            and slice_.dynamic
            and slice_.executable_stack is None
            and any(arch.find(cpu).implied_stack for cpu in slice_.arches)
        ):
            found = "has no PT_GNU_STACK, which means an executable stack on this CPU: glibc 2.41 refuses to load it"
            yield Hit(member.path, found)


@rule("WC414", on=Wheel, severity="warning", needs=without_known_cpu)
def no_binary_has_text_relocations(wheel: Wheel) -> Iterator[Hit]:
    """Code is position-independent: no relocation writes into the text segment.

    musl and SELinux refuse such libraries, and every process needs its own copy of the code.

    Source: gABI, DT_TEXTREL and DF_TEXTREL.
    Remedy: compile everything that goes into the library with -fPIC.
    """
    for member, slice_ in linux_code(wheel):
        if slice_.text_relocations:
            yield Hit(member.path, "found text relocations, expected position-independent code")
