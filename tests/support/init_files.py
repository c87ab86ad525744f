"""What init writes into a project, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.init import plan as changes
from wheelcheck.init.survey import survey

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.init.plan import Change

FILES = (
    "pyproject.toml",
    "noxfile.py",
    ".gitignore",
    ".github/workflows/wheels.yml",
    ".github/workflows/release.yml",
    ".github/actions/build-binaries/action.yml",
)


def planned(project: Path) -> dict[str, Change]:
    return {change.path: change for change in changes.plan(survey(project))}


def applied(project: Path) -> None:
    for change in planned(project).values():
        if change.added:
            change.write()


def contents(project: Path) -> dict[str, str]:
    return {path.relative_to(project).as_posix(): path.read_text() for path in project.rglob("*") if path.is_file()}
