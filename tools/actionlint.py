"""Check the workflows with actionlint, which is not a Python package: Go builds it, if Go is installed.

    python -m tools.actionlint

Exits with actionlint's own status; without Go it says that it was skipped and exits 0.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"


def command() -> list[str]:
    """Return the command that runs actionlint here; empty if there is none."""
    if found := shutil.which("actionlint"):
        return [found]
    go = shutil.which("go")
    return [go, "run", MODULE] if go else []


def main(root: Path = ROOT) -> int:
    """Run it on the workflows of `root` and return its status."""
    argv = command()
    if not argv:
        print("actionlint: skipped, neither it nor Go is installed", file=sys.stderr)
        return 0
    return subprocess.run(argv, cwd=root, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
