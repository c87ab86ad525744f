"""No byte unaccounted for: change any one of a valid archive, and either the change shows or it is damage.

The slice that always runs takes one change a byte; set WHEELCHECK_FUZZ_SECONDS for as long a run of random ones.
"""

from __future__ import annotations

import gzip
import io
import os
import random
import stat
import tarfile
import time
import zipfile
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_cases import read
from wheelcheck.archive.zip_directory import CENTRAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = float(os.environ.get("WHEELCHECK_FUZZ_SECONDS", "0"))
FILES = {"pkg/__init__.py": b"VALUE = 1\n" * 20, "pkg/empty": b"", "pkg/tool": bytes(range(256)), "pkg/\u00e9": b"e"}
CENTRAL_MODE = (38, 42)  # the external attributes in a central directory record
CENTRAL_FREE = ((4, 8), (36, 38))  # versions and internal attributes, which no installer reads
LOCAL_FREE = ((4, 6),)  # the version needed


@cache
def small_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, (name, content) in enumerate(FILES.items()):
            info = zipfile.ZipInfo(name, (2024, 5, 17, 1, 2, 4))
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content, compress_type=8 if number % 2 == 0 else 0)
    return file.getvalue()


@cache
def small_tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=9) as archive:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_700_000_000.5
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def fields(content: bytes, signature: bytes, spans: tuple[tuple[int, int], ...]) -> set[int]:
    """Return the offsets of some fields in every header that begins with a signature."""
    starts = [at for at in range(len(content)) if content.startswith(signature, at)]
    return {at + byte for at in starts for span in spans for byte in range(*span)}


def last_bits(content: bytes) -> set[int]:
    """Return the offsets of the last bytes of data, where a deflate stream may leave up to seven bits unused."""
    return {at - 1 for at in range(1, len(content)) if content.startswith((b"PK\3\4", b"PK\1\2"), at)}


def is_answered(content: bytes, original: bytes) -> bool:
    """Return whether changed bytes give damage, or the very members of the original."""
    found, expected = read(content), read(original)
    return bool(found.damage) or (found.entries, found.contents) == (expected.entries, expected.contents)


def changes(content: bytes, words: random.Random) -> Iterator[tuple[int, bytes]]:
    """Yield, for every offset, the content with that one byte changed."""
    for at in range(len(content)):
        other = content[at] ^ words.randrange(1, 256)
        yield at, content[:at] + bytes([other]) + content[at + 1 :]


def test_a_change_of_any_byte_of_a_zip_shows_or_is_damage() -> None:
    original = small_zip()
    mode = fields(original, b"PK\1\2", (CENTRAL_MODE,))
    assert len(mode) == 4 * len(FILES)
    unanswered = [at for at, content in changes(original, random.Random(1)) if not is_answered(content, original)]  # noqa: S311
    assert set(unanswered) <= mode


def test_the_mode_of_a_zip_member_is_what_its_changed_bytes_say() -> None:
    original = small_zip()
    at = original.index(b"PK\1\2") + CENTRAL.size - 8
    changed = original[:at] + (0o104711 << 16).to_bytes(4, "little") + original[at + 4 :]
    assert [entry.mode for entry in read(changed).entries] == [0o104711, 0o100644, 0o100644, 0o100644]


def test_a_change_of_any_byte_of_a_tar_gz_shows_or_is_damage() -> None:
    original = small_tar()
    unanswered = [at for at, content in changes(original, random.Random(2)) if not is_answered(content, original)]  # noqa: S311
    assert unanswered == []


def test_only_bytes_of_a_zip_that_no_installer_reads_can_change_unseen() -> None:
    original = small_zip()
    free = fields(original, b"PK\1\2", (*CENTRAL_FREE, CENTRAL_MODE)) | fields(original, b"PK\3\4", LOCAL_FREE)
    silent = {at for at, content in changes(original, random.Random(3)) if not read(content).damage}  # noqa: S311
    assert silent <= free | last_bits(original)


def test_a_change_of_a_tar_gz_goes_unseen_only_where_the_tar_stays_the_same() -> None:
    original = small_tar()
    silent = [content for _, content in changes(original, random.Random(4)) if not read(content).damage]  # noqa: S311
    assert {gzip.decompress(content) for content in silent} == {gzip.decompress(original)}


@pytest.mark.parametrize("make", [small_zip, small_tar])
def test_an_archive_cut_anywhere_is_damaged(make: Callable[[], bytes]) -> None:
    original = make()
    assert [at for at in range(len(original)) if not read(original[:at]).damage] == []


@pytest.mark.parametrize("make", [small_zip, small_tar])
def test_a_byte_put_in_anywhere_is_damage(make: Callable[[], bytes]) -> None:
    original = make()
    grown = ((at, original[:at] + b"\0" + original[at:]) for at in range(len(original) + 1))
    assert [at for at, content in grown if not read(content).damage] == []


@pytest.mark.skipif(not SECONDS, reason="set WHEELCHECK_FUZZ_SECONDS for a longer run")
@pytest.mark.parametrize("make", [small_zip, small_tar])
def test_many_changes_at_once_are_answered(make: Callable[[], bytes]) -> None:
    original, words = make(), random.Random()  # noqa: S311 - a fuzzer's choices
    mode = fields(original, b"PK\1\2", (CENTRAL_MODE,))
    until, runs = time.monotonic() + SECONDS / 2, 0
    while time.monotonic() < until:
        content = bytearray(original)
        for _ in range(words.choice((1, 1, 1, 2, 3, 8))):
            at = words.randrange(len(content))
            content[at] = content[at] if at in mode else words.choice((0, 0xFF, words.randrange(256)))
        assert is_answered(bytes(content), original), bytes(content).hex()
        runs += 1
    assert runs
