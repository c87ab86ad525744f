"""Symbols of PE files: the same as LIEF reads, and unknown where a table is not whole."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import lief
import pytest

from tests.support import native
from tests.support.pe_cases import DELAY, GRAFT, IMPORTS, chain, directory, grafted, imports, only, put, read
from tests.support.windows_files import importing, taking
from wheelcheck.binary.pe_symbols import EXPORT_LIMIT, ROW_LIMIT
from wheelcheck.binary.reader import NAMES_LIMIT

if TYPE_CHECKING:
    from wheelcheck.binary import Slice

EXPORTS = 0


def theirs(content: bytes) -> tuple[set[tuple[str, str]], set[str]]:
    """Return what LIEF says is imported by name, with its DLL, and exported by name."""
    image = lief.PE.parse(list(content))
    assert image is not None
    imported = {(str(dll.name), str(each.name)) for dll in image.imports for each in dll.entries if not each.is_ordinal}
    exported = image.get_export()
    return imported, {str(each.name) for each in exported.entries} if exported else set()


def ours(slice_: Slice) -> tuple[set[tuple[str, str]], set[str]]:
    assert slice_.symbols_known
    return {(each.library, each.name) for each in slice_.imports}, set(slice_.exports.beginning_with(""))


@pytest.mark.parametrize(
    "content",
    [
        native.windows("x86_64", kind="library"),
        native.windows("i686", kind="library"),
        native.windows("aarch64"),
        importing("one", "two", "three").bytes,
        taking("python312", "PyModule_Create2", "PyErr_Print", path="x.pyd").bytes,
        taking("python312", *(f"PyDemo_{number}" for number in range(70)), path="x.pyd").bytes,
    ],
    ids=["64 bits", "32 bits", "a program", "three DLLs", "a module", "more functions than are read at once"],
)
def test_names_are_those_that_lief_reads(content: bytes) -> None:
    assert ours(only(content)) == theirs(content)
    assert {symbol.lazy for symbol in only(content).imports} == {False}


def late(attributes: int, base: int, names: int) -> bytes:
    """Return a delay-load table at GRAFT for `late.dll` with one function by name and one by ordinal."""
    row = struct.pack("<8I", attributes, base + GRAFT + 64, 0, 0, base + names, 0, 0, 0)
    lookup = struct.pack("<3Q", GRAFT + 120, 1 << 63 | 7, 0)
    return (row + bytes(32) + b"late.dll\0").ljust(80, b"\0") + lookup.ljust(40, b"\0") + b"\0\0ask\0"


def test_what_is_loaded_with_delay_is_looked_up_late() -> None:
    delayed = chain(grafted(late(1, 0, GRAFT + 80)), directory(DELAY, GRAFT), directory(IMPORTS, 0))
    (symbol,) = only(delayed(native.windows())).imports
    assert (symbol.name, symbol.library, symbol.lazy) == ("ask", "late.dll", True)


def test_visual_cpp_6_writes_whole_addresses_of_what_is_loaded_with_delay() -> None:
    """Its descriptors have no attribute 1 (dlattrRva), and addresses that begin where the image is loaded."""
    base = 0x400000
    placed = chain(put("Q", 20 + 24, base), grafted(late(0, base, GRAFT + 80)), directory(DELAY, GRAFT))
    (symbol,) = only(chain(placed, directory(IMPORTS, 0))(native.windows())).imports
    assert (symbol.name, symbol.library, symbol.lazy) == ("ask", "late.dll", True)


def one_library(lookup: int, *entries: int) -> bytes:
    """Return an import table at GRAFT for `x.dll`; its lookup table is said to be elsewhere and holds these entries."""
    table = struct.pack("<5I", lookup, 0, 0, GRAFT + 40, 0).ljust(40, b"\0") + b"x.dll\0\0\0"
    return table + struct.pack(f"<{len(entries)}Q", *entries)


UNKNOWN = {
    "a name in no section": imports(one_library(GRAFT + 48, 0x7FFFFFF0, 0)),
    "a name without an end": imports(one_library(GRAFT + 48, GRAFT + 64, 0) + b"\0\0" + b"x" * 5000),
    "a lookup table in no section": imports(one_library(0x7FFFFFFF)),
    "a lookup table without an end": imports(one_library(GRAFT + 48, 1 << 63 | 1)),
    "a thousand libraries with the same thousand functions": imports(
        struct.pack("<5I", GRAFT + 20480, 0, 0, GRAFT + 20480 + 9000, 0) * 1000
        + bytes(480)
        + struct.pack("<Q", 1 << 63 | 1) * 1000
        + bytes(1000)
        + b"x.dll\0"
    ),
    "exports in no section": directory(EXPORTS, 0x7FFFFFFF),
    "more exports than ordinals": chain(grafted(struct.pack("<24x3I4x", 1 << 20, 0, GRAFT)), directory(EXPORTS, GRAFT)),
    "two billion exports": chain(grafted(struct.pack("<24x3I4x", 1 << 31, 0, GRAFT)), directory(EXPORTS, GRAFT)),
    "exports cut off": chain(grafted(struct.pack("<24x4I", 9, 0, GRAFT, 0)), directory(EXPORTS, GRAFT)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_table_that_is_not_whole_makes_symbols_unknown_and_is_no_damage(name: str) -> None:
    slice_ = only(UNKNOWN[name](native.windows(kind="library")))
    assert (slice_.symbols_known, slice_.imports) == (False, ())


def test_an_export_table_may_end_where_the_file_does() -> None:
    for length, known in ((40, True), (39, False)):
        found = only(chain(grafted(bytes(length)), directory(EXPORTS, GRAFT))(native.windows(kind="library")))
        assert (found.symbols_known, set(found.exports.beginning_with(""))) == (known, set())


def test_the_names_of_an_export_table_may_end_where_the_file_does() -> None:
    text = b"ask\0tell\0"
    table = struct.pack("<24x4I", 2, 0, GRAFT + 40 + len(text), 0) + text
    names = struct.pack("<2I", GRAFT + 40, GRAFT + 44)
    for length, expected in ((8, {"ask", "tell"}), (7, set())):
        made = chain(grafted(table + names[:length]), directory(EXPORTS, GRAFT))
        assert set(only(made(native.windows(kind="library"))).exports.beginning_with("")) == expected


def one_name(count: int) -> bytes:
    """Return a file that imports as many functions, all by the same name of 4,000 bytes."""
    name = GRAFT + 48 + 8 * (count + 1)
    return imports(one_library(GRAFT + 48, *[name] * count, 0) + b"\0\0" + b"x" * 4000 + b"\0")(native.windows())


def test_names_may_overlap_and_not_be_longer_than_any_files() -> None:
    """65,000 functions with one name, in a file of half a megabyte, took half a gigabyte of memory."""
    good, bad = read(one_name(NAMES_LIMIT // 4001)), read(one_name(65_000))
    assert (good.damage, good.slices[0].symbols_known) == ((), True)
    assert {symbol.name for symbol in good.slices[0].imports} == {"x" * 4000}
    assert [(damage.kind, damage.cap) for damage in bad.damage] == [("pe-limit", True)]
    assert not bad.slices[0].symbols_known


@pytest.mark.parametrize(("rows", "known"), [(ROW_LIMIT - 1, True), (ROW_LIMIT, False)])
def test_the_rows_of_all_import_tables_count(rows: int, *, known: bool) -> None:
    """One of them is the library's."""
    functions = imports(one_library(GRAFT + 48, *[1 << 63 | 1] * rows, 0))
    assert only(functions(native.windows(kind="library"))).symbols_known is known


@pytest.mark.parametrize(("names", "known"), [(EXPORT_LIMIT, True), (EXPORT_LIMIT + 1, False)])
def test_as_many_names_are_exported_as_there_are_ordinals(names: int, *, known: bool) -> None:
    table = struct.pack("<24x4I", names, 0, GRAFT + 44, 0) + b"ask\0" + struct.pack("<I", GRAFT + 40) * names
    found = only(chain(grafted(table), directory(EXPORTS, GRAFT))(native.windows(kind="library")))
    assert (found.symbols_known, set(found.exports.beginning_with(""))) == (known, {"ask"} if known else set())
