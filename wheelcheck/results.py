"""What a run gives: what the rules say of one artifact or release, and the report on all of them."""

from __future__ import annotations

from wheelcheck.config import Config
from wheelcheck.records import dataclass, field
from wheelcheck.rules import SEVERITIES
from wheelcheck.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.facts import Artifact
    from wheelcheck.rules import Finding

Verdict = Literal["pass", "fail", "unverified"]


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """Something that was not examined, and why. A release with a gap is not verified."""

    artifact: str
    path: str
    why: str
    rule: str = ""  # the code of the rule that raised an error, if that is the reason


@dataclass(frozen=True, slots=True, order=True)
class Skip:
    """A rule that judged nothing in one artifact, or in this run if `artifact` is empty, and why."""

    code: str
    why: str
    artifact: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """How a report came about. `configuration` is the file that held, empty for none; `date` is ISO 8601 in UTC."""

    configuration: str = ""
    command: str = ""
    date: str = ""


@dataclass(frozen=True, repr=False)
class Report:
    """What was examined and what was found.

    `rules` are the codes of the rules that judged something. `skips` holds the rules that did not, and the artifacts
    that a rule could not judge. `seconds` says how long each rule took, by artifact (empty: the release) and code.
    """

    artifacts: tuple[Artifact, ...] = ()
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    rules: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    config: Config = field(default_factory=Config)  # what was expected
    ignored: tuple[tuple[Finding, str], ...] = ()  # findings that the configuration ignores, and the reason
    run: Run = field(default_factory=Run, compare=False)
    seconds: Mapping[tuple[str, str], float] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        """Return one line: a whole release is megabytes."""
        found = ", ".join(f"{severity}s={self.count(severity)}" for severity in SEVERITIES)
        return f"<Report {self.verdict}: artifacts={len(self.artifacts)}, {found}, gaps={len(self.gaps)}>"

    @property
    def verdict(self) -> Verdict:
        """Fail if there is an error; otherwise unverified if something or everything was not examined; else pass."""
        if any(finding.severity == "error" for finding in self.findings):
            return "fail"
        return "unverified" if self.gaps or not self.artifacts else "pass"

    def count(self, severity: str) -> int:
        """Return how many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of one artifact or release: `ran` are the codes that judged it, `seconds` how long each took.

    `artifact` is None for a release, and for a file that cannot be read. Judgements of artifacts can be sent to another
    process and merged there.
    """

    artifact: Artifact | None = None
    findings: frozenset[Finding] = frozenset()
    gaps: tuple[Gap, ...] = ()
    ran: frozenset[str] = frozenset()
    skips: tuple[Skip, ...] = ()
    seconds: Mapping[tuple[str, str], float] = field(default_factory=dict, compare=False)

    @property
    def verdict(self) -> Verdict:
        """Fail if there is an error; otherwise unverified if something was not examined; else pass."""
        if any(finding.severity == "error" for finding in self.findings):
            return "fail"
        return "unverified" if self.gaps else "pass"
