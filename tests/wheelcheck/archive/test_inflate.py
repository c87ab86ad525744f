from __future__ import annotations

import hashlib
import io
import random
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_cases import read
from tests.support.tars import member, sdist
from tests.support.zips import Member, Zip, zipped
from wheelcheck.archive import Budget, Bytes, Entry, Source, as_file, walk, walk_tar_gz, walk_zip
from wheelcheck.archive.inflate import CHECKPOINT, Inflated
from wheelcheck.damage import Damage

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.usefixtures("each_codec")

MIB = 1 << 20


def varied(length: int, seed: int = 7) -> bytes:
    """Return bytes of which no two blocks are equal and that still shrink."""
    words = random.Random(seed).randbytes(length // 4 + 8)  # noqa: S311 - fixtures, not secrets
    return b"".join(words[at : at + 8] * 4 for at in range(0, len(words) - 7, 8))[:length]


LARGE = b"\x7fELF" + varied(11 * MIB)
PLAIN = b"text" + varied(3 * MIB)


def sources(content: bytes, budget: Budget | None = None) -> Iterator[tuple[Entry, Source, list[Damage]]]:
    damage: list[Damage] = []
    for entry, source in walk(io.BytesIO(content), budget or Budget(), damage):
        yield entry, source, damage


def only(content: bytes, budget: Budget | None = None) -> tuple[Source, list[Damage]]:
    """Return the one source of an archive, as it is before the next member is asked for."""
    _, source, damage = next(sources(content, budget))
    return source, damage


RANGES = (
    (0, 4),
    (0, 10**9),
    (3, 1),
    (MIB - 1, 2),
    (9 * MIB, 5),
    (8 * MIB, 3 * MIB),
    (2 * MIB, 100),
    (11 * MIB, 4),
    (5, 0),
)


@pytest.mark.parametrize("method", [0, 8])
@pytest.mark.parametrize("content", [LARGE, PLAIN, b"", b"small"], ids=["native", "plain", "empty", "small"])
def test_a_zip_member_is_read_at_random_as_it_is_in_a_row(content: bytes, method: int) -> None:
    source, damage = only(zipped(Member(content=content, method=method)))
    assert [source.read(*where) for where in RANGES] == [Bytes(content).read(*where) for where in RANGES]
    assert source.size == len(content)
    assert damage == []


@pytest.mark.parametrize("content", [LARGE, PLAIN])
def test_backward_reads_give_the_same_bytes_as_forward_ones(content: bytes) -> None:
    source, damage = only(zipped(Member(content=content)))
    for offset in range(len(content) - 100, 0, -MIB):
        assert source.read(offset, 100) == content[offset : offset + 100]
    assert damage == []


def test_a_source_of_a_zip_stays_readable_after_the_walk() -> None:
    members = [Member(name=b"%d" % n, content=varied(2 * MIB, n)) for n in range(3)]
    kept = [source for _, source, _ in sources(zipped(*members))]
    assert [source.read(MIB + 5, 50) for source in kept] == [entry.content[MIB + 5 : MIB + 55] for entry in members]
    assert [source.read(0, 10) for source in kept] == [entry.content[:10] for entry in members]


@pytest.mark.parametrize(("offset", "length"), [(-1, 5), (0, -1), (0, 0), (5, 1), (99, 9)])
def test_a_range_outside_a_member_is_empty(offset: int, length: int) -> None:
    for content in (zipped(Member(content=b"12345")), sdist(member(content=b"12345"))):
        source, damage = only(content)
        assert source.read(offset, length) == Bytes(b"12345").read(offset, length) == b""
        assert damage == []


def test_native_code_keeps_a_longer_prefix_than_text() -> None:
    kept = []
    for content in (LARGE, b"#" + LARGE):
        source, _ = only(zipped(Member(content=content)))
        assert isinstance(source, Inflated)
        kept.append(source.content.kept.size)
    assert kept[0] >= 8 * MIB > 2 * MIB > kept[1] >= MIB


def test_the_end_of_a_large_member_is_kept() -> None:
    budget = Budget(reread_bytes=0)
    source, damage = only(zipped(Member(content=LARGE)), budget)
    reads = [source.read(len(LARGE) - distance, 9) for distance in (9, MIB // 2, 5)]
    assert reads == [LARGE[-9:], LARGE[-MIB // 2 :][:9], LARGE[-5:]]
    assert (budget.reread, damage) == (0, [])


@pytest.mark.parametrize("content", [varied(7 * CHECKPOINT), bytes(7 * CHECKPOINT)], ids=["much", "little"])
def test_bytes_past_the_prefix_are_reached_from_a_checkpoint(content: bytes) -> None:
    """Where the packed bytes are many, there are more to be read behind it; otherwise they are in the inflater."""
    budget = Budget(prefix_bytes=10)
    source, _ = only(zipped(Member(content=content)), budget)
    for part in (4, 3):  # of the other parts, those behind are kept
        read_before = budget.reread
        assert source.read(part * CHECKPOINT + 9, 9) == content[part * CHECKPOINT + 9 :][:9]
        assert 0 < budget.reread - read_before < 2 * CHECKPOINT


def test_reading_forward_in_steps_inflates_everything_once() -> None:
    budget = Budget(prefix_bytes=10)
    content = varied(2 * MIB)
    source, _ = only(zipped(Member(content=content)), budget)
    steps = [source.read(offset, 1000) for offset in range(0, len(content), 1000)]
    assert b"".join(steps) == content
    assert budget.reread <= len(content)


def test_jumping_about_for_ever_is_stopped_and_recorded_once() -> None:
    budget = Budget(prefix_bytes=10, reread_bytes=4 * MIB)
    content = varied(8 * MIB)  # its last 4 MiB are kept
    source, damage = only(zipped(Member(content=content)), budget)
    reads = [source.read(offset, 8) for offset in (2 * MIB, MIB) * 50]
    assert reads[0] == content[2 * MIB :][:8]
    assert b"" in reads[-2:]
    why = "reading back and forth costs more than reading it all again, the rest is not examined"
    assert damage == [Damage("pkg/module.py", "cap-reread", why, cap=True)]
    assert budget.reread < len(content) + 6 * MIB


def test_the_good_twin_jumps_about_in_what_is_kept() -> None:
    budget = Budget(reread_bytes=0)
    source, damage = only(zipped(Member(content=LARGE)), budget)
    assert [source.read(offset, 4) for offset in (2 * MIB, 9) * 500] == [LARGE[2 * MIB :][:4], LARGE[9:13]] * 500
    assert (damage, budget.reread) == ([], 0)


def test_a_tar_member_up_to_the_cap_is_kept_whole() -> None:
    source, damage = only(sdist(member(content=PLAIN)), Budget(held_bytes=len(PLAIN)))
    assert source.read(0, source.size) == PLAIN
    assert damage == []


def test_reading_past_what_is_kept_of_a_larger_one_is_recorded_once() -> None:
    source, damage = only(sdist(member(content=PLAIN)), Budget(held_bytes=len(PLAIN) - 1))
    assert source.size == len(PLAIN)
    assert source.read(0, MIB) == PLAIN[:MIB]
    assert damage == []
    assert source.read(MIB - 2, 4) == PLAIN[MIB - 2 : MIB]
    assert source.read(2 * MIB, 4) == b""
    assert [(fault.kind, fault.cap, fault.path) for fault in damage] == [("cap-held", True, "pkg-1/setup.py")]


@pytest.mark.parametrize("content", [LARGE, PLAIN, b""], ids=["native", "plain", "empty"])
def test_the_digest_of_a_member_is_that_of_its_bytes(content: bytes) -> None:
    for archive in (
        zipped(Member(content=content)),
        zipped(Member(content=content, method=0)),
        sdist(member(content=content)),
    ):
        reading = read(archive)
        assert [entry.sha256 for entry in reading.entries] == [hashlib.sha256(content).hexdigest()]
        assert [entry.size for entry in reading.entries] == [len(content)]
        assert reading.contents == [content]


def test_a_member_that_cannot_be_read_has_no_digest_and_no_bytes() -> None:
    reading = read(zipped(Member(flags=1), Member(name=b"b", both={"method": 93})))
    assert [(entry.sha256, entry.size) for entry in reading.entries] == [("", 0), ("", 0)]


def test_a_member_without_local_header_is_listed_all_the_same() -> None:
    reading = read(zipped(Member(central={"offset": 1 << 40 & 0xFFFFFFFF | 9})))
    assert [(entry.path, entry.sha256) for entry in reading.entries] == [("pkg/module.py", "")]


def test_an_archive_in_an_archive_is_walked_through_a_file_over_its_member() -> None:
    inner = Zip((Member(name=b"inner.py"), Member(name=b"large", content=PLAIN))).build()
    for outer in (zipped(Member(content=inner)), zipped(Member(content=inner, method=0)), sdist(member(content=inner))):
        source, damage = only(outer)
        nested: list[Damage] = []
        paths = [entry.path for entry, _ in walk(as_file(source), Budget(), nested)]
        assert (paths, nested, damage) == (["inner.py", "large"], [], [])


def test_a_file_over_a_source_seeks_like_any_other() -> None:
    file, real = as_file(Bytes(PLAIN)), io.BytesIO(PLAIN)
    assert file.readable()
    assert file.seekable()
    for offset, whence in ((5, 0), (7, 1), (-9, 2), (0, 2), (10, 0)):
        assert file.seek(offset, whence) == real.seek(offset, whence) == file.tell()
        assert file.read(20) == real.read(20)
    assert file.read() == real.read()


@pytest.mark.parametrize("walker", [walk_zip, walk_tar_gz, walk])
def test_an_error_of_the_file_itself_is_not_swallowed(walker: object) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error", size)

    assert callable(walker)
    with pytest.raises(OSError, match="Input/output error"):
        list(walker(Broken(b"x" * 100), Budget(), []))
