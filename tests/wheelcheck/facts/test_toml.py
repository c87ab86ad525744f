from __future__ import annotations

import pytest

from wheelcheck.facts.toml import parse_toml, table, tables, texts


def key(parts: int) -> str:
    return ".".join(["a"] * parts)


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("a = ", "a = 1"),
        ("a = " + "9" * 5_000, "a = " + "9" * 18),
        ("a = " + "[" * 5_000, "a = [[1]]"),
        (f"{key(81)} = 1", f"{key(80)} = 1"),
        (f"[{key(500)}]", f"[{key(50)}]"),
        (f"x = {{ {key(40_000)} = 1 }}", "x = { a.a = 1 }"),
        ("\"a\" . 'b'." * 50 + "c = 1", "\"a\" . 'b'.c = 1"),
    ],
)
def test_what_is_not_toml_or_nests_deeper_than_cargo_reads_is_empty(bad: str, good: str) -> None:
    assert parse_toml(bad) == {}
    assert parse_toml(good) != {}


def test_few_keys_of_many_parts_are_read_and_more_are_not() -> None:
    lines = [f"{key(17)}{number} = 1" for number in range(101)]
    assert parse_toml("\n".join(lines[:100])) != {}
    assert parse_toml("\n".join(lines)) == {}


def test_text_that_never_quite_nests_too_deep_is_looked_through_once() -> None:
    assert parse_toml(f"a = 1\n{(key(79) + ',') * 20_000}") == {}
    assert parse_toml("# " + "a . " * 100_000) == {}
    assert parse_toml("a = 1 # " + "'\"" * 100_000 + "." * 20) == {"a": 1}


def test_many_dots_outside_a_key_are_accepted() -> None:
    versions = ", ".join(f'"1.2.{number}"' for number in range(200))
    assert len(parse_toml(f"a = [{versions}]")["a"]) == 200


@pytest.mark.parametrize("document", [3, None, [], {}, {"k": 3}, {"k": "text"}, {"k": None}])
def test_what_has_another_shape_is_empty(document: object) -> None:
    assert table(document, "k") == {}
    assert tables(document, "k") == []
    assert texts(document, "k") == []


def test_what_has_the_right_shape_is_taken_and_the_rest_left() -> None:
    document = {"table": {"a": 1}, "mixed": [{"a": 1}, "text", 3]}
    assert table(document, "table") == {"a": 1}
    assert tables(document, "mixed") == [{"a": 1}]
    assert texts(document, "mixed") == ["text"]
