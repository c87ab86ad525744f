"""What git knows of a project, for those that have it: nothing here fails where git is missing or is not used."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def ask(project: Path, *words: str) -> str:
    """Return what a git command prints in `project`; empty where it fails or git is not installed."""
    git = shutil.which("git")
    if git is None:
        return ""
    done = subprocess.run((git, *words), cwd=project, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else ""
