"""Findings of one cause are one line in every report for people, and each its own entry in those for programs."""

from __future__ import annotations

import html as markup
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from tests.support.artifacts import X86_64, wheel
from tests.support.reports import finding
from wheelcheck import report as reports
from wheelcheck.report import github
from wheelcheck.report import text as text_report
from wheelcheck.report.selection import Group, grouped, rest, select
from wheelcheck.results import Report
from wheelcheck.rules import Finding, SeverityChange

DEMO = wheel(X86_64)
FILES = ("demo/a.so", "demo/b.so", "demo/c.so", "demo/d.so", "demo/e.so", "demo/f.so")
SIX = tuple(finding(DEMO.file, path, "found aarch64, expected x86_64") for path in FILES)
ODD = finding(DEMO.file, "demo/odd.so", "found s390x, expected x86_64")
CHANGED = SeverityChange("error", "the launcher checks the CPU")
FOLDED = "6 files (demo/a.so, demo/b.so, demo/c.so and 3 more): found aarch64, expected x86_64"
LOWERED = tuple(replace(found, severity="warning", severity_change=CHANGED) for found in SIX)


def rendered(form: str, *findings: Finding, ignored: tuple[tuple[Finding, str], ...] = ()) -> str:
    report = Report((DEMO,), findings, rules=("WC301",), ignored=ignored)
    text = github.summary(report) if form == "summary" else reports.render(report, form)
    text = text.replace("<wbr>", "")
    return markup.unescape(text) if form in ("summary", "html", "junit") else text


def groups(*findings: Finding) -> list[tuple[str, str, str]]:
    return [(group.where, group.names, group.message) for group in grouped(findings)]


@pytest.mark.parametrize(
    ("count", "where", "names"),
    [
        (1, "demo/a.so", ""),
        (2, "2 files", "demo/a.so and demo/b.so"),
        (3, "3 files", "demo/a.so, demo/b.so and demo/c.so"),
        (4, "4 files", "demo/a.so, demo/b.so, demo/c.so and 1 more"),
        (6, "6 files", "demo/a.so, demo/b.so, demo/c.so and 3 more"),
    ],
)
def test_the_first_three_files_are_named_and_the_rest_is_counted(count: int, where: str, names: str) -> None:
    assert groups(*SIX[:count]) == [(where, names, "found aarch64, expected x86_64")]


@pytest.mark.parametrize(
    "other",
    [
        ODD,
        replace(SIX[1], code="WC308"),
        replace(SIX[1], severity="warning"),
        replace(SIX[1], artifact="other.whl"),
        replace(SIX[1], severity_change=CHANGED),
    ],
)
def test_another_message_rule_severity_file_or_change_is_another_fact(other: Finding) -> None:
    assert len(groups(SIX[0], other, SIX[2])) == 2


def test_messages_that_differ_in_a_detail_are_one_fact_where_the_rule_names_the_cause() -> None:
    sized = [
        finding(DEMO.file, path, f"found a library of {size} bytes", cause="found libraries")
        for size, path in enumerate(FILES)
    ]
    assert groups(*sized[:2]) == [("2 files", "demo/a.so and demo/b.so", "found libraries")]
    assert groups(sized[0]) == [("demo/a.so", "", "found a library of 0 bytes")]


def test_two_findings_in_one_file_with_one_cause_name_it_once() -> None:
    twice = [finding(DEMO.file, "demo/a.so", f"found {x}", cause="found") for x in "ab"]
    assert groups(*twice) == [("demo/a.so", "", "found")]


def test_a_group_has_the_place_of_its_first_finding() -> None:
    assert [group.first.path for group in grouped((SIX[0], ODD, SIX[1]))] == ["demo/a.so", "demo/odd.so"]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("text", "\nerror   WC301  6 files: found aarch64, expected x86_64\n"),
        ("text", f"\n{' ' * 15}demo/a.so, demo/b.so, demo/c.so and 3 more\n"),
        ("github", f"::{FOLDED}\n"),
        ("summary", f"| ❌ error | WC301 | {FOLDED} |\n"),
        ("junit", f'message="{FOLDED}">{FOLDED}\n'),
        ("html", "<summary>demo/a.so, demo/b.so, demo/c.so and 3 more</summary>"),
    ],
)
def test_every_report_for_people_tells_one_fact_once(form: str, line: str) -> None:
    text = rendered(form, *SIX, ODD)
    assert text.count(line) == 1
    assert text.count("found aarch64, expected x86_64") == (2 if form == "junit" else 1)
    assert "demo/odd.so" in text


def test_the_page_lists_every_file_behind_the_fold() -> None:
    page = rendered("html", *SIX)
    folded = page[page.index("<details") : page.index("</details>")]
    assert re.findall("<li><code>([^<]*)</code></li>", folded) == list(FILES)


def test_the_page_folds_no_list_that_names_every_file() -> None:
    page = rendered("html", *SIX[:3])
    assert "<summary>demo/" not in page
    assert re.findall("<li><code>([^<]*)</code></li>", page) == list(FILES[:3])


def test_in_a_terminal_the_lines_below_the_first_are_indented_and_in_a_log_there_is_one() -> None:
    report = Report(
        (DEMO,), (*SIX, finding(DEMO.file, "demo/" + "long/" * 30, "found" + " words" * 30)), rules=("WC301",)
    )
    for width, is_terminal in ((80, True), (120, True), (80, False), (50, True)):
        console = Console(file=StringIO(), width=width, force_terminal=is_terminal, color_system=None, highlight=False)
        with console.capture() as captured:
            text_report.render(report, console)
        lines = captured.get().splitlines()
        start = next(at for at, line in enumerate(lines) if "WC301  demo/" in line)
        assert (len(lines[start]) < width) is (is_terminal and width > 50)
        assert lines[start + 1].lstrip().startswith("in demo") is not (is_terminal and width > 50)
        assert [line for line in lines[start:] if line != line.rstrip()] == []


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_reports_for_programs_keep_each_place(form: str) -> None:
    text = rendered(form, *SIX, ODD)
    document = json.loads(text)
    listed = document["findings"] if form == "json" else document["runs"][0]["results"]
    assert len(listed) == 7


@pytest.mark.parametrize("form", ["github", "summary", "junit", "html"])
def test_ignored_findings_of_one_cause_and_reason_are_one_line(form: str) -> None:
    text = rendered(form, ignored=tuple((found, "for the device") for found in SIX))
    assert text.count(FOLDED) == 1
    assert text.count("for the device") == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("text", "6 files: found aarch64, expected x86_64 (lowered from error)"),
        ("text", "lowered 6 from error to warning (WC301): the launcher checks the CPU"),
        ("github", "(lowered from error: the launcher checks the CPU)"),
        ("summary", "(lowered from error: the launcher checks the CPU)"),
        ("junit", "warning: 6 files (demo/a.so, demo/b.so, demo/c.so and 3 more): found aarch64, expected x86_64 (low"),
        ("html", "lowered from error: the launcher checks the CPU"),
    ],
)
def test_every_report_for_people_says_why_a_severity_was_changed(form: str, said: str) -> None:
    assert rendered(form, *LOWERED).count(said) == 1


def test_a_lowered_error_is_not_a_failure_in_junit_and_a_raised_warning_is_one() -> None:
    raised = replace(ODD, severity_change=SeverityChange("warning", "strict"))
    for found, failures in ((LOWERED[0], "0"), (raised, "1")):
        root = ET.fromstring(rendered("junit", found))  # noqa: S314  # our own output
        assert root.get("failures") == failures


@pytest.mark.parametrize(
    ("severity", "before", "how"),
    [
        ("note", "error", "lowered from error"),
        ("error", "note", "raised from note"),
        ("error", "error", "kept at error"),
    ],
)
def test_a_change_says_in_which_direction_it_went(severity: str, before: str, how: str) -> None:
    changed = finding(severity=severity, severity_change=SeverityChange(before, "x"))  # type: ignore[arg-type]  # a severity
    assert Group((changed,)).change == how


def test_a_group_that_is_left_out_counts_all_its_findings() -> None:
    chosen = select(grouped((*SIX, ODD)), 1)
    assert rest(chosen.omitted) == "1 more error"
    assert rest(select(grouped((*SIX, ODD)), 0).omitted) == "7 more errors"


@pytest.mark.parametrize("form", ["text", "github", "summary", "junit", "html"])
def test_an_endless_name_hides_nothing_that_was_found(form: str) -> None:
    assert "found a fault" in rendered(form, finding(DEMO.file, "x" * 10_000, "found a fault"))
