"""The dynamic segment as the loader reads it: through PT_DYNAMIC and PT_LOAD, never through section headers.

The walk follows glibc's elf_get_dynamic_info: the last of several equal tags counts, and DT_NULL ends the list.
"""

from __future__ import annotations

import struct
from itertools import takewhile

from wheelcheck.binary.elf_layout import tag_name
from wheelcheck.binary.elf_lookup import VERSION_NUMBER
from wheelcheck.binary.elf_symbols import Linked, read_symbols
from wheelcheck.binary.elf_tables import DF_1_PIE, judge_tables
from wheelcheck.binary.elf_versions import Need, elf_hash, read_version_names, read_version_needs
from wheelcheck.binary.model import UNKNOWN, Symbols, VersionNeed
from wheelcheck.binary.reader import STRING_LIMIT
from wheelcheck.counting import counted
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.elf_segments import Image, Segment
    from wheelcheck.binary.reader import Reading


ENTRY_LIMIT = 8192
_PIECE = 64  # entries that are read at once
NEEDED_LIMIT = 1024
STRINGS_LIMIT = 128 * 1024  # all strings of one file together: they may overlap, so its size does not bound them
_HASHED_OF_ROW = 16  # bytes of a version's name, hashed one by one, that cost as much as a row of a table
_DF_1_NOOPEN = 0x40
_DF_TEXTREL, _DF_STATIC_TLS = 0x4, 0x10
_INDISPENSABLE = (5, 6)  # DT_STRTAB, DT_SYMTAB
_LOADING = ("DT_NEEDED", "DT_FILTER")
_TEXTS = ("DT_SONAME", "DT_RPATH", "DT_RUNPATH")


@dataclass(frozen=True, slots=True)
class Dynamic:
    """What the dynamic segment says. `proven` is true if all of it was found and read without damage."""

    proven: bool = False
    is_pie: bool = False
    no_dlopen: bool = False
    text_relocations: bool = False
    static_tls: bool = False
    tags: frozenset[str] = frozenset()  # the names of all that are there
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    versions: tuple[VersionNeed, ...] = ()
    defined_versions: tuple[str, ...] = ()
    symbols: Symbols = UNKNOWN


@dataclass(slots=True)
class _Tags:
    """The entries up to DT_NULL: every library to load in order, and the last of every other tag.

    glibc loads the library of a DT_FILTER as that of a DT_NEEDED, and ends without it (elf/dl-deps.c).
    """

    needed: list[int] = field(default_factory=list)
    linked: set[int] = field(default_factory=set)  # those of DT_NEEDED
    last: dict[str | int, int] = field(default_factory=dict)

    def add(self, tag: str | int, value: int) -> None:
        if tag in _LOADING:
            self.needed.append(value)
            self.linked |= {value} if tag == "DT_NEEDED" else set()
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
    definitions = read_version_names(reading, header, image, tags.last)
    offsets.update(offset for offset in definitions if offset < tags.last.get("DT_STRSZ", 0))
    strings = _read_strings(reading, image, tags.last, offsets)
    named = [need for need in needs if need.library in strings and need.version in strings]
    proven = len(reading.found) == before
    _judge_needs(reading, named, strings, tags, hashed=header.has_named_sections)
    if tags.last:
        judge_tables(reading, header, image, tags.last)
    by_number = {need.number & VERSION_NUMBER: (strings[need.library], strings[need.version]) for need in named}
    needed = tuple(name for offset in tags.needed if (name := strings.get(offset)))  # an empty one is damage
    return Dynamic(
        proven=proven,
        is_pie=bool(tags.last.get("DT_FLAGS_1", 0) & DF_1_PIE),
        no_dlopen=bool(tags.last.get("DT_FLAGS_1", 0) & _DF_1_NOOPEN),
        text_relocations="DT_TEXTREL" in tags.last or bool(tags.last.get("DT_FLAGS", 0) & _DF_TEXTREL),
        static_tls=bool(tags.last.get("DT_FLAGS", 0) & _DF_STATIC_TLS),
        tags=frozenset(tag for tag in tags.last if isinstance(tag, str)),
        soname=strings.get(tags.last.get("DT_SONAME", -1), ""),
        needed=needed,
        rpath=_search_path(strings, tags.last.get("DT_RPATH")),
        runpath=_search_path(strings, tags.last.get("DT_RUNPATH")),
        versions=tuple(VersionNeed(strings[need.library], strings[need.version], need.weak) for need in named),
        defined_versions=tuple(strings[offset] for offset in definitions if offset in strings),
        symbols=read_symbols(reading, header, image, tags.last, Linked(needed, by_number)),
    )


def _judge_needs(reading: Reading, needs: list[Need], strings: dict[int, str], tags: _Tags, *, hashed: bool) -> None:
    """Record a library without a name, and version needs that the loader cannot compare.

    It goes by the hash, and by the libraries it has loaded.

    A need of a library that no one loaded ends in "Assertion `needed != NULL' failed" (glibc, dl-version.c), and one of
    a program that only a DT_FILTER brings in another assertion (dl-lookup.c). Where no linker wrote the file, not
    `hashed`, hashes of 0 are those that were never written and say nothing of its bytes.
    """
    if any(strings.get(offset) == "" for offset in tags.needed):
        reading.damage("elf-string", "DT_NEEDED names no library")
    loaded = {strings[offset] for offset in tags.linked if offset in strings}
    names = {offset: strings[offset].encode() for offset in {need.version for need in needs}}
    reading.walk(sum(map(len, names.values())) // _HASHED_OF_ROW)
    hashes = {offset: elf_hash(name) for offset, name in names.items()}
    for need in needs:
        if need.hash != hashes[need.version] and (hashed or need.hash):
            name = strings[need.version] or "no name"
            why = f"the hash of {name} is {need.hash:#x}, expected {hashes[need.version]:#x}"
            reading.damage("elf-versions", why)
        if strings[need.library] not in loaded:
            reading.damage(
                "elf-versions", f"a version of {strings[need.library] or 'no name'} is needed, the library is not"
            )


def has_dynamic_table(reading: Reading, header: Header, image: Image) -> bool:
    """Return whether the loader finds its symbols and strings in the bytes of the file, whatever else is wrong there.

    It goes by PT_DYNAMIC's address, up to DT_NULL and not to the size that PT_DYNAMIC states.
    """
    place = next((image.locate(segment.vaddr) for segment in image.of("PT_DYNAMIC")[-1:]), None)
    if place is None:
        return False
    order, word = "<" if header.little_endian else ">", "Q" if header.bits == 64 else "I"
    layout = struct.Struct(f"{order}2{word}")
    raw = reading.read(place[0], min(place[1], ENTRY_LIMIT * layout.size))
    rows = layout.iter_unpack(raw[: len(raw) // layout.size * layout.size])
    tags = dict(takewhile(lambda row: row[0], rows))
    return all(tag in tags and (image.locate(tags[tag]) or (reading.size,))[0] < reading.size for tag in _INDISPENSABLE)


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
    _walk_tags(reading, header.layouts.dynamic, place[0], min(place[1], segment.filesz), tags)
    return tags


def _walk_tags(reading: Reading, layout: struct.Struct, offset: int, length: int, tags: _Tags) -> None:
    for index, (tag, value) in enumerate(_rows(reading, layout, offset, length)):
        if index == ENTRY_LIMIT:
            reading.limit(f"more than {ENTRY_LIMIT} dynamic entries")
            return
        if tag == 0:
            return
        tags.add(tag_name(tag), value)
        if len(tags.needed) > NEEDED_LIMIT:
            reading.limit(f"more than {NEEDED_LIMIT} DT_NEEDED entries")
            return
    reading.damage("elf-dynamic", f"no DT_NULL in the {counted(length, 'byte')} of PT_DYNAMIC")


def _rows(reading: Reading, layout: struct.Struct, offset: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield tag and value of the entries that are in the file, read piece by piece: most tables end early."""
    end, step = offset + length // layout.size * layout.size, _PIECE * layout.size
    for at in range(offset, end, step):
        wanted = min(step, end - at)
        raw = reading.read(at, wanted)
        reading.walk(len(raw) // layout.size)
        yield from layout.iter_unpack(raw[: len(raw) // layout.size * layout.size])
        if len(raw) < wanted:
            return


def _string_table(reading: Reading, image: Image, last: dict[str | int, int]) -> tuple[int, int] | None:
    """Return offset and size of DT_STRTAB in the file."""
    if "DT_STRTAB" not in last or "DT_STRSZ" not in last:
        reading.damage("elf-dynamic", "no DT_STRTAB or no DT_STRSZ: the loader cannot read any name")
        return None
    address, size = last["DT_STRTAB"], last["DT_STRSZ"]
    place = image.locate(address)
    if place is None or place[1] < size or place[0] + size > reading.size:
        reading.damage(
            "elf-dynamic", f"DT_STRTAB ({counted(size, 'byte')} at {address:#x}) is outside every PT_LOAD's file bytes"
        )
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
        reading.damage("elf-string", f"string {offset:#x} is outside the table of {counted(size, 'byte')}")
        return None
    raw, terminator, _ = reading.read(start + offset, min(STRING_LIMIT + 1, size - offset)).partition(b"\0")
    if not terminator and len(raw) > STRING_LIMIT:
        reading.limit(f"string {offset:#x} is longer than {STRING_LIMIT} bytes")
        return None
    if not terminator:
        reading.damage("elf-string", f"string {offset:#x} has no end within its table")
        return None
    text = reading.string(raw)
    if text.encode("utf-8") != raw:
        reading.damage("elf-string", f"string {offset:#x} is not UTF-8: {text}")
    return text
