"""The report for GitHub Actions: annotations as workflow commands, and a Markdown summary of the step."""

from __future__ import annotations

import re
from itertools import groupby

from wheelcheck.report import grid
from wheelcheck.report.selection import Group, grouped, grouped_ignored, more, rest, select
from wheelcheck.report.wording import RELEASE, VERDICTS, configured, counts, examined, shown
from wheelcheck.results import Gap
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.report.grid import Cell, Grid
    from wheelcheck.results import Report

SHOWN = 10  # annotations of each level per step: GitHub drops any more
SUMMARY_ROWS = 2_000
SUMMARY_CAP = 900_000  # bytes; GitHub drops a summary above 1 MiB as a whole
_SYMBOLS = {"pass": "✅", "warn": "⚠️", "unverified": "❔", "extra": "🟦", "missing": "⭕", "fail": "❌"}
_WORDS = {"error": "❌ error", "warning": "⚠️ warning", "note": "note"}


# --- annotations ---


def render(report: Report) -> str:
    """Return one annotation per line: errors and gaps, then warnings, then notes and ignored findings.

    Each level has at most `SHOWN` annotations, the last of which counts what is left out.
    """
    levels: dict[str, list[Gap | Group]] = {
        "error": [*_of_severity(report, "error"), *report.gaps],
        "warning": [*_of_severity(report, "warning")],
        "notice": [*_of_severity(report, "note"), *grouped_ignored(report.ignored)],
    }
    return "".join(f"{line}\n" for command, items in levels.items() for line in _level(command, items))


def _of_severity(report: Report, severity: str) -> tuple[Group, ...]:
    return grouped(finding for finding in report.findings if finding.severity == severity)


def _level(command: str, items: list[Gap | Group]) -> Iterator[str]:
    chosen = select(items, SHOWN if len(items) <= SHOWN else SHOWN - 1)
    for item in chosen.listed:
        yield _annotated(command, item)
    if chosen.omitted:
        yield _annotation(command, "", "wheelcheck", rest(chosen.omitted))


def _annotated(command: str, item: Gap | Group) -> str:
    if isinstance(item, Gap):
        return _annotation(
            command, item.artifact, "not verified", f"{item.path}: {item.why}" if item.path else item.why
        )
    first = item.first
    title = f"{'ignored: ' * bool(item.why)}{first.code} {first.name}"
    reason = f" (ignored: {item.why})" if item.why else ""
    return _annotation(command, first.artifact, title, item.line + reason)


def _annotation(command: str, file: str, title: str, message: str) -> str:
    values = {"file": file, "title": title}
    properties = ",".join(f"{name}={_property(value)}" for name, value in values.items() if value)
    return f"::{command} {properties}::{_data(message)}"


def _data(text: str) -> str:
    """Escape a command's message as the runner unescapes it; `shown` has already removed line breaks."""
    return shown(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# --- summary ---


def summary(report: Report) -> str:
    """Return the step summary as GitHub's Markdown: verdict, grid, what was not verified, findings by artifact.

    It stays below `SUMMARY_CAP`: what does not fit is counted.
    """
    paragraphs = (f"{examined(report)}: {counts(report)}", configured(report))
    head = f"## wheelcheck: {VERDICTS[report.verdict]}\n\n" + "".join(f"{escaped(line)}\n\n" for line in paragraphs)
    head += _drawn(report)
    limit = SUMMARY_ROWS
    while len((text := f"{head}{_details(report, limit)}").encode()) > SUMMARY_CAP:
        limit //= 2
    return text


def escaped(text: str) -> str:
    """Return text as Markdown that shows it unchanged: a character reference never begins markup (CommonMark 2.5)."""
    return re.sub(r"[^\w\s,/-]|_", lambda found: f"&#{ord(found[0])};", shown(text), flags=re.ASCII)


def _drawn(report: Report) -> str:
    if not grid.is_worth_showing(report):
        return ""
    drawn = _grid(grid.build(report))
    return drawn if len(drawn.encode()) < SUMMARY_CAP // 2 else "The grid of this release is too large to be shown.\n\n"


def _grid(table: Grid) -> str:
    head = ["", *(escaped(column.label) for column in table.columns)]
    rows = [[escaped(row.label), *map(_symbol, row.cells)] for row in table.rows]
    rows += [[label, _symbol(cell)] + [""] * (len(table.columns) - 1) for label, cell in table.whole]
    lines = [head, ["---", *(":-:" for _ in table.columns)], *rows]
    legend = ", ".join(f"{_SYMBOLS[mark]} {grid.MEANINGS[mark]}" for mark in table.marks)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines) + f"\n{legend}\n\n"


def _symbol(cell: Cell | None) -> str:
    return _SYMBOLS[cell.mark] if cell else ""


def _details(report: Report, limit: int) -> str:
    """Return what was not verified, found and ignored, at most `limit` of them all, and a count of the rest."""
    every: list[Gap | Group] = [*report.gaps, *grouped(report.findings), *grouped_ignored(report.ignored)]
    chosen = select(every, limit)
    gaps = [item for item in chosen.listed if isinstance(item, Gap)]
    groups = [item for item in chosen.listed if isinstance(item, Group)]
    findings = [group for group in groups if not group.why]
    ignored = [group for group in groups if group.why]
    lines = [f"- **not verified** {_place(gap.artifact, gap.path)}: {escaped(gap.why)}" for gap in gaps]
    for artifact, group in groupby(findings, key=lambda found: found.first.artifact):
        lines += ["", f"### {escaped(artifact) or RELEASE}", "", "| | rule | found |", "| --- | --- | --- |"]
        lines += map(_row, group)
    if ignored:
        lines += ["", "### Ignored by the configuration", "", "| rule | found | reason |", "| --- | --- | --- |"]
        lines += map(_ignored_row, ignored)
    lines += [f"\n{words}" for words in more(chosen.omitted)]
    return "".join(f"{line}\n" for line in lines)


def _row(found: Group) -> str:
    return f"| {_WORDS[found.first.severity]} | {found.first.code} | {escaped(found.line)} |"


def _place(artifact: str, path: str) -> str:
    return escaped(" ".join(filter(None, (artifact, path))) or RELEASE)


def _ignored_row(ignored: Group) -> str:
    artifact = ignored.first.artifact
    found = f"{artifact} {ignored.line}" if artifact and ignored.where else f"{artifact or RELEASE}: {ignored.line}"
    return f"| {ignored.first.code} | {escaped(found)} | {escaped(ignored.why)} |"
