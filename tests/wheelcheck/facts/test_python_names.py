from __future__ import annotations

import warnings

import pytest

from wheelcheck.facts import python_names
from wheelcheck.facts.python_names import Parsing, lacking


@pytest.mark.parametrize("line", ["pattern = '\\d'", "one = 1if True else 2", "one = 0 is 0", "assert (1, 'always')"])
def test_what_python_warns_of_in_a_module_is_not_said_to_the_user(line: str) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert lacking(f"{line}\nmain = 1\n", ("main", "other")) == {"other"}
    assert said == []


LONG = "a = b\n" * 10_000  # 30,000 words and signs


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", {"main"}),
        ("main = a", set()),
        ("from demo import *", set()),
        ("from demo import (*)", set()),
        ("globals()[a] = b", set()),
        ("sys.modules[a] = b", set()),
        ("def __getattr__(a): ...", set()),
        ("ma\u00efn = a", set()),
    ],
)
def test_a_module_too_long_to_be_parsed_surely_lacks_what_it_never_mentions(text: str, missing: set[str]) -> None:
    assert Parsing().lacking(f"{LONG}{text}\n", ("main",)) == missing


def test_no_more_than_a_number_of_words_is_parsed_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte of `__init__.py` that a command starts took 15 s and 943 MiB, and four of them 57 s."""
    parsed: list[str] = []
    monkeypatch.setattr(python_names, "_parsed", parsed.append)
    parsing = Parsing()
    short = "b = c\n" * 4_000
    for number in range(4):
        parsing.lacking(f"{short}{number}\n", ("main",))
        parsing.lacking(f"{LONG}def main(): ...\n{number}\n", ("main",))  # what is defined at the top costs nothing
    assert [text.partition("\n")[0] for text in parsed] == ["b = c"] * 2
