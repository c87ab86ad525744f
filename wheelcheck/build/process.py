"""The only module of the bench that starts anything: a command, its folder, its whole environment."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from wheelcheck.build.failure import BenchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Log = Callable[[str], None]
_TAIL = 30  # lines of output an error repeats; the whole of it went to the log


@dataclass(frozen=True, slots=True)
class Command:
    """What to start. `env` is the whole environment, not an addition to this process's own."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]

    def __str__(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its exit status (negative: a signal) and everything it wrote, both streams together."""

    status: int
    output: str


def run(command: Command, log: Log) -> str:
    """Run a command to its end, every line of its standard error going to `log`; return its standard output.

    Raises BenchError where it cannot be started or does not exit with 0: a failed build leaves yesterday's binary
    in place, so nothing after it may go on.
    """
    log(f"$ {command}")
    errors: list[str] = []
    with _start(command, subprocess.PIPE) as child:
        reader = Thread(target=_forward, args=(child.stderr, errors, log))
        reader.start()
        output = child.stdout.read() if child.stdout else ""
        reader.join()
    if child.returncode:
        told = "\n".join([*output.splitlines()[-_TAIL:], *errors[-_TAIL:]])
        raise BenchError(command, f"exit status {child.returncode}", "0", f"it said:\n{told}")
    return output


def follow(command: Command, log: Log) -> None:
    """Run a command to its end, every line of both its streams going to `log`, for one that reports on either.

    Raises BenchError where it cannot be started or does not exit with 0.
    """
    log(f"$ {command}")
    lines: list[str] = []
    with _start(command, subprocess.STDOUT) as child:
        _forward(child.stdout or (), lines, log)
    if child.returncode:
        told = "\n".join(lines[-_TAIL:])
        raise BenchError(command, f"exit status {child.returncode}", "0", f"it said:\n{told}")


def observe(command: Command) -> Outcome:
    """Run a command to its end, whatever that is. Raises BenchError where it cannot be started."""
    with _start(command, subprocess.STDOUT) as child:
        output = child.stdout.read() if child.stdout else ""
    return Outcome(child.returncode, output)


def _start(command: Command, stderr: int) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(  # noqa: S603  (an argument list of ours, no shell)
            command.argv,
            cwd=command.cwd,
            env=command.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as problem:
        raise BenchError(command, str(problem), "a program that starts", f"install {command.argv[0]}") from problem


def _forward(stream: Iterable[str], kept: list[str], log: Log) -> None:
    for line in stream:
        kept.append(line.rstrip("\n"))
        log(kept[-1])
