"""The report for people: the release grid, findings grouped by artifact, what was examined, the verdict."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from wheelcheck.report import grid, text_grid
from wheelcheck.report.safe import safe, shown
from wheelcheck.report.summary import VERDICTS, counts, examined

if TYPE_CHECKING:
    from rich.console import Console

    from wheelcheck.engine import Gap, Report
    from wheelcheck.rule import Finding

SHOWN = 200  # findings an artifact, and gaps; the rest is counted
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan", "pass": "bold green", "fail": "bold red"}


def render(report: Report, console: Console, *, quiet: bool = False) -> None:
    """Print the report. Colour and width are the console's affair; `quiet` leaves out what is no error."""
    if not quiet and grid.is_worth_showing(report):
        text_grid.draw(grid.build(report), console)
    for artifact, group in groupby(report.findings, key=lambda finding: finding.artifact):
        findings = [finding for finding in group if finding.severity == "error" or not quiet]
        if findings:
            _print_group(artifact, findings, console)
    _print_gaps(report.gaps, console)
    if not quiet:
        for why, skips in groupby(
            sorted(report.skips, key=lambda skip: (skip.why, skip.code)), key=lambda skip: skip.why
        ):
            codes = ", ".join(skip.code for skip in skips)
            console.print(Text(f"skipped {codes}: {why}", style="dim"), soft_wrap=True)
        _print_ignored(report.ignored, console)
    console.print(_summary(report), soft_wrap=True)


def _print_gaps(gaps: tuple[Gap, ...], console: Console) -> None:
    for gap in gaps[:SHOWN]:
        where = " ".join(filter(None, (gap.artifact, gap.path)))
        text = shown(f"{where}: {gap.why}" if where else gap.why)
        console.print(Text.assemble(("not verified ", "bold magenta"), text), soft_wrap=True)
    if len(gaps) > SHOWN:
        console.print(f"  … and {len(gaps) - SHOWN} more not verified")


def _print_ignored(ignored: tuple[tuple[Finding, str], ...], console: Console) -> None:
    """Print a line for each reason that findings are lived with, the codes in order."""
    for why, group in groupby(sorted(ignored, key=lambda pair: pair[1]), key=lambda pair: pair[1]):
        codes = [finding.code for finding, _ in group]
        line = f"ignored {len(codes)} ({', '.join(sorted(set(codes)))}): {shown(why)}"
        console.print(Text(line, style="dim"), soft_wrap=True)


def _print_group(artifact: str, findings: list[Finding], console: Console) -> None:
    console.print(Text(safe(artifact) or "the release", style="bold"), soft_wrap=True)
    for finding in findings[:SHOWN]:
        where = f"{shown(finding.path)}: " if finding.path else ""
        severity = (f"{finding.severity:<7}", _STYLES[finding.severity])
        console.print(
            Text.assemble("  ", severity, f" {finding.code}  ", (where, "bold"), shown(finding.message)),
            soft_wrap=True,
        )
    if len(findings) > SHOWN:
        console.print(f"  … and {len(findings) - SHOWN} more")
    codes = ", ".join(sorted({finding.code for finding in findings if finding.severity == "error"}))
    if codes:
        console.print(Text(f"  how to mend it: wheelcheck explain {codes.split(', ')[0]}", style="dim"), soft_wrap=True)
    console.print()


def _summary(report: Report) -> Text:
    verdict = (VERDICTS[report.verdict], _STYLES.get(report.verdict, "bold magenta"))
    return Text.assemble(verdict, f"  {examined(report)}: {counts(report)}")
