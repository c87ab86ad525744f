"""Mach-O: real files for both CPUs, universal ones, and every way they can be wrong, one edit from the good one."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from wheelcheck.binary import Binary, Slice, read_binary
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    Edit = Callable[[bytes], bytes]

LC_SEGMENT_64, LC_ID_DYLIB, LC_LOAD_DYLIB, LC_RPATH = 0x19, 0xD, 0xC, 0x8000001C
LC_BUILD_VERSION, LC_VERSION_MIN_MACOSX, LC_VERSION_MIN_IPHONEOS, LC_ENCRYPTION_INFO_64 = 0x32, 0x24, 0x25, 0x2C


def read(content: bytes) -> Binary:
    binary = read_binary("x", Bytes(content))
    assert binary is not None
    assert binary.format == "Mach-O"
    return binary


def only(content: bytes) -> Slice:
    binary = read(content)
    assert binary.damage == ()
    (slice_,) = binary.slices
    return slice_


def kinds(content: bytes) -> set[str]:
    return {damage.kind for damage in read(content).damage}


def commands(content: bytes) -> list[bytes]:
    found, offset = [], 32
    for _ in range(struct.unpack_from("<I", content, 16)[0]):
        size = struct.unpack_from("<I", content, offset + 4)[0]
        found.append(content[offset : offset + size])
        offset += size
    return found


def rebuilt(content: bytes, changed: list[bytes]) -> bytes:
    """Return the file with other load commands; there is room for a few more before the first section."""
    table = b"".join(changed)
    head = content[:16] + struct.pack("<II", len(changed), len(table)) + content[24:32] + table
    return head + content[len(head) :]


def appended(command: bytes) -> Edit:
    return lambda content: rebuilt(content, [*commands(content), command])


def without(number: int) -> Edit:
    def edit(content: bytes) -> bytes:
        kept = [raw for raw in commands(content) if struct.unpack_from("<I", raw)[0] != number]
        return rebuilt(content, kept)

    return edit


def replaced(number: int, command: bytes) -> Edit:
    def edit(content: bytes) -> bytes:
        return appended(command)(without(number)(content))

    return edit


def command(number: int, body: bytes) -> bytes:
    return struct.pack("<II", number, 8 + len(body)) + body


def string_command(number: int, text: bytes, extra: int = 0) -> bytes:
    """Return a command whose only field, or first of four for a dylib, is an lc_str."""
    body = text + bytes(8 - len(text) % 8)
    return command(number, struct.pack("<I", 12 + extra) + bytes(extra) + body + bytes(-(4 + extra + len(body)) % 8))


def dylib_command(number: int, text: bytes) -> bytes:
    return string_command(number, text, 12)


def build_version(platform: int, major: int, minor: int = 0) -> bytes:
    return command(LC_BUILD_VERSION, struct.pack("<4I", platform, major << 16 | minor << 8, 0, 0))


def version_min(number: int, major: int, minor: int, patch: int = 0) -> bytes:
    return command(number, struct.pack("<2I", major << 16 | minor << 8 | patch, 0))


def field(offset: int, value: int) -> Edit:
    return lambda content: content[:offset] + struct.pack("<I", value) + content[offset + 4 :]


def big_endian(filetype: int = 1, cputype: int = 18) -> bytes:
    """Return a 32-bit PowerPC object with one load command, an LC_RPATH."""
    rpath = struct.pack(">3I", LC_RPATH, 16, 12) + b"/x\0\0"
    return b"\xfe\xed\xfa\xce" + struct.pack(">6I", cputype, 0, filetype, 1, len(rpath), 0) + rpath


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


def test_segments_of_a_debug_companion_may_lie_elsewhere() -> None:
    assert only(field(12, 10)(native.mac())[:8192]).kind == "debug"
    assert kinds(native.mac()[:8192]) == {"macho-truncated"}


def test_an_old_big_endian_file_is_read_in_its_byte_order() -> None:
    slice_ = only(big_endian())
    assert (slice_.machine, slice_.arches, slice_.bits, slice_.little_endian) == ("ppc", ("ppc",), 32, False)
    assert slice_.rpath == ("/x",)
    assert only(big_endian(cputype=0x12345)).machine == "cputype 0x12345"


VERSIONS = {
    "build version": (build_version(1, 12, 3), "macos", (12, 3)),
    "minimum of old": (version_min(LC_VERSION_MIN_MACOSX, 10, 9), "macos", (10, 9)),
    "minimum with a patch level": (version_min(LC_VERSION_MIN_MACOSX, 10, 9, 4), "macos", (10, 9, 4)),
    "iOS": (build_version(2, 14), "ios", (14, 0)),
    "iOS of old": (version_min(LC_VERSION_MIN_IPHONEOS, 9, 0), "ios", (9, 0)),
    "Catalyst": (build_version(6, 14), "macos", (14, 0)),
}


@pytest.mark.parametrize("name", VERSIONS)
def test_the_minimum_os_is_that_of_the_platform(name: str) -> None:
    raw, system, minimum = VERSIONS[name]
    slice_ = only(replaced(LC_BUILD_VERSION, raw)(native.mac()))
    assert (slice_.system, slice_.minimum_os) == (system, minimum)


def test_a_file_without_a_version_is_for_macos_of_unknown_age() -> None:
    slice_ = only(without(LC_BUILD_VERSION)(native.mac()))
    assert (slice_.system, slice_.minimum_os) == ("macos", ())


def test_a_zippered_library_counts_for_macos() -> None:
    slice_ = only(appended(build_version(6, 14))(native.mac()))
    assert (slice_.system, slice_.minimum_os) == ("macos", (11, 0))


def cut(length: int) -> Edit:
    return lambda content: content[:length]


def first_command(size: int) -> Edit:
    return field(36, size)


CASES: dict[str, tuple[Edit, str]] = {
    "magic alone": (cut(4), "macho-truncated"),
    "header cut off": (cut(31), "macho-truncated"),
    "header alone": (cut(32), "macho-truncated"),
    "commands cut off": (cut(200), "macho-truncated"),
    "segments cut off": (cut(9000), "macho-truncated"),
    "magic then zeros": (lambda content: content[:4] + bytes(4096), "macho-header"),
    "file type 0": (field(12, 0), "macho-header"),
    "file type 99": (field(12, 99), "macho-header"),
    "no CPU": (field(4, 0), "macho-header"),
    "commands of 4 GB": (field(20, 0xFFFFFFFF), "macho-truncated"),
    "command of size 0": (first_command(0), "macho-command"),
    "command of size 7": (first_command(7), "macho-command"),
    "command of size 73": (first_command(73), "macho-command"),
    "command of 4 GB": (first_command(0xFFFFFFF8), "macho-command"),
    "more commands than there is room for": (field(16, 100), "macho-command"),
    "no command": (lambda content: rebuilt(content, []), "macho-command"),
    "a segment too short": (appended(command(LC_SEGMENT_64, bytes(8))), "macho-command"),
    "a version too short": (appended(command(LC_BUILD_VERSION, b"")), "macho-command"),
    "an encryption too short": (appended(command(LC_ENCRYPTION_INFO_64, bytes(8))), "macho-command"),
    "a string too short": (appended(command(LC_RPATH, b"")), "macho-command"),
    "string offset beyond the command": (appended(command(LC_RPATH, struct.pack("<II", 99, 0))), "macho-command"),
    "string offset within the header": (appended(command(LC_RPATH, struct.pack("<II", 4, 0))), "macho-command"),
    "string without an end": (appended(command(LC_LOAD_DYLIB, struct.pack("<I", 12) + b"a" * 12)), "macho-command"),
    "name without an end": (appended(command(LC_ID_DYLIB, struct.pack("<I", 12) + b"a" * 12)), "macho-command"),
    "two minimum versions": (appended(build_version(1, 13)), "macho-version"),
    "old and new minimum version": (appended(version_min(LC_VERSION_MIN_MACOSX, 10, 9)), "macho-version"),
    "encrypted": (appended(command(LC_ENCRYPTION_INFO_64, struct.pack("<4I", 0, 9, 1, 0))), "macho-encrypted"),
}
GOOD: dict[str, Edit] = {
    "untouched": lambda content: content,
    "the same minimum twice": appended(build_version(1, 11)),
    "decrypted": appended(command(LC_ENCRYPTION_INFO_64, struct.pack("<4I", 0, 9, 0, 0))),
    "one more search path": appended(string_command(LC_RPATH, b"@executable_path")),
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

    assert [damage.kind for damage in read(with_commands(4000)).damage] == []
    assert [(damage.kind, damage.cap) for damage in read(with_commands(5000)).damage] == [("macho-limit", True)]
