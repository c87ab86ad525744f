"""Tar archives, read strictly: every byte belongs to one member, and no two readers can disagree about which.

pip, uv, tar crates and bsdtar resolve the same ambiguities differently (TARmageddon CVE-2025-62518, CVE-2025-8194,
CVE-2026-32766), so an ambiguity is damage even where the reading chosen here, CPython's, looks harmless.
"""

from __future__ import annotations

import hashlib
import io

from wheelcheck.archive.decompress import GzipStream, Stream
from wheelcheck.archive.formats import BLOCK
from wheelcheck.archive.limits import TAR_MEMBER, Log, StopReadingError
from wheelcheck.archive.links import LinkTable, steps
from wheelcheck.archive.names import NameTable
from wheelcheck.archive.tar_headers import (
    KINDS,
    Header,
    check_global,
    check_replaced,
    parse_header,
    parse_long,
    parse_records,
)
from wheelcheck.archive.zip_directory import has_end_record
from wheelcheck.counting import counted
from wheelcheck.records import dataclass, field, replace
from wheelcheck.source import Entry, Source
from wheelcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.archive.limits import Budget
    from wheelcheck.damage import Damage

_CHUNK = 1 << 18
_ZEROS = bytes(BLOCK)
_EXTENSIONS = {b"x": "pax header", b"g": "global pax header", b"L": "long name", b"K": "long link"}


def walk_tar_gz(file: BinaryIO, budget: Budget, damage: list[Damage]) -> Iterator[tuple[Entry, Source]]:
    """Yield the members in archive order; `damage` is complete after the last one.

    A Source is valid until the next member is asked for. Only OSError of the file itself is raised.
    """
    log = Log(damage, budget)
    if has_end_record(file):
        why = "an end record of a zip in its last bytes, expected none: pip then opens an sdist as a zip"
        log.note("two-formats", why)
    return walk_tar(GzipStream(start(file, budget), log), log)


def start(file: BinaryIO, budget: Budget) -> BinaryIO:
    """Record the file's size in the budget and rewind it."""
    budget.open(file.seek(0, io.SEEK_END))
    file.seek(0)
    return file


def walk_tar(stream: Stream, log: Log) -> Iterator[tuple[Entry, Source]]:
    """Yield the members of an uncompressed stream, then check what follows the end of the archive."""
    try:
        yield from _Reader(stream, log).members()
    except StopReadingError as stop:
        log.damage.append(stop.damage)


@dataclass(slots=True)
class Held:
    """A Source for the part of a member that is kept in memory: all of it, or its beginning."""

    content: bytearray
    size: int
    log: Log
    path: str
    _short: bool = False  # noted already

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of [offset, offset + length) that are kept; a request for others is recorded as a cap."""
        if offset < 0 or length <= 0:
            return b""
        if len(self.content) < min(offset + length, self.size) and not self._short:
            self._short = True
            why = f"only the first {len(self.content):,} of {self.size:,} bytes were kept, the rest is not examined"
            self.log.note_limit("cap-held", why, self.path)
        return bytes(memoryview(self.content)[offset : offset + length])


@dataclass(slots=True)
class _Reader:
    """The state that is kept from one header block to the next."""

    stream: Stream
    log: Log
    names: NameTable = field(init=False)
    links: LinkTable = field(init=False)
    pending: dict[bytes, dict[str, str]] = field(default_factory=dict)  # extensions for the next member, by type flag

    def __post_init__(self) -> None:
        self.names = NameTable(self.log, "tar")
        self.links = LinkTable(self.log, self.names.kinds)

    def members(self) -> Iterator[tuple[Entry, Source]]:
        """Yield every member up to the end-of-archive blocks."""
        found, last = False, b""
        while block := self._header_block():
            header = parse_header(block, self.log)
            last = header.type
            found = found or header.type in KINDS
            if header.type in (b"x", b"g", b"L", b"K"):
                self._extend(header)
            elif member := self._member(header):
                yield member
        if not found:
            self.log.note("tar-no-members", "an archive without members, expected at least one")
        if self.pending or last == b"g":  # tarfile, and pip with it, ends in "end of file header"
            self._note_order("is the last header", next(iter(self.pending), b"g"))
        self.names.finish()
        self.links.finish()

    def _header_block(self) -> bytes:
        """Return the next header; at the end check that nothing follows, and return None."""
        block = self.stream.read(BLOCK)
        if block and block != _ZEROS:
            if len(block) < BLOCK:
                self.log.stop("tar-truncated", f"a header of {counted(len(block), 'byte')}, expected {BLOCK}")
            return block
        if self.stream.read(BLOCK) != _ZEROS if block else True:
            self.log.note("tar-no-end", "the archive does not end in two blocks of zeros, expected them")
        while rest := self.stream.read(_CHUNK):
            if any(rest):
                self.log.stop("tar-data-after-end", "data after the end of the archive, expected zeros")
        return b""

    def _extend(self, header: Header) -> None:
        """Read an extended header or a long name, which describes the next member."""
        if header.size > self.log.budget.pax_bytes:
            why = f"an extended header of {header.size:,} bytes, expected at most {self.log.budget.pax_bytes:,}"
            self.log.cap("cap-pax", why, header.name)
        self.log.budget.count_extended(header.size)
        content = self._exactly(header.size, header)
        self._padding(header)
        if header.type == b"g":
            if self.pending:
                self._note_order("precedes a global header", next(iter(self.pending)))
            check_global(parse_records(content, self.log, header.name), self.log)
            return
        if header.type in self.pending or (self.pending and b"x" in (header.type, *self.pending)):
            self._note_order("follows another", header.type)
        if header.type == b"x":
            self.pending[b"x"] = parse_records(content, self.log, header.name)
        else:
            key = "path" if header.type == b"L" else "linkpath"
            self.pending[header.type] = {key: parse_long(content, self.log, header.name)}

    def _note_order(self, what: str, kind: bytes) -> None:
        why = f"a {_EXTENSIONS[kind]} that {what}, expected one kind of them before a member"
        self.log.note("tar-extension-order", why)

    def _exactly(self, length: int, header: Header, further: int = 0) -> bytes:
        """Return the next bytes of a member, which has `further` ones behind them."""
        content = self.stream.read(length)
        if len(content) < length:
            missing = length + further - len(content)
            why = f"the archive ends {counted(missing, 'byte')} before the end of a member, expected it whole"
            self.log.stop("tar-truncated", why, header.name)
        return content

    def _padding(self, header: Header) -> None:
        if any(self._exactly(header.padding, header)):
            self.log.note("tar-padding", "bytes between the data and the next block, expected zeros", header.name)

    def _member(self, header: Header) -> tuple[Entry, Source] | None:
        """Read a whole member; None for an unknown type of member."""
        records = {key: value for pending in self.pending.values() for key, value in pending.items()}
        self.pending = {}
        header = self._resolve(header, records)
        self.log.budget.count_member(self.log.budget.tar_members, TAR_MEMBER, header.name)
        kind = KINDS.get(header.type)
        if kind not in ("file", None) and header.size:
            why = f"a {kind} that declares {counted(header.size, 'byte')} of data, expected none"
            self.log.note("tar-type-data", why, header.name)
            header = replace(header, size=0)
        held, sha256 = self._read(header)
        if kind is None:
            sparse = header.type == b"S"
            why = f"type flag {header.type!r}, expected a file, directory or link"
            self.log.note("tar-sparse" if sparse else "tar-type", why, header.name)
            return None
        entry = self._entry(header, sha256)
        return entry, held

    def _resolve(self, header: Header, records: dict[str, str]) -> Header:
        """Apply extended headers, which override the block that follows them."""
        size = int(records.get("size", header.size))
        if size != header.size:
            why = f"size {header.size} in the header and {size} in the extended one, expected one value"
            self.log.note("tar-pax-conflict", why, header.name)
        name, link = records.get("path", header.name), records.get("linkpath", header.link)
        check_replaced(header, records, self.log)
        self._check_replaced_link(header, name, link)
        self.log.budget.check_name(name.encode())
        self.log.budget.check_name(link.encode())
        kind = self._directory_or_file(header, name)
        return Header(name.removesuffix("/") if kind == b"5" else name, header.mode, size, kind, link)

    def _check_replaced_link(self, header: Header, name: str, link: str) -> None:
        """Judge a link that an extended header replaces; it may be the beginning of that one, cut where it ended."""
        start = {b"1": "", b"2": name}.get(header.type)
        if start is not None and not link.startswith(header.link) and steps(start, header.link) is None:
            why = f"the link {header.link!r} that an extended header replaces, expected a target inside the archive"
            self.log.note("tar-link-outside", why, name)

    def _directory_or_file(self, header: Header, name: str) -> bytes:
        """Return the type flag; version 7 of tar marked a directory only by the slash at the end of its name."""
        if header.type != b"\0" or not header.name.endswith("/"):
            return header.type
        if not name.endswith("/"):
            why = f"{header.name!r} is a directory and {name!r} in its extended header a file, expected one of them"
            self.log.note("tar-type", why, name)
        return b"5"

    def _read(self, header: Header) -> tuple[Held, str]:
        budget = self.log.budget
        whole = header.size <= budget.held_bytes // self.stream.held_share
        keep = header.size if whole else budget.prefix_bytes
        sha256, content, left = hashlib.sha256(), bytearray(), header.size
        while left:
            length = min(left, _CHUNK)
            left -= length
            chunk = self._exactly(length, header, left)
            sha256.update(chunk)
            content += chunk[: keep - len(content)]
        self._padding(header)
        return Held(content, header.size, self.log, header.name), sha256.hexdigest()

    def _entry(self, header: Header, sha256: str) -> Entry:
        kind = KINDS[header.type]
        link = header.link if kind in ("symlink", "hardlink") else ""
        self.links.add(header.name, kind, link, header.mode & 0o7777)
        self.names.add(header.name, kind)
        if kind == "device":
            self.log.note("entry-device", "a device or pipe, expected a file, directory or link", header.name)
        return Entry(header.name, kind, header.st_mode, header.size, sha256, link)
