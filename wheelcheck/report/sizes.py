"""What the bytes of a release are: by artifact, by kind of member, and the largest members."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from wheelcheck.facts import Artifact, Member
    from wheelcheck.results import Report

MemberKind = Literal["native code", "Python", "sources", "metadata", "other"]
KINDS: tuple[MemberKind, ...] = ("native code", "Python", "sources", "metadata", "other")
LARGEST = 10  # members that are named
_SUFFIXES: dict[MemberKind, tuple[str, ...]] = {
    "Python": (".py", ".pyi", ".pyc"),
    "sources": (".c", ".cc", ".cpp", ".cxx", ".f90", ".go", ".h", ".hpp", ".pxd", ".pyx", ".rs", ".s", ".swg", ".i"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """What one artifact is made of: its own bytes, and those of its members by kind, unpacked."""

    artifact: str
    packed: int
    kinds: dict[MemberKind, int]

    @property
    def unpacked(self) -> int:
        """The bytes of all members."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Large:
    """A path: the bytes of the largest member that has it, and in how many artifacts it is."""

    path: str
    kind: MemberKind
    size: int
    artifacts: int


def sizes(report: Report) -> tuple[Size, ...]:
    """Return what each artifact is made of, in the order of the report."""
    return tuple(Size(artifact.file, artifact.size, by_kind(artifact)) for artifact in report.artifacts)


def by_kind(artifact: Artifact) -> dict[MemberKind, int]:
    """Return the unpacked bytes of each kind of member that occurs."""
    found: Counter[MemberKind] = Counter()
    for member in artifact.members:
        found[kind_of(member)] += member.size
    return {kind: found[kind] for kind in KINDS if found[kind]}


def kind_of(member: Member) -> MemberKind:
    """Return what a member is: native code by its content, everything else by its path."""
    path = PurePosixPath(member.path)
    if member.binary:
        return "native code"
    if any(part.endswith((".dist-info", ".egg-info")) for part in path.parts):
        return "metadata"
    return next((kind for kind, suffixes in _SUFFIXES.items() if path.suffix.lower() in suffixes), "other")


def largest(report: Report, limit: int = LARGEST) -> tuple[Large, ...]:
    """Return the largest members; one that is in several artifacts is one."""
    found: dict[str, Large] = {}
    for artifact in report.artifacts:
        for member in artifact.members:
            known = found.get(member.path) or Large(member.path, kind_of(member), 0, 0)
            found[member.path] = Large(known.path, known.kind, max(known.size, member.size), known.artifacts + 1)
    ordered = sorted(found.values(), key=lambda large: (-large.size, large.path))
    return tuple(large for large in ordered[:limit] if large.size)
