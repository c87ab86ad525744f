"""Imports all modules of an installed wheel in one process, and judges each."""

from __future__ import annotations

import json
import shlex

from wheelcheck.builder import endings
from wheelcheck.builder.install import ROOTS
from wheelcheck.builder.run import BuildError, Command, Outcome
from wheelcheck.builder.smoke import Result
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelcheck.builder.install import Installation

_MARK = "wheelcheck-imports:"  # before the line that says what came of each module
# Prints the name of each module as it goes, so that a crash is attributed to the module that caused it.
_SCRIPT = f"""
import importlib, json, os, sys
failed = {{}}
for name in sys.argv[1:]:
    print("import", name, flush=True)
    try:
        importlib.import_module(name)
    except BaseException as problem:
        failed[name] = f"{{type(problem).__name__}}: {{problem}}"
        print(f"failed {{name}}: {{failed[name]}}", flush=True)
print("\\n{_MARK}" + json.dumps(failed), flush=True)
os._exit(1 if failed else 0)
"""


def commands(names: tuple[str, ...], installed: Installation, folder: Path) -> list[Command]:
    """Return the command that imports all modules; none if there is no module, or no Python to import it."""
    command = Command((installed.python, "-I", "-c", _SCRIPT, *names), folder, installed.env)
    return [command] if names and installed.python else []


def judged(
    names: tuple[str, ...], ended: tuple[Outcome | BuildError, ...], installed: Installation
) -> Iterator[Result]:
    """Judge what came of the command, if there was one.

    A module is skipped that needs a package which is not installed, or a library of the system; any other must succeed.
    """
    if names and not ended:
        why = f"no Python for {installed.machine.arch.name}: set {ROOTS} to a folder of Debian roots"
        yield Result(_title(names), "skip", why)
    for outcome in ended:
        failed = None if isinstance(outcome, BuildError) else _failed(outcome)
        if isinstance(outcome, BuildError) or failed is None:  # it crashed or hung, or a module ended the process
            yield Result(_title(names), "fail", endings.how(outcome, shlex.quote(_SCRIPT)))
        else:
            yield from _each(names, failed, outcome, installed)


def _each(
    names: tuple[str, ...], failed: dict[str, str], outcome: Outcome, installed: Installation
) -> Iterator[Result]:
    own = {name.partition(".")[0] for name in names}
    excuses = {name: endings.excuse(why, own, installed.machine.arch) for name, why in failed.items()}
    for name, why in excuses.items():
        if why:
            yield Result(_title((name,)), "skip", why)
    tried = tuple(name for name in names if not excuses.get(name))
    if not all(excuses.values()):
        said = "\n".join(line for line in outcome.output.splitlines() if not line.startswith(_MARK))
        yield Result(_title(tried), "fail", endings.how(Outcome(outcome.status, said)))
    elif tried:
        yield Result(_title(tried), "pass")


def _title(names: tuple[str, ...]) -> str:
    return f"import {', '.join(names)}"


def _failed(outcome: Outcome) -> dict[str, str] | None:
    """Return why modules could not be imported, by name; None if the process did not come to its end."""
    lines = (line for line in reversed(outcome.output.splitlines()) if line.startswith(_MARK))
    try:
        return dict(json.loads(next(lines, "").removeprefix(_MARK)))
    except ValueError:
        return None
