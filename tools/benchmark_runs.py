"""What is run by the benchmark, and what each run costs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# On Linux a child's peak memory starts at its parent's, so only a small parent can measure a small child.
_LAUNCHER = """
import os, resource, sys, time
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
began = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=null), 0)
print(usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss, status)
"""
_READ_TAR = """
import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    for member in archive:
        file = archive.extractfile(member) if member.isreg() else None
        while file and file.read(1 << 20):
            pass
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: CPU seconds (user and system, children included), wall seconds, peak MiB, its exit code."""

    seconds: float
    wall: float
    mebibytes: float
    code: int

    def over(self, other: Cost) -> float:
        """Return the ratio of this CPU time to that of `other`."""
        return self.seconds / max(other.seconds, 0.001)


@dataclass(frozen=True, slots=True)
class Tool:
    """A command that is given files: all at once, or one by one if it takes one only; sdists by another command."""

    command: tuple[str, ...]
    one_by_one: bool = False
    takes: tuple[str, ...] = ("*",)
    for_sdist: tuple[str, ...] = ()

    def runs(self, files: list[Path]) -> list[tuple[str, ...]]:
        """Return the command lines that examine those of the files that the tool takes."""
        taken = [path for path in files if any(fnmatch(path.name, glob) for glob in self.takes)]
        if not self.one_by_one:
            return [(*self.command, *map(str, taken))] if taken else []
        return [(*self._command_for(path), str(path)) for path in taken]

    def _command_for(self, path: Path) -> tuple[str, ...]:
        return self.command if path.suffix == ".whl" or not self.for_sdist else self.for_sdist


@dataclass(frozen=True, slots=True)
class Measured:
    """One case: its name, number and bytes of files, and each tool's cost in each round. The gate is the first tool."""

    name: str
    files: int
    size: int
    costs: dict[str, list[Cost]]

    def ratios(self, tool: str) -> tuple[float, float, float]:
        """Return median, lowest and highest of the gate's CPU time divided by the tool's, round by round."""
        return spread(next(iter(self.costs.values())), self.costs[tool])


_LINUX = ("*linux*.whl",)
TOOLS = {
    "wheelcheck check": Tool((sys.executable, "-m", "wheelcheck", "check", "--no-config")),
    "python -m zipfile -t": Tool(
        (sys.executable, "-m", "zipfile", "-t"), one_by_one=True, for_sdist=(sys.executable, "-c", _READ_TAR)
    ),
    "unzip -tq": Tool(("unzip", "-tq"), one_by_one=True, for_sdist=("gzip", "-t")),
    "auditwheel show": Tool(("auditwheel", "show"), one_by_one=True, takes=_LINUX),
    "abi3audit": Tool(("abi3audit",), takes=("*.whl",)),
    "pydistcheck": Tool(("pydistcheck",)),
    "check-wheel-contents": Tool(("check-wheel-contents",), takes=("*.whl",)),
    "elfdeps": Tool(("elfdeps",), one_by_one=True, takes=_LINUX),
    "twine check": Tool(("twine", "check")),
}
_VERSION = "import sys; sys.argv[1:] = ['--version']; from wheelcheck.__main__ import main; main()"
# Runs that are short: what Python's own start costs is most of them. They are given one small wheel, and ignore it.
SHORT = {
    "python -c pass": Tool((sys.executable, "-c", "pass")),
    "wheelcheck --version": Tool((sys.executable, "-c", _VERSION)),
    'python -c "import zipfile"': Tool((sys.executable, "-c", "import zipfile")),
    "wheelcheck check": TOOLS["wheelcheck check"],
}


def present() -> dict[str, Tool]:
    """Return the tools of the table that are installed."""
    return {name: tool for name, tool in TOOLS.items() if shutil.which(tool.command[0])}


def cost_of(command: tuple[str, ...], limit: int = 600) -> Cost:
    """Run a command without its output and return its cost, as measured by a small parent process.

    After `limit` CPU seconds the command is ended by a signal, which is its exit code as a negative number.
    """
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(limit), *command]
    # Python keeps compiled modules, as it does where these tools are installed.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    said = subprocess.run(launcher, capture_output=True, text=True, check=True, env=kept).stdout
    seconds, wall, peak, status = said.split()
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Cost(float(seconds), float(wall), int(peak) / unit, os.waitstatus_to_exitcode(int(status)))


def total(costs: list[Cost]) -> Cost:
    """Return the cost of several runs one after the other: the sum of their times, the highest peak, the worst exit."""
    worst = max((cost.code for cost in costs), key=abs)
    peak = max(cost.mebibytes for cost in costs)
    return Cost(sum(cost.seconds for cost in costs), sum(cost.wall for cost in costs), peak, worst)


def measure(files: list[Path], tools: dict[str, Tool], rounds: int, limit: int = 600) -> dict[str, list[Cost]]:
    """Return each tool's cost in each round. They run in turn, so that other load affects all of them."""
    runs = {name: commands for name, tool in tools.items() if (commands := tool.runs(files))}
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, commands in runs.items():
            costs[name].append(total([cost_of(command, limit) for command in commands]))
    return costs


def spread(ours: list[Cost], theirs: list[Cost]) -> tuple[float, float, float]:
    """Return median, lowest and highest ratio of CPU times in the same round."""
    ratios = [mine.over(other) for mine, other in zip(ours, theirs, strict=True)]
    return median(ratios), min(ratios), max(ratios)
