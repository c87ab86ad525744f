"""Where a PE file's addresses are in the file, and where the file ends: to the byte."""

from __future__ import annotations

import pytest

from tests.support import native
from tests.support.pe_cases import DIRECTORY_COUNT, OPTIONAL_SIZE, SECTIONS, only, put, read, start
from wheelcheck.binary.pe import is_pe, signature_offset
from wheelcheck.binary.pe_tables import Section, Tables

CODE, DATA = 0x20, 0x40
TABLES = Tables(
    (Section(0x80, 0x1000, 0x200, 0x400, CODE), Section(0x300, 0x2000, 0x100, 0x600, DATA)),
    ((0, 0), (0x2010, 40), (0, 0), (0, 0), (0x700, 0x30)),
    0x140000000,
    0x400,
)


@pytest.mark.parametrize(
    ("address", "offset"),
    [
        (0, None),
        (1, 1),
        (0x3FF, 0x3FF),
        (0x400, None),
        (0xFFF, None),
        (0x1000, 0x400),
        (0x11FF, 0x5FF),
        (0x1200, None),
        (0x2000, 0x600),
        (0x20FF, 0x6FF),
        (0x2100, None),
    ],
)
def test_an_address_is_in_a_section_or_in_the_headers(address: int, offset: int | None) -> None:
    assert TABLES.locate(address) == offset


def test_a_directory_that_is_not_there_has_no_address() -> None:
    assert [TABLES.directory(number) for number in (0, 1, 4, 5, 99)] == [0, 0x2010, 0x700, 0, 0]


@pytest.mark.parametrize(
    ("certificates", "end"),
    [((0x700, 0x30), 0x730), ((0x800, 0x30), 0x830), ((0x6FF, 0x30), 0x700), ((0x900, 0), 0x700), ((0, 0x30), 0x700)],
)
def test_a_file_ends_behind_its_certificates(certificates: tuple[int, int], end: int) -> None:
    directories = (*TABLES.directories[:4], certificates)
    assert Tables(TABLES.sections, directories, 0, 0).end == end
    assert Tables(TABLES.sections, directories[:4], 0, 0).end == 0x700
    assert Tables((), (), 0, 0).end == 0


@pytest.mark.parametrize(
    ("sections", "split"),
    [
        ((), False),
        ((Section(1, 1, 1, 1, DATA),), False),
        ((Section(1, 1, 1, 0, CODE),), True),
        ((Section(1, 1, 0, 1, CODE),), True),
        ((Section(1, 1, 1, 1, CODE),), False),
        ((Section(1, 1, 1, 0, CODE), Section(1, 1, 1, 1, CODE)), False),
        ((Section(1, 1, 1, 0, CODE), Section(1, 1, 1, 1, DATA)), True),
    ],
)
def test_a_file_without_the_bytes_of_its_code_is_debug_data(sections: tuple[Section, ...], *, split: bool) -> None:
    assert Tables(sections, (), 0, 0).is_split_debug is split


@pytest.mark.parametrize(
    ("offset", "size", "found"),
    [(0x40, 0x44, 0x40), (0x40, 0x43, None), (4, 0x44, 4), (3, 0x44, None), (0, 0x44, None), (1 << 31, 0x44, None)],
)
def test_a_signature_is_within_the_file_and_behind_the_magic(offset: int, size: int, found: int | None) -> None:
    head = b"MZ".ljust(0x3C, b"\0") + offset.to_bytes(4, "little")
    assert signature_offset(head, size) == found
    assert signature_offset(head[:-1], size) is None
    assert signature_offset(b"ZM" + head[2:], size) is None


@pytest.mark.parametrize(
    ("rest", "taken"),
    [
        (b"PE\0\0", True),
        (b"PE\0\1", False),
        (b"PE\0", True),  # cut off, or read later
        (b"", True),
    ],
)
def test_a_file_is_pe_if_its_signature_is_or_may_be_there(rest: bytes, *, taken: bool) -> None:
    head = b"MZ".ljust(0x3C, b"\0") + (0x40).to_bytes(4, "little") + rest
    assert is_pe(head, 0x100) is taken


@pytest.mark.parametrize("stub", [b"This program cannot be run", b"This program must be run under Win32"])
def test_a_dos_stub_of_windows_is_a_pe_file_that_was_cut_off(stub: bytes) -> None:
    for place, taken in ((0x4E, True), (1024 - len(stub), True), (1025 - len(stub), False)):
        assert is_pe(b"MZ".ljust(place, b"\0") + stub, 0x60) is taken
    assert not is_pe(b"ZM".ljust(0x4E, b"\0") + stub, 0x60)


@pytest.mark.parametrize(("count", "room", "said"), [(16, 16, False), (17, 16, False), (2, 1, True), (1, 1, False)])
def test_the_loader_takes_16_directories_of_those_that_have_room(count: int, room: int, *, said: bool) -> None:
    content = native.windows()
    size = 112 + 8 * room
    sections = content[start(content) + 20 + 240 :]
    moved = content[: start(content) + 20 + size] + sections
    shorter = put("H", OPTIONAL_SIZE, size)(put("I", DIRECTORY_COUNT, count)(moved))
    reasons = [damage.why for damage in read(shorter).damage]
    assert (f"{count} data directories: the optional header has room for {room}" in reasons) is said


def test_the_optional_header_reaches_to_the_number_of_directories() -> None:
    content = put("I", DIRECTORY_COUNT, 0)(native.windows())
    for size, whole in ((112, True), (111, False)):
        reasons = [damage.why for damage in read(put("H", OPTIONAL_SIZE, size)(content)).damage]
        assert (f"an optional header of {size} bytes, magic 0b02: expected PE32(+)" in reasons) is not whole


def test_a_section_may_end_where_the_file_ends() -> None:
    content = native.windows()
    count = int.from_bytes(content[start(content) + SECTIONS :][:2], "little")
    at = 20 + 240 + 40 * (count - 1)
    offset = int.from_bytes(content[start(content) + at + 20 :][:4], "little")
    assert only(put("I", at + 16, len(content) - offset)(content)).dynamic
    more = read(put("I", at + 16, len(content) - offset + 1)(content)).damage
    assert [damage.kind for damage in more] == ["pe-truncated"]
    assert only(put("I", at + 16, 1 << 30)(put("I", at + 20, 0)(content))).dynamic  # zeros in memory
