from __future__ import annotations

import ast

import pytest

from tools import new_rule
from wheelcheck.rules.catalogue import FAMILIES, all_rules


def test_the_skeleton_is_python_under_the_given_code_and_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert new_rule.main(["WC399", "every-name-is-short"]) == 0
    printed = capsys.readouterr().out
    (function,) = ast.parse(printed.partition("# tests/")[0]).body
    assert isinstance(function, ast.FunctionDef)
    assert function.name == "every_name_is_short"
    assert "Remedy: " in (ast.get_docstring(function) or "")
    assert printed.count('"WC399"') == 3


def test_the_next_code_of_each_family_is_free_and_of_its_hundred() -> None:
    free = new_rule.free_codes()
    assert list(free) == [*FAMILIES]
    taken = {rule.code: rule.module for rule in all_rules()}
    assert taken.keys().isdisjoint(free.values())
    for code, family in taken.items():
        assert free[family][:3] == code[:3]


@pytest.mark.parametrize(
    ("code", "name", "why"),
    [
        ("WC301", "some-name", "WC301 every-binary-matches-the-tag is taken"),
        ("WC399", "every-binary-matches-the-tag", "WC301 every-binary-matches-the-tag is taken"),
        ("W399", "some-name", "W399 is not a code"),
        ("WC399", "Some_Name", "Some_Name is not a name"),
    ],
)
def test_a_code_or_name_that_cannot_be_used_is_refused_with_the_free_codes(
    code: str, name: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new_rule.main([code, name]) == 2
    printed = capsys.readouterr()
    assert why in printed.err
    assert new_rule.free_codes()["architecture"] in printed.out
