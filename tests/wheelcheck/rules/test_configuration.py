from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.artifacts import X86_64, ReleaseRecipe, a_release, a_wheel
from tests.support.native_files import library
from tests.support.twins import Twins
from wheelcheck.config import Config, Ignore, SeverityOverride
from wheelcheck.rules.catalogue import find
from wheelcheck.rules.configuration import Configuration

if TYPE_CHECKING:
    from pathlib import Path


def ignoring(path: str, code: str = "WC301") -> ReleaseRecipe:
    """A release with an aarch64 library in an x86_64 wheel, and an ignore for it that may miss."""
    ignore = Ignore(code, "the library is for the device, not for the host", path)
    return a_release(
        a_wheel(X86_64, library("x86_64"), library("aarch64", "demo/device.so")), config=Config(ignores=(ignore,))
    )


def lowering(path: str, code: str = "WC301") -> ReleaseRecipe:
    """The same release, and an entry that lowers the error and may miss it."""
    severity = SeverityOverride(code, "the launcher checks the CPU", path, level="warning")
    return a_release(
        a_wheel(X86_64, library("x86_64"), library("aarch64", "demo/device.so")), config=Config(severities=(severity,))
    )


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC801",
            "an ignore whose glob is misspelled",
            ignoring("demo/devise.so"),
            ignoring("demo/device.so"),
            "the ignore of WC301 (path 'demo/devise.so', artifact '*') matches nothing: the library is for the device",
            severity="warning",
            also=("WC301",),
        ),
        Twins(
            "WC801",
            "an ignore of another rule",
            ignoring("demo/device.so", "WC302"),
            ignoring("demo/dev*"),
            "the ignore of WC302",
            severity="warning",
            also=("WC301",),
        ),
    ],
    ids=str,
)
def test_every_ignore_matches_a_finding(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize("code", ["WC801", "WC802"])
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"ignores": (), "severities": ()}, "the configuration has no such entry"),
        ({"select": ("WC3",)}, "only some rules ran, and an entry may be about another one"),
        ({"deselect": ("WC3",)}, "only some rules ran, and an entry may be about another one"),
        ({"select": ("WC3",), "deselect": ("WC301",)}, "only some rules ran, and an entry may be about another one"),
        ({"each": True}, "single artifacts were checked, and an entry may be about another one"),
        ({"each": True, "select": ("WC3",)}, "single artifacts were checked, and an entry may be about another one"),
    ],
)
def test_entries_are_judged_where_all_that_they_may_be_about_was_checked(
    code: str, changes: dict[str, Any], why: str
) -> None:
    entries = {"ignores": (Ignore("WC301", "x"),), "severities": (SeverityOverride("WC301", "x", level="warning"),)}
    rule: Any = find(code)
    assert rule.needs(Configuration(Config(**{**entries, **changes}))) == why


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC802",
            "a lowered severity whose glob is misspelled",
            lowering("demo/devise.so"),
            lowering("demo/device.so"),
            "the severity 'warning' for WC301 (path 'demo/devise.so', artifact '*') matches nothing: the launcher",
            severity="warning",
            also=("WC301",),
        ),
    ],
    ids=str,
)
def test_every_lowered_severity_matches_a_finding(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
