"""Which files a path, a folder or a `pypi:` argument stands for; only regular files are opened."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


# Opens what is given on the command line: regular files alone, for a pipe or a device may never end.

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


# `pypi:NAME==VERSION` where a path is expected: what was published, fetched and verified, judged like a build.

_RELEASE = re.compile(r"pypi:(?P<project>[A-Za-z0-9][\w.-]*)==(?P<version>[\w.!+-]+)")


class UnreachableError(Exception):
    """A published release could not be had; the text says which and why."""


def cache_folder() -> Path:
    """Return where fetched releases are kept: WHEELCHECK_CACHE, or the user's cache folder (XDG)."""
    if own := os.environ.get("WHEELCHECK_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wheelcheck"


def resolve(arguments: Iterable[str], index_url: str = "") -> list[Path]:
    """Return a path for each argument; a `pypi:` argument becomes the files of its release.

    Raises UnreachableError for a malformed one, and where the release or a file of it cannot be had.
    """
    return [path for argument in arguments for path in _resolve(argument, index_url)]


def _resolve(argument: str, index_url: str) -> list[Path]:
    if not argument.startswith("pypi:"):
        return [Path(argument)]
    found = _RELEASE.fullmatch(argument)
    if not found:
        raise UnreachableError(f"found {argument!r}, expected pypi:NAME==VERSION")
    return _fetch(found["project"], found["version"], index_url)


def _fetch(project: str, version: str, index_url: str) -> list[Path]:
    try:
        from wheelcheck import pypi  # noqa: PLC0415  # the extra may be missing
    except ImportError as problem:
        raise UnreachableError(f"pypi: needs the extra: pip install 'wheelcheck[index]' ({problem})") from problem
    try:
        wanted = pypi.release_files(project, version, index_url)
        folder = cache_folder() / project
        folder.mkdir(parents=True, exist_ok=True)
        outcomes = [outcome for _, outcome in pypi.fetch_all(wanted, folder, index_url=index_url)]
    except (pypi.UnobtainableError, OSError) as problem:
        raise UnreachableError(str(problem)) from problem
    for outcome in outcomes:
        if not isinstance(outcome, Path):
            raise UnreachableError(str(outcome))
    print(f"wheelcheck: {len(outcomes)} files of {project} {version}", file=sys.stderr)  # noqa: T201  # progress
    return [outcome for outcome in outcomes if isinstance(outcome, Path)]
