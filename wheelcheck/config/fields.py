"""Where the configuration stands and what shapes its values have: `wheelcheck.toml`, or a table of `pyproject.toml`."""

from __future__ import annotations

import difflib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wheelcheck.inputs import open_regular

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OWN = "wheelcheck.toml"  # the whole file is the table
SHARED = "pyproject.toml"
Table = dict[str, Any]


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the key, what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Place:
    """A key of a configuration file, as messages name it: `FILE: tool.wheelcheck.glibc`, in wheelcheck.toml `glibc`."""

    file: Path
    keys: tuple[str, ...] = ()

    def __truediv__(self, key: str) -> Place:
        return Place(self.file, (*self.keys, key))

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.file), ".".join(self.keys))))


def find(folder: Path) -> Path | None:
    """Return the file that configures a folder: its wheelcheck.toml or else its pyproject.toml; None without either.

    Raises ConfigError where both would: neither could be trusted to be what holds.
    """
    own, shared = folder / OWN, folder / SHARED
    if not os.path.lexists(own):
        return shared if os.path.lexists(shared) else None
    if os.path.lexists(shared) and read(shared)[0]:
        raise ConfigError(f"found both {own} and [tool.wheelcheck] in {shared}, expected one of them")
    return own


def read(path: Path) -> tuple[Table, Place]:
    """Return the configuration that a TOML file holds, and its place.

    That is all of a wheelcheck.toml, and `[tool.wheelcheck]` of any other, which may be empty.
    Raises ConfigError for a file that cannot be read or is not TOML.
    """
    try:
        with open_regular(path) as file:
            document = tomllib.loads(file.read().decode("utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise ConfigError(f"{path}: cannot be read as TOML: {problem}") from problem
    if path.name == OWN:
        if "tool" in document:
            raise ConfigError(f"{path}: found [tool], expected the keys themselves: the whole file is the table")
        return document, Place(path)
    tool = document.get("tool", {})
    place = Place(path, ("tool", "wheelcheck"))
    return _table(tool.get("wheelcheck", {}) if isinstance(tool, dict) else {}, place), place


def read_required(path: Path, what: str) -> tuple[Table, Place]:
    """Read a table that must say something. Raises ConfigError that says `what` was expected."""
    table, where = read(path)
    if not table:
        raise ConfigError(f"{where}: found {'no such table' if where.keys else 'nothing'}, expected {what}")
    return table, where


def check_keys(table: Mapping[str, object], known: tuple[str, ...], where: Place) -> None:
    """Raise ConfigError for a key that does not exist, naming the nearest one that does."""
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
            raise ConfigError(f"{where}: unknown key {key!r}: {hint}")


def strings(table: Table, key: str, where: Place) -> tuple[str, ...]:
    """Return a list of strings, empty where the key is missing. Raises ConfigError."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where / key}: found {value!r}, expected a list of strings")
    return tuple(value)


def boolean(table: Table, key: str, where: Place) -> bool | None:
    """Return true or false, None where the key is missing. Raises ConfigError."""
    value = table.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise ConfigError(f"{where / key}: found {value!r}, expected true or false")


def tables(table: Table, key: str, where: Place) -> list[Table]:
    """Return an array of tables, empty where the key is missing. Raises ConfigError."""
    value, place = table.get(key, []), where / key
    if not isinstance(value, list):
        raise ConfigError(f"{place}: found {value!r}, expected tables [[{'.'.join(place.keys)}]]")
    return [_table(item, place) for item in value]


def subtable(table: Table, key: str, where: Place) -> Table:
    """Return a table, empty where the key is missing. Raises ConfigError."""
    return _table(table.get(key, {}), where / key)


def _table(value: object, where: Place) -> Table:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: found {value!r}, expected a table")
    return value
