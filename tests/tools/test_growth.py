from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools import growth
from wheelcheck.facts import Wheel
from wheelcheck.rules import Hit, rule
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.growth import Shape
    from wheelcheck.rules import Rule

COUNT = 20
JUDGED = [(shape, each) for shape in growth.SHAPES for each in growth.rules_for(growth.fresh(shape, 2))]


def ratio(each: Rule[Any], shape: Shape) -> float:
    small, large = (growth.calls(each, growth.fresh(shape, count)) for count in (COUNT, growth.GROWTH * COUNT))
    return large / small


@pytest.mark.parametrize(("shape", "each"), JUDGED, ids=[f"{each.code}-{shape.__name__}" for shape, each in JUDGED])
def test_four_times_the_input_is_at_most_five_times_the_work(shape: Shape, each: Rule[Any]) -> None:
    growth.calls(each, growth.fresh(shape, 2))  # imports, and tables that are read once
    assert ratio(each, shape) <= growth.ALLOWED


def test_every_rule_about_artifacts_is_measured() -> None:
    assert {each.code for each in all_rules()} - {each.code for _, each in JUDGED} == {"WC801", "WC802"}


@rule("WC299", on=Wheel)
def compares_every_pair(wheel: Wheel) -> Iterator[Hit]:
    for member in wheel.members:
        if any(other.path.startswith(f"{member.path}/") for other in wheel.members):
            yield Hit(member.path, "")


def test_a_rule_that_compares_every_pair_is_noticed() -> None:
    assert ratio(compares_every_pair, growth.modules) > growth.ALLOWED


def test_the_table_names_the_rule_that_grows_most_on_each_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "SHAPES", (growth.modules, growth.prebuilt))
    rows = list(growth.rows(4, rounds=1))
    assert [row.split(" | ")[0] for row in rows] == ["| modules", "| prebuilt"]
    assert all(row.split(" | ")[1].startswith("WC") for row in rows)
