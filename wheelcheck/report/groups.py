"""Findings of one cause, told as one fact: "6 files" and the first names, in every report for people.

JSON and SARIF, which are for programs, keep each place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelcheck.report.wording import LONGEST, counted, severity_change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelcheck.rules import Finding

NAMED = 3  # files that a folded list names before it counts the rest


@dataclass(frozen=True, slots=True)
class Group:
    """Findings in one artifact with the same rule, severity and cause, in the order of the report.

    `why` is the reason why the configuration ignores them; empty where it does not.
    """

    findings: tuple[Finding, ...]
    why: str = ""

    @property
    def first(self) -> Finding:
        """The finding that stands for all: they differ in the path, and perhaps in details of the message."""
        return self.findings[0]

    @property
    def paths(self) -> tuple[str, ...]:
        """The members, each once; none for findings about the whole artifact."""
        return tuple(dict.fromkeys(finding.path for finding in self.findings if finding.path))

    @property
    def message(self) -> str:
        """What was found: the message that all have, or what their messages have in common."""
        same = len({finding.message for finding in self.findings}) == 1
        return self.first.message if same else self.first.cause

    @property
    def where(self) -> str:
        """The member, or how many there are; empty text for the whole artifact."""
        return self.paths[0] if len(self.paths) == 1 else counted(len(self.paths), "file") if self.paths else ""

    @property
    def names(self) -> str:
        """The first few of several members and a count of the rest; empty text for one or none."""
        if len(self.paths) < 2:
            return ""
        named, more = self.paths[:NAMED], len(self.paths) - NAMED
        if more > 0:
            return f"{', '.join(named)} and {more} more"
        return f"{', '.join(named[:-1])} and {named[-1]}"

    @property
    def change(self) -> str:
        """How the configuration changed the severity, such as "lowered from error"; empty text where it did not."""
        return " ".join(severity_change(self.first)).strip()

    @property
    def changed(self) -> str:
        """How the severity was changed and why, for a report in which a line stands alone."""
        change = self.first.severity_change
        return f"{self.change}: {change.reason}" if change else ""

    @property
    def line(self) -> str:
        """Everything in one line: where, the names, what was found, the change of the severity.

        Endless names are cut here, so that they do not displace what was found.
        """
        where = f"{self.where} ({self.names})" if self.names else self.where
        where = f"{where[: LONGEST // 2]}…" if len(where) > LONGEST // 2 else where
        words = f"{where}: {self.message}" if where else self.message
        return f"{words} ({self.changed})" if self.changed else words


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return findings by cause, each group in the place of its first finding."""
    return _grouped((finding, "") for finding in findings)


def grouped_ignored(ignored: Iterable[tuple[Finding, str]]) -> tuple[Group, ...]:
    """Return ignored findings by cause and by the reason why they are ignored."""
    return _grouped(ignored)


def _grouped(reasoned: Iterable[tuple[Finding, str]]) -> tuple[Group, ...]:
    groups: dict[tuple[str, object], list[Finding]] = {}
    for finding, why in reasoned:
        groups.setdefault((why, _key(finding)), []).append(finding)
    return tuple(Group(tuple(group), why) for (why, _), group in groups.items())


def _key(finding: Finding) -> tuple[object, ...]:
    cause = finding.cause or finding.message
    return finding.artifact, finding.severity, finding.code, finding.severity_change, cause
