"""The report as JSON, for programs; schema/report-1.json says what it holds.

`schema` grows by one, and a new schema file comes along, whenever a field changes its meaning or goes away. A new field
alone changes neither.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wheelcheck import __version__
from wheelcheck.report.wording import CAP, listed, omitted

if TYPE_CHECKING:
    from wheelcheck.binary.model import Binary
    from wheelcheck.engine import Report
    from wheelcheck.facts import Artifact
    from wheelcheck.rules import Finding

SCHEMA = 1


def render(report: Report) -> str:
    """Return the report as indented ASCII JSON with a fixed order of keys."""
    text = json.dumps(as_dict(report), indent=2) + "\n"
    return text.replace("##[", "##\\u005b")  # the same value, and no command to a GitHub runner that logs it


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "schema": SCHEMA,
        "wheelcheck": __version__,
        "verdict": report.verdict,
        "counts": {severity: report.count(severity) for severity in ("error", "warning", "note")},
        "rules": list(report.rules),
        "skipped": [{"code": skip.code, "why": skip.why, "artifact": skip.artifact} for skip in report.skips],
        "artifacts": [_artifact(artifact) for artifact in report.artifacts],
        "findings": [_finding(finding) for finding in listed(report)],
        "findings_omitted": omitted(report),
        "ignored": [{**_finding(finding), "reason": why} for finding, why in report.ignored[:CAP]],
        "gaps": [{"artifact": gap.artifact, "path": gap.path, "why": gap.why} for gap in report.gaps],
    }


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return {
        "file": artifact.file,
        "sha256": artifact.sha256,
        "bytes": artifact.size,
        "members": len(artifact.members),
        "unpacked_bytes": sum(member.size for member in artifact.members),
        "binaries": [
            {"path": member.path, "mode": f"{member.mode:#o}", "bytes": member.size, **_binary(member.binary)}
            for member in artifact.natives
            if member.binary
        ],
    }


def _binary(binary: Binary) -> dict[str, Any]:
    return {
        "format": binary.format,
        "slices": [
            {"system": slice_.system, "machine": slice_.machine, "arches": list(slice_.arches), "kind": slice_.kind}
            for slice_ in binary.slices
        ],
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {name: getattr(finding, name) for name in ("code", "name", "severity", "artifact", "path", "message")}
