from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_release, a_wheel
from tests.support.native_files import library
from tests.support.reports import finding
from tests.support.twins import examine_recipe
from wheelcheck.config import Config, Ignore, SeverityOverride
from wheelcheck.rules import SeverityChange
from wheelcheck.rules.catalogue import all_rules
from wheelcheck.severities import STRICT, weigh

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.config.fields import Severity
    from wheelcheck.results import Report

WHY = "the launcher checks the CPU"
FOUND = finding("demo-1.0-py3-none-any.whl", "demo/lib/x.so")


def to(level: Severity, code: str = "WC301", path: str = "*", artifact: str = "*") -> SeverityOverride:
    return SeverityOverride(code, WHY, path, artifact, level)


def judged(
    folder: Path, *severities: SeverityOverride, strict: bool = False, ignores: tuple[Ignore, ...] = ()
) -> Report:
    """Judge a wheel with two errors of WC301, demo/device.so and demo/other.so, and one warning: WC226."""
    files = (
        library("x86_64"),
        library("aarch64", "demo/device.so"),
        library("aarch64", "demo/other.so"),
        File("demo/__pycache__/x.cpython-311.pyc", b"\x00"),
    )
    config = Config(severities=severities, strict=strict, ignores=ignores)
    return examine_recipe(a_release(a_wheel(X86_64, *files), config=config), folder / "dist")


def found(report: Report, code: str) -> dict[str, str]:
    return {each.path: each.severity for each in report.findings if each.code == code}


@pytest.mark.parametrize("level", ["error", "warning", "note"])
@pytest.mark.parametrize("before", ["error", "warning", "note"])
def test_a_severity_is_what_the_entry_says_and_the_change_is_kept_with_its_reason(
    before: Severity, level: Severity
) -> None:
    (weighed,) = weigh(Config(severities=(to(level),)), [replace(FOUND, severity=before)]).findings
    change = None if level == before else SeverityChange(before, WHY)
    assert weighed == replace(FOUND, severity=level, severity_change=change)


def test_the_first_entry_counts_and_every_one_that_covers_is_used() -> None:
    entries = (to("note", path="demo/lib/*"), to("error"), to("error", path="other/*"))
    weighed = weigh(Config(severities=entries), [FOUND])
    assert [each.severity for each in weighed.findings] == ["note"]
    assert weighed.used == {entries[0], entries[1]}


@pytest.mark.parametrize(
    ("severity", "entries", "strict", "change"),
    [
        ("warning", (), "error", SeverityChange("warning", STRICT)),
        ("note", (), "note", None),
        ("error", (), "error", None),
        ("warning", (to("note"),), "note", SeverityChange("warning", WHY)),
        ("note", (to("warning"),), "error", SeverityChange("note", f"{WHY}; {STRICT}")),
        ("error", (to("warning"),), "error", SeverityChange("error", f"{WHY}; {STRICT}")),
    ],
)
def test_strict_makes_an_error_of_every_warning_and_of_no_note(
    severity: Severity, entries: tuple[SeverityOverride, ...], strict: Severity, change: SeverityChange | None
) -> None:
    config = Config(severities=entries, strict=True)
    assert weigh(config, [replace(FOUND, severity=severity)]).findings == (
        replace(FOUND, severity=strict, severity_change=change),
    )


# --- on real archives ---


def test_one_error_is_lowered_and_the_other_still_fails(tmp_path: Path) -> None:
    report = judged(tmp_path, to("warning", path="demo/device.so"))
    assert report.verdict == "fail"
    assert found(report, "WC301") == {"demo/device.so": "warning", "demo/other.so": "error"}
    assert found(report, "WC802") == {}


def test_a_release_whose_errors_are_all_lowered_passes_and_says_why(tmp_path: Path) -> None:
    report = judged(tmp_path, to("warning"))
    assert report.verdict == "pass"
    changes = {each.severity_change for each in report.findings if each.code == "WC301"}
    assert changes == {SeverityChange("error", WHY)}


def test_a_raised_warning_fails(tmp_path: Path) -> None:
    raised = judged(tmp_path, to("warning"), to("error", "WC226"))
    assert raised.verdict == "fail"
    assert set(found(raised, "WC226").values()) == {"error"}


def test_in_strict_mode_a_warning_fails_whatever_made_it_one(tmp_path: Path) -> None:
    report = judged(tmp_path, to("warning"), strict=True)
    assert report.verdict == "fail"
    assert report.count("warning") == 0
    assert set(found(report, "WC226").values()) == {"error"}


def test_in_strict_mode_notes_and_ignored_findings_pass(tmp_path: Path) -> None:
    report = judged(tmp_path, to("note"), strict=True, ignores=(Ignore("WC226", "wanted"),))
    assert report.verdict == "pass"


def test_in_strict_mode_an_ignore_that_matches_nothing_fails(tmp_path: Path) -> None:
    lowered = (to("note"), to("note", "WC226"))
    assert judged(tmp_path, *lowered, strict=True, ignores=(Ignore("WC401", "old"),)).verdict == "fail"


@pytest.mark.parametrize(
    ("entry", "stale"),
    [
        (to("warning", "WC302"), True),
        (to("warning", path="demo/devise.so"), True),
        (to("note", "WC226", artifact="*.tar.gz"), True),
        (to("error", "WC302"), False),
        (to("error", "WC711"), False),
        (to("warning", "WC711"), False),
        (to("warning", "WC414"), False),
        (to("warning"), False),
        (to("error"), False),
        (to("note", "WC801"), False),
    ],
)
def test_what_lowers_nothing_is_stale_and_what_raises_nothing_is_not(
    tmp_path: Path,
    entry: SeverityOverride,
    stale: bool,  # noqa: FBT001
) -> None:
    assert bool(found(judged(tmp_path, entry), "WC802")) is stale


@pytest.mark.parametrize(
    ("level", "strict", "verdict"),
    [
        ("note", False, "unverified"),
        ("warning", False, "unverified"),
        ("note", True, "unverified"),
        ("error", False, "fail"),
    ],
)
def test_everything_lowered_cannot_pass(tmp_path: Path, level: Severity, strict: bool, verdict: str) -> None:  # noqa: FBT001
    report = judged(tmp_path, *(to(level, rule.code) for rule in all_rules()), strict=strict)
    assert report.verdict == verdict
    gaps = ["the configuration ignores or lowers every rule that ran"] * (verdict == "unverified")
    assert [gap.why for gap in report.gaps] == gaps
