"""Floors and sizes as lines of text: what the code of a release needs against its tags, and what its bytes are."""

from __future__ import annotations

from itertools import groupby

from wheelcheck.counting import counted, dotted
from wheelcheck.report.floors import Floor, Fold, floors, folded, step
from wheelcheck.report.lines import Line
from wheelcheck.report.selection import Names
from wheelcheck.report.wording import safe, sized
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.results import Report

_BAR = 24  # columns of a floor chart's scale
_STYLES = {True: "bold red", False: ""}


def tight_lines(report: Report) -> Iterator[Line]:
    """Yield one line per system with the highest need of each CPU: "floors  glibc needed/promised: x86_64 2.14/2.17".

    Files that name no version, such as those for musl, need none.
    """
    comparable = (fold for fold in folded(floors(report)) if fold.worst.needed and fold.worst.promised)
    ordered = sorted(comparable, key=lambda fold: (fold.worst.system, fold.worst.cpu))
    for system, group in groupby(ordered, key=lambda fold: fold.worst.system):
        line = Line(f"floors  {system} needed/promised:", "dim")
        for number, (cpu, folds) in enumerate(groupby(group, key=lambda fold: fold.worst.cpu)):
            worst = max((fold.worst for fold in folds), key=lambda floor: floor.badness)
            line.append("," if number else "", "dim")
            line.append(f" {safe(cpu)} {_said(worst)}", _STYLES[worst.over] or "dim")
        yield line


def floor_lines(report: Report) -> Iterator[Line]:
    """Yield a chart with a row per wheel and CPU: `|` is what the tag promises, `o` what is needed, `@` both."""
    names = Names.of(artifact.file for artifact in report.artifacts)
    ordered = sorted(folded(floors(report)), key=lambda fold: fold.worst.system)
    for system, group in groupby(ordered, key=lambda fold: fold.worst.system):
        folds = list(group)
        yield Line(f"floors  {system} needed/promised; on the scale o is the need, | the promise, @ both", "dim")
        width = max(len(_said(fold.worst)) for fold in folds)
        for fold in folds:
            yield _row(fold, _scale(folds), width, names)


def size_lines(report: Report) -> Iterator[Line]:
    """Yield the largest files of the release."""
    from wheelcheck.report.sizes import largest  # noqa: PLC0415  # what only -v prints

    for number, large in enumerate(largest(report)):
        where = f" in {large.artifacts} artifacts" if large.artifacts > 1 else ""
        head = "largest " if number == 0 else "        "
        yield Line(f"{head}{sized(large.size):>9}  {safe(large.path)}{where}", "dim")


def _said(floor: Floor) -> str:
    """Return need and promise, `-` for a version that is not named."""
    return f"{dotted(floor.needed) or '-'}/{dotted(floor.promised) or '-'}"


def _scale(folds: list[Fold]) -> tuple[float, float]:
    """Return the lowest and the highest version on the chart, as places on the scale of their system."""
    places = [step(f.worst.system, version) for f in folds for version in (f.worst.promised, f.worst.needed) if version]
    return min(places), max(places)


def _row(fold: Fold, scale: tuple[float, float], width: int, names: Names) -> Line:
    floor = fold.worst
    many = f" (one of {counted(fold.binaries, 'binary', 'binaries')})" if fold.binaries > 1 else ""
    return Line.of(
        ("        ", "dim"),
        (f"{_said(floor):<{width}}", _STYLES[floor.over]),
        (f"  {_bar(floor, scale)}  ", _STYLES[floor.over] or "dim"),
        (f"{safe(floor.cpu)}  {safe(floor.member)}{many} in {safe(names.listed((floor.artifact,)))}", "dim"),
    )


def _bar(floor: Floor, scale: tuple[float, float]) -> str:
    """Return the scale with the promise and the need on it, and `=` between them where the need is higher."""
    promised, needed = (_column(floor.system, version, scale) for version in (floor.promised, floor.needed))
    cells = ["-"] * _BAR
    if floor.over and promised is not None and needed is not None:
        cells[promised:needed] = "=" * (needed - promised)
    if needed is not None:
        cells[needed] = "o"
    if promised is not None:
        cells[promised] = "@" if promised == needed and not floor.over else "|"
    return "".join(cells)


def _column(system: str, version: tuple[int, ...], scale: tuple[float, float]) -> int | None:
    if not version:
        return None
    low, high = scale
    return round((step(system, version) - low) / ((high - low) or 1) * (_BAR - 1))
