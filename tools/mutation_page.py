"""docs/mutation.md: how many mutants of each module the tests notice, and why the others are not noticed.

The tool writes the table and the lists; a person writes the reason behind the colon of a survivor. A survivor that is
found again keeps its reason.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tools.mutant_runs import Judged

MARK = "<!-- what follows is written by `nox -s mutation -- MODULE… --page`, except for the reasons -->"
NO_REASON = "not judged yet"
_HEAD = """\
| module | date | mutants | tried | killed | share | survived | run by no test |
|---|---|---|---|---|---|---|---|"""
_ROW = re.compile(r"\| `(?P<module>[^`]+)` \| (?P<date>\S+) \| (?P<numbers>[^%]*?) \| \S+ % \| (?P<rest>.*) \|")
_MODULE = re.compile(r"## (?P<module>\S+)")
_SURVIVOR = re.compile(r"- ``(?P<name>.*?)``: (?P<reason>.*)")


class Row(NamedTuple):
    """What is known of one module."""

    date: str
    made: int  # mutants, of which those were tried that follow
    killed: int
    survived: int
    untested: int

    @property
    def tried(self) -> int:
        """All mutants that were tried and whose code differs."""
        return self.killed + self.survived + self.untested


def updated(page: str, judged: Iterable[Judged], made: dict[str, int], date: str) -> str:
    """Return the page with the figures of the judged modules renewed; reasons are kept.

    `made` is how many mutants there are of each module; perhaps only a sample of them was judged.
    """
    intro, _, old = page.partition(MARK)
    rows, survivors = _read(old)
    by_module: dict[str, list[Judged]] = {}
    for each in judged:
        by_module.setdefault(each.mutant.module, []).append(each)
    for module, found in by_module.items():
        rows[module] = _row(found, made[module], date)
        kept = survivors.get(module, {})
        left = dict.fromkeys(each.mutant.name for each in found if each.end in ("survived", "no test", "error"))
        survivors[module] = {name: kept.get(name, NO_REASON) for name in map(_shown, left)}
    return "\n".join([intro + MARK, "", *_written(rows, survivors), ""])


def _row(found: list[Judged], made: int, date: str) -> Row:
    ends = [each.end for each in found]
    return Row(
        date,
        made - ends.count("same code"),
        ends.count("killed") + ends.count("timeout"),
        ends.count("survived") + ends.count("error"),
        ends.count("no test"),
    )


def _shown(name: str) -> str:
    return name.replace("``", "` `")


def _read(text: str) -> tuple[dict[str, Row], dict[str, dict[str, str]]]:
    rows: dict[str, Row] = {}
    survivors: dict[str, dict[str, str]] = {}
    module = ""
    for line in text.splitlines():
        if row := _ROW.fullmatch(line):
            made, _, killed = (int(each) for each in row["numbers"].split(" | "))
            survived, untested = (int(each) for each in row["rest"].split(" | "))
            rows[row["module"]] = Row(row["date"], made, killed, survived, untested)
        elif head := _MODULE.fullmatch(line):
            module = head["module"]
        elif survivor := _SURVIVOR.fullmatch(line):
            survivors.setdefault(module, {})[survivor["name"]] = survivor["reason"]
    return rows, survivors


def _written(rows: dict[str, Row], survivors: dict[str, dict[str, str]]) -> Iterator[str]:
    yield _HEAD
    for module, row in sorted(rows.items()):
        yield _line(f"`{module}`", row)
    folders = sorted({module.rpartition("/")[0] for module in rows})
    for folder in folders if len(folders) > 1 else ():
        yield _sum(f"all of `{folder}`", [row for module, row in rows.items() if module.rpartition("/")[0] == folder])
    yield _sum("all", rows.values())
    for module, names in sorted(survivors.items()):
        if names:
            yield f"\n## {module}\n"
            yield from (f"- ``{name}``: {reason}" for name, reason in names.items())


def _sum(name: str, rows: Iterable[Row]) -> str:
    """Return the line of several modules, whose share has an error margin unless every mutant was tried."""
    total = Row("", *(sum(column) for column in zip(*(row[1:] for row in rows), strict=True)))
    return _line(name, total, f" ± {_margin(total):.1f}" if total.tried < total.made else "")


def _margin(row: Row) -> float:
    """Return by how many percent the share of all mutants may differ from that of those tried, 19 times of 20."""
    tried = max(row.tried, 1)
    share = row.killed / tried
    return 196 * math.sqrt(share * (1 - share) / tried * (1 - tried / row.made))


def _line(module: str, row: Row, margin: str = "") -> str:
    share = f"{100 * row.killed / max(row.tried, 1):.1f} %{margin}"
    numbers = (row.made, row.tried, row.killed, share, row.survived, row.untested)
    return f"| {module} | {row.date} | {' | '.join(map(str, numbers))} |"
