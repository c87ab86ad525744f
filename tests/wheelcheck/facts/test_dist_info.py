from __future__ import annotations

import base64
import csv
import gc
import hashlib
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies

from tests.support.artifacts import X86_64, File, a_wheel, wheel
from wheelcheck.engine import examine
from wheelcheck.facts import Member, Wheel
from wheelcheck.facts import dist_info as distinfo
from wheelcheck.facts.collect import collect
from wheelcheck.facts.dist_info import DistInfo, Row, parse_entry_points, parse_record
from wheelcheck.platforms.wheel_tags import WheelTag

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DIGEST = hashlib.sha256(b"x").digest()
EMPTY_LINE = "found an empty line, which pip cannot install; expected path, hash and size"
BASE64 = base64.urlsafe_b64encode(DIGEST).rstrip(b"=").decode()


def read(folder: Path, *files: File, **dist_info: bytes | None) -> Wheel:
    artifact = collect(a_wheel(X86_64, *files, dist_info=dist_info).write(folder))
    assert isinstance(artifact, Wheel)
    return artifact


# --- the folder ---


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("demo-1.0.dist-info", True),
        ("Demo-1.0.dist-info", True),
        ("demo-1.dist-info", True),
        ("demo-1.0.0.dist-info", True),
        ("demo-1.1.dist-info", False),
        ("other-1.0.dist-info", False),
        ("demo.dist-info", False),
        ("demo-1.0.data", False),
        ("demo-1-0.dist-info", False),
        ("a/demo-1.0.dist-info", False),
    ],
)
def test_a_folder_names_the_wheel_by_project_and_version(folder: str, names: bool) -> None:  # noqa: FBT001
    assert distinfo.names_the_wheel(folder, wheel(X86_64).name) is names


@pytest.mark.parametrize(
    ("folders", "chosen"),
    [
        ([], ""),
        (["demo-1.0.dist-info"], "demo-1.0.dist-info"),
        (["another-1.0.dist-info", "demo-1.0.dist-info"], "demo-1.0.dist-info"),
        (["zeta-1.0.dist-info", "beta-1.0.dist-info"], "beta-1.0.dist-info"),
    ],
)
def test_the_wheel_s_own_folder_comes_before_the_first(folders: list[str], chosen: str) -> None:
    assert wheel(X86_64, *(Member(f"{folder}/WHEEL") for folder in folders)).dist_info.folder == chosen


def test_a_real_wheel_s_files_are_read_from_its_folder(tmp_path: Path) -> None:
    found = read(tmp_path, File("demo/__init__.py"))
    assert found.dist_info.texts["METADATA"].splitlines()[1] == "Name: demo"
    assert "entry_points.txt" not in found.dist_info.texts
    assert found.dist_info.wheel["Root-Is-Purelib"] == "false"


# --- WHEEL ---


def test_tags_are_expanded(tmp_path: Path) -> None:
    found = read(tmp_path, WHEEL=b"Wheel-Version: 1.0\nTag: py2.py3-none-any\nTag: cp311-cp311-win32\n")
    assert found.dist_info.tags == {
        WheelTag("py2", "none", "any"),
        WheelTag("py3", "none", "any"),
        WheelTag("cp311", "cp311", "win32"),
    }


@pytest.mark.parametrize("line", ["nonsense", "a-b", "a-b-c-d", "-".join([".".join("ab" * 60)] * 3)])
def test_a_line_that_is_not_a_tag_stands_for_itself(tmp_path: Path, line: str) -> None:
    found = read(tmp_path, WHEEL=f"Wheel-Version: 1.0\nTag: {line}\n".encode())
    assert found.dist_info.tags == {WheelTag(line, "", "")}


def test_without_a_wheel_file_there_are_no_tags(tmp_path: Path) -> None:
    found = read(tmp_path, WHEEL=None)
    assert found.dist_info.tags == frozenset()
    assert list(found.dist_info.wheel) == []


# --- RECORD ---


@pytest.mark.parametrize(
    ("written", "algorithm", "digest"),
    [
        (f"sha256={BASE64}", "sha256", DIGEST.hex()),
        (f"SHA256={BASE64}", "sha256", DIGEST.hex()),
        (f"sha256={BASE64}=", "sha256", ""),
        (f"sha256={base64.b64encode(bytes([255] * 32)).decode()}", "sha256", ""),
        (f"sha256={DIGEST.hex()[:61]}", "sha256", ""),
        ("sha256=", "sha256", ""),
        ("md5=abcd", "md5", "69b71d"),
        ("", "", ""),
        (BASE64, BASE64.lower(), ""),
    ],
)
def test_a_digest_is_unpadded_url_safe_base64_or_none(written: str, algorithm: str, digest: str) -> None:
    row = Row("a", written, "1")
    assert (row.algorithm, row.digest) == (algorithm, digest)


@pytest.mark.parametrize(
    ("text", "rows", "problems"),
    [
        ("", (), ()),
        ("a,b,1\n", (Row("a", "b", "1"),), ()),
        ("a,b,1\r\n\r\nc,,\r\n", (Row("a", "b", "1"), Row("c", "", "")), (f"line 2: {EMPTY_LINE}",)),
        ('"a,b",c,1\n', (Row("a,b", "c", "1"),), ()),
        ('"a\nb",c,1\n', (Row("a\nb", "c", "1"),), ()),
        ("a,b\n", (), ("line 1: found 2 columns, expected path, hash and size",)),
        ("a,b,1\na,b,1,2\n", (Row("a", "b", "1"),), ("line 2: found 4 columns, expected path, hash and size",)),
        ('a,b,1\n"a,b', (Row("a", "b", "1"),), ("not CSV: unexpected end of data",)),
    ],
)
def test_rows_are_read_and_what_is_none_is_named(text: str, rows: tuple[Row, ...], problems: tuple[str, ...]) -> None:
    assert parse_record(text) == (rows, problems)


def test_a_field_that_never_ends_is_not_csv() -> None:
    rows, (problem,) = parse_record(f"{'a' * 200_000},b,1\n")
    assert rows == ()
    assert problem.startswith("not CSV: field larger")


def test_a_real_wheel_has_a_row_for_each_member(tmp_path: Path) -> None:
    found = read(tmp_path, File("demo/a.py", b"x"))
    rows = {row.path: row for row in found.dist_info.rows}
    assert set(rows) == {member.path for member in found.members}
    assert (rows["demo/a.py"].digest, rows["demo/a.py"].size) == (DIGEST.hex(), "1")


def test_a_wheel_without_record_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, RECORD=None).dist_info.rows == ()


def test_each_file_is_parsed_once_for_all_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parsed: Counter[str] = Counter()

    def counting(name: str) -> Callable[[str], object]:
        parse = getattr(distinfo, name)

        def counted(text: str) -> object:
            parsed[name] += 1
            return parse(text)

        return counted

    for name in ("headers_of", "parse_record", "parse_entry_points"):
        monkeypatch.setattr(distinfo, name, counting(name))
    file = a_wheel(X86_64, File("demo/a.py", b"x"), dist_info={"entry_points.txt": b"[a]\nb = demo.a\n"}).write(
        tmp_path
    )
    assert examine([file]).artifacts
    assert parsed == {"headers_of": 2, "parse_record": 1, "parse_entry_points": 1}


def test_nothing_of_a_record_outlives_its_wheel() -> None:
    record = "".join(f"demo/{number}.py,,\n" for number in range(1000))
    subject = wheel(X86_64, Member("demo-1.0.dist-info/RECORD"), texts={"demo-1.0.dist-info/RECORD": record})
    assert len(subject.dist_info.rows) == 1000
    del subject
    gc.collect()
    assert not [one for one in gc.get_objects() if isinstance(one, Row) and one.path.startswith("demo/9")]


@pytest.mark.parametrize(
    ("lines", "pins"),
    [
        (["core==1.0"], ("1.0",)),
        (["core (===1.0)", "more==2; python_version > '3'"], ("1.0", "2")),
        (["core>=1.0,==1.5"], ("1.5",)),
        (["core==1.*", "core>=1", "core"], ()),
        (["core==1; extra == 'all'"], ()),
        (["core (==1", "", "(" * 5000], ()),
    ],
)
def test_the_exact_pins_of_a_package_are_those_that_every_installation_gets(
    lines: list[str], pins: tuple[str, ...]
) -> None:
    text = "".join(f"Requires-Dist: {line}\n" for line in lines)
    assert DistInfo("demo-1.0.dist-info", {"METADATA": text}).pins == pins


# --- what parsers may cost ---


@pytest.mark.parametrize("count", [1, 2, 2_000])
def test_the_tags_of_all_lines_together_are_few_enough_to_expand(count: int) -> None:
    many = ".".join(f"p{number}" for number in range(90))
    lines = [f"Tag: {many}-{many}-x{number}" for number in range(count)]
    info = DistInfo("demo-1.0.dist-info", {"WHEEL": "\n".join([*lines, lines[0]])})
    assert len(info.tags) == 8_100 + count - 1


def test_a_group_named_default_is_one_like_any_other() -> None:
    groups, problem = parse_entry_points("[DEFAULT]\na = b:c\n[console_scripts]\nd = e:f\n")
    assert problem == ""
    assert groups == {"DEFAULT": {"a": "b:c"}, "console_scripts": {"d": "e:f"}}


def test_keys_of_default_are_not_repeated_in_every_group() -> None:
    keys, sections = (range(2_000) for _ in "ab")
    text = "[DEFAULT]\n" + "".join(f"k{key} = m:f\n" for key in keys) + "".join(f"[g{one}]\n" for one in sections)
    groups, _ = parse_entry_points(text)
    assert sum(map(len, groups.values())) == 2_000


def test_empty_lines_of_a_record_are_read_up_to_twice_the_rows_of_any_wheel() -> None:
    assert parse_record("\n" * 140_000) == ((), (f"line 1: {EMPTY_LINE}",))
    assert parse_record("\n" * 140_001)[1][1:] == ("line 140001: found over 140,000 rows; the rest is not read",)


@pytest.mark.parametrize(("line", "most"), [("a{},,\n", 70_000), ("{},\n", 1_000)])
def test_a_record_with_more_rows_than_a_wheel_has_files_is_read_to_there(line: str, most: int) -> None:
    rows, problems = parse_record("".join(line.format(number) for number in range(most)))
    assert not any("the rest is not read" in problem for problem in problems)
    more, why = parse_record("".join(line.format(number) for number in range(3 * most)))
    assert more == rows
    assert why[:-1] == problems
    assert f"over {most:,} rows" in why[-1]


@settings(deadline=None)
@given(strategies.text(alphabet='a,\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\x1b\x1f\t "é'))
def test_lines_of_record_end_where_those_of_pip_do(text: str) -> None:
    expected = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        rows = [columns for columns in expected if len(columns) == 3]
    except csv.Error:
        return
    assert [[row.path, row.hash, row.size] for row in parse_record(text)[0]] == rows


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a,,\n\nb,,\n\n\n", 2),
        ("a,,\n\n", 2),
        ("a,,\r\r\nb,,\r\r\n", 2),
        ("a,,\n\u2028b,,\n", 2),
        ("a,,\r\nb,,\r\n", 0),
        ("a,,\rb,,\r", 0),
        ("a,,\nb,,", 0),
    ],
)
def test_an_empty_line_of_record_is_named_once(text: str, line: int) -> None:
    problems = parse_record(text)[1]

    assert [problem.partition(":")[0] for problem in problems] == ([f"line {line}"] if line else [])
    assert any(not row for row in csv.reader(text.splitlines())) == bool(line)  # on which pip fails
