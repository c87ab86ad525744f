"""What archive readers yield: an entry as the container declares it, and its bytes."""

from __future__ import annotations

import io

from wheelcheck.records import dataclass
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, BinaryIO, Literal, Protocol

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

EntryKind = Literal["file", "directory", "symlink", "hardlink", "device"]


class Source(Protocol):
    """Random access to the bytes of one member or file, however it is stored. Never raises on bad content."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of [offset, offset + length) that exist: short or empty past the end."""


class Entry(NamedTuple):
    """One member: what the container says about it, and what the single pass over its bytes found.

    `path` never ends in a slash, even for a directory. `mode` is the whole st_mode in the container, 0 if it has none.
    `sha256` is hexadecimal, and empty for bytes that could not be read (encrypted, unknown method). Members of archives
    that are read together have the same bytes if they have the same `number`; 0 is no number.
    """

    path: str
    kind: EntryKind
    mode: int
    size: int
    sha256: str
    link: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Bytes:
    """A Source for bytes in memory."""

    content: bytes

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of [offset, offset + length) that exist."""
        return self.content[max(offset, 0) : max(offset, 0) + max(length, 0)] if offset >= 0 else b""


class _SourceFile(io.RawIOBase):
    """A read-only, seekable file on top of a Source."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = max(origin + offset, 0)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        content = self._source.read(self._at, len(view))
        view[: len(content)] = content
        self._at += len(content)
        return len(content)


def as_file(source: Source) -> BinaryIO:
    """Return a file on top of a Source, so that a nested archive is walked without copying it."""
    return io.BufferedReader(_SourceFile(source), 1 << 16)
