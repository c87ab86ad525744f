"""How much memory a piece of code takes, in a process that has lived before it."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_FORGET_THE_PEAK = "5"  # proc(5)


class Growth:
    """The peak of this process's resident memory since the object was made, above what it was then.

    Linux can be told to forget the former peak. `ru_maxrss`, which other systems have to do with, starts at the peak of
    the process that started this one and never falls: it shows only what goes above that.
    """

    def __init__(self) -> None:
        try:
            _CLEAR.write_text(_FORGET_THE_PEAK, "ascii")
        except OSError:
            self._peak = _peak_of_life
        else:
            self._peak = _peak_since_cleared
        self._before = self._peak()

    def mebibytes(self) -> int:
        """Return the growth in MiB."""
        return (self._peak() - self._before) // 2**20


def _peak_since_cleared() -> int:
    line = next(line for line in _STATUS.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _peak_of_life() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
