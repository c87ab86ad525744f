from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import native
from tests.support.artifacts import X86_64, File, a_wheel, an_sdist
from tests.support.native_files import library
from tests.support.tars import member, tar
from tests.support.zips import Zip
from tools import peers
from tools.peer_files import Fixture, decoded, read_fixtures
from tools.peers import TABLES, Comparison, Difference, compare, exit_code, expectation, read_table, report, write_table

GOOD, COMMENTED = Zip().build(), Zip(comment=b"hello").build()
STDLIB_TESTS = Path(sysconfig.get_path("stdlib"), "test")
NAMES = sorted(json.loads((TABLES / "expectations.json").read_text(encoding="utf-8")))


def judged(fixture: Fixture, expected: str, right: str = "policy") -> Difference:
    return Difference(fixture.path, fixture.sha256, expected, fixture.verdict, fixture.found, right, "why")  # type: ignore[arg-type]


def of(folder: Path, **files: bytes) -> list[Fixture]:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.zip").write_bytes(content)
    return list(read_fixtures(folder))


# --- reading ---


def test_every_archive_and_native_file_is_judged_and_no_text(tmp_path: Path) -> None:
    a_wheel(X86_64, library("x86_64")).write(tmp_path)
    an_sdist(File("demo/x.py")).write(tmp_path)
    files = {
        "a.tar": tar(),
        "b.bin": tar(member(), member()),
        "c.zip": b"text",
        "d.txt": b"text",
        "e": native.library(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    found = {fixture.path: (fixture.verdict, fixture.found) for fixture in read_fixtures(tmp_path)}
    assert found == {
        f"demo-1.0-{X86_64}.whl": ("pass", ()),
        "demo-1.0.tar.gz": ("pass", ()),
        "a.tar": ("pass", ()),
        "b.bin": ("fail", ("tar-duplicate-name",)),
        "c.zip": ("fail", ("not-an-archive",)),
        "e": ("pass", ()),
    }


def test_a_wheel_is_judged_by_every_rule_and_a_file_named_like_an_sdist_by_its_container(tmp_path: Path) -> None:
    a_wheel("py3-none-any", File("demo/x.py"), dist_info={"WHEEL": None}).write(tmp_path)
    (tmp_path / "zip64-2.zip").write_bytes(GOOD)
    wheel, container = read_fixtures(tmp_path)
    assert (wheel.verdict, "WC203" in wheel.found) == ("fail", True)
    assert (container.verdict, container.found) == ("pass", ())


@pytest.mark.parametrize("filler", [b"", b" ", b"\n#!/bin/sh\n"])
def test_a_uuencoded_file_is_decoded_whatever_follows_it(filler: bytes) -> None:
    lines = [binascii.b2a_uu(GOOD[at : at + 45]) for at in range(0, len(GOOD), 45)]
    text = b"a remark\nbegin 644 x.zip\n" + b"".join(lines).replace(b" ", b"`") + b"`\nend\n" + filler
    assert decoded("x.zip.uu", text) == ("x.zip", GOOD)


def test_spaces_that_an_editor_cut_off_a_uuencoded_line_are_put_back() -> None:
    content = b"x" * 42 + bytes(3)
    text = b"begin 644 x\n" + binascii.b2a_uu(content).rstrip() + b"\nend\n"
    assert decoded("x.uu", text) == ("x", content)


def test_a_base64_file_is_decoded() -> None:
    assert decoded("x.zip.base64", base64.encodebytes(GOOD)) == ("x.zip", GOOD)


def test_the_hash_is_that_of_the_file_as_it_is_kept(tmp_path: Path) -> None:
    raw = base64.encodebytes(GOOD)
    (tmp_path / "x.zip.base64").write_bytes(raw)
    [fixture] = read_fixtures(tmp_path)
    assert fixture.sha256 == hashlib.sha256(raw).hexdigest()


# --- comparing ---


def test_the_first_pattern_that_fits_a_path_decides_and_no_pattern_means_accept() -> None:
    rows = [["*/reject/odd*", "either"], ["*/reject/*", "reject"]]
    found = [expectation(path, rows) for path in ("reject/a", "zip/reject/odd.zip", "accept/a", "rejected")]
    assert found == ["reject", "either", "accept", "accept"]


@pytest.mark.parametrize(("expected", "differing"), [("accept", ["bad.zip"]), ("reject", ["good.zip"]), ("either", [])])
def test_a_difference_is_a_verdict_that_is_not_expected(expected: str, differing: list[str], tmp_path: Path) -> None:
    compared = compare("peer", of(tmp_path, good=GOOD, bad=COMMENTED), [["*", expected]], {})
    assert [difference.path for difference in compared.differences] == differing
    assert (compared.files, compared.agreed) == (2, 2 - len(differing))


def test_a_judgement_follows_its_file_into_another_folder_and_not_to_other_bytes(tmp_path: Path) -> None:
    [fixture] = of(tmp_path, bad=COMMENTED)
    known = judged(fixture, "accept")
    moved = Fixture(f"moved/{fixture.path}", fixture.sha256, fixture.verdict, fixture.found)
    changed = Fixture(fixture.path, "0" * 64, fixture.verdict, fixture.found)
    assert compare("peer", [moved], [], {known.key: known}).count("policy") == 1
    assert compare("peer", [changed], [], {known.key: known}).count("") == 1


def test_a_judgement_of_what_is_found_no_more_is_stale(tmp_path: Path) -> None:
    [bad] = of(tmp_path / "bad", x=COMMENTED)
    known = judged(bad, "accept")
    table = {known.key: known}
    agreed = compare("peer", [bad], [["*", "reject"]], table)
    other = compare("peer", [Fixture(bad.path, bad.sha256, "fail", ("zip-gap",))], [], table)
    assert (agreed.stale, agreed.differences) == (("x.zip",), ())
    assert (other.stale, other.count("")) == (("x.zip",), 1)


def test_a_judgement_holds_while_one_of_its_reasons_does(tmp_path: Path) -> None:
    [bad] = of(tmp_path, x=COMMENTED)
    known = judged(bad, "accept")
    more = Fixture(bad.path, bad.sha256, "fail", ("zip-comment", "zip-gap"))
    compared = compare("peer", [more], [], {known.key: known})
    assert [(row.found, row.right) for row in compared.differences] == [(more.found, "policy")]
    assert compared.stale == ()


@pytest.mark.parametrize(
    ("right", "stale", "files", "code"),
    [("policy", (), 1, 0), ("peer", (), 1, 0), ("", (), 1, 1), ("policy", ("x",), 1, 1), (None, (), 0, 2)],
)
def test_the_exit_code_distinguishes_unexplained_differences_and_an_empty_comparison(
    right: str | None, stale: tuple[str, ...], files: int, code: int
) -> None:
    row = Difference("x", "0" * 64, "accept", "fail", ("zip-gap",), right or "", "why")  # type: ignore[arg-type]
    assert exit_code([Comparison("peer", files, (row,) if right is not None else (), stale)]) == code


def test_what_is_wrong_unjudged_or_stale_is_named_and_everything_on_request(tmp_path: Path) -> None:
    [fixture] = of(tmp_path, bad=COMMENTED)
    rows = tuple(judged(fixture, "accept", right) for right in ("wheelcheck", "peer", "policy", ""))
    short = list(report([Comparison("malo", 9, rows, ("old.zip",))]))
    assert short[1].split() == ["malo", "9", "5", "1", "1", "1", "1"]
    assert [line.split(":")[0] for line in short[2:]] == ["we are wrong", "not judged", "stale"]
    assert len(list(report([Comparison("malo", 9, rows, ())], verbose=True))) == 2 + 4


# --- the command ---


def test_new_differences_are_written_with_who_is_right_left_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "expectations.json").write_text('{"malo": []}')
    of(tmp_path / "peer", good=GOOD, bad=COMMENTED)
    command = ["--tables", str(tables), f"malo={tmp_path / 'peer'}"]
    assert peers.main([*command, "--write"]) == 1
    [row] = read_table(tables / "malo.jsonl").values()
    assert (row.path, row.right, row.found) == ("bad.zip", "", ("zip-comment",))
    write_table(tables / "malo.jsonl", [replace(row, right="policy", why="a comment")])
    assert peers.main([*command, "--write"]) == 0
    assert [row.why for row in read_table(tables / "malo.jsonl").values()] == ["a comment"]
    (tmp_path / "peer" / "bad.zip").unlink()
    assert peers.main([*command, "--write"]) == 0
    assert not (tables / "malo.jsonl").exists()
    assert "malo" in capsys.readouterr().out


@pytest.mark.parametrize("peer", ["nobody=.", "malo=nowhere"])
def test_a_peer_without_expectations_or_folder_is_a_mistake(peer: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        peers.main([peer])
    assert "give a peer of malo" in capsys.readouterr().err


def test_no_folder_at_all_compares_nothing() -> None:
    assert peers.main([]) == 2


# --- the tables of this repository ---


@pytest.mark.parametrize("name", NAMES)
def test_every_difference_in_a_table_is_judged_with_a_reason(name: str) -> None:
    for row in read_table(TABLES / f"{name}.jsonl").values():
        assert row.right in ("wheelcheck", "peer", "policy")
        assert re.fullmatch(r"[0-9a-f]{64}", row.sha256)
        assert peers.differs(row.expected, row.verdict)
        assert len(row.why) > 20
        assert row.found or row.verdict == "pass"


def test_every_table_is_that_of_a_peer_with_expectations_in_three_words() -> None:
    assert {path.stem for path in TABLES.glob("*.jsonl")} <= set(NAMES)
    expected = json.loads((TABLES / "expectations.json").read_text(encoding="utf-8"))
    assert {word for rows in expected.values() for _, word in rows} <= {"accept", "reject", "either"}


def test_archives_that_come_with_python_are_judged_as_the_table_says() -> None:
    table = read_table(TABLES / "cpython.jsonl")
    if not STDLIB_TESTS.is_dir():
        pytest.skip(f"this Python comes without its tests: {STDLIB_TESTS}")
    fixtures = [each for each in read_fixtures(STDLIB_TESTS) if each.path.endswith((".zip", ".tar"))]
    known = [each for each in fixtures if (each.path.rpartition("/")[2], each.sha256) in table]
    if not known:
        pytest.skip("this Python comes with other archives than those in the table")
    expected = json.loads((TABLES / "expectations.json").read_text(encoding="utf-8"))["cpython"]
    compared = compare("cpython", known, expected, table)
    assert (compared.stale, compared.count("")) == ((), 0)
