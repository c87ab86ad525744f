"""The HTML report's findings: one card per rule, the remedy beside what was found, the explanation folded."""

from __future__ import annotations

from collections import defaultdict

from wheelcheck.counting import counted
from wheelcheck.records import replace
from wheelcheck.report.html_elements import breakable, coded, details, element, heading
from wheelcheck.report.selection import NAMED, grouped_across, more, select
from wheelcheck.report.wording import RELEASE, page
from wheelcheck.rules import SEVERITIES
from wheelcheck.rules.catalogue import all_rules, impact_rank
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from wheelcheck.report.html_elements import Content
    from wheelcheck.report.selection import Group
    from wheelcheck.results import Report
    from wheelcheck.rules import Finding, Rule


def findings_section(report: Report) -> Iterator[Element]:
    """Yield the findings by severity and rule: what stops most users comes first."""
    yield heading("findings", "Findings")
    if not report.findings:
        yield element("p", "Nothing was found.", class_="card none")
        return
    yield _filter(report)
    chosen = select(report.findings)
    listed, omitted = _by_rule(chosen.listed), _by_rule(chosen.omitted)
    rules = {rule.code: rule for rule in all_rules()}
    for key in sorted({*listed, *omitted}):
        yield _card(listed[key], omitted[key], rules.get(key[-1]))


def _by_rule(findings: tuple[Finding, ...]) -> defaultdict[tuple[int, int, str], list[Finding]]:
    groups: defaultdict[tuple[int, int, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[_order(finding)].append(finding)
    return groups


def anchor(finding: Finding) -> str:
    """Return the fragment of the card that a finding is in."""
    return f"{finding.code}-{finding.severity}"


def _order(finding: Finding) -> tuple[int, int, str]:
    return SEVERITIES.index(finding.severity), impact_rank(finding.code), finding.code


def _filter(report: Report) -> Element:
    boxes = [
        element(
            "label",
            element("input", type="checkbox", id=f"show-{severity}", checked=""),
            counted(report.count(severity), severity),
            class_=severity,
        )
        for severity in SEVERITIES
        if report.count(severity)
    ]
    return element("fieldset", element("legend", "Show", class_="hidden"), *boxes, class_="filter")


def _card(listed: list[Finding], omitted: list[Finding], rule: Rule[Any] | None) -> Element:
    first = (listed or omitted)[0]
    link = element("a", first.code, href=page(first.code), rel="noreferrer")
    title = element("h3", _badge(first), link, " ", *(coded(rule.summary) if rule else [first.name]))
    rest = (element("li", words, class_="soft") for words in more(omitted))
    found = element("ol", *map(_finding, grouped_across(listed)), *rest, class_="found")
    return element(
        "article",
        title,
        element("div", found, *_advice(rule), class_="beside"),
        class_=f"card finding is-{first.severity}",
        id=anchor(first),
        tabindex="-1",
    )


def _badge(finding: Finding) -> Element:
    return element("span", finding.severity, class_=f"badge {finding.severity}")


def _advice(rule: Rule[Any] | None) -> Iterator[Element]:
    """Yield the remedy, and below it why the rule exists, folded."""
    if rule:
        remedy = [element("p", *coded(rule.remedy), class_="remedy")] if rule.remedy else []
        source = [element("p", element("b", "Source: "), *coded(rule.source))] if rule.source else []
        why = details("Why it matters", *_paragraphs(rule.why), *source)
        fixable = [element("p", *coded(rule.fixable))] if rule.fixable else []
        yield element("aside", element("h4", "How to fix it"), *remedy, *fixable, why)


def _paragraphs(text: str) -> Iterator[Element]:
    """Yield the paragraphs of an explanation, and its lists, whose items begin with a hyphen."""
    for part in text.split("\n\n"):
        if part.startswith("- "):
            items = part.removeprefix("- ").split("\n- ")
            yield element("ul", *(element("li", *coded(" ".join(item.split()))) for item in items))
        elif part.strip():
            yield element("p", *coded(" ".join(part.split())))


def _finding(group: Group) -> Element:
    changed = [element("p", group.changed, class_="soft")] if group.changed else []
    return element("li", element("p", group.message), *_places(group), *changed)


def _places(group: Group) -> Iterator[Element]:
    """Yield where it was found: an artifact with its files, or every place of several artifacts.

    A few are listed as they are, more of them folded behind their number. A message stands where they differ.
    """
    first, alone = group.first, len(group.artifacts) == 1
    differ = len({finding.message for finding in group.findings}) > 1
    if alone:
        yield element("p", *_place(replace(first, path="" if len(group.findings) > 1 else first.path)), class_="places")
    if len(group.findings) == 1:
        return
    items = [element("li", *_place(finding, named=not alone, with_message=differ)) for finding in group.findings]
    listing = element("ul", *items, class_="places")
    number = group.names if alone and group.names else _number(group)
    yield listing if len(items) <= NAMED and not differ else details(number, listing)


def _number(group: Group) -> str:
    files = counted(len(group.paths), "file") if group.paths else ""
    artifacts = counted(len(group.artifacts), "artifact")
    return f"{files} in {artifacts}" if files else f"in {artifacts}"


def _place(finding: Finding, *, named: bool = True, with_message: bool = False) -> Iterator[Content]:
    """Yield the artifact if it is to be named, the member, and the message if asked for."""
    if named:
        yield element("b", *breakable(finding.artifact or RELEASE))
    if finding.path:
        yield from [" "] * named
        yield element("code", *breakable(finding.path))
    if with_message:
        yield f": {finding.message}"
