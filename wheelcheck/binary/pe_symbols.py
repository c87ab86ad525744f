"""The symbols of a PE file: what its import tables ask of each DLL by name, and the names in its export table.

What cannot be read whole is unknown and no damage: the loader reads single entries, and rules then judge nothing.
"""

from __future__ import annotations

import struct

from wheelcheck.binary.model import UNKNOWN, Names, Symbol, Symbols
from wheelcheck.binary.reader import all_printable, printable
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.pe_tables import Tables
    from wheelcheck.binary.reader import Reading

EXPORT_LIMIT = 1 << 16  # names: as many as ordinals have numbers
ROW_LIMIT = 1 << 16  # rows of all import tables together
_NAME = 4096  # bytes of one name, at most; C++ has long ones
_PIECE = 32  # rows of a table that are read at once
_EXPORTS, _IMPORTS, _DELAYED = 0, 1, 13
_NAMES_OF_ROW = 3  # exported names, or imports by number; here each is looked for by itself
_PLAIN_ROW, _DELAYED_ROW = struct.Struct("<I8x2I"), struct.Struct("<3I4xI12x")


class _Incomplete(Exception):  # noqa: N818 - ends the reading of one file and leaves this module never
    """A table that ends outside of the file, or is larger than the caps."""


def read_symbols(reading: Reading, tables: Tables, bits: int) -> Symbols:
    """Return what a file imports by name, plainly and with delay, and what it exports by name."""
    file = _File(reading, tables, bits)
    try:
        imports = (*file.imports(), *file.delayed_imports())
        return Symbols(imports, Names.of(file.exports()), known=True)
    except _Incomplete:
        return UNKNOWN


class _File:
    """The tables of one file that symbols are in."""

    def __init__(self, reading: Reading, tables: Tables, bits: int) -> None:
        self._reading = reading
        self._tables = tables
        self._bits = bits
        self._rows_left = ROW_LIMIT

    def imports(self) -> Iterator[Symbol]:
        for row in self._rows(self._tables.directory(_IMPORTS), _PLAIN_ROW.size):
            lookup, library, bound = _PLAIN_ROW.unpack(row)
            yield from self._of_library(library, lookup or bound, lazy=False)

    def delayed_imports(self) -> Iterator[Symbol]:
        for row in self._rows(self._tables.directory(_DELAYED), _DELAYED_ROW.size):
            attributes, library, _, lookup = _DELAYED_ROW.unpack(row)
            base = 0 if attributes & 1 else self._tables.image_base  # Visual C++ 6 writes full addresses
            yield from self._of_library(library - base, lookup - base, lazy=True)

    def _of_library(self, library: int, lookup: int, *, lazy: bool) -> Iterator[Symbol]:
        """Yield the symbols that are imported from one DLL by name; those by ordinal have none."""
        name = printable(self._text(library))
        by_ordinal = 1 << (self._bits - 1)
        addresses = [number + 2 for number in self._numbers(lookup) if number < by_ordinal]
        for symbol in all_printable(self._texts(addresses)) if addresses else ():
            yield Symbol(symbol, "", name, False, lazy)  # noqa: FBT003  # a third faster than by name

    def exports(self) -> Iterator[bytes]:
        address = self._tables.directory(_EXPORTS)
        count, names = struct.unpack_from("<I4xI", self._bytes(address, 40), 24) if address else (0, 0)
        if count > EXPORT_LIMIT:
            raise _Incomplete
        self._reading.walk(count // _NAMES_OF_ROW)
        table = self._bytes(names, 4 * count) if count else b""
        yield from self._texts([name for (name,) in struct.iter_unpack("<I", table)])

    def _numbers(self, address: int) -> Iterator[int]:
        """Yield the numbers of a table up to the 0 that ends it."""
        for row in self._rows(address, self._bits // 8):
            yield int.from_bytes(row, "little")

    def _rows(self, address: int, size: int) -> Iterator[bytes]:
        """Yield the rows of a table up to the empty one that ends it; there is no table at address 0."""
        at, empty = self._offset(address) if address else 0, bytes(size)
        while address:
            piece = self._reading.read(at, _PIECE * size)
            self._reading.walk(len(piece) // size // _NAMES_OF_ROW)
            for start in range(0, len(piece) // size * size, size):
                row = piece[start : start + size]
                self._rows_left -= 1
                if row == empty:
                    return
                if self._rows_left < 0:
                    raise _Incomplete
                yield row
            if len(piece) < _PIECE * size:
                raise _Incomplete
            at += _PIECE * size

    def _bytes(self, address: int, size: int) -> bytes:
        raw = self._reading.read(self._offset(address), size)
        if len(raw) < size:
            raise _Incomplete
        return raw

    def _text(self, address: int) -> bytes:
        return self._texts([address])[0]

    def _texts(self, addresses: list[int]) -> list[bytes]:
        offsets = self._tables.locate_all(addresses)
        texts = None if offsets is None else self._reading.names_at(offsets, _NAME)
        if texts is None:
            raise _Incomplete
        return texts

    def _offset(self, address: int) -> int:
        offset = self._tables.locate(address)
        if offset is None:
            raise _Incomplete
        return offset
