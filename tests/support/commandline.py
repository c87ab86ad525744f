"""Runs `python -m wheelcheck` as users do: in a separate process, its output as bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from wheelcheck.cli import main

ROOT = Path(__file__).parents[2]
# Variables that a developer's machine or CI may set, and that change the form or destination of a report.
_SETTINGS = (
    *("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR", "FORCE_COLOR", "COLUMNS"),
    *("PYTHONIOENCODING", "PYTHONUNBUFFERED"),
)


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without such settings, with wheelcheck importable anywhere."""
    plain = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    return {**plain, "PYTHONPATH": str(ROOT), **changes}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "wheelcheck", *map(str, arguments)]


def run(folder: Path, *arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in `folder`, with changes to the environment."""
    return subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, check=False, timeout=60, env=environment(**changes)
    )


def build(words: list[str]) -> int:
    """Run `wheelcheck build` in this process, and return its exit code."""
    return main(["build", *words])
