"""Mach-O: real files for both CPUs, universal ones, and every way they can be wrong, one edit from the good one."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.macho_cases import (
    CASES,
    LC_BUILD_VERSION,
    LC_ENCRYPTION_INFO_64,
    LC_ID_DYLIB,
    LC_LOAD_DYLIB,
    LC_RPATH,
    LC_SEGMENT_64,
    LC_VERSION_MIN_IPHONEOS,
    LC_VERSION_MIN_MACOSX,
    appended,
    big_endian,
    build_version,
    command,
    commands,
    field,
    kinds,
    only,
    read,
    replaced,
    version_min,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Edit = Callable[[bytes], bytes]


def string_command(number: int, text: bytes, extra: int = 0) -> bytes:
    """Return a command whose only field, or first of four for a dylib, is an lc_str."""
    body = text + bytes(8 - len(text) % 8)
    return command(number, struct.pack("<I", 12 + extra) + bytes(extra) + body + bytes(-(4 + extra + len(body)) % 8))


def dylib_command(number: int, text: bytes) -> bytes:
    return string_command(number, text, 12)


def test_programs_and_libraries_of_both_cpus_are_read_for_what_they_are() -> None:
    for cpu, kind in (("x86_64", "executable"), ("aarch64", "library")):
        slice_ = only(native.mac(cpu, kind=kind))
        assert (slice_.arches, slice_.kind, slice_.system, slice_.dynamic) == ((cpu,), kind, "macos", True)
        assert slice_.needed == ("/usr/lib/libSystem.B.dylib",)
        assert slice_.minimum_os == (11, 0)


def test_names_and_search_paths_come_from_the_load_commands() -> None:
    assert only(native.mac("aarch64", kind="library")).soname == "@rpath/libanswer.dylib"
    assert only(native.mac("aarch64")).rpath == ("@loader_path",)


@pytest.mark.parametrize("number", [LC_LOAD_DYLIB, 0x80000018, 0x8000001F, 0x20, 0x80000023])
def test_every_way_to_load_a_dylib_is_a_need(number: int) -> None:
    loaded = appended(dylib_command(number, b"/opt/libx.dylib"))(native.mac())
    assert only(loaded).needed[-1] == "/opt/libx.dylib"


def test_a_debug_companion_and_an_object_are_neither_program_nor_library() -> None:
    assert only(native.object_file("aarch64-macos")).kind == "object"
    companion = field(12, 10)(native.mac())
    assert only(companion).kind == "debug"


def test_segments_of_a_debug_companion_may_have_other_offsets() -> None:
    assert only(field(12, 10)(native.mac())[:8192]).kind == "debug"
    assert kinds(native.mac()[:8192]) == {"macho-truncated"}


@pytest.mark.parametrize(
    ("filetype", "kind"), [(1, "object"), (2, "executable"), (4, "core"), (8, "library"), (10, "debug"), (99, "object")]
)
def test_a_file_is_of_the_kind_that_its_type_says_and_an_object_where_that_is_unknown(filetype: int, kind: str) -> None:
    (slice_,) = read(field(12, filetype)(native.mac())).slices
    assert slice_.kind == kind


@pytest.mark.parametrize(
    ("start", "size", "ends"), [(0, 84, False), (80, 4, False), (0, 85, True), (84, 1, True), (0xFFFF0000, 84, True)]
)
def test_a_segment_of_a_32_bit_file_ends_where_the_file_does(start: int, size: int, *, ends: bool) -> None:
    segment = struct.pack(">2I16s8I", 1, 56, b"__TEXT", 0, 0x1000, start, size, 7, 5, 0, 0)
    damage = read(big_endian()[:20] + struct.pack(">2I", len(segment), 0) + segment).damage
    assert any("segment __TEXT ends at" in each.why for each in damage) is ends


def test_an_old_big_endian_file_is_read_in_its_byte_order() -> None:
    slice_ = only(big_endian())
    assert (slice_.machine, slice_.arches, slice_.bits, slice_.little_endian) == ("ppc", ("ppc",), 32, False)
    assert slice_.rpath == ("/x",)
    assert only(big_endian(cputype=0x12345)).machine == "cputype 0x12345"


@pytest.mark.parametrize("size", [0, 4, 72, 73, 74, 76, 77])
def test_a_load_command_has_a_whole_number_of_words(size: int) -> None:
    """Of 8 bytes in a 64-bit file, of 4 in a 32-bit one."""
    wide = read(field(36, size)(native.mac())).damage
    assert any(f"load command 0 has size {size} at 0x20" in damage.why for damage in wide) is (size != 72)
    rpath = struct.pack(">3I", LC_RPATH, size, 12) + b"/x".ljust(72, b"\0")
    narrow = read(big_endian()[:20] + struct.pack(">2I", size, 0) + rpath).damage
    assert any(f"load command 0 has size {size} at 0x1c" in damage.why for damage in narrow) is (size not in (72, 76))


VERSIONS = {
    "build version": (build_version(1, 12, 3), "macos", (12, 3)),
    "minimum of old": (version_min(LC_VERSION_MIN_MACOSX, 10, 9), "macos", (10, 9)),
    "minimum with a patch level": (version_min(LC_VERSION_MIN_MACOSX, 10, 9, 4), "macos", (10, 9, 4)),
    "iOS": (build_version(2, 14), "ios", (14, 0)),
    "iOS of old": (version_min(LC_VERSION_MIN_IPHONEOS, 9, 0), "ios", (9, 0)),
    "iOS of old on Intel is the simulator": (
        version_min(LC_VERSION_MIN_IPHONEOS, 9, 0),
        "ios-simulator",
        (9, 0),
    ),
    **{
        f"{system} of old{where}": (version_min(number, 9, 0), f"{system.lower()}{suffix}", (9, 0))
        for number, system in ((0x2F, "tvOS"), (0x30, "watchOS"))
        for where, suffix in (("", ""), (" on Intel is the simulator", "-simulator"))
    },
    "numbers of eight bits": (version_min(LC_VERSION_MIN_MACOSX, 10, 31, 255), "macos", (10, 31, 255)),
    "tvOS": (build_version(3, 14), "tvos", (14, 0)),
    "watchOS": (build_version(4, 7), "watchos", (7, 0)),
    "the iOS simulator": (build_version(7, 14), "ios-simulator", (14, 0)),
    "visionOS": (build_version(11, 1), "visionos", (1, 0)),
    "a system without a name here": (build_version(99, 1), "other", (1, 0)),
    "Catalyst": (build_version(6, 14), "catalyst", (14, 0)),
}


@pytest.mark.parametrize("name", VERSIONS)
def test_the_minimum_os_is_that_of_the_platform(name: str) -> None:
    raw, system, minimum = VERSIONS[name]
    cpu = "x86_64" if "Intel" in name else "aarch64"
    slice_ = only(replaced(LC_BUILD_VERSION, raw)(native.mac(cpu)))
    assert (slice_.system, slice_.minimum_os) == (system, minimum)


def test_a_file_without_a_version_is_for_macos_of_unknown_age() -> None:
    slice_ = only(without(LC_BUILD_VERSION)(native.mac()))
    assert (slice_.system, slice_.minimum_os) == ("macos", ())


def test_a_zippered_library_counts_for_macos() -> None:
    slice_ = only(appended(build_version(6, 14))(native.mac()))
    assert (slice_.system, slice_.minimum_os) == ("macos", (11, 0))
    catalyst_first = appended(build_version(1, 12))(replaced(LC_BUILD_VERSION, build_version(6, 14))(native.mac()))
    assert (only(catalyst_first).system, only(catalyst_first).minimum_os) == ("macos", (12, 0))


GOOD: dict[str, Edit] = {
    "untouched": lambda content: content,
    "the same minimum twice": appended(build_version(1, 11)),
    "decrypted": appended(command(LC_ENCRYPTION_INFO_64, struct.pack("<4I", 0, 9, 0, 0))),
    "one more search path": appended(string_command(LC_RPATH, b"@executable_path")),
    "the newest required command": appended(command(0x80000038, bytes(8))),
    "the last number that one may have": appended(command(0x8000003F, bytes(8))),
    "an unknown command": appended(command(0x7777, bytes(8))),
    "bytes behind the last segment": lambda content: content + b"overlay",
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_file_is_damaged_in_the_kind_that_names_the_fault(name: str) -> None:
    edit, kind = CASES[name]
    assert kind in kinds(edit(native.mac()))


@pytest.mark.parametrize("name", GOOD)
def test_its_good_twins_are_not(name: str) -> None:
    assert kinds(GOOD[name](native.mac())) == set()


def test_a_dylib_must_name_itself() -> None:
    dylib = native.mac(kind="library")
    assert kinds(dylib) == set()
    assert kinds(without(LC_ID_DYLIB)(dylib)) == {"macho-command"}


def test_more_load_commands_than_the_cap_prove_nothing() -> None:
    def with_commands(count: int) -> bytes:
        table = [raw for raw in commands(native.mac()) if struct.unpack_from("<I", raw)[0] == LC_SEGMENT_64]
        table += [command(0x7777, b"")] * count
        body = b"".join(table)
        head = native.mac()[:16] + struct.pack("<II", len(table), len(body)) + bytes(8) + body
        return head + native.mac()[len(head) :] + bytes(65536)

    segments = sum(struct.unpack_from("<I", raw)[0] == LC_SEGMENT_64 for raw in commands(native.mac()))
    assert [damage.kind for damage in read(with_commands(4096 - segments)).damage] == []
    above = read(with_commands(4097 - segments)).damage
    assert [(damage.kind, damage.cap) for damage in above] == [("macho-limit", True)]


def test_a_weak_load_and_chained_fixups_are_told() -> None:
    weak = string_command(0x80000018, b"/opt/x.dylib\0", 12)
    slice_ = only(appended(weak)(appended(command(0x80000034, bytes(8)))(native.mac())))
    assert slice_.weak_needed == ("/opt/x.dylib",)
    assert "/opt/x.dylib" in slice_.needed
    assert slice_.chained_fixups
    assert not only(native.mac()).chained_fixups


def test_a_library_that_hands_on_another_is_told() -> None:
    assert only(appended(string_command(0x8000001F, b"/opt/x.dylib\0", 12))(native.mac())).hands_on
    assert not only(appended(string_command(LC_LOAD_DYLIB, b"/opt/x.dylib\0", 12))(native.mac())).hands_on
