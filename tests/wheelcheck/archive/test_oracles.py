"""Second opinions on changed archives: what is read without damage, zipfile and tarfile read alike.

Every archive of the tables is a seed. A fixed number of changes always runs; set WHEELCHECK_FUZZ_SECONDS for more.
"""

from __future__ import annotations

import io
import os
import random
import tarfile
import time
import zipfile
import zlib
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_cases import Reading, read
from tests.support.tar_cases import TAR_CASES
from tests.support.tars import BLOCK, gz
from tests.support.zip_cases import ZIP_CASES
from wheelcheck.archive import walk_tar_gz, walk_zip
from wheelcheck.archive.formats import checksum
from wheelcheck.damage import ARCHIVE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("each_codec")

SECONDS = float(os.environ.get("WHEELCHECK_FUZZ_SECONDS", "0"))
LARGEST = 20_000  # bytes of a seed; larger ones only slow the search down
VALUES = (0, 1, 0x7F, 0x80, 0xFF)
INSERTS = (b"\0", b"PK\1\2", b"PK\3\4", b"PK\5\6", b"\xff" * 4, b"\1\0\x10\0", bytes(BLOCK))
Listing = list[tuple[str, bytes]]


def change(content: bytes, words: random.Random) -> bytes:
    """Return the content with one to four changes of the kinds that parsers trip over."""
    changed = bytearray(content)
    for _ in range(words.choice((1, 1, 2, 4))):
        at = words.randrange(len(changed) + 1)
        length = words.choice((1, 2, 4, 8, 46, BLOCK))
        other = words.randrange(len(changed) + 1)
        kind = words.randrange(5)
        if kind == 0:
            changed[at : at + 1] = bytes([words.choice((*VALUES, words.randrange(256)))])
        elif kind == 1:
            changed[at : at + length] = b""
        elif kind == 2:
            changed[at:at] = words.choice(INSERTS)
        elif kind == 3:
            changed[at : at + length] = b"\xff" * length
        else:
            changed[at : at + length] = changed[other : other + length]
    return bytes(changed)


def with_checksums(content: bytes) -> bytes:
    """Return a tar whose headers have the checksums that their other bytes ask for."""
    blocks = [content[at : at + BLOCK] for at in range(0, len(content), BLOCK)]
    return b"".join(
        block[:148] + b"%06o\0 " % checksum(block) + block[156:] if block[257:262] == b"ustar" else block
        for block in blocks
    )


@cache
def zips() -> list[bytes]:
    return [content for case in ZIP_CASES for content in (case.hostile, case.twin) if len(content) < LARGEST]


@cache
def tars() -> list[bytes]:
    packed = (content for case in TAR_CASES for content in (case.hostile, case.twin))
    plain = (unpacked(content) for content in packed if content.startswith(b"\x1f\x8b\x08\0"))
    return [content for content in plain if 0 < len(content) < LARGEST]


def unpacked(content: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content, LARGEST)
    except zlib.error:
        return b""


def changed_zip(words: random.Random) -> bytes:
    return change(words.choice(zips()), words)


def changed_tar(words: random.Random) -> bytes:
    content = change(words.choice(tars()), words)
    return gz(content if words.randrange(10) == 0 else with_checksums(content))


def by_zipfile(content: bytes) -> Listing:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(info.filename.removesuffix("/"), archive.read(info)) for info in archive.infolist()]


def by_tarfile(content: bytes) -> Listing:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = [(info, archive.extractfile(info) if info.isreg() else None) for info in archive.getmembers()]
        return [(info.name, file.read() if file else b"") for info, file in files]


def read_zip(content: bytes) -> Reading:
    return read(content, walker=walk_zip)


def read_tar(content: bytes) -> Reading:
    return read(content, walker=walk_tar_gz)


WAYS = (
    pytest.param(changed_zip, read_zip, by_zipfile, id="zipfile"),
    pytest.param(changed_tar, read_tar, by_tarfile, id="tarfile"),
)


def assert_agreed(content: bytes, reading: Reading, oracle: Callable[[bytes], Listing]) -> bool:
    """Check one archive; true where it had no damage and the oracle was asked."""
    assert {fault.kind for fault in reading.damage} <= set(ARCHIVE_KINDS)
    if not reading.damage:
        assert list(zip(reading.paths, reading.contents, strict=True)) == oracle(content), content.hex()
    return not reading.damage


@pytest.mark.parametrize(("make", "reader", "oracle"), WAYS)
def test_whatever_is_read_without_damage_the_standard_library_reads_alike(
    make: Callable[[random.Random], bytes], reader: Callable[[bytes], Reading], oracle: Callable[[bytes], Listing]
) -> None:
    words = random.Random(11)  # noqa: S311 - a choice of changes
    archives = [make(words) for _ in range(2_000)]
    agreed = [assert_agreed(content, reader(content), oracle) for content in archives]
    assert 20 < agreed.count(True) < 1_000


@pytest.mark.skipif(not SECONDS, reason="set WHEELCHECK_FUZZ_SECONDS for a longer run")
@pytest.mark.parametrize(("make", "reader", "oracle"), WAYS)
def test_the_standard_library_agrees_for_as_long_as_one_cares_to_ask(
    make: Callable[[random.Random], bytes], reader: Callable[[bytes], Reading], oracle: Callable[[bytes], Listing]
) -> None:
    words, until, agreed = random.Random(), time.monotonic() + SECONDS / 2, 0  # noqa: S311 - likewise
    while time.monotonic() < until:
        content = make(words)
        agreed += assert_agreed(content, reader(content), oracle)
    assert agreed


def test_changes_keep_most_archives_recognisable() -> None:
    words = random.Random(12)  # noqa: S311 - likewise
    kinds = [read_zip(changed_zip(words)).kinds for _ in range(200)]
    assert sum("not-a-zip" in found for found in kinds) < 50
    assert len({kind for found in kinds for kind in found}) > 20
