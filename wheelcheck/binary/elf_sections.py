"""Section headers: never trusted for what a loader does, only for what they alone can tell.

Two things: whether the table itself is where the header says (a cut file shows there first, for linkers write it
last), and whether a file is split debug data (`objcopy --only-keep-debug`), whose segments lie past its end by design.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.reading import Reading

SECTION_LIMIT = 4096
_SHN_XINDEX = 0xFFFF
_SHF_ALLOC = 0x2


def judge_sections(reading: Reading, header: Header) -> None:
    """Record an impossible section header table. No table at all is legitimate in anything but an object."""
    if header.shoff == 0:
        if header.type == "ET_REL" or header.shnum:
            reading.damage("elf-sections", f"e_shoff 0 with e_shnum {header.shnum} in a file of type {header.type}")
        return
    size = header.structs.Elf_Shdr.sizeof()
    if header.shentsize != size:
        reading.damage("elf-sections", f"e_shentsize {header.shentsize}: expected {size}")
        return
    count = header.shnum or _extended(reading, header, "sh_size")
    if count == 0 and header.type != "ET_REL":
        return
    if header.shoff + count * size > reading.size:
        table = f"{count} section headers at {header.shoff:#x}"
        reading.damage("elf-sections", f"{table} reach past the end of the file ({reading.size} bytes)")
        return
    names = header.shstrndx if header.shstrndx != _SHN_XINDEX else _extended(reading, header, "sh_link")
    if names >= count:
        reading.damage("elf-sections", f"e_shstrndx {names}: there are {count} sections")


def _extended(reading: Reading, header: Header, field: str) -> int:
    """Return a count too big for the header: section 0 holds it (gABI, e_shnum and e_shstrndx)."""
    first = _parse(reading, header, 0)
    return int(first[field]) if first is not None else 1


def _parse(reading: Reading, header: Header, index: int) -> Any | None:  # noqa: ANN401 - pyelftools' container
    layout = header.structs.Elf_Shdr
    raw = reading.read(header.shoff + index * layout.sizeof(), layout.sizeof())
    return layout.parse(raw) if len(raw) == layout.sizeof() else None


def is_split_debug(reading: Reading, header: Header) -> bool:
    """Tell whether everything a loader would map is declared absent: all allocated sections NOBITS, notes aside."""
    parsed = (_parse(reading, header, index) for index in range(min(header.shnum, SECTION_LIMIT)))
    mapped = [section for section in parsed if section is not None and section.sh_flags & _SHF_ALLOC]
    absent = [section for section in mapped if section.sh_type == "SHT_NOBITS"]
    return bool(absent) and all(s.sh_type in ("SHT_NOBITS", "SHT_NOTE") for s in mapped)
