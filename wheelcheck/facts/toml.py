"""Reads TOML from archives, which is not trusted: malformed TOML is empty, and what is not a table is ignored."""

from __future__ import annotations

import sys
from typing import Any

from wheelcheck.patterns import regex

# Cargo refuses keys of over 80 parts. tomllib is quadratic in the parts: one of 32,000 takes 4 GB and 20 s. Many
# keys of 80 parts are slow as well, so only some may have over 16.
_MOST_PARTS, _MANY_PARTS, _MOST_LONG_KEYS = 80, 16, 100
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_KEY = regex(rf"(?<![\w-]){_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_PARTS = regex(_PART)


def parse_toml(text: str) -> dict[str, Any]:
    """Return the document; empty for text that is not TOML, or has a key with more parts than cargo accepts.

    TOML is UTF-8: text with a surrogate, which stands for a byte that is not, is none.
    """
    # Imported here because Python 3.10 in cibuildwheel's containers has neither; nothing there reads TOML.
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415  (see above)
    else:
        import tomli as tomllib  # noqa: PLC0415  (see above)
    if _has_costly_keys(text):
        return {}
    try:
        text.encode()
        return tomllib.loads(text)
    except (ValueError, RecursionError):  # ValueError: also a number of too many digits
        return {}


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


def table(document: object, key: str) -> dict[str, Any]:
    """Return a table of a document; empty if there is none with this name."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, dict) else {}


def tables(document: object, key: str) -> list[dict[str, Any]]:
    """Return an array of tables; empty if there is none with this name."""
    value = document.get(key) if isinstance(document, dict) else None
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def texts(document: object, key: str) -> list[str]:
    """Return the strings of an array; empty if there is none with this name."""
    value = document.get(key) if isinstance(document, dict) else None
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
