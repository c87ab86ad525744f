"""The structures and names of ELF are pyelftools', those that stand here and those that are asked for."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from elftools.elf import enums
from elftools.elf.structs import ELFStructs

from wheelcheck.binary import elf_layout

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES: dict[str, Callable[[int], str | int]] = {
    "ENUM_E_TYPE": elf_layout.type_name,
    "ENUM_E_VERSION": elf_layout.version_name,
    "ENUM_EI_OSABI": elf_layout.system_name,
    "ENUM_E_MACHINE": elf_layout.machine_name,
    "ENUM_P_TYPE_BASE": elf_layout.segment_name,
    "ENUM_D_TAG_COMMON": elf_layout.tag_name,
}
# Our structures with the fields in our order; those of a program header depend on the class.
FIELDS = {
    "file_header": (
        "Elf_Ehdr",
        (
            "e_type e_machine e_version e_entry e_phoff e_shoff e_flags"
            " e_ehsize e_phentsize e_phnum e_shentsize e_shnum e_shstrndx"
        ),
    ),
    "section": (
        "Elf_Shdr",
        "sh_name sh_type sh_flags sh_addr sh_offset sh_size sh_link sh_info sh_addralign sh_entsize",
    ),
    "segment": ("Elf_Phdr", "p_type p_offset p_vaddr p_filesz p_memsz p_flags p_align"),
    "dynamic": ("Elf_Dyn", "d_tag d_val"),
    "needing_file": ("Elf_Verneed", "vn_version vn_cnt vn_file vn_aux vn_next"),
    "needed_version": ("Elf_Vernaux", "vna_hash vna_flags vna_other vna_name vna_next"),
    "definition": ("Elf_Verdef", "vd_version vd_flags vd_ndx vd_cnt vd_hash vd_aux vd_next"),
    "definition_name": ("Elf_Verdaux", "vda_name vda_next"),
}
_WIDE_SEGMENT = "p_type p_flags p_offset p_vaddr p_filesz p_memsz p_align"
_IDENT = b"\x7fELF\2\1\1" + bytes(9)


@pytest.mark.parametrize("table", NAMES)
def test_every_number_has_the_name_that_pyelftools_gives_it(table: str) -> None:
    names = {number: name for name, number in getattr(enums, table).items() if isinstance(number, int)}
    around = {near for number in names for near in (number - 1, number, number + 1)} - {-1}
    numbers = around | {*range(70_000)} if table == "ENUM_E_MACHINE" else around | {0x70000001, 0x7FFFFFFC}
    assert {number: NAMES[table](number) for number in numbers} == {n: names.get(n, n) for n in numbers}


@pytest.mark.parametrize("structure", FIELDS)
@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("little_endian", [True, False])
def test_structures_are_taken_apart_as_pyelftools_does(structure: str, bits: int, *, little_endian: bool) -> None:
    reference = ELFStructs(little_endian=little_endian, elfclass=bits)
    reference.create_basic_structs()
    reference.create_advanced_structs()
    name, fields = FIELDS[structure]
    fields = _WIDE_SEGMENT if (structure, bits) == ("segment", 64) else fields
    layout = getattr(elf_layout.Layouts(bits, little_endian=little_endian), structure)
    raw = random.Random(structure).randbytes(layout.size)  # noqa: S311  # no secret
    raw = _IDENT + raw[16:] if structure == "file_header" else raw
    parsed = getattr(reference, name).parse(raw)
    assert [value for value in layout.unpack(raw) if value != _IDENT] == [parsed[field] for field in fields.split()]
