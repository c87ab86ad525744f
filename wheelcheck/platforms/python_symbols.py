"""Which names of its C API a version of CPython no longer has, or not yet (python_symbols.json).

tools/python_symbols.py asks interpreters. What the data does not hold is unknown: no name is said to be missing then.
"""

from __future__ import annotations

from functools import lru_cache

from wheelcheck.platforms import data
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Span(NamedTuple):
    """The first and the last minor version of Python 3 that has a name, among those that were asked."""

    first: int
    last: int

    def __str__(self) -> str:
        """Return it in words; what the oldest or the newest of them has may be older or newer."""
        oldest, newest = _asked()
        if self.first == oldest:
            return f"until 3.{self.last}"
        return f"since 3.{self.first}" if self.last == newest else f"3.{self.first} to 3.{self.last}"


def span_outside(name: str, minor: int) -> Span | None:
    """Return which versions have a name if Python 3.`minor` has it not; None if it has it, or that is not known.

    Of versions newer than the data it is known only what had been removed from the public API before. A private name
    that came later may be in patch releases of earlier versions, too.
    """
    span, is_public = _spans().get(name), name.startswith("Py")
    oldest, newest = _asked()
    if span is None or minor < oldest or (minor > newest and not is_public):
        return None
    is_gone = span.last < min(minor, newest)
    is_to_come = span.first > minor and is_public
    return span if is_gone or is_to_come else None


@lru_cache(maxsize=1)
def changing() -> frozenset[str]:
    """Return the names that some versions have and others not; of no other is it said that one lacks it."""
    return frozenset(_spans())


@lru_cache(maxsize=1)
def _asked() -> tuple[int, int]:
    """Return the oldest and the newest version that was asked."""
    oldest, newest = map(int, _data()["minors"].split())
    return oldest, newest


@lru_cache(maxsize=1)
def _spans() -> Mapping[str, Span]:
    rows = _data()["names"].items()
    return {name: Span(*map(int, span.split())) for span, names in rows for name in names.split()}


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    found: dict[str, Any] = data.load("python_symbols.json")
    return found
