"""Cargo.lock: the packages that it lists. What cargo writes is read without a TOML parser, in a tenth of the time."""

from __future__ import annotations

from wheelcheck.facts.toml import parse_toml, tables
from wheelcheck.patterns import regex
from wheelcheck.typed import Any

_TEXT = r'"[^"\\\x00-\x1f\x7f]*"'
# The forms that cargo writes, each of which is TOML: comments and the version of the format, then the packages.
_BEGINNING = regex(r"(?:#[^\x00-\x1f\x7f]*\n){0,9}(?:version = [1-9]\n)?")
_PACKAGE = regex(
    rf"\n\[\[package\]\]\nname = ({_TEXT})\nversion = ({_TEXT})\n(?:source = ({_TEXT})\n)?(?:checksum = ({_TEXT})\n)?"
    r"(?:dependencies = \[\n([^\\\]\x00-\x09\x0b-\x1f\x7f]*)\]\n)?"
)
_KEYS = ("name", "version", "source", "checksum")


def packages(text: str) -> list[dict[str, Any]]:
    """Return the `[[package]]` tables of a Cargo.lock in their order; none if it is not TOML."""
    written = written_by_cargo(text)
    return tables(parse_toml(text), "package") if written is None else written


def written_by_cargo(text: str) -> list[dict[str, Any]] | None:
    """Return the packages of a Cargo.lock that is just as cargo writes it; None of any other text."""
    start = _BEGINNING.match(text)
    if start is None or not text.isascii():
        return None
    found, at = [], start.end()
    while at < len(text):
        package = _PACKAGE.match(text, at)
        needed = _dependencies(package[5]) if package and package[5] is not None else []
        if package is None or needed is None:
            return None
        values: dict[str, Any] = {
            key: value[1:-1] for key, value in zip(_KEYS, package.groups(), strict=False) if value
        }
        found.append(values if package[5] is None else {**values, "dependencies": needed})
        at = package.end()
    return found


def _dependencies(lines: str) -> list[str] | None:
    """Return the texts of lines such as ` "syn 2.0.1",`; None if one is not."""
    whole = lines.split("\n")
    if whole.pop() or not all(line.startswith(' "') and line.endswith('",') for line in whole):
        return None
    return None if lines.count('"') != 2 * len(whole) else [line[2:-2] for line in whole]
