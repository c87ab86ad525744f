"""Regular expressions that are compiled when they are first used.

    from wheelcheck.patterns import regex

A check imports two hundred of them and uses a part. Compiling all was a tenth of the CPU time of a small wheel's check.
Type checkers see `re.compile`.
"""

from __future__ import annotations

import re

from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as regex

__all__ = ["regex"]


class _Regex:
    """What `re.compile` returns, made when one of its attributes is asked for. Each is kept, for the next use."""

    def __init__(self, pattern: Any, flags: int = 0) -> None:  # noqa: ANN401  # text or bytes
        self._wanted = (pattern, flags)
        self.pattern = pattern

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever attribute it is
        value = getattr(re.compile(*self._wanted), name)
        setattr(self, name, value)
        return value

    def __reduce__(self) -> Any:  # noqa: ANN401  # as object declares it
        return _Regex, self._wanted


if not TYPE_CHECKING:
    regex = _Regex
