"""What an archive reader hands out: an entry as the container declares it, and its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

EntryKind = Literal["file", "directory", "symlink", "hardlink", "device"]


class Source(Protocol):
    """Random access to the bytes of one member or file, however it is stored. Never raises on bad content."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of [offset, offset + length) that exist: short or empty past the end."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One member: what the container says of it, and what its bytes proved in the single streaming pass.

    `mode` is the whole st_mode the container records, 0 where it records none. `sha256` is hexadecimal.
    """

    path: str
    kind: EntryKind
    mode: int
    size: int
    sha256: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Bytes:
    """A Source over bytes already in memory."""

    content: bytes

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of [offset, offset + length) that exist."""
        return self.content[max(offset, 0) : max(offset, 0) + max(length, 0)] if offset >= 0 else b""
