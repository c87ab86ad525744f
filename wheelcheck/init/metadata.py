"""Asks a project's build backend for its metadata (PEP 517), for what no file of the project says in words."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from wheelcheck.builder import run, sdist
from wheelcheck.builder.run import BuildError, Command, OverdueError
from wheelcheck.records import dataclass

_LIMIT = 300.0  # seconds, most of which pip takes to install what the backend needs
_ASK = """
import json, sys
from build.util import project_wheel_metadata
found = project_wheel_metadata(sys.argv[1], isolated=True)
told = [found["Name"], found.get("Requires-Python", ""), found.get_all("Classifier", [])]
print("\\nmetadata " + json.dumps(told))
"""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a backend says of a project: its name, Requires-Python and classifiers."""

    name: str
    requires_python: str
    classifiers: tuple[str, ...]


def prepared(project: Path) -> Metadata:
    """Return what the backend says, asked about a copy of the sources in an environment of its own.

    Raises BuildError if it fails, or does not end within five minutes (WHEELCHECK_TIMEOUT outranks that).
    """
    with tempfile.TemporaryDirectory(prefix="wheelcheck-") as name:
        tree = Path(name) / "tree"
        sdist.copy_sources(project, tree)
        try:
            asked = run.observe(Command((sys.executable, "-c", _ASK, str(tree)), Path(name), os.environ), _LIMIT)
        except OverdueError as overdue:
            seconds = run.limit(os.environ, _LIMIT)
            problem = f"its build backend did not say its metadata within {seconds:g} seconds"
            raise BuildError(project, problem, "run `python -m build` to see why") from overdue
    found = asked.output.rpartition("\nmetadata ")[2].strip() if asked.status == 0 else ""
    if not found:
        last = next(iter(reversed(asked.output.strip().splitlines())), "nothing was printed")
        raise BuildError(
            project, f"its build backend cannot say its metadata: {last}", "run `python -m build` to see why"
        )
    said, requires_python, classifiers = json.loads(found.splitlines()[0])
    return Metadata(said, requires_python, tuple(classifiers))
