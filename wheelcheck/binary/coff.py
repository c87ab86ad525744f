"""COFF: the machine numbers that PE files share, and objects (.obj), big objects and short import objects.

A COFF object has no magic: two bytes of machine number. So one is recognised only if its whole header is plausible.
Layouts: Microsoft's PE format specification; bigobj: ANON_OBJECT_HEADER_BIGOBJ of winnt.h.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from wheelcheck import arch
from wheelcheck.binary.model import Kind, Slice, System

if TYPE_CHECKING:
    from wheelcheck.binary.reading import Reading

HEADER = struct.Struct("<2H3I2H")  # Machine, NumberOfSections, time, symbol table, symbols, optional size, flags
_SECTION_SIZE, _SYMBOL_SIZE = 40, 18
_IMAGE_FLAGS = 0x2002  # EXECUTABLE_IMAGE, DLL
_ANONYMOUS = b"\0\0\xff\xff"
_BIGOBJ_CLASS = bytes.fromhex("c7a1bad1eebaa94baf20faf66aa4dcb8")
_NARROW = (0x14C, 0x1C0, 0x1C2, 0x1C4)  # the 32-bit machines


def coff_slice(machine: int, kind: Kind, system: System = "windows") -> Slice:
    """Return what a machine number alone tells."""
    rows = arch.of_pe(machine)
    bits = 32 if machine in _NARROW else 64
    return Slice(f"machine {machine:#06x}", tuple(row.name for row in rows), kind, system, bits=bits)


def object_machine(head: bytes, size: int) -> int | None:
    """Return the machine of a COFF object, None if these bytes are not the start of one of `size` bytes.

    Only machines of the CPU table count: two bytes are no magic.
    """
    machine = _anonymous_machine(head, size) if head.startswith(_ANONYMOUS) else _plain_machine(head, size)
    return machine if machine and arch.of_pe(machine) else None


def _anonymous_machine(head: bytes, size: int) -> int | None:
    if len(head) < 20:
        return None
    version, machine, _, length = struct.unpack_from("<2H2I", head, 4)
    if version == 0:  # a short import object: exactly this header and two names
        return machine if 20 + length == size else None
    return machine if version >= 2 and head[12:28] == _BIGOBJ_CLASS else None


def _plain_machine(head: bytes, size: int) -> int | None:
    if len(head) < HEADER.size + _SECTION_SIZE:
        return None
    machine, sections, _, symbols_at, symbols, optional, flags = HEADER.unpack_from(head)
    table_end = HEADER.size + sections * _SECTION_SIZE
    if not sections or optional or flags & _IMAGE_FLAGS or table_end > size:
        return None
    if symbols_at and not table_end <= symbols_at <= size - symbols * _SYMBOL_SIZE:
        return None
    return machine if _is_section(head[HEADER.size :], size) else None


def _is_section(raw: bytes, size: int) -> bool:
    """Tell whether 40 bytes can be an object's section header: a printable name, no address, data within the file."""
    name = raw[:8].rstrip(b"\0")
    _, address, length, offset = struct.unpack_from("<4I", raw, 8)
    is_within = offset == 0 or offset + length <= size
    return bool(name) and name.isascii() and name.decode("ascii").isprintable() and address == 0 and is_within


def read_coff(reading: Reading) -> tuple[Slice, ...]:
    """Return the one slice of a COFF object that was recognised."""
    machine = object_machine(reading.read(0, HEADER.size + _SECTION_SIZE), reading.size)
    return (coff_slice(machine, "object"),) if machine else ()
