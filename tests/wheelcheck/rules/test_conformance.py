from __future__ import annotations

import importlib
import inspect
import re
import sys
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import artifacts
from tests.support.artifacts import a_wheel
from tests.support.conformance import lacking, rows_of, table_modules
from tests.support.twins import Silent, Twins
from wheelcheck.facts import Sdist, Wheel
from wheelcheck.rules import Hit, Rule, rule
from wheelcheck.rules.catalogue import FAMILIES, IMPACTS, OF_SDISTS, all_rules, find, known_codes, rules_of, wheel_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wheelcheck.config.fields import Severity

RULES = all_rules()
GOOD = artifacts.wheel(artifacts.X86_64)
ARCHIVE = a_wheel(artifacts.X86_64)


def every_wheel_has_a_name(wheel: Wheel) -> Iterator[Hit]:
    """Every wheel has a file name.

    Source: nothing but this test.
    Remedy: none is needed.
    """
    if not wheel.file:
        yield Hit("", "found no name, expected one")


every_wheel_has_a_name.__module__ = "wheelcheck.rules.names"
NEW = rule("WC299", on=Wheel)(every_wheel_has_a_name)
UNSEEN = "a failing test with the severity 'error'"
TESTED = (Twins("WC299", "a wheel", ARCHIVE, ARCHIVE, "found no name"),)


def explained(text: str) -> Rule[Any]:
    """Return the new rule with another docstring."""

    def every_wheel_has_a_name(wheel: Wheel) -> Iterator[Hit]:
        yield from NEW.judge(wheel)

    every_wheel_has_a_name.__doc__ = text
    every_wheel_has_a_name.__module__ = NEW.judge.__module__
    return replace(NEW, judge=every_wheel_has_a_name)


@pytest.mark.parametrize("each", RULES, ids=[each.code for each in RULES])
def test_every_rule_has_its_code_its_words_and_its_tests(each: Rule[Any]) -> None:
    assert lacking(each, rows_of(table_modules()), RULES) == []


def test_what_is_not_imported_for_a_wheel_are_the_families_that_judge_sdists_alone() -> None:
    assert {name for name in FAMILIES if {each.on for each in rules_of(name)} == {Sdist}} == OF_SDISTS
    assert known_codes() == tuple(each.code for each in RULES)
    assert set(wheel_rules()) == {each for each in RULES if each.module not in OF_SDISTS}


def test_every_family_is_listed_and_every_rule_is_found_by_code_and_by_name() -> None:
    modules = {each.module for each in RULES}
    assert modules == set(FAMILIES)
    for each in RULES:
        assert find(each.code.lower()) is each
        assert find(each.name) is each
    assert find("WC000") is None


def named_in(text: str) -> set[str]:
    """Return the codes that a text names, of those that exist: `WC21x`, `WC301`, `WC303 to WC305`."""
    ranges = re.findall(r"WC(\d[\dx]+)(?: to WC(\d+))?", text)
    spans = [(int(first.replace("x", "0")), int((last or first).replace("x", "9"))) for first, last in ranges]
    return {code for code in known_codes() for first, last in spans if first <= int(code[2:]) <= last}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_first_line_of_a_family_names_its_codes_and_no_others(family: str) -> None:
    words = (importlib.import_module(f"wheelcheck.rules.{family}").__doc__ or "").partition(":")[0]
    assert named_in(words) == {one.code for one in RULES if one.module == family}


def test_every_rule_has_its_one_place_in_the_table_of_impacts() -> None:
    assert sorted(code for codes in IMPACTS.values() for code in codes) == [each.code for each in RULES]


def test_a_new_rule_with_words_and_tests_lacks_nothing() -> None:
    assert lacking(NEW, TESTED, (*RULES, NEW)) == []


@pytest.mark.parametrize(
    ("rows", "lacks"),
    [
        (
            (),
            ["a failing test, with its good twin", "a passing test", "a test on a real archive", UNSEEN],
        ),
        (
            (Silent("WC299", "a wheel", ARCHIVE),),
            ["a failing test, with its good twin", "a test on a real archive", UNSEEN],
        ),
        ((Twins("WC299", "a wheel", GOOD, GOOD, ""),), ["a test on a real archive"]),
        (
            (replace(TESTED[0], code="WC298"),),
            ["a failing test, with its good twin", "a passing test", "a test on a real archive", UNSEEN],
        ),
    ],
)
def test_a_new_rule_without_its_tests_is_named_with_what_it_lacks(
    rows: tuple[Twins | Silent, ...], lacks: list[str]
) -> None:
    assert lacking(NEW, rows, (*RULES, NEW)) == lacks


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("no sentence", ["a summary of one sentence that ends in a period"]),
        ("Every wheel has a name.\n\nSource: x\n", []),
    ],
)
def test_a_new_rule_without_its_words_is_named_with_what_it_lacks(text: str, lacks: list[str]) -> None:
    missing = [f"a line {word!r} in its docstring" for word in ("Source:", "Remedy:") if word not in text]
    assert lacking(explained(text), TESTED, (*RULES, NEW)) == [*lacks, *missing]


@pytest.mark.parametrize(
    ("wrong", "lacks"),
    [
        (replace(NEW, code="WC399"), "a code of its family's hundred (module 'names')"),
        (replace(NEW, code="X1"), "a code of the form WC123"),
        (replace(NEW, code="WC201"), "exactly one place in all_rules(), under its own code and name"),
    ],
)
def test_a_code_of_another_family_or_another_rule_is_refused(wrong: Rule[Any], lacks: str) -> None:
    assert lacks in lacking(wrong, TESTED, (*RULES, wrong))


def _note(path: str) -> Hit:
    return Hit(path, "found a name", severity="note")


def every_name_is_short(wheel: Wheel) -> Iterator[Hit]:
    """Every name is short.

    Source: nothing but this test.
    Remedy: none is needed.
    """
    yield from (_note(member.path) for member in wheel.members)
    yield Hit("", "found", severity="warning" if wheel.members else None)


for function in (_note, every_name_is_short):
    function.__module__ = "wheelcheck.rules.names"
WEIGHED = rule("WC298", on=Wheel, severity=("error", "warning", "note"))(every_name_is_short)
ROWS = tuple(Twins("WC298", "a name", ARCHIVE, ARCHIVE, "found", severity=each) for each in WEIGHED.severities)


@pytest.mark.parametrize(
    ("severities", "rows", "lacks"),
    [
        (("error", "warning", "note"), ROWS, []),
        (("warning", "error", "note"), ROWS, ["a hit of the severity 'error' that it declares"]),
        (("error", "warning"), ROWS, ["the severity 'note' in its declaration"]),
        (("error", "note"), ROWS, ["the severity 'warning' in its declaration"]),
        (("note", "warning"), ROWS, []),
        (("error", "warning", "note"), ROWS[:2], ["a failing test with the severity 'note'"]),
    ],
)
def test_the_severities_that_a_rule_finds_are_those_it_declares_and_each_has_a_row(
    severities: tuple[Severity, ...], rows: tuple[Twins, ...], lacks: list[str]
) -> None:
    weighed = replace(WEIGHED, severities=severities)
    assert lacking(weighed, rows, (*RULES, weighed)) == lacks


def test_a_rule_that_no_family_lists_is_not_there() -> None:
    assert "exactly one place in all_rules(), under its own code and name" in lacking(NEW, TESTED, RULES)


def test_only_rows_that_pytest_runs_are_counted() -> None:
    module = ModuleType("loose")
    module.ROWS = TESTED  # type: ignore[attr-defined]  # a table that no test uses

    @pytest.mark.parametrize("row", TESTED)
    def test_it(row: Twins) -> None:
        """Never run: only looked at."""

    assert rows_of((module,)) == ()
    module.test_it = test_it  # type: ignore[attr-defined]
    assert rows_of((module,)) == TESTED
    assert sys.modules[__name__] in table_modules()


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.code)
def test_without_docstrings_a_rule_is_explained_from_its_source(one: Rule[Any]) -> None:
    bare = replace(one, judge=_without_docstring(one.judge))
    assert (bare.summary, bare.explanation, bare.why) == (one.summary, one.explanation, one.why)
    assert (bare.source, bare.remedy) == (one.source, one.remedy)


def test_without_docstrings_and_without_source_a_rule_has_no_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = replace(RULES[0], judge=_without_docstring(RULES[0].judge))
    monkeypatch.setattr(inspect, "getsource", _no_source)
    assert (bare.summary, bare.explanation) == ("", "")


def _without_docstring(judge: Callable[..., Any]) -> Callable[..., Any]:
    assert isinstance(judge, FunctionType)
    bare = FunctionType(judge.__code__, judge.__globals__, judge.__name__)
    bare.__doc__ = None
    return bare


def _no_source(_: object) -> str:
    raise OSError


def test_the_words_of_a_rule_are_those_of_its_docstring() -> None:
    known, other = find("WC210"), find("WC403")
    assert known is not None
    assert other is not None
    assert known.summary == "Every file of the wheel has a row in RECORD."
    assert known.why.startswith(
        "Installers use RECORD to remove and verify files, and auditwheel opens only what it lists."
    )
    assert known.why.endswith("is never examined, and stays behind when the package is uninstalled.")
    assert known.source == "the binary distribution format (PyPA), PEP 627."
    assert known.remedy == "let the build backend write RECORD last; repack with `wheel pack` after any change."
    assert known.fixable.startswith("`wheelcheck check --fix` writes RECORD again")
    assert other.fixable == ""
