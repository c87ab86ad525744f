"""The table of native code: a row a slice, sorted by its columns where scripts run, cards on a phone."""

from __future__ import annotations

import stat
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.report import binaries
from wheelcheck.report.markup import breakable, escaped, heading

if TYPE_CHECKING:
    from wheelcheck.engine import Report
    from wheelcheck.report.binaries import Row

SHOWN = 2_000
_COLUMNS = ("artifact", "member", "system", "machine", "kind", "floor", "needed", "size", "mode")


def section(report: Report) -> str:
    """Return the table under its heading; nothing where there is no native code."""
    rows = binaries.rows(report)
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
