"""The facts of one artifact, and the native differences between two, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from wheelcheck.compare import compare, properties
from wheelcheck.report.safe import safe

if TYPE_CHECKING:
    from rich.console import Console

    from wheelcheck.facts import Artifact

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
