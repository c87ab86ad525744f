"""The staged tree: checked binaries laid out as in the wheel, beside a record of what each of them is.

    build/wheelcheck/<target>/record.json
    build/wheelcheck/<target>/tree/<path in the wheel>

A stage is always written whole and swapped in, so neither a half-filled one nor an older file is ever found there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from wheelcheck.builder import payload as inspection
from wheelcheck.builder.run import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config import Payload, PayloadKind

MODES: dict[PayloadKind, int] = {"executable": 0o755, "library": 0o644, "object": 0o644}
_AGAIN = "run `wheelcheck build build` again"


@dataclass(frozen=True, slots=True)
class Staged:
    """One staged file: where it lies in the wheel, what it is, and its bytes as a hexadecimal SHA-256 and a size."""

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
class Record:
    """What a stage holds, for which target, from which sources."""

    target: str
    arch: str
    floor: str
    source: str
    files: tuple[Staged, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage on disk."""

    folder: Path
    record: Record

    def file(self, staged: Staged) -> Path:
        """Return where a staged file lies."""
        return self.folder / "tree" / staged.path


def stage(binaries: Mapping[Payload, Path], target: Target, source: str, folder: Path) -> Stage:
    """Check every binary, write them to a new stage and swap it in for the one at `folder`. Raises BuildError."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    files = tuple(_lay(payload, file, target, fresh / "tree") for payload, file in binaries.items())
    floor = f"{target.floor[0]}.{target.floor[1]}"
    record = Record(target.zigbuild, target.arch.name, floor, source, files)
    fresh.mkdir(parents=True, exist_ok=True)
    (fresh / "record.json").write_text(json.dumps(asdict(record), indent=2) + "\n")
    _swap(fresh, folder)
    return Stage(folder, record)


def load(folder: Path, target: Target, source: str) -> Stage:
    """Return the stage at `folder`, every file of it held against its record.

    Raises BuildError where there is none, where it is of other sources or another target, or where a file is
    missing, changed, without its mode, or foreign to the record.
    """
    found = Stage(folder, read_record(folder / "record.json"))
    for what, recorded, now in (
        ("target", found.record.target, target.zigbuild),
        ("source", found.record.source, source),
    ):
        if recorded != now:
            problem = f"the binaries are stale: their {what} was {recorded}, now it is {now}"
            raise BuildError(folder, problem, _AGAIN)
    _require_exact_files(found)
    for staged in found.record.files:
        _require_unchanged(staged, found.file(staged), target)
    return found


def _lay(payload: Payload, file: Path, target: Target, tree: Path) -> Staged:
    content = file.read_bytes()
    inspection.require_native(f"{payload.kind} {payload.name} ({file})", content, payload.kind, target)
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
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def read_record(file: Path) -> Record:
    """Return what a stage says of itself. Raises BuildError."""
    try:
        table = json.loads(file.read_text())
        return Record(**{**table, "files": tuple(Staged(**entry) for entry in table["files"])})
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise BuildError(file, f"the record of the stage cannot be read ({problem!r})", _AGAIN) from problem


def _require_exact_files(found: Stage) -> None:
    tree = found.folder / "tree"
    present = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if not path.is_dir() or path.is_symlink()}
    recorded = {staged.path for staged in found.record.files}
    if present != recorded:
        extra, missing = sorted(present - recorded), sorted(recorded - present)
        raise BuildError(tree, f"its files are not those of the record: extra {extra}, missing {missing}", _AGAIN)


def _require_unchanged(staged: Staged, file: Path, target: Target) -> None:
    if file.is_symlink():
        raise BuildError(file, f"it was replaced by a link to {file.readlink()}", _AGAIN)
    content = file.read_bytes()
    inspection.require_native(str(file), content, staged.kind, target)
    if hashlib.sha256(content).hexdigest() != staged.sha256:
        raise BuildError(file, f"its bytes have changed since it was staged (sha256 {staged.sha256})", _AGAIN)
    mode = file.stat().st_mode & 0o777
    if mode != staged.mode:
        problem = f"its mode is {mode:04o}, but a native {staged.kind} must have {staged.mode:04o}"
        raise BuildError(file, problem, _AGAIN)
