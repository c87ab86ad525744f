"""Local headers against the central directory, and members against the file: no byte may be left over."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from wheelcheck.archive.zip_directory import read_at
from wheelcheck.archive.zip_extra import ZIP64, check_unicode_path, parse_extra

if TYPE_CHECKING:
    from wheelcheck.archive.budget import Log
    from wheelcheck.archive.zip_directory import End, Record

LOCAL = struct.Struct("<4s5H3L2H")
DESCRIPTOR = 1 << 3
_LIMIT = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Extent:
    """The bytes of one member: its local header, the start and the end of its data, then perhaps a descriptor."""

    start: int
    data: int
    end: int
    described: bool
    record: Record


def locate(file: BinaryIO, record: Record, log: Log) -> Extent | None:
    """Compare the local header with the record and return where the member lies; None where there is no header."""
    fixed = read_at(file, record.offset, LOCAL.size)
    if len(fixed) < LOCAL.size or not fixed.startswith(b"PK\3\4"):
        log.note("zip-no-local", f"no local header at byte {record.offset}, expected one", record.path)
        return None
    _, _, flags, method, time, date, crc, packed, size, name_length, extra_length = LOCAL.unpack(fixed)
    raw, extra = file.read(name_length), file.read(extra_length)
    fields = parse_extra(extra, record.path, "local header", log)
    check_unicode_path(fields, raw, record.name, log)
    _compare("name", raw, record.raw_name, record, log)
    _compare("flags", flags, record.flags, record, log)
    _compare("method", method, record.method, record, log)
    _compare("time", date << 16 | time, record.stamp, record, log)
    described = bool((flags | record.flags) & DESCRIPTOR)
    if not (described and (crc, packed, size) == (0, 0, 0)):
        _compare_sizes(fields, (crc, packed, size), record, log)
    data = record.offset + LOCAL.size + name_length + extra_length
    return Extent(record.offset, data, data + record.packed, described, record)


def _compare(what: str, found: object, expected: object, record: Record, log: Log) -> None:
    if found != expected:
        why = f"the local header gives {what} {found!r}, expected {expected!r} as in the central directory"
        log.note("zip-local-differs", why, record.path)


def _compare_sizes(fields: dict[int, bytes], local: tuple[int, int, int], record: Record, log: Log) -> None:
    """Compare CRC and sizes. A local zip64 block has both sizes, and some readers obey it where none is asked for."""
    crc, packed, size = local
    block = fields.get(ZIP64)
    if block is not None:
        wide = struct.pack("<QQ", record.size, record.packed)
        if block != wide:
            why = f"a local zip64 extra block {block.hex()}, expected {wide.hex()} (size, packed size)"
            log.note("zip-zip64", why, record.path)
        size = record.size if size == _LIMIT else size
        packed = record.packed if packed == _LIMIT else packed
    _compare("CRC", f"{crc:#010x}", f"{record.crc:#010x}", record, log)
    _compare("packed size", packed, record.packed, record, log)
    _compare("size", size, record.size, record, log)


def check_tiling(file: BinaryIO, extents: list[Extent], end: End, log: Log) -> None:
    """Account for every byte from the start of the file to the central directory."""
    ordered = sorted(extents, key=lambda extent: extent.start)
    if ordered != extents:
        log.note("zip-order", "members lie in another order than they are listed, expected the same")
    directory = end.offset + end.shift
    reached = end.shift
    followers = [*(extent.start for extent in ordered), directory][1:]
    for extent, after in zip(ordered, followers, strict=True):
        _check_seam(file, reached, extent.start, extent.record.path, log)
        reached = extent.end
        if extent.described:
            reached += _descriptor_length(file, extent, after - reached, log)
    _check_seam(file, reached, directory, "", log)


def _check_seam(file: BinaryIO, reached: int, start: int, path: str, log: Log) -> None:
    here = f"the header of {path!r}" if path else "the central directory"
    if start < reached:
        log.note("zip-overlap", f"{reached - start} bytes before {here} end inside it, expected none to", path)
    elif start > reached == 0 and path:
        log.note("zip-prefix", f"{start} bytes before the first member, expected none", path)
    elif start > reached:
        hidden = read_at(file, reached, 4) == b"PK\3\4"
        what = "a member that the central directory does not list" if hidden else "bytes that belong to nothing"
        log.note("zip-gap", f"{start - reached} bytes before {here} are {what}, expected none", path)


def _descriptor_length(file: BinaryIO, extent: Extent, room: int, log: Log) -> int:
    """Return how much of the room after the data is a descriptor, in one of the four forms writers use."""
    record = extent.record
    log.note("zip-descriptor", "sizes follow the data, expected them in the local header", record.path)
    found = read_at(file, extent.end, 24)
    for signature in (b"PK\7\x08", b""):
        for form in ("<LQQ", "<LLL"):
            fits = max(record.packed, record.size) <= _LIMIT or form == "<LQQ"
            values = struct.pack(form, record.crc, record.packed, record.size) if fits else b"-"
            if room == len(signature + values) and found.startswith(signature + values):
                return room
    why = f"{max(room, 0)} bytes after the data are no descriptor with the values of the central directory"
    log.note("zip-descriptor-differs", f"{why}, expected one", record.path)
    return room if 0 < room <= 24 else 0
