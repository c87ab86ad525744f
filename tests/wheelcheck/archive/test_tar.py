from __future__ import annotations

import hashlib
import io
import stat
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_cases import Case, Reading, assert_told, read
from tests.support.gzip_cases import BZ2, XZ
from tests.support.tar_cases import TAR_CASES
from tests.support.tars import BLOCK, GNU, POSIX, V7, gz, header, member, pax, record, sdist, tar
from wheelcheck.archive import Budget, walk, walk_tar_gz

if TYPE_CHECKING:
    from collections.abc import Callable

OTHER_CONTAINERS = (XZ[:3], BZ2[:3], b"\x28\xb5", b"7z")


def by_name(case: Case) -> str:
    return case.name


def read_sdist(content: bytes, budget: Callable[[], Budget]) -> Reading:
    walker = walk if content.startswith(OTHER_CONTAINERS) else walk_tar_gz
    return read(content, budget(), walker)


@pytest.mark.parametrize("case", TAR_CASES, ids=by_name)
def test_a_hostile_tar_is_answered_with_exactly_its_kinds_of_damage(case: Case) -> None:
    assert read_sdist(case.hostile, case.budget).kinds == case.kinds


@pytest.mark.parametrize("case", TAR_CASES, ids=by_name)
def test_the_good_twin_of_a_hostile_tar_has_no_damage(case: Case) -> None:
    assert read_sdist(case.twin, case.budget).damage == []


@pytest.mark.parametrize("case", TAR_CASES, ids=by_name)
def test_tarfile_reads_the_good_twin_alike(case: Case) -> None:
    reading = read(case.twin)
    with tarfile.open(fileobj=io.BytesIO(case.twin)) as archive:
        infos = archive.getmembers()
        contents = [file.read() if info.isreg() and (file := archive.extractfile(info)) else b"" for info in infos]
    assert reading.paths == [info.name for info in infos]
    assert reading.contents == contents
    assert [entry.link for entry in reading.entries] == [info.linkname for info in infos]
    assert [stat.S_IMODE(entry.mode) for entry in reading.entries] == [info.mode for info in infos]
    assert [entry.sha256 for entry in reading.entries] == [hashlib.sha256(content).hexdigest() for content in contents]


def test_every_tar_case_says_what_was_found_and_what_was_expected() -> None:
    for case in TAR_CASES:
        for fault in read_sdist(case.hostile, case.budget).damage:
            assert_told(fault)


@pytest.mark.parametrize(
    ("kept", "left"),
    [(BLOCK + 3, "5 bytes"), (BLOCK, "8 bytes"), (BLOCK + 100, "412 bytes")],
    ids=["in its data", "before its data", "in its padding"],
)
def test_a_cut_says_how_much_is_missing(kept: int, left: str) -> None:
    (damage,) = read(gz(tar()[:kept])).damage
    assert damage.why == f"the archive ends {left} before the end of a member, expected it whole"


def test_the_same_bytes_give_the_same_damage_in_the_same_order() -> None:
    for case in TAR_CASES:
        assert read_sdist(case.hostile, case.budget).damage == read_sdist(case.hostile, case.budget).damage


MODES = (
    (b"0", 0o644, 0o100644, "file"),
    (b"0", 0o4755, 0o104755, "file"),
    (b"\0", 0o644, 0o100644, "file"),
    (b"0", 0o100755, 0o100755, "file"),  # old tars write the whole st_mode
    (b"2", 0o777, 0o120777, "symlink"),
    (b"3", 0o644, 0o20644, "device"),
    (b"4", 0o644, 0o60644, "device"),
    (b"5", 0o755, 0o40755, "directory"),
    (b"6", 0o644, 0o10644, "device"),
)


@pytest.mark.parametrize(("flag", "mode", "st_mode", "kind"), MODES)
def test_the_mode_of_a_member_has_the_kind_of_its_type_flag(flag: bytes, mode: int, st_mode: int, kind: str) -> None:
    [entry] = read(sdist(header(b"x", 0, flag, mode=mode, link=b"y" if flag == b"2" else b""))).entries
    assert (entry.mode, entry.kind) == (st_mode, kind)


def test_a_member_of_unknown_type_is_not_listed_and_those_after_it_are() -> None:
    content = sdist(member(b"a"), member(b"x", b"x" * 600, b"A"), member(b"b"))
    assert read(content).paths == ["a", "b"]


def test_a_link_with_data_is_read_as_tarfile_reads_it() -> None:
    hidden = member(b"hidden.py", b"print()\n")
    content = sdist(header(b"l", len(hidden), b"2", link=b"x"), hidden)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert read(content).paths == archive.getnames() == ["l", "hidden.py"]


def test_an_extended_header_wins_over_the_block_after_it() -> None:
    extended = pax(record("path", "pkg-1/\u00fc"), record("linkpath", "\u00f6"))
    [entry] = read(sdist(extended, header(b"x", 0, b"2", link=b"y"))).entries
    assert (entry.path, entry.link) == ("pkg-1/\u00fc", "\u00f6")


@pytest.mark.parametrize("cut", [b"pkg-1/long ", b"pkg-1/", b"caf\xc3\xa9:"])
def test_the_name_that_an_extended_header_replaces_may_be_cut_anywhere(cut: bytes) -> None:
    assert read(sdist(pax(record("path", "pkg-1/" + "long name " * 15 + "end")), member(cut))).damage == []


@pytest.mark.parametrize("name", ["pkg-1/a=b.py", "=", "a==b="])
def test_the_value_of_a_record_may_have_equals_signs(name: str) -> None:
    reading = read(sdist(pax(record("path", name)), member(b"")))
    assert (reading.paths, reading.damage) == ([name], [])


def test_an_extended_header_describes_one_member_only() -> None:
    assert read(sdist(pax(record("path", "a")), member(b"x"), member(b"b"))).paths == ["a", "b"]


HARMLESS = ("mtime", "atime", "uid", "uname", "comment", "SCHILY.xattr.user.x", "LIBARCHIVE.creationtime")


@pytest.mark.parametrize("key", HARMLESS)
def test_what_changes_neither_name_nor_extent_may_be_in_an_extended_header(key: str) -> None:
    assert read(sdist(pax(record(key, "1")), member())).damage == []
    assert read(sdist(pax(record(key, "1"), kind=b"g"), member())).damage == []


def test_a_record_may_hold_any_bytes_as_its_value() -> None:
    assert read(sdist(pax(record("SCHILY.xattr.x", b"=\0\n9 path=a\n")), member())).damage == []


def test_the_size_in_the_trailer_is_that_of_the_content() -> None:
    content = tar()
    assert read(gz(content, size=len(content))).damage == []
    assert read(gz(content, size=len(content) + 1)).kinds == {"gzip-size"}


def test_the_budget_counts_what_was_read() -> None:
    budget = Budget()
    content = sdist(member(b"a"), member(b"b"))
    read(content, budget)
    assert (budget.packed, budget.members, budget.unpacked) == (len(content), 2, 3072)


def with_byte(at: int, magic: bytes, value: int = 1) -> bytes:
    """Return a header whose texts behind the member's name are empty, with this byte at one place."""
    block = bytearray(header(user=b"", group=b"", magic=magic))
    block[at] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("magic", [POSIX, GNU, V7])
@pytest.mark.parametrize(
    "places",
    [range(15, 100), range(158, 257), range(266, 297), range(298, 329), range(345, 512)],
    ids=["name", "link", "user", "group", "prefix and tail"],
)
def test_a_byte_behind_the_end_of_a_text_is_found_at_every_place(places: range, magic: bytes) -> None:
    """At 345 only what is no prefix is hidden."""
    assert read(sdist(with_byte(places[0], magic, 0))).damage == []
    hidden = [at for at in places if at != 345 or magic != POSIX]
    silent = [at for at in hidden if read(sdist(with_byte(at, magic))).kinds != {"tar-hidden"}]
    assert silent == []
