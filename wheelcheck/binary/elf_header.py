"""The ELF header, and the checks of its fields."""

from __future__ import annotations

from wheelcheck.binary.elf_layout import (
    FileHeader,
    Layouts,
    layouts_for,
    machine_name,
    system_name,
    type_name,
    version_name,
)
from wheelcheck.platforms import arch
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.reader import Reading

_NEWEST_ABI = 3  # EI_ABIVERSION that glibc loads with EI_OSABI 3: LIBC_ABI_MAX, tried with 2.36
_HEADER_SIZE = {32: 52, 64: 64}
LINKED = ("ET_EXEC", "ET_DYN")
_TYPES = ("ET_REL", "ET_CORE", *LINKED)


@dataclass(frozen=True, slots=True)
class Header:
    """What the ELF header says. Names are pyelftools'; a value without a name stays a number."""

    bits: int
    little_endian: bool
    ident: bytes
    osabi: str | int
    type: str | int
    machine: int
    machine_name: str
    flags: int
    phoff: int
    phentsize: int
    phnum: int
    shoff: int
    shentsize: int
    shnum: int
    shstrndx: int

    @property
    def layouts(self) -> Layouts:
        """The structures of this file's class and byte order."""
        return layouts_for(self.bits, self.little_endian)

    @property
    def rows(self) -> tuple[arch.Arch, ...]:
        """The rows of the CPU table with this machine, class and byte order."""
        return arch.of_elf(self.machine, self.bits, little_endian=self.little_endian)

    @property
    def has_named_sections(self) -> bool:
        """True if there is a section header table with names, which every linker writes; sstrip removes it."""
        return bool(self.shnum and self.shstrndx)

    @property
    def is_known_machine(self) -> bool:
        """True if some row has this machine number, in whatever class and byte order."""
        return any(row.elf and row.elf.machine == self.machine for row in arch.ARCHES)

    @property
    def abi_accepted(self) -> bool:
        """False if every row with this identity refuses the ABI that e_flags name."""
        return not self.rows or any(row.elf and row.elf.accepts(self.flags) for row in self.rows)


def read_header(reading: Reading) -> Header | None:
    """Return the header; None, with damage recorded, if its class, byte order or length make it unreadable."""
    ident = reading.read(0, 16)
    if len(ident) < 16:
        reading.damage("elf-truncated", f"{reading.size} bytes: expected at least the 16 of e_ident")
        return None
    bits = {1: 32, 2: 64}.get(ident[4])
    if bits is None or ident[5] not in (1, 2):
        found = f"EI_CLASS {ident[4]}, EI_DATA {ident[5]}"
        reading.damage("elf-header", f"{found}: expected class 1 or 2 and byte order 1 or 2")
        return None
    raw = reading.read(0, _HEADER_SIZE[bits])
    if len(raw) < _HEADER_SIZE[bits]:
        reading.damage("elf-truncated", f"{reading.size} bytes: expected an ELF header of {_HEADER_SIZE[bits]}")
        return None
    fields = FileHeader(*layouts_for(bits, ident[5] == 1).file_header.unpack(raw))
    _judge(reading, fields, bits)
    return _header(fields, bits)


def _header(fields: FileHeader, bits: int) -> Header:
    machine = machine_name(fields.machine)
    return Header(
        bits=bits,
        little_endian=fields.ident[5] == 1,
        ident=fields.ident,
        osabi=system_name(fields.ident[7]),
        type=type_name(fields.type),
        machine=fields.machine,
        machine_name=machine if isinstance(machine, str) else f"e_machine {machine}",
        flags=fields.flags,
        phoff=fields.phoff,
        phentsize=fields.phentsize,
        phnum=fields.phnum,
        shoff=fields.shoff,
        shentsize=fields.shentsize,
        shnum=fields.shnum,
        shstrndx=fields.shstrndx,
    )


def _judge(reading: Reading, fields: FileHeader, bits: int) -> None:
    for name, version in (("EI_VERSION", fields.ident[6]), ("e_version", fields.version)):
        if version != 1:
            reading.damage("elf-header", f"{name} {version_name(version)}: expected 1")
    if fields.ehsize != _HEADER_SIZE[bits]:
        reading.damage("elf-header", f"e_ehsize {fields.ehsize}: expected {_HEADER_SIZE[bits]}")
    if fields.machine == 0:
        reading.damage("elf-machine-none", "e_machine 0: expected the number of a CPU")


def judge_linked(reading: Reading, header: Header) -> None:
    """Record what Linux's loaders refuse in the header of a program or library (glibc: elf_machine_matches_host)."""
    if any(header.ident[9:]):
        reading.damage("elf-header", f"e_ident padding {header.ident[9:].hex()}: the loader expects zeros")
    allowed: tuple[str | int, ...] = ("ELFOSABI_SYSV", "ELFOSABI_LINUX")
    if header.machine_name == "EM_ARM":
        allowed += ("ELFOSABI_ARM_AEABI", "ELFOSABI_ARM")
    if header.osabi not in allowed:
        reading.damage("elf-osabi", f"EI_OSABI {header.osabi}: expected System V (0) or Linux (3)")
    elif header.osabi == "ELFOSABI_SYSV" and header.ident[8]:
        reading.damage("elf-osabi", f"EI_ABIVERSION {header.ident[8]}: System V has only version 0")
    elif header.osabi == "ELFOSABI_LINUX" and header.ident[8] > _NEWEST_ABI:
        reading.damage("elf-osabi", f"EI_ABIVERSION {header.ident[8]}: the newest of Linux is {_NEWEST_ABI}")


def judge_type(reading: Reading, header: Header) -> None:
    """Record a file type other than object, program, library and core."""
    if header.type not in _TYPES:
        reading.damage("elf-header", f"e_type {header.type}: expected one of {', '.join(_TYPES)}")
