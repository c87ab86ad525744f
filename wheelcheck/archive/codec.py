"""What inflates: zlib-ng where it is installed (the extra `fast`), otherwise zlib.

zlib-ng is zlib with faster loops. It takes and refuses the same streams with the same messages; a test compares them.
"""

from __future__ import annotations

import importlib
import zlib

from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_WBITS = zlib.MAX_WBITS


class Decompressor(Protocol):
    """What `decompressobj` returns."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""

    @property
    def unused_data(self) -> bytes:
        """What follows the end of the stream."""

    @property
    def unconsumed_tail(self) -> bytes:
        """What of the last input is still to be given again."""

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        """Return up to `max_length` bytes of what `data` continues."""

    def copy(self) -> Decompressor:
        """Return a second one that continues from here."""


class Codec(NamedTuple):
    """A library with the functions of zlib that the readers call; `error` is what it raises at a broken stream."""

    decompressobj: Callable[[int], Decompressor]
    crc32: Callable[[bytes, int], int]
    error: type[Exception]


def load(name: str) -> Codec:
    """Return the codec in a module. Raises ImportError where it is not installed."""
    module: Any = importlib.import_module(name)
    return Codec(module.decompressobj, module.crc32, module.error)


def _fastest() -> Codec:
    try:
        return load("zlib_ng.zlib_ng")
    except ImportError:
        return load("zlib")


codec = _fastest()
