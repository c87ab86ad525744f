from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from tests.support.artifacts import X86_64, elf, member, wheel
from tests.support.reports import finding, hostile, many
from wheelcheck.engine import Gap, Report, Skip
from wheelcheck.report import text
from wheelcheck.report.wording import LONGEST

DEMO = wheel(X86_64, member("demo/tool", elf("x86_64")), member("demo/data"))


def shown(report: Report, *, quiet: bool = False, width: int = 80, **colour: bool) -> str:
    file = StringIO()
    text.render(report, Console(file=file, width=width, highlight=False, **colour), quiet=quiet)  # type: ignore[arg-type]
    return file.getvalue()


def test_findings_are_listed_below_their_artifact_with_how_to_fix_them() -> None:
    report = Report((DEMO,), (finding("a.whl", "x", "found a"), finding("b.whl", "y", "found b", code="WC302")))
    lines = shown(report).splitlines()
    expected = ["a.whl", "  error   WC301  x: found a", "  how to fix it: wheelcheck explain WC301", ""]
    assert lines[lines.index("a.whl") :][:4] == expected
    assert lines[lines.index("b.whl") :][1:3] == [
        "  error   WC302  y: found b",
        "  how to fix it: wheelcheck explain WC302",
    ]


def test_a_finding_about_no_file_is_listed_under_the_release() -> None:
    lines = shown(Report((DEMO,), (finding("", "", "found none"),))).splitlines()
    assert lines[lines.index("the release") + 1] == "  error   WC301  found none"


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (Report(), "COULD NOT VERIFY  0 artifacts"),
        (Report((DEMO,)), "PASS  1 artifact"),
        (Report((DEMO,), (finding(),)), "FAIL  1 artifact"),
        (Report((DEMO,), (), (Gap("a", "b", "c"),)), "COULD NOT VERIFY  1 artifact"),
    ],
)
def test_the_last_line_is_the_verdict_and_what_was_examined(report: Report, verdict: str) -> None:
    assert shown(report).splitlines()[-1].startswith(verdict)


@pytest.mark.parametrize(
    ("gap", "line"),
    [
        (Gap("a.whl", "x/y", "a limit"), "not verified a.whl x/y: a limit"),
        (Gap("a.whl", "", "a limit"), "not verified a.whl: a limit"),
        (Gap("", "", "nothing is given"), "not verified nothing is given"),
    ],
)
def test_a_gap_says_where_and_why(gap: Gap, line: str) -> None:
    assert line in shown(Report((DEMO,), (), (gap,))).splitlines()


def test_skipped_rules_are_listed_once_for_each_reason() -> None:
    skips = (Skip("WC602", "no sdist"), Skip("WC310", "no payload"), Skip("WC601", "no sdist"))
    lines = shown(Report((DEMO,), skips=skips)).splitlines()
    assert [line for line in lines if line.startswith("skipped")] == [
        "skipped WC310: no payload",
        "skipped WC601, WC602: no sdist",
    ]


def test_ignored_findings_are_counted_once_for_each_reason() -> None:
    ignored = (
        (finding("a.whl", "x"), "a cross compiler"),
        (finding("a.whl", "y", code="WC302"), "upstream's bug"),
        (finding("b.whl", "z", code="WC308"), "a cross compiler"),
        (finding("b.whl", "w"), "a cross compiler"),
    )
    output = shown(Report((DEMO,), ignored=ignored))
    lines = [line for line in output.splitlines() if line.startswith("ignored")]
    assert lines == ["ignored 3 (WC301, WC308): a cross compiler", "ignored 1 (WC302): upstream's bug"]
    quiet = shown(Report((DEMO,), ignored=ignored), quiet=True).splitlines()
    assert len(quiet) == 1
    assert quiet[0].endswith("4 ignored")


def test_quiet_keeps_errors_gaps_and_verdict() -> None:
    findings = (finding("a.whl", "x"), finding("a.whl", "y", severity="note"), finding("b.whl", severity="warning"))
    report = Report((DEMO,), findings, (Gap("a", "b", "c"),), skips=(Skip("WC1", "x"),))
    starts = [line.split()[0] for line in shown(report, quiet=True).splitlines() if line]
    assert starts == ["a.whl", "error", "how", "not", "FAIL"]


@pytest.mark.parametrize(("count", "more"), [(text.SHOWN, []), (text.SHOWN + 7, ["  … and 7 more errors"])])
def test_a_flood_of_findings_is_counted_and_errors_come_first(count: int, more: list[str]) -> None:
    lines = shown(Report((DEMO,), many(count, "error"))).splitlines()
    assert len([line for line in lines if "WC301  member" in line]) == text.SHOWN
    assert [line for line in lines if "… and" in line] == more


def test_a_flood_of_gaps_is_counted() -> None:
    gaps = tuple(Gap("a.whl", f"{number}", "a limit") for number in range(text.SHOWN + 3))
    lines = shown(Report((DEMO,), (), gaps)).splitlines()
    assert len([line for line in lines if line.startswith("not verified")]) == text.SHOWN
    assert "  … and 3 more not verified" in lines


@pytest.mark.parametrize(
    ("length", "end"), [(LONGEST, "x"), (LONGEST + 5, "x… and 5 more characters"), (10**7, "more characters")]
)
def test_one_endless_text_is_cut(length: int, end: str) -> None:
    (line,) = (line for line in shown(Report((DEMO,), (finding("a", "", "x" * length),))).splitlines() if "xx" in line)
    assert line.endswith(end)
    assert len(line) < LONGEST + 60


@pytest.mark.parametrize("width", [20, 80, 1_000])
def test_nothing_hostile_is_printed_raw_at_any_width(width: int) -> None:
    output = shown(hostile(), width=width)
    assert {char for char in output if not char.isprintable()} == {"\n"}
    assert [line for line in output.splitlines() if line.lstrip().startswith("::") or "##[" in line] == []


def test_the_console_decides_about_colour() -> None:
    report = Report((DEMO,), (finding("a.whl", "x"),))
    assert "\x1b[" not in shown(report)
    assert "\x1b[1;31merror" in shown(report, force_terminal=True)
