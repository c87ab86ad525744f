"""A row for each piece of native code: what a maintainer compares across a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelcheck.rules.floor import highest_need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice
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


def floor_of(piece: Slice) -> str:
    """Return the newest glibc or the macOS that the code needs; empty where it says neither."""
    if need := highest_need(piece):
        return need.version.replace("GLIBC_", "glibc ")
    if piece.minimum_os:
        version = piece.minimum_os[:2] if not any(piece.minimum_os[2:]) else piece.minimum_os
        return f"{'macOS' if piece.system == 'macos' else 'iOS'} {'.'.join(map(str, version))}"
    return (
        "musl" if any(name.startswith(("libc.musl", "ld-musl")) or name == "libc.so" for name in piece.needed) else ""
    )
