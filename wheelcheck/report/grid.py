"""The release as a grid: one row per interpreter and ABI, one column per platform, a mark in each cell.

The grid is a plain value that text, Markdown and HTML draw. It shows what a list of findings does not: who gets a
wheel, and for whom it would not work.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath

from wheelcheck.counting import dotted
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.platforms import arch
from wheelcheck.platforms.tags import SYSTEM_NAMES, parse_platform
from wheelcheck.platforms.wheel_tags import Wheels
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.config import Config
    from wheelcheck.facts.file_names import FileName
    from wheelcheck.results import Report

Mark = Literal["pass", "warn", "unverified", "extra", "missing", "fail"]
MARKS: tuple[Mark, ...] = ("pass", "warn", "unverified", "extra", "missing", "fail")  # from good to bad
MEANINGS: dict[Mark, str] = {
    "pass": "sound",
    "warn": "warnings",
    "unverified": "not verified",
    "extra": "not expected",
    "missing": "missing",
    "fail": "errors",
}
_SYSTEMS = ("any", "linux", "macos", "windows", "android", "ios", "wasm", "other")
_SUFFIXES = (".whl", ".tar.gz", ".zip")


@dataclass(frozen=True, slots=True)
class Column:
    """One platform: the system, with its C library if that is musl, the CPU, and the floors that tags promise."""

    system: str
    cpu: str
    floors: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The column in one line."""
        return " ".join(filter(None, (self.system, self.cpu)))


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the release: the files in it, and the expected wheels that are missing there."""

    mark: Mark
    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One interpreter and ABI, or several that the same wheels serve; one cell per column, None for an empty one."""

    label: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Wheels by interpreter and platform; `whole` has a cell for the sdist and one for names that cannot be read."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    whole: tuple[tuple[str, Cell], ...] = ()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks that occur, from good to bad."""
        cells = [cell for row in self.rows for cell in row.cells if cell] + [cell for _, cell in self.whole]
        return tuple(mark for mark in MARKS if any(cell.mark == mark for cell in cells))


_Floor = tuple[bool, tuple[int, ...]]  # whether it is a version of glibc, and the version
_Key = tuple[int, str, int, str]  # the rank and label of the system, the rank and label of the CPU


class _Places:
    """Files and expected wheels by (interpreter-ABI, platform) while a grid is being made."""

    def __init__(self) -> None:
        self.files: defaultdict[tuple[str, _Key], set[str]] = defaultdict(set)
        self.missing: defaultdict[tuple[str, _Key], set[str]] = defaultdict(set)
        self.floors: defaultdict[_Key, set[_Floor]] = defaultdict(set)

    def add(self, kind: Literal["files", "missing"], pair: str, platform: str, what: str) -> None:
        parsed = parse_platform(platform)
        for key in _keys(platform):
            getattr(self, kind)[pair, key].add(what)
            self.floors[key].update([(parsed.libc == "glibc", parsed.floor)] if parsed.floor else [])


def _keys(tag: str) -> list[_Key]:
    """Return the columns of a platform tag: one per CPU; a tag of an unknown CPU or system has one of its own."""
    platform = parse_platform(tag)
    libc = {"musl": " musl"}.get(platform.libc, "")
    place = _SYSTEMS.index(platform.system)
    label = SYSTEM_NAMES[platform.system] + libc
    if not platform.arches or platform.system == "other":
        return [(place, label, len(arch.ARCHES), "" if platform.is_any else tag)]
    rows = [arch.find(name) for name in platform.arches]
    return [(place, label, arch.ARCHES.index(row), _cpu(row, platform.system)) for row in rows]


def _cpu(row: arch.Arch, system: str) -> str:
    """Return the CPU as the tags of the system spell it."""
    own = {"macos": row.macos, "ios": row.macos, "windows": row.windows.removeprefix("win_")}
    return own.get(system) or row.name


def build(report: Report) -> Grid:
    """Return the grid of a report; the same files and configuration give the same grid."""
    names = {file: parse_file_name(PurePosixPath(file).name) for file in sorted(_files(report))}
    marks = _marks(names, report)
    places = _placed(names, report)
    keys = sorted({key for _, key in (*places.files, *places.missing)})
    pairs = sorted({pair for pair, _ in (*places.files, *places.missing)}, key=_natural)
    rows = [Row(pair, tuple(_cell(places, pair, key, marks) for key in keys)) for pair in pairs]
    columns = tuple(Column(key[1], key[3], _floors(places.floors[key])) for key in keys)
    return Grid(columns, _merged(rows), tuple(_whole(marks, names, report)))


def is_worth_showing(report: Report) -> bool:
    """Return whether a grid says more than the list of findings: several artifacts, or an expected set."""
    return len(_files(report)) > 1 or bool(report.config.wheels)


def _files(report: Report) -> set[str]:
    """Return the artifacts' names, and those of files that could not be read at all."""
    unread = {gap.artifact for gap in report.gaps if gap.artifact.endswith(_SUFFIXES)}
    return unread | {artifact.file for artifact in report.artifacts}


def _placed(names: dict[str, FileName], report: Report) -> _Places:
    places = _Places()
    given = Wheels((tag, file) for file, name in names.items() for tag in name.tags)
    for file, name in names.items():
        for tag in name.tags:
            places.add("files", f"{tag.python}-{tag.abi}", tag.platform, file)
    for expected in report.config.wheels:
        if not given.fill(expected):
            places.add("missing", f"{expected.python}-{expected.abi}", expected.platform, str(expected))
    return places


def _is_extra(name: FileName, config: Config, expected: Wheels) -> bool:
    if name.tags:
        return bool(config.wheels) and not any(map(expected.need, name.tags))
    return not name.error and config.sdist is False


def _marks(names: dict[str, FileName], report: Report) -> dict[str, Mark]:
    """Return the worst mark of each file; one that is only unexpected (WC702) is `extra` and not `fail`."""
    found: dict[str, set[Mark]] = {file: {"pass"} for file in names}
    expected = Wheels((tag, str(tag)) for tag in (*report.config.wheels, *report.config.built_elsewhere))
    for file, name in names.items():
        found[file].update(["extra"] if _is_extra(name, report.config, expected) else [])
    for gap in report.gaps:
        found.setdefault(gap.artifact, set()).add("unverified")
    for finding in report.findings:
        if finding.severity != "note" and finding.code != "WC702":
            found.setdefault(finding.artifact, set()).add("fail" if finding.severity == "error" else "warn")
    return {file: _worst(marks) for file, marks in found.items()}


def _worst(marks: Iterable[Mark]) -> Mark:
    return max(marks, key=MARKS.index)


def _filled(files: tuple[str, ...], missing: tuple[str, ...], marks: dict[str, Mark]) -> Cell:
    holes: list[Mark] = ["missing"] if missing else []
    return Cell(_worst([*holes, *(marks[file] for file in files)]), files, missing)


def _cell(places: _Places, pair: str, key: _Key, marks: dict[str, Mark]) -> Cell | None:
    files = tuple(sorted(places.files.get((pair, key), ())))
    missing = tuple(sorted(places.missing.get((pair, key), ())))
    return _filled(files, missing, marks) if files or missing else None


def _whole(marks: dict[str, Mark], names: dict[str, FileName], report: Report) -> Iterator[tuple[str, Cell]]:
    """Yield a cell for the sdist, if one is expected or given, and one for wheels whose names cannot be read."""
    sdists = tuple(file for file, name in names.items() if not name.tags and not file.endswith(".whl"))
    if sdists or report.config.sdist:
        yield "sdist", _filled(sdists, () if sdists else ("sdist",), marks)
    nameless = tuple(file for file, name in names.items() if not name.tags and file.endswith(".whl"))
    if nameless:
        yield "name cannot be read", _filled(nameless, (), marks)


def _merged(rows: list[Row]) -> tuple[Row, ...]:
    """Merge rows that the same wheels fill: py2-none and py3-none become py2.py3-none."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        only_files = all(cell is None or not cell.missing for cell in row.cells)
        groups.setdefault((row.cells, row.label.partition("-")[2]) if only_files else row.label, []).append(row)
    return tuple(Row(_joined([row.label for row in group]), group[0].cells) for group in groups.values())


def _joined(labels: list[str]) -> str:
    pythons = ".".join(label.partition("-")[0] for label in labels)
    return f"{pythons}-{labels[0].partition('-')[2]}"


def _floors(floors: set[_Floor]) -> tuple[str, ...]:
    return tuple("glibc " * is_glibc + dotted(floor) for is_glibc, floor in sorted(floors))


def _natural(text: str) -> list[tuple[int, str, int]]:
    """Return a sort key that puts cp39 before cp310, and a generic tag (py3) before those of interpreters."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text.replace("py", "!py", 1) if text.startswith("py") else text)
    return [(1, "", _version(part)) if part.isdecimal() else (0, part, 0) for part in parts]


def _version(digits: str) -> int:
    """Read 39 as 3.9 and 310 as 3.10: the first digit is the major version."""
    return int(digits[0]) * 10**6 + int(digits[1:6] or 0)
