"""WC602 and WC614: the sdist beside wheels has the sources of what they hold."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from wheelcheck.facts import Release
from wheelcheck.patterns import regex
from wheelcheck.rules import Hit, listed, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Member, Sdist, Wheel

_SOURCE_SUFFIX = regex(
    r"\.(?:rs|c|cc|cpp|cxx|c\+\+|mm?|cu|hip|cl|go|zig|d|nim|swift|f|f90|f95|for|s|asm|pyx|pxd|kt|java|cs|hs|ml|v|vala|mojo"
    r"|ad[ab]|pas|wat|ll|cmake)$",
    re.IGNORECASE,
)
_BUILD_FILES = frozenset(
    {"CMakeLists.txt", "meson.build", "build.zig", "Makefile", "configure.ac", "BUILD.bazel", "BUILD"}
)
_PYTHON_COMPILERS = regex(r"mypyc|cython|nuitka|pythran|codon|numba|cffi", re.IGNORECASE)
_GENERATED = regex(r"(?:^|/)(?:_?_?version_*|_?build_info|_pb2|.*_pb2(?:_grpc)?|.*version.*)\.(?:py|pyi)$")
_PACKAGE_FILE = regex(r"\.(?:py|pyi|typed|txt|json|toml|ya?ml|cfg|ini|csv|html|css|js|h|pxd|pyx|md|rst|sql|tmpl|j2)$")
# What maturin writes for a crate without a Python package: for PyO3, for CFFI, for UniFFI.
_BY_MATURIN = (
    'from .{stem} import *\n\n__doc__ = {stem}.__doc__\nif hasattr({stem}, "__all__"):\n    __all__ = {stem}.__all__',
    (
        '__all__ = ["lib", "ffi"]\n\nimport os\nfrom .ffi import ffi\n\n'
        "lib = ffi.dlopen(os.path.join(os.path.dirname(__file__), '{name}'))\ndel os\n"
    ),
    "from .{stem} import *  # NOQA\n",
)
_SHOWN = 4


def _without_both(release: Release) -> str:
    return "" if release.wheels and release.sdists else "needs wheels and an sdist given together"


@rule("WC602", on=Release, needs=_without_both, absence=True)
def an_sdist_beside_native_wheels_holds_native_source(release: Release) -> Iterator[Hit]:
    """Where the release's wheels hold native code, its sdist holds the source of native code.

    sandlock 0.5.0 to 0.9.0 published sdists without a line of Rust. On every platform without a wheel pip falls back to
    the sdist, and the build fails on the user's machine.

    Source: the source distribution format (PyPA).
    Remedy: put the crates or C sources inside the project's folder, and include them in the sdist.
    """
    if not any(_is_native(wheel) for wheel in release.wheels):
        return
    for sdist in release.sdists:
        if not any(_is_native_source(member) for member in sdist.members) and not _compiles_python(sdist):
            yield Hit("", "the wheels hold native code, and this sdist has no source of it", artifact=sdist.file)


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


@rule("WC614", on=Release, severity="note", needs=_without_both)
def the_sdist_has_the_package_files_of_the_wheels(release: Release) -> Iterator[Hit]:
    """Every file of a package that is no compiled code and lies in a wheel also lies in the sdist beside it.

    Otherwise whoever builds from the sdist gets another package than the wheel has, without a marker (`py.typed`) or
    without its data. Files that builds generate (`_version.py`, protocol buffers, the package that maturin writes
    around a crate) are not judged.

    Source: setuptools' `package_data` and MANIFEST.in, which are two lists; maturin's binding_generator.
    Remedy: `include-package-data = true` with the files under version control, or MANIFEST.in.
    """
    sdist = release.sdists[0] if len(release.sdists) == 1 else None
    if sdist is None or not release.wheels:
        return
    tails = {tail for member in sdist.members for tail in _tails(member.path)}
    for wheel in release.wheels:
        absent = [member for member in wheel.members if member.path not in tails]
        missing = sorted(member.path for member in absent if _is_package_file(member))
        made = _folders_of_maturin(wheel, missing)
        if missing := [path for path in missing if path.rpartition("/")[0] not in made]:
            found = f"{sdist.file} lacks {listed(missing, _SHOWN)}, which the wheel has"
            yield Hit("", found, artifact=wheel.file, cause=found)


def _tails(path: str) -> Iterator[str]:
    """Yield what a path of the sdist may be in a package: without its first folders, of which there are few."""
    parts = path.split("/")
    for start in range(1, min(len(parts), 6)):
        yield "/".join(parts[start:])


def _folders_of_maturin(wheel: Wheel, missing: list[str]) -> set[str]:
    """Return the folders whose `__init__.py` is the one that maturin writes beside a library or module."""
    folders = {path.removesuffix("/__init__.py") for path in missing if path.endswith("/__init__.py")}
    if not folders:
        return folders
    from hashlib import sha256  # noqa: PLC0415  # slow to import: it loads OpenSSL

    hashes = {member.path: member.sha256 for member in wheel.members}
    made = set()
    for path in hashes:
        folder, _, name = path.rpartition("/")
        if folder in folders:
            texts = (text.format(name=name, stem=name.partition(".")[0]) for text in _BY_MATURIN)
            if hashes[f"{folder}/__init__.py"] in {sha256(text.encode()).hexdigest() for text in texts}:
                made.add(folder)
    return made


def _is_package_file(member: Member) -> bool:
    """Return whether a member of a wheel is a source or data file of a package, and not one that builds generate."""
    top = member.path.partition("/")[0]
    is_apart = top.endswith((".dist-info", ".data", ".libs"))
    is_package = member.kind == "file" and "/" in member.path and not is_apart
    return (
        is_package
        and member.binary is None
        and _PACKAGE_FILE.search(member.path) is not None
        and not _GENERATED.search(member.path)
    )
