"""The content of a zip's members: read whole and compared with its record, or known from one that is packed alike."""

from __future__ import annotations

from contextlib import nullcontext

from wheelcheck.archive.inflate import OUTPUT, Content, Inflated, Packed, already_known, digest, digest_at_once
from wheelcheck.archive.zip_directory import Window
from wheelcheck.counting import counted
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from wheelcheck.archive.inflate import MemberStream
    from wheelcheck.archive.limits import Log
    from wheelcheck.archive.zip_directory import Record
    from wheelcheck.turn import Turn

    Key = tuple[int, int, int, int]  # what a record says of a content: method, packed size, size, CRC-32

STORED, DEFLATED = 0, 8
_SMALL = 1 << 16  # bytes of a packed member that are read at once, with those that follow
_LARGE = 1 << 18  # bytes that take so long to inflate that other threads can go on meanwhile
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_KNOWN_FLAGS = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 11  # deflate's level, a descriptor, UTF-8


class Extent(NamedTuple):
    """The bytes of one member: its local header, the start and the end of its data, then perhaps a descriptor."""

    start: int
    data: int
    end: int
    described: bool
    record: Record


class Repeats(Protocol):
    """Knows sound members by their packed bytes, also those of other archives; `least` is the size of the smallest.

    `turn` is that of the thread that reads this archive, if there are others.
    """

    least: int
    turn: Turn | None

    def find(self, key: Key, packed: Window, start: int) -> tuple[str, int] | None:
        """Return sha256 and number of a sound member with the same record and packed bytes as those at `start`."""

    def learn(self, key: Key, start: int, sha256: str) -> int:
        """Take note of a sound member whose packed bytes begin at `start` of this archive; return its number."""


class Contents:
    """Reads the members of one zip in turn."""

    def __init__(self, file: BinaryIO, log: Log, repeats: Repeats | None = None) -> None:
        self._file, self._log, self._repeats = file, log, repeats
        self._window = Window(file, _SMALL)

    def read(self, record: Record, extent: Extent | None) -> Inflated:
        """Read a whole member, record what is wrong with it, and return its bytes; none if they cannot be read."""
        start, end = (extent.data, extent.end) if extent else (0, 0)
        packed = Packed(self._file, start, end, record.method == DEFLATED)
        if extent and _is_readable(record, self._log):
            content = self._known(record, start) or self._new(record, packed)
        else:
            content = Content()
        return Inflated(packed, content, self._log, record.path)

    def _known(self, record: Record, start: int) -> Content | None:
        """Return what is known of a member that is packed like an earlier one, which was read and is sound."""
        repeats = self._repeats
        if repeats is None or record.size < repeats.least:
            return None
        found = repeats.find(_key(record), self._window, start)
        if found is None:
            return None
        self._log.budget.count_unpacked(record.size, record.path)
        return already_known(record.size, record.crc, *found)

    def _new(self, record: Record, packed: Packed) -> Content:
        """Read a member whose content is not known yet."""
        content = self._at_once(record, packed)
        if content is None:
            stream = packed.stream()
            content = self._digest(stream, record)
            if fault := _fault(record, content, stream):
                self._log.note(*fault, record.path)
                return content
        if self._repeats and record.size >= self._repeats.least:
            content.number = self._repeats.learn(_key(record), packed.start, content.sha256)
        return content

    def _digest(self, stream: MemberStream, record: Record) -> Content:
        """Read a stream to its end; while a large one is read, other threads may take their turn."""
        turn = self._repeats.turn if self._repeats and record.size >= _LARGE else None
        with turn.given_up if turn else nullcontext():
            return digest(stream, record.size, self._log.budget, record.path)

    def _at_once(self, record: Record, packed: Packed) -> Content | None:
        """Return the content of a small sound member; None for any other one."""
        if record.packed > _SMALL or record.size > OUTPUT:
            return None
        found = self._window.read(packed.start, record.packed)
        content = digest_at_once(found, record.size, deflated=packed.deflated) if len(found) == record.packed else None
        if content is None or content.crc != record.crc:
            return None
        self._log.budget.count_unpacked(record.size, record.path)
        return content


def _key(record: Record) -> Key:
    return record.method, record.packed, record.size, record.crc


def _is_readable(record: Record, log: Log) -> bool:
    unknown = record.flags & ~(_KNOWN_FLAGS | _ENCRYPTED)
    if unknown:
        log.note("zip-flags", f"flags {record.flags:#06x}, expected none of {unknown:#06x}", record.path)
    if record.flags & _ENCRYPTED:
        log.note("zip-encrypted", f"flags {record.flags:#06x} say encrypted, expected plain data", record.path)
    if record.method not in (STORED, DEFLATED):
        why = f"compression method {record.method}, expected 0 (stored) or 8 (deflated)"
        log.note("zip-method", why, record.path)
    return not record.flags & _ENCRYPTED and record.method in (STORED, DEFLATED)


def _fault(record: Record, content: Content, stream: MemberStream) -> tuple[str, str] | None:
    """Return the kind of damage in a content and why it is damage; None for one that is as its record says."""
    if stream.error:
        return "zip-deflate", f"{stream.error} after {counted(content.size, 'byte')}, expected {record.size}"
    if content.size > record.size:
        return "zip-size", f"more data than expected, {counted(record.size, 'byte')}"
    if content.size < record.size:
        return "zip-size", f"{counted(content.size, 'byte')} of data, expected {record.size}"
    if content.crc != record.crc:
        return "zip-crc", f"CRC-32 {content.crc:#010x}, expected {record.crc:#010x}"
    if stream.unread:
        return (
            "zip-stream-suffix",
            f"{counted(stream.unread, 'byte')} after the end of the deflate stream, expected none",
        )
    return None
