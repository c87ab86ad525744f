"""Forward readers over a whole file, plain or compressed, bounded in memory and strict about what follows the end."""

from __future__ import annotations

import bz2
import lzma
import zlib

from wheelcheck.archive.codec import MAX_WBITS, codec
from wheelcheck.counting import counted
from wheelcheck.damage import EMPTY, beginning
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING, BinaryIO, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelcheck.archive.codec import Decompressor
    from wheelcheck.archive.limits import Log

INPUT = 1 << 16
OUTPUT = 1 << 18
XZ_MEMORY = 80 << 20  # xz -9 asks for 65 MiB

_FHCRC, _FEXTRA, _FNAME, _FCOMMENT, _RESERVED = 2, 4, 8, 16, 0xE0


@dataclass(slots=True)
class Stream:
    """The bytes of an uncompressed file, and the base class for compressed ones."""

    file: BinaryIO
    log: Log
    _pending: bytes = b""
    _at: int = 0
    held_share: ClassVar[int] = 1  # divides what may be kept of a member, because decompressing needs memory too

    def read(self, length: int) -> bytes:
        """Return the next `length` bytes, fewer only at the end."""
        parts: list[bytes] = []
        while length > 0:
            if self._at == len(self._pending):
                self._pending, self._at = self._chunk(), 0
            part = self._pending[self._at : self._at + length]
            if not part:
                break
            self._at += len(part)
            length -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def push_back(self, content: bytes) -> None:
        """Make `content` the next bytes read."""
        self._pending, self._at = content + self._pending[self._at :], 0

    def _chunk(self) -> bytes:
        chunk = self._decoded()
        self.log.budget.count_unpacked(len(chunk))
        return chunk

    def _decoded(self) -> bytes:
        return self.file.read(OUTPUT)


@dataclass(slots=True)
class GzipStream(Stream):
    """The content of a gzip file (RFC 1952), which must be one member and nothing else."""

    _inflater: Decompressor | None = None
    _tail: bytes = b""
    _crc: int = 0
    _size: int = 0
    _ended: bool = False

    def _take(self, length: int) -> bytes:
        """Return `length` bytes of the file, fewer at its end."""
        if len(self._tail) < length:
            self._tail += self.file.read(max(INPUT, length))
        taken, self._tail = self._tail[:length], self._tail[length:]
        return taken

    def _decoded(self) -> bytes:
        if self._inflater is None:
            self._read_header()
            self._inflater = codec.decompressobj(-MAX_WBITS)
        out = b""
        while not out and not self._ended:
            out = self._inflate(self._inflater)
        self._crc = codec.crc32(out, self._crc)
        self._size += len(out)
        return out

    def _inflate(self, inflater: Decompressor) -> bytes:
        if inflater.eof:
            self._check_end()
            return b""
        content = self._tail or self.file.read(INPUT)
        try:
            out = inflater.decompress(content, OUTPUT)
        except codec.error as broken:
            self.log.stop(
                "gzip-deflate",
                f"broken deflate stream ({broken}) after {counted(self._size, 'byte')}, expected its end",
            )
        self._tail = inflater.unused_data or inflater.unconsumed_tail
        if not out and not content and not inflater.eof:
            self.log.stop(
                "gzip-truncated", f"the stream is cut short after {counted(self._size, 'byte')}, expected its end"
            )
        return out

    def _read_header(self) -> None:
        fixed = self._take(10)
        if fixed[:3] != b"\x1f\x8b\x08" or len(fixed) < 10:
            if not fixed:
                self.log.stop("empty", EMPTY)
            self.log.stop("not-gzip", f"it begins with {beginning(fixed)}, expected a whole gzip header (1f 8b 08 …)")
        flags, read = fixed[3], [fixed]
        if flags & _RESERVED:
            self.log.note("gzip-header", f"header flags {flags:#04x}, expected none of the reserved ones")
        if flags & _FEXTRA:
            length = self._take(2)
            read += [length, self._take(int.from_bytes(length, "little"))]
            self.log.note(
                "gzip-hidden", f"{counted(len(read[-1]), 'byte')} of extra field in the gzip header, expected none"
            )
        read += [self._read_text() for flag in (_FNAME, _FCOMMENT) if flags & flag]
        if flags & _FCOMMENT:
            self.log.note(
                "gzip-hidden", f"a comment of {counted(len(read[-1]), 'byte')} in the gzip header, expected none"
            )
        if flags & _FHCRC and (found := self._take(2)) != codec.crc32(b"".join(read), 0).to_bytes(4, "little")[:2]:
            self.log.note("gzip-header", f"header CRC {found.hex()}, expected that of the header")

    def _read_text(self) -> bytes:
        text = self._take(self.log.budget.name_bytes + 1)
        end = text.find(b"\0") + 1
        if not end:
            self.log.stop(
                "gzip-header", f"a name or comment of over {counted(len(text) - 1, 'byte')}, expected it to end"
            )
        self._tail = text[end:] + self._tail
        return text[:end]

    def _check_end(self) -> None:
        self._ended = True
        trailer = self._take(8)
        if len(trailer) < 8:
            self.log.stop("gzip-truncated", f"{counted(len(trailer), 'byte')} of trailer, expected 8")
        crc, size = int.from_bytes(trailer[:4], "little"), int.from_bytes(trailer[4:], "little")
        if crc != self._crc:
            self.log.note("gzip-crc", f"CRC-32 {self._crc:#010x}, expected {crc:#010x}")
        if size != self._size & 0xFFFFFFFF:
            self.log.note("gzip-size", f"{counted(self._size, 'byte')} unpacked, expected {size}")
        if rest := self._take(INPUT):
            another = rest.startswith(b"\x1f\x8b")
            what = "a second gzip member" if another else "bytes that belong to nothing" if any(rest) else "zeros"
            kind = "gzip-concatenated" if another else "gzip-trailing"
            self.log.note(kind, f"{what} after the end of the gzip member, expected the end of the file")


@dataclass(slots=True)
class _Decompressed(Stream):
    """The content of an xz or bzip2 file: one stream and nothing after it."""

    _decoder: lzma.LZMADecompressor | bz2.BZ2Decompressor = field(init=False)
    name: ClassVar[str]

    def _decoded(self) -> bytes:
        out = b""
        while not out and not self._decoder.eof:
            out = self._decode(self._decoder)
        if not out and (self._decoder.unused_data or self.file.read(1)):
            self.log.stop("stream-trailing", f"bytes after the end of the {self.name} stream, expected none")
        return out

    def _decode(self, decoder: lzma.LZMADecompressor | bz2.BZ2Decompressor) -> bytes:
        content = self.file.read(INPUT) if decoder.needs_input else b""
        if not content and decoder.needs_input:
            self.log.stop("stream-truncated", f"the {self.name} stream is cut short, expected its end")
        try:
            return decoder.decompress(content, OUTPUT)
        except (OSError, lzma.LZMAError, ValueError) as broken:
            if "Memory usage limit" in str(broken):
                self.log.cap("cap-memory", f"xz asks for over {XZ_MEMORY >> 20} MiB of memory, expected less")
            self.log.stop("stream-damaged", f"broken {self.name} stream ({broken}), expected a whole one")


@dataclass(slots=True)
class XzStream(_Decompressed):
    """The content of an xz file."""

    _decoder: lzma.LZMADecompressor | bz2.BZ2Decompressor = field(
        default_factory=lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY), init=False
    )
    name: ClassVar[str] = "xz"
    held_share: ClassVar[int] = 4


@dataclass(slots=True)
class Bzip2Stream(_Decompressed):
    """The content of a bzip2 file."""

    _decoder: lzma.LZMADecompressor | bz2.BZ2Decompressor = field(default_factory=bz2.BZ2Decompressor, init=False)
    name: ClassVar[str] = "bzip2"


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gz": lambda head, length: zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, length),
    "xz": lambda head, length: lzma.LZMADecompressor(memlimit=XZ_MEMORY).decompress(head, length),
    "bz2": lambda head, length: bz2.BZ2Decompressor().decompress(head, length),
}


def first_bytes(head: bytes, form: str, length: int) -> bytes:
    """Return up to `length` first bytes of a compressed file that begins with `head`; none where it is broken."""
    try:
        return _DECODERS[form](head, length)
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError):
        return b""
