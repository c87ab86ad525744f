"""Text from archives, made harmless: no escape sequence, line break, override or workflow command gets through."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 2_000  # characters of one text in a report for people
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


# GitHub's runner obeys `::error::` at the start of a printed line, and the older `##[error]` anywhere in one.
_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)")


def safe(text: str) -> str:
    """Return the text with every control, format and unassigned character as a backslash escape."""
    plain = "".join(_escape(char) if unicodedata.category(char) in _UNSAFE else char for char in text)
    return _COMMAND.sub(lambda found: f"{found[1]}\\x3a" if found[1] is not None else "#\\x23", plain)


def shown(text: str) -> str:
    """Return a text from an archive harmless, and no longer than anyone reads."""
    more = len(text) - LONGEST
    return safe(text[:LONGEST]) + (f"… and {more} characters more" if more > 0 else "")


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
