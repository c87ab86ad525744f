"""The HTML report's tables: the release grid, the artifacts and the native code."""

from __future__ import annotations

import stat
from collections import Counter
from itertools import groupby, islice
from pathlib import PurePosixPath

from wheelcheck.counting import counted
from wheelcheck.report import diff, grid
from wheelcheck.report.html_charts import bar, short
from wheelcheck.report.html_elements import breakable, element, heading
from wheelcheck.report.html_findings import anchor
from wheelcheck.report.sizes import sizes
from wheelcheck.report.wording import RELEASE, sized
from wheelcheck.rules import SEVERITIES
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from wheelcheck.facts import Artifact
    from wheelcheck.report.diff import Row
    from wheelcheck.report.grid import Cell, Column, Grid, Mark
    from wheelcheck.report.html_elements import Content
    from wheelcheck.report.sizes import Size
    from wheelcheck.results import Report
    from wheelcheck.rules import Finding

Anchors = dict[str, str]  # the part of the page about each file; the empty name is the release's
SHOWN = 2_000  # rows of native code; the rest is counted
SYMBOLS: dict[Mark, str] = {"pass": "✔", "warn": "▲", "unverified": "?", "extra": "+", "missing": "○", "fail": "✘"}
_COLUMNS = ("artifact", "member", "system", "machine", "kind", "floor", "needed", "size", "mode")


# --- the release grid: its cells are links to what was found ---


def grid_section(report: Report, anchors: dict[str, str]) -> Iterator[Element]:
    """Yield the grid under its heading, nothing without one; `anchors` are the fragments of the files."""
    table = grid.build(report)
    if table.rows or table.whole:
        drawn = element(
            "table",
            element("caption", "Wheels by Python and platform", class_="hidden"),
            element("thead", _systems(table), _cpus(table)),
            element("tbody", *_rows(table, anchors)),
            class_="grid",
        )
        yield heading("grid", "Release")
        yield element("section", element("div", drawn, class_="scroll"), _legend(table), class_="card release")


def _systems(table: Grid) -> Element:
    groups = groupby(table.columns, key=lambda column: column.system)
    cells = [element("th", name, scope="colgroup", colspan=str(len(list(group)))) for name, group in groups]
    return element("tr", element("td"), *cells)


def _cpus(table: Grid) -> Element:
    return element("tr", element("td"), *map(_cpu, table.columns))


def _cpu(column: Column) -> Element:
    floors = [element("small", ", ".join(column.floors))] if column.floors else []
    return element("th", column.cpu, *floors, scope="col")


def _rows(table: Grid, anchors: dict[str, str]) -> Iterator[Element]:
    for row in table.rows:
        cells = [
            _grid_cell(cell, f"{row.label}, {column.label}", anchors)
            for column, cell in zip(table.columns, row.cells, strict=True)
        ]
        yield element("tr", element("th", row.label, scope="row"), *cells)
    for label, cell in table.whole:
        drawn = _grid_cell(cell, label, anchors, max(len(table.columns), 1))
        yield element("tr", element("th", label, scope="row"), drawn)


def _grid_cell(cell: Cell | None, place: str, anchors: dict[str, str], span: int = 1) -> Element:
    if cell is None:
        return element("td")
    names = ", ".join((*cell.files, *(f"{wheel} is missing" for wheel in cell.missing)))
    target = anchors.get("" if cell.missing else cell.files[0], "findings")
    said = element("span", f"{place}: {grid.MEANINGS[cell.mark]}", class_="hidden")
    link = element("a", SYMBOLS[cell.mark], said, class_=f"cell {cell.mark}", href=f"#{target}", title=names)
    return element("td", link, colspan=str(span) if span > 1 else "")


def _legend(table: Grid) -> Element:
    parts = [element("span", element("b", SYMBOLS[mark], class_=mark), grid.MEANINGS[mark]) for mark in table.marks]
    return element("div", *parts, class_="legend")


# --- artifacts: the grid's links lead here, and from here to what was found ---


def anchors_of(report: Report) -> Anchors:
    """Return the fragment of the part about each file; what is about no single file is under `release`."""
    named = [*(artifact.file for artifact in report.artifacts), *(gap.artifact for gap in report.gaps)]
    others = [finding.artifact for finding in report.findings]
    known = dict.fromkeys(name for name in (*named, *others) if name)
    release = {"": "release"} if "" in others else {}
    return release | {name: f"file-{number}" for number, name in enumerate(known, 1)}


def artifacts_section(report: Report, anchors: Anchors) -> Iterator[Element]:
    """Yield a row for every file, with its findings as links and what its bytes are."""
    if not anchors:
        return
    artifacts = {artifact.file: artifact for artifact in report.artifacts}
    made = {size.artifact: size for size in sizes(report)}
    whole = max((size.unpacked for size in made.values()), default=0)
    found, ignored = _found(report), Counter(finding.artifact for finding, _ in report.ignored)
    unverified = {gap.artifact for gap in report.gaps}
    rows = [
        element(
            "tr",
            element("th", *_name(file, artifacts.get(file)), scope="row"),
            element("td", *_marks(found.get(file, []), ignored[file], file in unverified), data_label="found"),
            *_size(made.get(file), whole),
            id=place,
            tabindex="-1",
        )
        for file, place in anchors.items()
    ]
    head = element(
        "tr", *(element("th", name, scope="col") for name in ("file", "found", "packed", "unpacked", "of what"))
    )
    table = element("table", element("thead", head), element("tbody", *rows), class_="artifacts")
    yield heading("artifacts", "Artifacts")
    yield element("div", table, class_="card")


def _found(report: Report) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.artifact, []).append(finding)
    return found


def _name(file: str, artifact: Artifact | None) -> Iterator[Content]:
    yield element("span", *breakable(file or RELEASE))
    if artifact and artifact.sha256:
        yield element("small", element("code", f"sha256 {artifact.sha256}"))


def _marks(findings: list[Finding], ignored: int, is_unverified: bool) -> Iterator[Element]:  # noqa: FBT001  # one call above
    """Yield a mark, and a link for every rule that found something in the file."""
    if is_unverified:
        yield element("b", "? not verified", class_="chip unverified")
    if not findings and not is_unverified:
        yield element("b", "✔ nothing found", class_="chip pass")
    counts = Counter((SEVERITIES.index(finding.severity), anchor(finding)) for finding in findings)
    for (severity, place), number in sorted(counts.items()):
        words = f"{place.partition('-')[0]}: {counted(number, SEVERITIES[severity])}"
        yield element("a", words, href=f"#{place}", class_=f"chip {SEVERITIES[severity]}")
    if ignored:
        yield element("small", f"{ignored} ignored")


def _size(size: Size | None, whole: int) -> Iterator[Element]:
    if size is None:
        yield from (element("td", class_="empty") for _ in range(3))
        return
    yield element("td", sized(size.packed), class_="number", data_label="packed")
    yield element("td", sized(size.unpacked), class_="number", data_label="unpacked")
    kinds = ", ".join(f"{kind} {sized(part)}" for kind, part in size.kinds.items())
    yield element("td", element("span", kinds, class_="hidden"), bar(size.kinds, whole), class_="track", title=kinds)


# --- native code: one row per slice, sorted by its columns where scripts run, cards on a phone ---


def binaries_section(report: Report) -> Iterator[Element]:
    """Yield the table under its heading; nothing where there is no native code."""
    rows = diff.rows(report)
    drawn = [_row(row) for row in islice(rows, SHOWN)]
    rest = sum(1 for _ in rows)
    if drawn:
        head = element("tr", *(element("th", name, scope="col") for name in _COLUMNS))
        table = element("table", element("thead", head), element("tbody", *drawn), class_="binaries")
        more = [element("p", f"… and {rest:,} more", class_="none")] if rest else []
        yield heading("binaries", "Native code")
        box = element("div", table, class_="scroll tall", role="region", aria_label="Native code", tabindex="0")
        yield element("div", box, *more, class_="card searchable")


def _row(row: Row) -> Element:
    mode = [element("code", stat.filemode(row.mode))] if row.mode else []
    return element(
        "tr",
        _cell("artifact", element("span", *breakable(short(row.artifact)), title=row.artifact), class_="long"),
        _cell("member", element("code", *breakable(row.path)), class_="long"),
        _cell("system", row.system, class_="short"),
        _cell("machine", row.machine, class_="short"),
        _cell("kind", row.kind, class_="short"),
        _cell("floor", row.floor, class_="short"),
        _cell("needed", *_needed(row), class_="long"),
        _cell("size", f"{row.size:,}", class_="number", data_key=str(row.size)),
        _cell("mode", *mode, class_="short"),
    )


def _needed(row: Row) -> list[Content]:
    """Return the libraries' names; the folders that macOS binaries name are in the tooltip."""
    names = ", ".join(PurePosixPath(name).name for name in row.needed)
    return [element("span", names, title=", ".join(row.needed))] if names else []


def _cell(label: str, *content: Content, class_: str, data_key: str = "") -> Element:
    is_empty = all(part == "" for part in content)
    return element("td", *content, class_="empty" if is_empty else class_, data_label=label, data_key=data_key)
