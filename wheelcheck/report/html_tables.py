"""The tables of the HTML report: the release grid and the binaries."""

from __future__ import annotations

import html
import re
import stat
from itertools import groupby, islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.report import diff, grid
from wheelcheck.report.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.engine import Report
    from wheelcheck.report.diff import Row
    from wheelcheck.report.grid import Cell, Column, Grid, Mark


# The few slices of HTML that every part of the page is made of.


def escaped(text: str) -> str:
    """Return text as HTML that shows it: inert in content and in quoted attributes alike."""
    return html.escape(shown(text))


def breakable(text: str) -> str:
    """Return a path or a tag as HTML that breaks where a reader would break it."""
    return re.sub(r"(?<=[/_-])(?=[^/_-])", "<wbr>", escaped(text))


def coded(text: str) -> str:
    """Return the text of a docstring as HTML, its code spans as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escaped(text))


def tag(name: str, content: str, classes: str = "") -> str:
    """Return an element around finished HTML."""
    return f'<{name} class="{classes}">{content}</{name}>' if classes else f"<{name}>{content}</{name}>"


def heading(anchor: str, text: str) -> str:
    """Return the heading of a section of the page."""
    return f'<h2 id="{anchor}">{escaped(text)}</h2>'


# The table of native code: a row a slice, sorted by its columns where scripts run, cards on a phone.

SHOWN = 2_000
_COLUMNS = ("artifact", "member", "system", "machine", "kind", "floor", "needed", "size", "mode")


def binaries_section(report: Report) -> str:
    """Return the table under its heading; nothing where there is no native code."""
    rows = diff.rows(report)
    shown = [_row(row) for row in islice(rows, SHOWN)]
    rest = sum(1 for _ in rows)
    if not shown:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    table = f'<table class="binaries"><thead><tr>{head}</tr></thead><tbody>{"".join(shown)}</tbody></table>'
    more = f'<p class="none">… and {rest} more</p>' if rest else ""
    return f'{heading("binaries", "Native code")}<div class="card"><div class="scroll">{table}</div>{more}</div>'


def _row(row: Row) -> str:
    cells = (
        _cell("artifact", f'<span title="{escaped(row.artifact)}">{breakable(_short(row))}</span>', "long"),
        _cell("member", f"<code>{breakable(row.path)}</code>", "long"),
        _cell("system", escaped(row.system), "short"),
        _cell("machine", escaped(row.machine), "short"),
        _cell("kind", escaped(row.kind), "short"),
        _cell("floor", escaped(row.floor), "short"),
        _cell("needed", _needed(row), "long"),
        _cell("size", f"{row.size:,}", "number", str(row.size)),
        _cell("mode", f"<code>{stat.filemode(row.mode)}</code>" if row.mode else "", "short"),
    )
    return f"<tr>{''.join(cells)}</tr>"


def _short(row: Row) -> str:
    """Return a wheel's tags: every row of a release begins with the same project and version."""
    return "-".join(row.artifact.removesuffix(".whl").split("-")[2:]) if row.artifact.endswith(".whl") else row.artifact


def _needed(row: Row) -> str:
    """Return the libraries' names; the folders that macOS writes down are in the tooltip."""
    names = ", ".join(PurePosixPath(name).name for name in row.needed)
    return f'<span title="{escaped(", ".join(row.needed))}">{escaped(names)}</span>' if names else ""


def _cell(label: str, content: str, classes: str = "", key: str = "") -> str:
    sort = f' data-key="{key}"' if key else ""
    return f'<td class="{classes if content else "empty"}" data-label="{label}"{sort}>{content}</td>'


# The release grid as an HTML table whose cells are links to what was found.

SYMBOLS: dict[Mark, str] = {"pass": "✔", "warn": "▲", "unverified": "?", "extra": "+", "missing": "○", "fail": "✘"}


def grid_section(report: Report, anchors: dict[str, str]) -> str:
    """Return the grid under its heading; `anchors` are the fragments of the files."""
    table = grid.build(report)
    if not table.rows and not table.whole:
        return ""
    head = f"<thead>{_systems(table)}{_cpus(table)}</thead>"
    body = f"<tbody>{''.join(_rows(table, anchors))}</tbody>"
    drawn = f'<table class="grid"><caption class="hidden">Wheels by Python and platform</caption>{head}{body}</table>'
    scroll = f'<div class="scroll">{drawn}</div>'
    return f'{heading("grid", "Release")}<section class="card release">{scroll}{_legend(table)}</section>'


def _systems(table: Grid) -> str:
    groups = groupby(table.columns, key=lambda column: column.system)
    cells = [f'<th scope="colgroup" colspan="{len(list(group))}">{escaped(name)}</th>' for name, group in groups]
    return f"<tr><td></td>{''.join(cells)}</tr>"


def _cpus(table: Grid) -> str:
    return f"<tr><td></td>{''.join(map(_cpu, table.columns))}</tr>"


def _cpu(column: Column) -> str:
    floors = f"<small>{escaped(', '.join(column.floors))}</small>" if column.floors else ""
    return f'<th scope="col">{escaped(column.cpu)}{floors}</th>'


def _rows(table: Grid, anchors: dict[str, str]) -> Iterator[str]:
    for row in table.rows:
        cells = [
            _grid_cell(cell, f"{row.label}, {column.label}", anchors)
            for column, cell in zip(table.columns, row.cells, strict=True)
        ]
        yield f'<tr><th scope="row">{escaped(row.label)}</th>{"".join(cells)}</tr>'
    for label, cell in table.whole:
        drawn = _grid_cell(cell, label, anchors, max(len(table.columns), 1))
        yield f'<tr><th scope="row">{escaped(label)}</th>{drawn}</tr>'


def _grid_cell(cell: Cell | None, place: str, anchors: dict[str, str], span: int = 1) -> str:
    if cell is None:
        return "<td></td>"
    names = ", ".join((*cell.files, *(f"{wheel} is missing" for wheel in cell.missing)))
    target = anchors.get("" if cell.missing else cell.files[0], "findings")
    said = f'<span class="hidden">{escaped(f"{place}: {grid.MEANINGS[cell.mark]}")}</span>'
    link = f'<a class="cell {cell.mark}" href="#{target}" title="{escaped(names)}">{SYMBOLS[cell.mark]}{said}</a>'
    return f'<td colspan="{span}">{link}</td>' if span > 1 else f"<td>{link}</td>"


def _legend(table: Grid) -> str:
    slices = [f'<span><b class="{mark}">{SYMBOLS[mark]}</b>{grid.MEANINGS[mark]}</span>' for mark in table.marks]
    return f'<div class="legend">{"".join(slices)}</div>'
