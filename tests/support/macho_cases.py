"""Every way a Mach-O file can be wrong, each one edit from the good file, and what reads it."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

from tests.support.told import sole, told
from wheelcheck.binary import Binary, Slice, read_binary
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    Edit = Callable[[bytes], bytes]

LC_SEGMENT_64, LC_ID_DYLIB, LC_LOAD_DYLIB, LC_RPATH = 0x19, 0xD, 0xC, 0x8000001C
LC_CODE_SIGNATURE = 0x1D
LC_BUILD_VERSION, LC_VERSION_MIN_MACOSX, LC_VERSION_MIN_IPHONEOS, LC_ENCRYPTION_INFO_64 = 0x32, 0x24, 0x25, 0x2C


def read(content: bytes) -> Binary:
    binary = told(read_binary("x", Bytes(content)))
    assert binary.format == "Mach-O"
    return binary


def only(content: bytes) -> Slice:
    return sole(read(content))


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
    """Return the file with other load commands, signed again; there is room for a few more before the first section."""
    table = b"".join(changed)
    head = content[:16] + struct.pack("<II", len(changed), len(table)) + content[24:32] + table
    return signed(head + content[len(head) :])


def signature_of(content: bytes) -> tuple[int, int] | None:
    """Return where LC_CODE_SIGNATURE says that the signature is: offset and size."""
    for raw in commands(content):
        if struct.unpack_from("<I", raw)[0] == LC_CODE_SIGNATURE:
            offset, size = struct.unpack_from("<II", raw, 8)
            return offset, size
    return None


def code_directory(code: bytes, algorithm: str = "sha256", page: int = 12, kind: int = 2) -> bytes:
    """Return an ad-hoc CodeDirectory for these bytes; `page` is log2 of the page size, `kind` the hash's number."""
    size = 1 << page
    hashes = [hashlib.new(algorithm, code[at : at + size]).digest() for at in range(0, len(code), size)]
    start, length = 88 + 2, len(hashes[0])
    numbers = (0xFADE0C02, start + length * len(hashes), 0x20400, 2, start, 88, 0, len(hashes), len(code))
    return struct.pack(">9I4BI", *numbers, length, kind, 0, page, 0).ljust(88, b"\0") + b"d\0" + b"".join(hashes)


def superblob(*blobs: bytes) -> bytes:
    """Return a signature of these CodeDirectories, the first the usual one and the others its alternates."""
    index, body = b"", b""
    start = 12 + 8 * len(blobs)
    for number, blob in enumerate(blobs):
        index += struct.pack(">2I", 0xFFF + number if number else 0, start + len(body))
        body += blob
    return struct.pack(">3I", 0xFADE0CC0, start + len(body), len(blobs)) + index + body


def _adhoc(code: bytes) -> bytes:
    return superblob(code_directory(code))


def signed(content: bytes, sign: Callable[[bytes], bytes] = _adhoc) -> bytes:
    """Return a signed file with the signature that `sign` makes of its code; an unsigned file as it is.

    The length of that signature must not depend on the bytes, because the load commands that give it are signed too.
    """
    place = signature_of(content)
    if place is None or place[0] > len(content):
        return content
    code, size = bytearray(content[: place[0]]), len(sign(content[: place[0]]))
    at = 32
    for raw in commands(content):
        if struct.unpack_from("<I", raw)[0] == LC_CODE_SIGNATURE:
            struct.pack_into("<I", code, at + 12, size)
        elif raw[8:24].rstrip(b"\0") == b"__LINKEDIT":
            struct.pack_into("<Q", code, at + 48, place[0] + size - struct.unpack_from("<Q", raw, 40)[0])
        at += len(raw)
    return bytes(code) + sign(bytes(code))


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


def cut(length: int) -> Edit:
    return lambda content: content[:length]


def first_command(size: int) -> Edit:
    return field(36, size)


CASES: dict[str, tuple[Edit, str]] = {
    "magic only": (cut(4), "macho-truncated"),
    "header cut off": (cut(31), "macho-truncated"),
    "header only": (cut(32), "macho-truncated"),
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
    "command of size 76": (first_command(76), "macho-command"),
    "command of 4 GB": (first_command(0xFFFFFFF8), "macho-command"),
    "more commands than there is room for": (field(16, 100), "macho-command"),
    "a required command that no dyld knows": (appended(command(0x80000099, bytes(8))), "macho-command"),
    "the first number that no dyld knows": (appended(command(0x80000040, bytes(8))), "macho-command"),
    "a string that begins with the last byte of its offset": (
        appended(command(LC_RPATH, struct.pack("<II", 11, 0))),
        "macho-command",
    ),
    "a library without a name": (
        appended(command(LC_LOAD_DYLIB, struct.pack("<4I", 24, 0, 0, 0) + bytes(8))),
        "macho-command",
    ),
    "no command": (lambda content: rebuilt(content, []), "macho-command"),
    "a segment too short": (appended(command(LC_SEGMENT_64, bytes(8))), "macho-command"),
    **{
        f"{what} too short": (appended(command(number, bytes(length))), "macho-command")
        for what, number, length in (("symbols", 0x2, 8), ("parts", 0xB, 16), ("a signature", LC_CODE_SIGNATURE, 0))
    },
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
