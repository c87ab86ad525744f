"""Which files the arguments of a run stand for: paths, folders, and releases of a package index.

Only regular files are opened: reading a pipe, a socket or a device may never end.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from wheelcheck.counting import counted
from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

# Signatures and attestations beside artifacts (PEP 740, GnuPG, sigstore), and the .gitignore of hatch and uv.
_COMPANIONS = (".publish.attestation", ".asc", ".sigstore", ".sigstore.json", ".provenance", ".gitignore")
_NAME = r"[A-Za-z0-9][\w.-]*"
_PROJECT = regex(_NAME)
_RELEASE = regex(rf"pypi:(?P<project>{_NAME})==(?P<version>[\w.!+-]+)")
_URL = regex(r"[A-Za-z][A-Za-z0-9+.-]+://")
_EMPTY = "no wheel and no sdist is in the folder"
_BUILD = "build first (python -m build), or name the folder that holds the files"
_DEEPEST = 5  # folders below a given one
_NOT_REGULAR = "is a pipe, socket or device, not a regular file"


@dataclass(frozen=True, slots=True)
class Files:
    """What paths stand for: artifacts ordered by name, the names of other files, and unusable paths, with why."""

    artifacts: tuple[Path, ...] = ()
    other: tuple[str, ...] = ()
    unusable: tuple[tuple[Path, str], ...] = ()


class UnreachableError(Exception):
    """A published release could not be obtained; the message says which and why."""


def find_files(paths: Sequence[Path]) -> Files:
    """Return the artifacts, the other files and the unusable paths among `paths`, without opening any.

    A folder stands for the files in it and for the artifacts in the folders below; a file counts once under each of its
    names. Signatures and attestations are passed over, so that `dist` and `dist/*` mean the same.
    """
    artifacts: dict[tuple[Path, str], Path] = {}
    other: set[str] = set()
    unusable: list[tuple[Path, str]] = []
    for path in paths:
        files, why = _listed(path)
        unusable += [(path, why)] if why else []
        for file in files:
            if why := why_no_file(file):
                unusable.append((file, why))
            elif _is_artifact(file.name):
                artifacts.setdefault((file.resolve(), file.name), file)
            elif not file.name.endswith(_COMPANIONS):
                other.add(file.name)
    ordered = sorted(artifacts.values(), key=lambda file: (file.name, file))
    return Files(tuple(ordered), tuple(sorted(other)), tuple(unusable))


def find_artifacts(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the artifacts that a path stands for, in any order; what cannot be used with why, else with empty text.

    Finds what `find_files` does, and holds none of it: a folder may have millions of files.
    """
    if not path.is_dir():
        if why := why_no_file(path):
            yield path, why
        elif _is_artifact(path.name):
            yield path, ""
        return
    number = 0
    try:
        for number, file in enumerate(_files_in(path, _DEEPEST, _entries), 1):  # noqa: B007
            if _is_artifact(file.name):
                yield file, why_no_file(file)
    except OSError as problem:
        yield path, f"cannot be listed: {problem.strerror}"
        return
    if not number:
        yield path, _EMPTY


def is_present(argument: str) -> bool:
    """Return whether there is something to check at an argument: a release, a file, or a folder that is not empty."""
    if _is_url(argument) or argument.startswith("pypi:"):
        return True
    return any(os.path.lexists(path) and _listed(path)[1] != _EMPTY for path in _expanded(argument))


def is_release(argument: str) -> bool:
    """Return whether an argument is a plain NAME==VERSION."""
    return bool(_RELEASE.fullmatch(f"pypi:{argument}"))


def _is_pattern(argument: str) -> bool:
    return any(sign in argument for sign in "*?[")


def _is_url(argument: str) -> bool:
    return "://" in argument and _URL.match(argument) is not None


def _listed(path: Path) -> tuple[list[Path], str]:
    """Return the files that a path stands for, and why there are none."""
    try:
        if not path.is_dir():
            return [path], ""
        files = list(_files_in(path, _DEEPEST))
    except OSError as problem:
        return [], f"cannot be listed: {problem.strerror}"
    return files, "" if files else _EMPTY


def _entries(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        yield from (folder / entry.name for entry in entries)


def _ordered(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def _files_in(folder: Path, depth: int, entries: Callable[[Path], Iterable[Path]] = _ordered) -> Iterator[Path]:
    """Yield the files of a folder, and the artifacts of the folders below it. A hidden or linked folder is left alone.

    A folder named like an artifact is yielded itself: somebody took it for a file.
    """
    for entry in entries(folder):
        if not entry.is_dir() or _is_artifact(entry.name):
            if not (entry.name.endswith(_COMPANIONS) and entry.is_file()):
                yield entry
        elif depth and not entry.name.startswith(".") and not entry.is_symlink():
            yield from (file for file in _files_in(entry, depth - 1, entries) if _is_artifact(file.name))


def why_no_file(path: Path) -> str:
    """Return why `path` cannot be read as a regular file; empty if it can."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if _is_pattern(str(path)):
            return f"no file matches this pattern; {_BUILD}"
        return f"no such file{_meant(path) or (f'; {_BUILD}' if path.name == 'dist' else '')}"
    except OSError as problem:
        return f"cannot be examined: {problem.strerror}"
    if stat.S_ISDIR(mode):
        return "is a folder, not a file"
    return "" if stat.S_ISREG(mode) else _NOT_REGULAR


def _meant(path: Path) -> str:
    """Return a question for what a path that does not exist was probably meant to be; empty text if unknown."""
    if is_release(str(path)):
        return f"; did you mean pypi:{path}?"
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.name != path.name]  # a link to nowhere is there
    except OSError:
        return ""
    import difflib  # noqa: PLC0415  # slow to import

    near = difflib.get_close_matches(path.name, names, 1, 0.7)
    return f"; did you mean {path.parent / near[0]}?" if near else ""


def _is_artifact(name: str) -> bool:
    """Return whether this is the name of a wheel or an sdist; pip still takes the zipped sdists of before PEP 625."""
    return name.endswith((".whl", ".tar.gz")) or (name.endswith(".zip") and _is_sdist_name(name))


def _is_sdist_name(name: str) -> bool:
    from packaging.utils import InvalidSdistFilename, parse_sdist_filename  # noqa: PLC0415  # slow to import

    try:
        parse_sdist_filename(name)
    except InvalidSdistFilename:
        return False
    return True


def open_regular(path: Path) -> io.FileIO:
    """Open a regular file for reading, without blocking on a pipe without a writer. Raises OSError."""
    return io.FileIO(path, opener=_open)


def _open(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISREG(mode := os.fstat(handle).st_mode) or stat.S_ISDIR(mode):  # FileIO refuses a folder itself
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, _NOT_REGULAR)


def cache_folder() -> Path:
    """Return where fetched releases are kept: WHEELCHECK_CACHE, or wheelcheck's folder among the user's caches."""
    if own := os.environ.get("WHEELCHECK_CACHE"):
        return Path(own)
    if sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        caches = Path.home() / "Library" / "Caches"
    else:
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "wheelcheck"


def resolve(arguments: Iterable[str], index_url: str = "") -> list[Path]:
    """Return the paths that arguments stand for.

    A pattern such as `dist/*` becomes what it matches, and `pypi:NAME==VERSION` the files of that release, fetched and
    verified; any other argument is a path, whether or not it exists.

    Raises UnreachableError for a malformed one, and where the release or a file of it cannot be obtained.
    """
    return [path for argument in arguments for path in _resolve(argument, index_url)]


def _resolve(argument: str, index_url: str) -> list[Path]:
    if _is_url(argument):
        raise UnreachableError(f"{argument} is a URL, not a file: download it first, or name pypi:NAME==VERSION")
    if not argument.startswith("pypi:"):
        return _expanded(argument)
    found = _RELEASE.fullmatch(argument)
    if not found:
        raise UnreachableError(f"{argument!r} names no release, {_expected(argument, index_url)}")
    return _fetch(found["project"], found["version"], index_url)


def _expected(argument: str, index_url: str) -> str:
    """Return what to write instead of a `pypi:` without a version: the newest release, if the index tells it."""
    from wheelcheck import pypi  # noqa: PLC0415  # slow to import, and most runs need no index

    project = argument.removeprefix("pypi:")
    with suppress(pypi.UnobtainableError):
        if _PROJECT.fullmatch(project) and (newest := pypi.newest_version(project, index_url)):
            return f"the newest one is pypi:{project}=={newest}"
    return "expected pypi:NAME==VERSION"


def _expanded(argument: str) -> list[Path]:
    """Return the files that a pattern such as `dist/*` matches; anything else is a path.

    On Windows the shell leaves this to the program.
    """
    if os.path.lexists(argument) or not _is_pattern(argument):
        return [Path(argument)]
    import glob  # noqa: PLC0415  # shells expand patterns themselves

    found = sorted(glob.glob(argument))  # noqa: PTH207  # Path.glob takes no absolute pattern
    return [Path(path) for path in found or [argument]]


def _fetch(project: str, version: str, index_url: str) -> list[Path]:
    from wheelcheck import pypi  # noqa: PLC0415  # slow to import, and most runs need no index

    try:
        outcomes = [outcome for _, outcome in pypi.fetch_release(project, version, cache_folder(), index_url)]
    except (pypi.UnobtainableError, OSError) as problem:
        raise UnreachableError(str(problem)) from problem
    for outcome in outcomes:
        if not isinstance(outcome, Path):
            raise UnreachableError(str(outcome))
    print(f"wheelcheck: {counted(len(outcomes), 'file')} of {project} {version}", file=sys.stderr)  # noqa: T201  # progress
    return [outcome for outcome in outcomes if isinstance(outcome, Path)]
