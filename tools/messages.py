"""Print every message that the program can print, each with an example, and the places that no test provokes.

    python -m tools.messages [PATH ...]        tests to run; all of tests/wheelcheck without any

A message is made where a `Hit`, a `Damage` or one of our errors is made. The tests run with a plugin that notes what is
made where, so the examples are real and none is written by hand. A place without an example is one that no test
reaches.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wheelcheck.builder.run import BuildError
from wheelcheck.config import ConfigError
from wheelcheck.damage import Damage
from wheelcheck.inputs import UnreachableError
from wheelcheck.pypi import UnobtainableError
from wheelcheck.pypi.http import TransferError
from wheelcheck.rules import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

PACKAGE = Path(__file__).resolve().parent.parent / "wheelcheck"
MAKERS: tuple[type, ...] = (Hit, Damage, BuildError, ConfigError, UnreachableError, UnobtainableError, TransferError)
_THROUGH = ("stop", "note")  # methods of a reader's log, which make a Damage for their caller
_LONGEST = 300  # characters of an example


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A place in the package where a message is made: file relative to it, first and last line."""

    file: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.file}:{self.first}"


class Recorder:
    """A pytest plugin that notes the first message made at each line of the package."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, int], str] = {}

    def pytest_configure(self) -> None:
        """Watch every class whose instances carry a message."""
        for maker in MAKERS:
            maker.__init__ = self._watched(maker.__init__)  # type: ignore[misc]  # that is the point

    def _watched(self, make: Callable[..., None]) -> Callable[..., None]:
        def watched(made: Any, *values: Any, **named: Any) -> None:  # noqa: ANN401  # whatever the class takes
            make(made, *values, **named)
            text = (
                f"{made.path}: {made.why}" if isinstance(made, Damage) else getattr(made, "message", None) or str(made)
            )
            for file, line in _callers():
                self.made.setdefault((file, line), " ".join(str(text).split())[:_LONGEST])

        return watched


def _text(made: object) -> str:
    if isinstance(made, Damage):
        return f"{made.kind}: {made.why}"
    return made.message if isinstance(made, Hit) else str(made)


def _callers() -> Iterator[tuple[str, int]]:
    """Yield the nearest lines of the package that made something: a reader's log makes it for its caller."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # past this function and the wrapper
    for _ in range(4):
        if frame is None:
            return
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE):
            yield path.relative_to(PACKAGE).as_posix(), frame.f_lineno
        frame = frame.f_back


@cache
def sites() -> tuple[Site, ...]:
    """Return every place of the package where a message is made."""
    names = {maker.__name__ for maker in MAKERS}
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _makes(node.func, names):
                file = path.relative_to(PACKAGE).as_posix()
                found.append(Site(file, node.lineno, node.end_lineno or node.lineno))
    return tuple(sorted(set(found)))


def _makes(function: ast.expr, names: set[str]) -> bool:
    if isinstance(function, ast.Attribute):
        owner = function.value.attr if isinstance(function.value, ast.Attribute) else getattr(function.value, "id", "")
        return function.attr in _THROUGH and owner in ("log", "_log")
    return isinstance(function, ast.Name) and function.id in names


def table(made: dict[tuple[str, int], str]) -> tuple[dict[Site, str], list[Site]]:
    """Return an example for each place, and the places that have none."""
    lines: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for (file, line), text in made.items():
        lines[file][line] = text
    examples = {}
    for site in sites():
        told = [text for line, text in sorted(lines[site.file].items()) if site.first <= line <= site.last]
        if told:
            examples[site] = told[0]
    return examples, [site for site in sites() if site not in examples]


def main(words: list[str] | None = None) -> int:
    """Run the tests, print the messages, and return 0 unless nothing was provoked at all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="*", default=["tests/wheelcheck"], help="the tests to run")
    recorder = Recorder()
    pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", *parser.parse_args(words).paths], plugins=[recorder])
    examples, silent = table(recorder.made)
    for site, text in examples.items():
        print(f"{site}\n    {text}")
    print(f"\n{len(examples)} places with an example, {len(silent)} that these tests do not provoke:")
    print("\n".join(f"    {site}" for site in silent))
    return 0 if examples else 1


if __name__ == "__main__":
    sys.exit(main())
