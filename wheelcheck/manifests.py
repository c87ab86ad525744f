"""Cargo manifests of an sdist: which files they and the Python build configuration point at."""

from __future__ import annotations

import ast
import posixpath
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Sdist

_DEPENDENCY_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """One path that a file of the sdist points at: where it stands, how it is spelled, what it resolves to.

    `target` is relative to the sdist's own top directory's parent, so a path that leaves the sdist starts with `..`
    or names another top directory.
    """

    origin: str
    spelled: str
    target: str


def references(sdist: Sdist) -> tuple[Reference, ...]:
    """Return every manifest reference of the sdist's build files, sorted. What is no TOML or Python has none."""
    found: set[Reference] = set()
    for path, text in sdist.texts.items():
        name = PurePosixPath(path).name
        if name == "Cargo.toml":
            found.update(_of_cargo(path, _toml(text)))
        elif name == "pyproject.toml":
            found.update(_of_pyproject(path, _toml(text)))
        elif name == "setup.py":
            found.update(_of_setup(path, text))
    return tuple(sorted(found))


def _reference(origin: str, spelled: str, *, manifest: bool) -> Reference:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), spelled))
    return Reference(origin, spelled, target if manifest else f"{target}/Cargo.toml")


def _of_cargo(path: str, document: dict[str, Any]) -> Iterator[Reference]:
    workspace = _table(document, "workspace")
    holders = [document, workspace, *_table(document, "target").values()]
    for holder in holders:
        for key in _DEPENDENCY_TABLES:
            for dependency in _table(holder, key).values():
                if isinstance(dependency, dict) and isinstance(dependency.get("path"), str):
                    yield _reference(path, dependency["path"], manifest=False)
    for member in workspace.get("members", []):
        if isinstance(member, str) and not set(member) & set("*?["):
            yield _reference(path, member, manifest=False)


def _of_pyproject(path: str, document: dict[str, Any]) -> Iterator[Reference]:
    tool = _table(document, "tool")
    manifest = _table(tool, "maturin").get("manifest-path")
    if isinstance(manifest, str):
        yield _reference(path, manifest, manifest=True)
    rust = _table(tool, "setuptools-rust")
    for key in ("ext-modules", "bins"):
        for module in rust.get(key, []):
            if isinstance(module, dict) and isinstance(module.get("path"), str):
                yield _reference(path, module["path"], manifest=True)


def _of_setup(path: str, text: str) -> Iterator[Reference]:
    """Yield the literal manifest paths in a setup.py; nothing of it is executed."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _callee(node) in ("RustExtension", "RustBin"):
            values = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "path")]
            for value in values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield _reference(path, value.value, manifest=True)


def _callee(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _table(document: object, key: str) -> dict[str, Any]:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, dict) else {}
