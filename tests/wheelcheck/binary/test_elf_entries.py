from __future__ import annotations

import itertools
import struct
from typing import TYPE_CHECKING

import pytest

from wheelcheck.binary.elf_entries import NARROW, WIDE, read_entries
from wheelcheck.binary.reader import NAMES_LIMIT, Blocks, Reading
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelcheck.binary.elf_entries import Entries, Layout

LOCAL, GLOBAL, WEAK, UNIQUE = 0, 1, 2, 10
Row = tuple[int, int, int, int, int]  # name, info, other, section, value


def read(rows: Iterable[Row], strings: bytes, layout: Layout = WIDE, order: str = "<") -> Entries | None:
    pack = struct.Struct(f"{order}IBBHQQ" if layout is WIDE else f"{order}IIIBBH").pack
    table = b"".join(
        pack(name, info, other, section, value, 7) if layout is WIDE else pack(name, value, 7, info, other, section)
        for name, info, other, section, value in rows
    )
    return read_entries(Reading("x", "elf", Blocks(Bytes(b""))), table, strings, layout, order)


def is_taken(info: int, section: int, value: int) -> bool:
    """Return what check_match of glibc's dl-lookup.c says of a symbol, which is asked for one symbol at a time."""
    if value == 0 and section != 0xFFF1 and info & 15 != 6:
        return False
    return info & 15 in (0, 1, 2, 5, 6, 10) and info >> 4 in (GLOBAL, WEAK, UNIQUE)


@pytest.mark.parametrize("layout", [WIDE, NARROW])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_symbol_is_answered_as_the_loader_answers_it_alone(layout: Layout, order: str) -> None:
    most = (1 << 8 * layout.width) - 1
    sections = (0, 1, 0x100, 0xFF00, 0xF100, 0xF1FF, 0xFFF1, 0xFFFF)
    values = (0, 1, 1 << 24, most, most & ~0xFF, 1 << 8 * layout.width - 1)
    rows = [(0, *row) for row in itertools.product(range(256), (0, 1, 2, 3, 0x60, 0xFF), sections, values)]
    entries = read(rows, b"x\0", layout, order)
    assert entries is not None
    expected = [
        (
            info >> 4 == LOCAL,
            info >> 4 == WEAK,
            section != 0,
            section != 0 and not is_taken(info, section, value),
            section != 0 and is_taken(info, section, value) and other & 3 in (0, 3),
        )
        for _, info, other, section, value in rows
    ]
    found = zip(entries.local, entries.weak, entries.defined, entries.untaken, entries.offered, strict=True)
    assert [tuple(map(bool, answers)) for answers in found] == expected
    assert {*entries.local, *entries.weak, *entries.defined, *entries.untaken, *entries.offered} == {0, 1}


def test_names_end_at_a_zero_byte_and_may_overlap() -> None:
    strings = b"\0first\0second\0"
    rows = [(start, GLOBAL << 4, 0, section, 1) for start, section in ((0, 0), (1, 1), (3, 1), (7, 0), (999, 1))]
    entries = read(rows, strings)
    assert entries is not None
    assert entries.names == [b"", b"first", b"rst", b"second", b""]
    assert list(entries.exported()) == [b"first", b"rst", b""]
    assert [entries.found(index) for index in (0, 1, 3, 5, 10**9)] == [b"", b"first", b"", b"", b""]


def test_a_table_without_symbols_has_none() -> None:
    entries = read([], b"")
    assert entries is not None
    assert entries.names == [*entries.exported()] == []


@pytest.mark.parametrize("length", [2**16 - 2, 2**17, 2**22])
def test_names_that_together_are_longer_than_any_files_are_not_made(length: int) -> None:
    rows = [(0, GLOBAL << 4, 0, 1, 1)] * (NAMES_LIMIT // length + 1)
    assert read(rows, b"x" * length + b"\0") is None


def test_the_good_twin_has_as_many_names_that_are_short() -> None:
    entries = read([(0, GLOBAL << 4, 0, 1, 1)] * 10_000, b"x" * 100 + b"\0")
    assert entries is not None
    assert entries.names == [b"x" * 100] * 10_000


def test_one_name_may_be_long() -> None:
    entries = read([(0, GLOBAL << 4, 0, 1, 1)] * 2, b"x" * 60_000 + b"\0")
    assert entries is not None
    assert entries.names == [b"x" * 60_000] * 2


@pytest.mark.parametrize("last", [0, 100, 60_000])
def test_names_may_be_many(last: int) -> None:
    strings = b"x" * 60_000 + b"\0" + b"y" * 60_000 + b"\0" + b"z" * last + b"\0"
    entries = read([(start, GLOBAL << 4, 0, 1, 1) for start in (0, 60_001, 120_002)], strings)
    assert entries is not None
    assert list(map(len, entries.names)) == [60_000, 60_000, last]


def test_a_name_of_more_than_two_pieces_is_that_of_no_file() -> None:
    assert read([(0, GLOBAL << 4, 0, 1, 1)], b"\0" * 2**16 + b"x" * 2**17 + b"\0" * 2**16) is None
