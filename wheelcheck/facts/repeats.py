"""Members that wheels of one release, or folders of one, have in common: what is known of the first is not read again.

Equal packed bytes inflate to equal bytes. So a member is known if an earlier one with the same method, sizes and CRC-32
was read whole, found sound, and is packed as the same bytes. The bytes themselves are compared, no hash of them, and
the file that holds the earlier ones must be unchanged from before it was read until after it was compared.
"""

from __future__ import annotations

import os
from itertools import count

from wheelcheck.archive.zip_directory import Window
from wheelcheck.inputs import open_regular
from wheelcheck.records import replace
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelcheck.archive.zip_contents import Key
    from wheelcheck.binary import Binary
    from wheelcheck.binary.model import Symbol
    from wheelcheck.facts import Member
    from wheelcheck.facts.runs import Source
    from wheelcheck.turn import Turn

_PIECE = 1 << 17
SOURCES_CAP = 4 * 2**20  # bytes of the sources of which is kept what they say
NAMES_CAP = 32 * 2**20  # bytes of the names in native code that is kept for later artifacts
_MOST_OPEN = 8  # files that one artifact is compared with at a time: handles are few

State = tuple[int, ...]


def state_of(path: Path, file: BinaryIO) -> State:
    """Return what changes if the file changes: its size and times, and the identity of the file with this name.

    st_mtime can be set back by whoever writes the file; st_ctime, the time of that change, cannot.
    """
    opened, named = os.fstat(file.fileno()), path.stat()
    return opened.st_size, opened.st_mtime_ns, opened.st_ctime_ns, named.st_dev, named.st_ino


class Original(NamedTuple):
    """A sound member: where its packed bytes begin, the state of that file before it was read, its hash and number.

    `file` is a number for the file, which is looked for in less time than a path.
    """

    file: int
    path: Path
    state: State
    start: int
    sha256: str
    number: int


class Looked(NamedTuple):
    """What was seen in a content: its first bytes, native code, and the container format if it is an archive."""

    head: bytes
    binary: Binary | None
    archive: str


class Plain(NamedTuple):
    """A file of a wheel of which nothing but its member is kept, and the steps for what is in it."""

    member: Member
    steps: int


class Shared:
    """What the artifacts of one release know of each other's members of at least some size.

    Threads may share it; then `turn` says which of them reads.
    """

    def __init__(self, least: int = 1, turn: Turn | None = None) -> None:
        self.least, self.turn = least, turn
        self.originals: dict[Key, Original] = {}
        self.looked: dict[int, Looked] = {}
        self.plain: dict[tuple[int, str, int], Plain] = {}  # by number, path and mode
        self.sources: dict[tuple[str, str], tuple[Source, int]] = {}  # with its steps, by place and hash
        self._sources_left = SOURCES_CAP
        self.numbers = count(1)
        self._names_left = NAMES_CAP
        self._paths: dict[str, str] = {}
        self._symbols: dict[Symbol, Symbol] = {}

    def path(self, path: str) -> str:
        """Return an equal path, the same object for every artifact: memory for each would be that of all others."""
        return self._paths.setdefault(path, path)

    def learn(self, number: int, looked: Looked) -> None:
        """Keep what was seen in the content of a member, unless the names in it are more than can be kept."""
        size = looked.binary.name_bytes if looked.binary else 0
        if size <= self._names_left:
            self._names_left -= size
            self.looked[number] = looked

    def learn_source(self, place: str, member: Member, source: Source, steps: int) -> None:
        """Keep what the source of a module says, and what it cost in steps, unless others take all room."""
        if member.sha256 and member.size <= self._sources_left:
            self._sources_left -= member.size
            self.sources[place, member.sha256] = source, steps

    def binary(self, binary: Binary) -> Binary:
        """Return an equal value whose symbols are those of others: modules ask for the same few thousand."""
        if binary.name_bytes > self._names_left:
            return binary
        same = self._symbols.setdefault
        slices = (replace(each, imports=tuple(map(same, each.imports, each.imports))) for each in binary.slices)
        return replace(binary, slices=tuple(slices))


class Repeats:
    """The members of one artifact among those of all, as its walk learns and finds them."""

    def __init__(self, shared: Shared, path: Path, state: State) -> None:
        self._shared, self._path, self._state = shared, path, state
        self._number = next(shared.numbers)
        self._opened: dict[int, tuple[Original, BinaryIO, Window]] = {}
        self.least, self.turn = shared.least, shared.turn

    def learn(self, key: Key, start: int, sha256: str) -> int:
        """Take note of a sound member whose packed bytes begin at `start` of this artifact; return its number."""
        number = next(self._shared.numbers)
        self._shared.originals.setdefault(key, Original(self._number, self._path, self._state, start, sha256, number))
        return number

    def find(self, key: Key, packed: Window, start: int) -> tuple[str, int] | None:
        """Return sha256 and number of a sound member with the same record and packed bytes as those at `start`."""
        original = self._shared.originals.get(key)
        if original is None:
            return None
        opened = self._opened.get(original.file)
        others = opened[2] if opened else self._open(original)
        if others is None or not _equal(packed, start, others, original.start, key[1]):
            return None
        return original.sha256, original.number

    def changed(self) -> Iterator[str]:
        """Yield the names of other files that were compared and are no longer what they were when they were read."""
        for original, file, _ in self._opened.values():
            if original.path != self._path and _state_or_none(original.path, file) != original.state:
                yield original.path.name

    def close(self) -> None:
        """Close the files that were compared."""
        for _, file, _ in self._opened.values():
            file.close()

    def _open(self, original: Original) -> Window | None:
        """Open an original's file and return its bytes; None if it is not as it was before it was read."""
        if len(self._opened) == _MOST_OPEN:
            return None
        try:
            file = open_regular(original.path)
        except OSError:
            return None
        if _state_or_none(original.path, file) != original.state:
            file.close()
            return None
        window = Window(file, _PIECE, _PIECE // 8)
        self._opened[original.file] = (original, file, window)
        return window


def _state_or_none(path: Path, file: BinaryIO) -> State | None:
    try:
        return state_of(path, file)
    except OSError:
        return None


def _equal(one: Window, start: int, other: Window, other_start: int, length: int) -> bool:
    """Return whether two files have the same `length` bytes, all of them, at two places."""
    if length <= _PIECE:  # as nearly always
        piece = one.read(start, length)
        return len(piece) == length and piece == other.read(other_start, length)
    for at in range(0, length, _PIECE):
        piece = one.read(start + at, min(_PIECE, length - at))
        if len(piece) < min(_PIECE, length - at) or piece != other.read(other_start + at, len(piece)):
            return False
    return True
