"""The report as JUnit XML, for test result viewers: one suite per artifact and one for the release, one case per rule.

A case passes only where its rule judged the subject of its suite and found no error there. A rule that was skipped is a
skipped case, and one that broke is an error, as is everything else that was not examined.

A case's class is `wheelcheck.` and the artifact without dots: Jenkins takes what stands before the last dot for a
package, and would cut every version in two.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict

from wheelcheck.facts import Artifact
from wheelcheck.records import dataclass, field
from wheelcheck.report.selection import Group, grouped, grouped_ignored, more, select
from wheelcheck.report.wording import RELEASE, safe, shown
from wheelcheck.results import Gap
from wheelcheck.rules.catalogue import all_rules
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelcheck.report.selection import Ignored
    from wheelcheck.results import Report
    from wheelcheck.rules import Finding, Rule

SHOWN = 100  # causes, ignored causes and gaps of each sort in a case; the rest is counted
_WHOLE = ""  # the suite of the release; those of artifacts go by the file's name
_EXAMINED = "everything was examined"  # the last case of a suite; the others go by their rule's code


@dataclass(slots=True)
class _Case:
    """What came of one rule in one suite. A case with nothing in it has passed."""

    found: list[Finding] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    skipped: str = ""


_Suites = dict[str, defaultdict[str, _Case]]


def render(report: Report) -> str:
    """Return the report as an XML document."""
    root = ET.Element("testsuites", name="wheelcheck")
    names = {rule.code: f"{rule.code} {rule.name}" for rule in all_rules()}
    for file, cases in _suites(report).items():
        suite = _add_suite(root, file, {names.get(code, code): cases[code] for code in sorted(cases)})
        times = [report.seconds.get((file, code), 0) for code in sorted(cases)]
        for element, time in zip((suite, *suite), (sum(times), *times), strict=True):
            element.set("time", f"{time:.6f}")
    root.set("time", f"{sum(report.seconds.values()):.6f}")
    for what in ("tests", "failures", "errors"):
        root.set(what, str(sum(int(suite.get(what, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, "unicode")}\n'


def _suites(report: Report) -> _Suites:
    """Return the cases by suite and code: the artifacts in the report's order, then the release."""
    suites: _Suites = {file: defaultdict(_Case) for file in (*_files(report), _WHOLE)}
    for artifact in report.artifacts:
        _add_judged(suites[artifact.file], report, [rule for rule in all_rules() if isinstance(artifact, rule.on)])
    about_the_whole = [rule for rule in all_rules() if not issubclass(rule.on, Artifact)]
    _add_judged(suites[_WHOLE], report, about_the_whole)
    _add_findings(suites, report, {rule.code for rule in about_the_whole})
    for skip in report.skips:
        suites[skip.artifact if skip.artifact in suites else _WHOLE][skip.code].skipped = skip.why
    for gap in report.gaps:
        suites[gap.artifact if gap.artifact in suites else _WHOLE][gap.rule or _EXAMINED].gaps.append(gap)
    if not report.artifacts and not report.gaps:
        suites[_WHOLE][_EXAMINED].gaps.append(Gap("", "", "no artifact was examined"))
    return suites


def _files(report: Report) -> Iterator[str]:
    return (artifact.file for artifact in report.artifacts)


def _add_judged(cases: defaultdict[str, _Case], report: Report, rules: list[Rule[Any]]) -> None:
    """Add a case for each of the rules that judged something, and the last case of the suite."""
    for code in {rule.code for rule in rules}.intersection(report.rules) | {_EXAMINED}:
        cases[code] = _Case()


def _add_findings(suites: _Suites, report: Report, about_the_whole: set[str]) -> None:
    """Add findings to their cases; what a rule about the release finds in a file stays in the release's suite."""

    def case(finding: Finding) -> _Case:
        in_whole = finding.code in about_the_whole or finding.artifact not in suites
        return suites[_WHOLE if in_whole else finding.artifact][finding.code]

    for finding in report.findings:
        case(finding).found.append(finding)
    for ignored in report.ignored:
        case(ignored[0]).ignored.append(ignored)


def _add_suite(root: ET.Element, file: str, cases: dict[str, _Case]) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=safe(file) or RELEASE)
    classname = f"wheelcheck.{suite.get('name', '').replace('.', '_')}"
    for name, case in cases.items():
        _fill(ET.SubElement(suite, "testcase", classname=classname, name=name), case, file)
    suite.set("tests", str(len(suite)))
    for what, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(what, str(sum(case.find(element) is not None for case in suite)))
    return suite


def _fill(element: ET.Element, case: _Case, file: str) -> None:
    """Add what came of a case, in the order that Jenkins demands."""
    gaps = _lines(case.gaps, file)
    errors = _lines(grouped(finding for finding in case.found if finding.severity == "error"), file)
    others = _lines(grouped(finding for finding in case.found if finding.severity != "error"), file)
    output = others + _lines(grouped_ignored(case.ignored), file)
    if case.skipped and not gaps and not errors:
        ET.SubElement(element, "skipped").text = shown(case.skipped)
    if gaps:
        ET.SubElement(element, "error", type="gap", message=gaps[0]).text = "\n".join(gaps)
    if errors:
        ET.SubElement(element, "failure", type=case.found[0].code, message=errors[0]).text = "\n".join(errors)
    if output:
        ET.SubElement(element, "system-out").text = "\n".join(output)


def _lines(items: Sequence[Gap | Group], file: str) -> list[str]:
    chosen = select(items, SHOWN)
    return [*(_line(item, file) for item in chosen.listed), *more(chosen.omitted)]


def _line(item: Gap | Group, file: str) -> str:
    """Return one line of a case's output. It names the artifact where the suite does not."""
    if isinstance(item, Gap):
        return _located(item.artifact, f"{item.path}: {item.why}" if item.path else item.why, file)
    severity, text = item.first.severity, _located(item.first.artifact, item.line, file)
    if item.why:
        return f"ignored {severity}: {text} ({shown(item.why)})"
    return text if severity == "error" else f"{severity}: {text}"


def _located(artifact: str, words: str, file: str) -> str:
    return ": ".join(shown(part) for part in ("" if artifact == file else artifact, words) if part)
