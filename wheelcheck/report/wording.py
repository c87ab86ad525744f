"""The words that all reports share: untrusted text made harmless, the verdicts, counts and the line of totals."""

from __future__ import annotations

import unicodedata
from collections import Counter

from wheelcheck.counting import counted
from wheelcheck.patterns import regex
from wheelcheck.rules import SEVERITIES
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.results import Report
    from wheelcheck.rules import Finding

LONGEST = 2_000  # characters of one text in a report for people
VERDICTS = {"pass": "PASS", "fail": "FAIL", "unverified": "COULD NOT VERIFY"}
SITE = "https://wheelcheck.github.io/wheelcheck/"  # the documentation, as pyproject.toml names it too
RULE_PAGES = f"{SITE}rules"  # one page for each rule, by its code
RELEASE = "the release"  # what a finding is about that is about no single file

# Control, format, surrogate, private and unassigned characters, and the separators that some readers break lines at.
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# GitHub's runner obeys `::error::` at the start of a printed line, and the older `##[error]` anywhere in one.
_COMMAND = regex(r"^(\s*):(?=:)|##(?=\[)")


def safe(text: str) -> str:
    """Return text from an archive or a file name as one harmless line.

    Nothing gets through that a terminal, a log or a CI runner obeys: characters of `_UNSAFE` become backslash escapes,
    and so does what begins a workflow command.
    """
    plain = text if text.isprintable() else "".join(map(_escaped, text))
    if "::" not in plain and "##[" not in plain:
        return plain
    return _COMMAND.sub(lambda found: f"{found[1]}\\x3a" if found[1] is not None else "#\\x23", plain)


def shown(text: str) -> str:
    """Return text as `safe` does, cut after `LONGEST` characters with a count of the rest."""
    more = len(text) - LONGEST
    return safe(text[:LONGEST]) + (f"… and {counted(more, 'more character')}" if more > 0 else "")


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii") if unicodedata.category(char) in _UNSAFE else char


def configured(report: Report) -> str:
    """Return which configuration held: the first line of every report, since another one may change the verdict."""
    where = safe(report.run.configuration) or "none, so no particular set of files is expected"
    return f"configuration: {where}"


def examined(report: Report) -> str:
    """Return how many artifacts, members, bytes and binaries there were."""
    members = sum(len(artifact.members) for artifact in report.artifacts)
    unpacked = sum(member.size for artifact in report.artifacts for member in artifact.members)
    binaries = sum(len(artifact.natives) for artifact in report.artifacts)
    return (
        f"{counted(len(report.artifacts), 'artifact')}, {counted(members, 'member')}, {sized(unpacked)} unpacked,"
        f" {counted(binaries, 'binary', 'binaries')}"
    )


def ran(report: Report) -> str:
    """Return how many rules judged something, and how many had nothing to judge."""
    idle = {skip.code for skip in report.skips} - set(report.rules)
    words = f"{len(report.rules)} of {counted(len(report.rules) + len(idle), 'rule')} ran"
    return f"{words}; the other {len(idle)} had nothing to judge or were not selected" if idle else words


def sized(size: int) -> str:
    """Return a number of bytes as people read it, in decimal units: 812 B, 12.3 kB, 175.0 MB."""
    for unit, bytes_ in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_ * 0.99995:  # what rounds to 1000.0 kB is 1.0 MB
            return f"{size / bytes_:,.1f} {unit}"
    return f"{size} B"


def counts(report: Report) -> str:
    """Return how many findings of each severity there are, and how many are ignored or could not be verified."""
    found = [counted(report.count(severity), severity) for severity in SEVERITIES]
    ignored = [f"{len(report.ignored)} ignored"] if report.ignored else []
    gaps = [f"{len(report.gaps)} not verified"] if report.gaps else []
    return ", ".join(found + ignored + gaps)


def statistics(report: Report) -> list[str]:
    """Return a line for each rule and severity: how many findings, the code and the name, the most frequent first."""
    found = Counter((finding.severity, finding.code, finding.name) for finding in report.findings)
    ordered = sorted(found.items(), key=lambda item: (SEVERITIES.index(item[0][0]), -item[1], item[0]))
    return [f"{number:>6}  {severity:<7} {code}  {name}" for (severity, code, name), number in ordered]


def severity_change(finding: Finding) -> tuple[str, str]:
    """Return how the configuration changed a severity, such as ("lowered", "from error"); two empty texts if not."""
    change = finding.severity_change
    if not change:
        return "", ""
    before, now = SEVERITIES.index(change.before), SEVERITIES.index(finding.severity)
    if now == before:
        return "kept", f"at {change.before}"
    return "lowered" if now > before else "raised", f"from {change.before}"


def page(code: str) -> str:
    """Return the permanent address of a rule's page."""
    return f"{RULE_PAGES}/{code}/"
