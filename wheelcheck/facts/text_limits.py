"""Which metadata files of an artifact are kept as text, and how large and long they may be: what parsers cost.

Parsers of text have no budget of their own, so what reaches them is bounded here. The limits are at least ten times
what 368 released wheels and 97 sdists hold; their longest line in entry_points.txt has 103 bytes.
"""

from __future__ import annotations

import re

from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

KIB, MIB = 1 << 10, 1 << 20
SOURCE_CAP = MIB  # a file that is parsed as TOML or Python
TEXTS_CAP = 24 * MIB  # all of them together; a character may take four bytes in memory
PACKAGES_CAP = 4 * MIB  # all __init__.py of top-level packages
TOML_CAP = 4 * MIB  # all TOML together: the standard library reads some 2 MB/s


@dataclass(frozen=True, slots=True)
class _Limit:
    """The most bytes, lines, and bytes in one line; 0 is no limit."""

    size: int
    lines: int = 0
    line: int = 0
    headers: bool = False  # core metadata: its headers have limits of their own


HEADER_CAP = 64 * KIB  # one line of the headers; a description in the body may have an image in one line
REQUIREMENTS_CAP, REQUIREMENTS_BYTES = 5_000, 256 * KIB
_BODY = regex(rb"\r?\n\r?\n")
_REQUIREMENT = regex(rb"^requires-dist:.*", re.IGNORECASE | re.MULTILINE)
_HEADERS = _Limit(2 * MIB, lines=20_000, headers=True)
_SOURCE = _Limit(SOURCE_CAP)
WHEEL_TEXTS = {
    "METADATA": _HEADERS,
    "WHEEL": _Limit(MIB, lines=5_000, headers=True),
    "RECORD": _Limit(16 * MIB),  # its parser stops by itself
    "entry_points.txt": _Limit(128 * KIB, lines=10_000, line=1_024),  # configparser is quadratic in a line of spaces
}
SDIST_TEXTS = {
    "PKG-INFO": _HEADERS,
    "pyproject.toml": _SOURCE,
    "setup.py": _SOURCE,
    "setup.cfg": _SOURCE,
    "Cargo.toml": _SOURCE,
    "Cargo.lock": _Limit(2 * MIB),
}
MODULE_CAP = 96 * KIB  # a module that an entry point names: its syntax tree has a thousand bytes for each five of it
MODULES_CAP = 256 * KIB  # all of them together
_TOML = (".toml", ".lock")


@dataclass(slots=True)
class LexemeBudget:
    """How many words of C, Cython and Rust sources are looked at yet: a second's work.

    The sdists of orjson, uv and opencv-python have 250,000 to 360,000.
    """

    left: int = 1_000_000

    def spend(self, count: int = 1) -> bool:
        """Take `count` of them; return whether so many were left."""
        self.left -= count
        return self.left >= 0

    def within(self, found: Iterator[re.Match[bytes]]) -> Iterator[re.Match[bytes]]:
        """Yield what is found, as long as the budget lasts."""
        for one in found:
            if not self.spend():
                return
            yield one


@dataclass(slots=True)
class Allowance:
    """What the texts of one artifact have used so far, in bytes."""

    is_wheel: bool
    used: int = 0
    toml: int = 0
    packages: int = 0

    def is_text(self, path: str) -> bool:
        """Return whether rules read this file."""
        folder, _, name = path.rpartition("/")
        return name in WHEEL_TEXTS and folder.endswith(".dist-info") if self.is_wheel else name in SDIST_TEXTS

    def takes_package(self, size: int) -> bool:
        """Return whether the `__init__.py` of a package is read, and count it: up to a few megabytes of them are."""
        self.packages += size
        return self.packages <= PACKAGES_CAP

    def refuse_size(self, path: str, size: int) -> str:
        """Count a text of `size` bytes; return why it is not read, empty if it is."""
        name = _name(path)
        most = self._limit(name).size
        if size > most:
            return f"{size:,} bytes of metadata, more than the {most:,} that are read"
        self.used += size
        self.toml += size if name.endswith(_TOML) else 0
        for used, total, what in ((self.used, TEXTS_CAP, "metadata"), (self.toml, TOML_CAP, "TOML")):
            if used > total:
                return f"more than {total:,} bytes of {what} in all files: the rest is not read"
        return ""

    def refuse_lines(self, path: str, content: bytes) -> str:
        """Return why a text of too many or too long lines is not read; empty if it is."""
        limit = self._limit(_name(path))
        lines = content.count(b"\n") + content.count(b"\r")
        if limit.lines and lines > limit.lines:
            return f"{lines:,} lines of metadata, more than the {limit.lines:,} that are read"
        if limit.line and max(map(len, content.splitlines()), default=0) > limit.line:
            return f"a line of more than the {limit.line:,} bytes that are read"
        return _refuse_headers(_BODY.split(content, maxsplit=1)[0]) if limit.headers else ""

    def _limit(self, name: str) -> _Limit:
        return (WHEEL_TEXTS if self.is_wheel else SDIST_TEXTS)[name]


def _refuse_headers(headers: bytes) -> str:
    """Return why the headers of core metadata are not read; empty if they are."""
    if max(map(len, headers.splitlines()), default=0) > HEADER_CAP:
        return f"a header of more than the {HEADER_CAP:,} bytes that are read"
    count = size = 0
    for found in _REQUIREMENT.finditer(headers):
        count, size = count + 1, size + len(found[0])
    if count > REQUIREMENTS_CAP or size > REQUIREMENTS_BYTES:
        return f"more than {REQUIREMENTS_CAP:,} requirements, or {REQUIREMENTS_BYTES:,} bytes of them"
    return ""


def _name(path: str) -> str:
    return path.rpartition("/")[2]
