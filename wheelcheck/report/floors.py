"""What every binary needs of the system it runs on, against what the tag of its wheel promises.

A plain value that text and HTML draw, and JSON lists: one row per binary and platform, on one scale per system.
"""

from __future__ import annotations

from itertools import groupby

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code
from wheelcheck.facts.floors import needed, promised
from wheelcheck.records import dataclass
from wheelcheck.rules import SEVERITIES
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.results import Report

_RULES = ("WC401", "WC501")  # the rules that compare the same two versions
_MACOS_11 = 16  # the place of macOS 11 behind 10.15; its betas called themselves 10.16
_LAST_NUMBERED = {"macOS": 15, "iOS": 18}  # the next major version is that of the year
_FIRST_YEAR = 26


@dataclass(frozen=True, slots=True)
class Floor:
    """One binary on one platform of its wheel: the version that the tag promises, and the one that the file needs.

    `system` is glibc, musl, macOS, iOS or Android, and versions are those of it. `needed` is empty where the file names
    no version (a static program; musl and Android record none), `promised` where the tag names none (`linux_x86_64`).
    `severity` is that of the report's finding about it; empty where nothing is found, or where that is ignored.
    """

    artifact: str
    member: str
    system: str
    cpu: str
    promised: tuple[int, ...]
    needed: tuple[int, ...]
    severity: str = ""

    @property
    def over(self) -> bool:
        """Whether the file needs a newer system than the tag promises."""
        return self.excess > 0

    @property
    def excess(self) -> float:
        """How many releases of the system the need is above the promise; negative below it, 0 if not comparable."""
        if not self.promised or not self.needed:
            return 0
        return step(self.system, self.needed) - step(self.system, self.promised)

    @property
    def badness(self) -> tuple[int, bool, float]:
        """A sort key: what is found about the file, then how far it is above the promise; no version comes first."""
        severity = -SEVERITIES.index(self.severity) if self.severity else -len(SEVERITIES)
        return severity, bool(self.needed), self.excess


@dataclass(frozen=True, slots=True)
class Fold:
    """The binaries of one wheel on one platform: the one that is furthest above the promise stands for all."""

    worst: Floor
    binaries: int
    over: int


def step(system: str, version: tuple[int, ...]) -> float:
    """Return the place of a version on the scale of its system, on which one release is 1: macOS 10.15 stands at 15."""
    major, minor = (*version, 0, 0)[:2]
    if system == "Android":
        return major
    if system not in _LAST_NUMBERED:
        return 100 * major + minor
    if system == "macOS" and major <= 10:
        return minor
    last = _LAST_NUMBERED[system]
    place = major if major <= last else last + 1 + max(major - _FIRST_YEAR, 0)
    return place + (_MACOS_11 - 11 if system == "macOS" else 0) + min(minor, 9) / 10


def floors(report: Report) -> tuple[Floor, ...]:
    """Return a row for every binary that a tag promises to run and that has a version on either side.

    Rows are in the order of the report. Test data, code for other platforms and Windows, which has no versions in its
    tags, have no row.
    """
    severities = _severities(report)
    return tuple(
        floor
        for artifact in report.artifacts
        if isinstance(artifact, Wheel)
        for floor in _of_wheel(artifact, severities)
        if floor.promised or floor.needed
    )


def folded(rows: Iterable[Floor]) -> tuple[Fold, ...]:
    """Return one row per wheel, system and CPU: those with a finding first, then those closest to their promise."""
    ordered = sorted(rows, key=_platform_of)
    folds = [_fold(list(group)) for _, group in groupby(ordered, key=_platform_of)]
    return tuple(sorted(folds, key=lambda fold: fold.worst.badness, reverse=True))


def _platform_of(floor: Floor) -> tuple[str, str, str]:
    return floor.artifact, floor.system, floor.cpu


def _fold(group: list[Floor]) -> Fold:
    return Fold(max(group, key=lambda floor: floor.badness), len(group), sum(floor.over for floor in group))


def _of_wheel(wheel: Wheel, severities: dict[tuple[str, str], str]) -> Iterator[Floor]:
    for member, slice_, platform in native_code(wheel, "linux", "macos", "ios", "android"):
        yield Floor(
            wheel.file,
            member.path,
            platform.floor_name,
            "/".join(slice_.arches),
            promised(slice_, platform),
            needed(slice_, platform),
            severities.get((wheel.file, member.path), ""),
        )


def _severities(report: Report) -> dict[tuple[str, str], str]:
    """Return how bad the findings about versions are, the worst of each file."""
    found = [finding for finding in report.findings if finding.code in _RULES]
    found.sort(key=lambda finding: SEVERITIES.index(finding.severity), reverse=True)
    return {(finding.artifact, finding.path): finding.severity for finding in found}
