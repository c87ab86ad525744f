"""What an artifact holds natively, and what changed between two artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.table import Table
from rich.text import Text

from wheelcheck.platforms import suffixes
from wheelcheck.report.wording import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from wheelcheck.binary.model import Slice
    from wheelcheck.engine import Report
    from wheelcheck.facts import Artifact, Member


# What changed natively between two artifacts: which binaries came and went, and what is different in the others.

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One native file that is not the same on both sides; `details` pairs what it was with what it is."""

    path: str
    change: Change
    details: tuple[tuple[str, str, str], ...] = ()  # (property, before, after)


def compare(before: Artifact, after: Artifact) -> tuple[Difference, ...]:
    """Return the native differences, ordered by path.

    Extension modules are the same file whatever interpreter and platform their suffix names, and an sdist's files
    whatever version its top folder names.
    """
    old, new = _by_name(before), _by_name(after)
    removed = [Difference(old[name].path, "removed", _described(old[name])) for name in old.keys() - new.keys()]
    added = [Difference(new[name].path, "added", _described(new[name])) for name in new.keys() - old.keys()]
    changed = [
        Difference(new[name].path, "changed", details)
        for name in old.keys() & new.keys()
        if (details := _details(old[name], new[name]))
    ]
    return tuple(sorted([*removed, *added, *changed]))


def properties(member: Member) -> dict[str, str]:
    """Return what is worth comparing of a native file, as text."""
    slices = member.binary.slices if member.binary else ()
    return {
        "format": member.binary.format if member.binary else "",
        "code": ", ".join(
            f"{slice_.system} {'/'.join(slice_.arches) or slice_.machine} {slice_.kind}" for slice_ in slices
        ),
        "mode": f"{member.mode:#o}",
        "floor": ", ".join(dict.fromkeys(filter(None, map(floor_of, slices)))),
        "loader": ", ".join(dict.fromkeys(slice_.interpreter for slice_ in slices if slice_.interpreter)),
        "needs": ", ".join(sorted({name for slice_ in slices for name in slice_.needed})),
        "size": str(member.size),
    }


def floor_of(slice_: Slice) -> str:
    """Return the oldest system a slice runs on: its newest glibc need, or its minimum macOS; empty where unknown."""
    if need := slice_.glibc_need:
        return need.version
    if slice_.minimum_os:
        return f"{slice_.system} {'.'.join(map(str, slice_.minimum_os))}"
    return ""


def _by_name(artifact: Artifact) -> dict[str, Member]:
    return {_stable_name(member.path, artifact): member for member in artifact.natives}


def _stable_name(path: str, artifact: Artifact) -> str:
    top, _, rest = path.partition("/")
    versioned = rest if artifact.file.endswith(".tar.gz") or top.endswith(".data") else path
    module = suffixes.parse_module_name(versioned)
    folder, slash, _ = versioned.rpartition("/")
    return f"{folder}{slash}{module.module}" if module else versioned


def _described(member: Member) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, "", value) for name, value in properties(member).items() if value)


def _details(before: Member, after: Member) -> tuple[tuple[str, str, str], ...]:
    if before.sha256 == after.sha256 and before.mode == after.mode:
        return ()
    old, new = properties(before), properties(after)
    changed = tuple((name, old[name], new[name]) for name in old if old[name] != new[name])
    return changed or (("content", before.sha256[:12], after.sha256[:12]),)


# A row for each slice_ of native code: what a maintainer compares across a release.


@dataclass(frozen=True, slots=True)
class Row:
    """One slice of one native member. `floor` is the oldest system that loads it; `size` is in bytes, of the file."""

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
    """Yield the native code of every artifact, in the artifacts' order."""
    for artifact in report.artifacts:
        for member in artifact.natives:
            for slice_ in member.binary.slices if member.binary else ():
                machine = " or ".join(slice_.arches) or slice_.machine
                facts = (slice_.system, machine, slice_.kind, floor_of(slice_), slice_.needed)
                yield Row(artifact.file, member.path, *facts, member.size, member.mode)


# The facts of one artifact, and the native differences between two, as text for people.

_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def show(artifact: Artifact, console: Console) -> None:
    """Print what an artifact is and what native files it holds."""
    console.print(Text(safe(artifact.file), style="bold"))
    tags = ", ".join(f"{tag.python}-{tag.abi}-{tag.platform}" for tag in artifact.name.tags) or "source distribution"
    for label, value in (
        ("project", f"{artifact.name.project} {artifact.name.version}"),
        ("tags", tags),
        ("sha256", artifact.sha256),
        ("members", f"{len(artifact.members)}, {sum(member.size for member in artifact.members)} bytes unpacked"),
    ):
        console.print(Text(f"  {label:<8} {safe(value)}"), soft_wrap=True)
    for member in artifact.natives:
        console.print(Text(f"\n  {safe(member.path)}", style="bold"), soft_wrap=True)
        console.print(_table(properties(member)))
    for damage in artifact.damage:
        console.print(Text(f"  damage   {safe(damage.path)} {damage.kind}: {safe(damage.why)}", "red"), soft_wrap=True)


def _table(values: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 1), pad_edge=True)
    for name, value in values.items():
        if value:
            table.add_row(Text(f"    {name:<6}", style="dim"), Text(safe(value)))
    return table


def show_differences(before: Artifact, after: Artifact, console: Console) -> int:
    """Print the native differences between two artifacts and return how many there are."""
    found = compare(before, after)
    console.print(Text(f"{safe(before.file)} → {safe(after.file)}", style="bold"), soft_wrap=True)
    for difference in found:
        mark, style = _MARKS[difference.change]
        console.print(Text(f"{mark} {safe(difference.path)}", style=style), soft_wrap=True)
        for name, old, new in difference.details:
            change = f"{safe(old) or 'none'} → {safe(new) or 'none'}" if difference.change == "changed" else safe(new)
            console.print(Text(f"    {name:<7} {change}"), soft_wrap=True)
    console.print(f"{len(found)} native differences")
    return len(found)
