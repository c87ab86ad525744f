"""One hostile input and its good twin, which differs in as little as the sentence in its name says."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from wheelcheck.archive import Budget, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wheelcheck.archive import Entry, Source
    from wheelcheck.damage import Damage

    Walker = Callable[[BinaryIO, Budget, list[Damage]], Iterator[tuple[Entry, Source]]]


@dataclass(frozen=True)
class Case:
    """`kinds` are exactly the kinds of damage that reading the hostile bytes must record."""

    name: str
    kinds: frozenset[str]
    hostile: bytes
    twin: bytes
    budget: Callable[[], Budget] = Budget


def case(name: str, kinds: str, hostile: bytes, twin: bytes, budget: Callable[[], Budget] = Budget) -> Case:
    return Case(name, frozenset(kinds.split()), hostile, twin, budget)


@dataclass(frozen=True)
class Reading:
    """All that a walk gave: the entries, the bytes of each, and the damage."""

    entries: list[Entry]
    contents: list[bytes]
    damage: list[Damage]

    @property
    def kinds(self) -> set[str]:
        return {fault.kind for fault in self.damage}

    @property
    def paths(self) -> list[str]:
        return [entry.path for entry in self.entries]


def read(content: bytes, budget: Budget | None = None, walker: Walker = walk) -> Reading:
    """Walk an archive, reading every member back whole."""
    damage: list[Damage] = []
    entries, contents = [], []
    for entry, source in walker(io.BytesIO(content), budget or Budget(), damage):
        entries.append(entry)
        contents.append(source.read(0, source.size))
    return Reading(entries, contents, damage)
