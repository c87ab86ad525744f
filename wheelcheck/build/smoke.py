"""The smoke run: install the wheel as a user would, outside the checkout, and judge what its programs say."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from wheelcheck.build import environment, process
from wheelcheck.build.failure import BenchError
from wheelcheck.build.process import Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelcheck.build.process import Log
    from wheelcheck.build.settings import Settings, SmokeCommand
    from wheelcheck.config import Payload

Verdict = Literal["pass", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Result:
    """One trial: what was tried, how it went, and why it failed or was skipped."""

    trial: str
    verdict: Verdict
    why: str = ""

    def __str__(self) -> str:
        return f"{self.verdict}: {self.trial}{': ' if self.why else ''}{self.why}"


@dataclass(frozen=True, slots=True)
class Installation:
    """A virtual environment with the wheel in it: its programs and its site-packages."""

    programs: Path
    packages: Path
    env: Mapping[str, str]

    @property
    def python(self) -> str:
        """The interpreter of the virtual environment."""
        return str(self.programs / "python")


def why_not_runnable(wheel: Path) -> str:
    """Return why this interpreter cannot install a wheel, empty where it can."""
    if parse_wheel_filename(wheel.name)[3].isdisjoint(sys_tags()):
        return f"CPython {platform.python_version()} on {platform.machine()} takes no wheel of these tags"
    return ""


def install(wheel: Path, folder: Path, base: Mapping[str, str], log: Log) -> Installation:
    """Make a virtual environment in `folder` and install `wheel` and what it depends on. Raises BenchError."""
    env = environment.for_installed(base)
    process.run(Command((sys.executable, "-m", "venv", str(folder / "venv")), folder, env), log)
    programs = folder / "venv" / "bin"
    env["PATH"] = os.pathsep.join([str(programs), *filter(None, [env.get("PATH")])])
    python = str(programs / "python")
    process.run(Command((python, "-I", "-m", "pip", "install", "--no-cache-dir", str(wheel)), folder, env), log)
    where = "import sysconfig; print(sysconfig.get_path('platlib'))"
    packages = process.run(Command((python, "-I", "-c", where), folder, env), log).strip()
    return Installation(programs, Path(packages), env)


def trials(settings: Settings, installed: Installation, folder: Path) -> tuple[Result, ...]:
    """Try every payload and every smoke command of an installed wheel, from `folder`."""
    placed = (_try_payload(payload, installed) for payload in settings.release.payload)
    payload = settings.release.payload
    return (*placed, *(_try_command(command, payload, installed, folder) for command in settings.commands))


def require_executed(results: Iterable[Result]) -> None:
    """Raise BenchError for a failure, and where nothing was run: a smoke run of nothing proves nothing."""
    results = tuple(results)
    failed = [result for result in results if result.verdict == "fail"]
    if failed:
        told = "; ".join(map(str, failed))
        raise BenchError("smoke run", told, f"{len(results)} trials that pass", "mend what the output names")
    if not any(result.verdict == "pass" and result.trial.startswith("run ") for result in results):
        told = "; ".join(map(str, results)) or "no trial"
        remedy = "declare tool.wheelcheck.smoke.commands and run where the wheel can be installed"
        raise BenchError("smoke run", f"no command executed ({told})", "at least one", remedy)


def _try_payload(payload: Payload, installed: Installation) -> Result:
    trial, file = f"payload {payload.path}", installed.packages / payload.path
    if not file.is_file():
        return Result(trial, "fail", "is not installed")
    executable = os.access(file, os.X_OK)
    if executable != (payload.kind == "executable"):
        return Result(trial, "fail", f"{'is' if executable else 'is not'} executable after installation")
    return Result(trial, "pass")


def _try_command(command: SmokeCommand, payload: Iterable[Payload], installed: Installation, folder: Path) -> Result:
    trial = f"run {' '.join(command.run)}"
    program = _program(command.run[0], payload, installed)
    if not program:
        return Result(trial, "fail", f"the installed wheel brings no {command.run[0]}")
    outcome = process.observe(Command((*program, *command.run[1:]), folder, installed.env))
    if outcome.status != command.status:
        return Result(trial, "fail", f"exit status {outcome.status}, expected {command.status}: {outcome.output}")
    if not re.search(command.expect, outcome.output):
        return Result(trial, "fail", f"said {outcome.output!r}, expected a match of {command.expect!r}")
    return Result(trial, "pass")


def _program(word: str, payload: Iterable[Payload], installed: Installation) -> tuple[str, ...]:
    """Find a command in the installation alone: its interpreter, its scripts, its executables."""
    if word == "python":
        return (installed.python, "-I")
    bundled = [installed.packages / item.path for item in payload if item.name == word and item.kind == "executable"]
    places = [installed.programs / word, *bundled]
    return next(((str(place),) for place in places if place.is_file()), ())
