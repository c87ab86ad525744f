"""A survey as one HTML page: which share passes, by rule, platform and year; below it every artifact that does not.

It has the style of the report on one release, and loads nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wheelcheck import __version__
from wheelcheck.report.html import document
from wheelcheck.report.html_elements import breakable, details, element, heading, share
from wheelcheck.report.wording import SEVERITIES, VERDICTS, counted, page, sized
from wheelcheck.survey import rows as survey_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from wheelcheck.report.html_elements import Content
    from wheelcheck.survey.rows import Row

_ORDER = ("fail", "unverified", "pass")  # the worst first
_SHOWN = 500  # artifacts with their findings; more are counted
_EACH = 20  # findings of one of them
_ROWS = 40  # rules, platforms or years


@dataclass
class Totals:
    """What a survey holds, counted. `shown` are the worst artifacts, each with its findings."""

    verdicts: Counter[str] = field(default_factory=Counter)
    size: int = 0
    platforms: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    years: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    rules: defaultdict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    shown: list[tuple[Row, list[Row]]] = field(default_factory=list)


def totals(rows: Iterable[Row], rules: str) -> Totals:
    """Count the rows of one rule set. Memory does not grow with the number of artifacts."""
    found, findings = Totals(), list[survey_rows.Row]()
    for row in rows:
        if row.get("rules") != rules:
            continue
        if row["type"] == "finding":
            findings.append(row)
            continue
        _count(found, row, findings)
        findings = []
    return found


def _count(found: Totals, row: Row, findings: list[Row]) -> None:
    verdict = row["verdict"]
    found.verdicts[verdict] += 1
    found.size += row["bytes"]
    found.years[row["modified"][:4] or "unknown"][verdict] += 1
    for platform in row["platforms"] or ["unknown"]:
        found.platforms[platform][verdict] += 1
    worst = {(each["code"], each["name"]): each["severity"] for each in reversed(findings)}
    for rule, severity in worst.items():
        found.rules[rule][severity] += 1
    if verdict != "pass" and len(found.shown) < _SHOWN:
        found.shown.append((row, findings[:_EACH]))


def render(survey: Path, rules: str) -> str:
    """Return the page about the rows of one rule set. Text from archives appears as text only."""
    found = totals(survey_rows.read(survey), rules)
    number = found.verdicts.total()
    title = f"Survey of {counted(number, 'artifact')}"
    return document(title, _body(title, found, number, rules))


def _body(title: str, found: Totals, number: int, rules: str) -> Iterator[Element]:
    words = ", ".join(f"{found.verdicts[each]} {VERDICTS[each].lower()}" for each in _ORDER)
    about = (("to download", sized(found.size)), ("rule set", rules))
    terms = (element("div", element("dt", term), element("dd", value)) for term, value in about)
    yield element("header", element("h1", title), element("p", words), element("dl", *terms))
    main = element("main")
    main.extend(
        _shares(
            "verdicts", "By verdict", {VERDICTS[each]: Counter({each: found.verdicts[each]}) for each in _ORDER}, number
        )
    )
    main.extend(_rules(found, number))
    main.extend(_shares("platforms", "By platform", _largest(found.platforms)))
    main.extend(_shares("years", "By year of the file", dict(sorted(found.years.items(), reverse=True)[:_ROWS])))
    main.extend(_artifacts(found))
    yield main
    yield element("footer", f"wheelcheck {__version__}")


def _largest(groups: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    ordered = sorted(groups, key=lambda name: (-groups[name].total(), name))
    return {name: groups[name] for name in ordered[:_ROWS]}


def _shares(anchor: str, text: str, groups: Mapping[str, Counter[str]], whole: int = 0) -> Iterator[Element]:
    """Yield a table with a bar per group, whose parts are the verdicts; it fills the column at `whole` artifacts."""
    yield heading(anchor, text)
    body = (_share_row(name, counts, whole or counts.total()) for name, counts in groups.items())
    yield _card(body, {each: VERDICTS[each] for each in _ORDER})


def _card(body: Iterable[Element], parts: Mapping[str, str]) -> Element:
    """Return a table of rows with bars, above it what their colours mean."""
    key = element(
        "p", *(element("span", words, class_=f"chip {part}") for part, words in parts.items()), class_="legend"
    )
    return element("div", key, element("table", element("tbody", *body), class_="largest shares"), class_="card")


def _share_row(name: str, counts: Counter[str], whole: int) -> Element:
    told = f"{counts.total()}"
    if counts["fail"] and len(counts) > 1:
        told += f", {100 * counts['fail'] / counts.total():.0f} % fail"
    return element(
        "tr",
        element("th", *breakable(name), scope="row"),
        element("td", told, class_="number"),
        element("td", _bar(counts, _ORDER, whole), class_="track"),
    )


def _bar(counts: Counter[str], parts: Iterable[str], whole: int) -> Element:
    drawn, start = [], 0
    for part in parts:
        place, width = share(start, whole), share(counts[part], whole)
        drawn.append(element("rect", x=place, y="2", width=width, height="14", class_=f"part {part}"))
        start += counts[part]
    return element("svg", *drawn, height="18", width="100%", aria_hidden="true")


def _rules(found: Totals, number: int) -> Iterator[Element]:
    yield heading("rules", "By rule")
    if not found.rules:
        yield element("p", "Nothing was found.", class_="card none")
        return
    ordered = sorted(found.rules, key=lambda rule: (*(-found.rules[rule][each] for each in SEVERITIES), rule))
    body = (_rule_row(rule, found.rules[rule], number) for rule in ordered)
    yield _card(body, {each: each for each in SEVERITIES})


def _rule_row(rule: tuple[str, str], counts: Counter[str], number: int) -> Element:
    code, name = rule
    words = name.replace("-", " ")
    link = element("a", code, href=page(code), rel="noreferrer")
    return element(
        "tr",
        element("th", link, f" {words}", scope="row"),
        element("td", f"{counts.total()} ({100 * counts.total() / number:.1f} %)", class_="number"),
        element("td", _bar(counts, SEVERITIES, number), class_="track"),
    )


def _artifacts(found: Totals) -> Iterator[Element]:
    bad = found.verdicts["fail"] + found.verdicts["unverified"]
    yield heading("artifacts", "Artifacts that do not pass")
    if not bad:
        yield element("p", "Every artifact passes.", class_="card none")
        return
    for row, findings in sorted(found.shown, key=lambda shown: shown[0]["file"]):
        yield _artifact(row, findings)
    if bad > len(found.shown):
        yield element("p", f"{bad - len(found.shown)} more are in the survey's file.", class_="none")


def _artifact(row: Row, findings: list[Row]) -> Element:
    stamp = element("span", VERDICTS[row["verdict"]], class_=f"chip {row['verdict']}")
    items = [element("li", element("b", "not verified "), why) for why in row["gaps"]]
    items += [_finding(finding) for finding in findings]
    if (more := sum(row["counts"].values()) - len(findings)) > 0:
        items.append(element("li", f"and {counted(more, 'finding')} more", class_="soft"))
    place = element(
        "p", element("code", *breakable(row["source"])), element("br"), f"SHA-256 {row['sha256']}", class_="none"
    )
    folded = details(
        "", place, element("ul", *items, class_="plain"), class_="card artifact", id=f"sha256-{row['sha256']}"
    )
    folded[0].extend([stamp, element("span", *breakable(row["file"]))])
    return folded


def _finding(finding: Row) -> Element:
    badge = element("span", finding["severity"], class_=f"badge {finding['severity']}")
    where: list[Content] = [element("code", *breakable(finding["path"])), " "] if finding["path"] else []
    link = element("a", finding["code"], href=page(finding["code"]), rel="noreferrer")
    return element("li", badge, link, " ", *where, finding["message"])
