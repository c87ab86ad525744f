"""The native code of artifacts: as rows of a table, compared between two artifacts, and printed.

`wheelcheck inspect` and `wheelcheck diff` print what is here, and the HTML report draws the rows.
"""

from __future__ import annotations

from collections import Counter

from rich.table import Table
from rich.text import Text

from wheelcheck.binary.model import digits
from wheelcheck.counting import counted, dotted
from wheelcheck.platforms import suffixes
from wheelcheck.records import dataclass
from wheelcheck.report.wording import safe
from wheelcheck.typed import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Artifact, Member
    from wheelcheck.facts.file_names import FileName
    from wheelcheck.platforms.wheel_tags import Place
    from wheelcheck.results import Report

Change = Literal["added", "removed", "changed"]
SHOWN = 1_000  # native files, differences and faults that are printed of one artifact; PySide6 has 600 files
_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


# --- rows ---


@dataclass(frozen=True, slots=True)
class Row:
    """One slice of one native member. `floor` is the oldest system that loads it; `size` is the file's, in bytes."""

    artifact: str
    path: str
    system: str
    machine: str
    kind: str
    floor: str
    needed: tuple[str, ...]
    size: int
    mode: int


def rows(report: Report) -> Iterator[Row]:
    """Yield one row per slice of native code, in the order of the artifacts."""
    for artifact in report.artifacts:
        for member in artifact.natives:
            for slice_ in member.slices:
                facts = (slice_.system, " or ".join(_machines(slice_)), slice_.kind, floor_of(slice_), slice_.needed)
                yield Row(artifact.file, member.path, *facts, member.size, member.mode)


def floor_of(slice_: Slice) -> str:
    """Return the oldest system a slice runs on: its newest glibc need, or its minimum macOS; empty where unknown."""
    if need := slice_.glibc_need:
        return need.version
    if slice_.minimum_os:
        return f"{slice_.system} {dotted(slice_.minimum_os)}"
    return ""


def _machines(slice_: Slice) -> tuple[str, ...]:
    """Return the CPUs a slice can be for, or the header's own name of a machine that no row of the CPU table has."""
    return slice_.arches or (slice_.machine,)


# --- comparison ---


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One native file that is not the same in both artifacts, and which of its properties differ."""

    path: str
    change: Change
    details: tuple[tuple[str, str, str], ...] = ()  # (property, before, after)


def compare(before: Artifact, after: Artifact) -> tuple[Difference, ...]:
    """Return the native differences, ordered by path.

    An extension module counts as the same file whatever interpreter and platform its suffix names, and a file of an
    sdist or of a .data folder whatever version the top folder names.
    """
    ambiguous = _ambiguous(before) | _ambiguous(after)
    old, new = _by_name(before, ambiguous), _by_name(after, ambiguous)
    removed = [Difference(old[name].path, "removed", _described(old[name])) for name in old.keys() - new.keys()]
    added = [Difference(new[name].path, "added", _described(new[name])) for name in new.keys() - old.keys()]
    changed = [
        Difference(new[name].path, "changed", details)
        for name in old.keys() & new.keys()
        if (details := _details(old[name], new[name]))
    ]
    return tuple(sorted([*removed, *added, *changed]))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two artifacts for the same place, by file name, and how their native files differ."""

    before: str
    after: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides: the pairs, and the artifacts that one side alone has."""

    pairs: tuple[Pair, ...]
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything is different."""
        return bool(self.only_before or self.only_after) or any(pair.differences for pair in self.pairs)


def paired(before: Sequence[Artifact], after: Sequence[Artifact]) -> Comparison:
    """Compare two artifacts whatever they are, or the artifacts of two releases that have the same tags."""
    if len(before) == len(after) == 1:
        return Comparison((_pair(before[0], after[0]),))
    older, newer = ({_place(artifact): artifact for artifact in side} for side in (before, after))
    pairs = tuple(_pair(artifact, newer[place]) for place, artifact in older.items() if place in newer)
    in_pairs = {pair.before for pair in pairs}, {pair.after for pair in pairs}
    return Comparison(
        pairs,
        tuple(artifact.file for artifact in before if artifact.file not in in_pairs[0]),
        tuple(artifact.file for artifact in after if artifact.file not in in_pairs[1]),
    )


def _pair(before: Artifact, after: Artifact) -> Pair:
    return Pair(before.file, after.file, compare(before, after))


def _place(artifact: Artifact) -> tuple[Place, ...]:
    """Return what a wheel is for, whatever the floor of its platform is; nothing for an sdist."""
    return tuple(sorted({tag.place for tag in artifact.name.tags}))


def properties(member: Member) -> dict[str, str]:
    """Return the properties of a native file that are compared, as text; empty where it has none."""
    slices = member.slices
    return {
        "format": member.binary.format if member.binary else "",
        "code": ", ".join(f"{slice_.system} {'/'.join(_machines(slice_))} {slice_.kind}" for slice_ in slices),
        "mode": f"{member.mode:#o}",
        "floor": ", ".join(dict.fromkeys(filter(None, map(floor_of, slices)))),
        "loader": ", ".join(dict.fromkeys(slice_.interpreter for slice_ in slices if slice_.interpreter)),
        "needs": ", ".join(sorted({name for slice_ in slices for name in slice_.needed})),
        "size": str(member.size),
    }


def _ambiguous(artifact: Artifact) -> set[str]:
    """Return the names that several files have: an extension module for several interpreters."""
    names = Counter(_without_suffix(_without_version(member.path, artifact)) for member in artifact.natives)
    return {name for name, number in names.items() if number > 1}


def _by_name(artifact: Artifact, ambiguous: set[str]) -> dict[str, Member]:
    """Return the native files by a name that stays from release to release; those of ambiguous names keep their own."""
    paths = {_without_version(member.path, artifact): member for member in artifact.natives}
    return {path if (name := _without_suffix(path)) in ambiguous else name: member for path, member in paths.items()}


def _without_version(path: str, artifact: Artifact) -> str:
    """Return a path without the top folder that names the version."""
    top, _, rest = path.partition("/")
    return rest if artifact.file.endswith(".tar.gz") or top.endswith(".data") else path


def _without_suffix(path: str) -> str:
    """Return the path of an extension module without what its suffix says of interpreter and platform."""
    module = suffixes.parse_module_name(path)
    folder, slash, _ = path.rpartition("/")
    return f"{folder}{slash}{module.module}" if module else path


def _described(member: Member) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, "", value) for name, value in properties(member).items() if value)


def _details(before: Member, after: Member) -> tuple[tuple[str, str, str], ...]:
    if before.sha256 == after.sha256 and before.mode == after.mode:
        return ()
    old, new = properties(before), properties(after)
    changed = tuple((name, old[name], new[name]) for name in old if old[name] != new[name])
    return changed or (("content", before.sha256[:12], after.sha256[:12]),)


# --- printing ---


def show(artifact: Artifact, console: Console) -> None:
    """Print what an artifact is and which native files it holds."""
    console.print(Text(safe(artifact.file), style="bold"))
    for label, value in (
        ("project", f"{artifact.name.project} {artifact.name.version}"),
        ("tags", _tags(artifact.name)),
        ("sha256", artifact.sha256),
        ("members", f"{len(artifact.members)}, {sum(member.size for member in artifact.members)} bytes unpacked"),
    ):
        console.print(Text(f"  {label:<8} {safe(value)}"), soft_wrap=True)
    for member in artifact.natives[:SHOWN]:
        console.print(Text(f"\n  {safe(member.path)}", style="bold"), soft_wrap=True)
        console.print(_table(properties(member)))
        console.print(_table(_symbols(member)))
    _say_rest(len(artifact.natives), "native file", console)
    for damage in artifact.damage[:SHOWN]:
        console.print(Text(f"  damage   {safe(damage.path)} {damage.kind}: {safe(damage.why)}", "red"), soft_wrap=True)
    _say_rest(len(artifact.damage), "fault", console)


def _say_rest(count: int, what: str, console: Console) -> None:
    """Say how many of so many are not shown, if any."""
    if count > SHOWN:
        console.print(Text(f"  … and {counted(count - SHOWN, f'more {what}')}"))


def _symbols(member: Member) -> dict[str, str]:
    """Return the symbols that a file takes from other libraries by their versions, the newest of each library first."""
    needs = {need: symbols for slice_ in member.slices for need, symbols in slice_.symbols_by_need()}
    newest_first = sorted(needs, key=lambda need: (need.library, digits(need.version)), reverse=True)
    return {str(need): ", ".join(needs[need]) for need in newest_first}


def _tags(name: FileName) -> str:
    """Return the tags of a wheel, or what the file is instead, as far as its name says."""
    tags = ", ".join(f"{tag.python}-{tag.abi}-{tag.platform}" for tag in name.tags)
    return tags or (f"unknown: {name.error}" if name.error else "source distribution")


def _table(values: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 1), pad_edge=True)
    for name, value in values.items():
        if value:
            table.add_row(Text(f"    {name:<6}", style="dim"), Text(safe(value)))
    return table


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print the native differences of every pair, and the files without a counterpart."""
    for number, pair in enumerate(comparison.pairs):
        if number:
            console.print()
        _show_pair(pair, console)
    for side, files in (("before", comparison.only_before), ("after", comparison.only_after)):
        for file in files:
            console.print(Text(f"only {side}: {safe(file)}", style="yellow"), soft_wrap=True)


def _show_pair(pair: Pair, console: Console) -> None:
    console.print(Text(f"{safe(pair.before)} → {safe(pair.after)}", style="bold"), soft_wrap=True)
    for difference in pair.differences[:SHOWN]:
        mark, style = _MARKS[difference.change]
        console.print(Text(f"{mark} {safe(difference.path)}", style=style), soft_wrap=True)
        for name, old, new in difference.details:
            change = f"{safe(old) or 'none'} → {safe(new) or 'none'}" if difference.change == "changed" else safe(new)
            console.print(Text(f"    {name:<7} {change}"), soft_wrap=True)
    _say_rest(len(pair.differences), "native difference", console)
    console.print(Text(counted(len(pair.differences), "native difference")))


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values."""
    return {
        "pairs": [
            {
                "before": pair.before,
                "after": pair.after,
                "differences": [
                    {
                        "path": each.path,
                        "change": each.change,
                        "details": [{"name": name, "before": old, "after": new} for name, old, new in each.details],
                    }
                    for each in pair.differences
                ],
            }
            for pair in comparison.pairs
        ],
        "only_before": list(comparison.only_before),
        "only_after": list(comparison.only_after),
    }
