"""Numbers as sentences of every layer write them: with their nouns, or as a version."""

from __future__ import annotations

from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def dotted(version: Iterable[int]) -> str:
    """Return `3.9` for (3, 9), and empty text for a version without numbers."""
    return ".".join(map(str, version))
