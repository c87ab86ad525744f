"""Symbol versions: what an ELF file needs of which library (DT_VERNEED), and what it defines itself (DT_VERDEF).

The walk follows glibc's _dl_check_map_versions: both chains end where `next` is 0, whatever the counts say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
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

    def parse(self, layout: Any, offset: int) -> Any | None:  # noqa: ANN401 - pyelftools' structures
        size = layout.sizeof()
        raw = self.reading.read(self.start + offset, size) if offset + size <= self.size else b""
        return layout.parse(raw) if len(raw) == size else None


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
        self.structs = header.structs
        self.files = 0
        self.count = 0

    def needs(self) -> Iterator[Need]:
        offset = 0
        while True:
            entry = self.span.parse(self.structs.Elf_Verneed, offset)
            if entry is None or entry.vn_version != 1:
                self._malformed(f"the entry at {offset:#x} is cut off or not of version 1")
                return
            self.files += 1
            yield from self._needs_of(entry, offset)
            if entry.vn_next == 0 or self._is_full():
                return
            offset += entry.vn_next

    def _needs_of(self, entry: Any, start: int) -> Iterator[Need]:  # noqa: ANN401 - pyelftools' container
        offset, before = start + entry.vn_aux, self.count
        while True:
            auxiliary = self.span.parse(self.structs.Elf_Vernaux, offset)
            if auxiliary is None:
                self._malformed(f"the need at {offset:#x} is cut off")
                return
            self.count += 1
            is_weak = bool(auxiliary.vna_flags & _VER_FLG_WEAK)
            yield Need(entry.vn_file, auxiliary.vna_name, is_weak, auxiliary.vna_other, auxiliary.vna_hash)
            if auxiliary.vna_next == 0 or self._is_full():
                break
            offset += auxiliary.vna_next
        if self.count - before != entry.vn_cnt:
            self._malformed(f"vn_cnt is {entry.vn_cnt}, the list has {self.count - before} needs")

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
    span, structs = _Span(reading, *place), header.structs
    found: list[int] = []
    offset = 0
    while len(found) < NEED_LIMIT:
        entry = span.parse(structs.Elf_Verdef, offset)
        name = entry and span.parse(structs.Elf_Verdaux, offset + entry.vd_aux)
        if entry is None or name is None or entry.vd_version != 1:
            return ()
        found.append(name.vda_name)
        if entry.vd_next == 0:
            return tuple(found)
        offset += entry.vd_next
    return ()
