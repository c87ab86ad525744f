"""The report as one HTML page: verdict, grid, floors and findings first; then artifacts, sizes and every binary.

The page loads nothing: its policy forbids that, and allows only this style and this script. It can be read without the
script, which only sorts and searches the table of binaries, and unfolds everything for paper.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from importlib.resources import files
from itertools import groupby

from wheelcheck import __version__
from wheelcheck.counting import counted
from wheelcheck.report.html_charts import floor_section, size_section
from wheelcheck.report.html_elements import append, details, element, heading, own, serialized
from wheelcheck.report.html_findings import findings_section
from wheelcheck.report.html_tables import anchors_of, artifacts_section, binaries_section, grid_section
from wheelcheck.report.selection import grouped_across, grouped_ignored, more, select
from wheelcheck.report.wording import RELEASE, VERDICTS, configured, counts, examined, ran, sized
from wheelcheck.rules import SEVERITIES
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

    from wheelcheck.report.selection import Group, Ignored
    from wheelcheck.results import Gap, Report, Skip


def render(report: Report) -> str:
    """Return the page. Text from archives appears as text only."""
    return document(f"{VERDICTS[report.verdict]}: {subject(report)}", _body(report))


def document(title: str, content: Iterable[Element]) -> str:
    """Return a page of wheelcheck with its style and script, which loads nothing."""
    style, script = _page_file("page.css"), _page_file("page.js")
    body = element("body", *content, own("script", script))
    page = element("html", _head(title, style, script), body, lang="en")
    return f"<!doctype html>\n{serialized(page)}\n"


BRIEF = 5  # findings that a notebook shows


def brief(report: Report) -> str:
    """Return verdict, totals and the worst findings as a fragment of a few lines, without style and script."""
    groups = sorted(grouped_across(report.findings), key=lambda group: SEVERITIES.index(group.first.severity))
    chosen = select(groups, BRIEF)
    lines = [*map(_brief_line, chosen.listed), *(element("li", words) for words in more(chosen.omitted))]
    title = element("p", element("b", VERDICTS[report.verdict]), f" {subject(report)}: {counts(report)}")
    return serialized(element("div", title, *([element("ul", *lines)] if lines else [])))


def _brief_line(group: Group) -> Element:
    artifacts = group.artifacts
    named = (artifacts[0] or RELEASE) if len(artifacts) == 1 else counted(len(artifacts), "artifact")
    return element("li", f"{group.first.severity} {group.first.code} ", element("b", named), f" {group.line}")


def _page_file(name: str) -> str:
    return (files("wheelcheck.report") / "page" / name).read_text("utf-8")


def _head(title: str, style: str, script: str) -> Element:
    policy = (
        f"default-src 'none'; style-src 'sha256-{_hash(style)}'; script-src 'sha256-{_hash(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        own("style", style),
    )


def _hash(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def subject(report: Report) -> str:
    """Return the project and version that most artifacts carry, and how many others there are."""
    names = Counter(f"{artifact.name.project} {artifact.name.version}".strip() for artifact in report.artifacts)
    first = min(names, key=lambda name: (-names[name], name), default="") or "no artifact"
    return f"{first} and {counted(len(names) - 1, 'other release')}" if len(names) > 1 else first


def _body(report: Report) -> Iterator[Element]:
    anchors = anchors_of(report)
    yield _header(report)
    main = element("main")
    main.extend(_gaps(report))
    main.append(element("div", _part(grid_section(report, anchors)), _part(floor_section(report)), class_="pair"))
    main.extend(findings_section(report))
    main.extend(size_section(report))
    main.extend(artifacts_section(report, anchors))
    main.extend(binaries_section(report))
    main.extend(_ignored(report))
    main.extend(_skips(report))
    yield main
    yield element("footer", f"wheelcheck {__version__}")


def _part(content: Iterable[Element]) -> Element:
    return element("section", *content)


def _header(report: Report) -> Element:
    stamp = element("span", VERDICTS[report.verdict], class_=f"stamp {report.verdict}")
    return element(
        "header",
        element("div", stamp, element("h1", subject(report)), class_="verdict"),
        element("p", counts(report)),
        element("dl", *_run(report)),
    )


def _run(report: Report) -> Iterator[Element]:
    """Yield what was run, as terms and their values."""
    packed = sum(artifact.size for artifact in report.artifacts)
    run = report.run
    for term, value in (
        ("examined", examined(report)),
        ("rules", ran(report)),
        ("to download", sized(packed)),
        ("date", run.date.replace("T", " ").replace("+00:00", " UTC")),
        ("command", run.command),
        ("configuration", configured(report).partition(": ")[2]),
    ):
        if value:
            yield element("div", element("dt", term), element("dd", value))


def _gaps(report: Report) -> Iterator[Element]:
    if report.gaps:
        chosen = select(report.gaps)
        yield heading("gaps", "Not verified")
        yield element("ul", *map(_gap, chosen.listed), class_="card plain")
        yield from _more(chosen.omitted)


def _gap(gap: Gap) -> Element:
    item = element("li", element("b", gap.artifact or RELEASE), " ")
    for part in (element("code", gap.path), " ") if gap.path else ():
        append(item, part)
    append(item, gap.why)
    return item


def _more(omitted: tuple[Gap, ...] | tuple[Ignored, ...]) -> Iterator[Element]:
    """Yield how much is left out, where something is."""
    for words in more(omitted):
        yield element("p", words, class_="none")


def _ignored(report: Report) -> Iterator[Element]:
    if report.ignored:
        chosen = select(report.ignored)
        yield heading("ignored", "Ignored by the configuration")
        listing = element("ul", *map(_ignored_item, grouped_ignored(chosen.listed)), class_="plain")
        number = counted(len(report.ignored), "finding")
        yield details(number, listing, *_more(chosen.omitted), class_="card")


def _ignored_item(ignored: Group) -> Element:
    place = " ".join(filter(None, (ignored.first.code, ignored.first.artifact)))
    text = f"{place} {ignored.line}" if ignored.where else f"{place}: {ignored.line}"
    return element("li", f"{text} ", element("b", ignored.why))


def _skips(report: Report) -> Iterator[Element]:
    if report.skips:
        yield heading("skips", "Rules that judged nothing")
        ordered = sorted(report.skips, key=lambda skip: (skip.why, skip.code))
        groups = groupby(ordered, key=lambda skip: skip.why)
        items = [element("li", f"{_codes(group)}: {why}") for why, group in groups]
        number = counted(len({skip.code for skip in report.skips}), "rule")
        yield details(number, element("ul", *items, class_="plain"), class_="card")


def _codes(skips: Iterable[Skip]) -> str:
    """Return the codes of skipped rules, each with the artifacts that it could not judge."""
    artifacts: defaultdict[str, list[str]] = defaultdict(list)
    for skip in skips:
        artifacts[skip.code] += [skip.artifact] if skip.artifact else []
    return ", ".join(f"{code} ({', '.join(files)})" if files else code for code, files in artifacts.items())
