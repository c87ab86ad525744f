"""Symbol versions: what an ELF file needs of which library (DT_VERNEED), and what it defines itself (DT_VERDEF).

The walk follows glibc's _dl_check_map_versions: both chains end where `next` is 0, whatever the counts say.
"""

from __future__ import annotations

from wheelcheck.binary.elf_layout import Definition, NeededVersion, NeedingFile
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import struct
    from collections.abc import Iterator

    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.elf_segments import Image
    from wheelcheck.binary.reader import Reading

FILE_LIMIT = 1024
NEED_LIMIT = 16_384
_VER_FLG_WEAK = 0x2


class Need(NamedTuple):
    """One version need, its names as offsets into the string table."""

    library: int
    version: int
    weak: bool
    number: int  # by which DT_VERSYM refers to it
    hash: int  # of the version's name, which the loader compares


def elf_hash(name: bytes) -> int:
    """Return the hash of a name that version tables and DT_HASH go by (System V ABI)."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high
    return value & 0xFFFFFFFF


class _Span(NamedTuple):
    """The bytes of the file that the table may occupy: from DT_VERNEED to the end of its PT_LOAD."""

    reading: Reading
    start: int
    size: int

    def row(self, layout: struct.Struct, offset: int) -> tuple[int, ...] | None:
        size = layout.size
        self.reading.walk()
        raw = self.reading.read(self.start + offset, size) if offset + size <= self.size else b""
        return layout.unpack(raw) if len(raw) == size else None


def read_version_needs(reading: Reading, header: Header, image: Image, tags: dict[str | int, int]) -> tuple[Need, ...]:
    """Return every need the loader will check, in file order."""
    if "DT_VERNEED" not in tags:
        if "DT_VERSYM" in tags and "DT_VERDEF" not in tags:
            reading.damage("elf-versions", "DT_VERSYM without DT_VERNEED or DT_VERDEF: the versions it means are gone")
        return ()
    if "DT_VERSYM" not in tags and header.osabi != "ELFOSABI_SOLARIS":  # whose linker writes needs for whole files
        reading.damage("elf-versions", "DT_VERNEED without DT_VERSYM: the loader has no symbol to check against it")
    place = image.locate(tags["DT_VERNEED"])
    if place is None:
        reading.damage("elf-versions", f"DT_VERNEED {tags['DT_VERNEED']:#x} is outside every PT_LOAD's file bytes")
        return ()
    walk = _Walk(_Span(reading, *place), header)
    needs = tuple(walk.needs())
    if walk.files != tags.get("DT_VERNEEDNUM"):
        said = tags.get("DT_VERNEEDNUM", "missing")
        reading.damage("elf-versions", f"DT_VERNEEDNUM is {said}, the list the loader follows has {walk.files} entries")
    return needs


class _Walk:
    """The chain of files, and of needs within each; both end at a `next` of 0."""

    def __init__(self, span: _Span, header: Header) -> None:
        self.span = span
        self.layouts = header.layouts
        self.files = 0
        self.count = 0

    def needs(self) -> Iterator[Need]:
        offset = 0
        while True:
            row = self.span.row(self.layouts.needing_file, offset)
            entry = NeedingFile(*row) if row else None
            if entry is None or entry.version != 1:
                self._malformed(f"the entry at {offset:#x} is cut off or not of version 1")
                return
            self.files += 1
            yield from self._needs_of(entry, offset)
            if entry.next == 0 or self._is_full():
                return
            offset += entry.next

    def _needs_of(self, entry: NeedingFile, start: int) -> Iterator[Need]:
        offset, before = start + entry.aux, self.count
        while True:
            row = self.span.row(self.layouts.needed_version, offset)
            if row is None:
                self._malformed(f"the need at {offset:#x} is cut off")
                return
            self.count += 1
            need = NeededVersion(*row)
            yield Need(entry.file, need.name, bool(need.flags & _VER_FLG_WEAK), need.other, need.hash)
            if need.next == 0 or self._is_full():
                break
            offset += need.next
        if self.count - before != entry.total:
            self._malformed(f"vn_cnt is {entry.total}, the list has {self.count - before} needs")

    def _is_full(self) -> bool:
        full = self.files >= FILE_LIMIT or self.count >= NEED_LIMIT
        if full:
            self.span.reading.limit(f"more than {FILE_LIMIT} files or {NEED_LIMIT} version needs")
        return full

    def _malformed(self, why: str) -> None:
        self.span.reading.damage("elf-versions", why)


def read_version_names(reading: Reading, header: Header, image: Image, tags: dict[str | int, int]) -> tuple[int, ...]:
    """Return the versions that a file defines, as offsets into the string table; none if the list cannot be read.

    A list that cannot be read is no damage: the loader reads it only for a file that needs one of these versions.
    """
    place = image.locate(tags["DT_VERDEF"]) if "DT_VERDEF" in tags else None
    if place is None:
        return ()
    span, layouts = _Span(reading, *place), header.layouts
    found: list[int] = []
    offset = 0
    while len(found) < NEED_LIMIT:
        row = span.row(layouts.definition, offset)
        entry = Definition(*row) if row else None
        name = entry and span.row(layouts.definition_name, offset + entry.aux)
        if entry is None or name is None or entry.version != 1:
            return ()
        found.append(name[0])
        if entry.next == 0:
            return tuple(found)
        offset += entry.next
    return ()
