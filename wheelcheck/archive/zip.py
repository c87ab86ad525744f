"""Zip archives, read strictly: every byte belongs to one member, and both headers of a member agree.

Wheels are zips that pip, uv, PyPI and the operating system each read with their own code; an archive that can be read
in two ways is an attack or an accident. Sources: PKWARE APPNOTE 6.3, and PyPI's and uv's published rules of 2025.
"""

from __future__ import annotations

import io
import stat
from typing import TYPE_CHECKING, BinaryIO

from wheelcheck.archive.budget import Log, StopReadingError
from wheelcheck.archive.inflate import Content, Inflated, MemberStream, digest
from wheelcheck.archive.names import NameTable
from wheelcheck.archive.source import Entry, Source
from wheelcheck.archive.zip_directory import Record, find_end, read_directory
from wheelcheck.archive.zip_layout import Extent, check_tiling, locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.archive.budget import Budget
    from wheelcheck.archive.source import EntryKind
    from wheelcheck.damage import Damage

STORED, DEFLATED = 0, 8
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_KNOWN_FLAGS = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 11  # deflate's level, a descriptor, UTF-8
_LONGEST_LINK = 4_096  # PATH_MAX


def walk_zip(file: BinaryIO, budget: Budget, damage: list[Damage]) -> Iterator[tuple[Entry, Source]]:
    """Yield the members in the order of the central directory; `damage` is complete once they are exhausted.

    A Source may be read as long as the file is open, cheaply until the next member is asked for. Only OSError of the
    file itself is raised.
    """
    log = Log(damage, budget)
    try:
        yield from _members(file, log)
    except StopReadingError as stop:
        damage.append(stop.damage)


def _members(file: BinaryIO, log: Log) -> Iterator[tuple[Entry, Source]]:
    size = file.seek(0, io.SEEK_END)
    if not size:
        log.stop("empty", "a file of 0 bytes, expected an archive")
    log.budget.open(size)
    end, records = read_directory(file, find_end(file, size, log), log)
    if not records:
        log.note("zip-no-members", "an archive without members, expected at least one")
    names = NameTable(log, "zip")
    for record in records:
        names.add(record.path, _kind(record))
    names.finish()
    located = [(record, locate(file, record, log)) for record in records]
    check_tiling(file, [extent for _, extent in located if extent], end, log)
    for record, extent in located:
        source = _read(file, record, extent, log)
        yield _entry(record, source, log), source
        source.forget()


def _kind(record: Record) -> EntryKind:
    """Return the kind as pip sees it: the mode counts whatever system the record claims to come from."""
    kind = stat.S_IFMT(record.attributes >> 16)
    if record.name.endswith("/"):
        return "directory"
    if kind == stat.S_IFLNK:
        return "symlink"
    return "file" if kind in (0, stat.S_IFREG, stat.S_IFDIR) else "device"


def _read(file: BinaryIO, record: Record, extent: Extent | None, log: Log) -> Inflated:
    """Read a member whole, checking it against its record."""
    start, end = (extent.data, extent.end) if extent else (0, 0)
    stream = MemberStream(file, start, end, deflated=record.method == DEFLATED)
    beginning = stream.copy()
    content = Content()
    if extent and _is_readable(record, log):
        content = digest(stream, record.size, log.budget, record.path)
        _check_content(record, content, stream, log)
    return Inflated(beginning, content, log, record.path)


def _is_readable(record: Record, log: Log) -> bool:
    unknown = record.flags & ~(_KNOWN_FLAGS | _ENCRYPTED)
    if unknown:
        log.note("zip-flags", f"flags {record.flags:#06x}, expected none of {unknown:#06x}", record.path)
    if record.flags & _ENCRYPTED:
        log.note("zip-encrypted", f"flags {record.flags:#06x} say encrypted, expected plain data", record.path)
    if record.method not in (STORED, DEFLATED):
        why = f"compression method {record.method}, expected 0 (stored) or 8 (deflated)"
        log.note("zip-method", why, record.path)
    return not record.flags & _ENCRYPTED and record.method in (STORED, DEFLATED)


def _check_content(record: Record, content: Content, stream: MemberStream, log: Log) -> None:
    if stream.error:
        log.note("zip-deflate", f"{stream.error} after {content.size} bytes, expected {record.size}", record.path)
    elif content.size > record.size:
        log.note("zip-size", f"more data than expected, {record.size} bytes", record.path)
    elif content.size < record.size:
        log.note("zip-size", f"{content.size} bytes of data, expected {record.size}", record.path)
    elif content.crc != record.crc:
        log.note("zip-crc", f"CRC-32 {content.crc:#010x}, expected {record.crc:#010x}", record.path)
    elif stream.unread:
        why = f"{stream.unread} bytes follow the end of the deflate stream, expected none"
        log.note("zip-stream-suffix", why, record.path)


def _entry(record: Record, source: Inflated, log: Log) -> Entry:
    mode, kind, link = record.attributes >> 16, _kind(record), ""
    if kind == "device":
        log.note("entry-device", f"mode {mode:#o} is a device, pipe or socket, expected a file", record.path)
    if (kind == "directory") != stat.S_ISDIR(mode) and stat.S_IFMT(mode):
        why = f"mode {mode:#o} on a name {'with' if kind == 'directory' else 'without'} a trailing slash"
        log.note("zip-kind-differs", f"{why}, expected both to say the same", record.path)
    if kind == "directory" and source.size:
        log.note("entry-directory-data", f"a directory with {source.size} bytes of data, expected none", record.path)
    if kind == "symlink":
        link = source.read(0, _LONGEST_LINK).decode(errors="replace")
    return Entry(record.path, kind, mode, source.size, source.content.sha256, link)
