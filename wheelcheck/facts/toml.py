"""Reads TOML from archives, which is not trusted: malformed TOML is empty, and what is not a table is ignored."""

from __future__ import annotations

from wheelcheck.toml_document import parse_document
from wheelcheck.typed import Any


def parse_toml(text: str) -> dict[str, Any]:
    """Return the document; empty for text that is not TOML, or has a key with more parts than cargo accepts.

    TOML is UTF-8: text with a surrogate, which stands for a byte that is not, is none.
    """
    try:
        text.encode()
        return parse_document(text)
    except ValueError:
        return {}


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
