"""Tars written block by block, and what compresses them, so that a test can change any byte."""

from __future__ import annotations

import zlib

BLOCK = 512
END = bytes(2 * BLOCK)
POSIX, GNU, V7 = b"ustar\x0000", b"ustar  \0", bytes(8)


def header(  # noqa: PLR0913 - a header has that many fields
    name: bytes = b"pkg-1/setup.py",
    size: int | bytes = 0,
    kind: bytes = b"0",
    *,
    mode: int | bytes = 0o644,
    link: bytes = b"",
    magic: bytes = POSIX,
    prefix: bytes = b"",
    mtime: bytes = b"",
    uid: bytes = b"",
    tail: bytes = b"",
    user: bytes = b"root",
    group: bytes = b"root",
    device: bytes = b"",
    checksum: bytes = b"",
) -> bytes:
    """Return a header block; a field given as bytes is written as it is."""
    size_field = size if isinstance(size, bytes) else b"%011o\0" % size
    mode_field = mode if isinstance(mode, bytes) else b"%07o\0" % mode
    block = name.ljust(100, b"\0") + mode_field + (uid or b"0000000\0") + b"0000000\0"
    block += size_field + (mtime or b"14000000000\0") + b" " * 8 + kind + link.ljust(100, b"\0")
    block += magic + user.ljust(32, b"\0") + group.ljust(32, b"\0") + device.ljust(8, b"\0") + bytes(8)
    block += prefix.ljust(155, b"\0") + tail.ljust(12, b"\0")
    return block[:148] + (checksum or b"%06o\0 " % sum(block)) + block[156:]


def padded(content: bytes, filler: bytes = b"\0") -> bytes:
    return content + filler * (-len(content) % BLOCK)


def member(
    name: bytes = b"pkg-1/setup.py", content: bytes = b"setup()\n", kind: bytes = b"0", **fields: bytes
) -> bytes:
    return header(name, len(content), kind, **fields) + padded(content)


def record(key: str, value: str | bytes) -> bytes:
    """Return one pax record, its length counting its own digits."""
    body = b" " + key.encode() + b"=" + (value.encode() if isinstance(value, str) else value) + b"\n"
    length = len(body) + len(str(len(body)))
    if len(str(length)) > len(str(len(body))):
        length += 1
    return str(length).encode() + body


def pax(*records: bytes, kind: bytes = b"x") -> bytes:
    return member(b"PaxHeaders/setup.py", b"".join(records), kind)


def long_name(text: bytes, kind: bytes = b"L") -> bytes:
    return member(b"././@LongLink", text, kind, magic=GNU)


def tar(*parts: bytes, end: bytes = END) -> bytes:
    return b"".join(parts or (member(),)) + end


def gz(content: bytes, *, flags: int = 0, extra: bytes = b"", crc: int | None = None, size: int | None = None) -> bytes:
    """Return a gzip member; `extra` follows the ten fixed bytes of its header."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(content) + packer.flush()
    sums = (zlib.crc32(content) if crc is None else crc), (len(content) if size is None else size)
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\2\xff" + extra
    return head + data + b"".join(value.to_bytes(4, "little") for value in sums)


def sdist(*parts: bytes, end: bytes = END) -> bytes:
    return gz(tar(*parts, end=end))
