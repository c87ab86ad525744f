"""The report for people: the release grid, findings grouped by artifact, what was examined, the verdict."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from wheelcheck.report import grid
from wheelcheck.report.grid import MEANINGS
from wheelcheck.report.wording import VERDICTS, counts, examined, safe, shown

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from wheelcheck.engine import Gap, Report
    from wheelcheck.report.grid import Cell, Column, Grid, Mark
    from wheelcheck.rules import Finding


# The release grid for terminals: a table where it fits, a line a row of the grid where it does not.

_SYMBOLS: dict[Mark, str] = {"pass": "✔", "warn": "▲", "unverified": "?", "extra": "+", "missing": "○", "fail": "✘"}
_ASCII: dict[Mark, str] = {"pass": "ok", "warn": "!", "unverified": "?", "extra": "+", "missing": "-", "fail": "X"}
_CELL_STYLES: dict[Mark, str] = {
    "pass": "green",
    "warn": "yellow",
    "unverified": "magenta",
    "extra": "cyan",
    "missing": "bold red",
    "fail": "bold red",
}
_UNBOUNDED = 10**6  # columns; what is measured within the terminal's width never exceeds it


def draw(grid: Grid, console: Console) -> None:
    """Print the grid and what its marks mean."""
    symbols = _ASCII if console.options.ascii_only else _SYMBOLS
    table = _table(grid, symbols)
    if Measurement.get(console, console.options.update(width=_UNBOUNDED), table).minimum <= console.width:
        console.print(table)
    else:
        for line in _lines(grid, symbols):
            console.print(line, soft_wrap=True)
    legend = [slice_ for mark in grid.marks for slice_ in (_mark(mark, symbols), f" {MEANINGS[mark]}   ")]
    console.print(Text.assemble(*legend))
    console.print()


def _table(grid: Grid, symbols: dict[Mark, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("")
    for column in grid.columns:
        table.add_column(Text(_heading(column)), justify="center", no_wrap=True)
    for row in grid.rows:
        table.add_row(Text(safe(row.label), no_wrap=True), *(_drawn(cell, symbols) for cell in row.cells))
    for label, cell in grid.whole:
        table.add_row(Text(label, no_wrap=True), _drawn(cell, symbols))
    return table


def _heading(column: Column) -> str:
    return "\n".join((column.system, safe(column.cpu), ", ".join(column.floors)))


def _lines(grid: Grid, symbols: dict[Mark, str]) -> list[Text]:
    lines = []
    for row in grid.rows:
        line = Text(safe(row.label), "bold")
        filled = [(column, cell) for column, cell in zip(grid.columns, row.cells, strict=True) if cell]
        for system, group in groupby(filled, key=lambda pair: pair[0].system):
            line.append_text(_system(system, list(group), symbols))
        lines.append(line)
    whole = [Text.assemble((label, "bold"), "  ", _mark(cell.mark, symbols)) for label, cell in grid.whole]
    return lines + whole


def _system(system: str, cells: list[tuple[Column, Cell]], symbols: dict[Mark, str]) -> Text:
    """Return the cells of one system, its name once."""
    slices = [slice_ for column, cell in cells for slice_ in (" ", _mark(cell.mark, symbols), f" {safe(column.cpu)}")]
    return Text.assemble(f"  {system}:", *slices, style="not bold")


def _drawn(cell: Cell | None, symbols: dict[Mark, str]) -> RenderableType:
    return Text.assemble(_mark(cell.mark, symbols)) if cell else ""


def _mark(mark: Mark, symbols: dict[Mark, str]) -> tuple[str, str]:
    return symbols[mark], _CELL_STYLES[mark]


SHOWN = 200  # findings an artifact, and gaps; the rest is counted
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan", "pass": "bold green", "fail": "bold red"}


def render(report: Report, console: Console, *, quiet: bool = False) -> None:
    """Print the report. Colour and width are the console's affair; `quiet` leaves out what is no error."""
    if not quiet and grid.is_worth_showing(report):
        draw(grid.build(report), console)
    for artifact, group in groupby(report.findings, key=lambda finding: finding.artifact):
        findings = [finding for finding in group if finding.severity == "error" or not quiet]
        if findings:
            _print_group(artifact, findings, console)
    _print_gaps(report.gaps, console)
    if not quiet:
        for why, skips in groupby(
            sorted(report.skips, key=lambda skip: (skip.why, skip.code)), key=lambda skip: skip.why
        ):
            codes = ", ".join(dict.fromkeys(skip.code for skip in skips))
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
        console.print(Text(f"  how to fix it: wheelcheck explain {codes.split(', ')[0]}", style="dim"), soft_wrap=True)
    console.print()


def _summary(report: Report) -> Text:
    verdict = (VERDICTS[report.verdict], _STYLES.get(report.verdict, "bold magenta"))
    return Text.assemble(verdict, f"  {examined(report)}: {counts(report)}")
