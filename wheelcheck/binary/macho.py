"""Mach-O as dyld reads it: the load commands of a thin file or of each slice of a universal one.

Constants and layouts: Apple's <mach-o/loader.h> and <mach-o/fat.h>.
"""

from __future__ import annotations

import struct

from wheelcheck.binary.macho_header import ARM64, Header, cpus, kind_of, machine_name, read_header
from wheelcheck.binary.macho_signature import is_past_end, signature_fault
from wheelcheck.binary.macho_symbols import Parts, Symtab, nlist, read_symbols
from wheelcheck.binary.model import UNKNOWN, AppleSystem, Slice, Symbols, System
from wheelcheck.binary.reader import STRING_LIMIT, printable
from wheelcheck.counting import counted
from wheelcheck.records import dataclass, field
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.reader import Reading

COMMAND_LIMIT = 4096
_MH_EXECUTE, _MH_DYLIB, _MH_DSYM = 2, 6, 10
_LINKED = (_MH_EXECUTE, _MH_DYLIB, 8)
_LC_SEGMENT, _LC_SEGMENT_64 = 0x1, 0x19
_LC_ID_DYLIB = 0xD
_LC_LOAD_WEAK, _LC_REEXPORT = 0x80000018, 0x8000001F
_LC_LOADS = (0xC, _LC_LOAD_WEAK, _LC_REEXPORT, 0x20, 0x80000023)  # plain, weak, re-export, lazy, upward
_LC_RPATH = 0x8000001C
_LC_SYMTAB, _LC_DYSYMTAB = 0x2, 0xB
_LC_CODE_SIGNATURE = 0x1D
_LC_ENCRYPTION = (0x21, 0x2C)
_LC_CHAINED_FIXUPS = 0x80000034
_LC_BUILD_VERSION = 0x32
_LAST_REQUIRED = 0x8000003F  # Apple's headers name 0x80000038 as the last; dyld refuses what it does not know
_LC_VERSION_MIN = {0x24: 1, 0x25: 2, 0x2F: 3, 0x30: 4}  # command -> platform
_PLATFORM_MACOS = 1
_SYSTEMS: dict[int, AppleSystem] = {
    _PLATFORM_MACOS: "macos",
    2: "ios",
    3: "tvos",
    4: "watchos",
    5: "bridgeos",
    6: "catalyst",
    7: "ios-simulator",
    8: "tvos-simulator",
    9: "watchos-simulator",
    10: "driverkit",
    11: "visionos",
    12: "visionos-simulator",
}
_SIMULATORS = {2: 7, 3: 8, 4: 9}  # a device's platform -> its simulator's
_TWO_LEVELS = 0x80  # MH_TWOLEVEL, a flag of the header
_INTEL = (7, 0x01000007)


class Command(NamedTuple):
    """One load command: its number and its bytes, header included."""

    number: int
    raw: bytes


@dataclass(slots=True)
class _Facts:
    """What the load commands say, collected in file order."""

    segments: int = 0
    soname: str = ""
    needed: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    chained: bool = False
    hands_on: bool = False
    rpaths: list[str] = field(default_factory=list)
    signature: tuple[int, int] | None = None  # offset, size
    has_linkedit: bool = False
    symtab: Symtab | None = None
    parts: Parts | None = None
    minimum: dict[int, tuple[int, ...]] = field(default_factory=dict)  # platform -> version


def read_thin(reading: Reading) -> Slice | None:
    """Return the slice of a thin file, None if the header is cut off."""
    header = read_header(reading)
    if header is None:
        return None
    kind = kind_of(reading, header)
    before = len(reading.found)
    facts = _Facts()
    for command in _commands(reading, header):
        _note(reading, header, command, facts)
    _judge_facts(reading, header, facts)
    system, minimum = _platform(facts)
    is_whole = len(reading.found) == before
    symbols = _symbols(reading, header, facts) if is_whole and header.filetype in _LINKED else UNKNOWN
    return Slice(
        machine=machine_name(header.cputype, header.subtype),
        arches=cpus(header.cputype, header.subtype),
        kind=kind,
        system=system,
        bits=header.bits,
        little_endian=header.order == "<",
        soname=facts.soname,
        needed=tuple(facts.needed),
        rpath=tuple(facts.rpaths),
        dynamic=is_whole,
        minimum_os=minimum,
        chained_fixups=facts.chained,
        hands_on=facts.hands_on,
        weak_needed=tuple(facts.weak),
        signature_fault=_signature_fault(reading, header, facts) if is_whole and system == "macos" else "",
        imports=symbols.imports,
        exports=symbols.exports,
        symbols_known=symbols.known,
    )


def _symbols(reading: Reading, header: Header, facts: _Facts) -> Symbols:
    """Return the symbols of linked code; without two-level names any library may have what it looks up."""
    libraries = facts.needed if header.flags & _TWO_LEVELS else []
    return read_symbols(reading, nlist(header.bits, header.order), facts.symtab, facts.parts, libraries)


def _signature_fault(reading: Reading, header: Header, facts: _Facts) -> str:
    """Return why the kernel of a Mac refuses the code; only Apple silicon asks for a signature.

    A signature is at the end of __LINKEDIT. Without that segment no linker finished the file, and none is due, except
    for a program: the kernel starts none without.
    """
    is_judged = header.cputype == ARM64 and header.filetype in _LINKED
    is_unsigned_program = header.filetype == _MH_EXECUTE and not facts.signature
    is_due = facts.has_linkedit or is_unsigned_program or is_past_end(reading, facts.signature)
    return signature_fault(reading, facts.signature) if is_judged and is_due else ""


def _judge_facts(reading: Reading, header: Header, facts: _Facts) -> None:
    """Record a missing segment, and a missing name of a dylib; dyld needs both."""
    if not facts.segments and header.filetype in _LINKED:
        reading.damage("macho-command", "no segment: there is nothing to map")
    if not facts.soname and header.filetype == _MH_DYLIB:
        reading.damage("macho-command", "a dylib without LC_ID_DYLIB")


def _commands(reading: Reading, header: Header) -> Iterator[Command]:
    end = header.size + header.sizeofcmds
    if end > reading.size:
        reading.damage("macho-truncated", f"load commands end at {end:#x}, the file at {reading.size:#x}")
        return
    if header.ncmds > COMMAND_LIMIT:
        reading.limit(f"{header.ncmds} load commands: only the first {COMMAND_LIMIT} were read")
    offset, unit = header.size, header.bits // 8
    for index in range(min(header.ncmds, COMMAND_LIMIT)):
        raw = reading.read(offset, 8)
        number, size = struct.unpack(header.order + "2I", raw) if len(raw) == 8 else (0, 0)
        if size < 8 or size % unit or offset + size > end:
            reading.damage(
                "macho-command", f"load command {index} has size {size} at {offset:#x}, the table ends at {end:#x}"
            )
            return
        reading.walk()
        yield Command(number, reading.read(offset, min(size, STRING_LIMIT + 32)))
        offset += size


def _note(reading: Reading, header: Header, command: Command, facts: _Facts) -> None:
    number = command.number
    if number in (_LC_SEGMENT, _LC_SEGMENT_64):
        facts.segments += 1
        facts.has_linkedit |= command.raw[8:24].rstrip(b"\0") == b"__LINKEDIT"
        _judge_segment(reading, header, command)
    elif number == _LC_ID_DYLIB:
        facts.soname = _string(reading, header, command) or facts.soname
    elif number in _LC_LOADS:
        _note_library(reading, header, command, facts)
    elif number == _LC_CHAINED_FIXUPS:
        facts.chained = True
    elif number == _LC_RPATH:
        facts.rpaths += filter(None, [_string(reading, header, command)])
    elif number in (_LC_SYMTAB, _LC_DYSYMTAB, _LC_CODE_SIGNATURE):
        _note_table(reading, header, command, facts)
    elif number == _LC_BUILD_VERSION or number in _LC_VERSION_MIN:
        _note_version(reading, header, command, facts)
    elif number in _LC_ENCRYPTION:
        _judge_encryption(reading, header, command)
    elif number > _LAST_REQUIRED:
        reading.damage("macho-command", f"load command {number:#x} is required, and no dyld knows it")


def _note_library(reading: Reading, header: Header, command: Command, facts: _Facts) -> None:
    name = _string(reading, header, command)
    if name == "":
        reading.damage("macho-command", f"load command {command.number:#x} names no library")
    if name:
        facts.needed.append(name)
        facts.weak += [name] if command.number == _LC_LOAD_WEAK else []
        facts.hands_on |= command.number == _LC_REEXPORT


def _note_table(reading: Reading, header: Header, command: Command, facts: _Facts) -> None:
    """Note where symbols and signature are. A command too short is damage."""
    if command.number == _LC_DYSYMTAB:
        if fields := _fields(reading, command, header.order + "8x4I"):
            facts.parts = Parts((fields[0], fields[1]), (fields[2], fields[3]))
    elif command.number == _LC_SYMTAB:
        if fields := _fields(reading, command, header.order + "4I"):
            facts.symtab = Symtab(*fields)
    elif fields := _fields(reading, command, header.order + "2I"):
        facts.signature = (fields[0], fields[1])


def _fields(reading: Reading, command: Command, layout: str) -> tuple[int, ...] | None:
    if 8 + struct.calcsize(layout) > len(command.raw):
        reading.damage(
            "macho-command", f"load command {command.number:#x} has {counted(len(command.raw), 'byte')}: too few"
        )
        return None
    return struct.unpack_from(layout, command.raw, 8)


def _judge_segment(reading: Reading, header: Header, command: Command) -> None:
    word = "Q" if command.number == _LC_SEGMENT_64 else "I"
    fields = _fields(reading, command, f"{header.order}16x4{word}")
    if fields and fields[2] + fields[3] > reading.size and header.filetype != _MH_DSYM:
        name = printable(command.raw[8:24].rstrip(b"\0"))
        end = f"{fields[2] + fields[3]:#x}"
        reading.damage("macho-truncated", f"segment {name} ends at {end}, the file at {reading.size:#x}")


def _judge_encryption(reading: Reading, header: Header, command: Command) -> None:
    fields = _fields(reading, command, f"{header.order}3I")
    if fields and fields[2]:
        reading.damage("macho-encrypted", f"encrypted with system {fields[2]}: {counted(fields[1], 'byte')}")


def _string(reading: Reading, header: Header, command: Command) -> str | None:
    """Return the lc_str whose offset is the command's first field."""
    fields = _fields(reading, command, header.order + "I")
    if fields is None:
        return None
    raw, terminator, _ = command.raw[fields[0] :].partition(b"\0")
    if fields[0] < 12 or not terminator:
        reading.damage("macho-command", f"the string of load command {command.number:#x} is outside it")
        return None
    return reading.string(raw)


def _note_version(reading: Reading, header: Header, command: Command, facts: _Facts) -> None:
    fields = _fields(reading, command, header.order + "2I")
    if fields is None:
        return
    is_build = command.number == _LC_BUILD_VERSION
    platform = fields[0] if is_build else _of_old(_LC_VERSION_MIN[command.number], header)
    packed = fields[1] if is_build else fields[0]
    version = (packed >> 16, packed >> 8 & 0xFF, packed & 0xFF)
    short = version if version[2] else version[:2]
    if facts.minimum.setdefault(platform, short) != short:
        reading.damage("macho-version", f"platform {platform}: minimum OS is {facts.minimum[platform]} and {short}")


def _of_old(platform: int, header: Header) -> int:
    """Return the platform that LC_VERSION_MIN_* means: code for Intel is a simulator's, for no device ever had one."""
    return _SIMULATORS.get(platform, platform) if header.cputype in _INTEL else platform


def _platform(facts: _Facts) -> tuple[System, tuple[int, ...]]:
    """Return system and minimum OS: macOS for files that are for macOS and Catalyst, and for files that name none."""
    if not facts.minimum:
        return "macos", ()
    platform = _PLATFORM_MACOS if _PLATFORM_MACOS in facts.minimum else next(iter(facts.minimum))
    return _SYSTEMS.get(platform, "other"), facts.minimum[platform]
