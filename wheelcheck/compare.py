"""What changed natively between two artifacts: which binaries came and went, and what is different in the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wheelcheck import soabi
from wheelcheck.rules.floor import highest_need

if TYPE_CHECKING:
    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Artifact, Member

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One native file that is not the same on both sides; `details` pairs what it was with what it is."""

    path: str
    change: Change
    details: tuple[tuple[str, str, str], ...] = ()  # (property, before, after)


def compare(before: Artifact, after: Artifact) -> tuple[Difference, ...]:
    """Return the native differences, ordered by path.

    Extension modules are the same file whatever interpreter and platform their suffix names, and an sdist's files
    whatever version its top folder names.
    """
    old, new = _by_name(before), _by_name(after)
    removed = [Difference(old[name].path, "removed", _described(old[name])) for name in old.keys() - new.keys()]
    added = [Difference(new[name].path, "added", _described(new[name])) for name in new.keys() - old.keys()]
    changed = [
        Difference(new[name].path, "changed", details)
        for name in old.keys() & new.keys()
        if (details := _details(old[name], new[name]))
    ]
    return tuple(sorted([*removed, *added, *changed]))


def properties(member: Member) -> dict[str, str]:
    """Return what is worth comparing of a native file, as text."""
    slices = member.binary.slices if member.binary else ()
    return {
        "format": member.binary.format if member.binary else "",
        "code": ", ".join(f"{piece.system} {'/'.join(piece.arches) or piece.machine} {piece.kind}" for piece in slices),
        "mode": f"{member.mode:#o}",
        "floor": ", ".join(dict.fromkeys(filter(None, map(floor_of, slices)))),
        "loader": ", ".join(dict.fromkeys(piece.interpreter for piece in slices if piece.interpreter)),
        "needs": ", ".join(sorted({name for piece in slices for name in piece.needed})),
        "size": str(member.size),
    }


def floor_of(piece: Slice) -> str:
    """Return the oldest system a slice runs on: its newest glibc need, or its minimum macOS; empty where unknown."""
    if need := highest_need(piece):
        return need.version
    if piece.minimum_os:
        return f"{piece.system} {'.'.join(map(str, piece.minimum_os))}"
    return ""


def _by_name(artifact: Artifact) -> dict[str, Member]:
    return {_stable_name(member.path, artifact): member for member in artifact.natives}


def _stable_name(path: str, artifact: Artifact) -> str:
    top, _, rest = path.partition("/")
    versioned = rest if artifact.file.endswith(".tar.gz") or top.endswith(".data") else path
    module = soabi.parse_module_name(versioned)
    folder, slash, _ = versioned.rpartition("/")
    return f"{folder}{slash}{module.module}" if module else versioned


def _described(member: Member) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, "", value) for name, value in properties(member).items() if value)


def _details(before: Member, after: Member) -> tuple[tuple[str, str, str], ...]:
    if before.sha256 == after.sha256 and before.mode == after.mode:
        return ()
    old, new = properties(before), properties(after)
    changed = tuple((name, old[name], new[name]) for name in old if old[name] != new[name])
    return changed or (("content", before.sha256[:12], after.sha256[:12]),)
