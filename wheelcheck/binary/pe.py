"""PE as the Windows loader reads it: headers, sections, import tables; and the real CPU of .NET and ARM64EC files.

Layouts: Microsoft's PE format specification; ReadyToRun machine numbers: dotnet/runtime, docs/design/coreclr/botr,
readytorun-format.md (the machine XORed with a number for the operating system).
"""

from __future__ import annotations

import re
import struct

from wheelcheck.binary.model import UNKNOWN
from wheelcheck.binary.objects import HEADER, coff_slice
from wheelcheck.binary.pe_symbols import read_symbols
from wheelcheck.binary.pe_tables import Section, Tables
from wheelcheck.binary.reader import STRING_LIMIT
from wheelcheck.counting import counted
from wheelcheck.patterns import regex
from wheelcheck.platforms import arch, magic
from wheelcheck.records import dataclass, replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.model import Kind, Slice, Symbols
    from wheelcheck.binary.reader import Reading


IMPORT_LIMIT = 1024
_IMPORTS, _LOAD_CONFIG, _DELAY_IMPORTS = 1, 10, 13
_CHPE_POINTER = 0xC8  # CHPEMetadataPointer in IMAGE_LOAD_CONFIG_DIRECTORY64

SECTION_LIMIT = 96
_LFANEW = 0x3C
_DOS_STUBS = (b"This program cannot be run", b"This program must be run under Win32")
_READY_TO_RUN = (0x7B79, 0x4644, 0xADC4, 0x1993, 0x1992)  # Linux, Apple, FreeBSD, NetBSD, SunOS
_FLAG_EXECUTABLE, _FLAG_DLL = 0x2, 0x2000
_SUBSYSTEM_NATIVE, _SUBSYSTEMS_EFI = 1, (10, 11, 12, 13)
_CLR_DIRECTORY = 14
_SUBSYSTEM_GUI, _SUBSYSTEM_CONSOLE = 2, 3
# What a launcher stub does: it looks up its own name, starts a process, waits for it and asks for its exit code.
_LARGEST_LAUNCHER = 512 * 1024  # bytes; the largest known one has 180 kB
_LAUNCHER_STEPS = (
    {"GetModuleFileNameA", "GetModuleFileNameW"},
    {"CreateProcessA", "CreateProcessW"},
    {"WaitForSingleObject", "WaitForSingleObjectEx"},
    {"GetExitCodeProcess"},
)
_LAUNCHER_LIBRARIES = regex(
    r"(?:kernel32|user32|shlwapi|ntdll|msvcrt|ucrtbase|vcruntime\d+|api-ms-win-[a-z0-9-]+)\.dll", re.IGNORECASE
)
_OPTIONAL = {0x10B: (32, 92), 0x20B: (64, 108)}  # magic -> bits, offset of NumberOfRvaAndSizes


def read_needed(reading: Reading, tables: Tables) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the imported libraries, plain then delayed, in table order and without repeats; and those only delayed."""
    plain = _name_addresses(reading, tables, _IMPORTS, "<12xI4x", 0)
    delayed = _name_addresses(reading, tables, _DELAY_IMPORTS, "<2I24x", 1)
    addresses = [*plain, *delayed]
    names = {address: _read_name(reading, tables, address) for address in sorted(set(addresses))}
    needed = dict.fromkeys(name for address in addresses if (name := names[address]))
    at_once = {names[address] for address in plain}
    return tuple(needed), tuple(name for name in needed if name not in at_once)


def _name_addresses(reading: Reading, tables: Tables, number: int, layout: str, column: int) -> list[int]:
    """Return the name address of each descriptor up to the empty one that ends the table."""
    address = tables.directory(number)
    if not address:
        return []
    start, size = tables.locate(address), struct.calcsize(layout)
    if start is None:
        reading.damage("pe-imports", f"directory {number} at {address:#x} is in no section")
        return []
    found: list[int] = []
    for index in range(IMPORT_LIMIT):
        reading.walk(2)  # its row, and the name that this leads to
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
        reading.damage("pe-imports", f"a library name at {address:#x} is in no section")
        return ""
    raw = reading.text(offset, STRING_LIMIT + 1)
    if not raw:
        reading.damage("pe-imports", f"a library name at {address:#x} is empty or has no end")
        return ""
    return reading.string(raw)


def read_hybrid(reading: Reading, tables: Tables) -> bool:
    """Return whether it is ARM64EC or ARM64X: the load configuration points at metadata for code of both CPUs."""
    offset = tables.locate(tables.directory(_LOAD_CONFIG))
    if offset is None:
        return False
    raw = reading.read(offset, _CHPE_POINTER + 8)
    if len(raw) < _CHPE_POINTER + 8 or int.from_bytes(raw[:4], "little") < _CHPE_POINTER + 8:
        return False
    return raw[_CHPE_POINTER:] != bytes(8)


@dataclass(frozen=True, slots=True)
class Headers:
    """What COFF header, optional header and section table say."""

    machine: int
    flags: int
    bits: int
    subsystem: int
    tables: Tables


def signature_offset(head: bytes, size: int) -> int | None:
    """Return e_lfanew of an MZ file if it can point at a PE signature: None for a DOS program or chance bytes."""
    if head[:2] != magic.PE or len(head) < _LFANEW + 4:
        return None
    offset = int.from_bytes(head[_LFANEW : _LFANEW + 4], "little")
    return offset if 4 <= offset <= size - 4 else None


def is_pe(head: bytes, size: int) -> bool:
    """Return whether a file is PE: MZ and the signature where it points, or a Windows DOS stub whose rest is cut off.

    With only MZ it is a DOS program, or text. If the signature is behind `head`, read_pe reads it.
    """
    offset = signature_offset(head, size)
    if offset is None:
        return head[:2] == magic.PE and any(stub in head[:1024] for stub in _DOS_STUBS)
    return offset + 4 > len(head) or head[offset : offset + 4] == b"PE\0\0"


def read_pe(reading: Reading) -> tuple[Slice, ...] | None:
    """Return the slice of a PE file, an empty tuple if its headers are cut off, None if it is not PE after all."""
    offset = signature_offset(reading.read(0, 64), reading.size)
    if offset is None:
        reading.damage("pe-truncated", f"{reading.size} bytes: cut off before the PE signature")
        return ()
    if reading.read(offset, 4) != b"PE\0\0":
        return None
    headers = _read_headers(reading, offset + 4)
    return (_slice(reading, headers),) if headers else ()


def _read_headers(reading: Reading, start: int) -> Headers | None:
    raw = reading.read(start, HEADER.size)
    if len(raw) < HEADER.size:
        reading.damage("pe-truncated", f"{reading.size} bytes: cut off within the COFF header")
        return None
    machine, sections, _, _, _, size, flags = HEADER.unpack(raw)
    optional = reading.read(start + HEADER.size, size)
    if len(optional) < size:
        reading.damage("pe-truncated", f"{reading.size} bytes: cut off within the optional header")
        return None
    layout = _OPTIONAL.get(int.from_bytes(optional[:2], "little"))
    if layout is None or size < layout[1] + 4:
        reading.damage(
            "pe-header",
            f"an optional header of {counted(size, 'byte')}, magic {optional[:2].hex() or 'missing'}: expected PE32(+)",
        )
        return Headers(machine, flags, 0, 0, Tables((), (), 0, 0))
    bits, count_at = layout
    if not flags & _FLAG_EXECUTABLE:  # Windows: STATUS_INVALID_IMAGE_FORMAT, also for a library
        reading.damage("pe-header", f"characteristics {flags:#06x} without IMAGE_FILE_EXECUTABLE_IMAGE: expected it")
    if any(row.bits != bits for row in arch.of_pe(machine)):  # Windows: "not a valid Win32 application"
        reading.damage(
            "pe-header", f"an optional header for {bits} bits beside machine {machine:#06x}: expected its own"
        )
    base = struct.unpack_from("<Q", optional, 24)[0] if bits == 64 else struct.unpack_from("<I", optional, 28)[0]
    header_size, _, subsystem = struct.unpack_from("<2IH", optional, 60)
    table = _read_sections(reading, start + HEADER.size + size, sections)
    tables = Tables(table, _directories(reading, optional, count_at), base, header_size)
    return Headers(machine, flags, bits, subsystem, tables)


def _directories(reading: Reading, optional: bytes, count_at: int) -> tuple[tuple[int, int], ...]:
    """Return (address, size) of each data directory that there is; the loader takes the first 16."""
    count = int.from_bytes(optional[count_at : count_at + 4], "little")
    room = (len(optional) - count_at - 4) // 8
    if min(count, 16) > room:
        reading.damage("pe-header", f"{count} data directories: the optional header has room for {room}")
    end = count_at + 4 + 8 * min(count, room)
    return tuple(struct.iter_unpack("<2I", optional[count_at + 4 : end]))


def _read_sections(reading: Reading, start: int, count: int) -> tuple[Section, ...]:
    if count > SECTION_LIMIT:
        reading.limit(f"{count} sections: only the first {SECTION_LIMIT} were read")
    if not count:
        reading.damage("pe-header", "no section: there is nothing to map")
    count = min(count, SECTION_LIMIT)
    raw = reading.read(start, count * 40)
    if len(raw) < count * 40:
        reading.damage("pe-truncated", f"{count} section headers reach past the end of the file ({reading.size} bytes)")
        return ()
    sections = tuple(Section(*fields) for fields in struct.iter_unpack("<8x4I12xI", raw))
    for section in sections:
        if section.raw_offset and section.raw_offset + section.raw_size > reading.size:
            end = f"{section.raw_offset + section.raw_size:#x}"
            reading.damage("pe-truncated", f"section {section.address:#x} ends at {end}, the file at {reading.size:#x}")
    return sections


def _slice(reading: Reading, headers: Headers) -> Slice:
    directories = headers.tables.directories
    is_managed = len(directories) > _CLR_DIRECTORY and directories[_CLR_DIRECTORY][0] != 0
    machine = _real_machine(headers.machine, is_managed=is_managed)
    if machine == 0:
        reading.damage("pe-machine", f"machine {headers.machine:#06x}: expected the number of a CPU")
    if headers.tables.is_split_debug:
        return replace(coff_slice(machine, "debug"), bits=headers.bits)
    before = len(reading.found)
    needed, delayed = read_needed(reading, headers.tables)
    kind = _kind(headers)
    symbols = read_symbols(reading, headers.tables, headers.bits) if headers.bits and not is_managed else UNKNOWN
    is_hybrid = headers.bits == 64 and read_hybrid(reading, headers.tables)
    return replace(
        coff_slice(machine, kind, "windows" if _is_for_windows(headers, kind) else "bare"),
        bits=headers.bits or 64,
        needed=needed,
        weak_needed=delayed,
        dynamic=headers.bits != 0 and len(reading.found) == before,
        managed=is_managed,
        hybrid=is_hybrid,
        launcher=kind == "executable" and not is_managed and _is_launcher(reading, headers, needed, symbols),
        imports=symbols.imports,
        exports=symbols.exports,
        symbols_known=symbols.known,
    )


def _is_launcher(reading: Reading, headers: Headers, needed: tuple[str, ...], symbols: Symbols) -> bool:
    """Return whether a program is a bare launcher stub, such as setuptools' `cli-64.exe` or distlib's `t64.exe`.

    It starts another program and hands on its exit code, with nothing but Windows' own libraries. What it is to start
    would be appended; a stub with anything appended is a finished program.
    """
    if headers.subsystem not in (_SUBSYSTEM_GUI, _SUBSYSTEM_CONSOLE) or headers.tables.end != reading.size:
        return False
    if reading.size > _LARGEST_LAUNCHER or not all(map(_LAUNCHER_LIBRARIES.fullmatch, needed)):
        return False
    functions = {symbol.name for symbol in symbols.imports if not symbol.lazy}
    return all(functions & step for step in _LAUNCHER_STEPS)


def _real_machine(machine: int, *, is_managed: bool) -> int:
    """Undo the XOR of ReadyToRun: 0xfd1d is amd64 compiled for Linux. Only a .NET directory makes it meaningful."""
    if is_managed and not arch.of_pe(machine):
        return next((machine ^ system for system in _READY_TO_RUN if arch.of_pe(machine ^ system)), machine)
    return machine


def _is_for_windows(headers: Headers, kind: Kind) -> bool:
    """Return whether Windows takes it: of programs those of two subsystems, and libraries of any but firmware's."""
    if kind == "executable":
        return headers.subsystem in (_SUBSYSTEM_GUI, _SUBSYSTEM_CONSOLE)
    return headers.subsystem not in _SUBSYSTEMS_EFI


def _kind(headers: Headers) -> Kind:
    """Distinguish a program from a library; a kernel driver (.sys) counts as a library."""
    if headers.flags & _FLAG_DLL or headers.subsystem == _SUBSYSTEM_NATIVE:
        return "library"
    return "executable" if headers.flags & _FLAG_EXECUTABLE else "object"
