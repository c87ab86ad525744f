"""Print the CI matrix as `name=JSON` lines for $GITHUB_OUTPUT: every CPU with a hosted runner, every Python.

    python3 -m tools.matrix

Standard library only: the job that runs it has installed nothing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypedDict

from wheelcheck.platforms.arch import ARCHES

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


class Runner(TypedDict):
    """A hosted machine and its CPU."""

    arch: str
    runner: str


class Job(Runner):
    """A hosted machine and the Python to test with."""

    python: str


def runners() -> list[Runner]:
    """Return every CPU of the table that has a hosted runner."""
    return [{"arch": row.name, "runner": row.runner} for row in ARCHES if row.runner]


def pythons(pyproject: str) -> list[str]:
    """Return the versions in the trove classifiers, in the same order."""
    return re.findall(r'"Programming Language :: Python :: (\d+\.\d+)"', pyproject)


def lines() -> list[str]:
    """Return the two outputs: `tests` for every machine and Python, `verify` for every machine."""
    versions = pythons(PYPROJECT.read_text("utf-8"))
    jobs: list[Job] = [{**machine, "python": version} for machine in runners() for version in versions]
    return [f"tests={json.dumps({'include': jobs})}", f"verify={json.dumps({'include': runners()})}"]


if __name__ == "__main__":
    print(*lines(), sep="\n")
