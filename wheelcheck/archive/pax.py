"""Extended tar headers: pax records (POSIX.1-2017, pax, "pax Extended Header") and GNU's long names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.archive.budget import Log

_LENGTH = re.compile(rb"([1-9][0-9]{0,7}) ")
_KEY = re.compile(rb"[^=\x00-\x1f\x7f]+=")
_DECIMAL = re.compile(r"[0-9]{1,19}")
_UTF8 = "ISO-IR 10646 2000 UTF-8"
# A global header may set times and remarks; these would rename or resize every member after it.
_PER_MEMBER = ("path", "linkpath", "size", "hdrcharset", "charset")


def parse_records(content: bytes, log: Log, path: str) -> dict[str, str]:
    """Return the records of one extended header. Each is `LENGTH KEY=VALUE` and a line feed.

    The length counts the whole record, itself included.
    """
    records: dict[str, str] = {}
    at = 0
    while at < len(content):
        match = _LENGTH.match(content, at)
        end = at + int(match[1]) if match else 0
        body = content[match.end() : end - 1] if match else b""
        if not match or end > len(content) or content[end - 1 : end] != b"\n" or not _KEY.match(body):
            why = f"no record of the form 'LENGTH KEY=VALUE' at byte {at} of an extended header, expected one"
            log.note("tar-pax-record", why, path)
            break
        _add_record(records, body, log, path)
        at = end
    return records


def _add_record(records: dict[str, str], body: bytes, log: Log, path: str) -> None:
    raw_key, _, raw_value = body.partition(b"=")
    key, value = raw_key.decode(errors="replace"), raw_value.decode(errors="replace")
    if key in records:
        log.note("tar-pax-duplicate", f"{key!r} is set twice in one extended header, expected it once", path)
    if key in ("path", "linkpath"):
        _check_text(key, raw_value, log, path)
    if key == "size" and not _DECIMAL.fullmatch(value):
        log.stop("tar-pax-record", f"size {value[:40]!r}, expected a decimal number", path)
    if key == "hdrcharset" and value != _UTF8:
        log.note("tar-pax-charset", f"names in {value[:40]!r}, expected {_UTF8}", path)
    if key.startswith("GNU.sparse."):
        log.note("tar-sparse", f"{key} describes a file with holes, expected every byte to be there", path)
    records[key] = value


def _check_text(key: str, raw: bytes, log: Log, path: str) -> None:
    log.budget.check_name(raw)
    if not raw:
        log.note("tar-pax-record", f"an empty {key}, expected a name", path)
    try:
        raw.decode()
    except UnicodeDecodeError:
        log.note("name-encoding", f"a {key} that is not UTF-8, expected it to be", path)


def check_global(records: dict[str, str], log: Log) -> None:
    """Refuse what would change the name or the extent of all members after it."""
    for key in records:
        if key in _PER_MEMBER:
            log.note("tar-pax-global", f"a global header sets {key!r} for all members, expected it in none")


def parse_long(content: bytes, log: Log, path: str) -> str:
    """Return the name in a GNU long-name block: text and one NUL."""
    text, _, rest = content.partition(b"\0")
    if not text or rest or not content.endswith(b"\0"):
        log.note("tar-gnu-long", "a long name that does not end in one NUL, expected a name and a NUL", path)
    log.budget.check_name(text)
    try:
        return text.decode()
    except UnicodeDecodeError:
        log.note("name-encoding", "a long name that is not UTF-8, expected it to be", path)
        return text.decode(errors="replace")
