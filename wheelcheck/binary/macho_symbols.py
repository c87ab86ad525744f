"""The symbols of a Mach-O file: what dyld looks up for it, and what it offers to others.

They are read from the symbol table (LC_SYMTAB), in the parts that LC_DYSYMTAB names. What cannot be read whole is
unknown and no damage: dyld reads other tables. Layouts: Apple's <mach-o/nlist.h>.
"""

from __future__ import annotations

import struct

from wheelcheck.binary.model import UNKNOWN, Names, Symbol, Symbols
from wheelcheck.binary.reader import LONGEST_NAME, SYMBOLS_OF_ROW, printable
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelcheck.binary.reader import Reading

TABLE_LIMIT = 6 * 2**20  # bytes of one part of a table, or of the names
_EXTERNAL, _NOT_OFFERED = 0x01, 0xE0 | 0x10  # bits of n_type; the others mean debug information, and private
_WEAK_REFERENCE, _TO_WEAK = 0x40, 0x80  # bits of n_desc
_LAST_LIBRARY = 0xFD  # larger ordinals mean the program, or any library


class Symtab(NamedTuple):
    """LC_SYMTAB: where the table of symbols is and how many there are, and where their names are."""

    offset: int
    symbols: int
    names: int
    size: int


class Parts(NamedTuple):
    """LC_DYSYMTAB: which symbols are offered to others and which are looked up, as (first, count)."""

    offered: tuple[int, int]
    looked_up: tuple[int, int]


_Entry = tuple[int, int]  # where the name is, and n_desc


class _Table:
    """The symbol table of one slice."""

    def __init__(self, reading: Reading, symtab: Symtab, layout: struct.Struct) -> None:
        self._reading = reading
        self._symtab = symtab
        self._layout = layout

    def entries(self, part: tuple[int, int]) -> list[_Entry] | None:
        """Return the external symbols of a part; None if it is not all there."""
        first, count = part
        raw = self._bytes(self._symtab.offset + first * self._layout.size, count * self._layout.size)
        if raw is None or first + count > self._symtab.symbols:
            return None
        self._reading.walk(count // SYMBOLS_OF_ROW)
        return [
            (name, about)
            for name, kind, _, about, _ in self._layout.iter_unpack(raw)
            if kind & _EXTERNAL and not kind & _NOT_OFFERED
        ]

    def texts(self, entries: Sequence[_Entry]) -> list[bytes] | None:
        """Return the names of symbols, without the underscore that C puts before them; None if one is not whole."""
        if not entries:
            return []
        starts = [start for start, _ in entries]
        first = min(starts)
        size = min(self._symtab.size - first, max(starts) - first + LONGEST_NAME)
        raw = self._bytes(self._symtab.names + first, size)
        if raw is None or raw.rfind(b"\0") < max(starts) - first:
            return None
        names = self._reading.names_in(raw, [start - first for start in starts])
        return None if names is None else [name.removeprefix(b"_") for name in names]

    def _bytes(self, offset: int, size: int) -> bytes | None:
        raw = self._reading.once(offset, size) if 0 <= size <= TABLE_LIMIT else b""
        return raw if len(raw) == size <= TABLE_LIMIT else None


def nlist(bits: int, order: str) -> struct.Struct:
    """Return the layout of one symbol: n_strx, n_type, n_sect, n_desc, n_value."""
    return struct.Struct(f"{order}I2BH{'Q' if bits == 64 else 'I'}")


def read_symbols(
    reading: Reading, layout: struct.Struct, symtab: Symtab | None, parts: Parts | None, libraries: Sequence[str]
) -> Symbols:
    """Return what a slice takes and offers. `libraries` are those it loads, in the order of the load commands.

    There are none for a slice that was linked without two-level names: any library may then have a symbol.
    """
    if symtab is None or parts is None:
        return UNKNOWN
    table = _Table(reading, symtab, layout)
    offered, wanted = table.entries(parts.offered), table.entries(parts.looked_up)
    exports = table.texts(offered) if offered is not None else None
    names = table.texts(wanted) if wanted is not None else None
    if exports is None or names is None or wanted is None or not symtab.symbols:
        return UNKNOWN
    imports = (_symbol(printable(name), about, libraries) for name, (_, about) in zip(names, wanted, strict=True))
    return Symbols(tuple(imports), Names.of(exports), known=True)


def _symbol(name: str, about: int, libraries: Sequence[str]) -> Symbol:
    ordinal = about >> 8 if not about & _TO_WEAK else 0  # dyld takes any definition of what is weakly defined
    library = libraries[ordinal - 1] if 0 < ordinal <= min(_LAST_LIBRARY, len(libraries)) else ""
    return Symbol(name, library=library, weak=bool(about & _WEAK_REFERENCE))
