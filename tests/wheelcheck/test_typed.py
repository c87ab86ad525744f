"""The names of `typing` that stand in annotations do nothing when the program runs, and break nothing."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from wheelcheck import typed

NAMES: Any = typed  # the classes that stand in their place, which type checkers do not see


@pytest.mark.parametrize("name", typed.__all__)
def test_every_name_is_one_of_typing(name: str) -> None:
    assert hasattr(typing, name)


@pytest.mark.parametrize("name", ["Generic", "Protocol"])
def test_a_class_can_have_it_as_a_base(name: str) -> None:
    base = getattr(typed, name)
    subscripted = base[NAMES.TypeVar("Item")]
    plain = type("Plain", (base,), {"__slots__": ("value",)})
    made: Any = type("Made", subscripted.__mro_entries__(()), {"__slots__": ("value",)})
    for cls in (plain, made, made[int]):
        with pytest.raises(AttributeError):  # no __dict__ comes with the base
            cls().other = 1


def test_the_words_of_a_literal_can_be_asked_for() -> None:
    word = NAMES.Literal["yes", "no"]
    assert typing.get_args(word) == ("yes", "no")
    assert typing.get_args(word | None) == (word, type(None))
    assert typing.get_args(NAMES.Literal["perhaps", word]) == ("perhaps", "yes", "no")
    assert typing.get_args(NAMES.Literal["one"]) == ("one",)


def test_what_is_cast_or_overloaded_stays_what_it_is() -> None:
    assert NAMES.cast("str", NAMES) is NAMES
    assert NAMES.overload(len) is len
