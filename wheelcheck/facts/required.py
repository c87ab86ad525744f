"""The distributions that a wheel requires, by name: read once, and found by how they begin."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

from wheelcheck.patterns import regex
from wheelcheck.platforms.usual import canonicalize_name, plain_requirement
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_EXTRA = regex(r"\bextra\b")


class Required:
    """The names of the distributions that a wheel requires, those of an extra left out."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read the values of Requires-Dist."""
        self.names = tuple(dict.fromkeys(name for name in map(_required_name, lines) if name))
        self._sorted = sorted((canonicalize_name(name), number) for number, name in enumerate(self.names))

    def beginning_as(self, folders: Iterable[str]) -> tuple[str, ...]:
        """Return the projects that are called like a folder, or as a part of it: nvidia-cublas-cu12 of nvidia."""
        found: set[int] = set()
        for folder in {canonicalize_name(folder) for folder in folders}:
            for first, end in ((folder, f"{folder}\0"), (f"{folder}-", f"{folder}.")):  # a dot follows upon a hyphen
                start, stop = bisect_left(self._sorted, (first, 0)), bisect_left(self._sorted, (end, 0))
                found.update(number for _, number in self._sorted[start:stop])
        return tuple(self.names[number] for number in sorted(found))


@lru_cache(maxsize=256)
def _required_name(line: str) -> str:
    """Return the name of a requirement; empty for one of an extra, and one that cannot be read."""
    if plain := plain_requirement(line):
        name, marker = plain
        return "" if _EXTRA.search(marker) else name
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  # slow to import

    try:
        requirement = Requirement(line)
    except (InvalidRequirement, RecursionError):
        return ""
    return "" if _EXTRA.search(str(requirement.marker or "")) else requirement.name
