"""The smoke test: installed programs must print what the configuration says, and installed files have their modes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wheelcheck.builder import run
from wheelcheck.builder.install import ROOTS
from wheelcheck.builder.run import BuildError, Command, OverdueError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wheelcheck.builder.install import Installation
    from wheelcheck.config import Payload
    from wheelcheck.config.builder import Settings, SmokeCommand

LIMIT = 600.0  # seconds that a smoke command may run
Verdict = Literal["pass", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Result:
    """One smoke test: what was tried, how it went, and why it failed or was skipped."""

    trial: str
    verdict: Verdict
    why: str = ""

    def __str__(self) -> str:
        return f"{self.verdict}: {self.trial}{': ' if self.why else ''}{self.why}"


def trials(settings: Settings, installed: Installation, folder: Path) -> tuple[Result, ...]:
    """Try every payload and every smoke command of an installed wheel, from `folder`."""
    payload = settings.release.payload
    placed = (_try_payload(item, installed) for item in payload)
    return (*placed, *(_try_command(command, payload, installed, folder) for command in settings.commands))


def require_executed(results: Iterable[Result], *, required: bool = True) -> None:
    """Raise BuildError for a failure and, where it is `required`, for a run of nothing: that proves nothing."""
    results = tuple(results)
    failed = [result for result in results if result.verdict == "fail"]
    if failed:
        told = "; ".join(map(str, failed))
        raise BuildError("smoke test", f"{len(failed)} of {len(results)} failed: {told}", "fix what the output names")
    if required and not any(result.verdict == "pass" and result.trial.startswith("run ") for result in results):
        told = "; ".join(map(str, results)) or "none is declared"
        fix = "declare tool.wheelcheck.smoke.commands, and run them where the wheel can be installed"
        raise BuildError("smoke test", f"no command was executed ({told})", fix)


def summary(results: Iterable[Result]) -> str:
    """Return how many trials passed and how many were skipped, in words."""
    verdicts = [result.verdict for result in results]
    return f"{verdicts.count('pass')} passed, {verdicts.count('skip')} skipped"


def _try_payload(payload: Payload, installed: Installation) -> Result:
    trial, file = f"payload {payload.path}", installed.place(payload.path)
    if not file.is_file():
        return Result(trial, "fail", "is not installed")
    executable = os.access(file, os.X_OK)
    if executable != (payload.kind == "executable"):
        return Result(trial, "fail", f"{'is' if executable else 'is not'} executable after installation")
    return Result(trial, "pass")


def _try_command(command: SmokeCommand, payload: Iterable[Payload], installed: Installation, folder: Path) -> Result:
    trial = f"run {' '.join(command.run)}"
    if lacking := [installed.machine.lacks[need] for need in command.needs if need in installed.machine.lacks]:
        return Result(trial, "skip", "; ".join(lacking))
    program = _program(command.run[0], payload, installed)
    if not program:
        return _without_program(trial, command.run[0], installed)
    try:
        outcome = run.observe(Command((*program, *command.run[1:]), folder, installed.env), LIMIT)
    except OverdueError as overdue:
        return Result(trial, "fail", str(overdue))
    if outcome.status != command.status:
        return Result(trial, "fail", f"exit status {outcome.status}, expected {command.status}: {outcome.output}")
    if not re.search(command.expect, outcome.output):
        return Result(trial, "fail", f"said {outcome.output!r}, expected a match of {command.expect!r}")
    return Result(trial, "pass")


def _program(word: str, payload: Iterable[Payload], installed: Installation) -> tuple[str, ...]:
    """Find a command in the installation alone: its interpreter, its scripts, its executables."""
    python = installed.python
    if word == "python":
        return (python, "-I") if python else ()
    bundled = [installed.place(item.path) for item in payload if item.name == word and item.kind == "executable"]
    places = [installed.programs / word, *bundled] if python else bundled
    return next(((*installed.machine.runner, str(place)) for place in places if place.is_file()), ())


def _without_program(trial: str, word: str, installed: Installation) -> Result:
    """Return a skip for what only a Python of that CPU could run, a failure for what the wheel does not contain."""
    if not installed.python and (word == "python" or (installed.programs / word).is_file()):
        why = f"there is no Python for {installed.machine.arch.name} here: name Debian roots in {ROOTS}"
        return Result(trial, "skip", why)
    return Result(trial, "fail", f"the installed wheel brings no {word}")
