"""How far a survey is: files, bytes, rate, what is slow, what could not be verified, and the time left.

On a terminal one line is written again and again; in a log a line is added now and then.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from time import monotonic

from wheelcheck.report.wording import safe, sized
from wheelcheck.survey.scratch import size_of
from wheelcheck.typed import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_TERMINAL, _LOG = 1.0, 30.0  # seconds between two lines
_SLOW = 20.0  # seconds after which a file that is under way is named
_WIDTH = 110  # characters of the line of a terminal


class Progress:
    """Counts what is judged, and writes lines to a stream. `total` is the number of files, `size` their bytes."""

    def __init__(self, stream: TextIO, total: int, size: int) -> None:
        self._stream, self._total, self._size = stream, total, size
        self._terminal = stream.isatty()
        self._every = _TERMINAL if self._terminal else _LOG
        self.start = self._last = monotonic()
        self._done = self._bytes = 0
        self._since: dict[Path, float] = {}
        self.verdicts: Counter[str] = Counter()  # of what was judged now

    def judged(self, path: Path, verdict: str, gaps: Sequence[str]) -> None:
        """Count a file that was judged now; say so if it could not be verified."""
        self.verdicts[verdict] += 1
        if verdict == "unverified":
            self._write(f"{self._done + 1} of {self._total}: {path.name}: unverified, {'; '.join(gaps[:1])}")

    def ended(self, path: Path) -> None:
        """Count a file, judged now or before."""
        self._done += 1
        self._bytes += size_of(path)
        self._since.pop(path, None)

    def show(self, running: Sequence[Path]) -> None:
        """Write a line if the last one is old enough; `running` is what is under way."""
        now = monotonic()
        for path in running:
            self._since.setdefault(path, now)
        if now - self._last >= self._every:
            self._last = now
            line = self.line(now)
            self._write(line[:_WIDTH], passing=True)

    def line(self, now: float) -> str:
        """Return how far it is at a time, in seconds of the monotonic clock."""
        spent = max(now - self.start, 1e-9)
        parts = [
            f"{self._done} of {self._total} files, {sized(self._bytes)} of {sized(self._size)}",
            f"{self._done / spent:.1f} files/s, {sized(round(self._bytes / spent))}/s",
        ]
        if self._bytes:
            parts.append(f"{_clock(spent * max(self._size - self._bytes, 0) / self._bytes)} left")
        if self.verdicts["unverified"]:
            parts.append(f"{self.verdicts['unverified']} not verified")
        slow = min(self._since, key=lambda path: self._since[path], default=None)
        if slow and now - self._since[slow] > _SLOW:
            parts.append(f"slow: {slow.name} ({_clock(now - self._since[slow])})")
        return ", ".join(parts)

    def _write(self, line: str, *, passing: bool = False) -> None:
        """Write a line; on a terminal the next line replaces one that is passing."""
        text = (
            f"\r{safe(line):<{_WIDTH}}{'' if passing else chr(10)}" if self._terminal else f"wheelcheck: {safe(line)}\n"
        )
        with suppress(OSError):  # the reader has left; the survey goes on
            self._stream.write(text)
            self._stream.flush()


def _clock(seconds: float) -> str:
    """Return a time such as 2:03:04."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
