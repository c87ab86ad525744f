"""What the keys of a TOML document cost before it is parsed: dotted keys are the one thing that is not linear."""

from __future__ import annotations

from wheelcheck.patterns import regex

# Cargo refuses keys of over 80 parts. tomllib is quadratic in the parts: one of 32,000 takes 4 GB and 20 s. Many
# keys of 80 parts are slow as well, so only some may have over 16.
_MOST_PARTS, _MANY_PARTS, _MOST_LONG_KEYS = 80, 16, 100
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_KEY = regex(rf"(?<![\w-]){_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_PARTS = regex(_PART)


def has_costly_keys(text: str) -> bool:
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
