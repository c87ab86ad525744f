"""How the loader binds what relocations ask for: by name and version, and in a file by the hash table alone.

A name that the table does not lead to is not there for the loader, whatever the symbol table says. glibc and musl take
DT_GNU_HASH where there is one, otherwise DT_HASH.
"""

from __future__ import annotations

from wheelcheck.binary.elf_versions import elf_hash
from wheelcheck.binary.reader import printable
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from wheelcheck.binary.elf_entries import Entries
    from wheelcheck.binary.reader import Reading

VERSION_NUMBER = 0x7FFF  # without the bit for a version that is not the default
NAMELESS = 2  # version indexes 0 and 1 are "local" and "global", without a version
_STEPS = 4096  # entries of one chain that are compared; those of real files are a few long
_STEPS_OF_ROW = 16  # and bytes of a name that is hashed, that cost as much as a row of a table
_LOOKED_UP = 64  # of a file's own names; a table that is wrong misses most
_DIGITS = 512  # of a number that is read at once; for longer ones Python's time grows with the square
_ALL_DIGITS = b"0123456789abcdefghijklmnopqrstuvw"
_OF_33S, _OF_REST = (bytes(_ALL_DIGITS[divmod(byte, 33)[part]] for byte in range(256)) for part in (0, 1))


def _uncounted(_: int) -> None:
    """Take no notice of a number of steps."""


class Asked(NamedTuple):
    """The symbols of a file, which of them relocations ask for, and all versions."""

    entries: Entries
    indexes: set[int]
    numbers: Sequence[int]  # empty without DT_VERSYM

    def bound(self) -> list[int]:
        """Return the symbols that the loader binds: those that are in the table and not local."""
        local = self.entries.local
        return [index for index in self.indexes if index < len(local) and not local[index]]

    def version_indexes(self, indexes: Iterable[int]) -> list[int]:
        """Return the version index of each of these symbols."""
        return [self.numbers[index] & VERSION_NUMBER if self.numbers else 0 for index in indexes]


class GnuHash(NamedTuple):
    """A DT_GNU_HASH: its filter in words of `bits`, the first symbol of each bucket, and the hash of each symbol."""

    first: int
    shift: int
    bits: int
    filter: Sequence[int]
    buckets: Sequence[int]
    chain: Sequence[int]

    @property
    def end(self) -> int:
        """The number of symbols, those before the first in the table included."""
        return self.first + len(self.chain)

    def leads_to(
        self, name: bytes, name_of: Callable[[int], bytes], walked: Callable[[int], None] = _uncounted
    ) -> bool:
        """Return whether a lookup finds a symbol of this name; `name_of` returns the name of one, by its index.

        `walked` is told how many entries were compared, at most.
        """
        wanted = gnu_hash(name)
        word = self.filter[wanted // self.bits % len(self.filter)] if self.filter else 0
        if not (word >> wanted % self.bits & word >> (wanted >> self.shift) % self.bits & 1) or not self.buckets:
            return False
        index = self.buckets[wanted % len(self.buckets)]
        start = index - self.first
        links = self.chain[start : start + _STEPS] if start >= 0 else ()
        for steps, link in enumerate(links, 1):
            if link | 1 == wanted | 1 and name_of(index + steps - 1) == name:
                walked(steps)
                return True
            if link & 1:
                break
        walked(len(links))
        return False


class SysvHash(NamedTuple):
    """A DT_HASH: the first symbol of each bucket, and the next one after each symbol."""

    buckets: Sequence[int]
    chain: Sequence[int]

    def leads_to(
        self, name: bytes, name_of: Callable[[int], bytes], walked: Callable[[int], None] = _uncounted
    ) -> bool:
        """Return the same as that of the other table."""
        index = self.buckets[elf_hash(name) % len(self.buckets)] if self.buckets else 0
        for steps in range(1, _STEPS + 1):
            if not 0 < index < len(self.chain):
                break
            if name_of(index) == name:
                walked(steps)
                return True
            index = self.chain[index]
        walked(_STEPS)
        return False


def judge_binding(
    reading: Reading,
    asked: Asked,
    needs: Collection[int],
    lookup: GnuHash | SysvHash | None,
    *,
    has_definitions: bool,
) -> None:
    """Record what the loader cannot bind. `needs` are the version indexes of needs, `lookup` is the hash table."""
    entries, count = asked.entries, len(asked.entries.names)
    if asked.indexes and max(asked.indexes) >= count:
        reading.damage("elf-dynamic", f"a relocation asks for symbol {max(asked.indexes)}, there are {count}")
    bound = asked.bound()
    versioned: Collection[int] = bound
    if any(fault.cap for fault in reading.found):  # not all needs are known
        versioned = ()
    elif has_definitions:
        versioned = [index for index in bound if not entries.defined[index]]
    known = {*needs, *range(NAMELESS)}
    faulty: set[int] = set()
    if not _is_sound(asked, bound, versioned, known):
        for index, fault in _faults(asked, bound, {*versioned}, known):
            faulty.add(index)
            reading.damage(*fault)
    if lookup:
        own = {entries.names[index] for index in bound if entries.offered[index] and index not in faulty}
        wanted = {entries.names[index] for index in bound if not entries.defined[index]} - {b""}
        _judge_lookup(reading, entries, lookup, own.union(wanted.intersection(entries.exported())))


def _is_sound(asked: Asked, bound: list[int], versioned: Collection[int], known: set[int]) -> bool:
    """Return whether `_faults` yields nothing, which is so for nearly every file."""
    names, untaken = asked.entries.names, asked.entries.untaken
    is_named = all(map(names.__getitem__, bound))
    return is_named and not any(map(untaken.__getitem__, bound)) and known.issuperset(asked.version_indexes(versioned))


def _faults(
    asked: Asked, bound: list[int], versioned: set[int], known: set[int]
) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield the symbols that cannot be bound, with the kind of damage and why."""
    for index, number in zip(bound, asked.version_indexes(bound), strict=True):
        name = asked.entries.names[index]
        if not name:
            yield index, ("elf-string", "a relocation asks for a symbol without a name")
        elif asked.entries.untaken[index]:
            why = f"{printable(name)} has a binding, type or address that loaders do not take"
            yield index, ("elf-dynamic", why)
        elif number not in known and index in versioned:
            yield index, ("elf-versions", f"{printable(name)} has version index {number}, which no version has")


def _judge_lookup(reading: Reading, entries: Entries, lookup: GnuHash | SysvHash, names: set[bytes]) -> None:
    """Record a hash table that does not lead to one of the file's own names for which it asks."""
    for name in sorted(names)[:_LOOKED_UP]:
        reading.walk(len(name) // _STEPS_OF_ROW)
        if not lookup.leads_to(name, entries.found, lambda steps: reading.walk(steps // _STEPS_OF_ROW)):
            why = f"the hash table does not lead to {printable(name)}, which the file itself has"
            reading.damage("elf-dynamic", why)
            return


def is_power_of_2(number: int) -> bool:
    """Return whether a number is one, as glibc's loader expects of the filter's size."""
    return number > 0 and not number & (number - 1)


def gnu_hash(name: bytes) -> int:
    """Return the hash that DT_GNU_HASH goes by (Bernstein's, 32 bits): times 33, plus the next byte.

    A name is read as a number in base 33, once for what its bytes hold of 33s and once for the rest: the interpreter's
    own loop is ten times as fast as one over bytes.
    """
    value = 5381
    for at in range(0, len(name), _DIGITS):
        piece = name[at : at + _DIGITS]
        number = int(piece.translate(_OF_33S), 33) * 33 + int(piece.translate(_OF_REST), 33)
        value = (value * pow(33, len(piece), 1 << 32) + number) & 0xFFFFFFFF
    return value
