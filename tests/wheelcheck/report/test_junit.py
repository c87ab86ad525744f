from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from tests.support import schemas
from tests.support.artifacts import X86_64, File, a_wheel, sdist, wheel
from tests.support.reports import every_mark, examined, finding, hostile, many, real
from wheelcheck.engine import Gap, Report, Skip
from wheelcheck.report import junit
from wheelcheck.report.wording import RELEASE

if TYPE_CHECKING:
    from pathlib import Path

FILE = wheel(X86_64).file


def suites_of(report: Report) -> dict[str, ET.Element]:
    """Return the suites by name, once the schema has nothing to say against the document."""
    text = junit.render(report)
    schemas.junit().validate(text)
    root = ET.fromstring(text.encode())  # noqa: S314  # our own output
    for what in ("tests", "failures", "errors"):
        assert root.get(what) == str(sum(int(suite.get(what, "")) for suite in root))
    return {suite.get("name", ""): suite for suite in root}


def case(suite: ET.Element, name: str) -> ET.Element:
    (found,) = [element for element in suite if element.get("name", "").startswith(name)]
    return found


@pytest.mark.parametrize("report", [Report(), every_mark(), hostile()], ids=["nothing", "every mark", "hostile"])
def test_every_report_is_what_the_schema_says(report: Report) -> None:
    assert list(suites_of(report))[-1] == RELEASE


def test_the_schema_does_refuse_what_viewers_would() -> None:
    text = junit.render(every_mark()).replace("<skipped>", "<skipped/><skipped>")
    assert not schemas.junit().is_valid(text)


def test_there_is_a_suite_an_artifact_and_a_case_a_rule_that_judged_it(tmp_path: Path) -> None:
    report = real(tmp_path)
    suites = suites_of(report)
    assert list(suites) == [FILE, "demo-1.0.tar.gz", RELEASE]
    codes = {name: {element.get("name", "")[:5] for element in suite} - {"every"} for name, suite in suites.items()}
    assert set().union(*codes.values()) == {*report.rules, *(skip.code for skip in report.skips)}
    assert "WC301" in codes[FILE]
    assert "WC601" in codes["demo-1.0.tar.gz"]
    assert "WC701" in codes[RELEASE]


def test_a_rule_fails_where_it_found_an_error_and_passes_beside_it(tmp_path: Path) -> None:
    suites = suites_of(real(tmp_path))
    release = suites[RELEASE]
    failure = case(release, "WC701").find("failure")
    assert failure is not None
    assert failure.get("message") == "found no wheel for cp312-cp312-manylinux_2_17_x86_64, expected one"
    assert len(case(release, "WC704")) == 0


def test_all_errors_of_a_rule_are_one_failure() -> None:
    report = Report((wheel(X86_64),), many(3, "error", FILE, "m"), rules=("WC301",))
    suite = suites_of(report)[FILE]
    assert suite.get("failures") == "1"
    assert case(suite, "WC301").findtext("failure") == "member-000000: m\nmember-000001: m\nmember-000002: m"


def test_warnings_and_notes_are_output_and_no_failure() -> None:
    found = (*many(1, "warning", FILE, "w"), *many(1, "note", FILE, "n"))
    suite = suites_of(Report((wheel(X86_64),), found, rules=("WC301",)))[FILE]
    assert suite.get("failures") == "0"
    assert case(suite, "WC301").findtext("system-out") == "warning: member-000000: w\nnote: member-000000: n"


def test_what_a_release_rule_says_of_a_file_stays_in_the_release_and_names_the_file() -> None:
    found = finding(FILE, "", "found another", code="WC703")
    suites = suites_of(Report((wheel(X86_64),), (found,), rules=("WC703",)))
    assert suites[FILE].get("failures") == "0"
    assert case(suites[RELEASE], "WC703").findtext("failure") == f"{FILE}: found another"


def test_a_gap_is_an_error_of_its_artifact_or_of_the_release() -> None:
    gaps = (Gap(FILE, "x", "a cap"), Gap("gone.whl", "", "cannot be read"), Gap("", "", "odd"))
    suites = suites_of(Report((wheel(X86_64), sdist()), gaps=gaps))
    texts = {name: case(suite, "everything").findtext("error") for name, suite in suites.items()}
    assert texts == {FILE: "x: a cap", "demo-1.0.tar.gz": None, RELEASE: "gone.whl: cannot be read\nodd"}
    assert [suite.get("errors") for suite in suites.values()] == ["1", "0", "1"]


def test_a_rule_that_judged_nothing_is_skipped_with_its_reason() -> None:
    skips = (Skip("WC310", "no payload"), Skip("WC999", "unknown"))
    suite = suites_of(Report(skips=skips))[RELEASE]
    assert suite.get("skipped") == "2"
    assert [case(suite, skip.code).findtext("skipped") for skip in skips] == ["no payload", "unknown"]


def test_a_sound_wheel_has_no_failure(tmp_path: Path) -> None:
    suites = suites_of(examined(a_wheel("py3-none-any", File("demo/__init__.py")), tmp_path))
    assert [(suite.get("failures"), suite.get("errors")) for suite in suites.values()] == [("0", "0")] * 2


def test_above_the_cap_findings_of_a_case_are_counted() -> None:
    report = Report((wheel(X86_64),), many(junit.SHOWN + 7, "error", FILE), rules=("WC301",))
    text = case(suites_of(report)[FILE], "WC301").findtext("failure") or ""
    assert text.splitlines()[-1] == "… and 7 more errors"
    assert len(text.splitlines()) == junit.SHOWN + 1
