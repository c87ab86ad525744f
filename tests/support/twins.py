"""The rows of the rules' tables: a bad subject with its good twin, or a subject that only looks bad.

A row in a `parametrize` table is what the conformance test counts: every rule needs one that fails, one that passes,
and one on a real archive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.artifacts import Recipe, ReleaseRecipe
from tests.support.sentences import assert_known
from wheelcheck.config import Config
from wheelcheck.engine import examine
from wheelcheck.rules.catalogue import find

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from wheelcheck.config.fields import Severity
    from wheelcheck.facts import Release, Sdist, Wheel
    from wheelcheck.results import Report
    from wheelcheck.rules import Finding

    Subject = Wheel | Sdist | Release | Recipe

ERROR: Severity = "error"  # for tables, whose texts are no literals to mypy
WARNING: Severity = "warning"

# What begins so ends with words of packaging, csv or configparser, which their next version may change.
_OF_OTHERS = re.compile("Invalid (wheel|sdist) file|found (Requires-Dist|no INI)|License-Expression .* valid|not CSV")


@dataclass(frozen=True)
class Twins:
    """A subject in which a rule finds something, and a minimally different one in which it finds nothing.

    `found` is part of each message, `at` the members or artifacts that are named, `also` the other rules that may find
    an error in the bad archive: what is wrong in two ways is rarely a good row. `everywhere` are those that find one in
    both, as WC208 does under a tag that PyPI refuses.
    """

    code: str
    sentence: str
    bad: Subject
    good: Subject
    found: str
    at: tuple[str, ...] = ("",)
    severity: Severity = "error"
    also: tuple[str, ...] = ()
    everywhere: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.code}-{self.sentence}"

    def assert_holds(self, folder: Path) -> None:
        """Hold both twins to the row."""
        found = findings(self.bad, self.code, folder / "bad", (*self.also, *self.everywhere))
        assert sorted({finding.path or finding.artifact for finding in found}) == sorted(_named(self, found))
        assert {finding.severity for finding in found} == {self.severity}
        assert [finding.message for finding in found if self.found not in finding.message] == []
        assert findings(self.good, self.code, folder / "good", self.everywhere) == []


@dataclass(frozen=True)
class Silent:
    """A subject that looks like a fault and is none: the rule has nothing to say about it."""

    code: str
    sentence: str
    good: Subject
    everywhere: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.code}-silent-{self.sentence}"

    def assert_holds(self, folder: Path) -> None:
        """Hold the subject to the row."""
        assert findings(self.good, self.code, folder / "good", self.everywhere) == []


def _named(twins: Twins, found: list[Finding]) -> tuple[str, ...]:
    """Return the expected places; the empty one stands for the one artifact itself."""
    return tuple(place or found[0].artifact for place in twins.at) if found else twins.at


def findings(subject: Subject, code: str, folder: Path, also: Collection[str] = ()) -> list[Finding]:
    """Return what the rule `code` finds in facts, or in an archive that is written, read and judged for real.

    An archive must show no error of a rule that is neither this nor in `also`, and nothing that was not examined.
    """
    if not isinstance(subject, Recipe):
        return judge(subject, code)
    report = examine_recipe(subject, folder)
    assert [hit for hit in report.findings if hit.severity == "error" and hit.code not in {code, *also}] == []
    assert report.gaps == ()
    return _read([finding for finding in report.findings if finding.code == code])


def judge(subject: Wheel | Sdist | Release, code: str) -> list[Finding]:
    """Return what a rule finds in facts that it can judge."""
    rule: Any = find(code)
    assert not (rule.needs and rule.needs(subject))
    return _read(list(rule.findings(subject, getattr(subject, "file", ""))))


def _read(found: list[Finding]) -> list[Finding]:
    """Return findings, having asserted that somebody has read what each says, and what it has in common with others."""
    for finding in found:
        assert isinstance(finding.path, str)
        if not _OF_OTHERS.match(finding.message):
            fix = f"fix: {finding.fix}" if finding.fix else ""
            assert_known("rules", finding.code, " | ".join(filter(None, (finding.message, finding.cause, fix))))
    return found


def examine_recipe(recipe: Recipe, folder: Path) -> Report:
    """Write an archive or a release below `folder` and put it through the engine."""
    folder.mkdir()
    path = recipe.write(folder)
    report = examine([path], recipe.config if isinstance(recipe, ReleaseRecipe) else Config())
    for skip in report.skips:
        assert_known("skips", "skipped", skip.why)
    return report
