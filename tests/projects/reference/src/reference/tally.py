"""Run a command and learn how it ended and what it cost; the Rust executable `tally` does the work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reference.bundled import bundled

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Tally:
    """One run. Exactly one of `exit_status` and `signal` is a number; times are seconds, memory is KiB."""

    command: list[str]
    exit_status: int | None
    signal: int | None
    wall_seconds: float
    user_seconds: float
    system_seconds: float
    max_rss_kib: int
    minor_faults: int
    major_faults: int
    voluntary_switches: int
    involuntary_switches: int


def run(command: Sequence[str]) -> Tally:
    """Run `command` with this process's standard streams. Raises OSError where it cannot be started."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run([bundled("bin/tally"), "--report", report, "--", *command], check=False)
        if not report.exists():
            raise OSError(f"{command[0]} could not be started")
        return Tally(**json.loads(report.read_text()))


def main() -> None:
    """Become the executable: the `tally` command."""
    executable = bundled("bin/tally")
    os.execv(executable, ["tally", *sys.argv[1:]])
