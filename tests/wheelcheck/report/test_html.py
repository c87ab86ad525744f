from __future__ import annotations

import html as stdlib_html
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, elf, macho, member, wheel
from tests.support.reports import HOSTILE, every_mark, finding, hostile, many, real
from wheelcheck.binary.model import VersionNeed
from wheelcheck.facts import Wheel
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.report import html, html_charts, html_tables
from wheelcheck.report.selection import CAP
from wheelcheck.report.wording import RULE_PAGES, page, safe
from wheelcheck.results import Gap, Report, Run
from wheelcheck.rules.catalogue import all_rules

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
    here = {link for link in page.attributes("href") if not link.startswith(RULE_PAGES)}
    assert all(link.startswith("#") for link in here)
    assert {link.removeprefix("#") for link in here} <= set(places)


def test_a_code_leads_to_the_page_of_its_rule() -> None:
    links = {link for link in read(every_mark()).attributes("href") if not link.startswith("#")}
    assert links == {page(code) for code in ("WC301", "WC306", "WC701", "WC702")}


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


def _others(*versions: str) -> list[Wheel]:
    names = [f"demo-{version}-{X86_64}.whl" for version in versions]
    return [Wheel(name, parse_file_name(name), ()) for name in names]


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (Report(), "COULD NOT VERIFY no artifact"),
        (Report((wheel(X86_64),)), "PASS demo 1.0"),
        (every_mark(), "FAIL demo 1.0"),
        (Report((wheel(X86_64), *_others("1.1"))), "PASS demo 1.0 and 1 other release"),
        (Report((*_others("1.1", "1.2"), wheel(X86_64), wheel("py3-none-any"))), "PASS demo 1.0 and 2 other releases"),
        (Report((wheel(X86_64),), gaps=(Gap("gone.whl", "", "cannot be read"),)), "COULD NOT VERIFY demo 1.0"),
    ],
)
def test_the_verdict_stands_at_the_top(report: Report, words: str) -> None:
    page = html.render(report)
    header = page[page.index("<header>") : page.index("</header>")]
    assert " ".join(stdlib_html.unescape(re.sub(r"<[^>]*>", " ", header)).split()).startswith(words)


def test_a_list_in_the_explanation_of_a_rule_is_a_list_of_the_page() -> None:
    page = html.render(Report(findings=(finding(code="WC305"),)))
    assert "<ul><li>a file with an exec bit that is empty or nothing but zeros, under any name;</li><li>" in page
    assert "- a file" not in page


def test_a_real_report_names_its_findings_its_rules_and_its_files(tmp_path: Path) -> None:
    report = real(tmp_path)
    text = read(report).text
    assert all(found.message in text for found in report.findings)
    assert all(artifact.sha256 in text for artifact in report.artifacts)
    codes = {found.code for found in report.findings}
    remedies = [rule.remedy.replace("`", "") for rule in all_rules() if rule.code in codes]
    assert len(remedies) == len(codes)
    assert all(remedy in text for remedy in remedies)


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


def test_one_fault_of_many_wheels_is_told_once_and_its_wheels_are_folded() -> None:
    wheels = [wheel(f"cp3{minor}-cp3{minor}-manylinux_2_17_x86_64") for minor in range(8, 14)]
    found = tuple(finding(each.file, "x.so", "found a fault that all have") for each in wheels)
    page = read(Report(tuple(wheels), found))
    assert page.text.count("found a fault that all have") == 1
    assert page.text.count("1 file in 6 artifacts") == 1
    assert all(page.text.count(each.file) >= 2 for each in wheels)


def test_different_messages_of_one_cause_are_all_told() -> None:
    found = tuple(finding(f"{at}.whl", "x.so", f"found {at} bytes", cause="found bytes") for at in range(5))
    text = read(Report((), found)).text
    assert all(each.message in text for each in found)


def test_a_file_is_linked_to_each_rule_that_found_something_in_it() -> None:
    page = read(every_mark())
    chips = [values for name, values in page.elements if name == "a" and str(values.get("class")).startswith("chip")]
    links = {values["href"] for values in chips}
    assert links == {"#WC701-error", "#WC702-error", "#WC301-error", "#WC306-warning"}


def test_a_floor_chart_says_in_words_what_it_draws() -> None:
    text = " ".join(read(every_mark()).text.split())
    assert "glibc: 1 of 1 binary above what the tag promises" in text
    assert "2.17" in text
    assert "17 releases newer" in text


def test_what_is_drawn_stays_inside_its_column_whatever_a_file_claims() -> None:
    needs = [(VersionNeed("libc.so.6", f"GLIBC_{number}"),) for number in ("2.4", "999999999.9", "0", "2.17")]
    natives = [member(f"{at}.so", elf("x86_64", versions=need)) for at, need in enumerate(needs)]
    page = read(Report((wheel(X86_64, *natives),)))
    places = [values[key] for _, values in page.elements for key in ("x", "cx", "x1", "x2") if key in values]
    assert len(places) > len(natives)
    assert all(0 <= float(str(place).removesuffix("%")) <= 100 for place in places)


def test_more_binaries_than_fit_are_folded_by_wheel_and_the_rest_is_counted() -> None:
    need = (VersionNeed("libc.so.6", "GLIBC_2.5"),)
    natives = [member(f"{number}.so", elf("x86_64", versions=need)) for number in range(3)]
    count = html_charts.SHOWN + html_charts.FOLDED + 2
    wheels = tuple(wheel(f"py3-none-manylinux_2_{minor}_x86_64", *natives) for minor in range(5, 5 + count))
    text = read(Report(wheels)).text
    assert "3 binaries, the furthest is " in text
    assert f"{count - html_charts.SOUND} more, none of them worse" in text
    assert "… and 2 more" in text


def test_the_page_says_what_the_bytes_are() -> None:
    library = replace(member("demo/x.so", elf("x86_64")), size=3_000_000)
    text = read(Report((wheel(X86_64, library, replace(member("demo/x.py"), size=1_000_000), size=2_000_000),))).text
    assert "2.0 MB to download, 4.0 MB unpacked." in text
    assert "native code 3.0 MB (75 %)" in text
    assert "Python 1.0 MB (25 %)" in text


def test_the_page_says_what_was_run_when_and_with_which_configuration() -> None:
    run = Run("sub/wheelcheck.toml", "wheelcheck check dist", "2026-01-02T03:04:05+00:00")
    text = read(replace(every_mark(), run=run)).text
    for words in ("sub/wheelcheck.toml", "wheelcheck check dist", "2026-01-02 03:04:05 UTC"):
        assert words in text
    assert "none, so no particular set of files is expected" in read(Report()).text


def test_a_rule_without_room_for_its_findings_has_a_card_that_counts_them() -> None:
    errors = many(CAP, "error", "a.whl")
    rare = tuple(finding("b.whl", f"{at}", "found", severity="note", code="WC206") for at in range(3))
    page = read(Report((), (*errors, *rare)))
    assert "WC206-note" in page.attributes("id")
    assert "#WC206-note" in page.attributes("href")
    assert "… and 3 more notes" in page.text
