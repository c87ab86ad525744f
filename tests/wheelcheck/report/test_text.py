from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from tests.support.artifacts import X86_64, elf, member, wheel
from tests.support.reports import finding, hostile, many
from wheelcheck.binary.model import VersionNeed
from wheelcheck.report import text
from wheelcheck.report.wording import LONGEST
from wheelcheck.results import Gap, Report, Run, Skip

INDENT = " " * 15
DEMO = wheel(X86_64, member("demo/tool", elf("x86_64")), member("demo/data"))


def shown(report: Report, *, verbosity: int = 0, width: int = 80, **colour: bool) -> str:
    file = StringIO()
    text.render(report, Console(file=file, width=width, highlight=False, **colour), verbosity=verbosity)  # type: ignore[arg-type]
    return file.getvalue()


def test_each_finding_is_followed_by_its_artifact_and_each_rule_by_its_remedy() -> None:
    report = Report((DEMO,), (finding("a.whl", "x", "found a"), finding("b.whl", "y", "found b", code="WC302")))
    lines = shown(report).splitlines()
    start = lines.index("error   WC301  x: found a")
    assert lines[start + 1] == f"{INDENT}in a.whl"
    assert lines[start + 2].startswith(f"{INDENT}fix: build for the tag's CPU")
    assert lines[lines.index("error   WC302  y: found b") + 1] == f"{INDENT}in b.whl"


def test_one_cause_in_several_wheels_is_told_once_by_what_distinguishes_them() -> None:
    tags = [f"cp3{minor}-cp3{minor}-win_amd64" for minor in range(10, 15)]
    names = [f"demo-1.0-{tag}.whl" for tag in tags]
    artifacts = tuple(wheel(tag, member("demo/data")) for tag in tags)
    lines = shown(Report(artifacts, tuple(finding(name, "x", "found a") for name in names)), width=200).splitlines()
    assert [line for line in lines if "found a" in line] == ["error   WC301  x: found a"]
    assert f"{INDENT}in 5 files: {', '.join(tags[:3])} and 2 more" in lines


def test_the_worst_comes_first_whatever_artifact_it_is_in() -> None:
    findings = (
        finding("a.whl", "x", severity="note"),
        finding("b.whl", "y"),
        finding("a.whl", "z", severity="warning"),
    )
    lines = shown(Report((DEMO,), findings)).splitlines()
    assert [line.split()[0] for line in lines if "WC301" in line] == ["error", "warning", "note"]


def test_a_finding_about_no_file_is_in_the_release() -> None:
    lines = shown(Report((DEMO,), (finding("", "", "found none"),))).splitlines()
    assert lines[lines.index("error   WC301  found none") + 1] == f"{INDENT}in the release"


def test_the_first_line_says_which_configuration_held() -> None:
    assert shown(Report((DEMO,), run=Run("demo/pyproject.toml"))).startswith("configuration: demo/pyproject.toml\n")
    assert shown(Report((DEMO,))).startswith("configuration: none")


def test_a_verbose_report_draws_floors_and_names_the_largest_files() -> None:
    needing = member("demo/_core.so", elf("x86_64", "library", versions=(VersionNeed("libc.so.6", "GLIBC_2.17"),)))
    lines = shown(Report((wheel("cp312-cp312-manylinux_2_28_x86_64", needing),)), verbosity=1, width=200)
    assert "2.17/2.28  o----------------------|  x86_64  demo/_core.so" in lines
    assert "largest    4.1 kB  demo/_core.so" in lines


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (Report(), "COULD NOT VERIFY  nothing was checked"),
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


def test_rules_with_nothing_to_judge_are_counted_and_a_verbose_report_lists_them_by_reason() -> None:
    skips = (Skip("WC602", "no sdist"), Skip("WC310", "no payload"), Skip("WC601", "no sdist"))
    report = Report((DEMO,), rules=("WC301",), skips=skips)
    assert shown(report).splitlines()[-2] == (
        "1 of 4 rules ran; the other 3 had nothing to judge or were not selected (-v lists them)"
    )
    assert [line for line in shown(report, verbosity=1).splitlines() if line.startswith("not judged")] == [
        "not judged by WC310: no payload",
        "not judged by WC601, WC602: no sdist",
    ]


def test_an_artifact_that_a_rule_could_not_judge_is_always_named() -> None:
    report = Report((DEMO,), rules=("WC410",), skips=(Skip("WC410", "no policy for vax", "a.whl"),))
    assert "not judged by WC410: no policy for vax" in shown(report)


def test_nothing_is_said_about_rules_where_nothing_was_examined() -> None:
    output = shown(Report(gaps=(Gap("nope", "", "no such file"),), skips=(Skip("WC602", "no sdist"),)))
    assert "WC602" not in output
    assert "rules ran" not in output


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
    quiet = shown(Report((DEMO,), ignored=ignored), verbosity=-1).splitlines()
    assert len(quiet) == 1
    assert quiet[0].endswith("4 ignored")


def test_quiet_keeps_errors_gaps_and_verdict() -> None:
    findings = (finding("a.whl", "x"), finding("a.whl", "y", severity="note"), finding("b.whl", severity="warning"))
    report = Report((DEMO,), findings, (Gap("a", "b", "c"),), skips=(Skip("WC1", "x"),))
    starts = [line.split()[0] for line in shown(report, verbosity=-1).splitlines() if line]
    assert starts == ["error", "in", "fix:", "not", "FAIL"]


@pytest.mark.parametrize(
    ("count", "more"), [(text.SHOWN, []), (text.SHOWN + 7, ["… and 7 more errors; --report json=FILE lists them all"])]
)
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
