"""Static archives and Windows import libraries: for which CPUs their members are, without linking anything.

Common, GNU and BSD member names; thin archives name files that are not in them. A Debian package is an `ar` too: an
archive without native members simply has no slices.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from wheelcheck import arch
from wheelcheck.archive.source import Bytes
from wheelcheck.binary.coff import coff_slice, object_machine
from wheelcheck.binary.elf import identify
from wheelcheck.binary.elf_header import MAGIC, read_header
from wheelcheck.binary.macho import MAGICS, machine_name
from wheelcheck.binary.model import Slice, System
from wheelcheck.binary.reading import Blocks, Reading, printable

AR_MAGIC, THIN_MAGIC = b"!<arch>\n", b"!<thin>\n"
MEMBER_LIMIT = 65_536
_HEADER = 60
_HEAD = 64  # enough to tell an object's machine
_TABLES = (b"/", b"//", b"/SYM64/", b"/<ECSYMBOLS>/", b"/<HYBRIDMAP>/")


def read_ar(reading: Reading) -> tuple[Slice, ...]:
    """Return one slice a distinct machine, in the order of their first members."""
    is_thin = reading.read(0, 8) == THIN_MAGIC
    found: dict[Slice, None] = {}
    offset = 8
    for _ in range(MEMBER_LIMIT):
        if offset >= reading.size:
            return tuple(found)
        member = _read_member(reading, offset)
        if member is None:
            return tuple(found)
        name, size = member
        start = offset + _HEADER
        is_stored = not is_thin or name in _TABLES
        if is_stored and start + size > reading.size:
            reading.damage(
                "ar-truncated", f"member {printable(name)} ends at {start + size}, the file at {reading.size}"
            )
            return tuple(found)
        piece = _member_slice(reading, name, start, size) if is_stored and name not in _TABLES else None
        found |= {piece: None} if piece else {}
        offset = start + (size + size % 2 if is_stored else 0)
    reading.limit(f"more than {MEMBER_LIMIT} members")
    return tuple(found)


def _read_member(reading: Reading, offset: int) -> tuple[bytes, int] | None:
    """Return name and size of the member whose header is here."""
    raw = reading.blocks.peek(reading.base + offset, _HEADER)
    if len(raw) < _HEADER:
        reading.damage("ar-truncated", f"the member header at {offset} is cut off")
        return None
    digits = raw[48:58].strip()
    if raw[58:] != b"`\n" or not digits.isdigit():
        reading.damage("ar-member", f"the member header at {offset} has size {printable(digits)!r} and no right end")
        return None
    return raw[:16].rstrip(), int(digits)


def _member_slice(reading: Reading, name: bytes, start: int, size: int) -> Slice | None:
    """Return what one member is; the name of a BSD member (`#1/20`) stands before its data."""
    length = int(name[3:]) if name.startswith(b"#1/") and name[3:].isdigit() else 0
    if length >= size:
        return None
    head = reading.blocks.peek(reading.base + start + length, min(_HEAD, size - length))
    return _elf_slice(reading, head) if head.startswith(MAGIC) else _other_slice(head, size - length)


def _elf_slice(reading: Reading, head: bytes) -> Slice | None:
    """Return what an ELF member's header tells; e_flags are left out, for they may differ between members."""
    inner = Reading(reading.path, reading.prefix, Blocks(Bytes(head)))
    header = read_header(inner)
    reading.adopt(inner)
    if header is None:
        return None
    system: System = "linux" if header.is_known_machine else "bare"
    return replace(identify(header, "archive", system), flags=0)


def _other_slice(head: bytes, size: int) -> Slice | None:
    """Return a slice for Mach-O, COFF or WebAssembly; none for LLVM bitcode, metadata or anything else."""
    if head[:4] in MAGICS and len(head) >= 8:
        bits, order = MAGICS[head[:4]]
        cputype = struct.unpack_from(order + "I", head, 4)[0]
        rows = tuple(row.name for row in arch.of_macho(cputype))
        return Slice(machine_name(cputype), rows, "archive", "macos", bits, little_endian=order == "<")
    if head.startswith(b"\0asm"):
        return Slice("wasm32", (), "archive", "bare", 32)
    machine = object_machine(head, size)
    return coff_slice(machine, "archive") if machine else None
