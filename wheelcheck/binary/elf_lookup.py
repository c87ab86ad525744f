"""How the loader binds what relocations ask for: by name and version, and in a file by the hash table alone.

A name that the table does not lead to is not there for the loader, whatever the symbol table says. glibc and musl take
DT_GNU_HASH where there is one, otherwise DT_HASH.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.binary.elf_versions import elf_hash
from wheelcheck.binary.reader import printable
from wheelcheck.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from wheelcheck.binary.reader import Reading

LOCAL, GLOBAL, WEAK, UNIQUE = 0, 1, 2, 10
_TLS, _ABSOLUTE = 6, 0xFFF1  # STT_TLS, SHN_ABS
_KINDS = (0, 1, 2, 5, _TLS, 10)  # STT_NOTYPE, OBJECT, FUNC, COMMON, TLS, GNU_IFUNC
VISIBLE = (0, 3)  # STV_DEFAULT, STV_PROTECTED
VERSION_NUMBER = 0x7FFF  # without the bit for a version that is not the default
NAMELESS = 2  # version indexes 0 and 1 are "local" and "global", without a version
_STEPS = 4096  # entries of one chain that are compared; those of real files are a few long
_LOOKED_UP = 64  # of a file's own names; a table that is wrong misses most
_FOUND = frozenset(bind << 4 | kind for bind in (GLOBAL, WEAK, UNIQUE) for kind in _KINDS)

# One symbol of DT_SYMTAB as it stands there: name, info (binding and type), other (visibility), section, value, size.
# The section is 0 for one that another file has. Files have 100,000, so they are plain tuples and not taken apart.
Entry = tuple[int, int, int, int, int, int]


def is_found(entry: Entry) -> bool:
    """Return whether a lookup takes what a file defines (glibc: check_match in dl-lookup.c; musl is alike)."""
    _, info, _, section, value, _ = entry
    return info in _FOUND and bool(value or info & 15 == _TLS or section == _ABSOLUTE)


def exported(entries: Sequence[Entry], strings: bytes) -> list[bytes]:
    """Return the names that a lookup takes from these symbols: defined, visible, and `is_found`."""
    find = strings.find
    return [
        strings[name : find(b"\0", name)]
        for name, info, other, section, value, _ in entries
        if section and other & 3 in VISIBLE and info in _FOUND and (value or info & 15 == _TLS or section == _ABSOLUTE)
    ]


class Asked(NamedTuple):
    """The symbols of a file, the strings they are named by, which of them relocations ask for, and all versions."""

    entries: Sequence[Entry]
    strings: bytes
    indexes: set[int]
    numbers: Sequence[int]  # empty without DT_VERSYM

    def name(self, index: int) -> bytes:
        """Return the name of a symbol; empty if it has none."""
        start = self.entries[index][0]
        return self.strings[start : self.strings.find(b"\0", start)]


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

    def leads_to(self, name: bytes, name_of: Callable[[int], bytes]) -> bool:
        """Return whether a lookup finds a symbol of this name; `name_of` returns the name of a symbol's index."""
        wanted = gnu_hash(name)
        word = self.filter[wanted // self.bits % len(self.filter)] if self.filter else 0
        if not (word >> wanted % self.bits & word >> (wanted >> self.shift) % self.bits & 1) or not self.buckets:
            return False
        index = self.buckets[wanted % len(self.buckets)]
        for at in range(index - self.first, min(len(self.chain), index - self.first + _STEPS)):
            if at < 0:
                return False
            if self.chain[at] | 1 == wanted | 1 and name_of(self.first + at) == name:
                return True
            if self.chain[at] & 1:
                return False
        return False


class SysvHash(NamedTuple):
    """A DT_HASH: the first symbol of each bucket, and the next one after each symbol."""

    buckets: Sequence[int]
    chain: Sequence[int]

    def leads_to(self, name: bytes, name_of: Callable[[int], bytes]) -> bool:
        """Return whether a lookup finds a symbol of this name; `name_of` returns the name of a symbol's index."""
        index = self.buckets[elf_hash(name) % len(self.buckets)] if self.buckets else 0
        for _ in range(_STEPS):
            if not 0 < index < len(self.chain):
                return False
            if name_of(index) == name:
                return True
            index = self.chain[index]
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
    if asked.indexes and max(asked.indexes) >= len(asked.entries):
        why = f"a relocation asks for symbol {max(asked.indexes)}, there are {len(asked.entries)}"
        reading.damage("elf-dynamic", why)
    is_whole = not any(fault.cap for fault in reading.found)  # otherwise not all needs are known
    known = {*needs, *range(NAMELESS)}
    own = set()
    entries, strings, indexes, numbers = asked
    total, find = len(entries), strings.find
    for index in indexes:
        if index >= total or (entry := entries[index])[1] >> 4 == LOCAL:
            continue
        start, section, number = entry[0], entry[3], numbers[index] & VERSION_NUMBER if numbers else 0
        if not (name := strings[start : find(b"\0", start)]):
            reading.damage("elf-string", "a relocation asks for a symbol without a name")
        elif section and not is_found(entry):
            reading.damage("elf-dynamic", f"{printable(name)} has a binding, type or address that loaders do not take")
        elif number not in known and is_whole and not (section and has_definitions):
            why = f"{printable(name)} has version index {number}, which no version has"
            reading.damage("elf-versions", why)
        elif section and entry[2] & 3 in VISIBLE:
            own.add(name)
    _judge_lookup(reading, asked, lookup, own)


def _judge_lookup(reading: Reading, asked: Asked, lookup: GnuHash | SysvHash | None, own: set[bytes]) -> None:
    """Record a hash table that does not lead to one of the file's own names."""
    for name in sorted(own)[:_LOOKED_UP] if lookup else ():
        if lookup and not lookup.leads_to(name, asked.name):
            reading.damage(
                "elf-dynamic", f"the hash table does not lead to {printable(name)}, which the file itself has"
            )
            return


def is_power_of_2(number: int) -> bool:
    """Return whether a number is one, as glibc's loader expects of the filter's size."""
    return number > 0 and not number & (number - 1)


def gnu_hash(name: bytes) -> int:
    """Return the hash that DT_GNU_HASH goes by (Bernstein's, 32 bits)."""
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value
