"""Test the product that users install: build wheelcheck's sdist, build the wheel from it, and use only that wheel.

    python -m tools.package [FOLDER]

The wheel is built from the unpacked sdist, both are checked by the gate, the wheel is installed into an empty
environment, and its commands run in an empty folder: in the checkout, Python would import what the wheel lacks from
there. If all of it succeeds, both files are copied into FOLDER. Exits 1 and names the command that failed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).resolve().parent.parent
REAL = "markupsafe==3.0.3"  # small and native


def build(into: Path) -> tuple[Path, Path]:
    """Build the sdist of this checkout, and from its unpacked copy the wheel; return both."""
    run(ROOT, sys.executable, "-m", "build", "--outdir", str(into))
    return next(into.glob("*.tar.gz")), next(into.glob("*.whl"))


def install(wheel: Path, home: Path) -> Path:
    """Install the wheel and its dependencies into a new environment; return the folder of its commands."""
    venv.create(home)
    scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
    run(home, sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install", "--quiet", str(wheel))
    return scripts


def download(requirement: str, into: Path) -> Path:
    """Fetch the wheel of a released package for this machine."""
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(into)]
    run(ROOT, sys.executable, "-m", "pip", "download", *options, requirement)
    return next(into.glob("*.whl"))


def run(where: Path, *command: str) -> None:
    """Run a command in a folder. Raises CalledProcessError if it fails."""
    print("$", *command, flush=True)
    subprocess.run(command, cwd=where, check=True)


def prove(away: Path) -> tuple[Path, Path]:
    """Build, install and use wheelcheck in an empty folder; return sdist and wheel.

    Raises CalledProcessError if a step fails.
    """
    sdist, wheel = build(away / "dist")
    scripts = install(wheel, away / "environment")
    real = download(REAL, away / "real")
    wheelcheck = str(scripts / "wheelcheck")
    run(away, wheelcheck, "--version")
    run(away, wheelcheck, "explain", "WC301")
    run(away, wheelcheck, "check", str(real))
    run(away, wheelcheck, "check", str(sdist), str(wheel))
    run(away, str(scripts / "python"), "-W", "error", "-m", "wheelcheck", "--version")
    return sdist, wheel


def main(arguments: Sequence[str] = ()) -> int:
    """Test it in a temporary folder and copy it to the given one; return 1 if a step failed."""
    with tempfile.TemporaryDirectory(prefix="wheelcheck-") as away:
        try:
            built = prove(Path(away))
        except subprocess.CalledProcessError as failed:
            print(f"package: failed with {failed.returncode}: {' '.join(failed.cmd)}", file=sys.stderr)
            return 1
        for folder in arguments:
            keep(built, Path(folder))
    return 0


def keep(built: Iterable[Path], folder: Path) -> None:
    """Copy what was built into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in built:
        shutil.copy(file, folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
