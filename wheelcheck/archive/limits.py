"""Limits on the work that one artifact may cause: caps far above what 81 real wheels need, and counters for each."""

from __future__ import annotations

from wheelcheck.damage import Damage
from wheelcheck.records import dataclass
from wheelcheck.typed import NoReturn

KIB = 1 << 10
MIB = 1 << 20


# What the parts of an artifact cost in all, rules included: steps of about a microsecond on a machine of 2020.
ZIP_MEMBER, TAR_MEMBER, TAR_HEADER, LINK = 17, 26, 14, 8  # a member; an extended header; a link
DEEP, DEEP_STEPS, ODD_STEPS = 8, 1, 20  # each level of a path below these many; a name that is not ASCII
_FREE = 16 * MIB  # bytes of an artifact that add nothing to its steps


class StopReadingError(Exception):
    """Reading cannot continue; the damage says why. Walkers catch it, so it never leaves this package."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(damage.why)
        self.damage = damage


@dataclass(slots=True)
class Budget:
    """The caps for one outermost artifact and for all archives nested in it, then counters of what is used.

    Sizes are in bytes. Exceeding a cap is recorded as a Damage with `cap` set and ends the walk: what was not read is
    not proven to be wrong. The ratio is PyPI's: above 64 MiB, nothing may unpack to fifty times the artifact.

    `steps` is the work that may be spent on everything together, as each of the other caps can be nearly reached at
    once; what is large has more of them. The costs are given where they are spent.
    """

    zip_members: int = 65_535
    tar_members: int = 100_000
    unpacked_bytes: int = 4 << 30
    ratio: int = 50
    ratio_free_bytes: int = 64 * MIB
    member_ratio: int = 1_100  # deflate itself reaches 1,032
    name_bytes: int = 1_024
    name_depth: int = 64
    directory_bytes: int = 16 * MIB  # a zip's central directory, the only table that is kept in memory as a whole
    pax_bytes: int = MIB  # one extended header of a tar
    extended_bytes: int = 16 * MIB  # all of them together
    metadata_bytes: int = 16 * MIB  # METADATA, RECORD or PKG-INFO
    held_bytes: int = 64 * MIB  # a tar member up to this size is kept as a whole while it is the current one
    prefix_bytes: int = MIB  # what is kept of any other member
    native_prefix_bytes: int = 8 * MIB  # what is kept of one that looks like native code
    reread_bytes: int = 256 * MIB  # inflating again for random access, beyond what the first pass cost
    damages: int = 10_000
    steps: int = 1_500_000  # homeassistant's sdist, of 42 MB and 61,000 members, has 7,800,000 and spends 3,200,000

    packed: int = 0
    members: int = 0
    unpacked: int = 0
    reread: int = 0
    extended: int = 0
    spent: int = 0

    def open(self, size: int) -> None:
        """Record the size of the outermost file; nested archives do not raise the limit."""
        if not self.packed:
            self.packed = size
            self.steps += max(size - _FREE, 0) // 4

    def spend(self, steps: int) -> bool:
        """Spend steps on something that was found; return whether there were so many left."""
        self.spent += steps
        return self.spent <= self.steps

    def affords(self, steps: int, path: str, damage: list[Damage]) -> bool:
        """Spend steps on a file; return whether there were so many left, and add to `damage` if not."""
        if self.spend(steps):
            return True
        damage.append(Damage(path, "cap-steps", self.why_exhausted, cap=True))
        return False

    def require(self, steps: int, path: str = "") -> None:
        """Spend steps on going on; raises StopReadingError if they are exhausted."""
        if not self.spend(steps):
            stop_at_cap("cap-steps", self.why_exhausted, path)

    @property
    def why_exhausted(self) -> str:
        """What to say where the steps are exhausted."""
        return f"what is before it takes more than {self.steps:,} steps of work, expected fewer: the rest is not read"

    def count_member(self, most: int, steps: int, path: str) -> None:
        """Count one member of an archive, which may have `most` of them; raises StopReadingError."""
        self.members += 1
        if self.members > most:
            stop_at_cap("cap-members", f"more than {most:,} members, expected at most that many")
        self.require(steps, path)

    def count_unpacked(self, length: int, path: str = "") -> None:
        """Count bytes that came out of a decompressor; raises StopReadingError."""
        self.unpacked += length
        if self.unpacked > self.unpacked_bytes:
            stop_at_cap("cap-unpacked", f"unpacks to more than {self.unpacked_bytes:,} bytes", path)
        if self.unpacked > self.ratio_free_bytes and self.unpacked > self.ratio * self.packed:
            most = self.ratio * self.packed
            why = f"{self.packed:,} bytes unpack to over {most:,}, expected at most {self.ratio} times"
            stop_at_cap("cap-ratio", why, path)

    def count_extended(self, length: int) -> None:
        """Count the bytes of one extended tar header; raises StopReadingError."""
        self.extended += length
        self.require(TAR_HEADER + length // 8)
        if self.extended > self.extended_bytes:
            stop_at_cap("cap-pax", f"more than {self.extended_bytes:,} bytes of extended headers, expected fewer")

    def may_reread(self) -> bool:
        """Return whether more may be inflated again; its cost stays in proportion to that of the first time."""
        return self.reread <= self.reread_bytes + self.unpacked

    def check_name(self, name: bytes) -> None:
        """Refuse a name longer or deeper than any installer needs; raises StopReadingError."""
        depth = name.count(b"/")
        if depth > DEEP:
            self.spent += depth * DEEP_STEPS
        if not name.isascii():
            self.spent += ODD_STEPS
        if len(name) > self.name_bytes:
            why = f"a name of {len(name):,} bytes, expected at most {self.name_bytes:,}"
            stop_at_cap("cap-name", why, name[:80].decode(errors="replace"))
        if depth > self.name_depth:
            why = f"a path {depth:,} levels deep, expected at most {self.name_depth}"
            stop_at_cap("cap-depth", why, name[:80].decode(errors="replace"))


def stop_at_cap(kind: str, why: str, path: str = "") -> NoReturn:
    """End the walk at a limit of ours."""
    raise StopReadingError(Damage(path, kind, why, cap=True))


@dataclass(frozen=True, slots=True)
class Log:
    """Records what a walk finds, in the order in which it finds it."""

    damage: list[Damage]
    budget: Budget

    def note(self, kind: str, why: str, path: str = "") -> None:
        """Record damage and continue; too much of it ends the walk."""
        self.damage.append(Damage(path, kind, why))
        if len(self.damage) >= self.budget.damages:
            self.cap("cap-damage", f"more than {self.budget.damages:,} faults, the rest is not read")

    def note_limit(self, kind: str, why: str, path: str) -> None:
        """Record that a Source gave fewer bytes than it was asked for."""
        self.damage.append(Damage(path, kind, why, cap=True))

    def stop(self, kind: str, why: str, path: str = "") -> NoReturn:
        """Record damage after which nothing can be read, and end the walk."""
        raise StopReadingError(Damage(path, kind, why))

    def cap(self, kind: str, why: str, path: str = "") -> NoReturn:
        """End the walk at a limit of ours."""
        stop_at_cap(kind, why, path)
