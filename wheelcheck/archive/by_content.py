"""Walks a file whose container only its content tells: an sdist of another kind, or an archive inside of one."""

from __future__ import annotations

import hashlib

from wheelcheck.archive.decompress import Bzip2Stream, GzipStream, Stream, XzStream
from wheelcheck.archive.formats import BLOCK, CONTENT, HEAD, container_format, uncompressed_format
from wheelcheck.archive.limits import Log, StopReadingError
from wheelcheck.archive.tar import Held, start, walk_tar
from wheelcheck.archive.zip import walk_zip
from wheelcheck.archive.zip_directory import has_end_record
from wheelcheck.damage import EMPTY, Damage, beginning
from wheelcheck.source import Entry, Source
from wheelcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.archive.limits import Budget

_STREAMS: dict[str, type[Stream]] = {"gz": GzipStream, "xz": XzStream, "bz2": Bzip2Stream}


def walk(file: BinaryIO, budget: Budget, damage: list[Damage]) -> Iterator[tuple[Entry, Source]]:
    """Yield the members of whatever container the file is, as walk_zip and walk_tar_gz do.

    A compressed file without a tar in it has one member, its content; what cannot be opened is recorded as damage.
    """
    log = Log(damage, budget)
    file.seek(0)
    head = file.read(HEAD)
    found = container_format(head).removeprefix("tar.")
    if found == "zip" or (not found and has_end_record(file)):
        return walk_zip(file, budget, damage)
    if found == "tar":
        return walk_tar(Stream(start(file, budget), log), log)
    if found in _STREAMS:
        return _walk_stream(_STREAMS[found](start(file, budget), log), log)
    damage.append(_refusal(found, head))
    return iter(())


def _refusal(found: str, head: bytes) -> Damage:
    if found:
        return Damage("", "unsupported-archive", f"a {found} archive, expected zip or tar (plain, gzip, xz or bzip2)")
    if head:
        return Damage("", "not-an-archive", f"begins with {beginning(head)}, expected a zip or tar archive")
    return Damage("", "empty", EMPTY)


def _walk_stream(stream: Stream, log: Log) -> Iterator[tuple[Entry, Source]]:
    try:
        block = stream.read(BLOCK)
        stream.push_back(block)
        yield from walk_tar(stream, log) if uncompressed_format(block) == "tar" else _only_content(stream, log)
    except StopReadingError as stop:
        log.damage.append(stop.damage)


def _only_content(stream: Stream, log: Log) -> Iterator[tuple[Entry, Source]]:
    kept, size, sha256 = bytearray(), 0, hashlib.sha256()
    while chunk := stream.read(1 << 18):
        size += len(chunk)
        sha256.update(chunk)
        kept += chunk[: log.budget.held_bytes // stream.held_share - len(kept)]
    yield Entry(CONTENT, "file", 0, size, sha256.hexdigest()), Held(kept, size, log, CONTENT)
