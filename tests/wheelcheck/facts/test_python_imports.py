from __future__ import annotations

import random
import re

import pytest

from wheelcheck.facts.python_imports import Bound, imports_of_module, imports_of_script

WORDS = (
    "a",
    "b",
    "ab",
    "def",
    "class",
    "as",
    "for",
    "with",
    "=",
    ",",
    "(",
    "\n",
    "\n  ",
    " ",
    "  ",
    "\t",
    ":",
    "1",
    "\u00e9",
)


def modules(text: str) -> list[str]:
    return [each.module for each in imports_of_module("demo/__init__.py", text) if each.module.count(".") == 1]


def is_bound(name: str, code: str) -> bool:
    """Look for one name at a time, which is slow and plain."""
    binding = rf"\b(?:def|class|as|for|with)\s+{name}\b|^\s*{name}\b[^\n]*=|\bglobal\b"
    return re.search(binding, code, re.MULTILINE) is not None


@pytest.mark.parametrize("seed", range(400))
def test_the_names_that_are_bound_are_those_that_are_found_one_at_a_time(seed: int) -> None:
    chosen = random.Random(seed)  # noqa: S311  # no secret
    code = "".join(chosen.choices(WORDS, k=30))
    for name in ("a", "b", "ab", "as", "for", "\u00e9"):
        assert (name in Bound(code)) == is_bound(name, code), code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from . import a, b\n", ["demo.a", "demo.b"]),
        ("from . import (\n    a,\n    b,  # see c\n)\nfrom .c import d\n", ["demo.a", "demo.b", "demo.c"]),
        ("from . import (a, b\n", ["demo.a", "demo.b"]),
        ("from . import (\n" + "#" * 5000 + "\na)\nimport demo.b\n", ["demo.a", "demo.b"]),
        ("from\t.\timport  a ; x = 1\n", ["demo.a"]),
        ("from .. import a\nfrom other import b\n", []),
        ("import demo.a, other, demo.b as c\n", ["demo.a", "demo.b"]),
        ("from . import a\ndef __getattr__(name): ...\n", []),
    ],
)
def test_imports_are_read_as_they_are_written(text: str, expected: list[str]) -> None:
    assert modules(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "from" + " " * 900_000 + "\n",
        "from ." + " " * 900_000 + "import\n",
        "from . import (\n" * 60_000,
        "from . import (" + "a," * 400_000,
        "import demo." + "a, demo." * 100_000,
        "".join(f"from . import a{number}, b{number}\n" for number in range(30_000)),
        "from . import a\n" + "\n" * 900_000,
        "from . import a\n" + " \n" * 400_000 + "a" * 400_000,
    ],
    ids=["spaces", "spaces behind", "brackets", "one bracket", "commas", "many", "empty lines", "long"],
)
def test_no_source_is_read_twice_for_each_of_its_imports(text: str) -> None:
    """These took from seconds to hours: the whole text was searched for every name, each space for every other."""
    assert len(modules(text)) <= 60_000
    assert len(list(imports_of_script(text))) <= 100_001
