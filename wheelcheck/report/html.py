"""The report as one HTML page: the grid first, the findings below it, then every binary and what the rules say.

The page loads nothing: its policy forbids that, and allows only this style and this script. It can be read without the
script, which only sorts the table of binaries.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, defaultdict
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from wheelcheck import __version__
from wheelcheck.report.html_tables import (
    append,
    binaries_section,
    breakable,
    coded,
    element,
    grid_section,
    heading,
    own,
    serialized,
)
from wheelcheck.report.selection import NAMED, grouped, grouped_ignored, more, select
from wheelcheck.report.wording import RELEASE, SEVERITIES, VERDICTS, counted, counts, examined
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

    from wheelcheck.engine import Gap, Report, Skip
    from wheelcheck.facts import Artifact
    from wheelcheck.report.selection import Group, Ignored
    from wheelcheck.rules import Finding

Anchors = dict[str, str]  # where on the page each file is told of; the empty name is the release's


def render(report: Report) -> str:
    """Return the page. Text from archives appears as text only."""
    style, script = _page_file("page.css"), _page_file("sort.js")
    body = element("body", *_body(report), own("script", script))
    page = element("html", _head(report, style, script), body, lang="en")
    return f"<!doctype html>\n{serialized(page)}\n"


def _page_file(name: str) -> str:
    return (files("wheelcheck.report") / "page" / name).read_text("utf-8")


def _head(report: Report, style: str, script: str) -> Element:
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
        element("title", f"{VERDICTS[report.verdict]}: {_subject(report)}"),
        own("style", style),
    )


def _hash(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _subject(report: Report) -> str:
    """Return the project and version that most artifacts carry."""
    names = Counter(f"{artifact.name.project} {artifact.name.version}".strip() for artifact in report.artifacts)
    return min(names, key=lambda name: (-names[name], name), default="") or "no artifact"


def _body(report: Report) -> Iterator[Element]:
    anchors = _anchors(report)
    yield _header(report)
    main = element("main")
    main.extend(grid_section(report, anchors))
    main.extend(_gaps(report))
    main.extend(_findings(report, anchors))
    main.extend(binaries_section(report))
    main.extend(_rules(report))
    main.extend(_ignored(report))
    main.extend(_skips(report))
    yield main
    yield element("footer", f"wheelcheck {__version__}")


def _anchors(report: Report) -> Anchors:
    """Return the fragment under which each file is told of; what is about no single file is under `release`."""
    named = [*(artifact.file for artifact in report.artifacts), *(gap.artifact for gap in report.gaps)]
    others = [finding.artifact for finding in report.findings]
    known = dict.fromkeys(name for name in (*named, *others) if name)
    release = {"": "release"} if "" in others else {}
    return release | {name: f"file-{number}" for number, name in enumerate(known, 1)}


def _header(report: Report) -> Element:
    stamp = element("span", VERDICTS[report.verdict], class_=f"stamp {report.verdict}")
    return element(
        "header",
        element("div", stamp, element("h1", _subject(report)), class_="verdict"),
        element("p", counts(report)),
        element("p", f"Examined {examined(report)}."),
    )


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


def _more(omitted: tuple[Finding, ...] | tuple[Gap, ...] | tuple[Ignored, ...]) -> Iterator[Element]:
    """Yield how much is left out, where something is."""
    for words in more(omitted):
        yield element("p", words, class_="none")


# --- findings ---


def _findings(report: Report, anchors: Anchors) -> Iterator[Element]:
    """Yield a section for every file with a finding, listed here or not, and one for the files without any."""
    yield heading("findings", "Findings")
    if report.findings:
        yield _filter(report)
    artifacts = {artifact.file: artifact for artifact in report.artifacts}
    chosen = select(report.findings)
    listed, omitted = _by_file(chosen.listed), _by_file(chosen.omitted)
    found = dict.fromkeys(finding.artifact for finding in report.findings)
    for file in found:
        yield _group(file, listed[file], omitted[file], anchors[file], artifacts.get(file))
    yield from _clean([file for file in anchors if file and file not in found], anchors, report)


def _by_file(findings: tuple[Finding, ...]) -> defaultdict[str, tuple[Finding, ...]]:
    groups: defaultdict[str, tuple[Finding, ...]] = defaultdict(tuple)
    ordered = sorted(findings, key=lambda finding: finding.artifact)
    groups.update((file, tuple(group)) for file, group in groupby(ordered, key=lambda finding: finding.artifact))
    return groups


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


def _group(
    file: str, listed: tuple[Finding, ...], omitted: tuple[Finding, ...], anchor: str, artifact: Artifact | None
) -> Element:
    title = element("h3", file or "The release as a whole", *(_facts(artifact) if artifact else ()))
    section = element("section", title, class_="card artifact", id=anchor, tabindex="-1")
    section.extend([element("ol", *map(_finding, grouped(listed)))] if listed else [])
    section.extend(_more(omitted))
    return section


def _facts(artifact: Artifact) -> Iterator[Element]:
    members = counted(len(artifact.members), "member")
    yield element("small", f"{artifact.size:,} bytes, {members}, sha256 ", element("code", artifact.sha256))


def _finding(found: Group) -> Element:
    first = found.first
    path = [element("span" if found.names else "code", *breakable(found.where))] if found.where else []
    rule = element("a", first.code, href=f"#{first.code}", title=first.name)
    return element(
        "li",
        element("span", first.severity, class_=f"badge {first.severity}"),
        element("p", rule, *path, class_="where"),
        element("p", found.message),
        *_places(found),
        *([element("p", found.changed, class_="soft")] if found.changed else []),
        class_=f"finding is-{first.severity}",
    )


def _places(found: Group) -> Iterator[Element]:
    """Yield the list of several files, with the message of each where they differ; a long one is folded."""
    if not found.names:
        return
    differ = found.message != found.first.message
    items = [
        element("li", element("code", *breakable(finding.path)), *([f": {finding.message}"] if differ else []))
        for finding in found.findings
    ]
    listing = element("ul", *items)
    if differ or len(found.paths) > NAMED:
        listing = element("details", element("summary", found.names), listing)
    yield element("div", listing, class_="places")


def _clean(names: list[str], anchors: Anchors, report: Report) -> Iterator[Element]:
    """Yield the files without a finding: the grid's links need a place for them too."""
    unverified = {gap.artifact for gap in report.gaps}
    ignored = Counter(finding.artifact for finding, _ in report.ignored)
    items = [_clean_file(name, anchors[name], name in unverified, ignored[name]) for name in names]
    if items:
        listing = element("ul", *items, class_="clean")
        yield element("section", element("h3", "Without findings"), listing, class_="card artifact")


def _clean_file(name: str, anchor: str, is_unverified: bool, ignored: int) -> Element:  # noqa: FBT001  # one call above
    mark = element("b", "?", class_="unverified") if is_unverified else element("b", "✔", class_="pass")
    notes = ["not verified"] * is_unverified + [f"{ignored} ignored"] * bool(ignored)
    words = element("span", name, *([element("small", ", ".join(notes))] if notes else []))
    return element("li", mark, words, id=anchor, tabindex="-1")


# --- what the rules say ---


def _rules(report: Report) -> Iterator[Element]:
    codes = {finding.code for finding in report.findings}
    rules = [rule for rule in all_rules() if rule.code in codes]
    if rules:
        yield heading("rules", "Why it matters, and how to fix it")
        items = [
            element(
                "article",
                element("h3", f"{rule.code} ", *coded(rule.summary)),
                *_explained(rule.explanation),
                class_="rule",
                id=rule.code,
                tabindex="-1",
            )
            for rule in rules
        ]
        yield element("div", *items, class_="card")


def _explained(text: str) -> Iterator[Element]:
    """Yield the paragraphs of a docstring, their labels bold and their code spans as code."""
    for part in re.sub(r"\n(?=(?:Source|Remedy):)", "\n\n", text).split("\n\n"):
        words = " ".join(part.split())
        label = re.match("(?:Source|Remedy):", words)
        bold = [element("b", label[0])] if label else []
        if words:
            yield element("p", *bold, *coded(words[label.end() :] if label else words))


def _ignored(report: Report) -> Iterator[Element]:
    if report.ignored:
        chosen = select(report.ignored)
        yield heading("ignored", "Ignored by the configuration")
        yield element("ul", *map(_ignored_item, grouped_ignored(chosen.listed)), class_="card plain")
        yield from _more(chosen.omitted)


def _ignored_item(ignored: Group) -> Element:
    place = " ".join(filter(None, (ignored.first.code, ignored.first.artifact)))
    told = f"{place} {ignored.line}" if ignored.where else f"{place}: {ignored.line}"
    return element("li", f"{told} ", element("b", ignored.why))


def _skips(report: Report) -> Iterator[Element]:
    if report.skips:
        yield heading("skips", "Rules that judged nothing")
        ordered = sorted(report.skips, key=lambda skip: (skip.why, skip.code))
        groups = groupby(ordered, key=lambda skip: skip.why)
        items = [element("li", f"{_codes(group)}: {why}") for why, group in groups]
        yield element("ul", *items, class_="card plain")


def _codes(skips: Iterable[Skip]) -> str:
    """Return the codes of skipped rules, each with the artifacts that it could not judge."""
    artifacts: defaultdict[str, list[str]] = defaultdict(list)
    for skip in skips:
        artifacts[skip.code] += [skip.artifact] if skip.artifact else []
    return ", ".join(f"{code} ({', '.join(files)})" if files else code for code, files in artifacts.items())
