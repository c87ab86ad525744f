"""WC6xx: an sdist ships buildable source and no prebuilt binary."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.facts import Release, Sdist
from wheelcheck.facts.cargo_manifests import references
from wheelcheck.facts.fit import describe, home, native_slices
from wheelcheck.platforms import hints
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Member, Wheel

_SOURCE_SUFFIX = re.compile(
    r"\.(?:rs|c|cc|cpp|cxx|c\+\+|mm?|cu|hip|cl|go|zig|d|nim|swift|f|f90|f95|for|s|asm|pyx|pxd|kt|java|cs|hs|ml|v|vala|mojo"
    r"|ad[ab]|pas|wat|ll|cmake)$",
    re.IGNORECASE,
)
_BUILD_FILES = frozenset(
    {"CMakeLists.txt", "meson.build", "build.zig", "Makefile", "configure.ac", "BUILD.bazel", "BUILD"}
)
_PYTHON_COMPILERS = re.compile(r"mypyc|cython|nuitka|pythran|codon|numba|cffi", re.IGNORECASE)
_CLOSED = frozenset({"7z", "rar", "zst", "cab", "xar", "rpm", "cpio"})
_BUILD_TREE = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|_skbuild|\.?v?env|\.tox|\.nox|node_modules|target/(?:[^/]+/)?(?:release|debug)"
    r"|build/(?:lib|temp|bdist)\.[^/]+)/",
    re.IGNORECASE,
)


@rule("WC601", on=Sdist, severity=("error", "warning"))
def an_sdist_holds_no_prebuilt_binary(sdist: Sdist) -> Iterator[Hit]:
    """An sdist, and every archive inside it, is free of compiled executables, libraries and extension modules.

    A prebuilt binary in an sdist is installed on every CPU. roar-cli 0.2.10 and 0.2.11 shipped six x86_64 executables
    at 0644 this way: "Exec format error" on aarch64. An extension module, a virtual environment, a build tree and code
    for one platform alone are errors. Objects, import libraries, vendored Windows SDKs, and payload for several
    platforms, or whose path names its one platform (`attach_linux_amd64.so`), are put there on purpose more often than
    not: warnings. Test data is not judged, unless it is an extension module, and archives of test data are not opened.

    Source: the source distribution format (PyPA); content decides, never the suffix.
    Remedy: exclude build output (`exclude`, `.gitignore`, MANIFEST.in); maturin's `include` with `format = "wheel"`
    still ships a file in the sdist.
    """
    linked = [member for member in sdist.natives if member.linked and not _is_test_data(member)]
    several = len({home(member) for member in linked if native_slices(member)}) > 1
    for member in sdist.natives:
        if _is_test_data(member):
            continue
        wrong = _is_build_output(member) or (not several and member.linked and _is_own_code(member, sdist))
        what = describe(native_slices(member)) or member.binary.format  # type: ignore[union-attr]  # natives have one
        hit = f"found {what} {_kind(member)} of {member.size} bytes, expected source only"
        yield Hit(member.path, hit, severity=None if wrong else "warning")


def _kind(member: Member) -> str:
    return "/".join(dict.fromkeys(slice_.kind for slice_ in member.binary.slices)) if member.binary else ""


def _is_build_output(member: Member) -> bool:
    """Return whether the file can only come from a build or an installation: no project keeps it as an input."""
    stem = PurePosixPath(member.path).name.partition(".")[0]
    importable = hints.is_extension_module(member.path) and stem.isidentifier()
    return member.linked and (importable or bool(_BUILD_TREE.search(member.path)))


def _is_test_data(member: Member) -> bool:
    return hints.is_specimen(member.path) and not _is_build_output(member)


def _is_own_code(member: Member, sdist: Sdist) -> bool:
    """Tell the project's own build output from what says for which platform it is there, and from a vendored SDK.

    DLLs for Windows come with an import library.
    """
    slices = native_slices(member)
    if not slices or slices[0].system != "windows":
        return not all(hints.names_platform(member.path, slice_) for slice_ in slices)
    return not any(hints.names_cpu(member.path, slice_) for slice_ in slices) and not _has_import_library(sdist)


def _has_import_library(sdist: Sdist) -> bool:
    return any(member.binary and member.binary.format == "ar" for member in sdist.natives)


@rule("WC610", on=Sdist, severity="warning")
def every_archive_in_the_sdist_can_be_looked_into(sdist: Sdist) -> Iterator[Hit]:
    """An archive inside the sdist is a zip or a tar, so that what it holds can be judged.

    A prebuilt binary in a 7z, RAR or Zstandard archive would pass unseen. Test data is not judged.

    Source: wheelcheck opens what Python's standard library can inflate.
    Remedy: ship sources as files; where an archive must be, make it a zip or a tar.gz.
    """
    for member in sdist.members:
        if member.archive in _CLOSED and not hints.is_specimen(member.path):
            yield Hit(member.path, f"found a {member.archive} archive that was not opened, expected a zip or a tar")


def _without_both(release: Release) -> str:
    return "" if release.wheels and release.sdists else "needs wheels and an sdist given together"


@rule("WC602", on=Release, needs=_without_both)
def an_sdist_beside_native_wheels_holds_native_source(release: Release) -> Iterator[Hit]:
    """Where the release's wheels hold native code, its sdist holds the source of native code.

    sandlock 0.5.0 to 0.9.0 published sdists without a line of Rust: pip falls back to them on every platform without a
    wheel, and the build fails on the user's machine.

    Source: the source distribution format (PyPA).
    Remedy: lay the crates or C sources inside the project's folder, and include them in the sdist.
    """
    if not any(_is_native(wheel) for wheel in release.wheels):
        return
    for sdist in release.sdists:
        if not any(_is_native_source(member) for member in sdist.members) and not _compiles_python(sdist):
            yield Hit("", "found no native source, expected the source of the wheels' native code", artifact=sdist.file)


def _is_native(wheel: Wheel) -> bool:
    return not wheel.is_any and any(member.linked for member in wheel.natives)


def _is_native_source(member: Member) -> bool:
    path = PurePosixPath(member.path)
    return bool(_SOURCE_SUFFIX.search(path.name)) or path.name in _BUILD_FILES


def _compiles_python(sdist: Sdist) -> bool:
    """Return whether the build compiles Python itself: then the Python source is the native source."""
    configurations = [
        text for path, text in sdist.texts.items() if path.endswith(("pyproject.toml", "setup.py", "setup.cfg"))
    ]
    return any(_PYTHON_COMPILERS.search(text) for text in configurations)


@rule("WC603", on=Sdist)
def every_cargo_manifest_resolves_inside_the_sdist(sdist: Sdist) -> Iterator[Hit]:
    """Each Cargo manifest that the build names is in the sdist: path dependencies, workspace members, extensions.

    cargo loads every path dependency and workspace member before it builds anything, so one that is missing or lies
    above the sdist's top directory makes the whole sdist unbuildable. sandlock 0.5.0 to 0.9.0 refer to
    `../crates/sandlock-ffi/Cargo.toml`.

    Source: the Cargo book, "Path dependencies" and "Workspaces"; setuptools-rust's `path`, maturin's `manifest-path`.
    Remedy: keep the crates below the folder of pyproject.toml and include them in the sdist.
    """
    paths = {member.path for member in sdist.members}
    tops = {path.partition("/")[0] for path in paths}
    for reference in references(sdist) if sdist.is_read_whole else ():
        leaves = reference.target.partition("/")[0] not in tops
        if hints.is_fixture(reference.origin) or (not leaves and reference.target in paths):
            continue
        problem = "leaves the sdist" if leaves else "is not in the sdist"
        yield Hit(
            reference.origin, f"the manifest path {reference.spelled!r} {problem}, expected it at {reference.target}"
        )
