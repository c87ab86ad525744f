"""The one line that says how much was examined and what came of it, in the words every report shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.engine import Report

VERDICTS = {"pass": "PASS", "fail": "FAIL", "unverified": "COULD NOT VERIFY"}


def examined(report: Report) -> str:
    """Return how many artifacts, members, bytes, binaries and rules there were."""
    members = sum(len(artifact.members) for artifact in report.artifacts)
    unpacked = sum(member.size for artifact in report.artifacts for member in artifact.members)
    binaries = sum(len(artifact.natives) for artifact in report.artifacts)
    return (
        f"{counted(len(report.artifacts), 'artifact')}, {counted(members, 'member')}, {unpacked / 1e6:.1f} MB unpacked,"
        f" {counted(binaries, 'binary', 'binaries')}, {counted(len(report.rules), 'rule')}"
    )


def counts(report: Report) -> str:
    """Return how many findings of each severity there are, and what else a reader must not miss."""
    found = [counted(report.count(kind), kind) for kind in ("error", "warning", "note")]
    ignored = [f"{len(report.ignored)} ignored"] if report.ignored else []
    gaps = [f"{len(report.gaps)} not verified"] if report.gaps else []
    return ", ".join(found + ignored + gaps)


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
