"""`pypi:NAME==VERSION` where a path is expected: what was published, fetched and verified, judged like a build."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        from wheelcheck import index  # noqa: PLC0415  # the extra may be missing
    except ImportError as problem:
        raise UnreachableError(f"pypi: needs the extra: pip install 'wheelcheck[index]' ({problem})") from problem
    try:
        wanted = index.release_files(project, version, index_url)
        folder = cache_folder() / project
        folder.mkdir(parents=True, exist_ok=True)
        outcomes = [outcome for _, outcome in index.fetch_all(wanted, folder, index_url=index_url)]
    except (index.UnobtainableError, OSError) as problem:
        raise UnreachableError(str(problem)) from problem
    for outcome in outcomes:
        if not isinstance(outcome, Path):
            raise UnreachableError(str(outcome))
    print(f"wheelcheck: {len(outcomes)} files of {project} {version}", file=sys.stderr)  # noqa: T201  # progress
    return [outcome for outcome in outcomes if isinstance(outcome, Path)]
