"""What a report lists where there is too much to list: the same choice in every format, and never without a count.

A hostile archive can cause a million findings, and a report must neither fill a disk nor hide an artifact behind
another. So every format lists at most a number of findings, ignored findings or gaps, `select` chooses which, and
`rest` says what was left out.
"""

from __future__ import annotations

from collections import Counter

from wheelcheck.counting import counted
from wheelcheck.records import dataclass
from wheelcheck.report.wording import LONGEST, RELEASE, severity_change
from wheelcheck.results import Gap
from wheelcheck.rules import SEVERITIES, Finding
from wheelcheck.rules.catalogue import impact_rank
from wheelcheck.typed import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable


# Findings of one cause are one line in every report for people: "6 files" and the first names.
#
# JSON and SARIF, which are for programs, keep each place.

NAMED = 3  # files that a folded list names before it counts the rest


@dataclass(frozen=True, slots=True)
class Group:
    """Findings with the same rule, severity and cause, in the order of the report; most often in one artifact.

    `why` is the reason why the configuration ignores them; empty where it does not.
    """

    findings: tuple[Finding, ...]
    why: str = ""

    @property
    def first(self) -> Finding:
        """The finding that stands for all: they differ in the path, and perhaps in details of the message."""
        return self.findings[0]

    @property
    def artifacts(self) -> tuple[str, ...]:
        """The artifacts, each once; the empty name stands for the release as a whole."""
        return tuple(dict.fromkeys(finding.artifact for finding in self.findings))

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


@dataclass(frozen=True, slots=True)
class Names:
    """Shortens the file names of a release: `NAME-VERSION-` is left out where all begin with it."""

    prefix: str = ""

    @classmethod
    def of(cls, files: Iterable[str]) -> Names:
        """Return the names of these files."""
        wheels = [file for file in files if file.endswith(".whl")]
        projects = {"-".join(file.split("-")[:2]) for file in wheels}
        return cls(f"{projects.pop()}-" if len(projects) == 1 and len(wheels) > 1 else "")

    def listed(self, artifacts: tuple[str, ...]) -> str:
        """Return one name whole, or how many there are and the tags of the first few."""
        if len(artifacts) == 1:
            return artifacts[0] or RELEASE
        short = [self._short(name) for name in artifacts[:NAMED]]
        rest = f" and {len(artifacts) - NAMED} more" if len(artifacts) > NAMED else ""
        return f"{len(artifacts)} files: {', '.join(short)}{rest}"

    def _short(self, name: str) -> str:
        if not self.prefix or not name.startswith(self.prefix):
            return name or RELEASE
        return "-".join(map(_set_shortened, name.removeprefix(self.prefix).removesuffix(".whl").split("-")))


def _set_shortened(tags: str) -> str:
    """Return a compressed tag set by its first and last tag if it is long."""
    first, *others = tags.split(".")
    return f"{first}.(…).{others[-1]}" if len(others) > 2 else tags


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return findings by cause, each group in the place of its first finding."""
    return _grouped((finding, "") for finding in findings)


def grouped_across(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return findings by cause like `grouped`, and one cause in several artifacts as one group."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_key(finding)[1:], []).append(finding)
    return tuple(Group(tuple(group)) for group in groups.values())


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


CAP = 10_000  # findings, ignored findings and gaps each, in a report as a whole
Ignored = tuple[Finding, str]  # a finding, and the reason why the configuration ignores it
Listable = Finding | Gap | Ignored | Group
Item = TypeVar("Item", bound=Listable)


@dataclass(frozen=True, slots=True)
class Selection(Generic[Item]):
    """What is listed and what is left out, both in the order of the report."""

    listed: tuple[Item, ...]
    omitted: tuple[Item, ...]


def select(items: Iterable[Item], limit: int = CAP) -> Selection[Item]:
    """Choose at most `limit` items.

    Errors and gaps are kept before warnings, these before notes, and ignored findings come last. Among equals the first
    of every artifact and rule is kept before any second one: what is found often does not displace what is found once.
    Of these first ones, those that stop most users are kept.
    """
    every = tuple(items)
    if len(every) <= limit:
        return Selection(every, ())
    seen: Counter[tuple[int, str, str]] = Counter()
    order = []
    for place, item in enumerate(every):
        group = _group(item)
        seen[group] += 1
        order.append((group[0], seen[group], impact_rank(group[2]) if group[2] else 0, place))
    kept = {place for *_, place in sorted(order)[:limit]}
    listed = tuple(item for place, item in enumerate(every) if place in kept)
    return Selection(listed, tuple(item for place, item in enumerate(every) if place not in kept))


def rest(omitted: Iterable[Listable]) -> str:
    """Return what was left out in words, such as "3 more errors, 1 more note"; empty text where nothing was."""
    numbers: Counter[str] = Counter()
    for item in omitted:
        numbers[_kind(item)] += len(item.findings) if isinstance(item, Group) else 1
    words = [counted(numbers[severity], f"more {severity}") for severity in SEVERITIES if numbers[severity]]
    words += [f"{numbers[kind]} more {kind}" for kind in ("ignored", "not verified") if numbers[kind]]
    return ", ".join(words)


def more(omitted: Iterable[Listable]) -> list[str]:
    """Return the last line of a list that was cut; no line where it was not."""
    words = rest(omitted)
    return [f"… and {words}"] if words else []


def _group(item: Listable) -> tuple[int, str, str]:
    """Return the rank of an item, its artifact and its rule."""
    if isinstance(item, Gap):
        return 0, item.artifact, ""
    if isinstance(item, Finding):
        return SEVERITIES.index(item.severity), item.artifact, item.code
    finding = item.first if isinstance(item, Group) else item[0]
    if isinstance(item, Group) and not item.why:
        return _group(finding)
    return len(SEVERITIES) + SEVERITIES.index(finding.severity), finding.artifact, finding.code


def _kind(item: Listable) -> str:
    if isinstance(item, Gap):
        return "not verified"
    if isinstance(item, Group):
        return "ignored" if item.why else item.first.severity
    return item.severity if isinstance(item, Finding) else "ignored"
