"""Object files and static libraries: COFF objects, `ar` archives of objects, WebAssembly modules.

A COFF object has no magic number, only two bytes of machine number, so it is recognised only if its whole header is
plausible. Layouts: Microsoft's PE format specification; big objects: ANON_OBJECT_HEADER_BIGOBJ of winnt.h.

Static archives and Windows import libraries have common, GNU or BSD member names; thin archives name files that are not
in them. A Debian package is an `ar` too: an archive without native members has no slices. WebAssembly is recognised,
and proven whole by the sizes of its sections.
"""

from __future__ import annotations

import struct

from wheelcheck.binary.elf import identify
from wheelcheck.binary.elf_header import read_header
from wheelcheck.binary.macho_header import cpus, machine_name
from wheelcheck.binary.model import Kind, Slice, System
from wheelcheck.binary.reader import Blocks, Reading, printable
from wheelcheck.counting import counted
from wheelcheck.platforms import arch, magic
from wheelcheck.records import replace
from wheelcheck.source import Bytes

HEADER = struct.Struct("<2H3I2H")  # Machine, NumberOfSections, time, symbol table, symbols, optional size, flags
_SECTION_SIZE, _SYMBOL_SIZE = 40, 18
_IMAGE_FLAGS = 0x2002  # EXECUTABLE_IMAGE, DLL
_BIGOBJ_CLASS = bytes.fromhex("c7a1bad1eebaa94baf20faf66aa4dcb8")
_NARROW = (0x14C, 0x1C0, 0x1C2, 0x1C4)  # the 32-bit machines

MEMBER_LIMIT = 65_536
MACHINE_LIMIT = 256  # distinct ones of all members; a real archive has one
_HEADER = 60
_HEAD = 64  # enough to tell an object's machine
_TABLES = (b"/", b"//", b"/SYM64/", b"/<ECSYMBOLS>/", b"/<HYBRIDMAP>/")
SECTION_LIMIT = 65_536
_VERSIONS = (b"\x01\0\0\0", b"\x0d\0\x01\0")  # a core module; a component of the current pre-release
_LAST_SECTION = b"\x0d"  # 0 custom ... 12 data count, 13 tag; components stop at 12


def coff_slice(machine: int, kind: Kind, system: System = "windows") -> Slice:
    """Return what the machine number says."""
    rows = arch.of_pe(machine)
    bits = 32 if machine in _NARROW else 64
    return Slice(f"machine {machine:#06x}", tuple(row.name for row in rows), kind, system, bits=bits)


def object_machine(head: bytes, size: int) -> int | None:
    """Return the machine of a COFF object, None if these bytes are not the start of one of `size` bytes.

    Only machines in the CPU table count, because two bytes are not a magic number.
    """
    machine = _anonymous_machine(head, size) if head.startswith(magic.ANONYMOUS_COFF) else _plain_machine(head, size)
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
    """Return whether 40 bytes can be an object's section header: a printable name, no address, data within the file."""
    name = raw[:8].rstrip(b"\0")
    _, address, length, offset = struct.unpack_from("<4I", raw, 8)
    is_within = offset == 0 or offset + length <= size
    return bool(name) and name.isascii() and name.decode("ascii").isprintable() and address == 0 and is_within


def read_coff(reading: Reading) -> tuple[Slice, ...]:
    """Return the one slice of a COFF object that was recognised."""
    machine = object_machine(reading.read(0, HEADER.size + _SECTION_SIZE), reading.size)
    return (coff_slice(machine, "object"),) if machine else ()


def read_ar(reading: Reading) -> tuple[Slice, ...]:
    """Return one slice per distinct machine, in the order of their first members."""
    is_thin = reading.read(0, 8) == magic.THIN_AR
    found: dict[Slice, None] = {}
    offset = 8
    for _ in range(MEMBER_LIMIT):
        if offset >= reading.size:
            return tuple(found)
        reading.walk(2)  # its header, and its beginning
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
        slice_ = _member_slice(reading, name, start, size) if is_stored else None
        if slice_ and name in _TABLES:
            reading.damage(
                "ar-member", f"member {printable(name)} is an object, expected the table that linkers read there"
            )
        found |= {slice_: None} if slice_ else {}
        if len(found) > MACHINE_LIMIT:
            reading.limit(f"members for more than {MACHINE_LIMIT} machines")
            return tuple(found)
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
    """Return what a member is. The name of a BSD member (`#1/20`) precedes its data."""
    is_bsd = name.startswith(b"#1/")
    length = int(name[3:]) if is_bsd and name[3:].isdigit() else 0
    if length > size or (is_bsd and not length):
        reading.damage(
            "ar-member", f"member {printable(name)} has {counted(size, 'byte')}, expected a name of that length in them"
        )
        length = 0
    if length == size:  # an empty file, unless the whole of an object is called its name
        length = 0
    head = reading.blocks.peek(reading.base + start + length, min(_HEAD, size - length))
    return _elf_slice(reading, head) if head.startswith(magic.ELF) else _other_slice(head, size - length)


def _elf_slice(reading: Reading, head: bytes) -> Slice | None:
    """Return what an ELF member's header says, without e_flags, which may differ between members."""
    inner = Reading(reading.path, reading.prefix, Blocks(Bytes(head)))
    header = read_header(inner)
    reading.adopt(inner)
    if header is None:
        return None
    system: System = "linux" if header.is_known_machine else "bare"
    return replace(identify(header, "archive", system), flags=0)


def _other_slice(head: bytes, size: int) -> Slice | None:
    """Return a slice for Mach-O, COFF or WebAssembly; none for LLVM bitcode, metadata or anything else."""
    if head[:4] in magic.MACHO and len(head) >= 12:
        bits, order = magic.MACHO[head[:4]]
        cputype, subtype = struct.unpack_from(order + "2I", head, 4)
        cpu = cputype, subtype & 0xFFFFFF
        return Slice(machine_name(*cpu), cpus(*cpu), "archive", "macos", bits, little_endian=order == "<")
    if head.startswith(b"\0asm"):
        return Slice("wasm32", (), "archive", "bare", 32)
    machine = object_machine(head, size)
    return coff_slice(machine, "archive") if machine else None


def read_wasm(reading: Reading) -> tuple[Slice, ...]:
    """Return the one slice: no operating system, no row of the CPU table."""
    version = reading.read(4, 4)
    if len(version) < 4:
        reading.damage("wasm-truncated", f"{reading.size} bytes: expected a header of 8")
    elif version not in _VERSIONS:
        reading.damage("wasm-header", f"version {version.hex()}: expected one of {[v.hex() for v in _VERSIONS]}")
    else:
        _walk(reading)
    return (Slice("wasm32", (), "library", "bare", 32, dynamic=not reading.found),)


def _walk(reading: Reading) -> None:
    offset = 8
    for _ in range(SECTION_LIMIT):
        if offset >= reading.size:
            return
        reading.walk()
        raw = reading.blocks.peek(reading.base + offset, 6)
        length, width = _unsigned(raw[1:])
        if raw[:1] > _LAST_SECTION:
            reading.damage("wasm-header", f"section {raw[0]} at {offset:#x}: expected 0 to {_LAST_SECTION[0]}")
            return
        offset += 1 + width + length
        if not width or offset > reading.size:
            reading.damage("wasm-truncated", f"a section reaches to {offset:#x}, the file to {reading.size:#x}")
            return
    reading.limit(f"more than {SECTION_LIMIT} sections")


def _unsigned(raw: bytes) -> tuple[int, int]:
    """Return a LEB128 number of at most 32 bits and its width, (0, 0) if it does not end."""
    value = 0
    for index, byte in enumerate(raw[:5]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, index + 1
    return 0, 0
