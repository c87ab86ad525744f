"""Which versions an ELF file defines (DT_VERDEF); a list that cannot be read is no damage."""

from __future__ import annotations

from io import BytesIO

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_editing import both, tag
from wheelcheck.binary import read_binary
from wheelcheck.source import Bytes

VERDEF, VERDEFNUM = 0x6FFFFFFC, 0x6FFFFFFD
# A vd_version, vd_flags, vd_ndx, vd_cnt, vd_hash, vd_aux, vd_next, followed by vda_name, vda_next: 28 bytes.
SOURCE = "int one(void) { return 1; }\nint two(void) { return 2; }\n"
OWN = "int (*first)(void) = one;\nextern int puts(const char *);\nint say(const char *words) { return puts(words); }\n"
OWN = "int (*first)(void) = one;\nextern int puts(const char *);\nint say(const char *words) { return puts(words); }\n"
SCRIPT = "V_1 { one; };\nV_2 { two; } V_1;\n"


def library() -> bytes:
    flags = ("-shared", "-fPIC", "-nostdlib", "-s", "-Wl,-soname,libv.so", *native.versioned(SCRIPT))
    return native.compile_c(SOURCE, native.linux_target("x86_64"), *flags, name="libv.so")


def definition(index: int, at: int, layout: str, value: int) -> elf.Edit:
    """Change a field of the definition with this number."""

    def edit(content: bytes) -> bytes:
        place = elf.offset_of(content, elf.value_of(content, VERDEF))
        for _ in range(index):
            place += elf.get(content, place, (16, "I"))
        return elf.put(content, place, (at, layout), value)

    return edit


def defined(*edits: elf.Edit) -> tuple[str, ...]:
    binary = read_binary("x", Bytes(both(*edits)(library())))
    assert binary is not None
    assert binary.damage == ()
    return binary.slices[0].defined_versions


def test_the_versions_of_a_library_are_its_own_name_and_those_of_its_symbols() -> None:
    assert defined() == ("libv.so", "V_1", "V_2")


@pytest.mark.parametrize(
    "edit",
    [
        definition(0, 0, "H", 2),
        definition(2, 0, "H", 0),
        definition(1, 12, "I", 1 << 30),
        definition(1, 16, "I", 1 << 30),
        tag(VERDEF, 1 << 40),
    ],
    ids=["version 2", "version 0 at the end", "a name elsewhere", "a next one elsewhere", "unmapped"],
)
def test_of_a_list_that_cannot_be_read_nothing_is_known(edit: elf.Edit) -> None:
    assert defined(edit) == ()


def test_without_the_size_of_the_strings_no_version_has_a_name() -> None:
    binary = read_binary("x", Bytes(elf.retag(elf.STRSZ, 0x6000000D)(library())))
    assert binary is not None
    assert (binary.slices[0].defined_versions, {damage.kind for damage in binary.damage}) == ((), {"elf-dynamic"})


def test_the_list_ends_where_the_next_is_0() -> None:
    assert defined(definition(1, 16, "I", 0)) == ("libv.so", "V_1")


def own_symbols(number: int, *flags: str) -> list[str]:
    """Return the damage of a library that asks for symbols of its own, which have this version index."""
    target = native.linux_target("x86_64")
    content = native.compile_c(SOURCE + OWN, target, "-shared", "-fPIC", "-O2", "-s", *flags, name="libv.so")
    file = ELFFile(BytesIO(content))
    versions, symbols = file.get_section_by_name(".gnu.version"), file.get_section_by_name(".dynsym")
    assert versions is not None
    assert isinstance(symbols, SymbolTableSection)
    for index, symbol in enumerate(symbols.iter_symbols()):
        if symbol["st_shndx"] != "SHN_UNDEF":
            content = elf.put(content, versions["sh_offset"] + 2 * index, (0, "H"), number)
    binary = read_binary("x", Bytes(content))
    assert binary is not None
    return [damage.why for damage in binary.damage]


def test_a_library_that_defines_no_versions_has_no_symbol_with_one() -> None:
    """glibc then takes the index for one of a need, and stops; in a library with definitions it looks there."""
    assert own_symbols(1) == []
    assert own_symbols(9) == ["one has version index 9, which no version has"]
    assert own_symbols(3, *native.versioned(SCRIPT)) == []
    assert own_symbols(9, *native.versioned(SCRIPT)) == []
