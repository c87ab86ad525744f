from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_cases import Case, read
from tests.support.zip_cases import ASKED_FOR_A_ZIP, ZIP_CASES
from tests.support.zips import Member, Zip, named, zipped
from wheelcheck.archive import Budget, walk_zip
from wheelcheck.archive.inflate import OUTPUT
from wheelcheck.archive.limits import Log
from wheelcheck.archive.zip import rehash_zip, reread_zip
from wheelcheck.archive.zip_directory import find_end

if TYPE_CHECKING:
    from wheelcheck.archive.zip import Located
    from wheelcheck.damage import Damage


def by_name(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", ZIP_CASES, ids=by_name)
def test_a_hostile_zip_is_answered_with_exactly_its_kinds_of_damage(case: Case) -> None:
    assert read(case.hostile, case.budget()).kinds == case.kinds


@pytest.mark.parametrize("case", ZIP_CASES, ids=by_name)
def test_the_good_twin_of_a_hostile_zip_has_no_damage(case: Case) -> None:
    assert read(case.twin, case.budget()).damage == []


@pytest.mark.parametrize("case", ZIP_CASES, ids=by_name)
def test_zipfile_reads_the_good_twin_alike(case: Case) -> None:
    reading = read(case.twin)
    with zipfile.ZipFile(io.BytesIO(case.twin)) as archive:
        assert archive.testzip() is None
        infos = archive.infolist()
        assert reading.paths == [info.filename.removesuffix("/") for info in infos]
        assert reading.contents == [archive.read(info) for info in infos]
        assert [entry.mode for entry in reading.entries] == [info.external_attr >> 16 for info in infos]


@pytest.mark.parametrize("case", ASKED_FOR_A_ZIP, ids=by_name)
def test_a_file_that_is_not_a_zip_at_all_is_refused_as_a_wheel(case: Case) -> None:
    assert read(case.hostile, walker=walk_zip).kinds == case.kinds
    assert read(case.twin, walker=walk_zip).damage == []


def test_zip64_records_are_accepted_where_a_value_needs_them() -> None:
    for field, limit in (("count", 0xFFFF), ("size", 0xFFFFFFFF), ("offset", 0xFFFFFFFF)):
        content = Zip(end64={field: limit + 7}, end={field: limit}).build()
        log = Log([], Budget())
        found = find_end(io.BytesIO(content), len(content), log)
        assert limit + 7 in (found.entries, found.size, found.offset)
        assert log.damage == []


def test_members_come_in_the_order_of_the_central_directory() -> None:
    members = tuple(named(f"{letter}.py") for letter in "cab")
    assert read(Zip(members, listed=(2, 0, 1)).build()).paths == ["b.py", "c.py", "a.py"]


MODES = (
    (0o100644, "file"),
    (0o100755, "file"),
    (0o755, "file"),  # without S_IFREG: pip takes it for a file and leaves it non-executable
    (0, "file"),
    (0o120777, "symlink"),
    (0o10644, "device"),
    (0o20644, "device"),
    (0o60644, "device"),
    (0o140755, "device"),
    (0o104755, "file"),
)


@pytest.mark.parametrize(("mode", "kind"), MODES)
def test_the_mode_and_kind_are_what_pip_takes_from_the_attributes(mode: int, kind: str) -> None:
    [entry] = read(zipped(Member(mode=mode))).entries
    assert (entry.mode, entry.kind) == (mode, kind)


@pytest.mark.parametrize("creator", [0, 3, 10, 19])
def test_the_mode_counts_whichever_system_the_record_claims(creator: int) -> None:
    content = bytearray(zipped(Member(mode=0o100755)))
    content[content.index(b"PK\1\2") + 5] = creator
    assert read(bytes(content)).entries[0].mode == 0o100755


def test_a_symbolic_link_has_its_content_as_target() -> None:
    [entry] = read(zipped(Member(mode=0o120777, content=b"../lib/x.so"))).entries
    assert (entry.kind, entry.link) == ("symlink", "../lib/x.so")
    [entry] = read(zipped(Member(mode=0o120777, content=b"caf\xe9"))).entries
    assert (entry.kind, entry.link) == ("symlink", "caf\ufffd")


def test_a_version_is_told_with_the_newest_that_installers_read() -> None:
    (damage,) = read(zipped(Member(both={"needed": 47}))).damage
    assert damage.why == "needs version 4.7 of the format, expected at most 4.6"


def test_a_directory_is_listed_without_its_slash() -> None:
    reading = read(zipped(named("pkg/", content=b"", mode=0o40755), named("pkg/x")))
    assert [(entry.path, entry.kind) for entry in reading.entries] == [("pkg", "directory"), ("pkg/x", "file")]


def test_an_empty_member_may_be_deflated_or_stored() -> None:
    members = [named("a", content=b"", method=8), named("b", content=b"", method=0)]
    reading = read(zipped(*members))
    assert (reading.contents, reading.damage) == ([b"", b""], [])


def test_the_same_bytes_give_the_same_damage_in_the_same_order() -> None:
    for case in ZIP_CASES:
        assert read(case.hostile, case.budget()).damage == read(case.hostile, case.budget()).damage


def test_the_budget_counts_what_was_read() -> None:
    budget = Budget()
    content = zipped(named("a", content=b"12345"), named("b", content=b"678"))
    read(content, budget)
    assert (budget.packed, budget.members, budget.unpacked) == (len(content), 2, 8)


def test_damage_is_complete_only_when_the_walk_is() -> None:
    damage: list[Damage] = []
    members = walk_zip(io.BytesIO(zipped(named("a"), named("b", both={"crc": 1}))), Budget(), damage)
    next(members)
    assert damage == []
    list(members)
    assert [(fault.path, fault.kind) for fault in damage] == [("b", "zip-crc")]


def test_the_digest_is_that_of_what_zipfile_reads() -> None:
    content = zipped(named("a", content=b"A" * 99), named("b", method=0))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        expected = [hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()]
    assert [entry.sha256 for entry in read(content).entries] == expected


MANY = zipped(
    Member(name=b"a.py", content=b"a" * 100),
    Member(name=b"b.py", content=b"b" * 101),
    Member(name=b"c/", content=b"", mode=0o40755),
    Member(name=b"d.py", content=b"d" * 99, method=0),
)


@pytest.mark.parametrize(
    ("wanted", "most", "found"),
    [
        ({"a.py"}, 100, {"a.py": b"a" * 100}),
        ({"a.py", "b.py", "d.py"}, 100, {"a.py": b"a" * 100, "d.py": b"d" * 99}),
        ({"a.py"}, 99, {}),
        ({"elsewhere.py"}, 100, {}),
        (set(), 100, {}),
    ],
)
def test_members_are_read_again_up_to_a_size(wanted: set[str], most: int, found: dict[str, bytes]) -> None:
    assert reread_zip(io.BytesIO(MANY), located(MANY), wanted, most) == found


def located(content: bytes) -> list[Located]:
    """Return where the members are that a walk finds."""
    found: list[Located] = []
    list(walk_zip(io.BytesIO(content), Budget(), [], found=found))
    return found


def test_members_are_hashed_again_by_the_algorithm_of_each() -> None:
    wanted = {"a.py": "sha512", "b.py": "sha384", "d.py": "sha512", "elsewhere.py": "sha384"}
    assert rehash_zip(io.BytesIO(MANY), located(MANY), wanted) == {
        ("a.py", "sha512"): hashlib.sha512(b"a" * 100).hexdigest(),
        ("b.py", "sha384"): hashlib.sha384(b"b" * 101).hexdigest(),
        ("d.py", "sha512"): hashlib.sha512(b"d" * 99).hexdigest(),
    }


def test_of_a_file_that_was_emptied_nothing_is_read_again() -> None:
    """Whoever walked it finds that it changed."""
    assert reread_zip(io.BytesIO(b""), located(MANY), {"a.py"}, 100) == {"a.py": b""}
    assert rehash_zip(io.BytesIO(b""), located(MANY), {"a.py": "sha512"}) == {
        ("a.py", "sha512"): hashlib.sha512(b"").hexdigest()
    }


def test_a_member_that_grew_is_not_hashed_past_its_size() -> None:
    """The file is another one than was walked: what is read of it ends at what its record says, and one chunk more."""
    grown = zipped(Member(name=b"a.py", content=bytes(3 << 20), both={"size": 5}))
    (digest,) = rehash_zip(io.BytesIO(grown), located(grown), {"a.py": "sha512"}).values()
    assert digest == hashlib.sha512(bytes(OUTPUT)).hexdigest()


def test_each_record_of_the_directory_begins_with_its_signature() -> None:
    content = zipped(named("a"), named("b"), named("c"))
    assert content.count(b"PK\1\2") == 3
    for number in range(3):
        before, *others = content.split(b"PK\1\2")
        spoilt = before + b"".join((b"PK\1\3" if at == number else b"PK\1\2") + each for at, each in enumerate(others))
        assert "zip-directory" in read(spoilt).kinds, f"record {number}"
