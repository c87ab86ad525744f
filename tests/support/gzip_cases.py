"""Compressed files that a careful reader refuses, each beside one that it must accept."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib

from tests.support.archive_cases import case
from tests.support.tars import gz, member, sdist, tar

GOOD = sdist()
XZ, BZ2 = lzma.compress(tar()), bz2.compress(tar())
# The block header: its length, flags, LZMA2 and its property, which is the dictionary's size, then a CRC-32.
GREEDY_BLOCK = XZ[12:16] + b"\x1e" + XZ[17:20]
GREEDY_XZ = XZ[:12] + GREEDY_BLOCK + zlib.crc32(GREEDY_BLOCK).to_bytes(4, "little") + XZ[24:]
NAMED = gz(tar(), flags=8, extra=b"pkg-1.tar\0")
SUM = zlib.crc32(GOOD[:3] + b"\2" + GOOD[4:10]).to_bytes(4, "little")[:2]
HASHED = gz(tar(), flags=2, extra=SUM)

PARTS = b"\3\0abc" + b"name\0" + b"hello\0"  # extra field, name, comment
SUM_OF_PARTS = zlib.crc32(GOOD[:3] + b"\x1e" + GOOD[4:10] + PARTS).to_bytes(4, "little")[:2]

GZIP_CASES = (
    case("a gzip of text", "tar-truncated", gz(b"text"), GOOD),
    case("cut in the stream", "gzip-truncated", GOOD[:40], GOOD),
    case("cut in the trailer", "gzip-truncated", GOOD[:-1], GOOD),
    case("cut in the header", "not-gzip", GOOD[:9], GOOD),
    case("a wrong CRC", "gzip-crc", gz(tar(), crc=1), GOOD),
    case("a wrong size", "gzip-size", gz(tar(), size=1), GOOD),
    case("bytes after the end", "gzip-trailing", GOOD + b"x", GOOD),
    case("zeros after the end", "gzip-trailing", GOOD + bytes(9), GOOD),
    case("another gzip member", "gzip-concatenated", GOOD + gz(b""), GOOD),
    case(
        "a zip for other readers",
        "two-formats",
        gzip.compress(tar(member(content=b"PK\5\6" + bytes(18))), 0),
        gzip.compress(tar(member(content=b"PK\5\5" + bytes(18))), 0),
    ),
    case("a broken stream", "gzip-deflate", GOOD[:10] + b"\xff" * 30, GOOD),
    case("reserved flags", "gzip-header", gz(tar(), flags=0x80), GOOD),
    case("an extra field", "gzip-hidden", gz(tar(), flags=4, extra=b"\3\0abc"), GOOD),
    case("a comment", "gzip-hidden", gz(tar(), flags=16, extra=b"hello\0"), NAMED),
    case(
        "an extra field, a name, a comment and a checksum",
        "gzip-hidden",
        gz(tar(), flags=30, extra=PARTS + SUM_OF_PARTS),
        HASHED,
    ),
    case(
        "the same with the checksum of nothing",
        "gzip-hidden gzip-header",
        gz(tar(), flags=30, extra=PARTS + bytes(2)),
        HASHED,
    ),
    case(
        "an extra field cut short",
        "gzip-hidden gzip-truncated",
        gz(b"")[:3] + b"\4" + gz(b"")[4:10] + b"\xff\xffabc",
        GOOD,
    ),
    case(
        "a name of one byte too many",
        "gzip-header",
        gz(tar(), flags=8, extra=b"n" * 1025 + b"\0"),
        gz(tar(), flags=8, extra=b"n" * 1024 + b"\0"),
    ),
    case("an endless name", "gzip-header", gz(tar(), flags=8, extra=b"n" * 5000 + b"\0"), NAMED),
    case("a wrong header checksum", "gzip-header", gz(tar(), flags=2, extra=b"\0\0"), HASHED),
    case("an xz cut short", "stream-truncated", XZ[:-5], XZ),
    case("an xz of a 128 MiB dictionary", "cap-memory", GREEDY_XZ, lzma.compress(tar(), preset=9)),
    case("an xz broken", "stream-damaged", XZ[:30] + b"\xff" * 30 + XZ[60:], XZ),
    case("an xz and more", "stream-trailing", XZ + b"more", XZ),
    case("a bzip2 cut short", "stream-truncated", BZ2[:-5], BZ2),
    case("a bzip2 broken", "stream-damaged", BZ2[:9] + b"\xff" * 30 + BZ2[39:], BZ2),
    case("a bzip2 and more", "stream-trailing", BZ2 + BZ2, BZ2),
    case("a Zstandard file", "unsupported-archive", b"\x28\xb5\x2f\xfd" + bytes(20), GOOD),
    case("a 7z file", "unsupported-archive", b"7z\xbc\xaf\x27\x1c" + bytes(20), GOOD),
)
