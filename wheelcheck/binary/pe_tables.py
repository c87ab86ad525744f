"""What PE data directories point at: import tables, delay imports, and the load configuration of ARM64EC."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wheelcheck.binary.reading import STRING_LIMIT, printable

if TYPE_CHECKING:
    from wheelcheck.binary.reading import Reading

IMPORT_LIMIT = 1024
_IMPORTS, _LOAD_CONFIG, _DELAY_IMPORTS = 1, 10, 13
_CHPE_POINTER = 0xC8  # CHPEMetadataPointer in IMAGE_LOAD_CONFIG_DIRECTORY64


class Section(NamedTuple):
    """One section: where it is in memory and in the file."""

    virtual_size: int
    address: int
    raw_size: int
    raw_offset: int
    flags: int

    @property
    def is_code(self) -> bool:
        """True with IMAGE_SCN_CNT_CODE."""
        return bool(self.flags & 0x20)


@dataclass(frozen=True, slots=True)
class Tables:
    """What turns a relative address into a file offset, and the data directories as (address, size)."""

    sections: tuple[Section, ...]
    directories: tuple[tuple[int, int], ...]
    image_base: int
    header_size: int

    def locate(self, address: int) -> int | None:
        """Return the file offset behind a relative virtual address; headers map to themselves."""
        for section in self.sections:
            if section.address <= address < section.address + section.raw_size:
                return section.raw_offset + address - section.address
        return address if 0 < address < self.header_size else None

    @property
    def is_split_debug(self) -> bool:
        """True if no byte of any code is in the file: `objcopy --only-keep-debug` leaves addresses alone."""
        code = [section for section in self.sections if section.is_code]
        return bool(code) and not any(section.raw_size and section.raw_offset for section in code)

    def directory(self, number: int) -> int:
        """Return a directory's relative address, 0 if there is none."""
        return self.directories[number][0] if number < len(self.directories) else 0


def read_needed(reading: Reading, tables: Tables) -> tuple[str, ...]:
    """Return the imported libraries, plain then delayed, in table order and without repeats."""
    plain = _name_addresses(reading, tables, _IMPORTS, "<12xI4x", 0)
    delayed = _name_addresses(reading, tables, _DELAY_IMPORTS, "<2I24x", 1)
    addresses = [*plain, *delayed]
    names = {address: _read_name(reading, tables, address) for address in sorted(set(addresses))}
    return tuple(dict.fromkeys(name for address in addresses if (name := names[address])))


def _name_addresses(reading: Reading, tables: Tables, number: int, layout: str, column: int) -> list[int]:
    """Return the name address of each descriptor up to the empty one that ends the table."""
    address = tables.directory(number)
    if not address:
        return []
    start, size = tables.locate(address), struct.calcsize(layout)
    if start is None:
        reading.damage("pe-imports", f"directory {number} at {address:#x} lies in no section")
        return []
    found: list[int] = []
    for index in range(IMPORT_LIMIT):
        raw = reading.read(start + index * size, size)
        if len(raw) < size:
            reading.damage("pe-imports", f"directory {number} has no end within the file")
            return found
        fields = struct.unpack(layout, raw)
        if not fields[column]:
            return found
        is_absolute = column == 1 and not fields[0] & 1  # delay descriptors of Visual C++ 6 hold full addresses
        found.append(fields[column] - (tables.image_base if is_absolute else 0))
    reading.limit(f"directory {number} has more than {IMPORT_LIMIT} imports")
    return found


def _read_name(reading: Reading, tables: Tables, address: int) -> str:
    offset = tables.locate(address)
    if offset is None:
        reading.damage("pe-imports", f"a library name at {address:#x} lies in no section")
        return ""
    raw, terminator, _ = reading.read(offset, STRING_LIMIT + 1).partition(b"\0")
    if not terminator or not raw:
        reading.damage("pe-imports", f"a library name at {address:#x} is empty or has no end")
        return ""
    return printable(raw)


def read_hybrid(reading: Reading, tables: Tables) -> bool:
    """Tell ARM64EC and ARM64X: the load configuration points at metadata for code of both CPUs."""
    offset = tables.locate(tables.directory(_LOAD_CONFIG))
    if offset is None:
        return False
    raw = reading.read(offset, _CHPE_POINTER + 8)
    if len(raw) < _CHPE_POINTER + 8 or int.from_bytes(raw[:4], "little") < _CHPE_POINTER + 8:
        return False
    return raw[_CHPE_POINTER:] != bytes(8)
