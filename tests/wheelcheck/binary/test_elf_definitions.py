"""Which versions an ELF file defines (DT_VERDEF); a list that cannot be read is no damage."""

from __future__ import annotations

import pytest

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_editing import both, tag
from wheelcheck.binary import read_binary
from wheelcheck.source import Bytes

VERDEF, VERDEFNUM = 0x6FFFFFFC, 0x6FFFFFFD
# A vd_version, vd_flags, vd_ndx, vd_cnt, vd_hash, vd_aux, vd_next, followed by vda_name, vda_next: 28 bytes.
SOURCE = "int one(void) { return 1; }\nint two(void) { return 2; }\n"
SCRIPT = "V_1 { one; };\nV_2 { two; } V_1;\n"


def library() -> bytes:
    script = native.CACHE / "definitions.map"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(SCRIPT, "utf-8")
    flags = ("-shared", "-fPIC", "-nostdlib", "-s", "-Wl,-soname,libv.so", f"-Wl,--version-script={script}")
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


def test_the_list_ends_where_the_next_is_0() -> None:
    assert defined(definition(1, 16, "I", 0)) == ("libv.so", "V_1")
