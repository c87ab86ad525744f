"""What `check --fix` may do: repairs of a wheel that its bytes prove right, and that leave native code alone.

A plan is made on facts: the wheel as it is, and as it would be. Every rule judges the second before a byte is written.
A wheel is repaired whole or not at all, so that no file is written that the gate refuses.
"""

from __future__ import annotations

from wheelcheck.damage import KINDS
from wheelcheck.facts import Wheel
from wheelcheck.fix.edits import edited
from wheelcheck.records import dataclass
from wheelcheck.rules import SEVERITIES
from wheelcheck.rules.catalogue import all_rules
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelcheck.facts import Artifact
    from wheelcheck.results import Report
    from wheelcheck.rules import Finding

_REWRITTEN = frozenset(
    {"zip-descriptor", "zip-order", "zip-writer-comment"}
)  # gone once the zip is written again, with nothing lost
_KEPT = frozenset(kind for kind, row in KINDS.items() if row.legal and row.topic in ("name", "collision"))
_LARGEST = 2**32 - 1  # bytes that a zip can count without zip64 structures
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """A wheel as it is, as it shall be, and the findings that are fixed by that."""

    before: Wheel
    after: Wheel
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An artifact that is not touched although something is wrong with it, and why."""

    file: str
    why: str


def plans(report: Report) -> tuple[Plan | Refusal, ...]:
    """Return what can be done about each artifact with a fixable finding or an error, in the order of the report.

    Ignored findings are not fixed. Nothing is read or written.
    """
    decided = (decide(artifact, report.findings) for artifact in report.artifacts)
    return tuple(each for each in decided if each)


def fixable(report: Report) -> tuple[Finding, ...]:
    """Return the findings that `--fix` can repair."""
    return tuple(finding for each in plans(report) if isinstance(each, Plan) for finding in each.findings)


def decide(artifact: Artifact, findings: Iterable[Finding]) -> Plan | Refusal | None:
    """Return the plan for one artifact, or why there is none; None if nothing is to be done."""
    own = [finding for finding in findings if finding.artifact == artifact.file]
    wanted = tuple(finding for finding in own if finding.fix)
    errors = [finding for finding in own if finding.severity == "error"]
    if not wanted and not errors:
        return None
    if not isinstance(artifact, Wheel):
        return Refusal(artifact.file, "only wheels can be fixed: correct the project, and build the sdist again")
    if why := _why_untouchable(artifact):
        return Refusal(artifact.file, why)
    if not wanted:
        return Refusal(artifact.file, f"a new build is needed: {_listed(errors)}")
    after = edited(artifact, wanted)
    if why := _why_not_better(artifact, after, errors):
        return Refusal(artifact.file, why)
    return Plan(artifact, after, wanted)


def _why_untouchable(wheel: Wheel) -> str:
    """Return why the bytes of a wheel may not be written again; empty if they may."""
    info = wheel.dist_info
    for damage in wheel.damage:
        if damage.kind not in _REWRITTEN | _KEPT:
            where = f"{damage.path}: " if damage.path else ""
            return f"the container must be sound: {where}{damage.kind}: {damage.why}"
    signatures = [path for suffix in (".jws", ".p7s") if (path := info.path(f"RECORD{suffix}")) in _paths(wheel)]
    if signatures:
        return f"it is signed ({signatures[0]}), and the signature would no longer hold"
    if wheel.name.error:
        return f"its file name cannot be read: {wheel.name.error}"
    if len(wheel.dist_info_folders) != 1 or not {"WHEEL", "RECORD"} <= info.texts.keys():
        return "it must have one .dist-info folder with WHEEL and RECORD"
    if not _is_plain(info.texts["WHEEL"]):
        return f"{info.path('WHEEL')} has lines that are no fields, or bytes that are not UTF-8"
    return "it is too large for a zip without zip64" if _is_huge(wheel) else ""


def _is_plain(text: str) -> bool:
    """Return whether each line is one field, so that one can be replaced without a change to the others."""
    lines = text.rstrip().splitlines()
    return all(":" in line and line.isprintable() and line[:1].isalpha() for line in lines)


def _is_huge(wheel: Wheel) -> bool:
    return wheel.size >= _LARGEST or any(member.size >= _LARGEST for member in wheel.members)


def _paths(wheel: Wheel) -> set[str]:
    return {member.path for member in wheel.members}


def _why_not_better(before: Wheel, after: Wheel, errors: list[Finding]) -> str:
    """Return what would still be wrong, or newly wrong, with the fixed wheel; empty if it would be accepted."""
    new = _worst(_judged(after))
    left = [each for each in errors if (each.code, each.path) in new]
    faults = {key: finding for key, finding in new.items() if finding.severity != "note"}
    old = _worst(_judged(before)) if left or faults else {}
    staying = [each for each in left if _rank(new, key := (each.code, each.path)) <= _rank(old, key)]
    if staying:
        return f"an error would stay, a new build is needed: {_listed(staying)}"
    added = [finding for key, finding in faults.items() if _rank(new, key) < _rank(old, key)]
    return f"the fixed wheel would have another fault: {_listed(added)}" if added else ""


_Key = tuple[str, str]


def _rank(found: dict[_Key, Finding], key: _Key) -> int:
    return SEVERITIES.index(found[key].severity) if key in found else len(SEVERITIES)


def _worst(findings: Iterable[Finding]) -> dict[_Key, Finding]:
    """Return the worst finding for each rule and path."""
    ordered = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity), reverse=True)
    return {(finding.code, finding.path): finding for finding in ordered}


def _judged(wheel: Wheel) -> Iterable[Finding]:
    """Yield what every rule about one wheel finds, with the rules' own severities."""
    for rule in all_rules():
        if issubclass(Wheel, rule.on) and not (rule.needs and rule.needs(wheel)):
            yield from rule.findings(wheel, wheel.file)


def _listed(findings: list[Finding]) -> str:
    """Return the first few findings as text."""
    words = [": ".join(filter(None, (each.code, each.path, each.message))) for each in findings[:_SHOWN]]
    more = len(findings) - len(words)
    return "; ".join(words) + (f"; and {more} more" if more else "")
