"""The dynamic symbols of an ELF file: what the loader looks up for it, and what it offers to others.

The table is read as the loader reads it: DT_SYMTAB from its address, its length from the hash table (DT_HASH of the
gABI, DT_GNU_HASH), never from a section header. A table that cannot be read whole is unknown. That is no damage: the
loader looks at single entries only, and rules then say that they judge nothing.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from wheelcheck.binary.elf_lookup import GnuHash
from wheelcheck.binary.model import UNKNOWN, Names, Symbol, Symbols
from wheelcheck.binary.reader import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.elf_segments import Image
    from wheelcheck.binary.reader import Reading

TABLE_LIMIT = 6 * 2**20  # bytes of one table; five of them stay within the budget of a binary
_PIECE = 1024  # links of a hash chain that are read at once
_BIND_NOW, _DF_1_NOW = 0x8, 0x1
_LOCAL, _GLOBAL, _WEAK, _UNIQUE = 0, 1, 2, 10
_VISIBLE = (0, 3)  # STV_DEFAULT, STV_PROTECTED
_VERSION_NUMBER = 0x7FFF  # without the bit for a version that is not the default
_LOOKED_UP = 64  # of a file's own names; a table that is wrong misses most
_NAMELESS = 2  # version indexes 0 and 1 are "local" and "global", without a version

Tags = dict["str | int", int]


class _Entry(NamedTuple):
    name: int
    bind: int
    visibility: int
    section: int


class Wanted(NamedTuple):
    """The indexes of the symbols that are bound at load, and of those that may wait until they are called."""

    now: set[int]
    later: set[int]


class _Tables:
    """The tables of one file that symbols are spread over."""

    def __init__(self, reading: Reading, header: Header, image: Image, tags: Tags) -> None:
        self.reading = reading
        self.image = image
        self.tags = tags
        self.is_wide = header.bits == 64
        self.order = "<" if header.little_endian else ">"

    def bytes_at(self, tag: str, size: int, skip: int = 0) -> bytes | None:
        """Return `size` bytes of the table that a tag points to; None if they are not all there or too many."""
        place = self.image.locate(self.tags[tag] + skip) if tag in self.tags else None
        if place is None or not 0 <= size <= min(place[1], TABLE_LIMIT):
            return None
        raw = self.reading.once(place[0], size)
        return raw if len(raw) == size else None

    def numbers(self, tag: str, count: int, skip: int = 0, kind: str = "I") -> tuple[int, ...] | None:
        """Return `count` numbers of a table, `skip` bytes after its beginning."""
        raw = self.bytes_at(tag, count * struct.calcsize(f"={kind}"), skip)
        return None if raw is None else struct.unpack(f"{self.order}{count}{kind}", raw)

    def symbol_count(self, asked: int) -> int | None:
        """Return how many symbols the hash tables let the loader see; None if there is no table to go by.

        A DT_GNU_HASH without any symbol, as GNU ld writes it for most programs, says nothing of those that are only
        asked for; they are `asked` at least.

        On s390x the entries of DT_HASH have 64 bits (glibc: Elf_Symndx), although lld writes 32. Numbers are
        big-endian there and a table has buckets, so the first half of the first number tells.
        """
        if (head := self.numbers("DT_HASH", 2)) is not None:
            wide = self.numbers("DT_HASH", 2, kind="Q") if head[0] == 0 else None
            return wide[1] if wide else head[1]
        head = self.numbers("DT_GNU_HASH", 4)
        if head is None:
            return None
        buckets, first, bloom, _ = head
        return self._count_by_gnu_hash(buckets, first, bloom, asked)

    def gnu_hash(self, count: int) -> GnuHash | None:
        """Return the table that names are looked up in, for `count` symbols; None if there is none or it is cut off."""
        head = self.numbers("DT_GNU_HASH", 4)
        if head is None:
            return None
        buckets, first, bloom, shift = head
        word = 8 if self.is_wide else 4
        parts = (
            self.numbers("DT_GNU_HASH", bloom, 16, "Q" if self.is_wide else "I"),
            self.numbers("DT_GNU_HASH", buckets, 16 + bloom * word),
            self.numbers("DT_GNU_HASH", max(count - first, 0), 16 + bloom * word + 4 * buckets),
        )
        filters, heads, chain = parts
        if filters is None or heads is None or chain is None:
            return None
        return GnuHash(first, shift, 8 * word, filters, heads, chain)

    def _count_by_gnu_hash(self, buckets: int, first: int, bloom: int, asked: int) -> int | None:
        """Follow the last chain to its end: entries in the table are sorted by bucket, undefined ones stand before."""
        start = 16 + bloom * (8 if self.is_wide else 4)
        heads = self.numbers("DT_GNU_HASH", buckets, start)
        if heads is None:
            return None
        last = max(heads, default=0)
        if last < first:
            return max(first, asked)
        return self._end_of_chain(start + 4 * (buckets - first), last)

    def _end_of_chain(self, start: int, index: int) -> int | None:
        """Return the number after the first entry from `index` on that ends its chain; `start` is where chain 0 is."""
        while index * 16 < TABLE_LIMIT:
            links = self.numbers("DT_GNU_HASH", _PIECE, start + 4 * index) or self.numbers(
                "DT_GNU_HASH", 1, start + 4 * index
            )
            if links is None:
                return None
            for link in links:
                index += 1
                if link & 1:
                    return index
        return None

    def entries(self, count: int) -> list[_Entry] | None:
        """Return the symbols in order, the first one (always empty) included."""
        layout = struct.Struct(f"{self.order}IBBHQQ" if self.is_wide else f"{self.order}IIIBBH")
        raw = self.bytes_at("DT_SYMTAB", count * layout.size)
        if raw is None:
            return None
        if self.is_wide:
            rows = ((name, info, other, section) for name, info, other, section, _, _ in layout.iter_unpack(raw))
        else:
            rows = ((name, info, other, section) for name, _, _, info, other, section in layout.iter_unpack(raw))
        return [_Entry(name, info >> 4, other & 3, section) for name, info, other, section in rows]

    def wanted(self) -> Wanted | None:
        """Return the symbols that relocations name; None if a table cannot be read."""
        later = self._indexes("DT_JMPREL", "DT_PLTRELSZ", self.tags.get("DT_PLTREL") == 7)
        now: set[int] | None = set()
        for kind, with_addend in (("DT_RELA", True), ("DT_REL", False)):
            found = self._indexes(kind, f"{kind}SZ", with_addend, self.tags.get(f"{kind}COUNT", 0))
            now = None if found is None or now is None else now | found
        if now is None or later is None:
            return None
        is_now = self.tags.get("DT_FLAGS", 0) & _BIND_NOW or self.tags.get("DT_FLAGS_1", 0) & _DF_1_NOW
        return Wanted(now | later, set()) if is_now or "DT_BIND_NOW" in self.tags else Wanted(now, later - now)

    def _indexes(self, tag: str, size_tag: str, with_addend: bool, skipped: int = 0) -> set[int] | None:  # noqa: FBT001
        """Return the symbols of one relocation table; its first `skipped` entries are relative and name none."""
        word = 8 if self.is_wide else 4
        step = word * (3 if with_addend else 2)
        size = self.tags.get(size_tag, 0) if tag in self.tags else 0
        begin = min(skipped * step, size)
        raw = self.bytes_at(tag, (size - begin) // step * step, begin)
        if size and raw is None:
            return None
        layout = f"{self.order}{'QQ' if self.is_wide else 'II'}{'8x' if with_addend and self.is_wide else ''}"
        layout += "4x" if with_addend and not self.is_wide else ""
        shift = 32 if self.is_wide else 8
        return {info >> shift for _, info in struct.iter_unpack(layout, raw or b"")} - {0}


def read_symbols(
    reading: Reading, header: Header, image: Image, tags: Tags, versions: Mapping[int, tuple[str, str]]
) -> Symbols:
    """Return the dynamic symbols. `versions` maps an index of DT_VERSYM to the library and version it means."""
    tables = _Tables(reading, header, image, tags)
    wanted = tables.wanted()
    count = tables.symbol_count(max(wanted.now | wanted.later, default=0) + 1) if wanted else None
    entries = tables.entries(count) if count is not None and count * 16 <= TABLE_LIMIT else None
    strings = tables.bytes_at("DT_STRTAB", tags.get("DT_STRSZ", 0))
    versym = tables.numbers("DT_VERSYM", count or 0, kind="H") if "DT_VERSYM" in tags else ()
    if entries is None or strings is None or versym is None or wanted is None:
        return UNKNOWN

    def version_of(index: int) -> tuple[str, str]:
        number = versym[index] & _VERSION_NUMBER if versym else 0
        return versions.get(number, ("", "")) if number >= _NAMELESS else ("", "")

    _judge_asked(reading, entries, strings, wanted.now | wanted.later)
    _judge_versions(reading, entries, wanted.now | wanted.later, versym, versions)
    _judge_hash(reading, tables, entries, strings, wanted)
    imports = tuple(_imports(entries, strings, wanted, version_of))
    return Symbols(imports, Names.of(_exported(entries, strings)), known=True)


def _judge_asked(reading: Reading, entries: list[_Entry], strings: bytes, indexes: set[int]) -> None:
    """Record relocations that the loader cannot bind: to a symbol that is not there, or has no name or binding."""
    if indexes and max(indexes) >= len(entries):
        reading.damage("elf-dynamic", f"a relocation asks for symbol {max(indexes)}, there are {len(entries)}")
    for index in indexes:
        entry = entries[index] if index < len(entries) else None
        if entry is None or entry.bind == _LOCAL:
            continue
        if not entry.section and strings[entry.name : entry.name + 1] in (b"", b"\0"):
            reading.damage("elf-string", "a relocation asks for a symbol without a name")
        elif entry.section and entry.bind not in (_GLOBAL, _WEAK, _UNIQUE):
            reading.damage("elf-dynamic", f"{printable(_name(strings, entry))} has a binding that loaders do not know")


def _judge_versions(
    reading: Reading, entries: list[_Entry], indexes: set[int], numbers: tuple[int, ...], needs: Collection[int]
) -> None:
    """Record symbols that are looked up elsewhere under a version index which is not one of a need."""
    if any(fault.cap for fault in reading.found):  # then not all needs are known
        return
    for index in indexes if numbers else ():
        number = numbers[index] & _VERSION_NUMBER if index < len(entries) else 0
        if number >= _NAMELESS and not entries[index].section and entries[index].bind and number not in needs:
            reading.damage("elf-versions", f"symbol {index} has version index {number}, which no version need has")


def _judge_hash(reading: Reading, tables: _Tables, entries: list[_Entry], strings: bytes, wanted: Wanted) -> None:
    """Record a hash table that is none, or leads to one of the file's own names not at all."""
    table = tables.gnu_hash(len(entries))
    if table is None:
        return
    if not table.buckets or not table.filter or len(table.filter) & (len(table.filter) - 1):
        why = f"DT_GNU_HASH has {len(table.buckets)} buckets and {len(table.filter)} words, expected some, a power of 2"
        reading.damage("elf-dynamic", why)
        return
    asked = (entries[index] for index in wanted.now | wanted.later if index < len(entries))
    own = {_name(strings, each) for each in asked if each.section and each.bind and each.visibility in _VISIBLE}
    for name in sorted(own)[:_LOOKED_UP]:
        if not table.leads_to(name, lambda index: _name(strings, entries[index])):
            reading.damage("elf-dynamic", f"DT_GNU_HASH does not lead to {printable(name)}, which the file itself has")
            return


def _name(strings: bytes, entry: _Entry) -> bytes:
    return strings[entry.name : strings.find(b"\0", entry.name)]


def _exported(entries: list[_Entry], strings: bytes) -> Iterator[bytes]:
    for name, bind, visibility, section in entries:
        if section and bind in (_GLOBAL, _WEAK, _UNIQUE) and visibility in _VISIBLE:
            yield strings[name : strings.find(b"\0", name)]


def _imports(
    entries: list[_Entry], strings: bytes, wanted: Wanted, version_of: Callable[[int], tuple[str, str]]
) -> Iterator[Symbol]:
    """Yield the undefined symbols that a relocation asks for: the loader never looks for the others."""
    for index in sorted(wanted.now | wanted.later):
        entry = entries[index] if index < len(entries) else None
        if entry is None or entry.section or entry.bind == _LOCAL:
            continue
        name = printable(strings[entry.name : strings.find(b"\0", entry.name)])
        library, version = version_of(index)
        yield Symbol(name, version, library, weak=entry.bind == _WEAK, lazy=index in wanted.later)
