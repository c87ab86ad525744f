from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_cases import read
from tests.support.tars import BLOCK, END, gz, header, member, record, sdist, tar
from wheelcheck.archive import Budget, walk_tar_gz
from wheelcheck.archive.decompress import Bzip2Stream, GzipStream, Stream, XzStream
from wheelcheck.archive.formats import looks_like_tar
from wheelcheck.archive.limits import Log, StopReadingError
from wheelcheck.archive.tar_headers import number, parse_header, parse_long, parse_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelcheck.damage import Damage

pytestmark = pytest.mark.usefixtures("each_codec")

CONTENT = b"".join(b"line %d\n" % count for count in range(100_000))
STREAMS: tuple[tuple[type[Stream], Callable[[bytes], bytes]], ...] = (
    (Stream, bytes),
    (GzipStream, gzip.compress),
    (XzStream, lzma.compress),
    (Bzip2Stream, bz2.compress),
)


class Trickle(io.BytesIO):
    """A file that gives one byte at a time, as a pipe or a slow disk may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 1))


def log() -> Log:
    return Log([], Budget())


def kinds_of(written: Log) -> list[str]:
    return [fault.kind for fault in written.damage]


@pytest.mark.parametrize(("stream", "compress"), STREAMS)
def test_a_stream_gives_the_same_bytes_in_steps_of_any_length(
    stream: type[Stream], compress: Callable[[bytes], bytes]
) -> None:
    packed, words = compress(CONTENT), random.Random(5)  # noqa: S311 - a choice of lengths
    opened, written = stream(io.BytesIO(packed), log()), io.BytesIO()
    while chunk := opened.read(words.choice((1, 511, 512, 70_000, 400_000))):
        written.write(chunk)
    assert written.getvalue() == CONTENT
    assert opened.log.damage == []


@pytest.mark.parametrize(("stream", "compress"), STREAMS)
def test_a_read_is_short_only_at_the_end(stream: type[Stream], compress: Callable[[bytes], bytes]) -> None:
    opened = stream(io.BytesIO(compress(CONTENT)), log())
    assert opened.read(len(CONTENT) - 1) == CONTENT[:-1]
    assert opened.read(10) == CONTENT[-1:]
    assert opened.read(10) == b""
    assert opened.read(0) == b""


@pytest.mark.parametrize(("stream", "compress"), STREAMS[2:])
def test_a_file_that_trickles_is_read_like_any_other(stream: type[Stream], compress: Callable[[bytes], bytes]) -> None:
    opened = stream(Trickle(compress(CONTENT[:3000])), log())
    assert opened.read(5000) == CONTENT[:3000]
    assert opened.log.damage == []


@pytest.mark.parametrize(("stream", "compress"), STREAMS)
def test_bytes_pushed_back_come_next(stream: type[Stream], compress: Callable[[bytes], bytes]) -> None:
    opened = stream(io.BytesIO(compress(CONTENT)), log())
    opened.push_back(opened.read(BLOCK))
    assert opened.read(BLOCK + 9) == CONTENT[: BLOCK + 9]
    opened.push_back(b"new")
    assert opened.read(4) == b"new" + CONTENT[BLOCK + 9 : BLOCK + 10]


@pytest.mark.parametrize(("stream", "compress"), STREAMS[:3])  # bzip2 has blocks of 900 kB
def test_no_more_is_read_of_a_file_than_is_needed(stream: type[Stream], compress: Callable[[bytes], bytes]) -> None:
    content = random.Random(6).randbytes(3 << 18)  # noqa: S311 - bytes that do not compress
    file = io.BytesIO(compress(content))
    opened = stream(file, log())
    assert opened.read(9) == content[:9]
    assert file.tell() <= 1 << 18
    assert opened.read(3 << 18) == content[9:]


@pytest.mark.parametrize(("stream", "compress"), STREAMS)
def test_what_comes_out_of_a_stream_is_counted(stream: type[Stream], compress: Callable[[bytes], bytes]) -> None:
    opened = stream(io.BytesIO(compress(CONTENT)), log())
    opened.read(len(CONTENT))
    assert opened.log.budget.unpacked == len(CONTENT)


def test_a_gzip_header_may_have_a_name_and_a_checksum() -> None:
    named = io.BytesIO()
    with gzip.GzipFile("pkg-1.tar", "wb", fileobj=named) as file:
        file.write(tar())
    assert read(named.getvalue()).damage == []


def test_the_trailer_is_checked_even_where_the_tar_ended_before() -> None:
    content = tar() + bytes(40 * BLOCK)
    assert read(gz(content)).damage == []
    assert read(gz(content, crc=1)).kinds == {"gzip-crc"}
    assert read(gz(content, size=len(content) + 1)).kinds == {"gzip-size"}


def test_a_member_is_yielded_before_the_damage_after_it() -> None:
    damage: list[Damage] = []
    walk = walk_tar_gz(io.BytesIO(sdist()[:-1]), Budget(), damage)
    entry, source = next(walk)
    assert (entry.path, source.read(0, 9), damage) == ("pkg-1/setup.py", b"setup()\n", [])
    assert list(walk) == []
    assert [fault.kind for fault in damage] == ["gzip-truncated"]


NUMBERS = (
    (b"0000644\0", 0o644),
    (b"000644 \0", 0o644),
    (b"   644 \0", 0o644),
    (b"00000644", 0o644),
    (b"644\0\0\0\0\0", 0o644),
    (b"\0\0\0\0\0\0\0\0", 0),
    (b"        ", 0),
    (b"\x80\0\0\0\0\0\1\xa4", 0o644),
    (b"\x80\0\0\0\xff\xff\xff\xff", 0xFFFFFFFF),
)


@pytest.mark.parametrize(("field", "value"), NUMBERS)
def test_a_number_is_octal_or_base_256(field: bytes, value: int) -> None:
    assert number(field, "size", "x", log()) == value


@pytest.mark.parametrize(
    "field",
    [
        b"0o644\0\0\0",
        b"-644\0\0\0\0",
        b"+644\0\0\0\0",
        b"6_44\0\0\0\0",
        b"648\0\0\0\0\0",
        b"6\x0044\0\0\0\0",
        b"\xff" * 8,
        b"\x81" + bytes(7),
        b"\t644\0\0\0\0",
    ],
)
def test_a_number_that_readers_parse_differently_stops_the_walk(field: bytes) -> None:
    with pytest.raises(StopReadingError) as stop:
        number(field, "size", "x", log())
    assert (stop.value.damage.kind, stop.value.damage.path) == ("tar-number", "x")


def test_a_time_before_1970_is_a_number_and_a_negative_size_is_none() -> None:
    assert number(b"\xff" * 12, "mtime", "x", log()) == -1
    with pytest.raises(StopReadingError):
        number(b"\xff" * 12, "size", "x", log())


def test_a_header_is_recognised_by_its_checksum() -> None:
    good = header()
    assert looks_like_tar(good)
    assert not looks_like_tar(good[:-1])
    assert not looks_like_tar(b"X" + good[1:])
    assert not looks_like_tar(bytes(BLOCK))


@pytest.mark.parametrize(
    ("block", "name"),
    [
        (header(b"setup.py", prefix=b"pkg-1"), "pkg-1/setup.py"),
        (header(b"n" * 100, prefix=b"p" * 155), "p" * 155 + "/" + "n" * 100),
        (header(b"setup.py", magic=b"ustar  \0"), "setup.py"),
        (header(b"setup.py", magic=bytes(8)), "setup.py"),
    ],
)
def test_the_prefix_counts_only_in_posix_headers(block: bytes, name: str) -> None:
    written = log()
    assert parse_header(block, written).name == name
    assert written.damage == []


@pytest.mark.parametrize("size", [1, 511, 512, 513])
def test_padding_fills_the_last_block(size: int) -> None:
    assert (size + parse_header(header(size=size), log()).padding) % BLOCK == 0


@pytest.mark.parametrize("length", [1, 5, 6, 7, 8, 95, 96, 97, 98, 990, 995, 9990])
def test_a_record_counts_the_digits_of_its_own_length(length: int) -> None:
    written = log()
    assert parse_records(record("k", "v" * length), written, "") == {"k": "v" * length}
    assert written.damage == []


def test_records_are_read_up_to_the_first_malformed_one() -> None:
    written = log()
    content = record("path", "a") + b"5 x=\n" + b"garbage" + record("path", "b")
    assert parse_records(content, written, "m") == {"path": "a", "x": ""}
    assert [(fault.kind, fault.path) for fault in written.damage] == [("tar-pax-record", "m")]
    assert "at byte 14" in written.damage[0].why


def test_a_long_name_is_text_and_one_nul() -> None:
    written = log()
    assert parse_long("d\u00e9/x\0".encode(), written, "") == "d\u00e9/x"
    assert written.damage == []
    parse_long(b"x\0\0", written, "")
    assert kinds_of(written) == ["tar-gnu-long"]


def test_a_full_list_of_damage_ends_every_further_walk_without_an_error() -> None:
    damage: list[Damage] = []
    for content in (sdist(member(b"../x")), gz(b"x"), b"", b"text", sdist(end=END[:BLOCK])):
        list(walk_tar_gz(io.BytesIO(content), Budget(damages=1), damage))
    assert [fault.kind for fault in damage if fault.cap] == ["cap-damage"] * 2
