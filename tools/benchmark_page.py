"""docs/benchmark.md: what the gate costs beside other tools, as tables and a plot."""

from __future__ import annotations

import datetime as dt
import platform
from html import escape
from math import log10
from statistics import median
from typing import TYPE_CHECKING

from tools.benchmark_runs import Cost, Measured, spread
from tools.fetch import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGE = ROOT / "docs" / "benchmark.md"
PLOT = ROOT / "docs" / "assets" / "benchmark.svg"
HEAD = "| case | files | MB | tool | CPU s | wall s | peak MiB | exit | wheelcheck ÷ tool, CPU |\n" + "|---" * 9 + "|"
# Case, tool, and the highest ratio that is aimed for.
AIMS = (
    ("all of roar-cli", "python -m zipfile -t", 0.35),
    ("all of cryptography", "python -m zipfile -t", 0.45),
    ("all of numpy", "python -m zipfile -t", 0.40),
    ("pyarrow", "python -m zipfile -t", 0.85),
    ("opencv", "python -m zipfile -t", 0.85),
    ("ziglang", "python -m zipfile -t", 1.0),
    ("cublas", "python -m zipfile -t", 0.9),
    ("pyarrow", "auditwheel show", 0.1),
    ("opencv", "auditwheel show", 0.1),
    ("all of roar-cli", "auditwheel show", 0.1),
    ("all of markupsafe", "auditwheel show", 0.1),
)
SHORT_AIMS = (
    ("wheelcheck --version", "python -c pass", 2.1),
    ("wheelcheck check", 'python -c "import zipfile"', 2.5),
)
MOST_MEBIBYTES = 128
NOTES = "\n## Where the time goes\n"  # written by people, about aims that are not met
_INTRO = """\
# Benchmark

`nox -s benchmark -- --write` writes this page: every tool reads the same released files in turn. {rounds}
CPU seconds (user and system) are those of whole processes; seconds are medians. The last column is wheelcheck's CPU
time divided by the tool's in the same round: median (lowest to highest). Tools that take one file are started once for
each file of a release. For an sdist, `zipfile -t` stands for a loop over `tarfile` that reads every member, and
`unzip` for `gzip -t`. A negative exit code is a tool that was ended at the limit of CPU seconds.

Only wheelcheck, zipfile, unzip and pydistcheck read every byte; check-wheel-contents and twine read names and
metadata, abi3audit, auditwheel and elfdeps native files. auditwheel and elfdeps get the Linux wheels of a release only.

Written on {date}, on {machine}.{absent}

![CPU seconds of every tool on every case, on a logarithmic scale](assets/benchmark.svg)

"""
_COLOURS = ("#2f6fde", "#999999", "#bbbbbb", "#d98032", "#8a63c8", "#c84b4b", "#4ba36f", "#c8a93c", "#5aa9b8")


def rows(case: Measured) -> Iterator[str]:
    """Yield the table's lines for one case, one per tool."""
    for tool, costs in case.costs.items():
        middle, low, high = case.ratios(tool)
        cpu, wall = (median(getattr(cost, name) for cost in costs) for name in ("seconds", "wall"))
        peak, code = max(cost.mebibytes for cost in costs), costs[-1].code
        yield (
            f"| {case.name} | {case.files} | {case.size / 1e6:.1f} | {tool} | {cpu:.2f} | {wall:.2f} | {peak:.0f} "
            f"| {code} | {middle:.2f} ({low:.2f} to {high:.2f}) |"
        )


def aims(cases: Sequence[Measured], starts: dict[str, list[Cost]]) -> Iterator[str]:
    """Yield a line for every aim whose case was measured: the aim, what was measured, and whether it is met."""
    named = {case.name: case for case in cases}
    for name, tool, aim in AIMS:
        if name in named and tool in named[name].costs:
            yield _aim(f"{name} ÷ {tool}", aim, *named[name].ratios(tool))
    for name, tool, aim in SHORT_AIMS:
        if starts:
            yield _aim(f"{name} ÷ {tool}", aim, *spread(starts[name], starts[tool]))
    for case in cases:
        peak = max(cost.mebibytes for cost in next(iter(case.costs.values())))
        yield f"| peak MiB of {case.name} | {MOST_MEBIBYTES} | {peak:.0f} | {_met(peak, MOST_MEBIBYTES)} |"


def _aim(subject: str, aim: float, middle: float, low: float, high: float) -> str:
    return f"| {subject} | {aim:g} | {middle:.2f} ({low:.2f} to {high:.2f}) | {_met(middle, aim)} |"


def _met(measured: float, aim: float) -> str:
    return "yes" if measured <= aim else "no"


def plot(cases: Sequence[Measured]) -> str:
    """Return an SVG with a bar for each tool on each case; each ten times as long a time is as much longer a bar."""
    tools = list(dict.fromkeys(tool for case in cases for tool in case.costs))
    bars, y = [], 0
    for case in cases:
        bars.append(_text(0, y + 12, case.name, "bold"))
        for tool, costs in case.costs.items():
            y += 16
            bars.append(_bar(y, tool, median(cost.seconds for cost in costs), _COLOURS[tools.index(tool)]))
        y += 26
    body = "\n".join(bars)
    return (
        f'<svg viewBox="0 0 760 {y}" xmlns="http://www.w3.org/2000/svg" role="img">\n<title>CPU seconds</title>\n'
        f'<rect width="760" height="{y}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _bar(y: int, tool: str, seconds: float, colour: str) -> str:
    width = max(120 * (log10(max(seconds, 0.001)) + 2), 1)  # 0.01 s has no length
    bar = f'<rect x="170" y="{y + 3}" width="{width:.0f}" height="11" fill="{colour}"/>'
    return _text(10, y + 12, tool) + bar + _text(round(176 + width), y + 12, f"{seconds:.2f}")


def _text(x: int, y: int, words: str, weight: str = "normal") -> str:
    style = f'font-family="sans-serif" font-size="11" font-weight="{weight}"'
    return f'<text x="{x}" y="{y}" {style}>{escape(words)}</text>'


def page(cases: Sequence[Measured], starts: dict[str, list[Cost]], absent: Sequence[str]) -> str:
    """Return the page as Markdown."""
    today = dt.datetime.now(tz=dt.timezone.utc).date()
    machine = f"{platform.machine()} with Python {platform.python_version()}"
    missing = f" Not measured: {', '.join(absent)}." if absent else ""
    intro = _INTRO.format(rounds=_rounds(cases), date=today, machine=machine, absent=missing)
    aimed = ["## Aims", "", "| what | at most | measured | met |", "|---|---|---|---|", *aims(cases, starts)]
    table = ["", "## All measurements", "", HEAD, *(row for case in cases for row in rows(case))]
    return intro + "\n".join([*aimed, *table]) + "\n"


def _rounds(cases: Sequence[Measured]) -> str:
    """Return a sentence that says how many rounds there were, and of which cases fewer."""
    counts = {case.name: len(next(iter(case.costs.values()))) for case in cases}
    most = max(counts.values(), default=0)
    fewer = [f"{name} {count}" for name, count in counts.items() if count < most]
    return f"Rounds: {most}; of {', '.join(fewer)}." if fewer else f"Rounds: {most}."


def write(cases: Sequence[Measured], starts: dict[str, list[Cost]], absent: Sequence[str]) -> None:
    """Write the page and its plot into docs. What people wrote below NOTES on the old page is kept."""
    before = PAGE.read_text("utf-8") if PAGE.is_file() else ""
    notes = before[before.index(NOTES) :] if NOTES in before else ""
    PLOT.write_text(plot(cases), "utf-8")
    PAGE.write_text(page(cases, starts, absent) + notes, "utf-8")
