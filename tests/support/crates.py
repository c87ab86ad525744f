"""Small projects written on the spot: Cargo packages, files that hold their own name, git repositories."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from wheelcheck.builder.freshness import Inputs

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = Inputs(recipe=("a test",), folders=(), read={"src/main.rs": "0" * 64}, nearby={})  # of a stage made by hand
TABLE = """
[tool.wheelcheck]
architectures = ["x86_64"]
python = ["py3-none"]
[[tool.wheelcheck.payload]]
name = "probe"
kind = "executable"
path = "probe/bin/probe"
"""

HATCH = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "probe"
version = "1.0"
[tool.hatch.build.targets.wheel]
packages = ["probe"]
"""

# A build backend in the project's own tree: real builds that fetch nothing, where it does not matter which backend.
OWN = """
[build-system]
requires = []
build-backend = "own"
backend-path = ["."]
[project]
name = "probe"
version = "1.0"
"""
BACKEND = """
import pathlib, tarfile, zipfile
NAME = "probe-1.0"
METADATA = "Metadata-Version: 2.1\\nName: probe\\nVersion: 1.0\\n"
WHEEL = "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
def build_sdist(folder, config_settings=None):
    with tarfile.open(f"{folder}/{NAME}.tar.gz", "w:gz") as archive:
        archive.add(".", NAME)
    return f"{NAME}.tar.gz"
def build_wheel(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(f"{folder}/{NAME}-py3-none-any.whl", "w") as archive:
        for file in sorted(pathlib.Path("probe").rglob("*.py")):
            archive.writestr(file.as_posix(), file.read_bytes())
        for name, text in (("METADATA", METADATA), ("WHEEL", WHEEL), ("RECORD", "")):
            archive.writestr(f"{NAME}.dist-info/{name}", text)
    return f"{NAME}-py3-none-any.whl"
"""


def probe(folder: Path, *, main: str = "fn main() {}", script: str = "", more: str = "") -> Path:
    """Write a project whose one payload is the executable of the crate `probe`, and return its folder."""
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(TABLE + more)
    (folder / "Cargo.toml").write_text('[package]\nname = "probe"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n')
    (folder / "Cargo.lock").write_text('version = 3\n[[package]]\nname = "probe"\nversion = "0.1.0"\n')
    (folder / "src" / "main.rs").write_text(main)
    if script:
        (folder / "build.rs").write_text(script)
    return folder


def hatch_probe(folder: Path, *, main: str = "fn main() {}", more: str = "") -> Path:
    """Write the probe as a project that hatchling packs."""
    return _with_package(probe(folder, main=main, more=HATCH + more))


def packed_probe(folder: Path, *, main: str = "fn main() {}", more: str = "") -> Path:
    """Write the probe as a project that its own small backend packs."""
    probe(folder, main=main, more=OWN + more)
    (folder / "own.py").write_text(BACKEND)
    return _with_package(folder)


def _with_package(folder: Path) -> Path:
    (folder / "probe").mkdir()
    (folder / "probe" / "__init__.py").touch()
    return folder


def write(folder: Path, *names: str) -> Path:
    """Write files that hold their own name, and return their folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(os.fsencode(name))
    return folder


def git(folder: Path, *words: str) -> None:
    """Run git in a folder, as somebody, with local submodules allowed."""
    options = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *options, *words], cwd=folder, check=True, capture_output=True)


def committed(folder: Path) -> Path:
    """Make a folder a git repository that holds all of it in one commit, and return it."""
    git(folder, "init", "-q")
    git(folder, "add", "--all")
    git(folder, "commit", "-qm", "all")
    return folder
