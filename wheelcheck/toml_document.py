"""The one place where TOML is parsed: never a text whose keys cost too much, since dotted keys are not linear."""

from __future__ import annotations

import sys

from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Cargo refuses keys of over 80 parts. tomllib is quadratic in the parts: one of 32,000 takes 4 GB and 20 s. Many
# keys of 80 parts are slow as well, so only some may have over 16.
_MOST_PARTS, _MANY_PARTS, _MOST_LONG_KEYS = 80, 16, 100
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_KEY = regex(rf"(?<![\w-]){_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_PARTS = regex(_PART)


class TomlError(ValueError):
    """Why a text is not read as TOML, as what is said of its file: "is not valid TOML: …"."""


def parse_document(text: str) -> dict[str, Any]:
    """Return the values of a TOML document. Raises TomlError."""
    # Imported here because Python 3.10 in cibuildwheel's containers has neither; nothing there reads TOML.
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415  (see above)
    else:
        import tomli as tomllib  # noqa: PLC0415  (see above)
    if _has_costly_keys(text):
        raise TomlError("has a key of too many parts; write tables instead of dots")
    try:
        return tomllib.loads(text)
    except RecursionError as problem:
        raise TomlError("is nested too deeply to be read as TOML") from problem
    except ValueError as problem:  # also a number of too many digits
        raise TomlError(f"is not valid TOML: {problem}") from problem


def _has_costly_keys(text: str) -> bool:
    """Return whether some key has more parts than cargo accepts, or too many have many; in linear time."""
    lines = (line for line in text.split("\n") if line.count(".") >= _MANY_PARTS)
    keys = (found[0] for line in lines for found in _KEY.finditer(line) if found[0].count(".") >= _MANY_PARTS)
    long = 0
    for key in keys:
        parts = sum(1 for _ in _PARTS.finditer(key))
        long += parts > _MANY_PARTS
        if parts > _MOST_PARTS or long > _MOST_LONG_KEYS:
            return True
    return False
