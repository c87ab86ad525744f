from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, ReleaseRecipe, a_release, a_wheel
from tests.support.native_files import library
from tests.support.reports import finding
from tests.support.twins import examine_recipe
from wheelcheck.config import Config, Ignore
from wheelcheck.engine import examine
from wheelcheck.ignored import IgnoredFindings, set_aside
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from pathlib import Path

FOUND = finding("demo-1.0-py3-none-any.whl", "demo/lib/x.so")
WHY = "built for the device"


@pytest.mark.parametrize(
    ("ignore", "covers"),
    [
        (Ignore("WC301", WHY), True),
        (Ignore("WC301", WHY, "demo/lib/x.so"), True),
        (Ignore("WC301", WHY, "demo/*"), True),
        (Ignore("WC301", WHY, "*.so", "*-any.whl"), True),
        (Ignore("WC301", WHY, "demo/lib/[xy].so"), True),
        (Ignore("WC302", WHY), False),
        (Ignore("WC3*", WHY), False),
        (Ignore("wc301", WHY), False),
        (Ignore("WC301", WHY, "lib/x.so"), False),
        (Ignore("WC301", WHY, "demo/lib/X.so"), False),
        (Ignore("WC301", WHY, "demo"), False),
        (Ignore("WC301", WHY, "*", "*.tar.gz"), False),
    ],
)
def test_an_ignore_covers_one_code_at_the_places_its_globs_name(ignore: Ignore, covers: bool) -> None:  # noqa: FBT001
    assert ignore.covers(FOUND.code, FOUND.path, FOUND.artifact) is covers


def test_a_finding_about_the_release_is_covered_only_by_stars() -> None:
    assert Ignore("WC301", WHY).covers("WC301", "", "")
    assert not Ignore("WC301", WHY, "?*").covers("WC301", "", "")


@pytest.mark.parametrize(
    ("path", "artifact", "total"),
    [("*", "*", True), ("**", "*", True), ("***", "**", True), ("*.so", "*", False), ("*", "demo*", False)],
)
def test_only_an_ignore_of_every_place_switches_a_rule_off(path: str, artifact: str, total: bool) -> None:  # noqa: FBT001
    assert Ignore("WC301", WHY, path, artifact).is_total is total


def test_findings_are_divided_and_each_ignored_one_keeps_its_reason() -> None:
    other = replace(FOUND, code="WC302")
    kept, ignored = set_aside([Ignore("WC301", WHY)], [FOUND, other])
    assert kept == [other]
    assert ignored == IgnoredFindings(((FOUND, WHY),), ())


def test_the_first_ignore_gives_the_reason_and_every_one_that_covers_is_used() -> None:
    first, second = Ignore("WC301", "a"), Ignore("WC301", "b", "demo/*")
    _, ignored = set_aside([first, second], [FOUND])
    assert ignored == IgnoredFindings(((FOUND, "a"),), ())


def test_an_ignore_that_covers_nothing_is_unused() -> None:
    used, unused = Ignore("WC301", "a"), Ignore("WC301", "b", "other/*")
    _, ignored = set_aside([used, unused], [FOUND])
    assert ignored.unused == (unused,)


def test_without_ignores_everything_stands() -> None:
    assert set_aside([], [FOUND]) == ([FOUND], IgnoredFindings())


# --- on real archives ---


def two_foreign(*ignores: Ignore) -> ReleaseRecipe:
    """Two aarch64 libraries in an x86_64 wheel."""
    files = (library("x86_64"), library("aarch64", "demo/device.so"), library("aarch64", "demo/other.so"))
    return a_release(a_wheel(X86_64, *files), config=Config(ignores=ignores))


def test_one_place_is_lived_with_and_the_other_still_fails(tmp_path: Path) -> None:
    report = examine_recipe(two_foreign(Ignore("WC301", WHY, "demo/device.so")), tmp_path / "dist")
    assert report.verdict == "fail"
    assert [found.path for found in report.findings if found.code == "WC301"] == ["demo/other.so"]
    assert [(found.path, why) for found, why in report.ignored] == [("demo/device.so", WHY)]


def test_every_place_by_name_is_a_pass_that_says_what_it_lives_with(tmp_path: Path) -> None:
    named = (Ignore("WC301", WHY, "demo/device.so"), Ignore("WC301", WHY, "demo/other.so"))
    report = examine_recipe(two_foreign(*named), tmp_path / "dist")
    assert (report.verdict, len(report.ignored)) == ("pass", 2)


@pytest.mark.parametrize(("path", "verdict"), [("*", "unverified"), ("**", "unverified"), ("demo/*", "pass")])
def test_everything_off_cannot_pass(tmp_path: Path, path: str, verdict: str) -> None:
    everything = tuple(Ignore(rule.code, WHY, path) for rule in all_rules())
    report = examine_recipe(two_foreign(*everything), tmp_path / "dist")
    assert report.verdict == verdict
    assert ("the configuration ignores every rule that ran" in {gap.why for gap in report.gaps}) is (path != "demo/*")


def test_all_but_one_rule_that_ran_is_not_everything(tmp_path: Path) -> None:
    everything = tuple(Ignore(rule.code, WHY) for rule in all_rules() if rule.code != "WC101")
    assert examine_recipe(two_foreign(*everything), tmp_path / "dist").verdict == "pass"


def test_what_could_not_be_read_cannot_be_ignored(tmp_path: Path) -> None:
    report = examine([tmp_path / "missing.whl"], Config(ignores=tuple(Ignore(rule.code, WHY) for rule in all_rules())))
    assert report.verdict == "unverified"
