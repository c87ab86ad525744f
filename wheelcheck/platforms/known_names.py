"""Names that others define: PyPI's classifiers, and the headers of CPython and of systems.

tools/known_names.py writes the data.
"""

from __future__ import annotations

from functools import lru_cache

from wheelcheck.platforms import data
from wheelcheck.typed import Any


def classifier_problem(name: str) -> str:
    """Say why PyPI refuses a classifier; empty text for one that it takes."""
    if (instead := _data()["deprecated"].get(name)) is not None:
        return f"is deprecated; use {' or '.join(instead)}" if instead else "is deprecated; remove it"
    return "" if name in _classifiers() else "is not one that PyPI knows"


@lru_cache(maxsize=1)
def foreign_headers() -> frozenset[str]:
    """Return the headers of CPython, as `Python.h` and `cpython/object.h`, of C and C++, of Windows and of macOS."""
    return frozenset(_data()["headers"])


@lru_cache(maxsize=1)
def _classifiers() -> frozenset[str]:
    return frozenset(_data()["classifiers"])


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    found: dict[str, Any] = data.load("known_names.json")
    return found
