"""Releases that other people published, out of the cache or the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.fetch import default_cache, wanted_from_filename
from wheelcheck.pypi import fetch_all

if TYPE_CHECKING:
    from pathlib import Path


def obtain(*names: str) -> list[Path]:
    """Return the cached files, fetched where they are not; what cannot be had raises."""
    paths = []
    for _, outcome in fetch_all(map(wanted_from_filename, names), default_cache()):
        if isinstance(outcome, Exception):
            raise outcome
        paths.append(outcome)
    return paths
