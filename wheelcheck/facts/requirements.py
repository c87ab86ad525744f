"""Requirements of core metadata in a form in which equal ones are equal, however a backend spells them (PEP 508).

Also which required distributions may bring a library that a wheel needs.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from itertools import product

from wheelcheck.facts.file_names import installed_path
from wheelcheck.patterns import regex
from wheelcheck.platforms.loaders import from_origin
from wheelcheck.platforms.usual import canonicalize_name, plain_requirement
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from packaging.requirements import Requirement

    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Member, Wheel


MOST_ALTERNATIVES = 256  # of one marker; those of real requirements have a handful
LONGEST = 4096  # characters of one field that is parsed; deep nesting would exhaust the parser's stack
_TOKEN = regex(r"\"[^\"]*\"|'[^']*'|[()]|[<>=!~]+|not in|[\w.]+")
_QUOTES = "\"'"
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SYMMETRIC = frozenset({"==", "!=", "===", *_MIRRORED})

Comparison = tuple[str, str, str]
Alternatives = frozenset[frozenset[Comparison]]


class TooManyAlternativesError(ValueError):
    """A marker whose alternatives are too many to be listed."""


def is_requirement(text: str) -> bool:
    """Return whether text is a requirement (PEP 508); what is longer than LONGEST counts as one."""
    if plain_requirement(text):
        return True
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  # slow to import

    try:
        return len(text) > LONGEST or bool(Requirement(text).name)
    except (InvalidRequirement, RecursionError):
        return False


@lru_cache(maxsize=256)
def canonical(field: str, value: str) -> object:
    """Return what is equal for values of a metadata field that mean the same; text without spaces if it is invalid.

    Knows Requires-Dist, Requires-Python and License-Expression.
    """
    from packaging.licenses import (  # noqa: PLC0415  # slow to import
        InvalidLicenseExpression,
        canonicalize_license_expression,
    )
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415

    text = re.sub(r"\s+", "", value)
    if len(value) > LONGEST:
        return text
    try:
        if field == "Requires-Dist":
            return _requirement(Requirement(value))
        return SpecifierSet(value) if field == "Requires-Python" else canonicalize_license_expression(value)
    except (InvalidRequirement, InvalidSpecifier, InvalidLicenseExpression, ValueError, RecursionError):
        return text


def _requirement(requirement: Requirement) -> tuple[object, ...]:
    extras = frozenset(canonicalize_name(extra) for extra in requirement.extras)
    marker = alternatives(str(requirement.marker)) if requirement.marker else None
    return canonicalize_name(requirement.name), extras, requirement.specifier, requirement.url, marker


def alternatives(marker: str) -> Alternatives:
    """Return the ways in which a marker (as `packaging` prints it) holds: sets of comparisons that hold together.

    Without those that contain another one this is the minimal disjunctive form. Markers have no "not", so it is the
    same for all markers that combine the same comparisons to the same effect.

    Raises TooManyAlternativesError for more than MOST_ALTERNATIVES.
    """
    return _Marker(_TOKEN.findall(marker)).any_of()


class _Marker:
    """A marker that is parsed: its tokens, the next one last."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens[::-1]

    def any_of(self) -> Alternatives:
        found = self._all_of()
        while self._takes("or"):
            found = _minimal(found | self._all_of())
        return found

    def _all_of(self) -> Alternatives:
        found = self._one()
        while self._takes("and"):
            more = self._one()
            if len(found) * len(more) > MOST_ALTERNATIVES:
                raise TooManyAlternativesError
            found = _minimal({first | second for first, second in product(found, more)})
        return found

    def _one(self) -> Alternatives:
        if self._takes("("):
            inner = self.any_of()
            self._takes(")")
            return inner
        left, operator, right = (self._tokens.pop() for _ in range(3))
        return frozenset({frozenset({_comparison(left, operator, right)})})

    def _takes(self, token: str) -> bool:
        """Consume the next token if it is this one."""
        return bool(self._tokens) and self._tokens[-1] == token and bool(self._tokens.pop())


def _comparison(left: str, operator: str, right: str) -> Comparison:
    """Return a comparison with the variable first, and the name of an extra normalised."""
    if left[0] in _QUOTES and operator in _SYMMETRIC:
        left, operator, right = right, _MIRRORED.get(operator, operator), left
    return left, operator, canonicalize_name(right.strip(_QUOTES)) if left == "extra" else right


def _minimal(found: AbstractSet[frozenset[Comparison]]) -> Alternatives:
    """Leave out what contains another one: `a or (a and b)` is `a`."""
    if len(found) > MOST_ALTERNATIVES:
        raise TooManyAlternativesError
    return frozenset(each for each in found if not any(other < each for other in found))


# What a wheel's own files say about libraries that other distributions bring.

_PREFIX = regex(r"[^/]+\.data/data/")


def bringers(wheel: Wheel, member: Member, slice_: Slice) -> tuple[str, ...]:
    """Return the required distributions that may bring a library this file needs; empty where none can be found.

    Files of other distributions are found in two places. All distributions share the environment's own folder
    (`.data/data/lib`). And the search path may lead to a folder of site-packages in which the wheel has no file
    (`$ORIGIN/../nvidia/cublas/lib`): then only distributions whose names begin as that folder does count
    (nvidia-cublas-cu12). Requirements of an extra never count.
    """
    if _PREFIX.match(member.path):
        return wheel.required.names
    return wheel.required.beginning_as(_foreign_folders(wheel, member, slice_))


def _foreign_folders(wheel: Wheel, member: Member, slice_: Slice) -> set[str]:
    """Return the top folders of site-packages below which the file looks for libraries and the wheel has no file."""
    here = posixpath.dirname(installed_path(member.path))
    targets = {_target(entry, here) for entry in (*slice_.rpath, *slice_.runpath)}
    return {target.partition("/")[0] for target in targets if target and target not in wheel.folders}


def _target(entry: str, here: str) -> str:
    """Return the folder of site-packages to which a search path leads; empty text where it leads elsewhere."""
    path = from_origin(entry, here) or ".."
    return "" if path.startswith("..") or path == "." else path
