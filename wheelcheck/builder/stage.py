"""The staged tree: checked binaries laid out as in the wheel, and a manifest of what they are and were built from.

    build/wheelcheck/<target>/manifest.json
    build/wheelcheck/<target>/tree/<path in the wheel>

A stage is written to a new folder, which is then renamed, so it is always complete.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict

from wheelcheck.builder import native_files
from wheelcheck.builder.freshness import Inputs
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.platforms.arch import UnknownArchitectureError, find
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from wheelcheck.config import Payload
    from wheelcheck.config.fields import PayloadKind

MODES: dict[PayloadKind, int] = {"executable": 0o755, "library": 0o644, "object": 0o644}
MANIFEST = "manifest.json"
_NEW, _OLD = ".new", ".old"  # beside a stage while it is replaced
_AGAIN = "run `wheelcheck build build` again"


@dataclass(frozen=True, slots=True)
class Staged:
    """One staged file: its path in the wheel, what it is, and the hexadecimal SHA-256 and size of its content."""

    path: str
    name: str
    package: str
    kind: PayloadKind
    sha256: str
    size: int

    @property
    def mode(self) -> int:
        """The permission bits it must have: executable by all, or by none."""
        return MODES[self.kind]


@dataclass(frozen=True, slots=True)
class Promised:
    """One file that is not staged, because the wheel of the build backend must hold it: path, name and kind."""

    path: str
    name: str
    kind: PayloadKind

    @property
    def mode(self) -> int:
        """The permission bits it must have."""
        return MODES[self.kind]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a stage holds and was built from. `target` is cargo-zigbuild's name for its CPU and floor."""

    target: str
    arch: str
    floor: str
    inputs: Inputs
    files: tuple[Staged, ...]
    promised: tuple[Promised, ...] = ()

    @property
    def built_for(self) -> Target:
        """The target as a value. Raises UnknownArchitectureError or ValueError if there is no such target."""
        major, minor = map(int, self.floor.split("."))
        return Target(find(self.arch), (major, minor))

    @property
    def source(self) -> str:
        """A hexadecimal SHA-256 over everything the binaries were built from."""
        return self.inputs.digest


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage on disk."""

    folder: Path
    manifest: Manifest

    def file(self, staged: Staged) -> Path:
        """Return the path of a staged file."""
        return self.folder / "tree" / staged.path


def stage(
    binaries: Mapping[Payload, Path], target: Target, inputs: Inputs, folder: Path, promised: Iterable[Payload] = ()
) -> Stage:
    """Check every binary, write a new stage and replace the one at `folder` by it. Raises BuildError.

    `promised` is the payload that the build backend makes.
    """
    fresh = folder.with_name(f"{folder.name}{_NEW}")
    shutil.rmtree(fresh, ignore_errors=True)
    files = tuple(_lay(payload, file, target, fresh / "tree") for payload, file in binaries.items())
    floor = f"{target.floor[0]}.{target.floor[1]}"
    by_backend = tuple(Promised(payload.path, payload.name, payload.kind) for payload in promised)
    manifest = Manifest(target.zigbuild, target.arch.name, floor, inputs, files, by_backend)
    fresh.mkdir(parents=True, exist_ok=True)
    (fresh / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n")
    _swap(fresh, folder)
    return Stage(folder, manifest)


def load(folder: Path, target: Target) -> Stage:
    """Return the stage at `folder` after comparing every file with its manifest.

    Raises BuildError if there is no stage, if it is for another target, or if a file is missing, changed, not in the
    manifest, or has another mode.
    """
    found = Stage(folder, read_manifest(folder / MANIFEST))
    if found.manifest.target != target.zigbuild:
        problem = f"the binaries are for {found.manifest.target}, not for {target.zigbuild}"
        raise BuildError(folder, problem, _AGAIN)
    _require_exact_files(found)
    for staged in found.manifest.files:
        _require_unchanged(staged, found.file(staged), target)
    return found


def stages(folder: Path) -> Iterator[Stage]:
    """Yield every stage in a work folder, for any target, without checking its files. Raises BuildError.

    What an interrupted build left beside a stage does not count.
    """
    for file in sorted(folder.glob(f"*/{MANIFEST}")):
        if not file.parent.name.endswith((_NEW, _OLD)):
            yield Stage(file.parent, read_manifest(file))


def require_fresh(found: Stage, project: Path, recipe: Iterable[str], *, same_machine: bool = True) -> None:
    """Raise BuildError unless a stage was built from the sources of `project` as they are now.

    On a machine other than the one it was built on, ignored files may be missing and do not count.
    """
    before = found.manifest.inputs
    now = before.now(project, recipe)
    if difference := before.difference(now) if same_machine else before.contradiction(now):
        raise BuildError(found.folder, f"the binaries are stale: {difference}", _AGAIN)


def _lay(payload: Payload, file: Path, target: Target, tree: Path) -> Staged:
    content = file.read_bytes()
    native_files.require_native(f"{payload.kind} {payload.name} ({file})", content, payload.kind, target)
    place = tree / payload.path
    if not place.resolve().is_relative_to(tree.resolve()) or place.exists():
        problem = f"the path {payload.path!r} is taken or outside the wheel"
        raise BuildError(f"payload {payload.name}", problem, "choose another path")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    place.chmod(MODES[payload.kind])
    digest = hashlib.sha256(content).hexdigest()
    return Staged(payload.path, payload.name, payload.package, payload.kind, digest, len(content))


def _swap(fresh: Path, folder: Path) -> None:
    old = folder.with_name(f"{folder.name}{_OLD}")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def read_manifest(file: Path) -> Manifest:
    """Return the manifest of a stage. Raises BuildError."""
    try:
        table = json.loads(file.read_text())
        files = tuple(Staged(**entry) for entry in table["files"])
        promised = tuple(Promised(**entry) for entry in table["promised"])
        found = Manifest(**{**table, "inputs": Inputs.from_json(table["inputs"]), "files": files, "promised": promised})
        same = found.built_for.zigbuild == found.target
    except (OSError, ValueError, TypeError, KeyError, AttributeError, UnknownArchitectureError) as problem:
        raise BuildError(file, f"the manifest of the stage cannot be read ({problem!r})", _AGAIN) from problem
    if not same:
        raise BuildError(file, f"{found.target} is not {found.arch} with glibc {found.floor}", _AGAIN)
    return found


def _require_exact_files(found: Stage) -> None:
    tree = found.folder / "tree"
    present = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if not path.is_dir() or path.is_symlink()}
    recorded = {staged.path for staged in found.manifest.files}
    if present != recorded:
        extra, missing = sorted(present - recorded), sorted(recorded - present)
        raise BuildError(tree, f"its files are not those of the manifest: extra {extra}, missing {missing}", _AGAIN)


def _require_unchanged(staged: Staged, file: Path, target: Target) -> None:
    if file.is_symlink():
        raise BuildError(file, f"it was replaced by a link to {file.readlink()}", _AGAIN)
    content = file.read_bytes()
    native_files.require_native(str(file), content, staged.kind, target)
    if hashlib.sha256(content).hexdigest() != staged.sha256:
        raise BuildError(file, f"its bytes have changed since it was staged (sha256 {staged.sha256})", _AGAIN)
    mode = file.stat().st_mode & 0o777
    if mode != staged.mode:
        problem = f"its mode is {mode:04o}, but a native {staged.kind} must have {staged.mode:04o}"
        raise BuildError(file, problem, _AGAIN)
