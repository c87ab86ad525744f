"""The report as JUnit XML, for test result viewers: a suite an artifact and one for the release, a case a rule."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wheelcheck.facts import Sdist, Wheel
from wheelcheck.report.wording import safe, shown
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.engine import Report
    from wheelcheck.facts import Artifact
    from wheelcheck.rules import Finding, Rule

RELEASE = "the release"
SHOWN = 100  # findings a case; the rest is counted
_Findings = dict[tuple[str, str], list["Finding"]]


def render(report: Report) -> str:
    """Return the report as an XML document; a rule fails where it found an error, other findings are its output."""
    root = ET.Element("testsuites", name="wheelcheck")
    findings = _by_case(report)
    for artifact in report.artifacts:
        _add_suite(root, artifact.file, _rules_on(type(artifact)), findings, report)
    _add_suite(root, "", _rules_on_the_whole(), findings, report)
    for what in ("tests", "failures", "errors"):
        root.set(what, str(sum(int(suite.get(what, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, "unicode")}\n'


def _rules_on(kind: type[Artifact]) -> list[Rule[Any]]:
    return [rule for rule in all_rules() if rule.on is kind]


def _rules_on_the_whole() -> list[Rule[Any]]:
    """Return the rules that judge no single artifact but the release, or the configuration."""
    return [rule for rule in all_rules() if rule.on not in (Wheel, Sdist)]


def _by_case(report: Report) -> _Findings:
    """Group findings by suite and rule; what a rule about the release says of a file stays in the release's suite."""
    whole = {rule.code for rule in _rules_on_the_whole()}
    groups: _Findings = defaultdict(list)
    for finding in report.findings:
        groups["" if finding.code in whole else finding.artifact, finding.code].append(finding)
    return groups


def _add_suite(root: ET.Element, file: str, rules: list[Rule[Any]], findings: _Findings, report: Report) -> None:
    suite = ET.SubElement(root, "testsuite", name=safe(file) or RELEASE)
    for rule in rules:
        if rule.code in report.rules:
            _add_case(suite, rule, findings.get((file, rule.code), []), names_files=not file)
    if not file:
        _add_skips(suite, report)
    _add_gaps(suite, list(_gaps(file, report)))
    suite.set("tests", str(len(suite)))
    for what, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(what, str(sum(case.find(element) is not None for case in suite)))


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=suite.get("name", ""), name=name)


def _add_case(suite: ET.Element, rule: Rule[Any], findings: list[Finding], *, names_files: bool) -> None:
    case = _case(suite, f"{rule.code} {rule.name}")
    lines = [(finding.severity, _line(finding, names_file=names_files)) for finding in findings]
    errors = [line for severity, line in lines if severity == "error"]
    others = [f"{severity}: {line}" for severity, line in lines if severity != "error"]
    if errors:
        ET.SubElement(case, "failure", type=rule.code, message=errors[0]).text = _lines(errors)
    if others:
        ET.SubElement(case, "system-out").text = _lines(others)


def _line(finding: Finding, *, names_file: bool) -> str:
    parts = (finding.artifact if names_file else "", finding.path, finding.message)
    return ": ".join(shown(part) for part in parts if part)


def _lines(lines: list[str]) -> str:
    more = [f"… and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join(lines[:SHOWN] + more)


def _add_skips(suite: ET.Element, report: Report) -> None:
    names = {rule.code: rule.name for rule in all_rules()}
    for skip in report.skips:
        case = _case(suite, f"{skip.code} {names.get(skip.code, '')}".strip())
        ET.SubElement(case, "skipped").text = safe(": ".join(filter(None, (skip.artifact, skip.why))))


def _gaps(file: str, report: Report) -> Iterator[str]:
    """Yield what was not examined of this file; the release's suite takes the gaps of files that have no suite."""
    suites = {artifact.file for artifact in report.artifacts}
    for gap in report.gaps:
        if gap.artifact == file or (not file and gap.artifact not in suites):
            named = "" if gap.artifact == file else gap.artifact
            yield ": ".join(shown(part) for part in (named, gap.path, gap.why) if part)


def _add_gaps(suite: ET.Element, gaps: list[str]) -> None:
    case = _case(suite, "everything was examined")
    if gaps:
        ET.SubElement(case, "error", type="gap", message=gaps[0]).text = _lines(gaps)
