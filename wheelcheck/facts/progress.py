"""The progress of a run: bytes read of the total, added up over the worker threads."""

from __future__ import annotations

import io

from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from threading import Lock

_PASSES = 2  # collect reads a file twice: member by member, and whole for its hash where that is asked for
_STEPS = 500  # a listener is called once per 1/500 of the total, however small the reads are


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a run: the file that was just read from, the bytes read so far, and the total."""

    file: str
    done: int
    total: int


def _new_lock() -> Lock:
    from threading import Lock  # noqa: PLC0415  # slow to import, and without a terminal no progress is shown

    return Lock()


@dataclass
class Meter:
    """Adds up what is read of each file. `sizes` are bytes on disk. `listener` is called in worker threads."""

    sizes: Mapping[Path, int]
    listener: Callable[[Progress], None]
    _read: dict[Path, int] = field(default_factory=dict)
    _done: int = 0
    _told: int = 0
    _lock: Lock = field(default_factory=_new_lock)

    @classmethod
    def over(cls, files: Iterable[Path], listener: Callable[[Progress], None]) -> Meter:
        """Return a meter for these files; one that no longer exists counts as empty."""
        return cls({file: file.stat().st_size if file.is_file() else 0 for file in files}, listener)

    @property
    def total(self) -> int:
        """How many bytes a complete run reads."""
        return sum(self.sizes.values()) * _PASSES

    def advance(self, file: Path, count: int) -> None:
        """Record that `count` more bytes of `file` were read; rereading does not count beyond the file's share."""
        with self._lock:
            before = self._read.get(file, 0)
            after = min(before + count, self.sizes[file] * _PASSES)
            self._read[file] = after
            self._done += after - before
            if self._done - self._told > self.total // _STEPS:
                self._tell(file)

    def finish(self, file: Path) -> None:
        """Record that nothing more of `file` will be read, and report it."""
        with self._lock:
            self._done += self.sizes[file] * _PASSES - self._read.get(file, 0)
            self._read[file] = self.sizes[file] * _PASSES
            self._tell(file)

    def _tell(self, file: Path) -> None:
        self._told = self._done
        self.listener(Progress(file.name, self._done, self.total))


class CountedFile(io.BufferedReader):
    """A file that reports how much each read returned."""

    def __init__(self, raw: io.FileIO, advance: Callable[[int], None]) -> None:
        super().__init__(raw)
        self._advance = advance

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, as any file does, and report their number."""
        content = super().read(size)
        self._advance(len(content))
        return content
