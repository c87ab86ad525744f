"""Zip archives, read strictly: every byte belongs to one member, and both headers of a member agree.

Wheels are zips that pip, uv, PyPI and the operating system each read with their own code; an archive that can be read
in two ways is an attack or an accident. Sources: PKWARE APPNOTE 6.3, and PyPI's and uv's published rules of 2025.
"""

from __future__ import annotations

import io
import stat
import struct

from wheelcheck.archive.formats import BLOCK, looks_like_tar
from wheelcheck.archive.inflate import Inflated, Packed
from wheelcheck.archive.limits import Budget, Log, StopReadingError
from wheelcheck.archive.names import NameTable
from wheelcheck.archive.zip_contents import DEFLATED, Contents, Extent
from wheelcheck.archive.zip_directory import (
    ZIP64,
    Record,
    Window,
    check_unicode_path,
    find_end,
    parse_extra,
    read_at,
    read_directory,
)
from wheelcheck.counting import counted
from wheelcheck.damage import EMPTY
from wheelcheck.source import Entry, Source
from wheelcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from wheelcheck.archive.zip_contents import Repeats
    from wheelcheck.archive.zip_directory import End
    from wheelcheck.damage import Damage
    from wheelcheck.source import EntryKind


Located = tuple["Record", "Extent | None"]  # a member and where its bytes are, if there is a local header
LOCAL = struct.Struct("<4s5H3L2H")
DESCRIPTOR = 1 << 3
_LIMIT = 0xFFFFFFFF

_LONGEST_LINK = 4_096  # PATH_MAX
_HEADERS = 1 << 14  # bytes that are read at once where only headers are wanted
# MS-DOS attributes, which some readers obey: unzip leaves out a volume label.
_VOLUME_LABEL, _DIRECTORY, _DEVICE = 0x08, 0x10, 0x40
_TELLING = stat.S_IFDIR << 16 | _VOLUME_LABEL | _DIRECTORY | _DEVICE  # none is set for a file: S_IFREG has another bit


def locate(headers: Window, record: Record, log: Log) -> Extent | None:
    """Compare the local header with the record and return the member's bytes; None if there is no local header."""
    start, length = record.offset, LOCAL.size + len(record.raw_name)
    if record.twin and headers.read(start, length) == b"PK\3\4%b\0\0%b" % (record.twin, record.raw_name):
        data = start + length  # nearly always; no extra field
        return Extent(start, data, data + record.packed, bool(record.flags & DESCRIPTOR), record)
    return _locate_by_fields(headers, record, log)


def _locate_by_fields(headers: Window, record: Record, log: Log) -> Extent | None:
    """Compare a local header with the record field by field."""
    fixed = headers.read(record.offset, LOCAL.size)
    if len(fixed) < LOCAL.size or not fixed.startswith(b"PK\3\4"):
        log.note("zip-no-local", f"no local header at byte {record.offset}, expected one", record.path)
        return None
    _, needed, flags, method, time, date, crc, packed, size, name_length, extra_length = LOCAL.unpack(fixed)
    raw = headers.read(record.offset + LOCAL.size, name_length)
    extra = headers.read(record.offset + LOCAL.size + name_length, extra_length)
    fields = parse_extra(extra, record.path, "local header", log)
    check_unicode_path(fields, raw, record.name, log)
    _compare("name", raw, record.raw_name, record, log)
    _compare("version needed", needed & 0xFF, record.needed, record, log)
    _compare("flags", flags, record.flags, record, log)
    _compare("method", method, record.method, record, log)
    _compare("time", date << 16 | time, record.stamp, record, log)
    described = bool((flags | record.flags) & DESCRIPTOR)
    if described:  # what follows the data may be left open here, field by field: macOS gives the size alone
        crc, packed, size = crc or record.crc, packed or record.packed, size or record.size
    _compare_sizes(fields, (crc, packed, size), record, log)
    data = record.offset + LOCAL.size + name_length + extra_length
    return Extent(record.offset, data, data + record.packed, described, record)


def _compare(what: str, found: object, expected: object, record: Record, log: Log) -> None:
    if found != expected:
        why = f"the local header gives {what} {found!r}, expected {expected!r} as in the central directory"
        log.note("zip-local-differs", why, record.path)


def _compare_sizes(fields: dict[int, bytes], local: tuple[int, int, int], record: Record, log: Log) -> None:
    """Compare CRC and sizes. A local zip64 block has both sizes, and some readers use it even if no field needs it."""
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
    """Record every byte before the central directory that belongs to no member, or to several."""
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
        log.note(
            "zip-overlap",
            f"the data before {here} reaches {counted(reached - start, 'byte')} into it, expected it to end before",
            path,
        )
    elif start > reached == 0 and path:
        log.note("zip-prefix", f"{counted(start, 'byte')} before the first member, expected none", path)
    elif start > reached:
        hidden = read_at(file, reached, 4) == b"PK\3\4"
        what = "a member that the central directory does not list" if hidden else "bytes that belong to nothing"
        log.note("zip-gap", f"{counted(start - reached, 'byte')} before {here}: {what}, expected none", path)


def _descriptor_length(file: BinaryIO, extent: Extent, room: int, log: Log) -> int:
    """Return how many of the bytes after the data are a descriptor, in one of the four forms that writers use."""
    record = extent.record
    log.note("zip-descriptor", "sizes follow the data, expected them in the local header", record.path)
    found = read_at(file, extent.end, 24)
    for signature in (b"PK\7\x08", b""):
        for form in ("<LQQ", "<LLL"):
            fits = max(record.packed, record.size) <= _LIMIT or form == "<LQQ"
            values = struct.pack(form, record.crc, record.packed, record.size) if fits else b"-"
            if room == len(signature + values) and found.startswith(signature + values):
                return room
    why = f"{counted(max(room, 0), 'byte')} after the data and no descriptor with the values of the central directory"
    log.note("zip-descriptor-differs", f"{why}, expected one", record.path)
    return room if 0 < room <= 24 else 0


def walk_zip(
    file: BinaryIO,
    budget: Budget,
    damage: list[Damage],
    repeats: Repeats | None = None,
    found: list[Located] | None = None,
) -> Iterator[tuple[Entry, Source]]:
    """Yield the members in the order of the central directory; `damage` is complete after the last one.

    Where the members are is added to `found`, for `reread_zip` and `rehash_zip`. A Source can be read as long as the
    file is open, and cheaply until the next member is requested. Only OSError from the file itself is raised.
    """
    log = Log(damage, budget)
    try:
        yield from _members(file, log, repeats, [] if found is None else found)
    except StopReadingError as stop:
        damage.append(stop.damage)


def reread_zip(file: BinaryIO, found: list[Located], wanted: Collection[str], most: int) -> dict[str, bytes]:
    """Return the content of some members of a sound archive that was walked before, at most `most` bytes of each."""
    contents = Contents(file, Log([], Budget()))
    chosen = [(record, extent) for record, extent in found if extent and record.path in wanted]
    return {
        record.path: contents.read(record, extent).read(0, most) for record, extent in chosen if record.size <= most
    }


def rehash_zip(file: BinaryIO, found: list[Located], wanted: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return further hashes of members of a sound archive that was walked before: hexadecimal, by path and algorithm.

    `wanted` gives the algorithm for a path, a name that hashlib knows.
    """
    digests: dict[tuple[str, str], str] = {}
    for record, extent in found:
        if not extent or record.path not in wanted:
            continue
        import hashlib  # noqa: PLC0415  # slow to import: it loads OpenSSL

        state = hashlib.new(wanted[record.path])
        stream = Packed(file, extent.data, extent.end, deflated=record.method == DEFLATED).stream()
        while stream.produced <= record.size and (chunk := stream.chunk()):
            state.update(chunk)
        digests[record.path, wanted[record.path]] = state.hexdigest()
    return digests


def _members(
    file: BinaryIO, log: Log, repeats: Repeats | None, located: list[Located]
) -> Iterator[tuple[Entry, Source]]:
    size = file.seek(0, io.SEEK_END)
    if not size:
        log.stop("empty", EMPTY)
    log.budget.open(size)
    if looks_like_tar(read_at(file, 0, BLOCK)):
        log.note("two-formats", "the file is a zip and begins with a tar header, expected one format for all readers")
    end, records = read_directory(file, find_end(file, size, log), log)
    if not records:
        log.note("zip-no-members", "an archive without members, expected at least one")
    names, kinds = NameTable(log, "zip"), list(map(_kind, records))
    names.add_all([record.path for record in records], kinds)
    names.finish()
    headers = Window(file, _HEADERS)
    located += [(record, locate(headers, record, log)) for record in records]
    check_tiling(file, [extent for _, extent in located if extent], end, log)
    contents = Contents(file, log, repeats)
    for (record, extent), kind in zip(located, kinds, strict=True):
        log.budget.require(0, record.path)
        source = contents.read(record, extent)
        yield _entry(record, kind, source, log), source
        source.forget()


def _kind(record: Record) -> EntryKind:
    """Return the kind as pip sees it: by the mode, whichever system the record names as its origin."""
    kind = stat.S_IFMT(record.attributes >> 16)
    if record.name.endswith("/"):
        return "directory"
    if kind == stat.S_IFLNK:
        return "symlink"
    return "file" if kind in (0, stat.S_IFREG, stat.S_IFDIR) else "device"


def _entry(record: Record, kind: EntryKind, source: Inflated, log: Log) -> Entry:
    mode, link = record.attributes >> 16, ""
    if kind != "file" or record.attributes & _TELLING:
        _note_kind(record, kind, source, log)
    if kind == "symlink":
        link = source.read(0, _LONGEST_LINK).decode(errors="replace")
    return Entry(record.path, kind, mode, source.content.size, source.content.sha256, link, source.content.number)


def _note_kind(record: Record, kind: EntryKind, source: Inflated, log: Log) -> None:
    """Record where mode, name and MS-DOS attributes say different things of what a member is."""
    mode = record.attributes >> 16
    if kind == "device":
        log.note("entry-device", f"mode {mode:#o} is a device, pipe or socket, expected a file", record.path)
    if (kind == "directory") != stat.S_ISDIR(mode) and stat.S_IFMT(mode):
        why = f"mode {mode:#o} on a name {'with' if kind == 'directory' else 'without'} a trailing slash"
        log.note("zip-kind-differs", f"{why}, expected both to say the same", record.path)
    if record.attributes & (_VOLUME_LABEL | _DEVICE) or (kind == "file" and record.attributes & _DIRECTORY):
        why = f"MS-DOS attributes {record.attributes & 0xFF:#04x}, expected none of a folder, volume label or device"
        log.note("zip-kind-differs", why, record.path)
    if kind == "directory" and source.size:
        log.note(
            "entry-directory-data",
            f"a directory with {counted(source.size, 'byte')} of data, expected none",
            record.path,
        )
