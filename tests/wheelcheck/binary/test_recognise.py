"""Formats are told by content: never by name, and never by a magic too short to prove anything."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from wheelcheck.binary import HEAD_SIZE, read_binary, recognise
from wheelcheck.binary.macho_fat import is_java_class
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

NATIVE: dict[str, tuple[Callable[[], bytes], str]] = {
    "ELF library": (native.library, "ELF"),
    "ELF object": (native.object_file, "ELF"),
    "BPF object": (native.bpf_object, "ELF"),
    "four bytes of ELF": (lambda: b"\x7fELF", "ELF"),
    "three bytes of ELF": (lambda: b"\x7fEL", "ELF"),
    "two bytes of ELF": (lambda: b"\x7fE", "ELF"),
    "thin Mach-O": (native.mac, "Mach-O"),
    "universal Mach-O": (lambda: native.universal(native.mac(), native.mac("x86_64")), "Mach-O"),
    "wide universal Mach-O": (lambda: native.universal(native.mac(), wide=True), "Mach-O"),
    "cafebabe alone": (lambda: b"\xca\xfe\xba\xbe", "Mach-O"),
    "2^32-1 slices": (lambda: b"\xca\xfe\xba\xbe\xff\xff\xff\xff" + bytes(64), "Mach-O"),
    "PE program": (native.windows, "PE"),
    "PE cut off behind its DOS stub": (lambda: native.windows()[:118], "PE"),
    "COFF object": (lambda: native.object_file("x86_64-windows-gnu"), "COFF"),
    "COFF object for ARM": (lambda: native.object_file("aarch64-windows-gnu"), "COFF"),
    "archive": (lambda: native.archive({"a.o": native.object_file()}), "ar"),
    "thin archive": (lambda: native.archive({"a.o": native.object_file()}, "--thin"), "ar"),
    "empty archive": (lambda: b"!<arch>\n", "ar"),
    "WebAssembly": (native.wasm_module, "wasm"),
    "WebAssembly magic alone": (lambda: b"\0asm", "wasm"),
}


def java_class(major: int = 61, minor: int = 0) -> bytes:
    """Return the start of a class file: two versions, a constant pool of 20, first a Methodref."""
    return b"\xca\xfe\xba\xbe" + struct.pack(">3HB", minor, major, 20, 10) + bytes(300)


OTHER: dict[str, bytes] = {
    "nothing": b"",
    "one byte of ELF": b"\x7f",
    "three bytes of ELF within a longer text": b"\x7fELx" + bytes(60),
    "text": b"#!/bin/sh\nexec true\n",
    "git-lfs pointer": b"version https://git-lfs.github.com/spec/v1\n",
    "HTML page": b"<!DOCTYPE html><html>" + b" " * 2000,
    "ELF magic later": b"\n\x7fELF" + bytes(100),
    "Java class": java_class(),
    "Java class with preview features": java_class(65, 0xFFFF),
    "old Java class": java_class(45, 3),
    "Java class of the newest version that can be told apart": java_class(255),
    "MZ and text": b"MZ is the state of Zion\n" * 20,
    "MZ alone": b"MZ",
    "DOS program": b"MZ" + bytes(58) + struct.pack("<I", 0) + b"\xb4\x4c\xcd\x21" * 40,
    "DOS program whose e_lfanew points at text": b"MZ" + bytes(58) + struct.pack("<I", 64) + b"text" * 40,
    "machine number and zeros": struct.pack("<H", 0x8664) + bytes(200),
    "machine number and text": struct.pack("<H", 0x14C) + b"the quick brown fox jumps" * 20,
    "almost an archive": b"!<arch>" + bytes(60),
    "gzip": b"\x1f\x8b\x08" + bytes(60),
}


@pytest.mark.parametrize("name", NATIVE)
def test_native_code_is_recognised_by_content(name: str) -> None:
    make, format_ = NATIVE[name]
    content = make()
    assert recognise(content[:HEAD_SIZE], len(content)) == format_
    binary = read_binary("readme.txt", Bytes(content))
    assert binary is not None
    assert binary.format == format_


@pytest.mark.parametrize("name", OTHER)
def test_anything_else_is_not_native(name: str) -> None:
    content = OTHER[name]
    assert recognise(content[:HEAD_SIZE], len(content)) is None
    assert read_binary("library.so", Bytes(content)) is None


@pytest.mark.parametrize("minor", [4, 0xFFFE])
def test_cafebabe_with_an_impossible_java_version_is_mach_o(minor: int) -> None:
    assert recognise(java_class(61, minor), 311) == "Mach-O"


@pytest.mark.parametrize(
    ("major", "minor", "is_java"),
    [(44, 0, False), (45, 0, True), (255, 0, True), (256, 0, False), (61, 3, True), (61, 4, False), (61, 0xFFFF, True)],
)
def test_a_java_class_has_a_version_that_there_was_or_will_be(major: int, minor: int, *, is_java: bool) -> None:
    assert is_java_class(java_class(major, minor)) is is_java


def test_a_java_class_begins_with_a_constant_that_exists_and_has_some() -> None:
    head = java_class()
    assert {tag for tag in range(256) if is_java_class(head[:10] + bytes([tag]))} == {1, *range(3, 13), *range(15, 21)}
    assert [is_java_class(head[:length]) for length in (10, 11)] == [False, True]
    assert not is_java_class(head[:8] + b"\0\0" + head[10:])
    assert not is_java_class(b"\xca\xfe\xba\xbf" + head[4:])


def test_cafebabe_with_an_empty_constant_pool_is_mach_o() -> None:
    assert recognise(b"\xca\xfe\xba\xbe" + struct.pack(">4H", 0, 61, 0, 0), 4000) == "Mach-O"


def far_signature(signature: bytes) -> bytes:
    """Return an MZ file whose signature lies behind the head that recognition sees."""
    return b"MZ" + bytes(58) + struct.pack("<I", 8192) + bytes(8192 - 64) + signature + native.windows()[0x7C:]


def test_a_pe_signature_behind_the_head_is_looked_for_when_reading() -> None:
    binary = read_binary("x", Bytes(far_signature(b"PE\0\0")))
    assert binary is not None
    assert binary.format == "PE"
    assert read_binary("x", Bytes(far_signature(b"NE\0\0"))) is None
