"""Compare the gate with other checkers: CPU seconds and peak memory on the same wheels, in the same run.

    python -m tools.benchmark [--rounds N] [WHEEL | RELEASED-FILE-NAME …]
    python -m tools.benchmark --growth 500

Absolute seconds depend on the machine, so the table also gives the ratio of a tool's lowest CPU time to wheelcheck's.
The tools run in turn in every round. A tool that is not installed is listed as not measured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import growth
from tools.fetch import default_cache, wanted_from_filename
from wheelcheck.pypi import fetch_all

NAMED = (
    "markupsafe-3.0.3-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
    "roar_cli-0.3.0-cp313-cp313-manylinux_2_34_x86_64.whl",
    "pyarrow-26.0.1-cp311-cp311-manylinux_2_28_x86_64.whl",
    "ziglang-0.15.2-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl",
)
PEERS = {
    "wheelcheck check": (sys.executable, "-m", "wheelcheck", "check"),
    "auditwheel show": ("auditwheel", "show"),
    "check-wheel-contents": ("check-wheel-contents",),
    "python -m zipfile -t": (sys.executable, "-m", "zipfile", "-t"),
    "unzip -tq": ("unzip", "-tq"),
}


# On Linux a child's peak memory starts at its parent's, so only a small parent can measure a small child.
_LAUNCHER = """
import os, sys
null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=null), 0)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss, status)
"""


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What one run took: CPU seconds (user and system, children included), peak memory in MiB, its exit code."""

    seconds: float
    mebibytes: float
    code: int

    def over(self, other: Cost) -> float:
        """Return the ratio of this CPU time to that of `other`."""
        return self.seconds / max(other.seconds, 0.001)


def cost_of(command: tuple[str, ...]) -> Cost:
    """Run a command without its output and return its cost, as measured by a small parent process."""
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    said = subprocess.run(launcher, capture_output=True, text=True, check=True).stdout
    seconds, peak, status = said.split()
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Cost(float(seconds), int(peak) / unit, os.waitstatus_to_exitcode(int(status)))


def present() -> dict[str, tuple[str, ...]]:
    """Return the tools of the table that are installed."""
    return {name: command for name, command in PEERS.items() if shutil.which(command[0])}


def measure(wheel: Path, tools: dict[str, tuple[str, ...]], rounds: int) -> dict[str, Cost]:
    """Return each tool's cheapest run on one wheel. They run in turn, so that other load affects all of them."""
    runs = [{name: cost_of((*command, str(wheel))) for name, command in tools.items()} for _ in range(rounds)]
    return {name: min(run[name] for run in runs) for name in tools}


def rows(wheel: Path, costs: dict[str, Cost]) -> list[str]:
    """Return the table's lines for one wheel, with ratios to the first tool's cost."""
    first = next(iter(costs.values()))
    size = f"{wheel.stat().st_size / 1e6:.1f} MB"
    return [
        f"| {wheel.name} | {size} | {name} | {cost.seconds:.2f} | {cost.over(first):.2f} | {cost.mebibytes:.0f} "
        f"| {cost.code} |"
        for name, cost in costs.items()
    ]


def located(names: list[str]) -> list[Path]:
    """Return a path for every name: an existing file, otherwise a released file with that name on the index.

    Raises wheelcheck.pypi.UnobtainableError if there is neither.
    """
    here = [Path(name) for name in names if Path(name).is_file()]
    wanted = [wanted_from_filename(name) for name in names if not Path(name).is_file()]
    outcomes = [outcome for _, outcome in fetch_all(wanted, default_cache())]
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return [*here, *(outcome for outcome in outcomes if isinstance(outcome, Path))]


def main(arguments: list[str] | None = None) -> int:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.benchmark", description="Measure the gate beside other tools."
    )
    parser.add_argument("wheels", nargs="*", help="wheel files, or names of released ones")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each tool on each wheel (%(default)s)")
    parser.add_argument("--growth", type=int, metavar="N", help="measure each rule at N and 4 N members instead")
    options = parser.parse_args(arguments)
    if options.growth:
        print("| shape | rule | CPU s | CPU s of 4 times | ratio | |\n|---|---|---|---|---|---|")
        print(*growth.rows(options.growth, options.rounds), sep="\n")
        return 0
    wheels, tools = located(options.wheels or list(NAMED)), present()
    print("| wheel | size | tool | CPU s | ratio | peak MiB | exit |\n|---|---|---|---|---|---|---|")
    for wheel in wheels:
        print(*rows(wheel, measure(wheel, tools, options.rounds)), sep="\n", flush=True)
    print(*(f"Not installed, so not measured: {name}" for name in PEERS if name not in tools), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
