from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import schemas
from tests.support.artifacts import X86_64, File, a_wheel, sdist, wheel
from tests.support.reports import every_mark, examined, finding, hostile, many, real
from wheelcheck.config import Config
from wheelcheck.facts import Artifact, Release, Wheel
from wheelcheck.report import junit
from wheelcheck.report.wording import RELEASE
from wheelcheck.results import Gap, Report, Skip
from wheelcheck.rules import Hit, container, rule
from wheelcheck.rules.catalogue import all_rules
from wheelcheck.rules.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelcheck.rules import Rule

FILE = wheel(X86_64).file


def suites_of(report: Report) -> dict[str, ET.Element]:
    """Return the suites by name of a document that satisfies the schema."""
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


def test_the_schema_refuses_what_viewers_refuse() -> None:
    text = junit.render(every_mark()).replace("<skipped>", "<skipped/><skipped>")
    assert not schemas.junit().is_valid(text)


def test_there_is_one_suite_per_artifact_and_one_case_per_rule_that_judged_it(tmp_path: Path) -> None:
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
    assert (
        failure.get("message")
        == "missing: a cp312-cp312 wheel for manylinux_2_17_x86_64, which the configuration declares"
    )
    assert len(case(release, "WC704")) == 0


def test_all_errors_of_a_rule_are_one_failure() -> None:
    report = Report((wheel(X86_64),), many(3, "error", FILE, "m"), rules=("WC301",))
    suite = suites_of(report)[FILE]
    assert suite.get("failures") == "1"
    assert case(suite, "WC301").findtext("failure") == "member-000000: m 0\nmember-000001: m 1\nmember-000002: m 2"


def test_warnings_and_notes_are_output_and_no_failure() -> None:
    found = (*many(1, "warning", FILE, "w"), *many(1, "note", FILE, "n"))
    suite = suites_of(Report((wheel(X86_64),), found, rules=("WC301",)))[FILE]
    assert suite.get("failures") == "0"
    assert case(suite, "WC301").findtext("system-out") == "warning: member-000000: w 0\nnote: member-000000: n 0"


def test_what_a_release_rule_says_of_a_file_stays_in_the_release_and_names_the_file() -> None:
    found = finding(FILE, "", "found another", code="WC703")
    suites = suites_of(Report((wheel(X86_64),), (found,), rules=("WC703",)))
    assert suites[FILE].get("failures") == "0"
    assert case(suites[RELEASE], "WC703").findtext("failure") == f"{FILE}: found another"


# --- every rule, in the suite of what it judges ---

ARTIFACTS = (wheel(X86_64), sdist())
SUBJECTS = (*ARTIFACTS, Release(ARTIFACTS[:1], ARTIFACTS[1:], Config()), Configuration(Config()))
CODES = tuple(rule.code for rule in all_rules())


def suite_name(subject: object) -> str:
    return subject.file if isinstance(subject, Artifact) else RELEASE


JUDGED = [
    pytest.param(rule, suite_name(subject), id=f"{rule.code} {suite_name(subject)}")
    for rule in all_rules()
    for subject in SUBJECTS
    if isinstance(subject, rule.on)
]


def test_every_rule_judges_a_subject_of_the_table() -> None:
    assert {case.values[0].code for case in JUDGED} == set(CODES)  # type: ignore[union-attr]  # a rule
    assert {RELEASE, *(artifact.file for artifact in ARTIFACTS)} == {case.values[1] for case in JUDGED}


@pytest.mark.parametrize(("rule", "judged"), JUDGED)
def test_an_error_of_a_rule_makes_the_suite_of_what_it_judged_red_and_no_other(rule: Rule[Any], judged: str) -> None:
    found = finding("" if judged == RELEASE else judged, "x", code=rule.code, name=rule.name)
    suites = suites_of(Report(ARTIFACTS, (found,), rules=CODES))
    assert {name: suite.get("failures") for name, suite in suites.items()} == {
        name: "1" if name == judged else "0" for name in suites
    }
    assert case(suites[judged], rule.code).find("failure") is not None


@pytest.mark.parametrize(("rule", "judged"), JUDGED)
def test_a_rule_has_a_case_exactly_where_it_judged(rule: Rule[Any], judged: str) -> None:
    assert [each.get("name") for each in suites_of(Report(ARTIFACTS, rules=(rule.code,)))[judged]] == [
        f"{rule.code} {rule.name}",
        "everything was examined",
    ]
    nowhere = suites_of(Report(ARTIFACTS))
    assert [each.get("name") for suite in nowhere.values() for each in suite] == ["everything was examined"] * 3


@pytest.mark.parametrize(
    ("file", "code"),
    [(File("demo/tool", b"x", 0o104755), "WC112"), (File("demo/native.so", b"\x7fELF"), "WC305")],
    ids=["setuid", "stub"],
)
def test_a_broken_wheel_has_a_red_suite_of_its_own(file: File, code: str, tmp_path: Path) -> None:
    report = examined(a_wheel("py3-none-any", file), tmp_path)
    own, release = suites_of(report).values()
    assert case(own, code).find("failure") is not None
    assert (own.get("failures"), release.get("failures")) == (str(len({f.code for f in report.findings})), "0")


def test_a_finding_of_a_rule_that_is_not_known_to_have_run_has_a_case_all_the_same() -> None:
    found = (finding(FILE, code="WC999"), finding("gone.whl", code="WC301"))
    suites = suites_of(Report((wheel(X86_64),), found))
    assert case(suites[FILE], "WC999").findtext("failure") == "found x"
    assert case(suites[RELEASE], "WC301").findtext("failure") == "gone.whl: found x"


def test_what_is_ignored_is_output_with_its_reason_and_no_failure() -> None:
    ignored = ((finding(FILE, "x"), "upstream's bug"), (finding(FILE, "y", severity="note"), "old"))
    suite = suites_of(Report((wheel(X86_64),), rules=("WC301",), ignored=ignored))[FILE]
    assert suite.get("failures") == "0"
    assert (case(suite, "WC301").findtext("system-out") or "").splitlines() == [
        "ignored error: x: found x (upstream's bug)",
        "ignored note: y: found x (old)",
    ]


def test_a_rule_that_broke_is_an_error_of_what_it_judged() -> None:
    gaps = (Gap(FILE, "", "WC301 stopped at an internal error", "WC301"),)
    suite = suites_of(Report(ARTIFACTS, gaps=gaps, rules=("WC301",)))[FILE]
    assert case(suite, "WC301").findtext("error") == "WC301 stopped at an internal error"
    assert suite.get("errors") == "1"


@pytest.mark.usefixtures("collected_anew")
def test_a_rule_that_broke_is_red_in_a_real_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: Wheel) -> Iterator[Hit]:
        yield Hit("", "found")
        raise ZeroDivisionError

    monkeypatch.setattr(container, "broken", rule("WC199", on=Wheel)(breaks), raising=False)
    report = examined(a_wheel("py3-none-any", File("demo/__init__.py")), tmp_path)
    broken = case(next(iter(suites_of(report).values())), "WC199")
    assert [told.tag for told in broken] == ["error", "failure"]


def test_a_rule_that_could_not_judge_one_file_is_skipped_there_and_passes_elsewhere() -> None:
    skips = (Skip("WC410", "no policy for riscv64", FILE),)
    other = wheel("cp311-cp311-win32")
    suites = suites_of(Report((wheel(X86_64), other), rules=("WC410",), skips=skips))
    assert case(suites[FILE], "WC410").findtext("skipped") == "no policy for riscv64"
    assert len(case(suites[other.file], "WC410")) == 0
    assert [each for each in suites[RELEASE] if "WC410" in each.get("name", "")] == []


def test_a_run_that_examined_nothing_is_an_error() -> None:
    assert case(suites_of(Report())[RELEASE], "everything").findtext("error") == "no artifact was examined"


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


def test_a_class_keeps_its_name_in_a_viewer_that_cuts_at_dots() -> None:
    suites = suites_of(Report(ARTIFACTS))
    classes = {name: {each.get("classname") for each in suite} for name, suite in suites.items()}
    assert classes == {
        FILE: {"wheelcheck.demo-1_0-cp311-cp311-manylinux_2_17_x86_64_whl"},
        "demo-1.0.tar.gz": {"wheelcheck.demo-1_0_tar_gz"},
        RELEASE: {"wheelcheck.the release"},
    }


def test_the_time_of_a_case_is_that_of_its_rule_and_suites_add_theirs(tmp_path: Path) -> None:
    report = real(tmp_path)
    suites = suites_of(report)
    for (artifact, code), seconds in report.seconds.items():
        assert case(suites[artifact or RELEASE], code).get("time") == f"{seconds:.6f}"
    for suite in suites.values():
        assert float(suite.get("time", "")) == pytest.approx(
            sum(float(each.get("time", "")) for each in suite), abs=1e-4
        )
    assert {code for _, code in report.seconds} == set(report.rules)
