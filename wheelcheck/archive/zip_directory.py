"""A zip's end record and central directory, read in the only way that all readers agree on (APPNOTE 4.3, 4.4).

Extra fields of both kinds of header are read here too: blocks of identifier, length and data (APPNOTE 4.5, 4.6.9).
"""

from __future__ import annotations

import io
import struct
import zlib

from wheelcheck.archive.limits import ZIP_MEMBER
from wheelcheck.counting import counted
from wheelcheck.damage import beginning
from wheelcheck.records import dataclass
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.archive.limits import Log


ZIP64 = 0x0001
UNICODE_PATH = 0x7075
UNICODE_COMMENT = 0x6375
STRONG_ENCRYPTION = (0x0017, 0x9901)
MOST_BLOCKS = 64
# Blocks that zip tools write, with the most bytes of each that have a use: zip64 and names, whose content is checked,
# and times, owners and access lists (Info-ZIP's forms, NTFS, Windows). A block that makes a link or sets a mode for the
# readers that know it (libarchive, ASi, PKWARE Unix) is none of these.
_NAMES = {UNICODE_PATH: 0xFFFF, UNICODE_COMMENT: 0xFFFF}
_TIMES = 0x5455
_LONGEST = {ZIP64: 28, **_NAMES, _TIMES: 13, 0x7875: 24, 0x7855: 4, 0x5855: 12, 0x000A: 32, 0x4453: 512}
_LIMIT = 0xFFFFFFFF

END = struct.Struct("<4s4H2LH")
END64_LOCATOR = struct.Struct("<4sLQL")
END64 = struct.Struct("<4sQ2H2L4Q")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END_REACH = END.size + (1 << 16)  # where zipfile looks for it: one byte further than the longest comment reaches
WRITERS = frozenset({b"zip-rs"})  # fixed comments of libraries: the Rust crate zip, in wheels of maturin up to 0.8
NEWEST = 46  # the version of APPNOTE that unzip 6.0 supports; it leaves members out that need more (zipfile: 63)
_UTF8 = 1 << 11
_NEXT = 256  # bytes to the next piece: a header stands between the data of two members


def parse_extra(extra: bytes, name: str, where: str, log: Log) -> dict[int, bytes]:
    """Return the data of each block by identifier. Blocks must fill the field exactly; `where` is for messages."""
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(extra):
        identifier, length = (
            int.from_bytes(extra[at : at + 2], "little"),
            int.from_bytes(extra[at + 2 : at + 4], "little"),
        )
        at += 4
        if at + length > len(extra):
            log.note("zip-extra", f"the extra field of the {where} is cut short, expected whole blocks", name)
            break
        if len(fields) == MOST_BLOCKS:
            log.note("zip-extra", f"the {where} has over {MOST_BLOCKS} extra blocks, expected a few", name)
            break
        if identifier in fields:
            log.note("zip-extra", f"the {where} has extra block {identifier:#06x} twice, expected it once", name)
        if identifier in STRONG_ENCRYPTION:
            log.note("zip-encrypted", f"the {where} announces encryption, expected none", name)
        elif identifier == _TIMES and not length:  # libarchive: "Incomplete extended time field"
            log.note("zip-extra", f"the {where} has an extra block of times that is empty, expected its flags", name)
        elif length > _LONGEST.get(identifier, 0):
            block = f"extra block {identifier:#06x} of {counted(length, 'byte')}"
            why = f"the {where} has {block}, expected none that can hide data"
            log.note("zip-extra-data", why, name)
        fields.setdefault(identifier, extra[at : at + length])
        at += length
    return fields


def widen(fields: dict[int, bytes], values: dict[str, int], name: str, log: Log) -> tuple[int, ...]:
    """Replace the `values` (in the order of the zip64 block) that are at the 32-bit limit."""
    block = fields.get(ZIP64)
    wanted = [key for key, value in values.items() if value == _LIMIT]
    if block is None:
        if wanted:
            log.note("zip-zip64", f"{' and '.join(wanted)} at the 32-bit limit, expected a zip64 extra block", name)
        return tuple(values.values())
    if len(block) != 8 * len(wanted):
        log.note("zip-zip64", f"a zip64 extra block of {counted(len(block), 'byte')}, expected {8 * len(wanted)}", name)
    wide = {key: int.from_bytes(block[8 * n : 8 * n + 8], "little") for n, key in enumerate(wanted)}
    if wide and all(value < _LIMIT for value in wide.values()):
        log.note("zip-zip64-unneeded", "a zip64 extra block for values that fit without, expected none", name)
    return tuple((values | wide).values())


def check_unicode_path(fields: dict[int, bytes], raw: bytes, name: str, log: Log) -> None:
    """Compare the name in Info-ZIP's block (version 1, CRC-32 of the raw name, name in UTF-8) with the header's."""
    if UNICODE_COMMENT in fields:
        log.note("zip-member-comment", "a Unicode comment in the extra field, expected none", name)
    block = fields.get(UNICODE_PATH)
    if block is None:
        return
    expected = b"\1" + zlib.crc32(raw).to_bytes(4, "little") + name.encode(errors="replace")
    if block != expected:
        other = block[5:][:80].decode(errors="replace")
        log.note("zip-unicode-path", f"the extra field gives the name {other!r}, expected {name!r}", name)


@dataclass(frozen=True, slots=True)
class End:
    """Where the central directory is. `position` is the byte after it, `shift` what precedes the zip."""

    position: int
    entries: int
    size: int
    offset: int
    shift: int = 0


class Record(NamedTuple):
    """One member as the central directory declares it; its local header is at `offset` in the file.

    `path` is the name without the slash that marks a directory. `twin` is what both headers have in common, from the
    version needed to the length of the name, as it is in the file; empty if the record has an extra field, and then
    perhaps other values.
    """

    name: str
    path: str
    raw_name: bytes
    flags: int
    method: int
    stamp: int
    crc: int
    packed: int
    size: int
    attributes: int
    offset: int
    needed: int  # the version of the format; the other byte of the field is the host that the writer names
    twin: bytes


def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    """Return up to `length` bytes at `offset`; empty past the end, also for an offset that `seek` refuses."""
    if offset >= file.seek(0, io.SEEK_END):
        return b""
    file.seek(offset)
    return file.read(length)


class Window:
    """A file of which neighbouring pieces are read one after the other: a read fetches `reach` bytes at once.

    Elsewhere than where the last one ended it fetches `first` bytes: what follows may not be asked for.
    """

    def __init__(self, file: BinaryIO, reach: int, first: int = 0) -> None:
        self._file, self._reach, self._first = file, reach, first or reach
        self._start, self._kept = 0, b""

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes at `offset`, as `read_at` does."""
        start = offset - self._start
        if start < 0 or start + length > len(self._kept):
            reach = self._reach if 0 <= start <= len(self._kept) + _NEXT else self._first
            self._start, self._kept = offset, read_at(self._file, offset, max(length, reach))
            start = 0
        return self._kept[start : start + length]


def has_end_record(file: BinaryIO) -> bool:
    """Return whether a zip's end record is where zipfile.is_zipfile looks for it."""
    start = max(file.seek(0, io.SEEK_END) - END_REACH, 0)
    return is_end_record_in(read_at(file, start, END_REACH))


def is_end_record_in(tail: bytes) -> bool:
    """Return whether the last bytes of a file, at most END_REACH, hold a zip's end record."""
    return 0 <= tail.rfind(b"PK\5\6") <= len(tail) - END.size


def find_end(file: BinaryIO, size: int, log: Log) -> End:
    """Find the only end record, which must be the last 22 bytes. Raises StopReadingError if there is none."""
    start = max(size - END_REACH, 0)
    tail = read_at(file, start, size - start)
    at = len(tail) - END.size
    if not (tail[at:].startswith(b"PK\5\6") and tail.endswith(b"\0\0")):
        at = tail.rfind(b"PK\5\6", 0, at + 4) if at >= 0 else -1
    if at < 0:
        head = read_at(file, 0, min(size, 16))
        if head.startswith(b"PK\3\4"):
            log.stop(
                "zip-truncated", "its end is missing, expected an end record: was the build or the download cut short?"
            )
        log.stop(
            "not-a-zip",
            f"it begins with {beginning(head)}, expected a zip archive: was the build or the download cut short?",
        )
    _check_tail(tail, at, log)
    _, disk, start_disk, here, entries, length, offset, _ = END.unpack_from(tail, at)
    single = ((0, 0), (0xFFFF, 0xFFFF)) if _locator(file, start + at) else ((0, 0),)
    if (disk, start_disk) not in single or here != entries:
        log.note("zip-disk", f"disk {disk} of a set, {here} of {entries} members on it, expected a single file")
    return _widen_end(file, End(start + at, entries, length, offset), log)


def _check_tail(tail: bytes, at: int, log: Log) -> None:
    declared = int.from_bytes(tail[at + 20 : at + 22], "little")
    present = len(tail) - at - END.size
    if declared:
        kind = "zip-writer-comment" if tail[at + END.size :] in WRITERS else "zip-comment"
        log.note(kind, f"an archive comment of {counted(declared, 'byte')}, expected none")
    if present > declared:
        log.note("zip-suffix", f"{counted(present - declared, 'byte')} after the archive, expected none")
    if present < declared:
        log.note("zip-truncated", f"{counted(present, 'byte')} of comment, expected {declared}")
    log.budget.spend(tail.count(b"PK\5\6"))
    for other in _occurrences(tail[:-21], b"PK\5\6"):
        comment = int.from_bytes(tail[other + 20 : other + 22], "little")
        if other != at and other + END.size + comment == len(tail):
            log.note(
                "zip-two-ends",
                f"another end record begins {counted(len(tail) - other, 'byte')} before the end, expected one",
            )


def _occurrences(content: bytes, pattern: bytes) -> Iterator[int]:
    at = content.find(pattern)
    while at >= 0:
        yield at
        at = content.find(pattern, at + 1)


def _locator(file: BinaryIO, position: int) -> bytes:
    """Return the zip64 locator before the end record at a position; empty where there is none."""
    at = position - END64_LOCATOR.size
    locator = read_at(file, at, END64_LOCATOR.size) if at >= 0 else b""
    return locator if locator.startswith(b"PK\6\7") else b""


def _widen_end(file: BinaryIO, end: End, log: Log) -> End:
    """Follow the zip64 locator, which must exist if, and only if, a classic field is at its limit."""
    saturated = 0xFFFFFFFF in (end.size, end.offset)
    locator = _locator(file, end.position)
    if not locator:
        if saturated:
            log.stop("zip-zip64", "the end record refers to a zip64 one, expected its locator before it")
        return end
    _, disk, at, disks = END64_LOCATOR.unpack(locator)
    record = read_at(file, at, END64.size)
    if disk or disks > 1 or at + END64.size + END64_LOCATOR.size != end.position or record[:4] != b"PK\6\6":
        log.stop("zip-zip64", f"a locator for byte {at}, expected a zip64 end record of 56 bytes right before it")
    _, length, _, _, disk, start_disk, here, entries, size, offset = END64.unpack(record)
    if length != END64.size - 12 or disk or start_disk or here != entries:
        log.note("zip-zip64", "a zip64 end record with extensible data or of several disks, expected neither")
    _compare_ends(end, End(at, entries, size, offset), log)
    return End(at, entries, size, offset)


def _compare_ends(classic: End, wide: End, log: Log) -> None:
    pairs = (
        ("entries", classic.entries, wide.entries, 0xFFFF),
        ("size", classic.size, wide.size, 0xFFFFFFFF),
        ("offset", classic.offset, wide.offset, 0xFFFFFFFF),
    )
    for name, short, long, limit in pairs:
        if short not in (limit, long):
            log.note(
                "zip-zip64", f"{name} is {short} in the end record and {long} in the zip64 one, expected one value"
            )
    if all(long < limit for _, _, long, limit in pairs):
        log.note("zip-zip64-unneeded", "a zip64 end record for values that fit without, expected none")


def read_directory(file: BinaryIO, end: End, log: Log) -> tuple[End, list[Record]]:
    """Return the records of the central directory, and the end with `shift` set. Raises StopReadingError."""
    if end.size > log.budget.directory_bytes:
        why = f"a central directory of {end.size:,} bytes, expected at most {log.budget.directory_bytes:,}"
        log.cap("cap-directory", why)
    end = _settle_shift(file, end, log)
    content = read_at(file, end.offset + end.shift, end.size)
    records: list[Record] = []
    at = 0
    while at < len(content):
        record, at = _read_record(content, at, end.shift, log)
        records.append(record)
        log.budget.count_member(log.budget.zip_members, ZIP_MEMBER, record.path)
    if len(records) != end.entries:
        log.note("zip-entry-count", f"{len(records)} members, expected the {end.entries} that the end record declares")
    return end, records


def _settle_shift(file: BinaryIO, end: End, log: Log) -> End:
    """Distinguish bytes before the archive, which zipfile skips, from bytes after the directory."""
    room = end.position - end.size - end.offset
    if room < 0:
        why = f"central directory at {end.offset} of {counted(end.size, 'byte')}, expected it to end at {end.position}"
        log.stop("zip-directory", why)
    if room == 0:
        return end
    if read_at(file, end.offset + room, 4) != b"PK\1\2" == read_at(file, end.offset, 4):
        log.note("zip-gap", f"{counted(room, 'byte')} between the central directory and the end record, expected none")
        return end
    log.note("zip-prefix", f"{counted(room, 'byte')} before the archive that its offsets leave out, expected none")
    return End(end.position, end.entries, end.size, end.offset, room)


def _read_record(content: bytes, at: int, shift: int, log: Log) -> tuple[Record, int]:
    fixed_end = at + CENTRAL.size
    if fixed_end > len(content) or not content.startswith(b"PK\1\2", at):
        log.stop("zip-directory", f"no central directory record at byte {at} of the directory, expected one")
    fields = CENTRAL.unpack_from(content, at)
    needed, flags, method, time, date, crc, packed, size, name_length, extra_length, comment_length = fields[2:13]
    disk, _, attributes, offset = fields[13:]
    name_end = fixed_end + name_length
    extra_end = name_end + extra_length
    raw, extra = content[fixed_end:name_end], content[name_end:extra_end]
    if extra_end + comment_length > len(content):
        log.stop("zip-directory", f"a record cut short at byte {at} of the directory, expected it whole")
    log.budget.check_name(raw)
    name = decode_name(raw, flags, log)
    path = name.removesuffix("/")
    twin = b"" if extra or _LIMIT in (size, packed, offset) else content[at + 6 : at + 30]
    if not twin:
        blocks = parse_extra(extra, path, "central directory", log)
        check_unicode_path(blocks, raw, name, log)
        size, packed, offset = widen(blocks, {"size": size, "packed size": packed, "offset": offset}, path, log)
    version = needed & 0xFF  # 7-Zip and WinZip put their host into the other byte
    if version > NEWEST:
        log.note("zip-version", f"needs version {version / 10} of the format, expected at most {NEWEST / 10}", path)
    if comment_length:
        log.note("zip-member-comment", f"a comment of {counted(comment_length, 'byte')}, expected none", path)
    if disk:
        log.note("zip-disk", f"on disk {disk}, expected a single file", path)
    stamp, at = date << 16 | time, offset + shift
    record = Record(name, path, raw, flags, method, stamp, crc, packed, size, attributes, at, version, twin)
    return record, extra_end + comment_length


def decode_name(raw: bytes, flags: int, log: Log) -> str:
    """Decode a name as zipfile and pip do: UTF-8 with flag 11, otherwise code page 437, of which only ASCII is safe."""
    if raw.isascii():
        return raw.decode("ascii")
    if not flags & _UTF8:
        name = raw.decode("cp437")
        log.note("zip-name-flag", "a name beyond ASCII without flag 11, expected it to be marked as UTF-8", name)
        return name
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        name = raw.decode("utf-8", errors="replace")
        log.note("name-encoding", "a name that is not UTF-8, expected it to be", name)
        return name
