"""The dynamic segment as the loader reads it: through PT_DYNAMIC and PT_LOAD, never through section headers.

The walk follows glibc's elf_get_dynamic_info and _dl_check_map_versions: the last of several equal tags counts,
DT_NULL ends the list, version needs end where `next` is 0, whatever the counts say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from wheelcheck.binary.elf_symbols import read_symbols
from wheelcheck.binary.model import UNKNOWN, Symbols, VersionNeed
from wheelcheck.binary.reader import STRING_LIMIT, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.elf_segments import Image, Segment
    from wheelcheck.binary.reader import Reading


FILE_LIMIT = 1024
NEED_LIMIT = 16_384
_VER_FLG_WEAK = 0x2
_VERSION_NUMBER = 0x7FFF  # the bit above marks a version that is not the default

ENTRY_LIMIT = 8192
NEEDED_LIMIT = 1024
STRINGS_LIMIT = 128 * 1024  # all strings of one file together: they may overlap, so its size does not bound them
_DF_1_PIE = 0x08000000
_DF_TEXTREL, _DF_STATIC_TLS = 0x4, 0x10
_TEXTS = ("DT_NEEDED", "DT_SONAME", "DT_RPATH", "DT_RUNPATH")


class Need(NamedTuple):
    """One version need, its names as offsets into the string table."""

    library: int
    version: int
    weak: bool
    number: int  # by which DT_VERSYM refers to it


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
            yield Need(
                entry.vn_file, auxiliary.vna_name, bool(auxiliary.vna_flags & _VER_FLG_WEAK), auxiliary.vna_other
            )
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


@dataclass(frozen=True, slots=True)
class Dynamic:
    """What the dynamic segment says. `proven` is true if all of it was found and read without damage."""

    proven: bool = False
    is_pie: bool = False
    text_relocations: bool = False
    static_tls: bool = False
    tags: frozenset[str] = frozenset()  # the names of all that are there
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    versions: tuple[VersionNeed, ...] = ()
    symbols: Symbols = UNKNOWN


@dataclass(slots=True)
class _Tags:
    """The entries up to DT_NULL: every DT_NEEDED in order, and the last of every other tag."""

    needed: list[int] = field(default_factory=list)
    last: dict[str | int, int] = field(default_factory=dict)

    def add(self, tag: str | int, value: int) -> None:
        if tag == "DT_NEEDED":
            self.needed.append(value)
        else:
            self.last[tag] = value


def read_dynamic(reading: Reading, header: Header, image: Image) -> Dynamic:
    """Return the loader's view of PT_DYNAMIC; without one, an unproven empty value (the caller judges that)."""
    segments = image.of("PT_DYNAMIC")
    if not segments:
        return Dynamic()
    before = len(reading.found)
    tags = _read_tags(reading, header, image, segments[-1])
    needs = read_version_needs(reading, header, image, tags.last)
    offsets = {*tags.needed, *(tags.last[tag] for tag in _TEXTS if tag in tags.last)}
    offsets.update(offset for need in needs for offset in (need.library, need.version))
    strings = _read_strings(reading, image, tags.last, offsets)
    named = [need for need in needs if need.library in strings and need.version in strings]
    by_number = {need.number & _VERSION_NUMBER: (strings[need.library], strings[need.version]) for need in named}
    return Dynamic(
        proven=len(reading.found) == before,
        is_pie=bool(tags.last.get("DT_FLAGS_1", 0) & _DF_1_PIE),
        text_relocations="DT_TEXTREL" in tags.last or bool(tags.last.get("DT_FLAGS", 0) & _DF_TEXTREL),
        static_tls=bool(tags.last.get("DT_FLAGS", 0) & _DF_STATIC_TLS),
        tags=frozenset(tag for tag in tags.last if isinstance(tag, str)),
        soname=strings.get(tags.last.get("DT_SONAME", -1), ""),
        needed=tuple(strings[offset] for offset in tags.needed if offset in strings),
        rpath=_search_path(strings, tags.last.get("DT_RPATH")),
        runpath=_search_path(strings, tags.last.get("DT_RUNPATH")),
        versions=tuple(VersionNeed(strings[need.library], strings[need.version], need.weak) for need in named),
        symbols=read_symbols(reading, header, image, tags.last, by_number),
    )


def _search_path(strings: dict[int, str], offset: int | None) -> tuple[str, ...]:
    """Return the entries of a search path. An empty entry is kept: it means the working directory."""
    return tuple(strings[offset].split(":")) if offset in strings else ()


def _read_tags(reading: Reading, header: Header, image: Image, segment: Segment) -> _Tags:
    tags = _Tags()
    place = image.locate(segment.vaddr)
    if place is None:
        reading.damage("elf-dynamic", f"PT_DYNAMIC's address {segment.vaddr:#x} is in no PT_LOAD's file bytes")
        return tags
    if place[0] != segment.offset:
        at = f"offset {segment.offset:#x}, its address is mapped from {place[0]:#x}"
        reading.damage("elf-dynamic", f"PT_DYNAMIC says {at}; the loader follows the address")
    _walk_tags(reading, header.structs.Elf_Dyn, place[0], min(place[1], segment.filesz), tags)
    return tags


def _walk_tags(reading: Reading, layout: Any, offset: int, length: int, tags: _Tags) -> None:  # noqa: ANN401
    size = layout.sizeof()
    for index in range(length // size):
        if index == ENTRY_LIMIT:
            reading.limit(f"more than {ENTRY_LIMIT} dynamic entries")
            return
        raw = reading.read(offset + index * size, size)
        if len(raw) < size:
            break
        entry = layout.parse(raw)
        if entry.d_tag == "DT_NULL":
            return
        tags.add(entry.d_tag, entry.d_val)
        if len(tags.needed) > NEEDED_LIMIT:
            reading.limit(f"more than {NEEDED_LIMIT} DT_NEEDED entries")
            return
    reading.damage("elf-dynamic", f"no DT_NULL in the {length} bytes of PT_DYNAMIC")


def _string_table(reading: Reading, image: Image, last: dict[str | int, int]) -> tuple[int, int] | None:
    """Return offset and size of DT_STRTAB in the file."""
    if "DT_STRTAB" not in last or "DT_STRSZ" not in last:
        reading.damage("elf-dynamic", "no DT_STRTAB or no DT_STRSZ: the loader cannot read any name")
        return None
    address, size = last["DT_STRTAB"], last["DT_STRSZ"]
    place = image.locate(address)
    if place is None or place[1] < size or place[0] + size > reading.size:
        reading.damage("elf-dynamic", f"DT_STRTAB ({size} bytes at {address:#x}) is outside every PT_LOAD's file bytes")
        return None
    return place[0], size


def _read_strings(reading: Reading, image: Image, last: dict[str | int, int], offsets: Iterable[int]) -> dict[int, str]:
    """Return the readable ones of these strings, read by ascending offset: sources may be slow backwards."""
    table = _string_table(reading, image, last)
    if table is None:
        return {}
    found: dict[int, str] = {}
    room = STRINGS_LIMIT
    for offset in sorted(offsets):
        text = _read_string(reading, *table, offset)
        room -= len(text or "")
        if room < 0:
            reading.limit(f"strings of more than {STRINGS_LIMIT} bytes in the dynamic segment")
            break
        if text is not None:
            found[offset] = text
    return found


def _read_string(reading: Reading, start: int, size: int, offset: int) -> str | None:
    if offset >= size:
        reading.damage("elf-string", f"string {offset:#x} is outside the table of {size} bytes")
        return None
    raw, terminator, _ = reading.read(start + offset, min(STRING_LIMIT + 1, size - offset)).partition(b"\0")
    if not terminator and len(raw) > STRING_LIMIT:
        reading.limit(f"string {offset:#x} is longer than {STRING_LIMIT} bytes")
        return None
    if not terminator:
        reading.damage("elf-string", f"string {offset:#x} has no end within its table")
        return None
    text = printable(raw)
    if text.encode("utf-8") != raw:
        reading.damage("elf-string", f"string {offset:#x} is not UTF-8: {text}")
    return text
