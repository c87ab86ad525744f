"""RECORD of a wheel: its rows as written, and whether they are exactly those of the wheel's files."""

from __future__ import annotations

import binascii
import re

from wheelcheck.counting import counted
from wheelcheck.patterns import regex
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
_MOST_ROWS = 70_000  # of RECORD; a zip that installers read has at most 65,535 members
_MOST_LINES = 2 * _MOST_ROWS  # empty ones are no rows, and cost time
_MOST_PROBLEMS = 1_000  # malformed rows of RECORD
_BREAKS = "\n\r\v\f\x1c-\x1e\x85\u2028\u2029"  # where str.splitlines ends a line, as pip does
_LINE = regex(f"[^{_BREAKS}]+(?:\r\n|[{_BREAKS}])?|\r\n|[{_BREAKS}]")
_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
OTHER_ALGORITHMS = frozenset(_DIGEST_BYTES) - {"sha256"}
_EMPTY = "found an empty line, which pip cannot install; expected path, hash and size"
# 32 bytes in base64: the last of 43 characters stands for four bits, so its other two are 0.
_USUAL = regex(r"sha256=[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_USUAL_LENGTH = len("sha256=") + 43
_URL_SAFE, _PLAIN_BASE64 = bytes.maketrans(b"+/", b"-_"), str.maketrans("-_", "+/")


def _in_base64(digest: bytes) -> str:
    """Return a digest in url-safe base64 without padding; the module `base64` is slow to import."""
    return binascii.b2a_base64(digest, newline=False).translate(_URL_SAFE).rstrip(b"=").decode()


class Row(NamedTuple):
    """One row of RECORD as written: path, `algorithm=digest` and size, all text."""

    path: str
    hash: str
    size: str

    @property
    def algorithm(self) -> str:
        """The name before the equals sign, lower case; empty if there is no hash."""
        return self.hash.partition("=")[0].lower()

    @property
    def digest(self) -> str:
        """The digest as hexadecimal text; empty if it is not unpadded url-safe base64 (PEP 376, PEP 427).

        It is also empty if the length is not that of the algorithm (hexadecimal text is base64 of another length), or
        if the last character has bits that belong to no byte: who compares texts finds another hash then.
        """
        text = self.hash.partition("=")[2]
        if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            return ""
        try:
            digest = binascii.a2b_base64(text.translate(_PLAIN_BASE64) + "=" * (-len(text) % 4))
        except binascii.Error:
            return ""
        is_canonical = _in_base64(digest) == text
        fits = len(digest) == _DIGEST_BYTES.get(self.algorithm, len(digest))
        return digest.hex() if is_canonical and fits else ""

    @property
    def is_usual(self) -> bool:
        """Whether the hash is a well-formed sha256, as nearly every one is."""
        return _USUAL.fullmatch(self.hash) is not None

    def is_sha256(self, digest: str) -> bool:
        """Return whether the hash is this sha256 (hexadecimal) as PEP 427 writes it."""
        written = self.hash
        if not digest or len(written) != _USUAL_LENGTH or not written.startswith("sha256="):
            return False
        return written[7:] == _in_base64(bytes.fromhex(digest))

    @property
    def is_hexadecimal(self) -> bool:
        """Whether the digest is written as hexadecimal text, which no version of the format allows."""
        text = self.hash.partition("=")[2]
        return (
            bool(text)
            and len(text) == 2 * _DIGEST_BYTES.get(self.algorithm, 0)
            and bool(re.fullmatch("[0-9A-Fa-f]+", text))
        )


# Where none of these is in a RECORD, its lines are rows of plain paths, if each has two commas.
_NOT_PLAIN = ('"', "\\", "..", "\n/", "\n,")


def is_exact(text: str, record: str, files: Sequence[tuple[str, str, int]]) -> bool:
    """Return whether a RECORD is, in any order, the rows that the format prescribes for these files, and no others.

    `record` is its own path; files are paths, sha256 in hexadecimal digits and sizes in bytes. Nothing is wrong with
    such a RECORD, as nearly every one is, and no rule needs to read it. If the answer is no, something may be wrong.
    """
    text = text.replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n")
    if text.count(",") != 2 * len(lines) or not "".join(lines).isprintable() or not text.isascii():
        return False
    if text.startswith(("/", ",")) or any(mark in text for mark in _NOT_PLAIN):
        return False
    rows = {f"{record},,"}
    for path, digest, size in files:
        if not path.startswith(record):
            rows.add(f"{path},sha256={_in_base64(bytes.fromhex(digest))},{size}")
        elif path != record:  # a signature, which has no hash either
            return False
    paths = {path for path, _, _ in files}
    return len(paths) == len(files) == len(lines) and rows == set(lines)


def parse_record(text: str) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Return the rows of a RECORD and what is wrong with its malformed lines; no more than any wheel can need."""
    rows: list[Row] = []
    problems: list[str] = []
    import csv  # noqa: PLC0415  # for a RECORD that is not exact

    try:
        for number, columns in enumerate(csv.reader(_lines(text), strict=True), 1):
            if len(rows) >= _MOST_ROWS or len(problems) >= _MOST_PROBLEMS or number > _MOST_LINES:
                problems.append(f"line {number}: found over {number - 1:,} rows; the rest is not read")
                break
            if len(columns) == 3:
                rows.append(Row(*columns))
            elif columns:
                problems.append(f"line {number}: found {counted(len(columns), 'column')}, expected path, hash and size")
            elif not problems or not problems[-1].endswith(_EMPTY):  # once for a whole page of them
                problems.append(f"line {number}: {_EMPTY}")
    except csv.Error as problem:
        problems.append(f"not CSV: {problem}")
    return tuple(rows), tuple(problems)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with their ends, one at a time: a list of them takes twenty times the memory of the text."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        line, start = text[start:end], end
        if line.removesuffix("\n").removesuffix("\r").isprintable():  # nothing else ends a line in it
            yield line
        else:
            yield from (found[0] for found in _LINE.finditer(line))
