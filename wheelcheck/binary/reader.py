"""One binary being read: its bytes through a bounded cache, and the damage found on the way."""

from __future__ import annotations

from wheelcheck.damage import Damage
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wheelcheck.source import Source

BLOCK = 16 * 1024
BYTE_BUDGET = 32 * 1024 * 1024  # from the source, for one binary; 81 real wheels need less than 1 MiB a member
DAMAGE_LIMIT = 64
SYMBOLS_OF_ROW = 8  # that cost as much as a row of another table
STRING_LIMIT = 4096
NAMES_LIMIT = 12 * 2**20  # bytes of all names in a binary: they may overlap, so no table bounds them
LONGEST_NAME = 2**16  # bytes, nearly
_TOO_LONG = f"its names have more than {NAMES_LIMIT:,} bytes together"
_ODD_BYTE = 16  # bytes that a byte of a name that is not ASCII counts as
_PIECE = 256  # names that are made before their sum is looked at


class BudgetExceededError(Exception):
    """A binary asked for more bytes than BYTE_BUDGET or NAMES_LIMIT; the text says it. Stays within this package."""


class Blocks:
    """A source read in aligned blocks that are kept, so that walking a table costs one read per block.

    Every byte requested from the source counts towards BYTE_BUDGET, which also bounds the memory used.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.spent = 0
        self.rows = 0  # of tables that were walked row by row
        self.name_bytes = 0  # of the names of symbols and libraries, search paths and the like
        self._streamed = 0
        self._kept: dict[int, bytes] = {}

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of [offset, offset + length) that exist."""
        end = min(offset + length, self.source.size)
        if offset < 0 or offset >= end:
            return b""
        first, last = offset // BLOCK, (end - 1) // BLOCK
        start = first * BLOCK
        if first == last:  # nearly always
            return self._block(first)[offset - start : end - start]
        return b"".join(map(self._block, range(first, last + 1)))[offset - start : end - start]

    def text(self, offset: int, most: int) -> bytes | None:
        """Return the bytes from an offset up to the next zero byte; None if none of the `most` from there is zero."""
        if 0 <= offset < self.source.size:
            number, start = divmod(offset, BLOCK)
            block = self._block(number)
            end = block.find(b"\0", start, start + most)
            if end >= 0:
                return block[start:end]
        raw, zero, _ = self.read(offset, most).partition(b"\0")
        return raw if zero else None

    def has_room_for(self, names: Sequence[bytes]) -> bool:
        """Count the bytes of further names; return whether all together are within NAMES_LIMIT."""
        self.name_bytes += _cost(names)
        return self.name_bytes <= NAMES_LIMIT

    def peek(self, offset: int, length: int) -> bytes:
        """Return the same as `read`, but read only these bytes and do not keep them: for small headers far apart."""
        self._spend(length)
        return self.source.read(offset, length)

    def stream(self, offset: int, length: int) -> bytes:
        """Return these bytes and keep nothing of them. All such reads together may cover the source once."""
        self._streamed += length
        if self._streamed > self.source.size:
            raise BudgetExceededError(self._why)
        return self.source.read(offset, length)

    def _block(self, number: int) -> bytes:
        if number not in self._kept:
            self._spend(BLOCK)
            self._kept[number] = self.source.read(number * BLOCK, BLOCK)
        return self._kept[number]

    def _spend(self, length: int) -> None:
        self.spent += length
        if self.spent > BYTE_BUDGET:
            raise BudgetExceededError(self._why)

    @property
    def _why(self) -> str:
        return f"more than {self.spent} bytes would have to be read"


class Reading:
    """A window on a binary (the whole file, or one slice of a fat file), and the damage found in it.

    `prefix` begins the kind of damage for a limit: `elf` gives `elf-limit`.
    """

    def __init__(self, path: str, prefix: str, blocks: Blocks, window: tuple[int, int] | None = None) -> None:
        self.path = path
        self.prefix = prefix
        self.blocks = blocks
        self.base, self.size = window or (0, blocks.source.size)
        self.found: list[Damage] = []
        self._known: set[Damage] = set()

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of [offset, offset + length) that exist in this window."""
        return self.blocks.read(self.base + offset, min(length, self.size - offset)) if offset >= 0 else b""

    def text(self, offset: int, most: int) -> bytes | None:
        """Return the bytes from an offset up to the next zero byte; None if none of the `most` from there is zero."""
        return self.blocks.text(self.base + offset, min(most, self.size - offset)) if 0 <= offset < self.size else None

    def names_at(self, offsets: Sequence[int], most: int) -> list[bytes] | None:
        """Return the names of symbols, each from its offset up to a zero byte.

        None if one of them has no end within `most` bytes, or all together have more than NAMES_LIMIT.
        """
        return self._names(offsets, lambda piece: [self.text(offset, most) for offset in piece])

    def names_in(self, strings: bytes, starts: Sequence[int]) -> list[bytes] | None:
        """Return the names of symbols in a table of strings that ends with a zero byte; None if they are too long."""
        pieces = range(0, len(strings) - LONGEST_NAME, LONGEST_NAME)
        if any(b"\0" not in strings[at : at + LONGEST_NAME] for at in pieces):
            self.limit(f"a symbol's name has more than {LONGEST_NAME:,} bytes")
            return None
        find = strings.find
        return self._names(starts, lambda piece: [strings[start : find(b"\0", start)] for start in piece])

    def _names(
        self, places: Sequence[int], read: Callable[[Sequence[int]], Sequence[bytes | None]]
    ) -> list[bytes] | None:
        names: list[bytes] = []
        for at in range(0, len(places), _PIECE):
            piece = read(places[at : at + _PIECE])
            found = [name for name in piece if name is not None]
            if not self.blocks.has_room_for(found):
                self.limit(_TOO_LONG)
                return None
            if len(found) < len(piece):
                return None
            names += found
        return names

    def string(self, raw: bytes) -> str:
        """Return the text of any other name, which counts as those of symbols do; too many end the reading."""
        if not self.blocks.has_room_for([raw]):
            raise BudgetExceededError(_TOO_LONG)
        return printable(raw)

    def once(self, offset: int, length: int) -> bytes:
        """Return the same as `read` and keep nothing of it: for a big table that is read in one go."""
        return self.blocks.peek(self.base + offset, min(length, self.size - offset)) if offset >= 0 else b""

    def walk(self, rows: int = 1) -> None:
        """Count rows of a table that is walked row by row: they cost time that no byte and no symbol stands for."""
        self.blocks.rows += rows

    def streamed(self, offset: int, length: int) -> bytes:
        """Return the same for a pass over the whole window, which is not charged to BYTE_BUDGET."""
        return self.blocks.stream(self.base + offset, min(length, self.size - offset)) if offset < self.size else b""

    def damage(self, kind: str, why: str) -> None:
        """Record that the bytes are wrong; `kind` is a key of BINARY_KINDS."""
        self._add(Damage(self.path, kind, why))

    def limit(self, why: str) -> None:
        """Record that reading stopped at a cap, so the file is not verified."""
        self._add(Damage(self.path, f"{self.prefix}-limit", why, cap=True))

    def apart(self, base: int, size: int) -> Reading:
        """Return a reading of [base, base + size) of this one, with a damage list of its own and the same budget."""
        return Reading(self.path, self.prefix, self.blocks, (self.base + base, size))

    def adopt(self, other: Reading) -> None:
        """Add the damage found by another reading."""
        for item in other.found:
            self._add(item)

    def _add(self, item: Damage) -> None:
        if len(self.found) > DAMAGE_LIMIT or item in self._known:
            return
        self._known.add(item)
        if len(self.found) == DAMAGE_LIMIT:
            item = Damage(self.path, f"{self.prefix}-limit", f"more than {DAMAGE_LIMIT} faults: not listed", cap=True)
        self.found.append(item)


def _cost(names: Sequence[bytes]) -> int:
    """Return the bytes of names, and many times those of a name that is not ASCII: Python decodes it that slowly."""
    if b"".join(names).isascii():
        return sum(map(len, names))
    return sum(len(name) * (1 if name.isascii() else _ODD_BYTE) for name in names)


def printable(raw: bytes) -> str:
    """Return text for a message or a name, whatever the bytes are."""
    return raw.decode("utf-8", "backslashreplace")


def all_printable(names: Iterable[bytes]) -> list[str]:
    """Return `printable` of each of many names, none of which holds a zero byte; one empty text if there are none."""
    return printable(b"\0".join(names)).split("\0")
