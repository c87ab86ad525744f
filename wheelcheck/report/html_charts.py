"""The HTML report's drawings: what binaries need against what tags promise, and what the bytes of a release are.

Each is a table in which a drawing stands beside the numbers it shows, so it reads as well without the drawing. A
drawing is SVG whose places are percentages: it is as wide as its column, and the page's policy allows no style there.
"""

from __future__ import annotations

from collections import defaultdict

from wheelcheck.counting import counted, dotted
from wheelcheck.report.floors import Fold, floors, folded, step
from wheelcheck.report.html_elements import breakable, details, element, heading, share
from wheelcheck.report.sizes import KINDS, largest, sizes
from wheelcheck.report.wording import sized
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

    from wheelcheck.report.floors import Floor
    from wheelcheck.report.html_elements import Content
    from wheelcheck.report.sizes import Large, MemberKind
    from wheelcheck.results import Report

EACH = 24  # binaries of one system that have a row each; more of them have one row per wheel
SHOWN = 5  # rows of one system that stand open
SOUND = 2  # the same where no binary is above what its tag promises
FOLDED = 100  # further rows, folded; the rest is counted
_NEAREST_LABELS = 20  # percent of the axis between two labels


# --- floors ---


def floor_section(report: Report) -> Iterator[Element]:
    """Yield a chart for every system on which something can be compared, under one heading."""
    systems: defaultdict[str, list[Floor]] = defaultdict(list)
    for floor in floors(report):
        systems[floor.system].append(floor)
    compared = {name: rows for name, rows in systems.items() if any(row.promised and row.needed for row in rows)}
    if compared:
        worst_first = sorted(compared, key=lambda name: max(row.badness for row in compared[name]), reverse=True)
        charts = (_chart(name, compared[name]) for name in worst_first)
        yield heading("floors", "What the tags promise, and what the code needs")
        yield element("div", _key(), *charts, class_="card charts")


def _key() -> Element:
    """Return what the signs of the drawings mean."""
    tick, dot = _line("50%", "promise", "3", "19"), element("circle", cx="50%", cy="11", r="5", class_="need")
    signs = ((tick, "promised by the tag"), (dot, "needed by the file"))
    parts = (element("span", _sign(sign), words) for sign, words in signs)
    return element("p", *parts, class_="key")


def _sign(sign: Element) -> Element:
    return element("svg", sign, width="14", height="22", aria_hidden="true")


def _chart(system: str, rows: list[Floor]) -> Element:
    """Return the chart of one system; `rows` are its binaries."""
    folds = [Fold(row, 1, int(row.over)) for row in rows] if len(rows) <= EACH else folded(rows)
    folds = sorted(folds, key=lambda fold: fold.worst.badness, reverse=True)
    axis = _Axis(system, [version for fold in folds for version in (fold.worst.promised, fold.worst.needed) if version])
    drawn = [_floor_row(fold, axis) for fold in folds[: SHOWN + FOLDED]]
    shown = SHOWN if any(fold.over for fold in folds) else SOUND
    table = _table(axis, drawn[:shown], element("caption", _caption(system, folds)))
    return element("div", table, *_folded(axis, drawn[shown:], len(folds) - len(drawn)), class_="chart")


def _table(axis: _Axis, rows: list[Element], *caption: Element) -> Element:
    names = (element("th", name, scope="col") for name in ("promised", "needed"))
    head = element("tr", element("th", "code", scope="col"), element("td", axis.labels(), class_="track"), *names)
    return element("table", *caption, element("thead", head), element("tbody", *rows), class_="floors")


def _folded(axis: _Axis, rows: list[Element], more: int) -> Iterator[Element]:
    """Yield the rows that do not stand open, and how many are left out."""
    if rows:
        rest = [element("p", f"… and {more} more", class_="none")] if more else []
        yield details(f"{len(rows) + more} more, none of them worse", _table(axis, rows), *rest)


def _caption(system: str, folds: list[Fold]) -> str:
    binaries, over = sum(fold.binaries for fold in folds), sum(fold.over for fold in folds)
    of_all = counted(binaries, "binary", "binaries")
    number = f"{over} of {of_all}" if over else f"{of_all}, none"
    return f"{system}: {number} above what the tag promises"


class _Axis:
    """The versions of one system from left to right."""

    def __init__(self, system: str, versions: list[tuple[int, ...]]) -> None:
        self.system = system
        self.versions = sorted(set(versions))
        places = [step(system, version) for version in self.versions]
        self.first, self.length = min(places) - 1, max(places) - min(places) + 2

    def place(self, version: tuple[int, ...]) -> str:
        """Return where a version stands."""
        return share(step(self.system, version) - self.first, self.length)

    def ticks(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the places of the versions that have a label: as many as do not overlap."""
        last = -float(_NEAREST_LABELS)
        for version in self.versions:
            place = self.place(version)
            if float(place[:-1]) >= last + _NEAREST_LABELS:
                last = float(place[:-1])
                yield place, version

    def labels(self) -> Element:
        """Return the axis as a drawing."""
        labels = [
            element("text", dotted(version), x=place, y="13", text_anchor="middle") for place, version in self.ticks()
        ]
        return element("svg", *labels, height="18", width="100%", aria_hidden="true", class_="axis")


def _floor_row(fold: Fold, axis: _Axis) -> Element:
    floor = fold.worst
    bad = floor.severity or ("warning" if floor.over else "")
    more = f"{counted(fold.binaries, 'binary', 'binaries')}, the furthest is " if fold.binaries > 1 else ""
    python, _, platform = short(floor.artifact).rpartition("-")
    name = element("span", *breakable(platform), title=floor.artifact, class_="wheel")
    where = element("small", more, element("code", *breakable(floor.member)), f" {floor.cpu}")
    sign = "✘" if bad == "error" else "▲"
    excess = [element("b", f"{sign} {_newer(floor)}", class_=bad)] if floor.over else []
    return element(
        "tr",
        element("th", name, element("small", python, class_="clip"), where, scope="row"),
        element("td", _track(floor, axis, bad), class_="track"),
        element("td", dotted(floor.promised) or "none", class_="number", data_label="promised"),
        element("td", dotted(floor.needed) or "any", *excess, class_="number", data_label="needed"),
    )


def _newer(floor: Floor) -> str:
    return f"{counted(max(1, int(floor.excess)), 'release')} newer"


def _track(floor: Floor, axis: _Axis, bad: str) -> Element:
    """Return the drawing of a row: a tick where the tag promises, a dot where the file needs, a bar between if over."""
    lines = [_line(place, "tick-line") for place, _ in axis.ticks()]
    bar = []
    if floor.over:
        start, end = axis.place(floor.promised), axis.place(floor.needed)
        bar = [element("line", x1=start, x2=end, y1="11", y2="11", class_=f"excess {bad}")]
    tick = [_line(axis.place(floor.promised), "promise", "3", "19")] if floor.promised else []
    dot = [element("circle", cx=axis.place(floor.needed), cy="11", r="5", class_=f"need {bad}")] if floor.needed else []
    return element("svg", *lines, *bar, *tick, *dot, height="22", width="100%", aria_hidden="true")


def _line(place: str, kind: str, top: str = "0", bottom: str = "22") -> Element:
    return element("line", x1=place, x2=place, y1=top, y2=bottom, class_=kind)


def short(file: str) -> str:
    """Return a wheel's tags: every row of a release begins with the same project and version."""
    return "-".join(file.removesuffix(".whl").split("-")[2:]) if file.endswith(".whl") else file


# --- sizes ---


def bar(parts: dict[MemberKind, int], whole: int) -> Element:
    """Return the kinds of an artifact's members as parts of one bar; `whole` is the size that fills the column."""
    drawn, start = [], 0
    for kind, size in parts.items():
        place, width = share(start, whole), share(size, whole)
        drawn.append(element("rect", x=place, y="2", width=width, height="14", class_=kind_class(kind)))
        start += size
    return element("svg", *drawn, height="18", width="100%", aria_hidden="true")


def kind_class(kind: MemberKind) -> str:
    """Return the class that gives a kind of member its colour."""
    return f"kind-{KINDS.index(kind)}"


def size_section(report: Report) -> Iterator[Element]:
    """Yield what the release is made of, under its heading: the total by kind, and the largest members."""
    made = sizes(report)
    total = {kind: sum(size.kinds.get(kind, 0) for size in made) for kind in KINDS}
    total = {kind: size for kind, size in total.items() if size}
    if total:
        yield heading("sizes", "What the bytes are")
        unpacked, packed = sum(total.values()), sum(size.packed for size in made)
        words = f"{sized(packed)} to download, {sized(unpacked)} unpacked."
        whole = [element("p", words), bar(total, unpacked), _kinds(total, unpacked)]
        yield element("div", *whole, _largest(largest(report)), class_="card sizes")


def _kinds(total: dict[MemberKind, int], unpacked: int) -> Element:
    parts: Iterable[Element] = (
        element("span", _swatch(kind), f"{kind} {sized(size)} ({100 * size / unpacked:.0f} %)")
        for kind, size in total.items()
    )
    return element("div", *parts, class_="legend")


def _swatch(kind: MemberKind) -> Element:
    square = element("rect", width="12", height="12", rx="2", class_=kind_class(kind))
    return element("svg", square, width="12", height="12", aria_hidden="true", class_="swatch")


def _largest(members: tuple[Large, ...]) -> Element:
    whole = members[0].size
    names = (element("th", name, scope="col") for name in ("largest members", "size"))
    head = element("tr", *names, element("td"))
    rows = (_large_row(large, whole) for large in members)
    return element("table", element("thead", head), element("tbody", *rows), class_="largest")


def _large_row(large: Large, whole: int) -> Element:
    several: list[Content] = [element("small", f"in {large.artifacts} artifacts")] if large.artifacts > 1 else []
    return element(
        "tr",
        element("th", element("code", *breakable(large.path)), *several, scope="row"),
        element("td", sized(large.size), class_="number"),
        element("td", bar({large.kind: large.size}, whole), class_="track"),
    )
