"""Where a zip's end record is looked for, and what is read of a file for neighbouring pieces."""

from __future__ import annotations

import io
import zipfile

import pytest

from wheelcheck.archive.zip_directory import END, END_REACH, Window, has_end_record

RECORD = END.pack(b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)


class Recorded(io.BytesIO):
    """A file that notes where it is read and how many bytes are asked for."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.reads: list[tuple[int, int | None]] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads.append((self.tell(), size))
        return super().read(size)


@pytest.mark.parametrize(
    "content",
    [
        RECORD,
        RECORD[:-1],
        b"x" * 100 + RECORD,
        b"x" * END_REACH + RECORD,
        RECORD + b"x" * (END_REACH - END.size - 1),
        RECORD + b"x" * (END_REACH - END.size),
        RECORD + b"x" * (END_REACH - END.size + 1),
        b"x" + RECORD + b"x" * (END_REACH - END.size),
        RECORD + b"x" * 9 + RECORD[:-1],
        b"x" * END_REACH,
        b"",
    ],
    ids=lambda content: f"{len(content)} bytes, record at {content.find(RECORD)}",
)
def test_an_end_record_is_looked_for_where_zipfile_looks_for_it(content: bytes) -> None:
    file = Recorded(content)
    assert has_end_record(file) is zipfile.is_zipfile(io.BytesIO(content))
    assert [size for _, size in file.reads if size is None or not 0 <= size <= END_REACH] == []


CONTENT = bytes(range(256)) * 64


@pytest.mark.parametrize(
    ("asked", "reads"),
    [
        ([(0, 10), (10, 20), (90, 10)], [(0, 100)]),  # the rest of the first piece
        ([(1000, 10), (1000, 30), (1000, 31)], [(1000, 30), (1000, 100)]),  # the same again, and one byte more
        ([(0, 10), (90, 11)], [(0, 100), (90, 100)]),  # one byte more
        ([(0, 10), (100, 10)], [(0, 100), (100, 100)]),
        ([(0, 10), (356, 10)], [(0, 100), (356, 100)]),  # 256 bytes on: near
        ([(0, 10), (357, 10)], [(0, 100), (357, 30)]),  # elsewhere
        ([(1050, 10), (1049, 10)], [(1050, 30), (1049, 30)]),  # backwards
        ([(0, 200), (200, 5)], [(0, 200), (200, 100)]),  # more than a piece
        ([(1000, 40), (1040, 1)], [(1000, 40), (1040, 100)]),
    ],
)
def test_neighbouring_pieces_are_read_at_once(asked: list[tuple[int, int]], reads: list[tuple[int, int]]) -> None:
    file = Recorded(CONTENT)
    window = Window(file, 100, 30)
    for offset, length in asked:
        assert window.read(offset, length) == CONTENT[offset : offset + length]
    assert file.reads == reads


def test_without_another_length_each_piece_is_as_long_as_the_next() -> None:
    file = Recorded(CONTENT)
    window = Window(file, 100)
    assert (window.read(900, 1), window.read(0, 1)) == (CONTENT[900:901], CONTENT[:1])
    assert file.reads == [(900, 100), (0, 100)]


def test_nothing_is_read_past_the_end() -> None:
    window = Window(io.BytesIO(b"content"), 100)
    assert [window.read(offset, 4) for offset in (0, 5, 7, 1 << 70)] == [b"cont", b"nt", b"", b""]
