from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import schemas
from tests.support.artifacts import X86_64, a_wheel, sdist, wheel
from tests.support.reports import every_mark, examined, finding, hostile, many, real
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.report import sarif
from wheelcheck.report.selection import CAP
from wheelcheck.report.wording import page
from wheelcheck.results import Gap, Report, Run, Skip
from wheelcheck.rules import SeverityChange
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from pathlib import Path


def run_of(report: Report) -> dict[str, Any]:
    """Return the only run of a log that satisfies the official schema."""
    log = json.loads(sarif.render(report))
    assert schemas.faults(schemas.sarif(), log) == []
    (run,) = log["runs"]
    return dict(run)


@pytest.mark.parametrize("report", [Report(), every_mark(), hostile()], ids=["nothing", "every mark", "hostile"])
def test_every_report_is_valid_sarif(report: Report) -> None:
    assert run_of(report)["tool"]["driver"]["name"] == "wheelcheck"


def test_the_schema_refuses_what_is_not_sarif() -> None:
    log = json.loads(sarif.render(every_mark()))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert schemas.faults(schemas.sarif(), log) == [
        "$.runs[0].results[0].level: 'fatal' is not one of ['none', 'note', 'warning', 'error']"
    ]


def test_a_result_is_in_the_configuration_and_names_artifact_and_member(tmp_path: Path) -> None:
    report = real(tmp_path)
    run = run_of(report)
    stub = next(result for result in run["results"] if "native.so" in result["message"]["text"])
    file = wheel(X86_64).file
    assert stub["level"] == "error"
    assert stub["message"]["text"].startswith(f"{file}: demo/native.so: ")
    assert stub["analysisTarget"] == {"uri": file}
    assert stub["locations"] == [
        {
            "physicalLocation": {"artifactLocation": {"uri": "pyproject.toml"}, "region": {"startLine": 1}},
            "logicalLocations": [{"fullyQualifiedName": f"{file}!demo/native.so", "kind": "resource"}],
        }
    ]
    assert run["tool"]["driver"]["rules"][stub["ruleIndex"]]["id"] == stub["ruleId"]
    assert len(run["results"]) == len(report.findings)


@pytest.mark.parametrize(
    ("configuration", "uri"),
    [
        ("wheelcheck.toml", "wheelcheck.toml"),
        ("rust/pyproject.toml", "rust/pyproject.toml"),
        ("a b/pyproject.toml", "a%20b/pyproject.toml"),
        ("../pyproject.toml", "pyproject.toml"),
        ("/home/me/x.toml", "x.toml"),
        ("", "pyproject.toml"),
    ],
)
def test_a_result_is_in_the_configuration_that_held(configuration: str, uri: str) -> None:
    gap = Gap("b.whl", "", "cannot be read")
    run = run_of(Report(findings=(finding("a.whl"),), gaps=(gap,), run=Run(configuration)))
    for place in (run["results"][0], run["invocations"][0]["toolExecutionNotifications"][0]):
        assert place["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_finding_about_no_file_has_no_artifact() -> None:
    (result,) = run_of(Report(findings=(finding(message="found no sdist"),)))["results"]
    (location,) = result["locations"]
    assert result["message"]["text"] == "found no sdist"
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "pyproject.toml"
    assert "logicalLocations" not in location
    assert "analysisTarget" not in result


def test_every_rule_is_described_by_its_docstring() -> None:
    described = run_of(Report())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == [rule.code for rule in all_rules()]
    for rule, entry in zip(all_rules(), described, strict=True):
        assert entry["shortDescription"]["text"].startswith(rule.summary[:20].replace("{", "{{"))
        assert "Remedy:" in entry["help"]["text"]
        assert "Source:" not in entry["fullDescription"]["text"]
        assert entry["helpUri"] == page(rule.code)
        assert rule.remedy in entry["help"]["markdown"]
        assert f"({page(rule.code)})" in entry["help"]["markdown"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [x] (y)", "plain [x] (y)"),
        ("[click](https://owned.example)", "[click] (https://owned.example)"),
        ("{0} of {x}", "{{0}} of {{x}}"),
        ("a\x1b[0m", "a\\x1b[0m"),
    ],
)
def test_foreign_text_is_neither_a_link_nor_a_placeholder(text: str, shown: str) -> None:
    (result,) = run_of(Report(findings=(finding("a.whl", message=text),)))["results"]
    assert result["message"]["text"] == f"a.whl: {shown}"


def test_a_foreign_file_name_is_neither_a_link_nor_a_placeholder() -> None:
    (result,) = run_of(Report(findings=(finding("[a](https://owned.example){0}\x1b", message="m"),)))["results"]
    assert result["message"]["text"] == "[a] (https://owned.example){{0}}\\x1b: m"


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a-1.0+cpu.whl", "a-1.0%2Bcpu.whl"),
        ("a b#c?.whl", "a%20b%23c%3F.whl"),
        ("http:x", "http%3Ax"),
        ("é\ud800", "%C3%A9%ED%A0%80"),
    ],
)
def test_a_file_name_is_encoded_as_a_relative_uri(file: str, uri: str) -> None:
    (result,) = run_of(Report(findings=(finding(file),)))["results"]
    assert result["analysisTarget"]["uri"] == uri


def prints_of(report: Report) -> list[str]:
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run_of(report)["results"]]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("demo-1.0.tar.gz", "demo-1.0/x"), ("demo-1.1.tar.gz", "demo-1.1/x")),
        (("demo-1.0-py3-none-any.whl", "demo-1.0.data/x"), ("demo-1.1-py3-none-any.whl", "demo-1.1.data/x")),
        (
            ("demo-1.0-py3-none-any.whl", "demo.libs/libz-1a2b3c4d.so.1"),
            ("demo-1.1-py3-none-any.whl", "demo.libs/libz-99887766.so.1"),
        ),
        (("demo-1-py3-none-any.whl", "a/lib1.so"), ("demo-2-py3-none-any.whl", "a/lib1.so")),
    ],
)
def test_a_fingerprint_stays_when_the_version_and_the_words_change(
    before: tuple[str, str], after: tuple[str, str]
) -> None:
    old, new = (
        Report((replace(sdist(), file=file, name=parse_file_name(file)),), (finding(file, path, message),))
        for (file, path), message in ((before, "found 1"), (after, "found 2"))
    )
    assert prints_of(old) == prints_of(new)


def test_the_number_of_a_version_is_not_taken_out_of_other_words() -> None:
    file = "demo-1-py3-none-any.whl"
    found = (finding(file, "a/lib1.so"), finding(file, "a/lib-1x.so"), finding(file, "a/lib*.so"))
    report = Report((replace(sdist(), file=file, name=parse_file_name(file)),), found)
    assert len({each.partition(":")[0] for each in prints_of(report)}) == 3


def test_when_one_missing_wheel_is_there_the_others_keep_their_fingerprints() -> None:
    found = tuple(finding(message=f"found no wheel for cp3{minor}", code="WC701") for minor in range(9, 13))
    assert prints_of(Report(findings=found[1:])) == prints_of(Report(findings=found))[1:]


def test_later_runs_are_known_by_the_project_and_not_by_its_version() -> None:
    files = ("demo-1.0.tar.gz", "demo-2.0.tar.gz")
    reports = [Report((replace(sdist(), file=file, name=parse_file_name(file)),)) for file in files]
    assert [run_of(report)["automationDetails"]["id"] for report in reports] == ["wheelcheck/demo/"] * 2
    assert run_of(Report())["automationDetails"]["id"] == "wheelcheck/"


def test_no_two_findings_share_a_fingerprint() -> None:
    found = (
        finding("a", "x", "1"),
        finding("a", "x", "2"),
        finding("a", "y"),
        finding("b", "x"),
        finding("a", "x", code="WC302"),
    )
    assert len(set(prints_of(Report(findings=found)))) == len(found)


def test_a_gap_is_a_notification_of_a_run_that_did_not_succeed() -> None:
    gaps = (Gap("a.whl", "x/y", "a cap was reached"), Gap("", "", "no wheel"))
    (invocation,) = run_of(Report((wheel(X86_64),), gaps=gaps))["invocations"]
    assert not invocation["executionSuccessful"]
    assert [note["message"]["text"] for note in invocation["toolExecutionNotifications"]] == [
        "a.whl: x/y: a cap was reached",
        "no wheel",
    ]
    assert [len(note.get("locations", ())) for note in invocation["toolExecutionNotifications"]] == [1, 0]


def test_a_run_without_gaps_succeeded_and_names_what_was_skipped(tmp_path: Path) -> None:
    report = examined(a_wheel(X86_64), tmp_path)
    (invocation,) = run_of(replace(report, skips=(Skip("WC999", "no reason"),)))["invocations"]
    assert invocation["executionSuccessful"]
    assert [note["message"]["text"] for note in invocation["toolConfigurationNotifications"]] == [
        "WC999 judged nothing: no reason"
    ]


def test_a_run_that_examined_nothing_did_not_succeed() -> None:
    assert not run_of(Report())["invocations"][0]["executionSuccessful"]


def test_an_artifact_carries_its_size_and_hash(tmp_path: Path) -> None:
    report = examined(a_wheel(X86_64), tmp_path)
    (artifact,) = run_of(report)["artifacts"]
    (file,) = tmp_path.iterdir()
    assert (artifact["length"], artifact["hashes"]["sha-256"]) == (file.stat().st_size, report.artifacts[0].sha256)


def test_what_is_ignored_is_suppressed_with_its_reason() -> None:
    ignored = finding("a.whl", "x")
    results = run_of(Report(findings=(finding("b.whl"),), ignored=((ignored, "upstream's bug"),)))["results"]
    assert [result.get("suppressions") for result in results] == [
        None,
        [{"kind": "external", "justification": "upstream's bug"}],
    ]


def test_a_changed_severity_is_the_level_and_a_property_says_why() -> None:
    lowered = finding("a.whl", "x", severity="note", severity_change=SeverityChange("error", "the launcher does it"))
    results = run_of(Report(findings=(lowered, finding("b.whl"))))["results"]
    assert [result["level"] for result in results] == ["note", "error"]
    change = {"severityChange": {"before": "error", "reason": "the launcher does it"}}
    assert [result.get("properties") for result in results] == [change, None]


def test_a_rule_of_an_older_catalogue_has_no_index() -> None:
    (result,) = run_of(Report(findings=(finding("a.whl", code="WC999"),)))["results"]
    assert "ruleIndex" not in result


def test_above_the_cap_errors_stay_and_the_others_are_counted() -> None:
    found = (*many(CAP, "note"), *many(2, "warning"), *many(1, "error"))
    log = json.loads(sarif.render(Report(findings=found)))
    (run,) = log["runs"]
    some = run["results"][:: CAP // 10] + run["results"][-3:]  # those between differ in their number only
    assert schemas.faults(schemas.sarif(), log | {"runs": [run | {"results": some}]}) == []
    levels = [result["level"] for result in run["results"]]
    assert (len(levels), levels.count("warning"), levels.count("error")) == (CAP, 2, 1)
    notes = run["invocations"][0]["toolConfigurationNotifications"]
    assert [note["message"]["text"] for note in notes] == ["a.whl: not listed: 3 more notes"]


def test_a_rule_declares_every_severity_it_can_find() -> None:
    described = {rule["id"]: rule for rule in run_of(Report())["tool"]["driver"]["rules"]}
    assert {code: rule["properties"]["severities"] for code, rule in described.items()} == {
        rule.code: list(rule.severities) for rule in all_rules()
    }
    assert all(
        rule["defaultConfiguration"]["level"] == rule["properties"]["severities"][0] for rule in described.values()
    )


def test_a_rule_that_could_not_judge_a_file_is_a_notification_there() -> None:
    skips = (Skip("WC410", "no policy", wheel(X86_64).file),)
    (invocation,) = run_of(Report((wheel(X86_64),), skips=skips))["invocations"]
    (note,) = invocation["toolConfigurationNotifications"]
    assert note["message"]["text"] == f"{wheel(X86_64).file}: WC410 judged nothing: no policy"
    assert note["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == wheel(X86_64).file
