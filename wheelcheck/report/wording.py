"""The words that all reports share: untrusted text made harmless, lists cut short, counts."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.engine import Report
    from wheelcheck.rules import Finding


# Text from archives, made harmless: no escape sequence, line break, override or workflow command gets through.

LONGEST = 2_000  # characters of one text in a report for people
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


# GitHub's runner obeys `::error::` at the start of a printed line, and the older `##[error]` anywhere in one.
_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)")


def safe(text: str) -> str:
    """Return the text with every control, format and unassigned character as a backslash escape."""
    plain = "".join(_escape(char) if unicodedata.category(char) in _UNSAFE else char for char in text)
    return _COMMAND.sub(lambda found: f"{found[1]}\\x3a" if found[1] is not None else "#\\x23", plain)


def shown(text: str) -> str:
    """Return a text from an archive harmless, and no longer than anyone reads."""
    more = len(text) - LONGEST
    return safe(text[:LONGEST]) + (f"… and {more} characters more" if more > 0 else "")


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


# How many findings a machine-readable report lists: a hostile archive must not fill a disk through its report.

CAP = 10_000
_ORDER = ("error", "warning", "note")


def listed(report: Report) -> tuple[Finding, ...]:
    """Return the findings to list, in the report's order; above the cap errors stay and notes go first."""
    if len(report.findings) <= CAP:
        return report.findings
    by_weight = sorted(range(len(report.findings)), key=lambda at: _ORDER.index(report.findings[at].severity))
    return tuple(report.findings[at] for at in sorted(by_weight[:CAP]))


def omitted(report: Report) -> int:
    """Return how many findings are left out."""
    return max(len(report.findings) - CAP, 0)


# The one line that says how much was examined and what came of it, in the words every report shares.

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
