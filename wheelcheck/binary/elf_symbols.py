"""The dynamic symbols of an ELF file: what the loader looks up for it, and what it offers to others.

The table is read as the loader reads it: DT_SYMTAB from its address, its length from the hash table (DT_HASH of the
gABI, DT_GNU_HASH), never from a section header. A table that cannot be read whole is unknown. That is no damage: the
loader looks at single entries only, and rules then say that they judge nothing.
"""

from __future__ import annotations

import struct

from wheelcheck.binary.elf_entries import NARROW, WIDE, numbers, read_entries
from wheelcheck.binary.elf_lookup import NAMELESS, Asked, GnuHash, SysvHash, is_power_of_2, judge_binding
from wheelcheck.binary.elf_tables import binds_at_once, judge_relocations
from wheelcheck.binary.model import UNKNOWN, Names, Symbol, Symbols
from wheelcheck.binary.reader import SYMBOLS_OF_ROW, all_printable
from wheelcheck.counting import counted
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.elf_segments import Image
    from wheelcheck.binary.reader import Reading

TABLE_LIMIT = 6 * 2**20  # bytes of one table; five of them stay within the budget of a binary
_PIECE = 1024  # links of a hash chain that are read at once
_WORD = 4  # bytes of an entry of DT_HASH
_MANY = 16  # relocations; linkers leave a few that turn out to be of no use as zeros, at the end of a table or alone
_BYTES_OF_ROW = 256  # of a table of numbers, that cost as much as a row that is walked
_GLIBC = "libc.so.6"

Tags = dict["str | int", int]


class Wanted(NamedTuple):
    """The indexes of the symbols that are bound at load, and of those that may wait until they are called."""

    now: set[int]
    later: set[int]

    @property
    def indexes(self) -> set[int]:
        """All of them."""
        return self.now | self.later


class Linked(NamedTuple):
    """What a file is linked with: its libraries, and the library and version that an index of DT_VERSYM means."""

    needed: tuple[str, ...]
    versions: Mapping[int, tuple[str, str]]


class _SysvHead(NamedTuple):
    """How DT_HASH begins: the bytes of an entry, and how many there are."""

    width: int
    buckets: int
    symbols: int

    @property
    def size(self) -> int:
        """The bytes of the whole table."""
        return self.width * (2 + self.buckets + self.symbols)


class _Tables:
    """The tables of one file that symbols are spread over."""

    def __init__(self, reading: Reading, header: Header, image: Image, tags: Tags) -> None:
        self.reading = reading
        self.image = image
        self.tags = tags
        self.is_wide = header.bits == 64
        self.layout = WIDE if self.is_wide else NARROW  # of a symbol
        self.order = "<" if header.little_endian else ">"
        self.lookup: GnuHash | SysvHash | None = None  # what names are looked up in; set by symbol_count
        self.types: dict[str, set[int]] = {}  # of the relocations that were read, by table
        self.zeros: list[str] = []  # tables of relocations in which there is nothing
        self.targets: set[int] = set()  # of the first and the last of each table: linkers sort them

    def bytes_at(self, tag: str, size: int, skip: int = 0) -> bytes | None:
        """Return `size` bytes of the table that a tag points to; None if they are not all there or too many."""
        place = self.image.locate(self.tags[tag] + skip) if tag in self.tags else None
        if place is None or not 0 <= size <= min(place[1], TABLE_LIMIT):
            return None
        raw = self.reading.once(place[0], size)
        return raw if len(raw) == size else None

    def numbers(self, tag: str, count: int, skip: int = 0, kind: str = "I") -> Sequence[int] | None:
        """Return `count` numbers of a table, `skip` bytes after its beginning."""
        raw = self.bytes_at(tag, count * struct.calcsize(f"={kind}"), skip)
        if raw is None:
            return None
        self.reading.walk(len(raw) // _BYTES_OF_ROW)
        return numbers(kind, raw, self.order)

    def symbol_count(self) -> int | None:
        """Return how many symbols the hash tables let the loader see; None if there is no table to go by."""
        if "DT_GNU_HASH" in self.tags:
            self.lookup = self._gnu_hash()
        head = self._sysv_head()
        if head and head.symbols and not self._is_beyond("DT_HASH", head.size):
            if self.lookup is None and head.width == _WORD:
                links = self.numbers("DT_HASH", head.buckets + head.symbols, 8)
                self.lookup = SysvHash(links[: head.buckets], links[head.buckets :]) if links else None
            return head.symbols
        return self.lookup.end if isinstance(self.lookup, GnuHash) and self.lookup.buckets else None

    def _sysv_head(self) -> _SysvHead | None:
        """Return what DT_HASH begins with.

        On s390x its entries have 64 bits (glibc: Elf_Symndx), although lld writes 32. Numbers are big-endian there and
        a table has buckets, so the first half of the first number tells.
        """
        head = self.numbers("DT_HASH", 2)
        if head and not head[0] and self.order == ">":
            wide = self.numbers("DT_HASH", 2, kind="Q")
            return _SysvHead(2 * _WORD, *wide) if wide else None
        return _SysvHead(_WORD, *head) if head else None

    def useless_lookup(self, *, for_glibc: bool) -> str:
        """Return why the loader cannot use the hash table that it goes by, from the sizes there; empty if it can.

        glibc looks for nothing in a DT_HASH without buckets (dl-lookup.c), musl divides by their number.
        """
        if "DT_GNU_HASH" not in self.tags:
            found = self._sysv_head()
            if found and not found.buckets and not for_glibc:
                return "DT_HASH has no buckets"
            return self._beyond("DT_HASH", found.size) if found else ""
        head = self.numbers("DT_GNU_HASH", 4)
        if head is None:  # the table is nowhere, which is damage already
            return ""
        buckets, first, words, _ = head
        if not buckets or not is_power_of_2(words):  # glibc: dl-setup_hash.c
            return f"DT_GNU_HASH has {buckets} buckets and {words} words, expected some, a power of 2"
        start = 16 + words * (8 if self.is_wide else 4)
        if 0 < (lowest := min(filter(None, self.numbers("DT_GNU_HASH", buckets, start) or ()), default=0)) < first:
            return f"DT_GNU_HASH begins with symbol {first}, and one of its buckets with {lowest}, expected a later one"
        return self._beyond("DT_GNU_HASH", start + 4 * buckets)

    def _beyond(self, tag: str, size: int) -> str:
        return (
            f"{tag} says that it has {counted(size, 'byte')}, which reach out of its PT_LOAD"
            if self._is_beyond(tag, size)
            else ""
        )

    def _is_beyond(self, tag: str, size: int) -> bool:
        """Return whether a table of this size ends outside the mapped bytes of the file."""
        place = self.image.locate(self.tags[tag])
        return place is not None and place[1] < size

    def _gnu_hash(self) -> GnuHash:
        """Read the whole table, in the order of its bytes; parts that cannot be read are empty."""
        buckets, first, bloom, shift = self.numbers("DT_GNU_HASH", 4) or (0, 0, 0, 0)
        word = 8 if self.is_wide else 4
        filters = self.numbers("DT_GNU_HASH", bloom, 16, "Q" if self.is_wide else "I") or ()
        start = 16 + bloom * word
        heads = self.numbers("DT_GNU_HASH", buckets, start) or ()
        last = max(heads, default=0)
        chain = self._chain(start + 4 * buckets, last - first) if last >= first else ()
        return GnuHash(first, shift, 8 * word, filters, heads, chain)

    def _chain(self, start: int, last: int) -> Sequence[int]:
        """Return the hashes of all symbols in the table: they end where the chain of the last bucket does."""
        chain = list(self.numbers("DT_GNU_HASH", last, start) or ())
        while last <= len(chain) < TABLE_LIMIT // _WORD:
            at = start + _WORD * len(chain)
            links = self.numbers("DT_GNU_HASH", _PIECE, at) or self.numbers("DT_GNU_HASH", 1, at) or ()
            end = next((number for number, link in enumerate(links, 1) if link & 1), 0)
            chain += links[:end] if end else links
            if end:
                return chain
            if not links:
                break
        return ()

    def wanted(self) -> Wanted | None:
        """Return the symbols that relocations name; None if a table cannot be read."""
        later = self._indexes("DT_JMPREL", "DT_PLTRELSZ", self.tags.get("DT_PLTREL") == 7)
        now: set[int] | None = set()
        for kind, with_addend in (("DT_RELA", True), ("DT_REL", False)):
            found = self._indexes(kind, f"{kind}SZ", with_addend, self.tags.get(f"{kind}COUNT", 0))
            now = None if found is None or now is None else now | found
        if now is None or later is None:
            return None
        return Wanted(now | later, set()) if binds_at_once(self.tags) else Wanted(now, later - now)

    def _indexes(self, tag: str, size_tag: str, with_addend: bool, skipped: int = 0) -> set[int] | None:  # noqa: FBT001
        """Return the symbols of one relocation table; its first `skipped` entries are relative and name none."""
        word = 8 if self.is_wide else 4
        step = word * (3 if with_addend else 2)
        size = self.tags.get(size_tag, 0) if tag in self.tags else 0
        begin = min(skipped * step, size)
        raw = self.bytes_at(tag, (size - begin) // step * step, begin)
        if size and raw is None:
            return None
        layout, shift = (f"{self.order}QQ", 32) if self.is_wide else (f"{self.order}II", 8)
        ends = [struct.unpack_from(layout, raw, at) for at in (0, len(raw) - step)] if raw else []
        self.targets.update(target for target, info in ends if info & (1 << shift) - 1)  # 0 is R_*_NONE
        words, width = numbers("I", raw or b"", self.order), step // 4
        if self.is_wide:  # both halves of r_info
            at = 3 if self.order == "<" else 2
            found, self.types[tag] = set(words[at::width]), set(words[5 - at :: width])
        else:
            infos = set(words[1::width])
            found, self.types[tag] = {info >> shift for info in infos}, {info & 0xFF for info in infos}
        if self.types[tag] <= {0} and size >= _MANY * step and self._is_zero(tag, size, step):
            self.zeros.append(tag)
        return found - {0}

    def _is_zero(self, tag: str, size: int, step: int) -> bool:
        """Return whether nothing but zeros is in a table, which for a sound one its first entry tells."""
        first = self.bytes_at(tag, step)
        whole = self.bytes_at(tag, size) if first is not None and not any(first) else None
        return whole is not None and not any(whole)


def read_symbols(reading: Reading, header: Header, image: Image, tags: Tags, linked: Linked) -> Symbols:
    """Return the dynamic symbols."""
    tables = _Tables(reading, header, image, tags)
    count = tables.symbol_count()
    wanted = None
    if isinstance(tables.lookup, GnuHash) and not tables.lookup.chain and count is not None and "DT_HASH" not in tags:
        # GNU ld writes a table without any symbol for most programs. It says nothing of those that are asked for.
        wanted = tables.wanted()
        count = max(count, max(wanted.indexes, default=0) + 1) if wanted else None
    is_small = count is not None and count * 16 <= TABLE_LIMIT
    raw = tables.bytes_at("DT_SYMTAB", (count or 0) * tables.layout.size) if is_small else None
    versym = tables.numbers("DT_VERSYM", count or 0, kind="H") if "DT_VERSYM" in tags else ()
    if why := tables.useless_lookup(for_glibc=_GLIBC in linked.needed):
        reading.damage("elf-dynamic", why)
    strings = tables.bytes_at("DT_STRTAB", tags.get("DT_STRSZ", 0))
    wanted = wanted or tables.wanted()
    if raw is None or strings is None or versym is None or wanted is None:
        return UNKNOWN
    reading.walk(len(raw) // (SYMBOLS_OF_ROW * tables.layout.size))
    entries = read_entries(reading, raw, strings, tables.layout, tables.order)
    if entries is None:
        return UNKNOWN

    for why in judge_relocations(header, image, tags, tables.types, tables.targets):
        reading.damage("elf-dynamic", why)
    for tag in tables.zeros:  # the loader takes them for R_*_NONE, and the first call through a pointer crashes
        reading.damage("elf-dynamic", f"{tag} has zeros in place of relocations")
    asked = Asked(entries, wanted.indexes, versym)
    judge_binding(reading, asked, linked.versions, tables.lookup, has_definitions="DT_VERDEF" in tags)
    return Symbols(_imports(asked, wanted.later, linked), Names.of(entries.exported()), known=True)


def _imports(asked: Asked, later: set[int], linked: Linked) -> tuple[Symbol, ...]:
    """Return the undefined symbols that a relocation asks for: the loader never looks for the others."""
    entries, unversioned = asked.entries, ("", "")
    versions = {number: version for number, version in linked.versions.items() if number >= NAMELESS}
    undefined = sorted(index for index in asked.bound() if not entries.defined[index])
    names = all_printable(entries.names[index] for index in undefined)
    needs = [versions.get(number, unversioned) for number in asked.version_indexes(undefined)]
    rows = (
        (name, version, library, entries.weak[index] == 1, index in later)
        for index, name, (library, version) in zip(undefined, names, needs, strict=False)
    )
    return tuple(map(Symbol._make, rows))
