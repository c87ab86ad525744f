from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, wheel
from tests.support.reports import HOSTILE, every_mark, finding, hostile, many, real
from wheelcheck.report import github
from wheelcheck.report.wording import safe
from wheelcheck.results import Gap, Report

if TYPE_CHECKING:
    from pathlib import Path

FILE = wheel(X86_64).file
# How GitHub's runner parses a line.
COMMAND = re.compile(r"::(?P<name>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")


def commands(report: Report) -> list[tuple[str, dict[str, str], str]]:
    """Return the annotations as the runner reads them: command, properties, message."""
    lines = github.render(report).split("\n")
    assert lines.pop() == ""
    found = []
    for line in lines:
        read = COMMAND.fullmatch(line)
        assert read, line
        pairs = (pair.partition("=") for pair in read["properties"].split(","))
        found.append((read["name"], {key: unescaped(value) for key, _, value in pairs}, unescaped(read["message"])))
    return found


def unescaped(text: str) -> str:
    for token, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(token, char)
    return text


def test_a_finding_is_an_annotation_on_its_file() -> None:
    found = finding(FILE, "demo/x.so", "found aarch64")
    title = "WC301 binaries-are-for-the-cpu"
    assert commands(Report(findings=(found,))) == [
        ("error", {"file": FILE, "title": title}, "demo/x.so: found aarch64")
    ]


@pytest.mark.parametrize(("severity", "command"), [("error", "error"), ("warning", "warning"), ("note", "notice")])
def test_each_severity_has_its_command(severity: str, command: str) -> None:
    assert [name for name, _, _ in commands(Report(findings=(finding(severity=severity),)))] == [command]


def test_a_finding_about_no_file_is_annotated_without_one() -> None:
    assert github.render(Report(findings=(finding(),))) == "::error title=WC301 binaries-are-for-the-cpu::found x\n"


def test_what_was_not_verified_is_an_error() -> None:
    gaps = (Gap(FILE, "x", "a cap was reached"),)
    assert commands(Report(gaps=gaps)) == [("error", {"file": FILE, "title": "not verified"}, "x: a cap was reached")]


def test_what_is_ignored_is_a_notice_with_its_reason() -> None:
    ignored = ((finding(FILE, "x", "found y"), "upstream's bug"),)
    properties = {"file": FILE, "title": "ignored: WC301 binaries-are-for-the-cpu"}
    assert commands(Report(ignored=ignored)) == [("notice", properties, "x: found y (ignored: upstream's bug)")]


def test_notes_are_said_before_what_is_ignored_and_both_share_ten_places() -> None:
    said = commands(Report(findings=many(6), ignored=tuple((found, "why") for found in many(6, "error"))))
    assert [properties["title"].split()[0] for _, properties, _ in said[:-1]] == ["WC301"] * 6 + ["ignored:"] * 3
    assert said[-1][2] == "3 more ignored"


def test_gaps_do_not_displace_every_error() -> None:
    gaps = tuple(Gap(FILE, str(number), "a cap") for number in range(20))
    said = commands(Report(findings=(finding(FILE, "x"), finding("b.whl", "x")), gaps=gaps))
    assert [properties["title"].split()[0] for _, properties, _ in said].count("WC301") == 2
    assert said[-1][2] == "13 more not verified"


def test_a_pass_has_no_annotation() -> None:
    assert github.render(Report((wheel(X86_64),))) == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_within_its_own_annotation(text: str) -> None:
    ((name, properties, message),) = commands(Report(findings=(finding(text, text, text, name=text),)))
    assert name == "error"
    assert properties == {"file": safe(text), "title": safe(f"WC301 {text}")}
    assert message == safe(f"{text}: {text}")


def test_a_real_report_is_nothing_but_annotations(tmp_path: Path) -> None:
    report = real(tmp_path)
    assert len(commands(report)) == sum(min(report.count(level), 10) for level in ("error", "warning", "note"))


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (11, 9)])
def test_github_drops_more_than_ten_of_a_level_so_the_tenth_counts_the_rest(count: int, shown: int) -> None:
    said = commands(Report(findings=(*many(count, "error"), *many(1, "warning"))))
    assert [message for _, _, message in said].count("member-000000: x 0") == 2
    assert len(said) == 11
    rest = [message for _, properties, message in said if properties == {"title": "wheelcheck"}]
    assert rest == ([f"{count - shown} more errors"] if count > shown else [])


# --- summary ---


def test_the_summary_lists_what_is_ignored_with_its_reason() -> None:
    report = Report((wheel(X86_64),), ignored=((finding("a.whl", "x", "found y"), "upstream's bug"),))
    lines = html.unescape(github.summary(report)).splitlines()
    assert lines[-1] == "| WC301 | a.whl x: found y | upstream's bug |"


def test_a_summary_of_endless_texts_gaps_and_wheels_stays_below_githubs_limit() -> None:
    wheels = tuple(wheel(f"cp3{minor}-cp3{minor}-other_{minor}_x") for minor in range(400))
    gaps = tuple(Gap("a.whl", ":" * 3_000, ":" * 3_000) for _ in range(200))
    summary = github.summary(Report(wheels, many(3, "error", message=":" * 3_000), gaps))
    assert len(summary.encode()) < 2**20
    assert "The grid of this release is too large to be shown." in summary
    assert re.search(r"… and \d+ more not verified\n$", summary)
    assert summary.count("| WC301 |") > 0


def test_the_summary_has_verdict_grid_gaps_and_findings() -> None:
    lines = html.unescape(github.summary(every_mark())).splitlines()
    assert lines[0] == "## wheelcheck: FAIL"
    assert lines[2].startswith("6 artifacts, ")
    assert lines[2].endswith("3 errors, 1 warning, 0 notes, 1 not verified")
    assert "|  | Linux x86_64 | Linux aarch64 | macOS arm64 | Windows amd64 | Windows win32 |" in lines
    assert "| cp311-cp311 | ✅ | ❌ | ⚠️ | ❔ | 🟦 |" in lines
    assert "| cp312-cp312 | ⭕ |  |  |  |  |" in lines
    assert "| sdist | ✅ |  |  |  |  |" in lines
    assert any(line.startswith("- **not verified** demo-1.0-cp311-cp311-win_amd64.whl demo/y.so: ") for line in lines)
    assert "### the release" in lines
    assert "| ⚠️ warning | WC306 | demo/y.so: found a risk |" in lines


def test_one_sound_wheel_needs_no_grid_in_its_summary() -> None:
    summary = github.summary(Report((wheel(X86_64),)))
    assert summary.startswith("## wheelcheck: PASS\n")
    assert "|" not in summary


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_hostile_text_as_it_is(text: str) -> None:
    escaped = github.escaped(text)
    assert html.unescape(escaped) == safe(text)
    assert not set("<>`*_|[]()~\\\n\r.:@") & set(escaped)
    assert re.sub(r"&#\d+;", "", escaped).count("&") == 0


def test_every_hostile_finding_is_one_row_of_a_table() -> None:
    report = hostile()
    rows = [line for line in github.summary(report).split("\n") if "| WC301 |" in line]
    assert len(rows) == len(report.findings) + len(report.ignored)
    assert {row.count("|") for row in rows} == {4}


def test_a_summary_stays_below_githubs_limit_and_counts_the_rest() -> None:
    report = Report(findings=many(10_000, "error", message="long " * 40))
    summary = github.summary(report)
    assert len(summary.encode()) < 2**20
    shown = summary.count("| WC301 |")
    assert 1_000 < shown < 10_000
    assert summary.endswith(f"\n\n… and {10_000 - shown} more errors\n")
