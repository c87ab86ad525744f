"""Recognizes which container a file is, by its content and never by its name."""

from __future__ import annotations

from wheelcheck.patterns import regex
from wheelcheck.typed import Literal

Container = Literal[
    "zip",
    "tar",
    "tar.gz",
    "tar.xz",
    "tar.bz2",
    "gz",
    "xz",
    "bz2",
    "zst",
    "7z",
    "rar",
    "cab",
    "xar",
    "rpm",
    "cpio",
    "deb",
    "lzma",
    "lz",
    "lz4",
    "Z",
    "squashfs",
    "",
]

BLOCK = 512  # bytes of a tar header
OCTAL = regex(rb" *([0-7]*)[ \0]*")  # a number in it
_BEGIN_OCTAL = b" 01234567"
HEAD = 4_096  # bytes that container_format should be given
CONTENT = "content"  # the path of the one member that a compressed file without a tar in it has

_MAGIC: tuple[tuple[bytes, Container], ...] = (
    (b"PK\3\4", "zip"),
    (b"PK\5\6", "zip"),
    (b"PK\7\x08PK", "zip"),
    (b"PK00PK\3\4", "zip"),
    (b"\x1f\x8b\x08", "gz"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bz2"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"MSCF\0\0\0\0", "cab"),
    (b"xar!\0\x1c", "xar"),
    (b"\xed\xab\xee\xdb", "rpm"),
    (b"070701", "cpio"),
    (b"070707", "cpio"),
    (b"!<arch>\ndebian-binary", "deb"),
    (b"\x5d\0\0", "lzma"),
    (b"LZIP\1", "lz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x1f\x9d", "Z"),
    (b"hsqs", "squashfs"),
)
_BY_FIRST = {magic[:1]: tuple(row for row in _MAGIC if row[0][:1] == magic[:1]) for magic, _ in _MAGIC}
_TARS: dict[Container, Container] = {"gz": "tar.gz", "xz": "tar.xz", "bz2": "tar.bz2"}


def container_format(head: bytes) -> Container:
    """Return the container that a file beginning with `head` is, empty for none known.

    A compressed tar is distinguished from other compressed files where `head` is enough to decompress its first block
    (bzip2 needs up to 900 kB for it); otherwise the answer is `gz`, `xz` or `bz2`, which `walk` takes as well.
    """
    found = uncompressed_format(head)
    if found not in _TARS:
        return found
    from wheelcheck.archive.decompress import first_bytes  # noqa: PLC0415  # few files are compressed inside a wheel

    return _TARS[found] if uncompressed_format(first_bytes(head, found, BLOCK)) == "tar" else found


def uncompressed_format(head: bytes) -> Container:
    """Return the container by the strongest proof first.

    The checksum of a tar header covers a whole block, so it outranks the few bytes of a magic number, which may begin
    the name of a tar's first member. A magic number at the start outranks tar's own at byte 257, where the content of
    any other file may say `ustar`. A file with only the latter is a tar with a broken header.
    """
    if looks_like_tar(head[:BLOCK]):
        return "tar"
    found: Container = next((name for magic, name in _BY_FIRST.get(head[:1], ()) if head.startswith(magic)), "")
    return found or ("tar" if head[257:262] == b"ustar" else "")


def checksum(block: bytes) -> int:
    """Return the sum of the block's bytes, with spaces in place of the checksum field."""
    return sum(block) - sum(block[148:156]) + 8 * 0x20


def looks_like_tar(block: bytes) -> bool:
    """Return whether a block is a tar header, by its checksum."""
    if len(block) != BLOCK or block[148] not in _BEGIN_OCTAL:
        return False
    field = OCTAL.fullmatch(block[148:156])
    digits = field[1] if field else b""
    return digits != b"" and int(digits, 8) == checksum(block)
