"""The structures of an ELF file and the names of their numbers.

The names are pyelftools'. Those that files have day by day stand here as well, because importing pyelftools costs a
small wheel's check a tenth of its time; it is asked for all others. A test compares every number.
"""

from __future__ import annotations

import struct
from functools import cache, lru_cache

from wheelcheck.tuples import NamedTuple

_TYPES = {0: "ET_NONE", 1: "ET_REL", 2: "ET_EXEC", 3: "ET_DYN", 4: "ET_CORE", 0xFF00: "ET_LOPROC", 0xFFFF: "ET_HIPROC"}
_VERSIONS = {0: "EV_NONE", 1: "EV_CURRENT"}
_SYSTEMS = {0: "ELFOSABI_SYSV", 3: "ELFOSABI_LINUX"}
_MACHINES = {
    0: "EM_NONE",
    3: "EM_386",
    8: "EM_MIPS",
    20: "EM_PPC",
    21: "EM_PPC64",
    22: "EM_S390",
    40: "EM_ARM",
    62: "EM_X86_64",
    183: "EM_AARCH64",
    243: "EM_RISCV",
    247: "EM_BPF",
    258: "EM_LOONGARCH",
}
_SEGMENTS = {
    0: "PT_NULL",
    1: "PT_LOAD",
    2: "PT_DYNAMIC",
    3: "PT_INTERP",
    4: "PT_NOTE",
    6: "PT_PHDR",
    7: "PT_TLS",
    0x6474E550: "PT_GNU_EH_FRAME",
    0x6474E551: "PT_GNU_STACK",
    0x6474E552: "PT_GNU_RELRO",
    0x6474E553: "PT_GNU_PROPERTY",
}
_FIRST_TAGS = (
    "NULL NEEDED PLTRELSZ PLTGOT HASH STRTAB SYMTAB RELA RELASZ RELAENT STRSZ SYMENT INIT FINI SONAME RPATH SYMBOLIC"
    " REL RELSZ RELENT PLTREL DEBUG TEXTREL JMPREL BIND_NOW INIT_ARRAY FINI_ARRAY INIT_ARRAYSZ FINI_ARRAYSZ RUNPATH"
    " FLAGS"
)
_TAGS = {number: f"DT_{name}" for number, name in enumerate(_FIRST_TAGS.split())} | {
    0x23: "DT_RELRSZ",
    0x24: "DT_RELR",
    0x25: "DT_RELRENT",
    0x6FFFFEF5: "DT_GNU_HASH",
    0x6FFFFEF6: "DT_TLSDESC_PLT",
    0x6FFFFEF7: "DT_TLSDESC_GOT",
    0x6FFFFFF0: "DT_VERSYM",
    0x6FFFFFF9: "DT_RELACOUNT",
    0x6FFFFFFA: "DT_RELCOUNT",
    0x6FFFFFFB: "DT_FLAGS_1",
    0x6FFFFFFC: "DT_VERDEF",
    0x6FFFFFFD: "DT_VERDEFNUM",
    0x6FFFFFFE: "DT_VERNEED",
    0x6FFFFFFF: "DT_VERNEEDNUM",
    0x70000000: "DT_LOPROC",
}
_OF_CPUS = range(0x70000001, 0x7FFFFFFD)  # tags and segments that each CPU has of its own


def _rare(table: str, number: int) -> str | int:
    return _rare_names(table).get(number, number)


@cache
def _rare_names(table: str) -> dict[int, str]:
    from elftools.elf import enums  # noqa: PLC0415  # slow to import

    return {value: name for name, value in getattr(enums, table).items()}


def type_name(number: int) -> str | int:
    """Return the name of an e_type; the number if it has none."""
    return _TYPES.get(number, number)


def version_name(number: int) -> str | int:
    """Return the name of an EI_VERSION or e_version; the number if it has none."""
    return _VERSIONS.get(number, number)


def system_name(number: int) -> str | int:
    """Return the name of an EI_OSABI; the number if it has none."""
    return _SYSTEMS.get(number) or _rare("ENUM_EI_OSABI", number)


def machine_name(number: int) -> str | int:
    """Return the name of an e_machine; the number if it has none."""
    return _MACHINES.get(number) or _rare("ENUM_E_MACHINE", number)


def segment_name(number: int) -> str | int:
    """Return the name of a p_type that no CPU has to itself; the number if it has none."""
    if found := _SEGMENTS.get(number):
        return found
    return number if number in _OF_CPUS else _rare("ENUM_P_TYPE_BASE", number)


def tag_name(number: int) -> str | int:
    """Return the name of a d_tag that no CPU has to itself; the number if it has none."""
    if found := _TAGS.get(number):
        return found
    return number if number in _OF_CPUS else _rare("ENUM_D_TAG_COMMON", number)


class FileHeader(NamedTuple):
    """Elf_Ehdr."""

    ident: bytes
    type: int
    machine: int
    version: int
    entry: int
    phoff: int
    shoff: int
    flags: int
    ehsize: int
    phentsize: int
    phnum: int
    shentsize: int
    shnum: int
    shstrndx: int


class Section(NamedTuple):
    """Elf_Shdr."""

    name: int
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    addralign: int
    entsize: int


class NeedingFile(NamedTuple):
    """Elf_Verneed: the versions that are needed of one library."""

    version: int
    total: int
    file: int
    aux: int
    next: int


class NeededVersion(NamedTuple):
    """Elf_Vernaux: one of them."""

    hash: int
    flags: int
    other: int
    name: int
    next: int


class Definition(NamedTuple):
    """Elf_Verdef: a version that the file defines."""

    version: int
    flags: int
    number: int
    total: int
    hash: int
    aux: int
    next: int


class Layouts:
    """The structures of one class and byte order."""

    def __init__(self, bits: int, *, little_endian: bool) -> None:
        order, is_wide = "<" if little_endian else ">", bits == 64
        self.file_header = struct.Struct(f"{order}16sHHI{'QQQ' if is_wide else 'III'}I6H")
        self.section = struct.Struct(f"{order}{'IIQQQQIIQQ' if is_wide else '10I'}")
        # p_type, p_flags, p_offset, p_vaddr, p_filesz, p_memsz, p_align; in 32 bits p_flags is the last but one.
        self.segment = struct.Struct(f"{order}{'IIQQ8xQQQ' if is_wide else 'III4xIIII'}")
        self.dynamic = struct.Struct(f"{order}{'qQ' if is_wide else 'iI'}")
        self.needing_file = struct.Struct(f"{order}HHIII")
        self.needed_version = struct.Struct(f"{order}IHHII")
        self.definition = struct.Struct(f"{order}HHHHIII")
        self.definition_name = struct.Struct(f"{order}II")


@lru_cache(maxsize=4)
def layouts_for(bits: int, little_endian: bool) -> Layouts:  # noqa: FBT001 - the key of a cache
    """Return the structures of a class and byte order."""
    return Layouts(bits, little_endian=little_endian)
