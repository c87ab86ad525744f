"""WC612, WC613, WC615, WC623, WC626 to WC629: the sdist has what its backend needs, and nothing private."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections import defaultdict
from pathlib import PurePosixPath

from wheelcheck.facts import Sdist
from wheelcheck.facts.named_files import named_files
from wheelcheck.facts.python_imports import STANDARD, imports_of_script
from wheelcheck.facts.toml import table, texts
from wheelcheck.patterns import regex
from wheelcheck.platforms import hints
from wheelcheck.platforms.magic import LFS_POINTER
from wheelcheck.platforms.usual import canonicalize_name
from wheelcheck.rules import Hit, LimitReachedError, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Member

_JUNK = regex(
    r"(?:^|/)(?:\.git|\.hg|\.svn|node_modules|__pycache__|\.tox|\.nox|\.mypy_cache|\.pytest_cache|\.ruff_cache|\.idea)/"
    r"|(?:^|/)(?:\.DS_Store|Thumbs\.db)$"
)
_SECRET = regex(r"(?:^|/)(?:\.pypirc|\.netrc|id_(?:rsa|dsa|ecdsa|ed25519)|\.env)$")
_TESTS = regex(r"/[^/]*(?:test|example|sample|fixture|mock|benchmark)[^/]*/", re.IGNORECASE)  # below the top
_PRIVATE_KEY = regex(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")
# Since version 71 setuptools adds the folder of its own copies to the end of sys.path; that is their union since then.
_COPIES = (
    *("autocommand", "backports", "importlib_metadata", "importlib_resources", "inflect", "jaraco", "more_itertools"),
    *("ordered_set", "packaging", "platformdirs", "tomli", "typeguard", "typing_extensions", "wheel", "zipp"),
)
# The modules of packages that builds with setuptools require. What others bring with them is not known.
_BROUGHT = {
    "setuptools": ("setuptools", "pkg_resources", "distutils", *_COPIES),
    "wheel": ("wheel", "packaging"),
    "cython": ("Cython", "cython", "pyximport"),
    "numpy": ("numpy",),
    "oldest-supported-numpy": ("numpy",),
    "pybind11": ("pybind11",),
    "cffi": ("cffi", "pycparser"),
    "ninja": ("ninja",),
    "cmake": ("cmake",),
}
_LEGACY = "setuptools.build_meta:__legacy__"
_REQUIRED = regex(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@rule("WC623", on=Sdist, severity=("error", "warning"))
def every_file_that_pyproject_names_is_in_the_sdist(sdist: Sdist) -> Iterator[Hit]:
    """Files that pyproject.toml names for the build are in the sdist: readme, licence, version, build hooks, folders.

    Every backend but setuptools ends in an error such as "Readme file does not exist: README.md". setuptools goes on: a
    missing version file gives version 0.0.0, a missing requirements.txt a wheel without requirements. That is a
    warning.

    Source: each backend was tried: setuptools 84, hatchling 1.33, flit_core, poetry-core, pdm-backend, uv_build,
    maturin 1.16, scikit-build-core, meson-python.
    Remedy: include the file in the sdist, by the backend's configuration or MANIFEST.in.
    """
    paths = sorted(member.path for member in sdist.members)
    for named in dict.fromkeys(named_files(sdist.pyproject)) if sdist.is_read_whole else ():
        path = posixpath.normpath(f"{sdist.top}/{named.path}")
        if not named.path.startswith("/") and not _is_in(paths, path):
            message = f"{named.key} names {named.path}, which is not in the sdist"
            yield Hit(f"{sdist.top}/pyproject.toml", message, None if named.stops else "warning")


def _is_in(paths: list[str], path: str) -> bool:
    """Return whether a file or folder is among the sorted paths of files, or above one of them."""
    exact, below = bisect_left(paths, path), bisect_left(paths, f"{path}/")
    return paths[exact : exact + 1] == [path] or "".join(paths[below : below + 1]).startswith(f"{path}/")


@rule("WC612", on=Sdist, absence=True)
def the_backend_finds_its_manifest(sdist: Sdist) -> Iterator[Hit]:
    """Cargo.toml, meson.build or CMakeLists.txt is where the build backend looks for it.

    maturin takes `manifest-path` or Cargo.toml in the top folder, meson-python meson.build there, and scikit-build-core
    CMakeLists.txt in `cmake.source-dir`. (What setuptools-rust needs is judged by WC603.) From a checkout the build
    works if the file is found above the project; an sdist has nothing above it.

    Source: the documentation of these backends; PEP 517.
    Remedy: name the file (`[tool.maturin] manifest-path = "rust/Cargo.toml"`), and have it in the sdist.
    """
    backend = _backend(sdist)
    paths = {member.path for member in sdist.members}
    for manifest in _manifests(sdist, backend):
        place = posixpath.normpath(f"{sdist.top}/{manifest}")
        if place not in paths:
            yield Hit(f"{sdist.top}/pyproject.toml", f"{backend} looks for {manifest}, which is not in the sdist")


def _manifests(sdist: Sdist, backend: str) -> list[str]:
    tool = table(sdist.pyproject, "tool")
    if backend == "maturin":
        return [str(table(tool, "maturin").get("manifest-path", "Cargo.toml"))]
    if backend == "mesonpy":
        return ["meson.build"]
    if backend == "scikit_build_core.build":
        cmake = table(table(tool, "scikit-build"), "cmake")
        wheel = table(table(tool, "scikit-build"), "wheel")
        is_optional = wheel.get("cmake") is False or "experimental" in table(tool, "scikit-build")
        return [] if is_optional else [posixpath.normpath(f"{cmake.get('source-dir', '.')}/CMakeLists.txt")]
    return []


@rule("WC628", on=Sdist, absence=True)
def the_build_finds_every_folder_that_it_enters(sdist: Sdist) -> Iterator[Hit]:
    """Each folder that CMakeLists.txt or meson.build enters in any case is in the sdist, with a build file of its own.

    `add_subdirectory(extern/pybind11)` of a git submodule works in a checkout. A backend that packs what git lists, or
    an exclusion that is too wide, leaves the folder empty, and every build of the sdist ends in "does not contain a
    CMakeLists.txt file" or "Nonexistent build file".

    Judged are the files that scikit-build-core and meson-python start with, and those that these lead to: literal names
    outside of conditions, loops and functions, and nothing behind a `return()`, a `subdir_done()` or what may fetch a
    folder first (`execute_process`, `file`, an `include` of a file).

    Source: CMake's add_subdirectory, Meson's subdir.
    Remedy: check the submodules out before the sdist is built (`submodules: recursive` for actions/checkout), and
    include the folder in the sdist.
    """
    paths = {member.path for member in sdist.members}
    waiting = [
        posixpath.normpath(f"{sdist.top}/{name}") for name in _manifests(sdist, _backend(sdist)) if sdist.is_taken_whole
    ]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        for name in sdist.taken[path].entered if path in sdist.taken else ():
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            if place not in paths and place.startswith(f"{sdist.top}/"):
                folder, file = posixpath.split(name)
                yield Hit(path, f"enters {folder}, which has no {file} in the sdist")
            elif place not in seen:
                seen.add(place)
                waiting.append(place)


@rule("WC613", on=Sdist)
def no_source_is_a_git_lfs_pointer(sdist: Sdist) -> Iterator[Hit]:
    """No file is a Git LFS pointer in place of its content.

    A checkout without `git lfs pull` holds 130 bytes of text where the file should be, and the sdist takes it as it is.

    Source: the Git LFS specification, "Pointer".
    Remedy: `lfs: true` for actions/checkout, or `git lfs pull` before the build.
    """
    for member in sdist.members:
        if member.head.startswith(LFS_POINTER) and not hints.is_fixture(member.path):
            yield Hit(member.path, "is a Git LFS pointer, not the file", cause="is a Git LFS pointer, not the file")


@rule("WC615", on=Sdist, severity=("note", "error"))
def nothing_private_or_left_over_is_in_the_sdist(sdist: Sdist) -> Iterator[Hit]:
    """The sdist holds no login or private key, no version control folder and no cache of a tool.

    Everybody can read what is on the index, and a file there cannot be replaced. Passwords (`.pypirc`, `.netrc`,
    `.env`) and private keys are errors outside of tests and examples, but for a `.pypirc` or `.netrc` that is short
    enough to see that it has no password; folders such as `.git` and `node_modules` are notes.

    Source: the sdist specification (PyPA); PEP 625.
    Remedy: revoke the key. Exclude the files in the backend's configuration.
    """
    folders: dict[str, str] = defaultdict(str)
    for member in sdist.members:
        is_secret = member.size and (_is_login(member) or _is_key(member.path, member.head))
        found = _JUNK.search(member.path)
        if member.kind != "file" or not (is_secret or found):
            continue
        if hints.is_test_data(member.path) or _TESTS.search(member.path):
            continue
        if is_secret:
            yield Hit(member.path, "holds a password or private key", "error", cause="holds a password or private key")
        elif found:
            folders.setdefault(member.path[: found.end()], member.path)
    for folder in folders:
        yield Hit(folder, f"{PurePosixPath(folder).name} is of no use in an sdist")


def _is_login(member: Member) -> bool:
    """Return whether a file is one of those that hold logins, and is not seen to hold none, as a list of indexes."""
    if not _SECRET.search(member.path):
        return False
    is_known = member.path.endswith((".pypirc", ".netrc")) and member.size <= len(member.head)
    return not is_known or b"passw" in member.head.lower()


def _is_key(path: str, head: bytes) -> bool:
    return path.endswith((".pem", ".key")) and bool(_PRIVATE_KEY.search(head))


@rule("WC626", on=Sdist)
def setup_py_finds_what_it_imports(sdist: Sdist) -> Iterator[Hit]:
    """What setup.py imports is part of Python or required by [build-system], or lies beside it where setuptools looks.

    A front end builds in an environment that holds what is required and nothing else. `import numpy` at the top of
    setup.py ends in "ModuleNotFoundError: No module named 'numpy'" for everybody who has no wheel, unless
    [build-system] requires it; without [build-system], setuptools alone is there. A module beside setup.py is found by
    the backend that is called where none is named, and not by `setuptools.build_meta`, which leaves the folder of the
    project off sys.path.

    Only imports at the beginning of a line are judged, and nothing where setup.py changes sys.path, where the backend
    is not setuptools, or where something is required of which it is not known here what it brings.

    Source: PEP 517 and 518; setuptools, "Build System Support" (`build_meta`, `__legacy__`).
    Remedy: add it to [build-system] requires; for a module beside setup.py, insert the folder of `__file__` into
    sys.path first.
    """
    path = f"{sdist.top}/setup.py"
    script, backend, brought = sdist.texts.get(path, ""), _backend(sdist), _brought(sdist)
    if not brought or "sys.path" in script or not backend.startswith("setuptools.") or not sdist.is_read_whole:
        return
    beside = {member.path.split("/")[1].partition(".")[0] for member in sdist.members if "/" in member.path}
    for module in dict.fromkeys(imports_of_script(script)):
        if module in STANDARD or module in brought:
            continue
        if module not in beside:
            yield Hit(path, f"imports {module}, which no requirement of [build-system] provides")
        elif backend != _LEGACY:
            yield Hit(path, f"imports {module} from its own folder, where {backend} does not look")


@rule("WC627", on=Sdist, absence=True)
def setup_py_finds_the_files_that_it_reads(sdist: Sdist) -> Iterator[Hit]:
    """Each file that setup.py opens for reading in any case is in the sdist.

    `open("requirements.txt")` works in a checkout. If MANIFEST.in does not name the file, whoever has no wheel gets
    "FileNotFoundError: [Errno 2] No such file or directory: 'requirements.txt'" from an sdist that is right otherwise.

    Judged are `open`, `read_text` and functions of setup.py that open what they are given, at the beginning of a line
    and without a condition. What a loop goes through counts (`[line for line in open(name)]`), and what a function
    gives to another: so the sdists of ccy 1.1.0 and pyalgotrade-tushare 0.1.2 lack their requirements. The path must
    be a literal, joined to the folder of `__file__` or to nothing. What setup.py writes itself is not judged, nor
    anything where another backend builds, or where it changes the current folder.

    Source: PEP 517 (the build runs in the folder of the sources); setuptools, "Controlling files in the distribution".
    Remedy: `include requirements.txt` in MANIFEST.in; a file of a package can be read by `attr:` or `file:` instead.
    """
    from wheelcheck.facts.setup_files import MOST_CHARACTERS, files_read, reads_files  # noqa: PLC0415  # as above

    if not _backend(sdist).startswith("setuptools."):
        return
    paths = sorted(member.path for member in sdist.members)
    script = f"{sdist.top}/setup.py"
    text = sdist.texts.get(script, "")
    if len(text) > MOST_CHARACTERS and reads_files(text):
        raise LimitReachedError(f"setup.py has more than {MOST_CHARACTERS:,} characters")
    for name in files_read(text):
        if not _is_in(paths, posixpath.normpath(f"{sdist.top}/{name}")):
            yield Hit(script, f"reads {name}, which is not in the sdist")


@rule("WC629", on=Sdist)
def the_backend_accepts_the_project_table(sdist: Sdist) -> Iterator[Hit]:
    """The `[project]` table of pyproject.toml has a name, a version and requirements that build backends accept.

    Each of them refuses the table as a whole ("configuration error: `project` must contain ['version'] properties"),
    so nobody can build the sdist, whatever its PKG-INFO says. A table with one field for a linter is the usual reason.

    Judged is what all backends refuse that were tried: setuptools, hatchling, flit_core, pdm-backend, poetry-core 2,
    scikit-build-core and uv_build. A version may be missing for poetry-core, which has a place of its own for it, and
    nothing is said where setuptools may be one before 61, or poetry-core one before 2, which do not read the table.

    Source: PEP 621 and the pyproject.toml specification (PyPA).
    Remedy: correct the field; give the version or list it in `dynamic`.
    """
    from wheelcheck.facts.project_table import project_problems  # noqa: PLC0415  # what a wheel does not need

    for problem in dict.fromkeys(project_problems(sdist.pyproject)):
        yield Hit(f"{sdist.top}/pyproject.toml", f"found {problem} in [project], which no build backend accepts")


def _backend(sdist: Sdist) -> str:
    """Return the backend of a build."""
    return str(table(sdist.pyproject, "build-system").get("build-backend", _LEGACY))


def _brought(sdist: Sdist) -> set[str]:
    """Return the modules in the environment of a build besides Python's own; none if they are not known."""
    system = table(sdist.pyproject, "build-system")
    named = [_REQUIRED.match(line) for line in texts(system, "requires")]
    projects = {"setuptools", *(canonicalize_name(found[1]) for found in named if found)}
    if "backend-path" in system or not projects <= _BROUGHT.keys():
        return set()
    return {module for project in projects for module in _BROUGHT[project]}
