"""The symbols of DT_SYMTAB in columns: what a loader asks of one symbol is answered for all of them at once.

A file has up to 100,000 symbols, and a Python value for each costs more than inflating the file. So a column is a slice
of the table's bytes, and an answer is one byte for each symbol, 1 for yes and 0 for no: translated from a column, or
combined from others as one big number.
"""

from __future__ import annotations

import struct
import sys
from functools import reduce
from itertools import compress
from operator import and_, or_

from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wheelcheck.binary.reader import Reading

LOCAL, GLOBAL, WEAK, UNIQUE = 0, 1, 2, 10
_TLS = 6  # STT_TLS
_KINDS = (0, 1, 2, 5, _TLS, 10)  # STT_NOTYPE, OBJECT, FUNC, COMMON, TLS, GNU_IFUNC
_VISIBLE = (0, 3)  # STV_DEFAULT, STV_PROTECTED


def _marks(values: Iterable[int]) -> bytes:
    """Return a table for `bytes.translate` that answers whether a byte is one of these."""
    found = set(values)
    return bytes(byte in found for byte in range(256))


_SOME = _marks(range(1, 256))
_NONE = _marks([0])
_OF_TLS = _marks(range(_TLS, 256, 16))
_BOUND = _marks(bind << 4 | kind for bind in (GLOBAL, WEAK, UNIQUE) for kind in _KINDS)
_OF_LOCAL, _OF_WEAK = _marks(range(LOCAL << 4, (LOCAL + 1) << 4)), _marks(range(WEAK << 4, (WEAK + 1) << 4))
_OPEN = _marks(other for other in range(256) if other & 3 in _VISIBLE)


class Layout(NamedTuple):
    """Where the fields of a symbol are, and how many bytes the value and all of it have."""

    info: int
    other: int
    section: int
    value: int
    width: int
    size: int


WIDE, NARROW = Layout(4, 5, 6, 8, 8, 24), Layout(12, 13, 14, 4, 4, 16)  # 64 and 32 bits


def numbers(kind: str, raw: bytes, order: str) -> Sequence[int]:
    """Return the numbers of a table in the byte order of its file, `<` or `>`. Each is made when it is looked at."""
    if (order == "<") == (sys.byteorder == "little"):
        return memoryview(raw).cast(kind)  # type: ignore[call-overload, no-any-return]  # "I" and the like
    return struct.unpack(f"{order}{len(raw) // struct.calcsize(f'={kind}')}{kind}", raw)


class Entries:
    """The symbols in order, the first one (always empty) included.

    `names` are those of all. `local`, `weak` and `defined` hold an answer for each; so does `untaken`: whether the file
    defines it and no lookup takes it (glibc: check_match in dl-lookup.c; musl is alike); and `offered`: whether a
    lookup from another file takes it.
    """

    def __init__(self, raw: bytes, names: list[bytes], layout: Layout, order: str) -> None:
        info, low, high = (raw[at :: layout.size] for at in (layout.info, layout.section, layout.section + 1))
        absolute = (low, high) if order == "<" else (high, low)  # SHN_ABS, 0xFFF1
        is_absolute = _all(absolute[0].translate(_marks([0xF1])), absolute[1].translate(_marks([0xFF])))
        value = (raw[at :: layout.size] for at in range(layout.value, layout.value + layout.width))
        has_value = _any(*value).translate(_SOME)
        found = _all(info.translate(_BOUND), _any(has_value, info.translate(_OF_TLS), is_absolute))
        self.names = names
        self.local, self.weak = info.translate(_OF_LOCAL), info.translate(_OF_WEAK)
        self.defined = _any(low, high).translate(_SOME)
        self.untaken = _all(self.defined, found.translate(_NONE))
        self.offered = _all(self.defined, found, raw[layout.other :: layout.size].translate(_OPEN))

    def found(self, index: int) -> bytes:
        """Return the name of a symbol that a lookup takes; empty for any other one, and if there is no such symbol."""
        return self.names[index] if index < len(self.names) and self.offered[index] else b""

    def exported(self) -> Iterable[bytes]:
        """Return the names that a lookup takes from these symbols."""
        return compress(self.names, self.offered)


def read_entries(reading: Reading, raw: bytes, strings: bytes, layout: Layout, order: str) -> Entries | None:
    """Return the symbols of a table; None if their names are too long, see `names_in`."""
    names = reading.names_in(strings, numbers("I", raw, order)[:: layout.size // 4])
    return None if names is None else Entries(raw, names, layout, order)


def _all(*answers: bytes) -> bytes:
    return _combined(and_, answers)


def _any(*answers: bytes) -> bytes:
    return _combined(or_, answers)


def _combined(how: Callable[[int, int], int], answers: tuple[bytes, ...]) -> bytes:
    values = (int.from_bytes(each, "little") for each in answers)
    return reduce(how, values).to_bytes(len(answers[0]), "little")
