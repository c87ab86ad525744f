from __future__ import annotations

import ast
import copy
import re
from importlib import import_module
from pathlib import Path

import pytest

from wheelcheck.patterns import regex

PACKAGE = Path(__file__).resolve().parents[2] / "wheelcheck"


def _assigned() -> list[tuple[str, str]]:
    """Return module and name of every expression that a module of the package gives a name of its own."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        named = (node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Assign))
        expressions = [node for node in named if ast.unparse(node.value).startswith("regex(")]
        found += [(module, ast.unparse(node.targets[0])) for node in expressions]
    return found


@pytest.mark.parametrize(("module", "name"), _assigned())
def test_every_expression_of_the_package_compiles(module: str, name: str) -> None:
    assert getattr(import_module(module), name).groups >= 0


def test_an_expression_matches_as_a_compiled_one_does() -> None:
    ours, theirs = regex(r"(?P<word>[a-z]+)-(\d+)", re.IGNORECASE), re.compile(r"(?P<word>[a-z]+)-(\d+)", re.IGNORECASE)
    text = "ab-12, CD-3"
    assert ours.findall(text) == theirs.findall(text) == [("ab", "12"), ("CD", "3")]
    assert (ours.pattern, ours.flags, ours.groupindex) == (theirs.pattern, theirs.flags, theirs.groupindex)
    assert ours.sub(r"\2", text) == theirs.sub(r"\2", text) == "12, 3"


def test_an_expression_of_bytes_matches_bytes() -> None:
    assert regex(rb"\x7fELF").match(b"\x7fELF\x02") is not None


def test_a_wrong_expression_raises_when_it_is_used() -> None:
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.match("")


@pytest.mark.parametrize("name", ["no_such_method", "__no_such_method__"])
def test_an_expression_has_no_other_attributes_and_can_be_copied(name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(regex("a"), name)
    assert copy.copy(regex("a")).match("a") is not None
