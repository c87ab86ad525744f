"""Opens what is given on the command line: regular files alone, for a pipe or a device may never end."""

from __future__ import annotations

import errno
import io
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WHAT_ELSE = "is a pipe, socket or device, not a regular file"


def open_regular(path: Path) -> io.FileIO:
    """Open a file for reading, without waiting for anyone to write it. Raises OSError."""
    return io.FileIO(path, opener=_open)


def _open(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISREG(mode := os.fstat(handle).st_mode) or stat.S_ISDIR(mode):  # FileIO refuses a folder itself
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, WHAT_ELSE)
