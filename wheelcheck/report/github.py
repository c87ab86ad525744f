"""The report for GitHub Actions: annotations as workflow commands, and a Markdown summary of the step."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from wheelcheck.report import grid
from wheelcheck.report.wording import VERDICTS, counts, examined, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.engine import Report
    from wheelcheck.report.grid import Cell, Grid
    from wheelcheck.rules import Finding

SHOWN = 10  # annotations of each level a step: GitHub drops what is above
SUMMARY_CAP = 900_000  # bytes; GitHub drops a summary above 1 MiB whole
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_SYMBOLS = {"pass": "✅", "warn": "⚠️", "unverified": "❔", "extra": "🟦", "missing": "⭕", "fail": "❌"}
_WORDS = {"error": "❌ error", "warning": "⚠️ warning", "note": "note"}


# --- annotations ---


def render(report: Report) -> str:
    """Return the annotations, one a line: gaps and errors, warnings, notes; of each level the first and a count."""
    levels = {
        command: [_of_finding(f, command) for f in report.findings if f.severity == severity]
        for severity, command in _COMMANDS.items()
    }
    gaps = [_annotation("error", gap.artifact, "not verified", _where(gap.path, gap.why)) for gap in report.gaps]
    levels["error"] = gaps + levels["error"]
    return "".join(f"{line}\n" for command, lines in levels.items() for line in _first(lines, command))


def _first(lines: list[str], command: str) -> list[str]:
    if len(lines) <= SHOWN:
        return lines
    return [*lines[: SHOWN - 1], _annotation(command, "", "wheelcheck", f"{len(lines) - SHOWN + 1} more like these")]


def _of_finding(finding: Finding, command: str) -> str:
    title = f"{finding.code} {finding.name}"
    return _annotation(command, finding.artifact, title, _where(finding.path, finding.message))


def _where(path: str, message: str) -> str:
    return f"{path}: {message}" if path else message


def _annotation(command: str, file: str, title: str, message: str) -> str:
    values = {"file": file, "title": title}
    properties = ",".join(f"{name}={_property(value)}" for name, value in values.items() if value)
    return f"::{command} {properties}::{_data(message)}"


def _data(text: str) -> str:
    """Escape a command's message as the runner unescapes it; `shown` has already taken line breaks away."""
    return shown(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# --- summary ---


def summary(report: Report) -> str:
    """Return the step summary as GitHub's Markdown: verdict, grid, what was not verified, findings by artifact."""
    parts = [f"## wheelcheck: {VERDICTS[report.verdict]}\n\n{escaped(examined(report))}: {counts(report)}\n"]
    if grid.is_worth_showing(report):
        parts.append(_grid(grid.build(report)))
    parts += [f"- **not verified** {_place(gap.artifact, gap.path)}: {escaped(gap.why)}\n" for gap in report.gaps]
    return "\n".join([*parts, *_within_cap(_findings(report), len(report.findings))]) + "\n"


def escaped(text: str) -> str:
    """Return text as Markdown that shows it unchanged: a character reference never begins markup (CommonMark 2.5)."""
    return re.sub(r"[^\w\s,/-]|_", lambda found: f"&#{ord(found[0])};", shown(text), flags=re.ASCII)


def _place(artifact: str, path: str) -> str:
    return escaped(" ".join(filter(None, (artifact, path))) or "the release")


def _grid(table: Grid) -> str:
    head = ["", *(escaped(column.label) for column in table.columns)]
    rows = [[escaped(row.label), *map(_symbol, row.cells)] for row in table.rows]
    rows += [[label, _symbol(cell)] + [""] * (len(table.columns) - 1) for label, cell in table.whole]
    lines = [head, ["---", *(":-:" for _ in table.columns)], *rows]
    legend = ", ".join(f"{_SYMBOLS[mark]} {grid.MEANINGS[mark]}" for mark in table.marks)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines) + f"\n{legend}\n"


def _symbol(cell: Cell | None) -> str:
    return _SYMBOLS[cell.mark] if cell else ""


def _findings(report: Report) -> Iterator[tuple[str, int]]:
    """Yield the lines of the findings, and how many findings each line is."""
    for artifact, group in groupby(report.findings, key=lambda finding: finding.artifact):
        yield f"### {escaped(artifact) or 'the release'}\n\n| | rule | found |\n| --- | --- | --- |", 0
        for finding in group:
            found = escaped(_where(finding.path, finding.message))
            yield f"| {_WORDS[finding.severity]} | {finding.code} | {found} |", 1
        yield "", 0


def _within_cap(lines: Iterator[tuple[str, int]], total: int) -> Iterator[str]:
    size = shown = 0
    for line, findings in lines:
        size += len(line.encode()) + 1
        if size > SUMMARY_CAP:
            yield f"\n… and {total - shown} more findings"
            return
        shown += findings
        yield line
