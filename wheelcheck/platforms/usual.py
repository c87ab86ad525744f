"""Names, versions, tags, specifiers and requirements in the forms that nearly all have, read without `packaging`.

Importing `packaging` costs a small wheel's check a tenth of its time. Here stands what it says of plain forms; it is
asked about any other, and a test compares both.
"""

from __future__ import annotations

import re
from itertools import product
from operator import eq, ge, gt, le, lt, ne

from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Release = tuple[int, ...]
    Tag = tuple[str, str, str]
    WheelName = tuple[str, str, tuple[()] | tuple[int, str], Iterable[Tag]]

USUAL_LICENSES = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"})
_DIGITS = 9  # of one number, more of them are left to packaging
_VARIABLE = "(?:python_(?:full_)?version|os_name|sys_platform|platform_(?:machine|python_implementation|system)|extra)"
_MARK = rf"""{_VARIABLE} ?(?:[<>=!]=|[<>]) ?(?:'[\w.+-]+'|"[\w.+-]+")"""
_REQUIREMENT = regex(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9-]+(?:,[A-Za-z0-9-]+)*\])? ?"
    rf"(?P<clauses>[<>=!][^;()]+|\([^;()]+\))?(?: ?; ?(?P<marker>{_MARK}(?: (?:and|or) {_MARK})*))?",
    re.ASCII,
)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {">=": ge, "<=": le, "==": eq, "!=": ne, ">": gt, "<": lt}


def canonicalize_name(name: str) -> str:
    """Return the name of a distribution in the spelling that all its spellings share (PEP 503)."""
    value = name.lower().replace("_", "-").replace(".", "-")
    while "--" in value:
        value = value.replace("--", "-")
    return value


def release_of(version: str) -> Release:
    """Return the numbers of a plain version such as 1.10.2; none for any other text."""
    parts = version.split(".")
    return tuple(map(int, parts)) if version.isascii() and all(map(_is_number, parts)) else ()


def is_version(text: str) -> bool:
    """Return whether a text is a version (PEP 440)."""
    if release_of(text):
        return True
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415  # slow to import

    try:
        return bool(Version(text))
    except (InvalidVersion, ValueError):  # the second for a number of thousands of digits
        return False


def _is_number(part: str) -> bool:
    return part.isdigit() and len(part) <= _DIGITS and (part[0] != "0" or part == "0")


def canonicalize_version(version: str) -> str:
    """Return a version in the spelling that all equal ones share; an invalid one is unchanged. Raises ValueError."""
    if release_of(version):
        while version.endswith(".0"):
            version = version[:-2]
        return version
    from packaging.utils import canonicalize_version as other  # noqa: PLC0415  # slow to import

    return other(version)


def wheel_name(file: str) -> WheelName:
    """Return project, version, build tag and tags of a wheel's file name. Raises ValueError."""
    parts = file.removesuffix(".whl").split("-")
    is_plain = file.endswith(".whl") and len(parts) == 5 and _is_plain_name(parts[0]) and release_of(parts[1])
    if is_plain and (tags := _tags(parts[2:])):
        return canonicalize_name(parts[0]), parts[1], (), tags
    from packaging.utils import parse_wheel_filename  # noqa: PLC0415  # slow to import

    project, version, build, found = parse_wheel_filename(file)
    return project, str(version), build, {(tag.interpreter, tag.abi, tag.platform) for tag in found}


def sdist_name(file: str) -> tuple[str, str]:
    """Return project and version of an sdist's file name. Raises ValueError."""
    name, _, version = file.removesuffix(".tar.gz").rpartition("-")
    if file.endswith(".tar.gz") and name and release_of(version):
        return canonicalize_name(name), version
    from packaging.utils import parse_sdist_filename  # noqa: PLC0415  # slow to import

    project, parsed = parse_sdist_filename(file)
    return project, str(parsed)


def _is_plain_name(name: str) -> bool:
    return name.isascii() and name.replace("_", "").replace(".", "").isalnum() and "__" not in name


def expanded_tag(tag: str) -> Iterable[Tag]:
    """Return the tags that a compressed one stands for. Raises ValueError."""
    if tags := _tags(tag.split("-")):
        return tags
    from packaging.tags import parse_tag  # noqa: PLC0415  # slow to import

    return {(each.interpreter, each.abi, each.platform) for each in parse_tag(tag)}


def _tags(parts: list[str]) -> set[Tag]:
    """Return the tags of plain parts; none if one is not plain."""
    sets = [part.split(".") for part in parts]
    if len(sets) != 3 or not all(_is_plain_tag(each) for part in sets for each in part):
        return set()
    if not all(each[0].isalpha() for each in sets[0]):
        return set()
    return {(python, abi, platform) for python, abi, platform in product(*sets)}


def _is_plain_tag(text: str) -> bool:
    return text.isascii() and text.replace("_", "").isalnum() and text == text.lower()


def is_specifier(text: str) -> bool:
    """Return whether a text is a set of version specifiers that can be read. Raises nothing."""
    if clauses_of(text) is not None:
        return True
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415  # slow to import

    try:
        hash(SpecifierSet(text))  # reads the versions, too
    except ValueError:  # InvalidSpecifier, or a number of too many digits
        return False
    return True


def admits_any(text: str, releases: Iterable[Release]) -> bool:
    """Return whether version specifiers admit one of these releases. Raises ValueError."""
    clauses = clauses_of(text)
    if clauses is not None:
        return any(all(_holds(clause, release) for clause in clauses) for release in releases)
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415  # slow to import

    specifiers = SpecifierSet(text)
    return any(specifiers.contains(".".join(map(str, release)), prereleases=True) for release in releases)


def plain_requirement(text: str) -> tuple[str, str] | None:
    """Return name and marker of a requirement in a plain form without a URL, which all readers take (PEP 508)."""
    found = _REQUIREMENT.fullmatch(text)
    if not found or clauses_of((found["clauses"] or "").strip("() ")) is None:
        return None
    return found["name"], found["marker"] or ""


def clauses_of(text: str) -> list[tuple[str, Release, bool]] | None:
    """Return operator, version and whether it ends in `.*` of each plain clause; None if one is not plain."""
    found = []
    for clause in text.split(",") if text.strip() else ():
        bare = clause.strip(" ")
        operator = next((each for each in _OPERATORS if bare.startswith(each)), "")
        version = bare[len(operator) :].lstrip(" ")
        is_prefix = operator in ("==", "!=") and version.endswith(".*")
        release = release_of(version.removesuffix(".*") if is_prefix else version)
        if not operator or not release:
            return None
        found.append((operator, release, is_prefix))
    return found


def _holds(clause: tuple[str, Release, bool], release: Release) -> bool:
    operator, wanted, is_prefix = clause
    length = len(wanted) if is_prefix else max(len(wanted), len(release))
    padded = release + (0,) * (length - len(release))
    return _OPERATORS[operator](padded[:length], wanted + (0,) * (length - len(wanted)))
