"""Install a wheel as a user would, outside the checkout, on the machine it is for."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import parse_wheel_filename

from wheelcheck.build import environment, process
from wheelcheck.build.process import Command
from wheelcheck.metadata import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.build.machine import Machine
    from wheelcheck.build.process import Log


@dataclass(frozen=True, slots=True)
class Installation:
    """Where a wheel was installed: its programs and its site-packages, and the environment to run it in."""

    machine: Machine
    programs: Path
    packages: Path
    env: Mapping[str, str]

    @property
    def python(self) -> str:
        """The interpreter of the virtual environment, empty on a machine without Python."""
        return str(self.programs / "python") if self.machine.python else ""

    def place(self, path: str) -> Path:
        """Return where a file of the wheel was installed; below `.data/`, the next folder names the scheme."""
        if not path.startswith(DATA):
            return self.packages / path
        scheme, _, rest = path.removeprefix(DATA).partition("/")
        return {"scripts": self.programs, "data": self.programs.parent}.get(scheme, self.packages) / rest


def install(wheel: Path, machine: Machine, folder: Path, base: Mapping[str, str], log: Log) -> Installation:
    """Make a virtual environment in `folder` and install `wheel` and what it depends on. Raises BenchError."""
    env = {**environment.for_installed(base), **machine.env}
    process.run(Command((machine.python or sys.executable, "-m", "venv", str(folder / "venv")), folder, env), log)
    programs = folder / "venv" / "bin"
    env["PATH"] = os.pathsep.join([str(programs), *filter(None, [env.get("PATH")])])
    pip = (str(programs / "python"), "-I", "-m", "pip", "install", "--no-cache-dir")
    if not machine.python:
        target = folder / "packages"
        process.run(Command((*pip, *foreign_options(wheel), "--target", str(target), str(wheel)), folder, env), log)
        return Installation(machine, target / "bin", target, env)
    process.run(Command((*pip, str(wheel)), folder, env), log)
    where = "import sysconfig; print(sysconfig.get_path('platlib'))"
    packages = process.run(Command((str(programs / "python"), "-I", "-c", where), folder, env), log).strip()
    return Installation(machine, programs, Path(packages), env)


def foreign_options(wheel: Path) -> tuple[str, ...]:
    """Return the options by which this machine's pip installs a wheel for another CPU, without what it depends on."""
    tag = min(parse_wheel_filename(wheel.name)[3], key=str)
    options = {"platform": tag.platform, "abi": tag.abi, "implementation": tag.interpreter[:2]}
    options["python-version"] = tag.interpreter[2:]
    return ("--no-deps", "--only-binary=:all:", *(f"--{name}={value}" for name, value in options.items()))
