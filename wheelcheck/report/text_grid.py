"""The release grid as text: a table where that fits into the terminal, and one line per row where it does not.

Encodings without Unicode get ASCII marks. A pipe gets the same table as a terminal, without importing rich for it:
that would be a twentieth of the check of a release.
"""

from __future__ import annotations

from itertools import groupby

from wheelcheck.report import grid
from wheelcheck.report.lines import Line, Plain, say
from wheelcheck.report.wording import safe
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console, RenderableType
    from rich.table import Table

    from wheelcheck.report.grid import Cell, Column, Grid, Mark
    from wheelcheck.results import Report

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
_GAP = "   "  # between two columns
_HEADINGS = 3  # rows


def print_grid(report: Report, console: Plain | Console) -> None:
    """Print the grid with the meaning of its marks, if it says more than the findings."""
    if not grid.is_worth_showing(report):
        return
    table = grid.build(report)
    if isinstance(console, Plain) and not (console.has_unicode and _is_plain(table)):
        console = console.rich()
    symbols = _SYMBOLS if isinstance(console, Plain) or not console.options.ascii_only else _ASCII
    if not (table.columns and _print_table(table, symbols, console)):
        for line in _lines(table, symbols):
            say(console, line)
    legend = Line.of(*(part for mark in table.marks for part in (_marked(mark, symbols), f" {grid.MEANINGS[mark]}   ")))
    if isinstance(console, Plain):
        say(console, legend)
    else:
        console.print(legend.rich(), soft_wrap=not console.is_terminal)
    console.print()


def _is_plain(table: Grid) -> bool:
    """Return whether each text is as wide as it is long."""
    texts = [safe(row.label) for row in table.rows] + [text for each in table.columns for text in _heading(each)]
    return all(map(str.isascii, texts))


# --- as a table ---


def _heading(column: Column) -> tuple[str, str, str]:
    return column.system, safe(column.cpu), ", ".join(column.floors)


def _rows(table: Grid, symbols: dict[Mark, str]) -> list[tuple[str, ...]]:
    """Return the texts of the table's cells, three rows of headings first."""
    empty = ("",) * (len(table.columns) - 1)
    return [
        *zip(("", "", ""), *map(_heading, table.columns), strict=True),
        *((safe(row.label), *(symbols[cell.mark] if cell else "" for cell in row.cells)) for row in table.rows),
        *((label, symbols[cell.mark], *empty) for label, cell in table.whole),
    ]


def _print_table(table: Grid, symbols: dict[Mark, str], console: Plain | Console) -> bool:
    """Print the table if it fits; return whether it does."""
    rows = _rows(table, symbols)
    if isinstance(console, Plain):
        widths, room = _widths(rows, len), console.columns
    else:
        from rich.cells import cell_len  # noqa: PLC0415  # slow to import

        widths, room = _widths(rows, cell_len), console.width
    whole = sum(widths) + len(_GAP) * (len(widths) - 1)
    if whole > room:
        return False
    if isinstance(console, Plain):
        drawn = [_GAP.join((row[0].ljust(widths[0]), *map(_centred, row[1:], widths[1:]))) for row in rows]
        for text in (*drawn[:_HEADINGS], "─" * whole, *drawn[_HEADINGS:]):
            console.print(text)
    else:
        console.print(_table(table, symbols))
    return True


def _widths(rows: list[tuple[str, ...]], measure: Callable[[str], int]) -> list[int]:
    return [max(map(measure, column)) for column in zip(*rows, strict=True)]


def _centred(text: str, width: int) -> str:
    """Return a text amid spaces, of which the end has one more where they are odd; str.center varies."""
    return (" " * ((width - len(text)) // 2) + text).ljust(width)


def _table(table: Grid, symbols: dict[Mark, str]) -> Table:
    from rich import box  # noqa: PLC0415  # as above
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    drawn.add_column("")
    for column in table.columns:
        drawn.add_column(Text("\n".join(_heading(column))), justify="center", no_wrap=True)
    for row in table.rows:
        drawn.add_row(Text(safe(row.label), no_wrap=True), *(_drawn(cell, symbols) for cell in row.cells))
    for label, cell in table.whole:
        drawn.add_row(Text(label, no_wrap=True), _drawn(cell, symbols))
    return drawn


def _drawn(cell: Cell | None, symbols: dict[Mark, str]) -> RenderableType:
    return Line.of(_marked(cell.mark, symbols)).rich() if cell else ""


# --- as lines ---


def _lines(table: Grid, symbols: dict[Mark, str]) -> list[Line]:
    """Return the grid as lines, such as "cp311-cp311  Linux: ✔ x86_64 ✘ aarch64  macOS: ▲ arm64"."""
    lines = []
    for row in table.rows:
        line = Line(safe(row.label), "bold")
        filled = [(column, cell) for column, cell in zip(table.columns, row.cells, strict=True) if cell]
        for system, group in groupby(filled, key=lambda pair: pair[0].system):
            line.parts += _system(system, list(group), symbols)
        lines.append(line)
    whole = [Line.of((label, "bold"), "  ", _marked(cell.mark, symbols)) for label, cell in table.whole]
    return lines + whole


def _system(system: str, cells: list[tuple[Column, Cell]], symbols: dict[Mark, str]) -> list[tuple[str, str]]:
    """Return the cells of one system behind its name."""
    parts = [(f"  {system}:", "not bold")]
    for column, cell in cells:
        symbol, style = _marked(cell.mark, symbols)
        parts += [(" ", "not bold"), (symbol, f"not bold {style}"), (f" {safe(column.cpu)}", "not bold")]
    return parts


def _marked(mark: Mark, symbols: dict[Mark, str]) -> tuple[str, str]:
    return symbols[mark], _MARK_STYLES[mark]
