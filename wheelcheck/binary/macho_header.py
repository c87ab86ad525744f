"""The header of a Mach-O file: what kind of file it is, and for which CPUs (Apple's <mach-o/loader.h>)."""

from __future__ import annotations

import struct

from wheelcheck.platforms import arch, magic
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.model import Kind
    from wheelcheck.binary.reader import Reading

_KINDS: dict[int, Kind] = {
    1: "object",  # MH_OBJECT
    2: "executable",  # MH_EXECUTE
    4: "core",  # MH_CORE
    6: "library",  # MH_DYLIB
    7: "object",  # MH_DYLINKER: no process loads this, a stub or a kernel extension
    8: "library",  # MH_BUNDLE
    9: "object",  # MH_DYLIB_STUB
    10: "debug",  # MH_DSYM
    11: "object",  # MH_KEXT_BUNDLE
}
ARM64 = 0x0100000C
# The subtypes that every Mac with the CPU runs (osfmk/i386/commpage, osfmk/arm64: grade_binary). Code for Haswell is
# refused by older Macs and by Rosetta; arm64e, whose pointers are signed, by every process but Apple's own.
_SUBTYPES = {ARM64: (0, 1), 0x01000007: (3,)}
_RARE_SUBTYPES = {(ARM64, 2): "arm64e", (0x01000007, 8): "x86_64h"}


@dataclass(frozen=True, slots=True)
class Header:
    """The Mach-O header (mach_header, mach_header_64)."""

    bits: int
    order: str
    cputype: int
    subtype: int
    filetype: int
    ncmds: int
    sizeofcmds: int
    flags: int

    @property
    def size(self) -> int:
        """Length of the header in bytes."""
        return 32 if self.bits == 64 else 28


def is_run_everywhere(cputype: int, subtype: int) -> bool:
    """Return whether every Mac with the CPU runs code of this subtype."""
    return subtype in _SUBTYPES.get(cputype, (subtype,))


def machine_name(cputype: int, subtype: int) -> str:
    """Return Apple's name of a CPU in the table, otherwise the number in the header."""
    rows = arch.of_macho(cputype)
    name = rows[0].macos if rows else f"cputype {cputype:#x}"
    if is_run_everywhere(cputype, subtype):
        return name
    return _RARE_SUBTYPES.get((cputype, subtype), f"{name} subtype {subtype:#x}")


def cpus(cputype: int, subtype: int) -> tuple[str, ...]:
    """Return the CPUs of the table that load this code: none for code that only some models or Apple's programs run."""
    return tuple(row.name for row in arch.of_macho(cputype)) if is_run_everywhere(cputype, subtype) else ()


def read_header(reading: Reading) -> Header | None:
    """Return the header, None with damage recorded if it is cut off."""
    bits, order = magic.MACHO[reading.read(0, 4)]
    size = 32 if bits == 64 else 28
    raw = reading.read(0, size)
    if len(raw) < size:
        reading.damage("macho-truncated", f"{reading.size} bytes: expected a Mach-O header of {size}")
        return None
    cputype, subtype, filetype, ncmds, sizeofcmds, flags = struct.unpack_from(order + "6I", raw, 4)
    return Header(bits, order, cputype, subtype & 0xFFFFFF, filetype, ncmds, sizeofcmds, flags)


def kind_of(reading: Reading, header: Header) -> Kind:
    """Return the kind of a file, with damage recorded for a file type or a CPU that Apple's headers do not have."""
    if header.filetype not in _KINDS:
        reading.damage("macho-header", f"file type {header.filetype}: expected one of {sorted(_KINDS)}")
    if header.cputype == 0:
        reading.damage("macho-header", "cputype 0: expected the number of a CPU")
    return _KINDS.get(header.filetype, "object")
