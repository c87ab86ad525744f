from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_cases import read
from tests.support.tars import END, header, member, sdist, tar
from tests.support.zips import Member, Zip
from wheelcheck.archive import Budget, container_format, walk, walk_tar_gz
from wheelcheck.archive.formats import CONTENT, HEAD
from wheelcheck.archive.zip_directory import END_REACH, is_end_record_in
from wheelcheck.source import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelcheck.damage import Damage

TAR = tar(member(b"a", b"A" * 600), member(b"b", b"B"))
ZIP = Zip((Member(name=b"a", content=b"A" * 600), Member(name=b"b", content=b"B"))).build()
CONTAINERS = {
    "zip": ZIP,
    "tar": TAR,
    "tar.gz": gzip.compress(TAR),
    "tar.xz": lzma.compress(TAR),
    "tar.bz2": bz2.compress(TAR),
}
HOLLOW = Zip(()).build()  # an end record alone
COMPRESSED = {"gz": gzip.compress(b"text"), "xz": lzma.compress(b"text"), "bz2": bz2.compress(b"text")}
UNSUPPORTED = {
    "zst": b"\x28\xb5\x2f\xfd\0\0",
    "7z": b"7z\xbc\xaf\x27\x1c\0\4",
    "rar": b"Rar!\x1a\x07\1\0",
    "cab": b"MSCF\0\0\0\0",
    "xar": b"xar!\0\x1c\0\1",
    "rpm": b"\xed\xab\xee\xdb\3\0",
    "cpio": b"070701000000",
}
NEAR = (
    b"",
    b"P",
    b"PK",
    b"PKZIP is a program",
    b"\x1f\x8b",
    b"BZ",
    b"\x7fELF",
    b"MZ",
    b"070",
    b"x" * 600,
    bytes(1024),
    b"7z",
)


@pytest.mark.parametrize("name", [*CONTAINERS, *COMPRESSED, *UNSUPPORTED])
def test_a_container_is_recognised_by_its_head(name: str) -> None:
    content = (CONTAINERS | COMPRESSED | UNSUPPORTED)[name]
    assert container_format(content[:HEAD]) == name


@pytest.mark.parametrize("head", NEAR)
def test_what_only_resembles_a_container_is_none(head: bytes) -> None:
    assert container_format(head) == ""


@pytest.mark.parametrize("magic", [b"PK\3\4", b"PK\5\6", b"PK\7\x08PK\3\4", b"PK00PK\3\4"])
def test_every_way_a_zip_begins_is_known(magic: bytes) -> None:
    assert container_format(magic + bytes(20)) == "zip"


@pytest.mark.parametrize("name", ["gz", "xz", "bz2"])
def test_a_broken_compressed_head_is_still_that_container(name: str) -> None:
    assert container_format(COMPRESSED[name][:9] + b"\xff" * 60) == name


def test_a_tar_with_a_broken_checksum_is_a_tar() -> None:
    assert container_format(header(checksum=b"0000000\0")) == "tar"


def saying_ustar(content: bytes) -> bytes:
    """The content with tar's magic number at byte 257, where a tar header has it."""
    return content[:257].ljust(257, b".") + b"ustar\x0000" + content[265:]


@pytest.mark.parametrize("name", [*CONTAINERS, *COMPRESSED, *UNSUPPORTED])
def test_another_container_that_says_ustar_where_a_tar_does_is_not_a_tar(name: str) -> None:
    begun = (CONTAINERS | COMPRESSED | UNSUPPORTED)[name]
    plain = name.removeprefix("tar.") if name.startswith("tar.") else name
    assert container_format(saying_ustar(begun)) in (name, plain)


def test_a_whole_zip_that_says_ustar_where_a_tar_does_is_read_as_a_zip() -> None:
    zipped = Zip((Member(name=b"a", content=saying_ustar(b"." * 300)[31:], method=0),)).build()
    assert zipped[257:262] == b"ustar"
    assert container_format(zipped) == "zip"
    assert (read(zipped).paths, read(zipped).damage) == (["a"], [])


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
def test_a_compressed_zip_that_says_ustar_where_a_tar_does_is_not_a_compressed_tar(
    pack: Callable[[bytes], bytes],
) -> None:
    content = pack(saying_ustar(b"PK\3\4" + b"." * 600))
    assert container_format(content[:HEAD]) in COMPRESSED
    assert read(content).paths == [CONTENT]


@pytest.mark.parametrize("begins", [b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c"])
@pytest.mark.parametrize("magic", [b"ustar\x0000", b"ustar  \0", bytes(8)])
def test_a_tar_whose_first_member_is_named_like_another_container_is_a_tar(begins: bytes, magic: bytes) -> None:
    content = tar(header(name=begins + b"x", magic=magic), b"")
    assert container_format(content[:HEAD]) == "tar"
    for pack, name in ((gzip.compress, "tar.gz"), (lzma.compress, "tar.xz"), (bz2.compress, "tar.bz2")):
        assert container_format(pack(content)[:HEAD]) == name


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_of_the_same_files_gives_the_same_members(name: str) -> None:
    reading = read(CONTAINERS[name])
    assert reading.paths == ["a", "b"]
    assert reading.contents == [b"A" * 600, b"B"]
    assert reading.damage == []


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_compressed_file_has_its_content_as_the_one_member(name: str) -> None:
    reading = read(COMPRESSED[name])
    assert (reading.paths, reading.contents, reading.damage) == ([CONTENT], [b"text"], [])
    assert reading.entries == [Entry(CONTENT, "file", 0, 4, hashlib.sha256(b"text").hexdigest())]


def test_a_compressed_file_of_nothing_has_an_empty_member() -> None:
    assert read(gzip.compress(b"")).contents == [b""]


def test_zeros_in_a_gzip_are_content_and_no_archive() -> None:
    assert read(gzip.compress(END)).contents == [END]


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_an_archive_of_an_unsupported_format_is_damage_that_names_it(name: str) -> None:
    reading = read(UNSUPPORTED[name])
    assert (reading.paths, reading.kinds) == ([], {"unsupported-archive"})
    assert f"a {name} archive" in reading.damage[0].why


def test_a_zip_behind_a_program_is_found_and_refused() -> None:
    reading = read(Zip(prefix=b"#!/usr/bin/env python3\n", counted=False).build())
    assert (reading.paths, reading.kinds) == (["pkg/module.py"], {"zip-prefix"})


@pytest.mark.parametrize(("length", "found"), [(0x10000, True), (0x10001, False)])
def test_the_end_record_of_a_zip_is_looked_for_in_the_last_bytes_of_a_large_file(length: int, *, found: bool) -> None:
    """There zipfile looks as well, one byte further than the longest comment reaches."""
    program, after = b"#!/bin/sh\n" + bytes(3 * END_REACH), bytes(length)
    assert ("not-an-archive" in read(program + HOLLOW + after).kinds) is not found
    assert zipfile.is_zipfile(io.BytesIO(program + HOLLOW + after)) is found
    packed = gzip.compress(TAR) + bytes(3 * END_REACH) + HOLLOW + after
    assert ("two-formats" in read(packed, walker=walk_tar_gz).kinds) is found


def test_what_zipfile_takes_for_an_end_record_is_the_last_one_and_whole() -> None:
    for tail in (
        HOLLOW,
        HOLLOW[:-1],
        HOLLOW[:4],
        HOLLOW + HOLLOW[:4],
        HOLLOW[:4] + HOLLOW,
        b"x" * 99 + HOLLOW,
        b"x" * 99,
    ):
        assert is_end_record_in(tail) is zipfile.is_zipfile(io.BytesIO(tail)), tail


class InPieces(io.BytesIO):
    """A file of which nobody may ask for all at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert 0 <= size <= 1 << 20
        return super().read(size)


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_file_is_read_in_pieces_whatever_it_is(name: str) -> None:
    damage: list[Damage] = []
    assert [entry.path for entry, _ in walk(InPieces(CONTAINERS[name]), Budget(), damage)] == ["a", "b"]
    assert damage == []


@pytest.mark.parametrize(("content", "kind"), [(b"", "empty"), (b"<html>", "not-an-archive")])
def test_what_is_not_an_archive_is_damage(content: bytes, kind: str) -> None:
    assert read(content).kinds == {kind}


def test_only_what_is_kept_of_a_large_content_can_be_read() -> None:
    damage: list[Damage] = []
    budget = Budget(held_bytes=1000)
    [(entry, source)] = list(walk(io.BytesIO(gzip.compress(b"x" * 5000)), budget, damage))
    assert (entry.size, source.size, source.read(990, 20)) == (5000, 5000, b"x" * 10)
    assert len(damage) == 1


def test_nested_archives_spend_the_budget_of_the_outermost() -> None:
    budget = Budget(zip_members=5)
    first, second, third = (read(ZIP, budget) for _ in range(3))
    assert (first.damage, second.damage) == ([], [])
    assert third.kinds == {"cap-members"}
    assert third.damage[0].cap


def test_a_gzip_read_through_walk_is_the_sdist_itself() -> None:
    assert read(sdist()).paths == ["pkg-1/setup.py"]
