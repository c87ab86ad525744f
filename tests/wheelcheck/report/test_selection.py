"""What is cut is counted, and no file is shown as sound because its findings were cut: the same in every format."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import sdist, wheel
from tests.support.reports import finding, many
from wheelcheck import report as reports
from wheelcheck.report import github
from wheelcheck.report.selection import CAP, rest, select
from wheelcheck.results import Gap, Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelcheck.report.selection import Listable

TAGS = ("cp310-cp310-win32", "cp311-cp311-win32", "cp312-cp312-win32", "cp313-cp313-win32", "cp314-cp314-win32")
FLOODED = tuple(wheel(tags) for tags in TAGS[:3])
RISKY, UNREAD = wheel(TAGS[3]), wheel(TAGS[4])
SOUND = sdist()
GAPS = tuple(Gap(UNREAD.file, f"member-{number}", "a limit") for number in range(CAP + 1))
IGNORED = tuple((found, "upstream's bug") for found in many(CAP + 2, "error", RISKY.file))
FLOOD = Report(
    (*FLOODED, RISKY, UNREAD, SOUND),
    (*(found for each in FLOODED for found in many(6_000, "error", each.file)), *many(3, "warning", RISKY.file)),
    GAPS,
    ("WC301",),
    ignored=IGNORED,
)
TOTAL = Counter({"error": 18_000, "warning": 3, "ignored": CAP + 2, "not verified": CAP + 1})
# Formats, and the step summary, which is written beside them.
EVERY = (*reports.FORMATS, "summary")


@cache
def rendered(form: str) -> str:
    return github.summary(FLOOD) if form == "summary" else reports.render(FLOOD, form)


def left_out(text: str) -> Counter[str]:
    """Return what a report says it leaves out."""
    found = re.findall(r"(\d+) more (error|warning|note|ignored|not verified)", text)
    counts: Counter[str] = Counter()
    for number, kind in found:
        counts[kind] += int(number)
    return counts


def lines_matching(**patterns: str) -> Callable[[str], Counter[str]]:
    """Return what counts the places of a text at which each pattern matches."""

    def count(text: str) -> Counter[str]:
        found = {kind.replace("_", " "): re.findall(pattern, text, re.MULTILINE) for kind, pattern in patterns.items()}
        return Counter({kind: len(places) for kind, places in found.items()}) + left_out(text)

    return count


def in_text(text: str) -> Counter[str]:
    count = lines_matching(not_verified="^not verified demo")
    found: Counter[str] = Counter()
    for kind, files in re.findall(r"^(error|warning) +WC.*\n +in (?:(\d+) files: )?", text, re.MULTILINE):
        found[kind] += int(files or 1)  # one line tells what several files have in common
    (ignored,) = re.findall(r"^ignored (\d+) \(WC301\): upstream's bug$", text, re.MULTILINE)
    return count(text) + found + Counter({"ignored": int(ignored)})


def in_json(text: str) -> Counter[str]:
    document = json.loads(text)
    counts = Counter({kind: number for kind, number in document["counts"].items() if number})
    assert len(document["findings"]) + document["findings_omitted"] == counts.total()
    return counts + Counter(
        {
            "ignored": len(document["ignored"]) + document["ignored_omitted"],
            "not verified": len(document["gaps"]) + document["gaps_omitted"],
        }
    )


def in_sarif(text: str) -> Counter[str]:
    (run,) = json.loads(text)["runs"]
    (invocation,) = run["invocations"]
    listed = Counter("ignored" if "suppressions" in result else result["level"] for result in run["results"])
    listed["not verified"] = len(invocation["toolExecutionNotifications"])
    return listed + left_out(json.dumps(invocation))


def in_junit(text: str) -> Counter[str]:
    root = ET.fromstring(text.encode())  # noqa: S314  # our own output
    counts: Counter[str] = Counter()
    for name in ("failure", "error", "system-out"):
        for told in root.iter(name):
            for line in (told.text or "").splitlines():
                word = line.split(maxsplit=1)[0].rstrip(":")
                kind = {"failure": "error", "error": "not verified"}.get(name, word)
                counts += left_out(line) if line.startswith("… and") else Counter([kind])
    return counts


def in_html(text: str) -> Counter[str]:
    cards = re.findall(r'<article class="card finding is-(\w+)"(.*?)</article>', text)
    counts = lines_matching(ignored="<b>upstream's bug</b>", not_verified=" a limit</li>")(text)
    for severity, card in cards:
        counts[severity] += len(re.findall('<p class="places"><b>|<li><b>', card))
    return counts


TOLD: dict[str, Callable[[str], Counter[str]]] = {
    "text": in_text,
    "json": in_json,
    "sarif": in_sarif,
    "github": lines_matching(
        error="^::error file=.*,title=WC",
        warning="^::warning file=",
        ignored="^::notice file=.*,title=ignored",
        not_verified="title=not verified",
    ),
    "junit": in_junit,
    "html": in_html,
    "summary": lines_matching(
        error=r"^\| ❌ error \|",
        warning=r"^\| ⚠️ warning \|",
        ignored=r"^\| WC301 .*upstream&#39;s bug \|$",
        not_verified=r"^- \*\*not verified\*\*",
    ),
}


def test_every_format_is_in_the_tables_below() -> None:
    assert tuple(TOLD) == EVERY
    assert tuple(SOUND_IN) == tuple(form for form in EVERY if form != "github")


@pytest.mark.parametrize("form", EVERY)
def test_what_is_cut_is_counted(form: str) -> None:
    assert TOLD[form](rendered(form)) == TOTAL


def sound_in_json(text: str) -> set[str]:
    document = json.loads(text)
    unread = {gap["artifact"] for gap in document["gaps"]}
    return {each["file"] for each in document["artifacts"] if not any(each["counts"].values())} - unread


def sound_in_sarif(text: str) -> set[str]:
    (run,) = json.loads(text)["runs"]
    (invocation,) = run["invocations"]
    notes = [*invocation["toolExecutionNotifications"], *invocation["toolConfigurationNotifications"]]
    told = [result for result in run["results"] if "suppressions" not in result] + notes
    places = [place for each in told for place in each.get("locations", [])]
    named = {name["fullyQualifiedName"].partition("!")[0] for place in places for name in place["logicalLocations"]}
    return {artifact["location"]["uri"] for artifact in run["artifacts"]} - named


def sound_in_junit(text: str) -> set[str]:
    root = ET.fromstring(text.encode())  # noqa: S314  # our own output
    warned = [suite for suite in root if "warning: " in "".join(suite.itertext())]
    bad = [suite for suite in root if suite.get("failures") != "0" or suite.get("errors") != "0"]
    return {suite.get("name", "") for suite in root if suite not in bad + warned} - {"the release"}


def sound_in_html(text: str) -> set[str]:
    rows = re.findall(r'<tr id="file-[0-9]+".*?</tr>', text)
    ticked = {re.sub("<[^>]*>", "", re.split("<small>|</th>", row)[0]) for row in rows if "✔ nothing found" in row}
    cells = re.findall(r'<a class="cell pass" href="#[^"]*" title="([^"]*)">', text)
    assert set(cells) == ticked
    return ticked


def sound_in_a_grid(mark: str) -> Callable[[str], set[str]]:
    """Return what finds the rows of a drawn grid that have the mark: here each row is one file."""

    def find(text: str) -> set[str]:
        rows = re.findall(rf"^(?:\| )?(cp3\d+-cp3\d+|sdist) +(?:\| +)*{mark}", text, re.MULTILINE)
        return {SOUND.file if row == "sdist" else f"demo-1.0-{row}-win32.whl" for row in rows}

    return find


SOUND_IN: dict[str, Callable[[str], set[str]]] = {
    "text": sound_in_a_grid("✔"),
    "json": sound_in_json,
    "sarif": sound_in_sarif,
    "junit": sound_in_junit,
    "html": sound_in_html,
    "summary": sound_in_a_grid("✅"),
}


@pytest.mark.parametrize("form", SOUND_IN)
def test_no_file_is_sound_because_its_findings_were_cut(form: str) -> None:
    assert SOUND_IN[form](rendered(form)) == {SOUND.file}


def test_a_file_whose_findings_are_all_cut_is_named_with_their_number() -> None:
    last = wheel("cp314-cp314-win_arm64")
    report = Report((*FLOODED, last), (*many(CAP, "error", FLOODED[0].file), *many(2, "note", last.file)))
    page = reports.render(report, "html")
    (row,) = [row for row in re.findall(r"<tr id=.*?</tr>", page) if last.file in row.replace("<wbr>", "")]
    assert "WC301: 2 notes" in row
    assert "nothing found" not in row
    card = page[page.index('id="WC301-note"') :]
    assert '<li class="soft">… and 2 more notes</li>' in card[: card.index("</article>")]


# --- the choice ---


@pytest.mark.parametrize("limit", [0, 1, 3, 5, 6, 100])
def test_everything_is_either_listed_or_left_out_and_in_order(limit: int) -> None:
    items = (*many(3, "note"), *many(2, "error"), *many(1, "warning"))
    chosen = select(items, limit)
    assert len(chosen.listed) == min(limit, len(items))
    assert sorted([*chosen.listed, *chosen.omitted], key=items.index) == list(items)
    assert list(chosen.listed) == sorted(chosen.listed, key=items.index)
    assert list(chosen.omitted) == sorted(chosen.omitted, key=items.index)


def test_errors_are_kept_before_warnings_and_warnings_before_notes() -> None:
    items = (*many(3, "note"), *many(2, "error"), *many(3, "warning"))
    assert [found.severity for found in select(items, 4).listed] == ["error", "error", "warning", "warning"]


def test_what_is_found_once_is_kept_before_what_is_found_often() -> None:
    once = (finding("a.whl", "x", code="WC302"), finding("b.whl", "y"))
    chosen = select((*many(10, "error", "a.whl"), *once), 3)
    assert [(found.artifact, found.code) for found in chosen.listed] == [
        ("a.whl", "WC301"),
        ("a.whl", "WC302"),
        ("b.whl", "WC301"),
    ]


def test_ignored_findings_are_the_first_to_go_and_gaps_stay_with_the_errors() -> None:
    gap, ignored = Gap("b.whl", "", "a limit"), (finding("a.whl", "ignored"), "why")
    items: list[Listable] = [*many(5, "note", "a.whl"), ignored, gap, *many(1, "error", "a.whl")]
    assert select(items, 2).listed == (gap, items[-1])
    assert rest(select(items, 6).omitted) == "1 more note, 1 more ignored"


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ((), ""),
        (many(1, "error"), "1 more error"),
        ((*many(2, "note"), *many(3, "error"), Gap("", "", "x")), "3 more errors, 2 more notes, 1 more not verified"),
    ],
)
def test_what_is_left_out_is_counted_by_severity(items: tuple[Listable, ...], words: str) -> None:
    assert rest(items) == words
