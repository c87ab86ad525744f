"""Sets aside the findings that the configuration ignores, each with the reason written there."""

from __future__ import annotations

from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelcheck.config import Ignore
    from wheelcheck.rules import Finding


@dataclass(frozen=True, slots=True)
class IgnoredFindings:
    """The findings that are ignored, each with its reason, and the ignores that matched no finding."""

    findings: tuple[tuple[Finding, str], ...] = ()
    unused: tuple[Ignore, ...] = ()


def set_aside(ignores: Iterable[Ignore], findings: Iterable[Finding]) -> tuple[list[Finding], IgnoredFindings]:
    """Return the findings that remain, and those that are ignored.

    If several ignores cover a finding, the first one gives the reason and all of them count as used.
    """
    declared = tuple(ignores)
    kept: list[Finding] = []
    ignored: list[tuple[Finding, str]] = []
    used: set[Ignore] = set()
    for finding in findings:
        covering = [ignore for ignore in declared if ignore.covers(finding.code, finding.path, finding.artifact)]
        used.update(covering)
        if covering:
            ignored.append((finding, covering[0].reason))
        else:
            kept.append(finding)
    return kept, IgnoredFindings(tuple(ignored), tuple(ignore for ignore in declared if ignore not in used))
