"""Reads the arguments of calls in a setup.py of an archive, which is neither run nor trusted."""

from __future__ import annotations

import re
from functools import lru_cache

from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Python's comments, strings, names and brackets. A string or bracket that does not end, ends with the file, so that
# every match succeeds at once and the time is linear.
LEXEME = regex(
    r"""\#[^\n]*
    |[a-zA-Z]{0,2}(?:\"{3}(?:[^\\"]+|\\.?|"(?!""))*(?:\"{3})?|'{3}(?:[^\\']+|\\.?|'(?!''))*(?:'{3})?)
    |[a-zA-Z]{0,2}(?:"(?:[^\\"\n]+|\\.?)*"?|'(?:[^\\'\n]+|\\.?)*'?)
    |\w+|[][(){},=]""",
    re.DOTALL | re.VERBOSE,
)
EXTENSIONS = frozenset({"Extension", "Pybind11Extension", "CppExtension", "CUDAExtension"})
_LITERAL = regex(r"""[rRuU]?("|')([^"'\\]*)\1""")


def extension_sources(text: str) -> Iterator[str]:
    """Yield the sources of each `Extension(…)`: its second argument or `sources=`, if that is a list of literals."""
    for index, argument in arguments(text, EXTENSIONS):
        listed = argument[2:] if argument[:2] == ["sources", "="] else argument if index == 1 else []
        names = [literal(word) for word in listed[1:-1] if word != ","]
        if listed and listed[0] + listed[-1] == "[]" and all(name is not None for name in names):
            yield from (name for name in names if name)


def literal(word: str) -> str | None:
    """Return what a string literal without escapes means; None for any other lexeme."""
    found = _LITERAL.fullmatch(word)
    return found[2] if found else None


@lru_cache(maxsize=4)  # several rules ask the same of one text
def arguments(text: str, callees: frozenset[str]) -> tuple[tuple[int, list[str]], ...]:
    """Return the arguments of each call to one of `callees`, as their position and their lexemes."""
    return tuple(_arguments(text, callees)) if any(callee in text for callee in callees) else ()


def _arguments(text: str, callees: Collection[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield what `arguments` returns.

    Lexemes are enough, and safe: `ast.parse` of a hostile file takes gigabytes, and ends Python 3.10 itself.
    """
    depth = call = index = 0
    argument: list[str] = []
    previous = ""
    for word in (lexeme[0] for lexeme in LEXEME.finditer(text) if lexeme[0][0] != "#"):
        closes = word in ")]}"
        if call and call == depth and (closes or word == ","):
            if argument:
                yield index, argument
            index, argument, call = index + 1, [], 0 if closes else call
        elif call:
            argument.append(word)
        depth += (word in "([{") - closes
        if word == "(" and previous in callees:
            call, index, argument = depth, 0, []
        previous = word
