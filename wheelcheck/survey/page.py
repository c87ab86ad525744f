"""A survey as one HTML page: which share passes, by rule, platform and year; below it every artifact that does not.

It has the style of the report on one release, and loads nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b

from wheelcheck import __version__
from wheelcheck.counting import counted
from wheelcheck.patterns import regex
from wheelcheck.report.html import document
from wheelcheck.report.html_elements import breakable, details, element, heading, share
from wheelcheck.report.wording import VERDICTS, page, sized
from wheelcheck.rules import SEVERITIES
from wheelcheck.survey import rows as survey_rows
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from wheelcheck.report.html_elements import Content
    from wheelcheck.survey.rows import Row

    Links = Mapping[tuple[str, str], str]  # the page about a part, such as ("rules", "WC301")

_ORDER = ("fail", "unverified", "pass")  # the worst first
_SHOWN = 500  # artifacts with their findings; more are counted
_EACH = 20  # findings of one of them
_SHA256 = regex("[0-9a-f]{64}")
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

    def add(self, row: Row, findings: list[Row]) -> None:
        """Count an artifact. Memory does not grow with their number."""
        verdict = row["verdict"]
        self.verdicts[verdict] += 1
        self.size += row["bytes"]
        self.years[year(row)][verdict] += 1
        for platform in platforms(row):
            self.platforms[platform][verdict] += 1
        worst = {(each["code"], each["name"]): each["severity"] for each in reversed(findings)}
        for rule, severity in worst.items():
            self.rules[rule][severity] += 1
        if verdict != "pass" and len(self.shown) < _SHOWN:
            self.shown.append((row, findings[:_EACH]))


def year(row: Row) -> str:
    """Return the year of an artifact's file."""
    return row["modified"][:4] or "unknown"


def platforms(row: Row) -> list[str]:
    """Return the platforms of an artifact."""
    return row["platforms"] or ["unknown"]


def judged(rows: Iterable[Row], rules: str) -> Iterator[tuple[Row, list[Row]]]:
    """Yield the artifacts that one rule set has judged, each with its findings."""
    findings: list[Row] = []
    for row in rows:
        if row.get("rules") != rules:
            continue
        if row["type"] == "finding":
            findings.append(row)
            continue
        yield row, findings
        findings = []


def render(survey: Path, rules: str) -> str:
    """Return the page about the rows of one rule set. Text from archives appears as text only."""
    found = Totals()
    for row, findings in judged(survey_rows.read(survey), rules):
        found.add(row, findings)
    return overview(found, rules, {})


def overview(found: Totals, rules: str, links: Links) -> str:
    """Return the page about what is counted, with links to the pages about its parts."""
    title = f"Survey of {counted(found.verdicts.total(), 'artifact')}"
    return document(title, _body(title, found, rules, links))


def _body(title: str, found: Totals, rules: str, links: Links) -> Iterator[Element]:
    number = found.verdicts.total()
    words = ", ".join(f"{found.verdicts[each]} {VERDICTS[each].lower()}" for each in _ORDER)
    about = (("to download", sized(found.size)), ("rule set", rules))
    terms = (element("div", element("dt", term), element("dd", value)) for term, value in about)
    yield element("header", element("h1", title), element("p", words), element("dl", *terms))
    main = element("main")
    verdicts = {VERDICTS[each]: Counter({each: found.verdicts[each]}) for each in _ORDER}
    years = dict(sorted(found.years.items(), reverse=True)[:_ROWS])
    main.extend(_shares("verdicts", "By verdict", verdicts, links, number))
    main.extend(_rules(found, number, links))
    main.extend(_shares("platforms", "By platform", _largest(found.platforms), links))
    main.extend(_shares("years", "By year of the file", years, links))
    main.extend(_artifacts(found, links))
    yield main
    yield element("footer", f"wheelcheck {__version__}")


def _largest(groups: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    ordered = sorted(groups, key=lambda name: (-groups[name].total(), name))
    return {name: groups[name] for name in ordered[:_ROWS]}


def _shares(
    anchor: str, text: str, groups: Mapping[str, Counter[str]], links: Links, whole: int = 0
) -> Iterator[Element]:
    """Yield a table with a bar per group, whose parts are the verdicts; it fills the column at `whole` artifacts."""
    yield heading(anchor, text)
    body = (
        _share_row(_linked(breakable(name), links.get((anchor, name))), counts, whole or counts.total())
        for name, counts in groups.items()
    )
    yield _card(body, {each: VERDICTS[each] for each in _ORDER})


def _card(body: Iterable[Element], parts: Mapping[str, str]) -> Element:
    """Return a table of rows with bars, above it what their colours mean."""
    key = element(
        "p", *(element("span", words, class_=f"chip {part}") for part, words in parts.items()), class_="legend"
    )
    return element("div", key, element("table", element("tbody", *body), class_="largest shares"), class_="card")


def _linked(content: list[Content], link: str | None) -> list[Content]:
    return [element("a", *content, href=link)] if link else content


def _share_row(name: list[Content], counts: Counter[str], whole: int) -> Element:
    text = f"{counts.total()}"
    if counts["fail"] and len(counts) > 1:
        text += f", {100 * counts['fail'] / counts.total():.0f} % fail"
    return element(
        "tr",
        element("th", *name, scope="row"),
        element("td", text, class_="number"),
        element("td", _bar(counts, _ORDER, whole), class_="track"),
    )


def _bar(counts: Counter[str], parts: Iterable[str], whole: int) -> Element:
    drawn, start = [], 0
    for part in parts:
        place, width = share(start, whole), share(counts[part], whole)
        drawn.append(element("rect", x=place, y="2", width=width, height="14", class_=f"part {part}"))
        start += counts[part]
    return element("svg", *drawn, height="18", width="100%", aria_hidden="true")


def _rules(found: Totals, number: int, links: Links) -> Iterator[Element]:
    yield heading("rules", "By rule")
    if not found.rules:
        yield element("p", "Nothing was found.", class_="card none")
        return
    ordered = sorted(found.rules, key=lambda rule: (*(-found.rules[rule][each] for each in SEVERITIES), rule))
    body = (_rule_row(rule, found.rules[rule], number, links) for rule in ordered)
    yield _card(body, {each: each for each in SEVERITIES})


def _rule_row(rule: tuple[str, str], counts: Counter[str], number: int, links: Links) -> Element:
    code, name = rule
    words = _linked([name.replace("-", " ")], links.get(("rules", code)))
    link = element("a", code, href=page(code), rel="noreferrer")
    return element(
        "tr",
        element("th", link, " ", *words, scope="row"),
        element("td", f"{counts.total()} ({100 * counts.total() / number:.1f} %)", class_="number"),
        element("td", _bar(counts, SEVERITIES, number), class_="track"),
    )


def _artifacts(found: Totals, links: Links) -> Iterator[Element]:
    bad = found.verdicts["fail"] + found.verdicts["unverified"]
    yield heading("artifacts", "Artifacts that do not pass")
    if not bad:
        yield element("p", "Every artifact passes.", class_="card none")
        return
    for row, findings in sorted(found.shown, key=lambda shown: shown[0]["file"]):
        yield _artifact(row, findings, links.get(("artifacts", key_of(row))))
    if bad > len(found.shown):
        yield element("p", f"{bad - len(found.shown)} more are in the survey's file.", class_="none")


def key_of(row: Row) -> str:
    """Return the name of an artifact's page: nothing else has it, and it is a file name whatever the row holds."""
    digest = row["sha256"] if _SHA256.fullmatch(row["sha256"]) else "unread"
    file = row["file"] if digest == row["sha256"] else row["source"]
    return f"{digest}-{blake2b(file.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"


def _artifact(row: Row, findings: list[Row], link: str | None) -> Element:
    stamp = element("span", VERDICTS[row["verdict"]], class_=f"chip {row['verdict']}")
    own = ("; ", element("a", "its own page", href=link)) if link else ()
    place = element(
        "p", element("code", *breakable(row["source"])), element("br"), f"SHA-256 {row['sha256']}", *own, class_="none"
    )
    folded = details("", place, listed(row, findings), class_="card artifact", id=f"sha256-{row['sha256']}")
    folded[0].extend([stamp, element("span", *breakable(row["file"]))])
    return folded


def listed(row: Row, findings: list[Row]) -> Element:
    """Return what was found in an artifact as a list."""
    items = [element("li", element("b", "not verified "), why) for why in row["gaps"]]
    items += [_finding(finding) for finding in findings]
    if (more := sum(row["counts"].values()) - len(findings)) > 0:
        items.append(element("li", f"and {counted(more, 'finding')} more", class_="soft"))
    return element("ul", *items, class_="plain")


def _finding(finding: Row) -> Element:
    badge = element("span", finding["severity"], class_=f"badge {finding['severity']}")
    where: list[Content] = [element("code", *breakable(finding["path"])), " "] if finding["path"] else []
    link = element("a", finding["code"], href=page(finding["code"]), rel="noreferrer")
    return element("li", badge, link, " ", *where, finding["message"])
