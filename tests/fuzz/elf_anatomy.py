"""Where each field of a 64-bit little-endian ELF file is, so that a mutation changes a structure and not noise."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tests.support import elf_editing as elf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Layout = tuple[tuple[str, int, int], ...]  # of a structure: name, offset and size of each field

IDENT: Layout = tuple((name, at, 1) for at, name in enumerate(("class", "data", "version", "osabi", "abi", "pad"), 4))
SEGMENT: Layout = tuple((name, at, struct.calcsize(code)) for name, (at, code) in elf.SEGMENT.items())
SECTION: Layout = tuple((name, at, struct.calcsize(code)) for name, (at, code) in elf.SECTION.items())
HEADER: Layout = (*((name, at, struct.calcsize(code)) for name, (at, code) in elf.HEADER.items()), ("entry", 24, 8))
ENTRY: Layout = (("tag", 0, 8), ("value", 8, 8))
SYMBOL: Layout = (("name", 0, 4), ("info", 4, 1), ("other", 5, 1), ("shndx", 6, 2), ("value", 8, 8), ("size", 16, 8))
NEED: Layout = (("version", 0, 2), ("cnt", 2, 2), ("file", 4, 4), ("aux", 8, 4), ("next", 12, 4))
AUX: Layout = (("hash", 0, 4), ("flags", 4, 2), ("other", 6, 2), ("name", 8, 4), ("next", 12, 4))
RELATIVE: Layout = (("type", 8, 4),)  # without the symbol that it names: musl looks for it, the gate does not read it
RELOCATION: Layout = (("type", 8, 4), ("symbol", 12, 4))
WORDS: Layout = (("word", 0, 4),)

HASH, SYMTAB, RELA, RELASZ, JMPREL, PLTRELSZ, RELRSZ, RELR = 4, 6, 7, 8, 23, 2, 35, 36
GNU_HASH = 0x6FFFFEF5
R_RELATIVE = 8  # of x86-64
SYMBOL_SIZE, ENTRY_SIZE, SECTION_SIZE, RELOCATION_SIZE = 24, 16, 64, 24
_MOST = 4096  # structures of one kind that are listed


class Field(NamedTuple):
    """One field: in which kind of structure, its name, offset and size in bytes."""

    group: str
    name: str
    at: int
    size: int


@dataclass(frozen=True)
class Anatomy:
    """An ELF file that is sound, taken apart as the dynamic loader sees it."""

    content: bytes

    @cached_property
    def tags(self) -> Mapping[int, int]:
        """The dynamic entries; none in a static program."""
        return dict(elf.entries(self.content)) if elf.segments_at(self.content, elf.DYNAMIC) else {}

    @cached_property
    def fields(self) -> Mapping[str, tuple[Field, ...]]:
        """All fields by kind of structure; kinds of which the file has none are left out."""
        found: dict[str, list[Field]] = {}
        for group, layout, at in self._structures():
            found.setdefault(group, []).extend(Field(group, name, at + where, size) for name, where, size in layout)
        return {group: tuple(fields) for group, fields in found.items()}

    def at(self, tag: int) -> int | None:
        """Return the file offset of the table that a dynamic entry points at."""
        return elf.offset_of(self.content, self.tags[tag]) if tag in self.tags else None

    @cached_property
    def entries(self) -> tuple[int, ...]:
        """The offsets of the dynamic entries, one DT_NULL included."""
        if not self.tags:
            return ()
        start = elf.dynamic_at(self.content)
        return tuple(start + ENTRY_SIZE * index for index in range(len(elf.entries(self.content)) + 1))

    @cached_property
    def segments(self) -> tuple[int, ...]:
        """The offsets of the program headers."""
        start, count = self._header("phoff"), self._header("phnum")
        return tuple(range(start, start + 56 * count, 56))

    @cached_property
    def sections(self) -> tuple[int, ...]:
        """The offsets of the section headers."""
        start, count = self._header("shoff"), self._header("shnum")
        return tuple(range(start, start + SECTION_SIZE * count, SECTION_SIZE))

    @cached_property
    def symbols(self) -> tuple[int, ...]:
        """The offsets of the dynamic symbols; they end where the string table begins, as every linker puts it."""
        start, used = self.at(SYMTAB), self._symbols_used()
        return () if start is None else tuple(start + SYMBOL_SIZE * index for index in range(1, used))

    @cached_property
    def strings(self) -> tuple[int, int]:
        """Offset and size of the dynamic string table."""
        start = self.at(elf.STRTAB)
        return (0, 0) if start is None else (start, self.tags[elf.STRSZ])

    def needs(self) -> Iterator[tuple[int, bool]]:
        """Yield the offset of each version need: of a file, or (True) of a version of it."""
        at = self.at(elf.VERNEED)
        while at is not None:
            yield at, False
            auxiliary = at + elf.get(self.content, at, (8, "I"))
            for _ in range(elf.get(self.content, at, (2, "H"))):
                yield auxiliary, True
                auxiliary += elf.get(self.content, auxiliary, (12, "I"))
            step = elf.get(self.content, at, (12, "I"))
            at = at + step if step else None

    def string(self, offset: int) -> bytes:
        """Return a string of the dynamic string table; nothing where an offset of a changed file leads outside."""
        start = self.strings[0] + offset
        end = self.content.find(b"\0", start)
        return self.content[start:end] if end >= 0 else b""

    def _header(self, name: str) -> int:
        return elf.get(self.content, 0, elf.HEADER[name])

    def _symbols_used(self) -> int:
        indexes = [struct.unpack_from("<I", self.content, at + 12)[0] for at in self._relocations()]
        count = max(indexes, default=0) + 1
        if HASH in self.tags and (table := self.at(HASH)) is not None:
            count = max(count, elf.get(self.content, table, (4, "I")))
        return min(count, _MOST)

    def _relocations(self) -> Iterator[int]:
        for table, size in ((RELA, RELASZ), (JMPREL, PLTRELSZ)):
            if (start := self.at(table)) is not None:
                yield from range(start, start + min(self.tags.get(size, 0), _MOST * RELOCATION_SIZE), RELOCATION_SIZE)

    def _structures(self) -> Iterator[tuple[str, Layout, int]]:
        relative = frozenset(at for at in self._relocations() if self.content[at + 8] == R_RELATIVE)
        yield from (("ident", IDENT, 0), ("header", HEADER, 0))
        for group, layout, places in (
            ("segment", SEGMENT, self.segments),
            ("section", SECTION, self.sections),
            ("dynamic", ENTRY, self.entries),
            ("symbol", SYMBOL, self.symbols),
            ("relocation", RELATIVE, tuple(sorted(relative))),
            ("relocation", RELOCATION, tuple(at for at in self._relocations() if at not in relative)),
        ):
            yield from ((group, layout, at) for at in places)
        yield from (("need", AUX if is_version else NEED, at) for at, is_version in self.needs())
        if (versym := self.at(elf.VERSYM)) is not None:
            yield from (("versym", (("number", 0, 2),), versym + 2 * index) for index in range(len(self.symbols) + 1))
        for group, tag, count in (("hash", HASH, 8), ("gnu hash", GNU_HASH, 16), ("relr", RELR, 4)):
            if (table := self.at(tag)) is not None:
                yield from ((group, WORDS, table + 4 * index) for index in range(count))
