from __future__ import annotations

import html as stdlib_html
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, elf, macho, member, wheel
from tests.support.reports import HOSTILE, every_mark, finding, hostile, many, real
from wheelcheck.engine import Gap, Report
from wheelcheck.report import html, html_tables
from wheelcheck.report.selection import CAP
from wheelcheck.report.wording import safe

if TYPE_CHECKING:
    from pathlib import Path

_VOID = {"meta", "input", "wbr"}


class Reader(HTMLParser):
    """Reads the page as a browser's parser does: elements, their attributes, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]


def read(report: Report) -> Reader:
    """Return the parsed page, in which every element that was opened was closed."""
    reader = Reader(html.render(report))
    assert reader.open == []
    return reader


REPORTS = pytest.mark.parametrize(
    "report", [Report(), every_mark(), hostile()], ids=["nothing", "every mark", "hostile"]
)


@REPORTS
def test_every_link_leads_to_a_place_on_the_page_and_no_place_is_there_twice(report: Report) -> None:
    page = read(report)
    places = page.attributes("id")
    assert len(places) == len(set(places))
    assert {link.removeprefix("#") for link in page.attributes("href")} <= set(places)
    assert all(link.startswith("#") for link in page.attributes("href"))


@REPORTS
def test_the_page_loads_nothing_and_holds_one_script_and_one_style_of_ours(report: Report) -> None:
    page = read(report)
    names = [name for name, _ in page.elements]
    assert {
        name: names.count(name) for name in ("script", "style", "link", "img", "iframe", "object", "base", "form")
    } == {
        "script": 1,
        "style": 1,
        "link": 0,
        "img": 0,
        "iframe": 0,
        "object": 0,
        "base": 0,
        "form": 0,
    }
    assert not page.attributes("src")
    assert not page.attributes("style")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    (policy,) = [value for value in page.attributes("content") if "default-src" in value]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_hostile_text_adds_no_element_to_the_page() -> None:
    report = hostile()
    harmless = tuple(replace(found, message=f"hostile{at}") for at, found in enumerate(report.findings))
    twin = replace(report, findings=harmless)
    assert [name for name, _ in read(report).elements] == [name for name, _ in read(twin).elements]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    assert safe(text) in read(Report(findings=(finding(text, message=text),))).text


def test_the_grid_has_a_link_for_every_mark() -> None:
    cells = [attributes for name, attributes in read(every_mark()).elements if name == "a" and "title" in attributes]
    marks = {
        str(cell["class"]).removeprefix("cell "): cell for cell in cells if str(cell.get("class")).startswith("cell ")
    }
    assert set(marks) == {"pass", "warn", "unverified", "extra", "missing", "fail"}
    assert marks["missing"]["href"] == "#release"
    assert "cp312-cp312-manylinux_2_17_x86_64 is missing" in str(marks["missing"]["title"])


def test_a_hole_without_a_finding_leads_to_the_findings() -> None:
    report = replace(every_mark(), findings=())
    (hole,) = [attributes for _, attributes in read(report).elements if attributes.get("class") == "cell missing"]
    assert hole["href"] == "#findings"


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (Report(), "COULD NOT VERIFY no artifact"),
        (Report((wheel(X86_64),)), "PASS demo 1.0"),
        (every_mark(), "FAIL demo 1.0"),
        (Report((wheel(X86_64),), gaps=(Gap("gone.whl", "", "cannot be read"),)), "COULD NOT VERIFY demo 1.0"),
    ],
)
def test_the_verdict_stands_at_the_top(report: Report, words: str) -> None:
    page = html.render(report)
    header = page[page.index("<header>") : page.index("</header>")]
    assert " ".join(stdlib_html.unescape(re.sub(r"<[^>]*>", " ", header)).split()).startswith(words)


def test_a_real_report_names_its_findings_its_rules_and_its_files(tmp_path: Path) -> None:
    report = real(tmp_path)
    text = read(report).text
    assert all(found.message in text for found in report.findings)
    assert all(
        artifact.sha256 in text
        for artifact in report.artifacts
        if any(found.artifact == artifact.file for found in report.findings)
    )
    assert "Remedy:" in text


def test_a_binary_is_a_row_with_what_a_maintainer_compares() -> None:
    page = html.render(every_mark())
    rows = re.findall(r"<tr><td class=\"long\" data-label=\"artifact\">.*?</tr>", page)
    cells = [
        [" ".join(re.sub("<[^>]*>", "", cell).split()) for cell in re.findall(r"<td.*?</td>", row)] for row in rows
    ]
    assert cells[0] == [
        "cp311-cp311-manylinux_2_17_x86_64",
        "demo/x.so",
        "linux",
        "x86_64",
        "library",
        "GLIBC_2.34",
        "libc.so.6",
        "4,096",
        "-rw-r--r--",
    ]
    assert cells[1][5] == "macos 11.0.0"
    assert len(rows) == 5


def test_the_needed_libraries_of_macos_are_shown_without_their_folders() -> None:
    framework = "/System/Library/Frameworks/Security.framework/Versions/A/Security"
    made = wheel("py3-none-macosx_11_0_arm64", member("x.dylib", macho("aarch64", needed=(framework,)), mode=0))
    page = html.render(Report((made,)))
    assert f'<span title="{framework}">Security</span>' in page
    assert '<td class="empty" data-label="mode"></td>' in page


def test_above_the_cap_rows_and_findings_are_counted() -> None:
    natives = [member(f"{number}.so", elf("x86_64")) for number in range(html_tables.SHOWN + 3)]
    text = read(Report((wheel(X86_64, *natives),), many(CAP + 4))).text
    assert "… and 3 more" in text
    assert "… and 4 more notes" in text


def test_what_is_ignored_is_shown_with_its_reason() -> None:
    report = replace(every_mark(), ignored=((finding("a.whl", "x", "found y"), "upstream's bug"),))
    assert "WC301 a.whl x: found y upstream's bug" in read(report).text


def test_severities_without_a_finding_have_no_filter() -> None:
    assert [place for place in read(every_mark()).attributes("id") if place.startswith("show-")] == [
        "show-error",
        "show-warning",
    ]
