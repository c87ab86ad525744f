"""Releases that other people published, from the cache or the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.fetch import default_cache, wanted_from_filename
from wheelcheck.pypi import fetch_all

if TYPE_CHECKING:
    from pathlib import Path


def obtain(*names: str) -> list[Path]:
    """Return the files from the cache, after fetching missing ones. Raises if one cannot be obtained."""
    paths = []
    for _, outcome in fetch_all(map(wanted_from_filename, names), default_cache()):
        if isinstance(outcome, Exception):
            raise outcome
        paths.append(outcome)
    return paths
