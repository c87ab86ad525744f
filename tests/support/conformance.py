"""What every rule must have, and what it still lacks: its code, name, texts and place, and its rows in the tests."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, cast, get_args

from tests.support.artifacts import Recipe
from tests.support.twins import Silent, Twins
from tests.wheelcheck import rules as tables
from wheelcheck.config.fields import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from wheelcheck.rules import Rule

    Row = Twins | Silent

# The hundreds of a code that a family's module may hold.
FAMILIES = {
    "container": "1",
    "names": "2",
    "record": "2",
    "metadata": "2",
    "architecture": "3",
    "python": "3",
    "executables": "3",
    "interpreter": "4",
    "linux": "4",
    "loading": "4",
    "symbols": "4",
    "import_tables": "4",
    "publishing": "2",
    "evidence": "7",
    "contents": "2",
    "installation": "2",
    "buildable": "6",
    "compiled_sources": "6",
    "macos": "5",
    "windows": "5",
    "index": "2",
    "sdist": "6",
    "sdist_beside_wheels": "6",
    "cargo": "6",
    "release": "7",
    "consistency": "7",
    "configuration": "8",
}
_SENTENCE = re.compile(r"\S.*[^.]\.")
_NAME = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")


def table_modules() -> tuple[ModuleType, ...]:
    """Return the modules in which rules are tested."""
    names = sorted(found.name for found in pkgutil.iter_modules(tables.__path__) if found.name.startswith("test_"))
    return tuple(importlib.import_module(f"{tables.__name__}.{name}") for name in names)


def rows_of(modules: tuple[ModuleType, ...]) -> tuple[Row, ...]:
    """Return every row that pytest runs: those of `parametrize` tables, not values that merely stand in a module."""
    return tuple(row for module in modules for test in vars(module).values() for row in _rows(test))


def _rows(test: object) -> Iterator[Row]:
    if not (inspect.isfunction(test) and test.__name__.startswith("test_")):
        return
    for mark in getattr(test, "pytestmark", ()):
        if mark.name == "parametrize":
            yield from (row for row in mark.args[1] if isinstance(row, Twins | Silent))


def lacking(rule: Rule[Any], rows: tuple[Row, ...], listed: tuple[Rule[Any], ...]) -> list[str]:
    """Return everything that the rule lacks."""
    return [
        *_badly_named(rule, listed),
        *_badly_explained(rule),
        *_badly_weighed(rule),
        *_untested(rule.code, rows),
        *_unseen(rule, rows),
    ]


def _badly_named(rule: Rule[Any], listed: tuple[Rule[Any], ...]) -> Iterator[str]:
    if not re.fullmatch(r"WC\d{3}", rule.code):
        yield "a code of the form WC123"
    if rule.code[2:3] != FAMILIES.get(rule.module):
        yield f"a code of its family's hundred (module {rule.module!r})"
    if not _NAME.fullmatch(rule.name) or rule.name != rule.judge.__name__.replace("_", "-"):
        yield "a name in words with hyphens"
    if [other.code for other in listed].count(rule.code) != 1 or [other.name for other in listed].count(rule.name) != 1:
        yield "exactly one place in all_rules(), under its own code and name"


def _badly_explained(rule: Rule[Any]) -> Iterator[str]:
    if not _SENTENCE.fullmatch(rule.summary):
        yield "a summary of one sentence that ends in a period"
    for word in ("Source: ", "Remedy: "):
        if not re.search(rf"^{word}\S", rule.explanation, re.MULTILINE):
            yield f"a line {word.strip()!r} in its docstring"


def _badly_weighed(rule: Rule[Any]) -> Iterator[str]:
    """Compare the declared severities with those that the rule's code names, in both directions."""
    named = {rule.severity, *_named_severities(cast("FunctionType", rule.judge), set())}
    for severity in sorted(named - set(rule.severities)):
        yield f"the severity {severity!r} in its declaration"
    for severity in rule.severities:
        if severity not in named or rule.severities.count(severity) > 1:
            yield f"a hit of the severity {severity!r} that it declares"


def _named_severities(function: FunctionType, seen: set[object]) -> set[str]:
    """Return the severities that a function names, and every function of the rules that it can call."""
    seen.add(function)
    codes, constants, names = [function.__code__], set[str](), set[str]()
    for code in codes:  # the list grows by the generator expressions and lambdas inside
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        constants |= {constant for constant in code.co_consts if isinstance(constant, str)}
        names |= set(code.co_names)
    called = [function.__globals__.get(name) for name in names]
    for value in called:
        if isinstance(value, FunctionType) and value.__module__.startswith("wheelcheck.rules.") and value not in seen:
            constants |= _named_severities(value, seen)
    return constants & set(get_args(Severity))


def _unseen(rule: Rule[Any], rows: tuple[Row, ...]) -> Iterator[str]:
    """Yield the severities that no failing test of the rule shows."""
    shown = {row.severity for row in rows if isinstance(row, Twins) and row.code == rule.code}
    yield from (
        f"a failing test with the severity {severity!r}" for severity in rule.severities if severity not in shown
    )


def _untested(code: str, rows: tuple[Row, ...]) -> Iterator[str]:
    twins = [row for row in rows if isinstance(row, Twins) and row.code == code]
    if not twins:
        yield "a failing test, with its good twin"
    if not any(row.code == code for row in rows):
        yield "a passing test"
    if not any(isinstance(row.bad, Recipe) and isinstance(row.good, Recipe) for row in twins):
        yield "a test on a real archive"
