"""zlib and zlib-ng take and refuse the same streams: the same bytes, the same end, the same message."""

from __future__ import annotations

import random
import sys
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelcheck.archive.codec import MAX_WBITS, Codec, _fastest, codec, load
from wheelcheck.archive.inflate import digest_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator

ZLIB, NG = load("zlib"), load("zlib_ng.zlib_ng")
STRATEGIES = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED)


def outcome(library: Codec, stream: bytes, piece: int, most: int) -> list[object]:
    """Return everything that a reader can see of a stream that is given in pieces."""
    inflater, seen = library.decompressobj(-MAX_WBITS), list[object]()
    try:
        for at in range(0, len(stream), piece):
            given_ = inflater.unconsumed_tail + stream[at : at + piece]
            seen.append(inflater.decompress(given_, most))
        while not inflater.eof and (more := inflater.decompress(inflater.unconsumed_tail, most)):
            seen.append(more)
    except library.error as problem:
        seen.append(str(problem))
    return [*seen, inflater.eof, inflater.unused_data, inflater.unconsumed_tail]


def text(seed: int) -> bytes:
    """Return bytes with repetitions near and far, as those of a program."""
    draw = random.Random(seed)  # noqa: S311 - fixtures, not secrets
    words = [draw.randbytes(draw.randrange(1, 40)) for _ in range(60)]
    return b"".join(draw.choice(words) for _ in range(draw.randrange(3_000)))


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Return a raw deflate stream of every kind of block; most often bits of it are changed, cut out or put in."""
    settings = draw(st.integers(0, 9)), draw(st.sampled_from(STRATEGIES))
    packer = zlib.compressobj(settings[0], zlib.DEFLATED, -MAX_WBITS, 8, settings[1])
    stream = bytearray(packer.compress(text(draw(st.integers(0, 10**6)))) + packer.flush())
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(stream) - 1))
        kind = draw(st.sampled_from(["bit", "cut", "put"]))
        if kind == "bit":
            stream[at] ^= 1 << draw(st.integers(0, 7))
        else:
            stream[at : at + 3 * (kind == "cut")] = draw(st.binary(max_size=3))
        stream = stream or bytearray(b"\3")
    return bytes(stream)


@settings(deadline=None)
@given(streams(), st.sampled_from([1 << 16, 1_000, 7]), st.sampled_from([1 << 18, 4_097, 50]))
def test_both_libraries_see_the_same_in_a_mutated_stream(stream: bytes, piece: int, most: int) -> None:
    assert outcome(NG, stream, piece, most) == outcome(ZLIB, stream, piece, most)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_both_libraries_see_the_same_in_any_bytes(stream: bytes) -> None:
    assert outcome(NG, stream, 1 << 16, 1 << 18) == outcome(ZLIB, stream, 1 << 16, 1 << 18)


@settings(deadline=None)
@given(st.binary(max_size=2_000), st.binary(max_size=2_000))
def test_both_libraries_give_the_same_checksum(before: bytes, after: bytes) -> None:
    assert NG.crc32(after, NG.crc32(before, 0)) == ZLIB.crc32(before + after, 0)


def test_the_faster_library_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codec == _fastest() == NG
    for name in ("zlib_ng", "zlib_ng.zlib_ng"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    assert _fastest() == ZLIB


def faults() -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, -MAX_WBITS)
    sound = packer.compress(b"content") + packer.flush()
    yield sound + b"x"  # more than the stream
    yield sound[:-1]  # less than the stream
    yield b"\7"  # a block of a type that does not exist
    yield b""


@pytest.mark.usefixtures("each_codec")
@pytest.mark.parametrize("stream", list(faults()))
def test_a_small_member_with_any_fault_is_not_read_at_once(stream: bytes) -> None:
    assert digest_at_once(stream, 7, deflated=True) is None


@pytest.mark.usefixtures("each_codec")
@pytest.mark.parametrize("declared", [6, 8])
def test_a_small_member_of_another_size_than_declared_is_not_read_at_once(declared: int) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -MAX_WBITS)
    assert digest_at_once(packer.compress(b"content") + packer.flush(), declared, deflated=True) is None
    assert digest_at_once(b"content", declared, deflated=False) is None
