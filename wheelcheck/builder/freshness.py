"""Whether staged binaries were built from the sources as they are now.

cargo and the C compiler list the files that they read (`<name>.d`). The hashes of those files are recorded, together
with those of every other source of the workspaces and local packages that were built, because a file that was added
later can change the build: a module, a `.cargo/config.toml`, an asset in a folder. In doubt, a stage is stale.

The state of the machine is not recorded: its Rust version, `~/.cargo/config.toml` (unless the project is below that
folder), environment variables.
"""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path

from wheelcheck.builder import sources
from wheelcheck.builder.run import BuildError
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# cargo and rustup look for these in the folder of a package and in every folder above it, ignored by git or not
_FOUND_ABOVE = (
    *("Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml"),
    *(".cargo/config", ".cargo/config.toml"),
)
Contents = dict[str, str]  # path relative to the project → hexadecimal SHA-256, "" if there is no such file


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a stage was built from. Paths are relative to the project's folder, with slashes, and may begin with `..`.

    `recipe` is what was built, one line per command and payload. `read` holds the files that cargo and compilers say
    they used. `nearby` holds the other sources of `folders`; a new file there makes a stage stale too.
    """

    recipe: tuple[str, ...]
    folders: tuple[str, ...]
    read: Contents
    nearby: Contents

    @classmethod
    def of(cls, project: Path, recipe: Iterable[str], folders: Iterable[Path], read: Iterable[Path]) -> Inputs:
        """Return the inputs of a build that has just ended. A folder in `read` stands for all files in it.

        What the build itself wrote into the source tree is no input.
        """
        written = sources.written_files(project)
        named = [path for path in read if path not in written and not sources.is_cargo_output(path, project)]
        used = {_name(path, project) for path in named if not path.is_dir()}
        inside = {_name(folder, project) for folder in (*folders, *(path for path in named if path.is_dir()))}
        beside = {Path(name).parent.as_posix() for name in used if not _is_foreign(name)} - {"."}
        return cls._as_of_now(project, tuple(recipe), tuple(sorted(inside | beside)), used)

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Inputs:
        """Read what `asdict` and JSON wrote. Raises TypeError, ValueError or KeyError for anything else."""
        held = [{str(name): str(content) for name, content in table[key].items()} for key in ("read", "nearby")]
        return cls(tuple(table["recipe"]), tuple(table["folders"]), *held)

    @classmethod
    def _as_of_now(
        cls, project: Path, recipe: tuple[str, ...], folders: tuple[str, ...], used: Iterable[str]
    ) -> Inputs:
        read = {name: content_of(project / name, project) for name in sorted(used)}
        nearby = contents(project, (Path(os.path.normpath(project / folder)) for folder in folders))
        return cls(recipe, folders, read, {name: content for name, content in nearby.items() if name not in read})

    def now(self, project: Path, recipe: Iterable[str]) -> Inputs:
        """Return the same inputs with their present content in `project`."""
        return self._as_of_now(project, tuple(recipe), self.folders, self.read)

    def read_inside(self, project: Path) -> Iterator[Path]:
        """Yield every source of the project and every Rust file in it that was read, relative to the project."""
        own = {file.as_posix() for file in sources.files(project)}
        yield from (Path(name) for name in self.read if name in own or (name.endswith(".rs") and not _is_foreign(name)))

    @property
    def digest(self) -> str:
        """A hexadecimal SHA-256 over everything recorded here."""
        parts = [*self.recipe, *self.folders]
        parts += [f"{name}\0{content}" for held in (self.read, self.nearby) for name, content in held.items()]
        return _digest(parts)

    def difference(self, now: Inputs) -> str:
        """Return the first difference from `now`, as half a sentence; empty if there is none."""
        if self.recipe != now.recipe:
            return "what is to be built has changed in the configuration"
        return _first_difference({**self.nearby, **self.read}, {**now.nearby, **now.read})

    def contradiction(self, now: Inputs) -> str:
        """Return the first sign that `now` is another state of the sources, as half a sentence; empty if there is none.

        For a checkout on another machine, which may lack ignored files and files outside the project, and may have
        additional files: what was read from the project must exist, every other file is compared only if both have it.
        """
        needed = {name for name in self.read if not _is_foreign(name)}
        return self._shared(now, needed).difference(now._shared(self, needed))

    def _shared(self, other: Inputs, needed: set[str]) -> Inputs:
        """Return these inputs without the files that `other` lacks, unless they are needed."""
        theirs = {name for held in (other.read, other.nearby) for name, content in held.items() if content} | needed
        theirs = {name for name in theirs if ".git" not in name.split("/")}
        read, nearby = ({name: held[name] for name in held.keys() & theirs} for held in (self.read, self.nearby))
        return Inputs(self.recipe, (), read, nearby)


@dataclass(frozen=True, slots=True)
class Before:
    """The state of a project when a build begins: what `contents` says of some folders, all sources, the time."""

    project: Path
    held: Contents
    sources: frozenset[Path]
    started: float

    @classmethod
    def of(cls, project: Path, folders: Iterable[Path]) -> Before:
        """Return the present state; `folders` hold the sources of the build."""
        started = time.time()
        return cls(project, contents(project, folders), frozenset(sources.files(project)), started)

    def written(self, read: Iterable[Path]) -> frozenset[Path]:
        """Return the files that the build has written into the source tree since.

        Those are new files, and among the files that were `read`, ones that are no sources and have been written since,
        but for what build scripts wrote into cargo's own folder for them (OUT_DIR).
        """
        new = {self.project / file for file in sources.files(self.project) if file not in self.sources}
        inside = {path for path in read if path.is_relative_to(self.project) and path.is_file()}
        other = {path for path in inside if path.relative_to(self.project) not in self.sources}
        other = {path for path in other if not sources.is_cargo_output(path, self.project)}
        return frozenset(new | {path for path in other if path.stat().st_mtime >= self.started})


def contents(project: Path, folders: Iterable[Path]) -> Contents:
    """Return the content of every source of some folders, and of the settings of cargo and rustup there and above."""
    found = {file for folder in folders for file in (*_sources_of(folder, project), *_found_above(folder))}
    return {_name(file, project): content_of(file, project) for file in sorted(found)}


def require_unchanged(before: Mapping[str, str], inputs: Inputs) -> None:
    """Raise BuildError for a source that changed during the build: the binaries match neither state."""
    after = {**inputs.nearby, **inputs.read}
    if changed := [name for name in before if name in after and before[name] != after[name]]:
        raise BuildError(changed[0], "this source changed while it was being compiled", "build again")


def content_of(path: Path, project: Path) -> str:
    """Return the hexadecimal SHA-256 of a file, or of all sources in a folder; "" if it does not exist.

    A link to a folder is followed only if it leads out of the project: inside, its files are listed under their own
    path.
    """
    if not path.is_dir():
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    if path.is_symlink() and path.resolve().is_relative_to(project.resolve()):
        return _digest([str(path.readlink())])
    files = sources.files(path, project)
    return _digest(f"{file.as_posix()}\0{_content_inside(path / file)}" for file in files)


def _content_inside(path: Path) -> str:
    """Return the content of a file in a folder; for a link to a folder its target, since links may form a loop."""
    if path.is_dir():
        return str(path.readlink())
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _digest(parts: Iterable[str]) -> str:
    return sha256(os.fsencode("\n".join(parts))).hexdigest()


def _sources_of(folder: Path, project: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (folder / file for file in sources.files(folder, project))


def _found_above(folder: Path) -> Iterator[Path]:
    places = (above / name for above in (folder, *folder.parents) for name in _FOUND_ABOVE)
    yield from (place for place in places if place.is_file())


def _first_difference(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    for name in sorted({*before, *now}):
        if before.get(name, "") != now.get(name, ""):
            word = "is gone" if not now.get(name) else "has changed" if before.get(name) else "is new"
            return f"{name} {word}"
    return ""


def _name(path: Path, project: Path) -> str:
    return Path(os.path.relpath(path, project)).as_posix()


def _is_foreign(name: str) -> bool:
    """Return whether a file is outside the project or inside .git: other checkouts may differ there."""
    parts = name.split("/")
    return parts[0] == ".." or ".git" in parts
