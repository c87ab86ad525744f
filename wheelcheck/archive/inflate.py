"""The bytes of one zip member: read forward once for its digests, and again at random from checkpoints."""

from __future__ import annotations

from bisect import bisect_right

from wheelcheck.archive.codec import MAX_WBITS, codec
from wheelcheck.archive.hashing import sha256
from wheelcheck.platforms.magic import BEGINNINGS
from wheelcheck.records import dataclass, field
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from wheelcheck.archive.codec import Decompressor
    from wheelcheck.archive.limits import Budget, Log

INPUT = 1 << 18  # with four times less, a wheel of large libraries takes a twentieth longer
OUTPUT = 1 << 18
LAST = 16  # pieces of the end that are kept: names of sections, .dynamic before them, and what patchelf moves
CHECKPOINT = 1 << 21  # the state is 40 kB, so one every 2 MiB costs a fiftieth


class Packed(NamedTuple):
    """Where the bytes of a member are: [start, end) of a file, stored or deflated."""

    file: BinaryIO
    start: int
    end: int
    deflated: bool

    def stream(self) -> MemberStream:
        """Return the content from its beginning."""
        return MemberStream(*self[:3], codec.decompressobj(-MAX_WBITS) if self.deflated else None)


class MemberStream:
    """The content of [start, end) of a file, from its beginning; stored where there is no `inflater`.

    After the last chunk `error` says what stopped it, empty if nothing did, and `unread` how many bytes are left.
    """

    __slots__ = ("_at", "_end", "_file", "_inflater", "_tail", "error", "produced")

    def __init__(self, file: BinaryIO, start: int, end: int, inflater: Decompressor | None) -> None:
        self._file, self._at, self._end = file, start, end
        self._inflater = inflater
        self._tail = b""
        self.produced = 0
        self.error = ""

    @property
    def unread(self) -> int:
        """How many bytes of the range the content did not need."""
        return self._end - self._at + len(self._tail)

    def copy(self) -> MemberStream:
        """Return a second stream that continues from here."""
        twin = MemberStream(self._file, self._at, self._end, self._inflater and self._inflater.copy())
        twin._tail, twin.produced = self._tail, self.produced
        return twin

    def chunk(self, most: int = OUTPUT) -> bytes:
        """Return the next 1 to `most` bytes, or none at the end."""
        out = self._take(most) if self._inflater is None else self._inflate(self._inflater, most)
        self.produced += len(out)
        return out

    def _take(self, most: int) -> bytes:
        self._file.seek(self._at)
        content = self._file.read(min(most, self._end - self._at))
        self._at += len(content)
        return content

    def _inflate(self, inflater: Decompressor, most: int) -> bytes:
        out = b""
        while not out and not inflater.eof and not self.error:
            out = self._feed(inflater, self._tail or self._take(INPUT), most)
        return out

    def _feed(self, inflater: Decompressor, content: bytes, most: int) -> bytes:
        try:
            out = inflater.decompress(content, most)
        except codec.error as broken:
            self.error = f"broken deflate stream ({broken})"
            return b""
        self._tail = inflater.unused_data or inflater.unconsumed_tail
        if not out and not content and not inflater.eof:
            self.error = "deflate stream cut short"
        return out


class Kept:
    """The beginning and the end of a content, in the pieces in which it was read: copying them would take as long."""

    __slots__ = ("_beginning", "_pieces", "_starts", "size")

    def __init__(self, whole: bytes = b"") -> None:
        self._starts, self._pieces = ([0], [whole]) if whole else ([], [])
        self._beginning = len(self._pieces)  # how many of the pieces belong to it
        self.size = len(whole)  # of the beginning

    def add(self, start: int, piece: bytes, *, to_beginning: bool) -> None:
        """Keep the next piece, and of those that are not of the beginning only the last."""
        self._starts.append(start)
        self._pieces.append(piece)
        if to_beginning:
            self._beginning += 1
            self.size += len(piece)
        elif len(self._pieces) - self._beginning > LAST:
            del self._starts[self._beginning], self._pieces[self._beginning]

    def at(self, offset: int) -> tuple[int, bytes]:
        """Return the piece that holds the byte at an offset, and where it starts; an empty one if none is kept."""
        number = bisect_right(self._starts, offset) - 1
        if number < 0 or offset - self._starts[number] >= len(self._pieces[number]):
            return offset, b""
        return self._starts[number], self._pieces[number]


_NOTHING = Kept()


@dataclass(slots=True)
class Content:
    """What one pass over a member proved, and the part of it that is kept; `sha256` is empty if it was not read.

    Members with the same `number` have the same bytes; 0 is no number.
    """

    size: int = 0
    crc: int = 0
    sha256: str = ""
    kept: Kept = field(default_factory=Kept)
    checkpoints: list[MemberStream] = field(default_factory=list)
    number: int = 0


def already_known(size: int, crc: int, sha256: str, number: int) -> Content:
    """Return the content of a member that another one was found to be equal to; nothing of it is kept."""
    return Content(size, crc, sha256, _NOTHING, [], number)


def digest_at_once(packed: bytes, declared: int, *, deflated: bool) -> Content | None:
    """Return what `digest` does for the whole of a small member; None if it does not end with `declared` bytes."""
    content = packed
    if deflated:
        inflater = codec.decompressobj(-MAX_WBITS)
        try:
            content = inflater.decompress(packed, declared + 1)
        except codec.error:
            return None
        if not inflater.eof or inflater.unused_data:
            return None
    if len(content) != declared:
        return None
    return Content(declared, codec.crc32(content, 0), sha256.of(content), Kept(content))


def digest(stream: MemberStream, declared: int, budget: Budget, path: str) -> Content:
    """Read a stream to its end, or to the first byte past the size declared. Raises StopReadingError at a cap."""
    import hashlib  # noqa: PLC0415  # slow to import: it loads OpenSSL

    content, whole = Content(), hashlib.sha256()
    keep = budget.prefix_bytes
    checkpoint = 0  # the first one is where the beginning ends
    while chunk := stream.chunk(min(OUTPUT, declared + 1 - content.size)):
        if not content.size and chunk.startswith(BEGINNINGS):
            keep = budget.native_prefix_bytes
        content.kept.add(content.size, chunk, to_beginning=content.kept.size < keep)
        content.size += len(chunk)
        budget.count_unpacked(len(chunk), path)
        content.crc = codec.crc32(chunk, content.crc)
        whole.update(chunk)
        if content.kept.size >= keep and content.size >= checkpoint:
            content.checkpoints.append(stream.copy())
            checkpoint = content.size + CHECKPOINT
        if content.size > declared:
            break
    content.sha256 = whole.hexdigest()
    return content


@dataclass(slots=True)
class Inflated:
    """A Source over a zip member: what is kept of it, otherwise inflating again from the nearest checkpoint."""

    packed: Packed
    content: Content
    log: Log
    path: str
    _current: MemberStream | None = None
    _chunk: bytes = b""
    _short: bool = False  # noted already

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.content.size

    def forget(self) -> None:
        """Drop what is kept. Reads stay possible, but cost more."""
        self.content.kept, self.content.checkpoints = _NOTHING, []
        self._current, self._chunk = None, b""

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of [offset, offset + length) that exist, fewer once rereading has cost too much."""
        end = min(offset + max(length, 0), self.size)
        if offset < 0 or end <= offset:
            return b""
        parts = []
        while offset < end:
            start, piece = self._piece_at(offset)
            if not piece:
                break
            parts.append(piece[offset - start : end - start])
            offset += len(parts[-1])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _piece_at(self, offset: int) -> tuple[int, bytes]:
        """Return a piece that holds the byte at an offset, and where it starts; the last one is kept for the next read.

        It is empty once rereading has cost too much.
        """
        kept = self.content.kept.at(offset)
        while not kept[1]:
            start = self._current.produced - len(self._chunk) if self._current else 0
            if self._current and start <= offset < self._current.produced:
                return start, self._chunk
            if not self._advance(offset):
                break
        return kept

    def _advance(self, offset: int) -> bool:
        """Produce the next chunk, from the start or checkpoint nearest to `offset`."""
        if not self.log.budget.may_reread():
            self._note_limit()
            return False
        starts = [stream for stream in self.content.checkpoints if stream.produced <= offset]
        nearest = max((stream.produced for stream in starts), default=0)
        if self._current is None or not nearest <= self._current.produced <= offset:
            self._current = starts[-1].copy() if starts else self.packed.stream()
        self._chunk = self._current.chunk()
        self.log.budget.reread += len(self._chunk)
        return bool(self._chunk)

    def _note_limit(self) -> None:
        if not self._short:
            self._short = True
            why = "reading back and forth costs more than reading it all again, the rest is not examined"
            self.log.note_limit("cap-reread", why, self.path)
