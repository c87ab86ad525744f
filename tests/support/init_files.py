"""What init writes into a project, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.init import plan
from wheelcheck.init.survey import survey

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.init.plan import Change

GATE_FILES = ("pyproject.toml", "noxfile.py", ".github/workflows/gate.yml")
FILES = (
    "pyproject.toml",
    "noxfile.py",
    ".gitignore",
    ".github/workflows/wheels.yml",
    ".github/workflows/release.yml",
    ".github/actions/build-binaries/action.yml",
)


def planned(project: Path) -> dict[str, Change]:
    """Return what `init --builder` would do."""
    return {change.path: change for change in plan.builder(survey(project))}


def applied(project: Path) -> None:
    for change in planned(project).values():
        if change.added:
            change.write()


def contents(project: Path) -> dict[str, str]:
    return {path.relative_to(project).as_posix(): path.read_text() for path in project.rglob("*") if path.is_file()}
