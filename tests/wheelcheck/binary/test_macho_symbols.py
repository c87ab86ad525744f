"""Symbols of Mach-O files: the same as LIEF reads, and unknown where the table is not whole."""

from __future__ import annotations

import struct

import lief
import pytest

from tests.support import native
from tests.support.macho_cases import command, commands, field, only, replaced, without
from tests.support.native_files import mac_module

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


def test_two_level_names_say_which_library_has_a_symbol() -> None:
    flags = ("-dynamiclib", "-install_name", "@rpath/libfoo.dylib")
    foo = native.compiled_c(native.PLAIN_C, "aarch64-macos.11.0", *flags, name="libfoo.dylib")
    source = "extern int answer(void);\nint ask(void) { return answer(); }\n"
    slice_ = only(native.compile_c(source, "aarch64-macos.11.0", "-dynamiclib", str(foo), name="libask.dylib"))
    assert {symbol.name: symbol.library for symbol in slice_.imports}["answer"] == "@rpath/libfoo.dylib"


def symtab(*values: int) -> bytes:
    return command(LC_SYMTAB, struct.pack("<4I", *values))


def parts(*values: int) -> bytes:
    return command(LC_DYSYMTAB, struct.pack("<6I", 0, 0, *values) + bytes(48))


def own(number: int) -> tuple[int, ...]:
    """Return the first fields of a load command of the module."""
    raw = next(raw for raw in commands(MODULE) if struct.unpack_from("<I", raw)[0] == number)
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
    "a part behind the table": replaced(LC_DYSYMTAB, parts(0, 1, 5000, 1)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_table_that_is_not_whole_makes_symbols_unknown_and_is_no_damage(name: str) -> None:
    slice_ = only(UNKNOWN[name](MODULE))
    assert (slice_.symbols_known, slice_.imports) == (False, ())


def test_the_names_may_end_where_the_last_of_them_does() -> None:
    assert only(replaced(LC_SYMTAB, names_up_to(1))(MODULE)).imports == only(MODULE).imports != ()


def test_without_two_level_names_any_library_may_have_a_symbol() -> None:
    flags = struct.unpack_from("<I", MODULE, 24)[0]
    flat = without(0)(field(24, flags & ~0x80)(MODULE))
    assert {symbol.library for symbol in only(flat).imports} == {""}
