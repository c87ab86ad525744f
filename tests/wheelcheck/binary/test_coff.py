"""COFF objects have no magic: a machine number counts only in front of a plausible header."""

from __future__ import annotations

import struct

import pytest

from tests.support import native
from tests.support.pe_cases import only, read
from wheelcheck.binary import read_binary
from wheelcheck.source import Bytes

COFF_TARGETS = {"x86_64-windows-gnu": "x86_64", "aarch64-windows-gnu": "aarch64", "x86-windows-gnu": "i686"}


@pytest.mark.parametrize("target", COFF_TARGETS)
def test_coff_objects_are_recognised_by_machine_and_a_plausible_header(target: str) -> None:
    binary = read(native.object_file(target))
    (slice_,) = binary.slices
    assert (binary.format, slice_.kind, slice_.system) == ("COFF", "object", "windows")
    assert slice_.arches == (COFF_TARGETS[target],)


def bigobj(version: int = 2) -> bytes:
    identity = bytes.fromhex("c7a1bad1eebaa94baf20faf66aa4dcb8")
    return struct.pack("<4HI", 0, 0xFFFF, version, 0x8664, 0) + identity + bytes(40)


def short_import(number: int = 0x8664) -> bytes:
    names = b"answer\0answer.dll\0"
    return struct.pack("<4H2I2H", 0, 0xFFFF, 0, number, 0, len(names), 0, 0) + names


@pytest.mark.parametrize("content", [bigobj(), short_import()], ids=["bigobj", "short import"])
def test_anonymous_objects_are_recognised(content: bytes) -> None:
    assert only(content).arches == ("x86_64",)


def coff(code: str, offset: int, value: int) -> bytes:
    edited = bytearray(native.object_file("x86_64-windows-gnu"))
    struct.pack_into("<" + code, edited, offset, value)
    return bytes(edited)


IMPLAUSIBLE = {
    "machine of no row": coff("H", 0, 0x8665),
    "no sections": coff("H", 2, 0),
    "65,535 sections": coff("H", 2, 0xFFFF),
    "symbols past the end": coff("I", 8, 0x7FFFFFFF),
    "symbols within the section table": coff("I", 8, 30),
    "an optional header": coff("H", 16, 224),
    "an image": coff("H", 18, 0x2),
    "section name that is no text": coff("B", 20, 0xFF),
    "section without a name": coff("Q", 20, 0),
    "section with an address": coff("I", 32, 4096),
    "section past the end": coff("I", 36, 0x7FFFFFFF),
    "header alone": native.object_file("x86_64-windows-gnu")[:20],
    "bigobj of version 1": bigobj(1),
    "bigobj of another class": bigobj().replace(b"\xc7\xa1", b"\xc7\xa2"),
    "short import of another length": short_import() + b"x",
    "short import of no row": short_import(0x1234),
    "anonymous and short": bigobj()[:12],
}


@pytest.mark.parametrize("name", IMPLAUSIBLE)
def test_two_bytes_of_machine_number_are_not_a_coff_object(name: str) -> None:
    assert read_binary("x.obj", Bytes(IMPLAUSIBLE[name])) is None


def section(length: int, offset: int) -> bytes:
    """Return an object of a header and one section header, whose data has this length and is at this offset."""
    return struct.pack("<2H3I2H", 0x8664, 1, 0, 0, 0, 0, 0) + struct.pack("<8s8x2I16x", b".text", length, offset)


def symbols(at: int, count: int) -> bytes:
    """Return an object with room for two symbols behind its section, and a table of symbols there or elsewhere."""
    return struct.pack("<2H3I2H", 0x8664, 1, 0, at, count, 0, 0) + section(0, 0)[20:] + bytes(36)


ALONE = struct.pack("<4H2I2H", 0, 0xFFFF, 0, 0x8664, 0, 0, 0, 0)
BOUNDS = {
    "a short import without names": (ALONE, ALONE[:-1]),
    "bigobj whose class ends with the head": (bigobj()[:28], bigobj()[:27]),
    "a section header that ends with the file": (section(0, 0), section(0, 0)[:-1]),
    "a section that ends with the file": (section(36, 24), section(37, 24)),
    "a section without bytes in the file": (section(1 << 30, 0), section(1 << 30, 1)),
    "symbols that end with the file": (symbols(60, 2), symbols(61, 2)),
    "fewer symbols": (symbols(78, 1), symbols(79, 1)),
    "symbols that begin with the section table's end": (symbols(60, 1), symbols(59, 1)),
    "no symbols": (symbols(0, 9), symbols(1, 0)),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_every_part_of_an_object_may_reach_to_its_bound_and_no_byte_further(name: str) -> None:
    inside, outside = BOUNDS[name]
    assert only(inside).arches == ("x86_64",)
    assert read_binary("x.obj", Bytes(outside)) is None
