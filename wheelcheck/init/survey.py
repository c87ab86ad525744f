"""Finds out about an existing project: its build backend, its import package, and what cargo builds from its crates."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wheelcheck.config import ConfigError, Payload
from wheelcheck.config.files import OWN, SHARED
from wheelcheck.facts import toml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BACKENDS = {"maturin": "maturin", "setuptools.build_meta": "setuptools", "hatchling.build": "hatchling"}
_SOURCES = ("src", "python", "")
_DEEPEST = 3  # folders between the project and its Cargo.toml
_BINDINGS = frozenset({"pyo3", "pyo3-ffi", "cpython"})  # a crate with one of these is an extension module


@dataclass(frozen=True, slots=True)
class Survey:
    """A project. `workspace` is the folder of its Cargo.toml, relative to the project; empty if it has none."""

    project: Path
    backend: str
    package: str
    workspace: str
    python: tuple[str, ...]
    payload: tuple[Payload, ...]

    @property
    def configuration(self) -> str:
        """The file that configures the project, or will configure it."""
        return OWN if (self.project / OWN).exists() else SHARED


def survey(project: Path) -> Survey:
    """Survey a project. Raises ConfigError if it has no pyproject.toml, or if cargo cannot read its crates."""
    file = project / "pyproject.toml"
    if not file.is_file():
        raise ConfigError(f"{file}: there is no such file; init needs a Python project with a pyproject.toml")
    document = toml.parse_toml(file.read_text("utf-8"))
    name = toml.table(document, "project").get("name")
    if not isinstance(name, str):
        raise ConfigError(f"{file}: project.name is missing or not a string; init needs the name of the project")
    package = _import_package(project, re.sub(r"[-_.]+", "_", name).lower())
    manifest = _manifest(project)
    crates = _crates(manifest) if manifest else []
    backend = str(toml.table(document, "build-system").get("build-backend", ""))
    return Survey(
        project=project,
        backend=_BACKENDS.get(backend, backend or "setuptools"),
        package=package,
        workspace=manifest.parent.relative_to(project).as_posix() if manifest else "",
        python=_pythons(project, document, crates),
        payload=tuple(_payload(crates, package)),
    )


def _import_package(project: Path, name: str) -> str:
    """Return the import package named like the project, or the only one; native files are bundled in it."""
    folders = [project / place for place in _SOURCES]
    if any((folder / name / "__init__.py").is_file() for folder in folders):
        return name
    found = [path.parent.name for folder in folders for path in sorted(folder.glob("*/__init__.py"))]
    others = [other for other in found if other not in ("tests", "docs")]
    return others[0] if len(others) == 1 else name


def _manifest(project: Path) -> Path | None:
    """Return the Cargo.toml nearest to the project's root, preferring a workspace over a package."""
    found: list[Path] = []
    for depth in range(_DEEPEST):
        found += sorted(project.glob("*/" * depth + "Cargo.toml"))
    usable = [file for file in found if not {"target", "build", "tests"} & set(file.relative_to(project).parts)]
    workspaces = [file for file in usable if "workspace" in toml.parse_toml(file.read_text("utf-8"))]
    return next(iter([*workspaces, *usable]), None)


def _crates(manifest: Path) -> list[dict[str, Any]]:
    cargo = shutil.which("cargo")
    if cargo is None:
        raise ConfigError(
            f"{manifest}: cargo is not installed, and init asks it about the crates: install Rust (rustup.rs)"
        )
    words = [cargo, "metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path", str(manifest)]
    done = subprocess.run(words, cwd=manifest.parent, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ConfigError(f"{manifest}: cargo cannot read it: {done.stderr.strip()}")
    return list(json.loads(done.stdout)["packages"])


def _payload(crates: Iterable[dict[str, Any]], package: str) -> Iterable[Payload]:
    """Yield what the wheel would bundle: programs, and C libraries that are not extension modules."""
    for crate in crates:
        for target in crate["targets"]:
            name, kinds = target["name"], target["kind"]
            if "bin" in kinds:
                yield Payload(name, "executable", f"{package}/bin/{name}", crate["name"])
            elif "cdylib" in kinds and not _needed(crate) & _BINDINGS:
                yield Payload(name, "library", f"{package}/lib/lib{name.replace('-', '_')}.so", crate["name"])


def _needed(crate: dict[str, Any]) -> set[str]:
    return {need["name"] for need in crate["dependencies"]}


def _pythons(project: Path, document: dict[str, Any], crates: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Return the interpreter and ABI tags of the wheels: one for all Pythons, or one per Python in the classifiers."""
    features = [
        one for crate in crates for need in crate["dependencies"] if need["name"] == "pyo3" for one in need["features"]
    ]
    setup = project / "setup.py"
    script = setup.read_text("utf-8") if setup.is_file() else ""
    extension = "Extension(" in script or "ext_modules" in script or any(_needed(crate) & _BINDINGS for crate in crates)
    table = toml.table(document, "project")
    oldest = re.search(r">=\s*3\.(\d+)", str(table.get("requires-python", "")))
    if not extension:
        return ("py3-none",)
    limited = next((one for one in features if re.fullmatch(r"abi3-py3\d+", one)), "")
    if limited:
        return (f"cp{limited.removeprefix('abi3-py')}-abi3",)
    if "abi3" in features or "py_limited_api" in script:
        return (f"cp3{oldest[1] if oldest else '10'}-abi3",)
    promised = re.findall(r"Programming Language :: Python :: 3\.(\d+)", "\n".join(toml.texts(table, "classifiers")))
    return tuple(f"cp3{minor}" for minor in promised) or ("cp310", "cp311", "cp312", "cp313")
