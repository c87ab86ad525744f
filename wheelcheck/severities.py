"""Gives findings the severity that the configuration says, with the reason written there."""

from __future__ import annotations

from wheelcheck.records import dataclass, replace
from wheelcheck.rules import SEVERITIES, SeverityChange
from wheelcheck.rules.catalogue import find
from wheelcheck.rules.configuration import Configuration
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelcheck.config import Config, SeverityOverride
    from wheelcheck.config.fields import Severity
    from wheelcheck.rules import Finding

STRICT = "warnings are errors (strict)"


@dataclass(frozen=True, slots=True)
class WeighedFindings:
    """The findings as the configuration weighs them, and the entries that covered one."""

    findings: tuple[Finding, ...]
    used: frozenset[SeverityOverride]

    def stale(self, config: Config) -> tuple[SeverityOverride, ...]:
        """Return the entries that should have covered a finding: those that lower a severity, or have a wrong code."""
        return tuple(entry for entry in config.severities if entry not in self.used and _should_match(entry))


def weigh(config: Config, findings: Iterable[Finding]) -> WeighedFindings:
    """Change the severities of findings as the configuration says.

    Where several entries cover a finding, the first one counts and all of them are used. A strict configuration makes
    an error of every warning that is left.
    """
    weighed: list[Finding] = []
    used: set[SeverityOverride] = set()
    for finding in findings:
        covering = [entry for entry in config.severities if entry.covers(finding.code, finding.path, finding.artifact)]
        used.update(covering)
        changed = _changed(finding, covering[0].level, covering[0].reason) if covering else finding
        weighed.append(_changed(changed, "error", STRICT) if _is_raised(changed, config) else changed)
    return WeighedFindings(tuple(weighed), frozenset(used))


def _is_raised(finding: Finding, config: Config) -> bool:
    return config.strict and finding.severity == "warning"


def _changed(finding: Finding, level: Severity, reason: str) -> Finding:
    """Return the finding at another level; what was changed twice names its first severity and both reasons."""
    if level == finding.severity:
        return finding
    earlier = finding.severity_change
    change = SeverityChange(earlier.before, f"{earlier.reason}; {reason}") if earlier else None
    return replace(finding, severity=level, severity_change=change or SeverityChange(finding.severity, reason))


def _should_match(entry: SeverityOverride) -> bool:
    rule = find(entry.code)
    if rule is None:
        return True
    is_lower = SEVERITIES.index(entry.level) > min(map(SEVERITIES.index, rule.severities))
    return is_lower and rule.on is not Configuration  # those are found after this was asked


def cannot_fail(config: Config) -> frozenset[str]:
    """Return the codes whose findings can nowhere make a release fail: ignored, or lowered, at every place."""
    harmless = ("note",) if config.strict else ("note", "warning")
    lowered = {entry.code for entry in config.severities if entry.is_total and entry.level in harmless}
    return frozenset(lowered | {ignore.code for ignore in config.ignores if ignore.is_total})
