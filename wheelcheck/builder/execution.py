"""Executes what an installed wheel contains: on this machine, or in an emulated one with a kernel of its own."""

from __future__ import annotations

from wheelcheck.builder import kernel, run
from wheelcheck.builder.run import BuildError
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wheelcheck.builder.install import Installation
    from wheelcheck.builder.run import Command, Outcome


def observe(
    installed: Installation, commands: Sequence[Command], folder: Path, seconds: float, *, in_kernel: bool = False
) -> tuple[Outcome | BuildError, ...]:
    """Return what came of each command, `seconds` at most each. `folder` holds the installation.

    They run here, under qemu-user if need be. With `in_kernel`, or if everything is to, the emulated machine runs them.
    """
    machine = installed.machine
    if not machine.kernel or not (in_kernel or machine.boots):
        return tuple(_here(command, seconds) for command in commands)
    try:
        return kernel.observe(machine.kernel, commands, folder, seconds)
    except BuildError as problem:
        return (problem,) * len(commands)


def _here(command: Command, seconds: float) -> Outcome | BuildError:
    try:
        return run.observe(command, seconds)
    except BuildError as problem:
        return problem
