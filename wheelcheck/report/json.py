"""The report as JSON, for programs; schema/report-1.json describes it.

`schema` grows by one, and a new schema file is added, when a field changes its meaning or goes away. A new field
changes neither.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict

from wheelcheck import __version__
from wheelcheck.counting import dotted
from wheelcheck.report.floors import floors
from wheelcheck.report.selection import select
from wheelcheck.report.sizes import by_kind
from wheelcheck.rules import SEVERITIES
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wheelcheck.binary.model import Binary, Slice
    from wheelcheck.facts import Artifact
    from wheelcheck.report.floors import Floor
    from wheelcheck.results import Report
    from wheelcheck.rules import Finding

SCHEMA = 1
_FINDING = ("code", "name", "severity", "artifact", "path", "message", "fix")


def render(report: Report) -> str:
    """Return the report as indented ASCII JSON with a fixed order of keys."""
    return dumped(as_dict(report))


def dumped(value: object) -> str:
    """Return plain values as indented ASCII JSON that holds no command to a GitHub runner which logs it."""
    return (json.dumps(value, indent=2) + "\n").replace("##[", "##\\u005b")


def described(artifact: Artifact) -> dict[str, Any]:
    """Return what an artifact is and which native files it holds, as plain values."""
    return {
        "file": artifact.file,
        "project": artifact.name.project,
        "version": artifact.name.version,
        "tags": [str(tag) for tag in artifact.name.tags],
        **_content(artifact),
        "damage": [{"path": each.path, "kind": each.kind, "why": each.why} for each in artifact.damage],
    }


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    findings, ignored, gaps = select(report.findings), select(report.ignored), select(report.gaps)
    counts: Counter[tuple[str, str]] = Counter((finding.artifact, finding.severity) for finding in report.findings)
    versions: defaultdict[str, list[Floor]] = defaultdict(list)
    for floor in floors(report):
        versions[floor.artifact].append(floor)
    return {
        "schema": SCHEMA,
        "wheelcheck": __version__,
        "verdict": report.verdict,
        "configuration": report.run.configuration,
        "counts": {severity: report.count(severity) for severity in SEVERITIES},
        "rules": list(report.rules),
        "skipped": [{"code": skip.code, "why": skip.why, "artifact": skip.artifact} for skip in report.skips],
        "artifacts": [_artifact(artifact, counts, versions[artifact.file]) for artifact in report.artifacts],
        "findings": [_finding(finding) for finding in findings.listed],
        "findings_omitted": len(findings.omitted),
        "ignored": [{**_finding(finding), "reason": why} for finding, why in ignored.listed],
        "ignored_omitted": len(ignored.omitted),
        "gaps": [{"artifact": gap.artifact, "path": gap.path, "why": gap.why} for gap in gaps.listed],
        "gaps_omitted": len(gaps.omitted),
    }


def _artifact(artifact: Artifact, counts: Counter[tuple[str, str]], versions: list[Floor]) -> dict[str, Any]:
    return {
        "file": artifact.file,
        **_content(artifact),
        "counts": {severity: counts[artifact.file, severity] for severity in SEVERITIES},
        "floors": [_floor(floor) for floor in versions],
    }


def _content(artifact: Artifact) -> dict[str, Any]:
    return {
        "sha256": artifact.sha256,
        "bytes": artifact.size,
        "members": len(artifact.members),
        "unpacked_bytes": sum(member.size for member in artifact.members),
        "bytes_by_kind": dict(by_kind(artifact)),
        "binaries": [
            {"path": member.path, "mode": f"{member.mode:#o}", "bytes": member.size, **_binary(member.binary)}
            for member in artifact.natives
            if member.binary
        ],
    }


def _floor(floor: Floor) -> dict[str, Any]:
    return {
        "path": floor.member,
        "system": floor.system,
        "cpu": floor.cpu,
        "promised": dotted(floor.promised),
        "needed": dotted(floor.needed),
        "over": floor.over,
    }


def _binary(binary: Binary) -> dict[str, Any]:
    return {"format": binary.format, "slices": [_slice(slice_) for slice_ in binary.slices]}


def _slice(slice_: Slice) -> dict[str, Any]:
    return {
        "system": slice_.system,
        "machine": slice_.machine,
        "arches": list(slice_.arches),
        "kind": slice_.kind,
        "bits": slice_.bits,
        "minimum_os": dotted(slice_.minimum_os),
        "loader": slice_.interpreter,
        "soname": slice_.soname,
        "needs": list(slice_.needed),
        "versions": [
            {
                "library": need.library,
                "version": need.version,
                "weak": need.weak,
                "symbols": symbols,
            }
            for need, symbols in slice_.symbols_by_need()
        ],
        "rpath": list(slice_.rpath),
        "runpath": list(slice_.runpath),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    change = finding.severity_change
    changed = {"before": change.before, "reason": change.reason} if change else None
    return {name: getattr(finding, name) for name in _FINDING} | {"severity_change": changed}
