"""The report as one HTML page that asks nobody for anything: grid first, findings below, then every binary.

The page loads no other file and its policy forbids it to; only this style and this script may run. It reads without
the script, which does nothing but sort the table of binaries.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from importlib.resources import files
from itertools import groupby
from string import Template
from typing import TYPE_CHECKING

from wheelcheck import __version__
from wheelcheck.report import html_tables
from wheelcheck.report.html_tables import breakable, coded, escaped, heading, tag
from wheelcheck.report.wording import CAP, VERDICTS, counted, counts, examined, listed, omitted
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelcheck.engine import Gap, Report
    from wheelcheck.facts import Artifact
    from wheelcheck.rules import Finding

_SEVERITIES = ("error", "warning", "note")


def render(report: Report) -> str:
    """Return the page. Text from archives appears as text only."""
    style, script, page = (_part(name) for name in ("page.css", "sort.js", "page.html"))
    return Template(page).substitute(
        title=escaped(f"{VERDICTS[report.verdict]}: {_subject(report)}"),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        body="\n".join(_body(report)),
    )


def _part(name: str) -> str:
    return (files("wheelcheck.report") / "page" / name).read_text("utf-8")


def _hash(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _subject(report: Report) -> str:
    """Return the project and version most artifacts carry."""
    names = Counter(f"{artifact.name.project} {artifact.name.version}".strip() for artifact in report.artifacts)
    return min(names, key=lambda name: (-names[name], name), default="") or "no artifact"


def _body(report: Report) -> Iterable[str]:
    anchors = _anchors(report)
    yield _header(report)
    yield "<main>"
    yield html_tables.grid_section(report, anchors)
    yield from _gaps(report)
    yield from _findings(report, anchors)
    yield html_tables.binaries_section(report)
    yield from _rules(report)
    yield from _ignored(report)
    yield from _skips(report)
    yield "</main>"
    yield f"<footer>{escaped(f'wheelcheck {__version__}')}</footer>"


def _anchors(report: Report) -> dict[str, str]:
    """Return the fragment each file's findings stand under; what concerns no file alone stands under `release`."""
    named = [*(artifact.file for artifact in report.artifacts), *(gap.artifact for gap in report.gaps)]
    others = [finding.artifact for finding in report.findings]
    known = dict.fromkeys(name for name in (*named, *others) if name)
    release = {"": "release"} if "" in others else {}
    return release | {name: f"file-{number}" for number, name in enumerate(known, 1)}


def _header(report: Report) -> str:
    stamp = tag("span", escaped(VERDICTS[report.verdict]), f"stamp {report.verdict}")
    verdict = f'<div class="verdict">{stamp}<h1>{escaped(_subject(report))}</h1></div>'
    return f"<header>{verdict}<p>{counts(report)}</p><p>Examined {escaped(examined(report))}.</p></header>"


def _gaps(report: Report) -> Iterable[str]:
    if report.gaps:
        yield heading("gaps", "Not verified")
        yield tag("ul", "".join(map(_gap, report.gaps)), "card plain")


def _gap(gap: Gap) -> str:
    path = tag("code", escaped(gap.path)) if gap.path else ""
    return f"<li><b>{escaped(gap.artifact or 'the release')}</b> {path} {escaped(gap.why)}</li>"


# --- findings ---


def _findings(report: Report, anchors: dict[str, str]) -> Iterable[str]:
    yield heading("findings", "Findings")
    if report.findings:
        yield _filter(report)
    artifacts = {artifact.file: artifact for artifact in report.artifacts}
    shown = listed(report)
    for file, group in groupby(shown, key=lambda finding: finding.artifact):
        yield _group(file, list(group), anchors[file], artifacts.get(file))
    if omitted(report):
        yield f'<p class="none">… and {omitted(report)} more findings</p>'
    found = {finding.artifact for finding in shown}
    yield from _clean([file for file in anchors if file and file not in found], anchors, report)


def _filter(report: Report) -> str:
    boxes = [
        f'<label class="{severity}"><input type="checkbox" id="show-{severity}" checked>'
        f"{counted(report.count(severity), severity)}</label>"
        for severity in _SEVERITIES
        if report.count(severity)
    ]
    return f'<fieldset class="filter"><legend class="hidden">Show</legend>{"".join(boxes)}</fieldset>'


def _group(file: str, findings: list[Finding], anchor: str, artifact: Artifact | None) -> str:
    title = f"<h3>{escaped(file or 'The release as a whole')}{_facts(artifact)}</h3>"
    items = "".join(_finding(finding) for finding in findings)
    return f'<section class="card artifact" id="{anchor}" tabindex="-1">{title}<ol>{items}</ol></section>'


def _facts(artifact: Artifact | None) -> str:
    if artifact is None:
        return ""
    members = counted(len(artifact.members), "member")
    return f"<small>{artifact.size:,} bytes, {members}, sha256 <code>{escaped(artifact.sha256)}</code></small>"


def _finding(finding: Finding) -> str:
    path = f"<code>{breakable(finding.path)}</code>" if finding.path else ""
    rule = f'<a href="#{escaped(finding.code)}" title="{escaped(finding.name)}">{escaped(finding.code)}</a>'
    badge = tag("span", finding.severity, f"badge {finding.severity}")
    body = f'<p class="where">{rule}{path}</p><p>{escaped(finding.message)}</p>'
    return f'<li class="finding is-{finding.severity}">{badge}{body}</li>'


def _clean(names: list[str], anchors: dict[str, str], report: Report) -> Iterable[str]:
    """Yield the files without a finding: the grid's links need a place for them too."""
    unverified = {gap.artifact for gap in report.gaps}
    marks = {name: "<b>?</b>" if name in unverified else "<b>✔</b>" for name in names}
    rows = [f'<li id="{anchors[name]}" tabindex="-1">{marks[name]}<span>{escaped(name)}</span></li>' for name in names]
    if rows:
        listing = tag("ul", "".join(rows), "clean")
        yield tag("section", f"<h3>Without findings</h3>{listing}", "card artifact")


# --- what the rules say ---


def _rules(report: Report) -> Iterable[str]:
    codes = {finding.code for finding in report.findings}
    rules = [rule for rule in all_rules() if rule.code in codes]
    if rules:
        yield heading("rules", "Why it matters, and how to fix it")
        items = [
            f'<article class="rule" id="{rule.code}" tabindex="-1"><h3>{rule.code} {coded(rule.summary)}</h3>'
            f"{_explained(rule.explanation)}</article>"
            for rule in rules
        ]
        yield tag("div", "".join(items), "card")


def _explained(text: str) -> str:
    """Return a docstring as paragraphs, its labels bold and its code spans as code."""
    broken = re.sub(r"\n(?=(?:Source|Remedy):)", "\n\n", text)
    parts = [coded(" ".join(part.split())) for part in broken.split("\n\n")]
    marked = [re.sub(r"^(Source|Remedy):", r"<b>\1:</b>", part) for part in parts]
    return "".join(tag("p", part) for part in marked if part)


def _ignored(report: Report) -> Iterable[str]:
    if report.ignored:
        yield heading("ignored", "Ignored by the configuration")
        rows = [_lived_with(finding, why) for finding, why in report.ignored[:CAP]]
        yield tag("ul", "".join(rows), "card plain")


def _lived_with(finding: Finding, why: str) -> str:
    place = escaped(f"{finding.code} {finding.artifact} {finding.path}")
    return f"<li>{place}: {escaped(finding.message)} <b>{escaped(why)}</b></li>"


def _skips(report: Report) -> Iterable[str]:
    if report.skips:
        yield heading("skips", "Rules that judged nothing")
        ordered = sorted(report.skips, key=lambda skip: (skip.why, skip.code))
        groups = groupby(ordered, key=lambda skip: skip.why)
        rows = [
            f"<li>{', '.join(dict.fromkeys(skip.code for skip in group))}: {escaped(why)}</li>" for why, group in groups
        ]
        yield tag("ul", "".join(rows), "card plain")
