"""Projects as people have them before they know wheelcheck: one for each build backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["{backend}"]
build-backend = "{backend}"

[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.11"
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def pyproject(backend: str, name: str = "demo", more: str = "") -> str:
    return PYPROJECT.format(backend=backend, name=name) + more


def crate(name: str, kind: str = "", dependencies: str = "") -> str:
    """Return a crate's manifest; `kind` is the crate-type of its library, none for a program."""
    library = f'[lib]\ncrate-type = ["{kind}"]\n' if kind else ""
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{library}[dependencies]\n{dependencies}'


def tracer(folder: Path) -> Path:
    """Write a project of the shape that breaks: Python by hatchling, a workspace of a program and a C library."""
    return write(
        folder,
        {
            "pyproject.toml": pyproject("hatchling.build", "My.Demo"),
            "src/my_demo/__init__.py": "PROGRAM, LIBRARY = 'tool', 'libplug_in.so'\n",
            "rust/Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["tool", "plug-in", "inner"]\n',
            "rust/tool/Cargo.toml": crate("tool"),
            "rust/tool/src/main.rs": "fn main() {}",
            "rust/plug-in/Cargo.toml": crate("plug-in", "cdylib"),
            "rust/plug-in/src/lib.rs": "",
            "rust/inner/Cargo.toml": crate("inner", "rlib"),
            "rust/inner/src/lib.rs": "",
        },
    )


def bindings(folder: Path, features: str = '"abi3-py312"', more: str = "") -> Path:
    """Write a maturin project whose crate is an extension module, with a local `pyo3`, so cargo needs no network."""
    return write(
        folder,
        {
            "pyproject.toml": pyproject("maturin", more=more),
            "python/demo/__init__.py": "",
            "Cargo.toml": crate("demo", "cdylib", f'pyo3 = {{ path = "pyo3", features = [{features}] }}\n'),
            "src/lib.rs": "",
            "pyo3/Cargo.toml": crate("pyo3", "rlib") + "[features]\nabi3 = []\nabi3-py312 = []\nmacros = []\n",
            "pyo3/src/lib.rs": "",
        },
    )
