"""The code signature of a Mach-O file: whether the hashes of its CodeDirectory are those of the file's pages.

Layouts and limits: XNU's osfmk/kern/cs_blobs.h and bsd/kern/ubc_subr.c (cs_validate_codedirectory). The hash of a page
says whether its bytes were changed after signing; who signed is not read.
"""

from __future__ import annotations

import hashlib
import struct

from wheelcheck.binary.reader import STRING_LIMIT
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.reader import Reading

_SUPERBLOB, _DIRECTORY = 0xFADE0CC0, 0xFADE0C02
_DIRECTORIES = (0, *range(0x1000, 0x1005))  # slots of a superblob: CSSLOT_CODEDIRECTORY and its alternates
_MOST_BLOBS = 64
_LARGEST_BLOB = 16 * 2**20  # bytes of one CodeDirectory, enough for 2 GiB of code
_PAGES = range(12, 15)  # log2 of the page sizes that the kernel takes
_FIXED = struct.Struct(">9I4BI")
_LIMIT_64, _SINCE_LIMIT_64 = 56, 0x20300
# hashType -> (algorithm, length of the hash). The kernel uses the last of these that a file has.
_HASHES = {1: ("sha1", 20), 3: ("sha256", 20), 2: ("sha256", 32), 4: ("sha384", 48)}
_CHUNK = 64 << 14


class _Directory(NamedTuple):
    """A CodeDirectory: which algorithm, over pages of which size, up to which offset, and the hash of each page."""

    kind: int
    page: int
    limit: int
    hashes: bytes

    @property
    def length(self) -> int:
        return _HASHES[self.kind][1]

    @property
    def pages(self) -> int:
        """How many pages there are, the last of which may be short."""
        return -(-self.limit // self.page)


def is_past_end(reading: Reading, place: tuple[int, int] | None) -> bool:
    """Return whether a signature at (offset, size) is not all within the slice."""
    return place is not None and sum(place) > reading.size


def signature_fault(reading: Reading, place: tuple[int, int] | None) -> str:
    """Return why the kernel refuses the signature at (offset, size) of a slice; empty text if it does not.

    It reads the whole slice once, in pieces. `place` is None for a slice without LC_CODE_SIGNATURE.
    """
    if place is None:
        return "has no code signature"
    offset, size = place
    if is_past_end(reading, place):
        return f"has a code signature that ends at {offset + size:#x}, and the code ends at {reading.size:#x}"
    found = list(_directories(reading, offset, size))
    if not found:
        return "has a code signature without a CodeDirectory that the kernel can read"
    order = list(_HASHES)
    best = max(found, key=lambda directory: order.index(directory.kind))
    is_short = best.pages < -(-offset // best.page)  # pages of code before the signature that no hash is for
    if best.limit > reading.size or is_short or len(best.hashes) < best.pages * best.length:
        known = len(best.hashes) // best.length
        return f"has a code signature of {known} pages up to {best.limit:#x}, and {reading.size:#x} bytes of code"
    return _compare(reading, best)


def _directories(reading: Reading, start: int, size: int) -> Iterator[_Directory]:
    """Yield the CodeDirectories of a signature that the kernel takes."""
    magic, length, count = struct.unpack(">3I", reading.read(start, 12).ljust(12, b"\0"))
    if magic != _SUPERBLOB or length > size:
        return
    if count > _MOST_BLOBS:
        reading.limit(f"a code signature of {count:,} parts: only the first {_MOST_BLOBS} were read")
    index = reading.read(start + 12, 8 * min(count, _MOST_BLOBS))
    for slot, offset in struct.iter_unpack(">2I", index[: len(index) // 8 * 8]):
        if slot in _DIRECTORIES and (found := _directory(reading, start + offset, length - offset)):
            yield found


def _directory(reading: Reading, start: int, room: int) -> _Directory | None:
    """Return the CodeDirectory at an offset; None if the kernel refuses its numbers."""
    raw = reading.read(start, _LIMIT_64 + 8)
    if len(raw) < _FIXED.size:
        return None
    magic, length, version, _, hashes, name, special, slots, limit, hash_size, kind, _, page, _ = _FIXED.unpack_from(
        raw
    )
    if magic != _DIRECTORY or not _FIXED.size <= length <= min(room, _LARGEST_BLOB) or page not in _PAGES:
        return None
    if kind not in _HASHES or hash_size != _HASHES[kind][1] or hashes + slots * hash_size > length:
        return None
    if special * hash_size > hashes or (name and (name > length or not _has_end(reading, start + name, length - name))):
        return None
    if version >= _SINCE_LIMIT_64 and len(raw) == _LIMIT_64 + 8:
        limit = struct.unpack_from(">Q", raw, _LIMIT_64)[0] or limit
    return _Directory(kind, 1 << page, limit, reading.once(start + hashes, slots * hash_size))


def _has_end(reading: Reading, start: int, room: int) -> bool:
    """Return whether the identifier at an offset ends in NUL, within the CodeDirectory and a length that any has."""
    return b"\0" in reading.read(start, min(room, STRING_LIMIT))


def _compare(reading: Reading, directory: _Directory) -> str:
    """Return how many pages do not have their hash, and the first of them; empty text if all have it."""
    wrong = []
    algorithm, length = _HASHES[directory.kind]
    hashed = getattr(hashlib, algorithm)
    for number, page in enumerate(_pages(reading, directory)):
        digest = hashed(page, usedforsecurity=False).digest()[:length]
        if digest != directory.hashes[number * length : (number + 1) * length]:
            wrong.append(number)
    if not wrong:
        return ""
    first = wrong[0] * directory.page
    return f"{len(wrong)} of its {directory.pages} pages differ from its code signature, the first at {first:#x}"


def _pages(reading: Reading, directory: _Directory) -> Iterator[bytes]:
    for start in range(0, directory.limit, _CHUNK):
        chunk = reading.streamed(start, min(_CHUNK, directory.limit - start))
        yield from (chunk[at : at + directory.page] for at in range(0, len(chunk), directory.page))
