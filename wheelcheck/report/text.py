"""The report for people: configuration, release grid, findings with their remedy, what was not examined, the verdict.

One fault is told once, with the artifacts that have it. The grid is a table where that fits into the terminal, and one
line per row of the grid where it does not. Encodings without Unicode get ASCII marks.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from wheelcheck.report import fixes, grid, measures
from wheelcheck.report.selection import Names, grouped_across, more, select
from wheelcheck.report.wording import (
    SEVERITIES,
    VERDICTS,
    configured,
    counts,
    examined,
    page,
    ran,
    safe,
    severity_change,
    shown,
)
from wheelcheck.rules.catalogue import find, impact_rank

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType

    from wheelcheck.engine import Gap, Report
    from wheelcheck.report.grid import Cell, Column, Grid, Mark
    from wheelcheck.report.selection import Group, Ignored
    from wheelcheck.rules import Finding

_ROOM = 40  # columns for what a finding says, at least, if its lines are indented
_INDENT = 15  # columns of severity and code
_CODES = 8  # rules that one line names before it counts them
SHOWN = 200  # findings of one cause each, and gaps; the rest is counted
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_VERDICT_STYLES = {"pass": "bold green", "fail": "bold red", "unverified": "bold magenta"}
_SYMBOLS: dict[Mark, str] = {"pass": "✔", "warn": "▲", "unverified": "?", "extra": "+", "missing": "○", "fail": "✘"}
_ASCII: dict[Mark, str] = {"pass": "ok", "warn": "!", "unverified": "?", "extra": "+", "missing": "-", "fail": "X"}
_MARK_STYLES: dict[Mark, str] = {
    "pass": "green",
    "warn": "yellow",
    "unverified": "magenta",
    "extra": "cyan",
    "missing": "bold red",
    "fail": "bold red",
}
_UNBOUNDED = 10**6  # columns; what is measured within the terminal's width never exceeds it


def render(report: Report, console: Console, *, verbosity: int = 0) -> None:
    """Print the report in the console's colours and width.

    With a `verbosity` below 0 only errors, gaps and the verdict; above 0 also every floor, the largest files, and the
    rules that had nothing to judge.
    """
    if not report.artifacts and not report.findings:
        _print_gaps(report.gaps, console)
        _print(console, Text(f"{VERDICTS[report.verdict]}  nothing was checked", _VERDICT_STYLES[report.verdict]))
        return
    if verbosity >= 0:
        _print(console, Text(configured(report), style="dim"))
        console.print()
        if grid.is_worth_showing(report):
            _print_grid(grid.build(report), console)
    _print_findings(report, console, errors_only=verbosity < 0)
    _print_gaps(report.gaps, console)
    if verbosity >= 0:
        _print_rest(report, console, verbose=verbosity > 0)
    verdict = (VERDICTS[report.verdict], _VERDICT_STYLES[report.verdict])
    _print(console, Text.assemble(verdict, f"  {examined(report)}: {counts(report)}"))


def _print_rest(report: Report, console: Console, *, verbose: bool) -> None:
    """Print what is worth knowing beside the findings, a line or a block each."""
    lines = (*measures.floor_lines(report), *measures.size_lines(report)) if verbose else measures.tight_lines(report)
    for line in lines:
        _print(console, line)
    _print_skips(report, console, verbose=verbose)
    _print_ignored(report.ignored, console)
    _print_changes(report.findings, console)
    if fixable := fixes.hint(report):
        _print(console, Text(fixable, style="bold"))


def _print(console: Console, line: Text) -> None:
    """Print one line, however long: a terminal wraps it, and a log keeps it whole."""
    console.print(line, soft_wrap=True)


# --- the grid ---


def _print_grid(table: Grid, console: Console) -> None:
    symbols = _ASCII if console.options.ascii_only else _SYMBOLS
    drawn = _table(table, symbols)
    if Measurement.get(console, console.options.update(width=_UNBOUNDED), drawn).minimum <= console.width:
        console.print(drawn)
    else:
        for line in _lines(table, symbols):
            _print(console, line)
    legend = [part for mark in table.marks for part in (_marked(mark, symbols), f" {grid.MEANINGS[mark]}   ")]
    console.print(Text.assemble(*legend))
    console.print()


def _table(table: Grid, symbols: dict[Mark, str]) -> Table:
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    drawn.add_column("")
    for column in table.columns:
        drawn.add_column(Text(_heading(column)), justify="center", no_wrap=True)
    for row in table.rows:
        drawn.add_row(Text(safe(row.label), no_wrap=True), *(_drawn(cell, symbols) for cell in row.cells))
    for label, cell in table.whole:
        drawn.add_row(Text(label, no_wrap=True), _drawn(cell, symbols))
    return drawn


def _heading(column: Column) -> str:
    return "\n".join((column.system, safe(column.cpu), ", ".join(column.floors)))


def _drawn(cell: Cell | None, symbols: dict[Mark, str]) -> RenderableType:
    return Text.assemble(_marked(cell.mark, symbols)) if cell else ""


def _lines(table: Grid, symbols: dict[Mark, str]) -> list[Text]:
    """Return the grid as lines, such as "cp311-cp311  Linux: ✔ x86_64 ✘ aarch64  macOS: ▲ arm64"."""
    lines = []
    for row in table.rows:
        line = Text(safe(row.label), "bold")
        filled = [(column, cell) for column, cell in zip(table.columns, row.cells, strict=True) if cell]
        for system, group in groupby(filled, key=lambda pair: pair[0].system):
            line.append_text(_system(system, list(group), symbols))
        lines.append(line)
    whole = [Text.assemble((label, "bold"), "  ", _marked(cell.mark, symbols)) for label, cell in table.whole]
    return lines + whole


def _system(system: str, cells: list[tuple[Column, Cell]], symbols: dict[Mark, str]) -> Text:
    """Return the cells of one system behind its name."""
    parts = [part for column, cell in cells for part in (" ", _marked(cell.mark, symbols), f" {safe(column.cpu)}")]
    return Text.assemble(f"  {system}:", *parts, style="not bold")


def _marked(mark: Mark, symbols: dict[Mark, str]) -> tuple[str, str]:
    return symbols[mark], _MARK_STYLES[mark]


# --- the lists ---


def _print_findings(report: Report, console: Console, *, errors_only: bool) -> None:
    """Print what was found, the worst first, and behind the last finding of each rule how to fix it."""
    findings = [finding for finding in report.findings if finding.severity == "error" or not errors_only]
    chosen = select(sorted(grouped_across(findings), key=_order), SHOWN)
    names = Names.of(artifact.file for artifact in report.artifacts)
    for _, groups in groupby(chosen.listed, key=_order):
        _print_rule(list(groups), names, console)
        console.print()
    for line in more(chosen.omitted):
        _print(console, Text(f"{line}; --report json=FILE lists them all"))


def _order(group: Group) -> tuple[int, int, str]:
    """Return the place of a finding: the worst severity first, and of these what stops most users."""
    return SEVERITIES.index(group.first.severity), impact_rank(group.first.code), group.first.code


def _print_rule(groups: list[Group], names: Names, console: Console) -> None:
    for group in groups:
        head, *lines = _told(group, names, console)
        _print_indented(console, *head)
        for line in lines:
            _print_indented(console, *line)
    rule = find(groups[0].first.code)
    if rule and rule.remedy:
        _print_indented(console, Text(" " * _INDENT), Text(f"fix: {rule.remedy}", style="dim"))


def _told(group: Group, names: Names, console: Console) -> Iterator[tuple[Text, Text]]:
    """Yield the lines of a group, each as its head and its words: what was found, the files, the artifacts."""
    found = group.first
    link = f" link {page(found.code)}" if console.is_terminal else ""
    severity = (f"{found.severity:<7}", _STYLES[found.severity])
    where = f"{shown(group.where)}: " if group.where else ""
    change = f" ({group.change})" if group.change else ""
    yield (
        Text.assemble(severity, " ", (found.code, f"not bold{link}"), "  "),
        Text.assemble((where, "bold"), shown(group.message), change),
    )
    blank = Text(" " * _INDENT)
    if group.names:
        yield blank, Text(shown(group.names), style="dim")
    yield blank, Text(shown(f"in {names.listed(group.artifacts)}"), style="dim")


def _print_indented(console: Console, head: Text, words: Text) -> None:
    """Print words behind their head; in a terminal that is wide enough, the following lines are indented too."""
    room = console.width - len(head) - 1
    if not console.is_terminal or room < _ROOM:
        _print(console, head + words)
        return
    for number, line in enumerate(words.wrap(console, room, overflow="fold")):
        line.rstrip()
        _print(console, (Text(" " * len(head)) if number else head) + line)


def _print_gaps(gaps: tuple[Gap, ...], console: Console) -> None:
    chosen = select(gaps, SHOWN)
    for gap in chosen.listed:
        where = " ".join(filter(None, (gap.artifact, gap.path)))
        text = shown(f"{where}: {gap.why}" if where else gap.why)
        _print(console, Text.assemble(("not verified ", "bold magenta"), text))
    for line in more(chosen.omitted):
        _print(console, Text(f"  {line}"))


def _print_skips(report: Report, console: Console, *, verbose: bool) -> None:
    """Print which artifacts a rule could not judge, and how many rules had nothing to judge; `verbose` names them."""
    idle = [skip for skip in report.skips if not skip.artifact]
    told = report.skips if verbose else tuple(skip for skip in report.skips if skip.artifact)
    ordered = sorted(told, key=lambda skip: (skip.why, skip.code))
    for why, group in groupby(ordered, key=lambda skip: skip.why):
        codes = list(dict.fromkeys(skip.code for skip in group))
        rules = ", ".join(codes) if len(codes) <= _CODES or verbose else f"{len(codes)} rules"
        _print(console, Text(f"not judged by {rules}: {shown(why)}", style="dim"))
    hint = " (-v lists them)" if idle and not verbose else ""
    _print(console, Text(f"{ran(report)}{hint}", style="dim"))


def _print_ignored(ignored: tuple[Ignored, ...], console: Console) -> None:
    """Print one line for each reason why findings are ignored, with their number and codes."""
    for why, group in groupby(sorted(ignored, key=lambda pair: pair[1]), key=lambda pair: pair[1]):
        codes = [finding.code for finding, _ in group]
        line = f"ignored {len(codes)} ({', '.join(sorted(set(codes)))}): {shown(why)}"
        _print(console, Text(line, style="dim"))


def _print_changes(findings: tuple[Finding, ...], console: Console) -> None:
    """Print one line for each reason why severities were changed, with the number and codes of the findings."""
    changed: defaultdict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for finding in findings:
        if change := finding.severity_change:
            changed[(*severity_change(finding), finding.severity, change.reason)].append(finding.code)
    for (how, before, now, why), codes in sorted(changed.items()):
        line = f"{how} {len(codes)} {before} to {now} ({', '.join(sorted(set(codes)))}): {shown(why)}"
        _print(console, Text(line, style="dim"))
