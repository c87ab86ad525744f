"""The smoke test: installed programs print what the configuration expects, and installed files have the right mode."""

from __future__ import annotations

import os
import re

from wheelcheck.builder import execution
from wheelcheck.builder.install import ROOTS
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wheelcheck.builder.install import Installation, Machine
    from wheelcheck.builder.run import Outcome
    from wheelcheck.config import Payload
    from wheelcheck.config.builder import Settings, SmokeCommand

LIMIT = 600.0  # seconds that a smoke command may run
Verdict = Literal["pass", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one smoke test: its name, the verdict, and why it failed or was skipped."""

    name: str
    verdict: Verdict
    why: str = ""

    @classmethod
    def of(cls, row: Sequence[str]) -> Result:
        """Return the result that `row` lists: name, verdict, reason."""
        name, verdict, why = row
        return cls(name, cast("Verdict", verdict), why)

    @property
    def row(self) -> tuple[str, ...]:
        """Name, verdict and reason, as they are kept for the next run."""
        return (self.name, self.verdict, self.why)

    def __str__(self) -> str:
        return f"{self.verdict}: {self.name}{': ' if self.why else ''}{self.why}"


def run_tests(settings: Settings, installed: Installation, folder: Path) -> tuple[Result, ...]:
    """Test every payload of an installed wheel and run every smoke command, from `folder`."""
    payload = settings.release.payload
    installed_payload = (_test_payload(item, installed) for item in payload)
    return (*installed_payload, *run_commands(settings.commands, payload, installed, folder))


def require_executed(results: Iterable[Result], *, required: bool = True) -> None:
    """Raise BuildError for a failure and, if a run is `required`, when no command was executed."""
    results = tuple(results)
    failed = [result for result in results if result.verdict == "fail"]
    if failed:
        failures = "; ".join(map(str, failed))
        raise BuildError(
            "smoke test", f"{len(failed)} of {len(results)} failed: {failures}", "fix what the output names"
        )
    if required and not was_executed(results):
        reasons = "; ".join(map(str, results)) or "none is declared"
        fix = "declare tool.wheelcheck.smoke.commands, and run them on a machine that can install the wheel"
        raise BuildError("smoke test", f"no command was executed ({reasons})", fix)


def was_executed(results: Iterable[Result]) -> bool:
    """Return whether some command of the installed wheel ran and passed."""
    return any(result.verdict == "pass" and result.name.startswith("run ") for result in results)


def summary(results: Iterable[Result]) -> str:
    """Return how many tests passed and how many were skipped, in words."""
    verdicts = [result.verdict for result in results]
    return f"{verdicts.count('pass')} passed, {verdicts.count('skip')} skipped"


def _test_payload(payload: Payload, installed: Installation) -> Result:
    name, file = f"payload {payload.path}", installed.place(payload.path)
    if not file.is_file():
        return Result(name, "fail", "is not installed")
    executable = os.access(file, os.X_OK)
    if executable != (payload.kind == "executable"):
        return Result(name, "fail", f"{'is' if executable else 'is not'} executable after installation")
    return Result(name, "pass")


def run_commands(
    commands: Sequence[SmokeCommand],
    payload: Iterable[Payload],
    installed: Installation,
    folder: Path,
    seconds: float = LIMIT,
) -> tuple[Result, ...]:
    """Run commands from the installed wheel, in `folder`. One is skipped where the machine lacks what it needs.

    If an emulated machine with a kernel can be started, it is, once for all commands that need one.
    """
    programs = tuple(payload)
    plans = [_planned(command, programs, installed, folder) for command in commands]
    results = {number: plan for number, plan in enumerate(plans) if isinstance(plan, Result)}
    for in_kernel in (False, True):
        chosen = {
            number: plan
            for number, plan in enumerate(plans)
            if isinstance(plan, Command) and bool(_lacking(commands[number], installed.machine)) == in_kernel
        }
        outcomes = execution.observe(installed, tuple(chosen.values()), folder, seconds, in_kernel=in_kernel)
        for number, outcome in zip(chosen, outcomes, strict=True):
            results[number] = _judged(commands[number], outcome)
    return tuple(results[number] for number in range(len(plans)))


def _planned(
    command: SmokeCommand, payload: tuple[Payload, ...], installed: Installation, folder: Path
) -> Command | Result:
    """Return what to start, or the result if nothing can be."""
    lacking = _lacking(command, installed.machine)
    if lacking and not installed.machine.kernel:
        return Result(_name(command), "skip", "; ".join(lacking))
    program = _program(command.run[0], payload, installed)
    if not program:
        return _without_program(_name(command), command.run[0], installed)
    return Command((*program, *command.run[1:]), folder, installed.env)


def _judged(command: SmokeCommand, outcome: Outcome | BuildError) -> Result:
    name = _name(command)
    if isinstance(outcome, BuildError):
        return Result(name, "fail", str(outcome))
    if outcome.status != command.status:
        return Result(name, "fail", f"exit status {outcome.status}, expected {command.status}: {outcome.output}")
    if not re.search(command.expect, outcome.output):
        return Result(name, "fail", f"printed {outcome.output!r}, which does not match {command.expect!r}")
    return Result(name, "pass")


def _name(command: SmokeCommand) -> str:
    return f"run {' '.join(command.run)}"


def _lacking(command: SmokeCommand, machine: Machine) -> list[str]:
    """Return why the kernel under this machine does not provide what the command needs."""
    return [machine.lacks[need] for need in command.needs if need in machine.lacks]


def _program(word: str, payload: Iterable[Payload], installed: Installation) -> tuple[str, ...]:
    """Return the command line of a program in the installation: its interpreter, a script, an executable."""
    python = installed.python
    if word == "python":
        return (python, "-I") if python else ()
    bundled = [installed.place(item.path) for item in payload if item.name == word and item.kind == "executable"]
    places = [installed.programs / word, *bundled] if python else bundled
    return next(((*installed.machine.runner, str(place)) for place in places if place.is_file()), ())


def _without_program(name: str, word: str, installed: Installation) -> Result:
    """Return a skip if only a Python for that CPU could run the program, a failure if the wheel does not contain it."""
    if not installed.python and (word == "python" or (installed.programs / word).is_file()):
        why = f"there is no Python for {installed.machine.arch.name}: set {ROOTS} to a folder of Debian roots"
        return Result(name, "skip", why)
    return Result(name, "fail", f"the installed wheel contains no {word}")
