"""A small checkout for the bootstrap to work on, and Pythons that lack what Debian removes from its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NOXFILE = """\
import nox

@nox.session(python=False)
def hello(session):
    print("arguments", session.posargs)

@nox.session(python=False)
def refuse(session):
    session.error("refused")
"""

ENSUREPIP = "ensurepip"  # of the standard library; Debian has it in a package of its own
# Debian's own Python looks into the second.
PACKAGE_FOLDERS = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class Checkout:
    """A folder that holds `tools/bootstrap.py` and a noxfile with one good and one failing session."""

    root: Path

    @property
    def environment(self) -> Path:
        return self.root / ".bootstrap"

    @property
    def mark(self) -> Path:
        """A file that only a new environment lacks."""
        return self.environment / "made-before"

    def bootstrap(self, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
        """Run the bootstrap as the README says, with nothing but the interpreter."""
        command = [python, str(self.root / "tools" / "bootstrap.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def make_checkout(root: Path) -> Checkout:
    (root / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "bootstrap.py", root / "tools")
    (root / "noxfile.py").write_text(NOXFILE, "utf-8")
    return Checkout(root)


def bare_python(home: Path, *packages: str) -> str:
    """Make a real Python in `home`, externally managed; of ensurepip and our packages it has only those named."""
    installed = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}))
    library = home / "lib" / installed.name
    for folder in PACKAGE_FOLDERS:
        (library / folder).mkdir(parents=True)
        for name in {*packages} - {ENSUREPIP}:
            (library / folder / name).symlink_to(_folder_of(name))
    (library / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=use apt\n", "utf-8")
    for entry in installed.iterdir():
        if entry.name not in {ENSUREPIP} - {*packages} and not (library / entry.name).exists():
            (library / entry.name).symlink_to(entry)
    return str(_interpreter(home))


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    assert spec, f"{package} is not installed"
    assert spec.origin
    return Path(spec.origin).parent


def _interpreter(home: Path) -> Path:
    """Copy the interpreter and the library it may need: it finds its files relative to its real path."""
    (home / "bin").mkdir()
    for shared in Path(sysconfig.get_config_var("LIBDIR")).glob("libpython*.so*"):
        (home / "lib" / shared.name).symlink_to(shared)
    return Path(shutil.copy(Path(sys.executable).resolve(), home / "bin" / "python3"))
