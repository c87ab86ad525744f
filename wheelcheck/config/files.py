"""Where the configuration is: all of wheelcheck.toml, or the table `[tool.wheelcheck]` of pyproject.toml."""

from __future__ import annotations

import codecs
import os

from wheelcheck.inputs import open_regular
from wheelcheck.records import dataclass
from wheelcheck.toml_document import TomlError, parse_document
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

OWN = "wheelcheck.toml"  # the whole file is the table
SHARED = "pyproject.toml"
_TABLE = "wheelcheck"
_MOST_BYTES = 2**20  # a megabyte of TOML takes a second to parse
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the file and the key, the problem and how to fix it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A key of a configuration file, written as in the file: `FILE: tool.wheelcheck.payload #2.path`.

    `#2` is the second entry of an array. The keys of a wheelcheck.toml have no prefix.
    """

    file: Path
    keys: tuple[str, ...] = ()

    def __truediv__(self, key: str) -> Place:
        return Place(self.file, (*self.keys, key))

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.file), ".".join(self.keys))))

    def entry(self, number: int) -> Place:
        """Return the place of an entry of this array, counted from 1."""
        return Place(self.file, (*self.keys[:-1], f"{self.keys[-1]} #{number}"))

    @property
    def header(self) -> str:
        """The dotted keys without entry numbers, as a table's header spells them."""
        return ".".join(key.partition(" #")[0] for key in self.keys)


def find(folder: Path) -> Path | None:
    """Return the file that configures a folder: its wheelcheck.toml or its pyproject.toml; None if it has neither.

    Raises ConfigError if both configure it: a release must not be compared with the wrong one of the two.
    """
    own, shared = folder / OWN, folder / SHARED
    if not os.path.lexists(own):
        return shared if os.path.lexists(shared) else None
    if os.path.lexists(shared) and read(shared)[0]:
        raise ConfigError(f"both {own} and [tool.wheelcheck] in {shared} configure this project; delete one of them")
    return own


def read(path: Path) -> tuple[dict[str, Any], Place]:
    """Return the table that configures wheelcheck in a TOML file, and its place.

    That is the whole of a wheelcheck.toml, and `[tool.wheelcheck]` of any other file, which may be missing.
    Raises ConfigError for a file that cannot be read or is not TOML.
    """
    document = _document(path)
    if path.name == OWN:
        if "tool" in document:
            raise ConfigError(f"{path}: the whole file is the table; remove `tool.wheelcheck` from its headers")
        return document, Place(path)
    place = Place(path, ("tool", _TABLE))
    _refuse_nearly_named(document, path)
    tool = document.get("tool", {})
    table = tool.get(_TABLE, {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise ConfigError(f"{place} must be a table; start it with [tool.wheelcheck]")
    return table, place


def read_required(path: Path, what: str) -> tuple[dict[str, Any], Place]:
    """Return the table as `read` does. Raises ConfigError if it is empty; `what` names the keys to add."""
    table, where = read(path)
    if table:
        return table, where
    if where.keys:
        raise ConfigError(f"{path} has no [tool.wheelcheck]; add the table with {what}")
    raise ConfigError(f"{path} is empty; add {what}")


def project_name(path: Path) -> str:
    """Return `project.name` of a pyproject.toml; empty text if it has none or does not exist."""
    if not os.path.lexists(path):
        return ""
    project = _document(path).get("project", {})
    name = project.get("name", "") if isinstance(project, dict) else ""
    return name if isinstance(name, str) else ""


def _refuse_nearly_named(document: dict[str, Any], path: Path) -> None:
    """Raise ConfigError for a table that is meant for us and has another name: it would silently not count."""
    tool = document.get("tool")
    for place, table in (("", document), ("tool.", tool if isinstance(tool, dict) else {})):
        for name, value in table.items():
            if f"{place}{name}" != f"tool.{_TABLE}" and isinstance(value, dict) and is_nearly(name, _TABLE):
                raise ConfigError(f"{path}: [{place}{name}] is not read because of its name; call it [tool.{_TABLE}]")


def is_nearly(word: str, wanted: str) -> bool:
    """Return whether a word differs from the wanted one in one or two letters, or in case."""
    if abs(len(word) - len(wanted)) > 2:
        return False
    return _distance(word.lower(), wanted) <= 2


def _distance(one: str, other: str) -> int:
    """Return the edit distance (Levenshtein): insertions, deletions and replacements."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        diagonal, row[0] = row[0], number
        for column, wanted in enumerate(other, 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (letter != wanted)),
            )
    return row[-1]


def _document(path: Path) -> dict[str, Any]:
    try:
        return parse_document(text_of(path))
    except TomlError as problem:
        raise ConfigError(f"{path} {problem}{_hint(str(problem))}") from problem


def content_of(path: Path) -> bytes:
    """Return the bytes of a file of a project, which is a regular one of at most a megabyte. Raises ConfigError."""
    try:
        with open_regular(path) as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as problem:
        raise ConfigError(f"{path}: no such file") from problem
    except IsADirectoryError as problem:
        raise ConfigError(f"{path} is a folder; name the file in it, {OWN} or {SHARED}") from problem
    except OSError as problem:
        raise ConfigError(f"{path} cannot be read: {problem.strerror or problem}") from problem
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"{path} is larger than {_MOST_BYTES:,} bytes, and not read")
    return content


def text_of(path: Path) -> str:
    """Read and decode a file. Raises ConfigError also for what editors and shells on Windows write instead of UTF-8."""
    content = content_of(path)
    if content.startswith(_UTF_16):
        raise ConfigError(f"{path} is encoded as UTF-16; save it as UTF-8")
    if content.startswith(codecs.BOM_UTF8):
        raise ConfigError(f"{path} starts with a byte order mark; save it as UTF-8 without one")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        byte = content[problem.start]
        raise ConfigError(
            f"{path} is not encoded as UTF-8: byte {byte:#04x} in line {line}; save it as UTF-8"
        ) from problem


def _hint(problem: str) -> str:
    """Return a hint if the parser found the backslash of a Windows path."""
    escapes = ("Unescaped '\\'", "Invalid hex value")
    return "; a backslash is an escape here: write paths with /" if any(each in problem for each in escapes) else ""
