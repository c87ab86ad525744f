from __future__ import annotations

import base64
import csv
import gc
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies

from tests.support.artifacts import X86_64, File, a_wheel, wheel
from wheelcheck.facts import Member, Wheel
from wheelcheck.facts.collect import collect
from wheelcheck.facts.record import Row, parse_record
from wheelcheck.rules import record as rules

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = hashlib.sha256(b"x").digest()
EMPTY_LINE = "found an empty line, which pip cannot install; expected path, hash and size"
BASE64 = base64.urlsafe_b64encode(DIGEST).rstrip(b"=").decode()


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
        ("a\n", (), ("line 1: found 1 column, expected path, hash and size",)),
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


def test_nothing_of_a_record_outlives_its_wheel() -> None:
    record = "".join(f"demo/{number}.py,,\n" for number in range(1000))
    subject = wheel(X86_64, Member("demo-1.0.dist-info/RECORD"), texts={"demo-1.0.dist-info/RECORD": record})
    assert len(subject.dist_info.rows) == 1000
    del subject
    gc.collect()
    assert not [one for one in gc.get_objects() if isinstance(one, Row) and one.path.startswith("demo/9")]


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


# --- a RECORD that no rule needs to read ---

OWN = "demo-1.0.dist-info/RECORD"
RULES = (
    rules.every_file_is_listed_in_record,
    rules.every_row_of_record_has_its_file,
    rules.every_hash_and_size_in_record_is_true,
    rules.every_row_of_record_is_well_formed,
)
FILES = (
    Member("demo/a.py", size=1, sha256=DIGEST.hex()),
    Member("demo/b c.txt", size=12, sha256="ab" * 32),
    Member("demo", kind="directory"),
    Member(OWN, size=3, sha256="cd" * 32),
)


def row(member: Member) -> str:
    digest = base64.urlsafe_b64encode(bytes.fromhex(member.sha256)).rstrip(b"=").decode()
    return f"{member.path},sha256={digest},{member.size}"


def is_exact(text: str, *members: Member) -> bool:
    return wheel(X86_64, *members, texts={OWN: text}).has_exact_record


LINES = (row(FILES[0]), row(FILES[1]), f"{OWN},,")


@pytest.mark.parametrize(
    "text",
    ["\n".join(LINES) + "\n", "\r\n".join(LINES) + "\r\n", "\n".join(LINES), "\n".join(reversed(LINES)) + "\n"],
    ids=["as written", "with line ends of csv", "without a last newline", "in another order"],
)
def test_a_record_of_all_members_as_the_format_prescribes_is_exact(text: str) -> None:
    assert is_exact(text, *FILES)


@pytest.mark.parametrize(
    "lines",
    [
        LINES[:2],
        LINES[1:],
        (*LINES, LINES[0]),
        (*LINES, "demo/c.py,,"),
        (*LINES, ""),
        (LINES[0].replace("sha256", "SHA256"), *LINES[1:]),
        (LINES[0].replace(",1", ",01"), *LINES[1:]),
        (LINES[0].replace(",1", ",2"), *LINES[1:]),
        (f'"{LINES[0][:9]}"{LINES[0][9:]}', *LINES[1:]),
        (f"{LINES[0]}\r\r", *LINES[1:]),
        (f"\r{LINES[0]}", *LINES[1:]),
        (*LINES[:2], f"{OWN},,3"),
    ],
)
def test_any_other_record_is_not(lines: tuple[str, ...]) -> None:
    assert not is_exact("\n".join(lines) + "\n", *FILES)


@pytest.mark.parametrize(
    "odd",
    [
        Member("/demo/c.py", size=1, sha256=DIGEST.hex()),
        Member("demo/../c.py", size=1, sha256=DIGEST.hex()),
        Member("demo\\c.py", size=1, sha256=DIGEST.hex()),
        Member("demo/c,d.py", size=1, sha256=DIGEST.hex()),
        Member("demo/c\rd.py", size=1, sha256=DIGEST.hex()),
        Member("", size=1, sha256=DIGEST.hex()),
        Member("demo/link.py", kind="symlink", size=1, sha256=DIGEST.hex()),
        Member("demo/unread.py", size=0, sha256=""),
        Member(f"{OWN}.jws", size=1, sha256=DIGEST.hex()),
        Member("demo/a.py", size=2, sha256="ab" * 32),
    ],
    ids=lambda member: member.path,
)
def test_a_member_that_rules_must_look_at_makes_no_record_exact(odd: Member) -> None:
    lines = "\n".join((*LINES, row(odd)))
    assert not is_exact(lines, *FILES, odd)
    assert not is_exact(f"{row(odd)}\n{lines}", odd, *FILES)


def test_most_wheels_have_an_exact_record(tmp_path: Path) -> None:
    found = collect(a_wheel(X86_64, File("demo/a.py", b"x")).write(tmp_path))
    assert isinstance(found, Wheel)
    assert found.has_exact_record


MEMBERS = strategies.builds(
    Member,
    path=strategies.sampled_from(["", "d", "demo/"]).flatmap(
        lambda start: strategies.text(alphabet='ab/.\\,"\n\ré ', max_size=3).map(lambda end: f"{start}{end}")
    )
    | strategies.sampled_from([OWN, f"{OWN}.jws", f"{OWN}.p7s"]),
    kind=strategies.sampled_from(["file", "file", "file", "directory", "symlink"]),
    size=strategies.integers(0, 3),
    sha256=strategies.sampled_from([DIGEST.hex(), "ab" * 32, ""]),
)
EDITS = strategies.lists(
    strategies.tuples(strategies.integers(0, 9), strategies.sampled_from(["twice", "gone", "old"]))
)


@settings(deadline=None, max_examples=300)
@given(strategies.lists(MEMBERS, max_size=4), EDITS, strategies.sampled_from(["\n", "\r\n", ""]))
def test_no_rule_finds_anything_in_an_exact_record(more: list[Member], edits: list[tuple[int, str]], end: str) -> None:
    members = (*FILES, *more)
    lines = [*LINES, *(row(member) if member.path != OWN else f"{OWN},," for member in more)]
    for at, edit in edits:
        if edit == "twice":
            lines.insert(at, lines[at % len(lines)])
        elif len(lines) > 1 and edit == "gone":
            del lines[at % len(lines)]
        else:
            lines[at % len(lines)] = lines[at % len(lines)].replace("sha256", "md5")
    text = "\n".join(lines) + end
    subject = wheel(X86_64, *members, texts={OWN: text})
    if subject.has_exact_record:
        read = replace(subject)
        read.__dict__["has_exact_record"] = False
        assert [hit for rule in RULES for hit in rule.judge(read)] == []
