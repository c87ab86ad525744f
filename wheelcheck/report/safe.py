"""Text from archives, made harmless: no escape sequence, line break, override or workflow command gets through."""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


# GitHub's runner obeys `::error::` at the start of a printed line, and the older `##[error]` anywhere in one.
_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)")


def safe(text: str) -> str:
    """Return the text with every control, format and unassigned character as a backslash escape."""
    plain = "".join(_escape(char) if unicodedata.category(char) in _UNSAFE else char for char in text)
    return _COMMAND.sub(lambda found: f"{found[1]}\\x3a" if found[1] is not None else "#\\x23", plain)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
