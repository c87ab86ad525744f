"""One hostile input and its good twin, which differs in as little as the sentence in its name says."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tests.support.sentences import assert_known
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


# Kinds that concern the whole file and name no member, and those that concern it or one member.
_WHOLE = {
    "cap-damage", "cap-directory", "cap-members", "cap-memory", "empty", "gzip-concatenated", "gzip-crc",
    "gzip-deflate", "gzip-header", "gzip-hidden", "gzip-size", "gzip-trailing", "gzip-truncated", "not-a-zip",
    "not-an-archive", "not-gzip", "stream-damaged", "stream-trailing", "stream-truncated", "tar-data-after-end",
    "tar-extension-order", "tar-no-end", "tar-no-members", "tar-pax-global", "two-formats", "unsupported-archive",
    "zip-comment", "zip-directory", "zip-entry-count", "zip-no-members", "zip-order", "zip-suffix", "zip-truncated",
    "zip-two-ends", "zip-writer-comment",
}  # fmt: skip
_EITHER = {
    "cap-pax", "cap-ratio", "cap-unpacked", "name-empty", "tar-checksum", "tar-truncated", "zip-disk", "zip-gap",
    "zip-overlap", "zip-prefix", "zip-zip64", "zip-zip64-unneeded",
}  # fmt: skip


def assert_told(fault: Damage) -> None:
    """Assert that damage names its member and says what was found and expected: nothing was lost on the way."""
    assert fault.cap == fault.kind.startswith("cap-"), fault
    assert isinstance(fault.path, str), fault
    assert fault.kind in _EITHER or bool(fault.path) == (fault.kind not in _WHOLE), fault
    assert fault.cap or "expected" in fault.why, fault
    assert_known("archive", fault.kind, fault.why)


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
