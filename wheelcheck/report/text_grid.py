"""The release grid for terminals: a table where it fits, a line a row of the grid where it does not."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from wheelcheck.report.grid import MEANINGS
from wheelcheck.report.safe import safe

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from wheelcheck.report.grid import Cell, Column, Grid, Mark

_SYMBOLS: dict[Mark, str] = {"pass": "✔", "warn": "▲", "unverified": "?", "extra": "+", "missing": "○", "fail": "✘"}
_ASCII: dict[Mark, str] = {"pass": "ok", "warn": "!", "unverified": "?", "extra": "+", "missing": "-", "fail": "X"}
_STYLES: dict[Mark, str] = {
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
    legend = [piece for mark in grid.marks for piece in (_mark(mark, symbols), f" {MEANINGS[mark]}   ")]
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
    pieces = [piece for column, cell in cells for piece in (" ", _mark(cell.mark, symbols), f" {safe(column.cpu)}")]
    return Text.assemble(f"  {system}:", *pieces, style="not bold")


def _drawn(cell: Cell | None, symbols: dict[Mark, str]) -> RenderableType:
    return Text.assemble(_mark(cell.mark, symbols)) if cell else ""


def _mark(mark: Mark, symbols: dict[Mark, str]) -> tuple[str, str]:
    return symbols[mark], _STYLES[mark]
