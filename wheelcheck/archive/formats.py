"""Recognizes which container a file is, by its content and never by its name, and walks it."""

from __future__ import annotations

import bz2
import hashlib
import lzma
import zlib
from typing import TYPE_CHECKING, BinaryIO, Literal

from wheelcheck.archive.decompress import XZ_MEMORY, Bzip2Stream, GzipStream, Stream, XzStream
from wheelcheck.archive.limits import Log, StopReadingError
from wheelcheck.archive.tar import Held, start, walk_tar
from wheelcheck.archive.tar_headers import BLOCK, looks_like_tar
from wheelcheck.archive.zip import walk_zip
from wheelcheck.archive.zip_directory import has_end_record
from wheelcheck.damage import EMPTY, Damage, beginning
from wheelcheck.source import Entry, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wheelcheck.archive.limits import Budget

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
_STREAMS: dict[str, type[Stream]] = {"gz": GzipStream, "xz": XzStream, "bz2": Bzip2Stream}
_TARS: dict[str, Container] = {"gz": "tar.gz", "xz": "tar.xz", "bz2": "tar.bz2"}
_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda head: zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, BLOCK),
    "xz": lambda head: lzma.LZMADecompressor(memlimit=XZ_MEMORY).decompress(head, BLOCK),
    "bz2": lambda head: bz2.BZ2Decompressor().decompress(head, BLOCK),
}


def container_format(head: bytes) -> Container:
    """Return the container that a file beginning with `head` is, empty for none known.

    A compressed tar is distinguished from other compressed files where `head` is enough to decompress its first block
    (bzip2 needs up to 900 kB for it); otherwise the answer is `gz`, `xz` or `bz2`, which `walk` takes as well.
    """
    found = _uncompressed_format(head)
    if found not in _DECODERS:
        return found
    try:
        block = _DECODERS[found](head)
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError):
        return found
    return _TARS[found] if _uncompressed_format(block) == "tar" else found


def _uncompressed_format(head: bytes) -> Container:
    """Return the container by the strongest proof first.

    The checksum of a tar header covers a whole block, so it outranks the few bytes of a magic number, which may begin
    the name of a tar's first member. A magic number at the start outranks tar's own at byte 257, where the content of
    any other file may say `ustar`. A file with only the latter is a tar with a broken header.
    """
    if looks_like_tar(head[:BLOCK]):
        return "tar"
    found: Container = next((name for magic, name in _BY_FIRST.get(head[:1], ()) if head.startswith(magic)), "")
    return found or ("tar" if head[257:262] == b"ustar" else "")


def walk(file: BinaryIO, budget: Budget, damage: list[Damage]) -> Iterator[tuple[Entry, Source]]:
    """Yield the members of whatever container the file is, as walk_zip and walk_tar_gz do.

    A compressed file without a tar in it has one member, its content; what cannot be opened is recorded as damage.
    """
    log = Log(damage, budget)
    file.seek(0)
    head = file.read(HEAD)
    found = container_format(head).removeprefix("tar.")
    if found == "zip" or (not found and has_end_record(file)):
        return walk_zip(file, budget, damage)
    if found == "tar":
        return walk_tar(Stream(start(file, budget), log), log)
    if found in _STREAMS:
        return _walk_stream(_STREAMS[found](start(file, budget), log), log)
    damage.append(_refusal(found, head))
    return iter(())


def _refusal(found: str, head: bytes) -> Damage:
    if found:
        return Damage("", "unsupported-archive", f"a {found} archive, expected zip or tar (plain, gzip, xz or bzip2)")
    if head:
        return Damage("", "not-an-archive", f"begins with {beginning(head)}, expected a zip or tar archive")
    return Damage("", "empty", EMPTY)


def _walk_stream(stream: Stream, log: Log) -> Iterator[tuple[Entry, Source]]:
    try:
        block = stream.read(BLOCK)
        stream.push_back(block)
        yield from walk_tar(stream, log) if _uncompressed_format(block) == "tar" else _only_content(stream, log)
    except StopReadingError as stop:
        log.damage.append(stop.damage)


def _only_content(stream: Stream, log: Log) -> Iterator[tuple[Entry, Source]]:
    kept, size, sha256 = bytearray(), 0, hashlib.sha256()
    while chunk := stream.read(1 << 18):
        size += len(chunk)
        sha256.update(chunk)
        kept += chunk[: log.budget.held_bytes // stream.held_share - len(kept)]
    yield Entry(CONTENT, "file", 0, size, sha256.hexdigest()), Held(kept, size, log, CONTENT)
