from __future__ import annotations

import json

import pytest

from wheelcheck.cli import main
from wheelcheck.rules.catalogue import all_rules


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", *words]) == 0
    return capsys.readouterr().out


def test_without_a_code_every_rule_is_listed_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    lines = explained(capsys).splitlines()
    assert [line for line in lines if line.startswith("  ")] == [
        f"  {rule.code}  {rule.severity:<7}  {rule.summary}" for rule in all_rules()
    ]
    assert "linux" in lines


@pytest.mark.parametrize("beginning", ["WC3", "wc30", "WC"])
def test_the_beginning_of_codes_lists_those_rules(capsys: pytest.CaptureFixture[str], beginning: str) -> None:
    codes = [line.split()[0] for line in explained(capsys, beginning).splitlines() if line.startswith("  ")]
    assert codes == [rule.code for rule in all_rules() if rule.code.startswith(beginning.upper())]


def test_a_single_letter_is_the_beginning_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "W"]) == 2
    assert "'W' is neither a rule nor a kind of damage; `wheelcheck explain` lists the rules" in capsys.readouterr().err


def test_json_holds_the_parts_of_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    (rule,) = json.loads(explained(capsys, "WC301", "--format", "json"))
    assert (rule["code"], rule["family"], rule["severities"]) == ("WC301", "architecture", ["error", "warning"])
    assert all(rule[part] for part in ("summary", "why", "source", "remedy"))
    kind = json.loads(explained(capsys, "zip-prefix", "--format", "json"))
    assert kind["kind"] == "zip-prefix"
