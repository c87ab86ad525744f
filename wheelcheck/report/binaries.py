"""A row for each piece of native code: what a maintainer compares across a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelcheck.compare import floor_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.engine import Report


@dataclass(frozen=True, slots=True)
class Row:
    """One slice of one native member. `floor` is the oldest system that loads it; `size` is in bytes, of the file."""

    artifact: str
    path: str
    system: str
    machine: str
    kind: str
    floor: str
    needed: tuple[str, ...]
    size: int
    mode: int


def rows(report: Report) -> Iterator[Row]:
    """Yield the native code of every artifact, in the artifacts' order."""
    for artifact in report.artifacts:
        for member in artifact.natives:
            for piece in member.binary.slices if member.binary else ():
                machine = " or ".join(piece.arches) or piece.machine
                facts = (piece.system, machine, piece.kind, floor_of(piece), piece.needed)
                yield Row(artifact.file, member.path, *facts, member.size, member.mode)
