"""How many findings a machine-readable report lists: a hostile archive must not fill a disk through its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.engine import Report
    from wheelcheck.rule import Finding

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
