"""Findings that a project has decided to live with: named one by one, each with its reason, never silently."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelcheck.rules import Finding


@dataclass(frozen=True, slots=True, order=True)
class Ignore:
    """One `[[tool.wheelcheck.ignore]]`: an exact rule code, globs over the member and the file name, and why."""

    code: str
    reason: str
    path: str = "*"
    artifact: str = "*"

    def covers(self, finding: Finding) -> bool:
        """Return whether the finding is meant. A glob's `*` crosses slashes."""
        return (
            finding.code == self.code
            and fnmatchcase(finding.path, self.path)
            and fnmatchcase(finding.artifact, self.artifact)
        )

    @property
    def is_total(self) -> bool:
        """True where the rule is switched off altogether."""
        return not (self.path + self.artifact).strip("*")  # ** says no more than *


@dataclass(frozen=True, slots=True)
class Ledger:
    """What came of the ignores: findings set aside with their reason, and ignores that met nothing."""

    ignored: tuple[tuple[Finding, str], ...] = ()
    unused: tuple[Ignore, ...] = ()


def set_aside(ignores: Iterable[Ignore], findings: Iterable[Finding]) -> tuple[list[Finding], Ledger]:
    """Divide the findings into those that stand and those that an ignore covers; the first that matches counts."""
    kept: list[Finding] = []
    ignored: list[tuple[Finding, str]] = []
    rules = tuple(ignores)
    used: set[Ignore] = set()
    for finding in findings:
        cover = [ignore for ignore in rules if ignore.covers(finding)]
        used.update(cover)
        if cover:
            ignored.append((finding, cover[0].reason))
        else:
            kept.append(finding)
    return kept, Ledger(tuple(ignored), tuple(ignore for ignore in rules if ignore not in used))
