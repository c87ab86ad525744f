"""The release grid as an HTML table whose cells are links to what was found."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from wheelcheck.report import grid
from wheelcheck.report.markup import escaped, heading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.engine import Report
    from wheelcheck.report.grid import Cell, Column, Grid, Mark

SYMBOLS: dict[Mark, str] = {"pass": "✔", "warn": "▲", "unverified": "?", "extra": "+", "missing": "○", "fail": "✘"}


def section(report: Report, anchors: dict[str, str]) -> str:
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
            _cell(cell, f"{row.label}, {column.label}", anchors)
            for column, cell in zip(table.columns, row.cells, strict=True)
        ]
        yield f'<tr><th scope="row">{escaped(row.label)}</th>{"".join(cells)}</tr>'
    for label, cell in table.whole:
        drawn = _cell(cell, label, anchors, max(len(table.columns), 1))
        yield f'<tr><th scope="row">{escaped(label)}</th>{drawn}</tr>'


def _cell(cell: Cell | None, place: str, anchors: dict[str, str], span: int = 1) -> str:
    if cell is None:
        return "<td></td>"
    names = ", ".join((*cell.files, *(f"{slot} is missing" for slot in cell.missing)))
    target = anchors.get("" if cell.missing else cell.files[0], "findings")
    said = f'<span class="hidden">{escaped(f"{place}: {grid.MEANINGS[cell.mark]}")}</span>'
    link = f'<a class="cell {cell.mark}" href="#{target}" title="{escaped(names)}">{SYMBOLS[cell.mark]}{said}</a>'
    return f'<td colspan="{span}">{link}</td>' if span > 1 else f"<td>{link}</td>"


def _legend(table: Grid) -> str:
    pieces = [f'<span><b class="{mark}">{SYMBOLS[mark]}</b>{grid.MEANINGS[mark]}</span>' for mark in table.marks]
    return f'<div class="legend">{"".join(pieces)}</div>'
