"""Symbols of Mach-O files: the same as LIEF reads, and unknown where the table is not whole."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import lief
import pytest

from tests.support import native
from tests.support.macho_cases import command, commands, field, only, read, replaced, signed, without
from tests.support.macho_fat_cases import chain
from tests.support.native_files import mac_module
from wheelcheck.binary.macho_symbols import nlist

if TYPE_CHECKING:
    from wheelcheck.binary import Slice

LC_SYMTAB, LC_DYSYMTAB = 0x2, 0xB
MODULE = mac_module("_x.so", "PyInit__x", "other", takes=("PyModule_Create2", "_PyErr_Print")).bytes


def theirs(content: bytes) -> tuple[set[str], set[str]]:
    """Return what LIEF says is undefined, and what is exported."""
    universal = lief.MachO.parse(list(content))
    assert isinstance(universal, lief.MachO.FatBinary)
    image = universal.at(0)
    assert image is not None
    undefined = {str(each.name).removeprefix("_") for each in image.symbols if each.raw_type & 0xEF == 1}
    return undefined, {str(each.name).removeprefix("_") for each in image.exported_symbols}


@pytest.mark.parametrize(
    "content",
    [MODULE, native.mac(kind="library"), native.mac("x86_64", kind="library"), native.mac()],
    ids=["a module", "a library", "for Intel", "a program"],
)
def test_names_are_those_that_lief_reads(content: bytes) -> None:
    slice_ = only(content)
    exported = set(slice_.exports.beginning_with(""))
    assert slice_.symbols_known
    assert ({symbol.name for symbol in slice_.imports}, exported) == theirs(content)


def test_a_name_that_any_library_may_have_has_no_library() -> None:
    found = {symbol.name: symbol.library for symbol in only(MODULE).imports}
    assert (found["PyModule_Create2"], found["_PyErr_Print"]) == ("", "")


def asking() -> bytes:
    """Return a library that asks for `answer` of another one."""
    flags = ("-dynamiclib", "-install_name", "@rpath/libfoo.dylib")
    foo = native.compiled_c(native.PLAIN_C, "aarch64-macos.11.0", *flags, name="libfoo.dylib")
    source = "extern int answer(void);\nint ask(void) { return answer(); }\n"
    return native.compile_c(source, "aarch64-macos.11.0", "-dynamiclib", str(foo), name="libask.dylib")


def test_two_level_names_say_which_library_has_a_symbol() -> None:
    assert {symbol.name: symbol.library for symbol in only(asking()).imports}["answer"] == "@rpath/libfoo.dylib"


def test_any_library_may_have_what_is_defined_weakly() -> None:
    content = asking()
    offset, count, names, _ = own(LC_SYMTAB, content)
    changed = bytearray(content)
    for at in range(offset, offset + 16 * count, 16):
        name = names + struct.unpack_from("<I", content, at)[0]
        if content.startswith(b"_answer\0", name):
            changed[at + 6] |= 0x80  # N_REF_TO_WEAK
    assert changed != content
    assert {symbol.name: symbol.library for symbol in only(bytes(changed)).imports}["answer"] == ""


def symtab(*values: int) -> bytes:
    return command(LC_SYMTAB, struct.pack("<4I", *values))


def parts(*values: int) -> bytes:
    return command(LC_DYSYMTAB, struct.pack("<6I", 0, 0, *values) + bytes(48))


def own(number: int, content: bytes = MODULE) -> tuple[int, ...]:
    """Return the first fields of a load command of the module, or of another file."""
    raw = next(raw for raw in commands(content) if struct.unpack_from("<I", raw)[0] == number)
    return struct.unpack_from("<4I", raw, 8)


def names_up_to(more: int) -> bytes:
    """Return an LC_SYMTAB whose names end so many bytes behind the beginning of the last one that is asked for."""
    offset, count, names, _ = own(LC_SYMTAB)
    rows = struct.iter_unpack("<I2BHQ", MODULE[offset : offset + 16 * count])
    last = max(name for name, kind, *_ in rows if kind & 1 and not kind & 0xF0)
    return symtab(offset, count, names, last + more + MODULE[names + last :].index(b"\0"))


UNKNOWN = {
    "a last name without an end": replaced(LC_SYMTAB, names_up_to(0)),
    "no table": without(LC_SYMTAB),
    "no parts": without(LC_DYSYMTAB),
    "a table past the end": replaced(LC_SYMTAB, symtab(0x7FFFFFFF, *own(LC_SYMTAB)[1:])),
    "names past the end": replaced(LC_SYMTAB, symtab(*own(LC_SYMTAB)[:2], 0x7FFFFFFF, 64)),
    "names that have no room": replaced(LC_SYMTAB, symtab(*own(LC_SYMTAB)[:3], 1)),
    "no symbol": replaced(LC_SYMTAB, symtab(own(LC_SYMTAB)[0], 0, *own(LC_SYMTAB)[2:])),
    "four billion symbols in a part": replaced(LC_DYSYMTAB, parts(0, 0xFFFFFFFF, 0, 0)),
    "no symbol, and none in the parts": chain(
        replaced(LC_SYMTAB, symtab(own(LC_SYMTAB)[0], 0, *own(LC_SYMTAB)[2:])), replaced(LC_DYSYMTAB, parts(0, 0, 0, 0))
    ),
    "a part that goes on behind the table": replaced(LC_DYSYMTAB, parts(0, 1, 1, own(LC_SYMTAB)[1])),
    "a part behind the table": replaced(LC_DYSYMTAB, parts(0, 1, 5000, 1)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_table_that_is_not_whole_makes_symbols_unknown_and_is_no_damage(name: str) -> None:
    slice_ = only(UNKNOWN[name](MODULE))
    assert (slice_.symbols_known, slice_.imports) == (False, ())


def one_name(count: int, length: int) -> bytes:
    """Return the module with a symbol table behind its end that offers as many symbols of one name, and asks for 1."""
    start = -(-len(MODULE) // 4096) * 4096 + 4096
    last = length + 3
    rows = b"".join(struct.pack("<I2BHQ", name, 1, 0, 0x100, 0) for name in (*[1] * count, last, last))
    names = b"\0_" + b"x" * length + b"\0_end\0"
    table = replaced(LC_SYMTAB, symtab(start, count + 2, start + len(rows), len(names)))
    return (
        chain(table, replaced(LC_DYSYMTAB, parts(0, count + 1, count + 1, 1)))(MODULE).ljust(start, b"\0")
        + rows
        + names
    )


def test_names_may_overlap_and_not_be_longer_than_any_files() -> None:
    """3,000 symbols with one name of a megabyte, in 3,700 packed bytes, took six gigabytes of memory."""
    good, long, many = read(one_name(100, 60_000)), read(one_name(3_000, 1_000_000)), read(one_name(3_000, 60_000))
    assert (good.damage, good.slices[0].symbols_known) == ((), True)
    assert set(good.slices[0].exports.beginning_with("")) == {"x" * 60_000, "end"}
    assert [symbol.name for symbol in good.slices[0].imports] == ["end"]
    for bad in (long, many):
        assert [(damage.kind, damage.cap) for damage in bad.damage] == [("macho-limit", True)]
        assert not bad.slices[0].symbols_known


def noted(name: bytes, *, kind: int | None = None, about: int | None = None) -> Slice:
    """Return the module whose symbol of this name has another n_type, or n_desc."""
    offset, count, names, _ = own(LC_SYMTAB)
    edited = bytearray(MODULE)
    for at in range(offset, offset + 16 * count, 16):
        start = names + struct.unpack_from("<I", MODULE, at)[0]
        if MODULE[start : MODULE.index(b"\0", start)] == b"_" + name:
            edited[at + 4] = edited[at + 4] if kind is None else kind
            about = struct.unpack_from("<H", MODULE, at + 6)[0] | (about or 0)
            struct.pack_into("<H", edited, at + 6, about)
    return only(signed(bytes(edited)))


@pytest.mark.parametrize("kind", [0x0E, 0x1F, 0x2F, 0x4F, 0x8F])
def test_what_is_private_or_for_debuggers_is_not_offered(kind: int) -> None:
    before, after = (found.exports.beginning_with("") for found in (noted(b"other"), noted(b"other", kind=kind)))
    assert set(before) - set(after) == {"other"}


def test_a_weak_reference_is_one_by_its_bit() -> None:
    found = noted(b"PyModule_Create2", about=0x40).imports
    assert [(each.name, each.weak) for each in found if each.weak] == [("PyModule_Create2", True)]
    assert {each.weak for each in only(MODULE).imports} == {False}


def test_the_names_may_end_where_the_last_of_them_does() -> None:
    assert only(replaced(LC_SYMTAB, names_up_to(1))(MODULE)).imports == only(MODULE).imports != ()


def test_without_two_level_names_any_library_may_have_a_symbol() -> None:
    flags = struct.unpack_from("<I", MODULE, 24)[0]
    flat = without(0)(field(24, flags & ~0x80)(MODULE))
    assert {symbol.library for symbol in only(flat).imports} == {""}


@pytest.mark.parametrize(("bits", "order"), [(32, "<"), (32, ">"), (64, "<"), (64, ">")])
def test_a_symbol_of_32_bits_has_a_shorter_value(bits: int, order: str) -> None:
    raw = struct.pack(f"{order}I2BH{'I' if bits == 32 else 'Q'}", 1, 2, 3, 4, 5)
    assert len(raw) == (12 if bits == 32 else 16)
    assert nlist(bits, order).unpack(raw) == (1, 2, 3, 4, 5)
