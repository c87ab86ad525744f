"""The report as SARIF 2.1.0 (OASIS), for code scanning and editors.

A result is located in the configuration, a file of the repository that every release has: a wheel is in no repository,
and its name has a version, so that code scanning would close and reopen every alert with each release. The text names
the artifact and the member, and so does the logical location. Ignored findings are suppressed results.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from pathlib import PurePosixPath
from urllib.parse import quote

from wheelcheck import __version__
from wheelcheck.patterns import regex
from wheelcheck.report.selection import rest, select
from wheelcheck.report.wording import page, safe, shown
from wheelcheck.rules.catalogue import all_rules
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Artifact
    from wheelcheck.report.selection import Listable
    from wheelcheck.results import Report
    from wheelcheck.rules import Finding, Rule

Json = dict[str, Any]
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_CONFIGURATION = "pyproject.toml"  # the file for results where none configures wheelcheck
_GRAFTED = regex(r"-[0-9a-f]{8,}(?=\.)")  # the hash in the name of a library that auditwheel or delvewheel copied


def render(report: Report) -> str:
    """Return the report as indented ASCII JSON; the same bytes give the same text."""
    return json.dumps(as_dict(report), indent=2) + "\n"


def as_dict(report: Report) -> Json:
    """Return the SARIF log as plain values."""
    run = {
        "tool": {"driver": _driver()},
        "automationDetails": {"id": _category(report)},
        "invocations": [_invocation(report)],
        "artifacts": [_artifact(artifact) for artifact in report.artifacts],
        "results": list(_results(report)),
        "columnKind": "utf16CodeUnits",
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _category(report: Report) -> str:
    """Return what later runs of the same check are known by: the project, without its version (SARIF 3.17.3)."""
    projects = Counter(artifact.name.project for artifact in report.artifacts if artifact.name.project)
    project = min(projects, key=lambda name: (-projects[name], name), default="")
    return "/".join(filter(None, ("wheelcheck", _uri(project)))) + "/"


def _driver() -> Json:
    return {
        "name": "wheelcheck",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in all_rules()],
    }


def _rule(rule: Rule[Any]) -> Json:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": _message(rule.summary),
        "fullDescription": _message(f"{rule.summary}\n\n{rule.why}".strip()),
        "help": _message(f"{rule.summary}\n\n{rule.explanation}") | {"markdown": _markdown(rule)},
        "helpUri": page(rule.code),
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": [rule.module], "severities": list(rule.severities)},
    }


def _markdown(rule: Rule[Any]) -> str:
    """Return the help of a rule as Markdown, which is what code scanning shows; all of it is text of ours."""
    parts = [f"**{rule.summary}**", f"**How to fix it:** {rule.remedy}" if rule.remedy else "", rule.why]
    parts += [f"Source: {rule.source}" if rule.source else "", f"[{rule.code}]({page(rule.code)})"]
    return "\n\n".join(filter(None, parts))


def _message(text: str) -> Json:
    """Return a message string: braces doubled (SARIF 3.11.5), and no embedded link (3.11.6) out of foreign text."""
    lines = "\n".join(shown(line) for line in text.splitlines())
    return {"text": lines.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _artifact(artifact: Artifact) -> Json:
    return {
        "location": {"uri": _uri(artifact.file)},
        "length": artifact.size,
        "roles": ["analysisTarget"],
        **({"hashes": {"sha-256": artifact.sha256}} if artifact.sha256 else {}),
    }


def _uri(name: str) -> str:
    return quote(name.encode("utf-8", "surrogatepass"))


def _results(report: Report) -> Iterator[Json]:
    places = {rule.code: index for index, rule in enumerate(all_rules())}
    versions = {artifact.file: artifact.name.version for artifact in report.artifacts}
    seen: Counter[str] = Counter()
    file = _configuration(report)
    found = [(finding, "") for finding in select(report.findings).listed]
    for finding, why in [*found, *select(report.ignored).listed]:
        identity = _identity(finding, versions.get(finding.artifact, ""))
        seen[identity] += 1
        where = (shown(part) for part in (finding.artifact, finding.path) if part)
        yield {
            "ruleId": finding.code,
            **({"ruleIndex": places[finding.code]} if finding.code in places else {}),
            "level": finding.severity,
            "message": _message(": ".join((*where, finding.message))),
            **({"analysisTarget": {"uri": _uri(finding.artifact)}} if finding.artifact else {}),
            "locations": [_location(file, finding.artifact, finding.path)],
            "partialFingerprints": {"primaryLocationLineHash": f"{_digest(identity)}:{seen[identity]}"},
            **({"suppressions": [{"kind": "external", "justification": why}]} if why else {}),
            **_change(finding),
        }


def _change(finding: Finding) -> Json:
    """Return the property that says which level the rule gave, and why the configuration changed it."""
    change = finding.severity_change
    return {"properties": {"severityChange": {"before": change.before, "reason": change.reason}}} if change else {}


def _identity(finding: Finding, version: str) -> str:
    """Return what stays the same from release to release: the rule and the place without version and content hash.

    A finding about no file is known by its words, such as those that name the missing wheel.
    """
    place = f"{finding.artifact}\n{finding.path}" if finding.artifact or finding.path else finding.message
    place = re.sub(rf"-{re.escape(version)}(?=[-./]|$)", "-*", place, flags=re.MULTILINE) if version else place
    return f"{finding.code}\n{_GRAFTED.sub('-*', place)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _configuration(report: Report) -> str:
    """Return the file that results are located in, relative to where the run was; of one elsewhere its name."""
    path = PurePosixPath(report.run.configuration or _CONFIGURATION)
    return str(path) if not path.is_absolute() and ".." not in path.parts else path.name


def _location(file: str, artifact: str, path: str) -> Json:
    # GitHub's code scanning refuses a result without a file and a line.
    where = {"artifactLocation": {"uri": _uri(file)}, "region": {"startLine": 1}}
    name = "!".join(filter(None, (artifact, path)))
    resource = [{"fullyQualifiedName": safe(name), "kind": "resource"}] if name else []
    return {"physicalLocation": where, **({"logicalLocations": resource} if resource else {})}


def _invocation(report: Report) -> Json:
    gaps = [(gap.artifact, ": ".join(filter(None, (gap.path, gap.why)))) for gap in select(report.gaps).listed]
    skips = [(skip.artifact, f"{skip.code} judged nothing: {skip.why}") for skip in report.skips]
    file = _configuration(report)
    return {
        "executionSuccessful": not report.gaps and bool(report.artifacts),
        "toolExecutionNotifications": [_notification(file, "error", *gap) for gap in gaps],
        "toolConfigurationNotifications": [
            *(_notification(file, "note", *skip) for skip in skips),
            *(_notification(file, "warning", *omission) for omission in _omissions(report)),
        ],
    }


def _omissions(report: Report) -> Iterator[tuple[str, str]]:
    """Yield how much of each artifact is not listed: a file without a result is not one without findings."""
    omitted: defaultdict[str, list[Listable]] = defaultdict(list)
    for finding in select(report.findings).omitted:
        omitted[finding.artifact].append(finding)
    for ignored in select(report.ignored).omitted:
        omitted[ignored[0].artifact].append(ignored)
    for gap in select(report.gaps).omitted:
        omitted[gap.artifact].append(gap)
    for artifact, items in omitted.items():
        yield artifact, f"not listed: {rest(items)}"


def _notification(file: str, level: str, artifact: str, text: str) -> Json:
    where = {"locations": [_location(file, artifact, "")]} if artifact else {}
    message = ": ".join(filter(None, (shown(artifact), text)))
    return {"level": level, "message": _message(message), **where}
