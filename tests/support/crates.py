"""Small Cargo packages written on the spot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

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
    probe(folder, main=main, more=HATCH + more)
    (folder / "probe").mkdir()
    (folder / "probe" / "__init__.py").touch()
    return folder
