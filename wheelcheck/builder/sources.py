"""Which files of a folder are its sources: for the sdist, the freshness check and the date of a build.

In a git work tree the sources are the tracked files, including those of submodules, and new files that git does not
ignore. Outside git they are all files. The output of tools is left out in both cases, but never because of a name that
a project may use itself: `src/target/mod.rs` and a Python package called `build` are sources. What a build script wrote
into the tree is output too: each build records it (`record_written`), and it counts again once git tracks it.
"""

from __future__ import annotations

import json
import os
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from wheelcheck.builder import run
from wheelcheck.builder.run import BuildError
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

WORK = Path("build/wheelcheck")  # where wheelcheck builds, below a project
DIST = Path("dist")  # where it puts finished artifacts
_WRITTEN = WORK / "written.json"  # paths relative to the project
_TOOLS = (".git", ".hg", ".svn", ".nox", ".tox", ".*_cache", "__pycache__")
_SETUPTOOLS = ("lib", "lib.*", "temp.*", "bdist.*")  # below build/
_EGG_INFO = ("PKG-INFO", "SOURCES.txt")
_METADATA = b"Metadata-Version:"  # so begins the PKG-INFO of an unpacked sdist
_ARTIFACTS = ("*.whl", "*.tar.gz", ".*.partial")  # below dist/
_CACHE = b"Signature: 8a477f597d28d172789f06886806bc55"  # https://bford.info/cachedir/
_GITLINK = "160000"  # the mode of a submodule in git's index


def files(folder: Path, project: Path | None = None) -> tuple[Path, ...]:
    """Return the source files of a folder, relative to it and sorted. A symbolic link counts as a file.

    `project` is the folder in which wheelcheck writes to `build/wheelcheck` and `dist`; by default it is `folder`.
    """
    project = project or folder
    listed = _git_files(folder, project)
    return tuple(sorted(set(_all_files(folder, project) if listed is None else listed)))


def require_checked_out(folder: Path) -> None:
    """Raise BuildError for a tracked file that is missing here: an empty submodule, a sparse checkout."""
    for status, mode, path in _tracked(folder):
        place = folder / path
        if mode == _GITLINK and not (place.is_dir() and any(place.iterdir())):
            raise BuildError(path, "this submodule is not checked out", "run `git submodule update --init --recursive`")
        if mode == _GITLINK:
            require_checked_out(place)
        elif status == "S" and not os.path.lexists(place):
            raise BuildError(path, "a sparse checkout leaves this file out", "run `git sparse-checkout disable`")


def require_inside(project: Path, place: str, name: str, exists: Callable[[Path], bool]) -> Path:
    """Return the file or folder of a payload. Raises BuildError if it is not in the project."""
    path = project / place
    if not exists(path) or not path.resolve().is_relative_to(project):
        problem = f"{place!r} does not exist inside the project, so an sdist cannot hold it"
        raise BuildError(f"payload {name}", problem, "fix [[tool.wheelcheck.payload]]")
    return path


def record_written(project: Path, written: Iterable[Path]) -> None:
    """Add files of the project to the list of those that builds wrote into its source tree."""
    file = project / _WRITTEN
    listed = {path.relative_to(project).as_posix() for path in {*written_files(project), *written}}
    if listed:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(sorted(listed), indent=2) + "\n", "utf-8")


def written_files(project: Path) -> frozenset[Path]:
    """Return the files that builds wrote into the source tree, tracked by git or not; empty without a list of them."""
    file = project / _WRITTEN
    try:
        return _read_written(file, file.stat().st_mtime_ns)
    except OSError:
        return frozenset()


@lru_cache(maxsize=8)
def _read_written(file: Path, _changed: int) -> frozenset[Path]:
    project = file.parents[len(_WRITTEN.parts) - 1]
    try:
        return frozenset(project / str(name) for name in json.loads(file.read_text("utf-8")))
    except (ValueError, TypeError) as problem:
        raise BuildError(file, f"this list cannot be read ({problem})", "delete it") from problem


def is_cargo_output(file: Path, project: Path) -> bool:
    """Return whether a file is in a folder that cargo marked as its output, such as a file a build script wrote.

    A target folder that contains the whole project does not count.
    """
    tags = (folder / "CACHEDIR.TAG" for folder in file.parents if not project.is_relative_to(folder))
    return any(tag.is_file() and b"created by cargo" in tag.read_bytes() for tag in tags)


def _git_files(folder: Path, project: Path) -> list[Path] | None:
    """Return the files that git lists, None if it does not track this folder or ignores all of it."""
    tracked = _tracked(folder)
    new = [Path(name) for name in _names(run.ask(folder, "ls-files", "-z", "--others", "--exclude-standard"))]
    if not tracked and not new:
        return None
    kept = [Path(path) for _, _, path in tracked]
    kept += [path for path in new if not any(_is_output(folder / part, project) for part in _steps(path))]
    return [file for path in kept for file in _expanded(folder, path, project)]


def _tracked(folder: Path) -> list[tuple[str, str, str]]:
    """Return status letter, mode and path of each file in git's index below a folder.

    For a submodule that is not checked out, git lists only the folder itself, as `./`; it is left out.
    """
    found = []
    for line in _names(run.ask(folder, "ls-files", "-z", "-t", "--stage")):
        about, _, path = line.partition("\t")
        status, mode, *_ = about.split()
        if path != "./":
            found.append((status, mode, path))
    return found


def _names(listing: str) -> list[str]:
    return [name for name in listing.split("\0") if name]


def _expanded(folder: Path, path: Path, project: Path) -> Iterator[Path]:
    """Yield a listed path if it exists; for a submodule or a nested repository, its files."""
    place = folder / path
    if place.is_dir() and not place.is_symlink():
        yield from (path / file for file in files(place, project))
    elif os.path.lexists(place):
        yield path


def _steps(path: Path) -> Iterator[Path]:
    """Yield a path and the folders that contain it."""
    yield path
    yield from path.parents[:-1] if len(path.parts) > 1 else ()


def _all_files(folder: Path, project: Path) -> Iterator[Path]:
    for place in sorted(folder.iterdir()):
        if _is_output(place, project) or _is_built_library(place):
            continue
        if place.is_dir() and not place.is_symlink():
            yield from (Path(place.name) / file for file in _all_files(place, project))
        else:
            yield Path(place.name)


def _is_output(place: Path, project: Path) -> bool:
    """Return whether a file or folder that git does not track was written by a tool."""
    if place.is_dir():
        return not place.is_symlink() and _is_output_folder(place, project)
    return _is_artifact(place, project) or _is_bundle(place) or place in written_files(project)


def _is_output_folder(folder: Path, project: Path) -> bool:
    build = project / WORK.parent
    return (
        any(fnmatchcase(folder.name, name) for name in _TOOLS)
        or folder == project / WORK
        or (_is_egg_info(folder) and not _begins_with(project / "PKG-INFO", _METADATA))
        or (folder / "pyvenv.cfg").is_file()
        or _begins_with(folder / "CACHEDIR.TAG", _CACHE)
        or (folder.parent == build and not (build / "__init__.py").exists() and _is_setuptools(folder.name))
    )


def _is_egg_info(folder: Path) -> bool:
    """Return whether setuptools wrote a folder. That of an unpacked sdist is a source: it alone lists its headers."""
    return folder.name.endswith(".egg-info") and any((folder / name).is_file() for name in _EGG_INFO)


def _is_setuptools(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _SETUPTOOLS)


def _is_artifact(file: Path, project: Path) -> bool:
    in_dist = file.parent == project / DIST and any(fnmatchcase(file.name, pattern) for pattern in _ARTIFACTS)
    # an unpacked sdist brings its own PKG-INFO; maturin refuses to write a second one, scikit-build-core packs both
    return in_dist or file == project / "PKG-INFO"


def _is_bundle(file: Path) -> bool:
    """Return whether `wheelcheck build pack` wrote this file: a tar that begins with its manifest."""
    return file.suffix == ".tar" and _begins_with(file, b"manifest.json\0")


def _is_built_library(file: Path) -> bool:
    """Return whether this is an extension module or library that was built in place, outside git."""
    return file.suffix == ".so" and _begins_with(file, b"\x7fELF")


def _begins_with(file: Path, head: bytes) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(len(head)) == head
