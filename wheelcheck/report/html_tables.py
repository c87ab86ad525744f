"""The HTML report's elements and its two tables: the release grid and the native code."""

from __future__ import annotations

import re
import stat
import xml.etree.ElementTree as ET
from itertools import groupby, islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.report import diff, grid
from wheelcheck.report.wording import shown

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    Content = Element | str
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from wheelcheck.engine import Report
    from wheelcheck.report.diff import Row
    from wheelcheck.report.grid import Cell, Column, Grid, Mark


# HTML as a tree of elements: text can only be text, because nothing here puts markup together from strings.


class Shown(str):
    """Text to which `shown` has been applied: a part of it must not be cut again."""

    __slots__ = ()


def element(name: str, /, *content: Content, **attributes: str) -> Element:
    """Return an element with these attributes, around text and other elements.

    All text and all values are made harmless by `shown`. An attribute's name is written as Python allows it: `class_`,
    `data_label`. One without a value is left out, except those that HTML has no value for, such as `checked`.
    """
    made = ET.Element(name)
    for key, value in attributes.items():
        attribute = key.rstrip("_").replace("_", "-")
        if value or attribute in ("checked", "data-label"):
            made.set(attribute, shown(value))
    for part in content:
        append(made, part)
    return made


def append(parent: Element, part: Content) -> None:
    """Append an element or text; the empty text adds nothing."""
    if not isinstance(part, str):
        parent.append(part)
        return
    text = part if isinstance(part, Shown) else shown(part)
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def own(name: str, content: str) -> Element:
    """Return a `style` or `script` element with content of ours, which HTML takes as it is, without escapes."""
    made = ET.Element(name)
    made.text = content
    return made


def heading(anchor: str, text: str) -> Element:
    """Return the heading of a section of the page."""
    return element("h2", text, id=anchor)


def breakable(text: str) -> list[Content]:
    """Return a path or a tag that may break after a slash, hyphen or underscore."""
    first, *others = map(Shown, re.split(r"(?<=[/_-])(?=[^/_-])", shown(text)))
    return [first, *(part for other in others for part in (element("wbr"), other))]


def coded(text: str) -> list[Content]:
    """Return the text of a docstring with its code spans as elements."""
    parts = map(Shown, re.split("`([^`]+)`", shown(text)))
    return [element("code", part) if number % 2 else part for number, part in enumerate(parts)]


def serialized(root: Element) -> str:
    """Return an element as HTML."""
    text = ET.tostring(root, "unicode", method="html")
    return text.replace("</wbr>", "")  # Python 3.10 does not know that wbr has no end tag; text holds no "<"


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
        yield element("div", element("div", table, class_="scroll"), *more, class_="card")


def _row(row: Row) -> Element:
    mode = [element("code", stat.filemode(row.mode))] if row.mode else []
    return element(
        "tr",
        _cell("artifact", element("span", *breakable(_short(row)), title=row.artifact), class_="long"),
        _cell("member", element("code", *breakable(row.path)), class_="long"),
        _cell("system", row.system, class_="short"),
        _cell("machine", row.machine, class_="short"),
        _cell("kind", row.kind, class_="short"),
        _cell("floor", row.floor, class_="short"),
        _cell("needed", *_needed(row), class_="long"),
        _cell("size", f"{row.size:,}", class_="number", data_key=str(row.size)),
        _cell("mode", *mode, class_="short"),
    )


def _short(row: Row) -> str:
    """Return a wheel's tags: every row of a release begins with the same project and version."""
    return "-".join(row.artifact.removesuffix(".whl").split("-")[2:]) if row.artifact.endswith(".whl") else row.artifact


def _needed(row: Row) -> list[Content]:
    """Return the libraries' names; the folders that macOS binaries name are in the tooltip."""
    names = ", ".join(PurePosixPath(name).name for name in row.needed)
    return [element("span", names, title=", ".join(row.needed))] if names else []


def _cell(label: str, *content: Content, class_: str, data_key: str = "") -> Element:
    is_empty = all(part == "" for part in content)
    return element("td", *content, class_="empty" if is_empty else class_, data_label=label, data_key=data_key)
