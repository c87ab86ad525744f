"""Tar headers, read strictly: the 512-byte block, pax records and GNU's long names.

Sources: POSIX.1-2017, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Standard".
"""

from __future__ import annotations

import stat
from functools import lru_cache

from wheelcheck.archive.formats import BLOCK, OCTAL, checksum, looks_like_tar
from wheelcheck.archive.names import flaws
from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.archive.limits import Log
    from wheelcheck.source import EntryKind


_LENGTH = regex(rb"([1-9][0-9]{0,7}) ")
_KEY = regex(rb"[^=\x00-\x1f\x7f]+=")
_DECIMAL = regex(r"[0-9]{1,19}")
_UTF8 = "ISO-IR 10646 2000 UTF-8"
_TIME = regex(r"-?[0-9]{1,18}(?:\.[0-9]*)?")
# Readers take these for numbers, and some stop where they are none: pip at a time of "nan", GNU tar at a user of -1.
_NUMERIC = {"mtime": _TIME, "atime": _TIME, "ctime": _TIME, "uid": _DECIMAL, "gid": _DECIMAL}
# With these some readers write other bytes than the member holds: star's and Solaris' files with holes, GNU's and
# star's members that go on in another volume.
_EXTENTS = ("SUN.holesdata", "SCHILY.realsize", "SCHILY.offset", "GNU.volume.size", "GNU.volume.offset")
# With these some readers change who may do what with a file: bsdtar restores access lists, privileges and flags, and
# GNU tar with --xattrs and --acls. Attributes of users, of macOS and of SELinux only describe a file.
_PRIVILEGES = regex(
    r"SCHILY\.(?:acl\.|fflags$)|MSWINDOWS\.rawsd$"
    r"|(?:SCHILY|LIBARCHIVE)\.xattr\.(?:security\.(?!selinux$)|system\.|trusted\.)"
)
# A global header may set times and comments; these keys would rename or resize every member after it.
_PER_MEMBER = ("path", "linkpath", "size", "hdrcharset", "charset")

_FIXED = 100  # bytes of a name or link in the block
_LATEST = (1 << 63) - 1  # seconds
_LAST_ID = (1 << 32) - 2  # of users and groups; GNU tar stops at more, and the last number means "nobody in particular"
_IDS = ("uid", "gid")
_PLACEHOLDER = regex(r"PaxHeaders/[0-9]{1,9}")  # what maturin leaves of a name that its block cannot hold
# No installer uses these, but CPython's tarfile refuses a header in which one of them is not a number.
_UNUSED_NUMBERS = (
    ("uid", 108, 116),
    ("gid", 116, 124),
    ("mtime", 136, 148),
    ("devmajor", 329, 337),
    ("devminor", 337, 345),
)
_TEXTS = (("name", 0, 100), ("link", 157, 100), ("user", 265, 32), ("group", 297, 32))
_POSIX, _GNU, _V7 = b"ustar\x0000", b"ustar  \0", b"\0" * 8
KINDS: dict[bytes, EntryKind] = {
    b"0": "file",
    b"\0": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"3": "device",
    b"4": "device",
    b"5": "directory",
    b"6": "device",
}
_FORMATS = {b"0": stat.S_IFREG, b"\0": stat.S_IFREG, b"1": stat.S_IFREG, b"2": stat.S_IFLNK, b"5": stat.S_IFDIR}
_DEVICES = {b"3": stat.S_IFCHR, b"4": stat.S_IFBLK, b"6": stat.S_IFIFO}


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
    if key in _NUMERIC and not _NUMERIC[key].fullmatch(value):
        log.note("tar-pax-record", f"{key} {value[:40]!r}, expected a decimal number", path)
    elif key in _IDS and int(value) > _LAST_ID:
        log.note("tar-pax-record", f"{key} {value}, expected a number that a user or group can have", path)
    if key.startswith("GNU.sparse.") or key in _EXTENTS:
        log.note("tar-sparse", f"{key} describes a file with holes, expected every byte to be there", path)
    if _PRIVILEGES.match(_attribute(key)):
        log.note("tar-privileges", f"{key} sets access or privileges, expected nothing but the mode to do so", path)
    records[key] = value


def _attribute(key: str) -> str:
    """Return the key of a pax record as libarchive reads it: the names of its attributes may be percent-encoded."""
    if not key.startswith("LIBARCHIVE.xattr.") or "%" not in key:
        return key
    from urllib.parse import unquote  # noqa: PLC0415  # hardly any archive has such a key

    return unquote(key)


def _check_text(key: str, raw: bytes, log: Log, path: str) -> None:
    log.budget.check_name(raw)
    if not raw:
        log.note("tar-pax-record", f"an empty {key}, expected a name", path)
    try:
        raw.decode()
    except UnicodeDecodeError:
        log.note("name-encoding", f"a {key} that is not UTF-8, expected it to be", path)


def check_global(records: dict[str, str], log: Log) -> None:
    """Record keys that would change the name or size of every following member."""
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


@dataclass(frozen=True, slots=True)
class Header:
    """The relevant fields of one header block, with the names as they are in that block."""

    name: str
    mode: int
    size: int
    type: bytes
    link: str
    not_utf8: tuple[str, ...] = ()  # the keys of the pax records that replace what could not be decoded

    @property
    def padding(self) -> int:
        """How many zero bytes follow the data to fill its last block."""
        return -self.size % BLOCK

    @property
    def st_mode(self) -> int:
        """The permission bits, and the kind of file that the type flag means."""
        return self.mode & 0o7777 | (_FORMATS | _DEVICES).get(self.type, stat.S_IFREG)


def parse_header(block: bytes, log: Log) -> Header:
    """Return the header in a block. Raises StopReadingError if the size of the member is unknown."""
    text = block[:100].partition(b"\0")[0]
    shown = text.decode(errors="replace")
    if not looks_like_tar(block):
        log.stop("tar-checksum", f"a header whose checksum is not {checksum(block):o} (octal), expected that", shown)
    magic, kind = block[257:265], block[156:157]
    if not (_is_usual(block[108:124] + block[136:148] + block[157:]) and block[:100].rstrip(b"\0") == text):
        _check_format(magic, block, shown, log)
        for name, start, end in _UNUSED_NUMBERS:
            number(block[start:end], name, shown, log)
    prefix = block[345:500].partition(b"\0")[0] if magic == _POSIX else b""
    if prefix and not text:
        log.note("name-empty", f"the prefix {prefix[:80]!r} and no name, expected a name", shown)
    raw = prefix + b"/" + text if prefix else text
    size, mode = number(block[124:136], "size", shown, log), number(block[100:108], "mode", shown, log)
    link = block[157:257].partition(b"\0")[0]
    fields = {"path": raw, "linkpath": link}
    not_utf8 = tuple(key for key, value in fields.items() if not _is_utf8(value))
    return Header(raw.decode(errors="replace"), mode, size, kind, link.decode(errors="replace"), not_utf8)


@lru_cache(maxsize=64)
def _is_usual(rest: bytes) -> bool:
    """Return whether nothing is to be said about the fields after the name that no installer uses.

    They are one after the other here: users and time, then all from the link on. Most members of an archive have them
    in common.
    """
    magic, link, names, numbers, prefix = rest[128:136], rest[28:128], rest[136:200], rest[200:216], rest[216:]
    octal = (rest[:8], rest[8:16], rest[16:28], numbers[:8], numbers[8:])
    if magic not in (_POSIX, _GNU, _V7) or any(link) or any(prefix):
        return False
    hidden = [text.partition(b"\0")[2].strip(b"\0") for text in (names[:32], names[32:])]
    return not any(hidden) and all(OCTAL.fullmatch(field) for field in octal)


def _check_format(magic: bytes, block: bytes, name: str, log: Log) -> None:
    if magic not in (_POSIX, _GNU, _V7):
        log.note("tar-magic", f"magic {magic!r}, expected {_POSIX!r}, {_GNU!r} or zeros", name)
    for what, start, length in (*_TEXTS, *((("prefix", 345, 155),) if magic == _POSIX else ())):
        if block[start : start + length].partition(b"\0")[2].strip(b"\0"):
            log.note("tar-hidden", f"bytes after the NUL that ends the {what}, expected zeros", name)
    if magic != _POSIX and any(block[345:]):
        log.note("tar-hidden", "a prefix outside a POSIX header, which only some readers obey, expected zeros", name)
    if magic == _POSIX and any(block[500:]):
        log.note("tar-hidden", "bytes in the unused end of a header, expected zeros", name)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def check_replaced(header: Header, records: dict[str, str], log: Log) -> None:
    """Judge the names of a block, each beside the record of an extended header that replaces it, if there is one.

    Readers without extended headers obey the block. A writer needs a record for a name that the block cannot hold, and
    leaves there what can be held: its beginning (GNU tar, tarfile), its ASCII (Go), the hash of a blob (git), a number
    in a folder that no project has (maturin: `PaxHeaders/0`). A name that could be held and is another one makes two
    archives of one file. The block's name need not be UTF-8 where a record replaces it: GNU tar cuts inside a
    character.
    """
    for key, fixed in (("path", header.name), ("linkpath", header.link)):
        name = records.get(key)
        if name is None and key in header.not_utf8:
            log.note("name-encoding", f"a {key} that is not UTF-8, expected it to be", fixed)
        elif name is not None and fixed and len(name.encode()) < _FIXED and not _stands_for(fixed, name):
            why = f"{key} {fixed!r} in the header and {name!r} in the extended one, expected one value"
            log.note("tar-pax-conflict", why, records.get("path", header.name))
    for kind, why in flaws(header.name) if "path" in records else ():
        if kind in ("name-parent", "name-absolute"):
            log.note(kind, f"the name {header.name!r} that an extended header replaces has {why}", records["path"])


def _stands_for(fixed: str, name: str) -> bool:
    """Return whether a writer may have left the name of a block in place of another one."""
    return _held(name) == _held(fixed) or _PLACEHOLDER.fullmatch(fixed) is not None


def _held(name: str) -> str:
    """Return what all writers leave of a name in the block: characters beyond ASCII become bytes, '?', '_' or none."""
    return "".join(char for char in name if char.isascii() and char not in "?_").rstrip("/")


@lru_cache(maxsize=1024)
def _octal(raw: bytes) -> int | None:
    """Return the number in a field of octal digits, None if it holds another; members have most fields in common."""
    match = OCTAL.fullmatch(raw)
    return int(match[1] or b"0", 8) if match else None


def number(raw: bytes, what: str, name: str, log: Log) -> int:
    """Return an octal field, or GNU's base-256 form of a number that octal digits cannot hold."""
    octal = _octal(raw)
    if octal is not None:
        return octal
    before_1970 = what == "mtime" and raw[0] == 0xFF
    if raw[0] != 0x80 and not before_1970:
        log.stop("tar-number", f"{what} {raw!r}, expected an octal number", name)
    value = int.from_bytes(raw if before_1970 else raw[1:], "big", signed=before_1970)
    if abs(value) > _LATEST and what == "mtime":
        log.note("tar-number", f"{what} {value}, expected a time that systems can set", name)
    if value > _LAST_ID and what in _IDS:
        log.note("tar-number", f"{what} {value}, expected a number that a user or group can have", name)
    return value
