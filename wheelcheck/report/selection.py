"""What a report lists where there is too much to list: the same choice in every format, and never without a count.

A hostile archive can cause a million findings, and a report must neither fill a disk nor hide an artifact behind
another. So every format lists at most a number of findings, ignored findings or gaps, `select` chooses which, and
`rest` says what was left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from wheelcheck.engine import Gap
from wheelcheck.report.groups import Group
from wheelcheck.report.wording import SEVERITIES, counted
from wheelcheck.rules import Finding
from wheelcheck.rules.impact import impact_rank

if TYPE_CHECKING:
    from collections.abc import Iterable

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
