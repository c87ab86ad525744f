"""What maturin builds, from `[tool.maturin]` and the crate that it names, decided as maturin decides it."""

from __future__ import annotations

import os
from pathlib import Path

from wheelcheck.config import Payload
from wheelcheck.facts import toml
from wheelcheck.init import package
from wheelcheck.init.compiled import Compiled, stable
from wheelcheck.init.crates import BINDINGS, Workspace, stable_since
from wheelcheck.init.repository import top_of
from wheelcheck.records import replace
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelcheck.init.crates import Crate
    from wheelcheck.init.project import Project

_MANIFESTS = ("Cargo.toml", "rust/Cargo.toml")  # where maturin looks, in this order


def compiled(project: Project) -> Compiled:
    """Return what maturin compiles. Raises UnknownError where its settings leave that open."""
    settings = project.tool("maturin")
    manifest = _manifest(project, settings)
    workspace = Workspace.read(manifest)
    crate = workspace.named
    if crate is None:
        what = f"which crate maturin builds, because {_shown(project, manifest)} is a workspace without a package"
        raise project.unknown(what, "set tool.maturin.manifest-path to the Cargo.toml of the crate")
    root = _root(project, workspace)
    _require_included(project, settings)
    chosen = _features(project, settings, crate)
    source = settings.get("python-source")
    module = package.importable(project, str(settings.get("module-name", "")), *([str(source)] if source else []))
    if _is_program(project, settings, workspace, crate, chosen):
        return replace(_programs(project, settings, workspace, crate, chosen), root=root)
    return replace(_extension(project, settings, workspace, crate, chosen), module=module or crate.library, root=root)


def _root(project: Project, workspace: Workspace) -> Path | None:
    """Return the root of the repository if maturin packs crates from above the project; None if it does not.

    Raises UnknownError for crates from outside the repository.
    """
    top = top_of(project.folder)
    if workspace.outside(project.folder) is None:
        return None
    project.require_inside(workspace.outside(top), "the crate's workspace or dependency", top)
    return None if top == project.folder else top


def _extension(
    project: Project, settings: dict[str, Any], workspace: Workspace, crate: Crate, chosen: Iterable[str]
) -> Compiled:
    bindings = str(settings.get("bindings") or _detected(workspace, crate, chosen))
    if bindings not in BINDINGS:
        what = f"where maturin puts the library that it builds with bindings = {bindings!r}"
        fix = "declare it in [[tool.wheelcheck.payload]], and write the table yourself"
        raise project.unknown(what, fix)
    features = {one for name in BINDINGS for one in workspace.features_of(crate, name, chosen) or ()}
    since = stable_since(features, project.file, project.oldest)
    if since is None:
        return Compiled(python=project.pythons, needs_each_python=True, rust=True)
    names_version = any(one.startswith("abi3-py") for one in features)
    return Compiled(python=stable(since), needs_each_python=not names_version, rust=True)


def _detected(workspace: Workspace, crate: Crate, chosen: Iterable[str]) -> str:
    for name in (*BINDINGS, "uniffi"):
        if workspace.features_of(crate, name, chosen) is not None:
            return name
    return "cffi"


def _is_program(
    project: Project, settings: dict[str, Any], workspace: Workspace, crate: Crate, chosen: Iterable[str]
) -> bool:
    """Return whether maturin builds programs. Raises UnknownError for those that run Python inside."""
    named = settings.get("bindings")
    if named not in (None, "bin") or (named is None and crate.libraries):
        return False
    if not any("bin" in target["kind"] for target in crate.targets):
        return False
    if any(workspace.features_of(crate, name, chosen) is not None for name in BINDINGS):
        what = f"which Pythons the program of the crate {crate.name} runs with, because it is linked with Python (pyo3)"
        raise project.unknown(what, "write tool.wheelcheck.python and payload yourself")
    return True


def _programs(
    project: Project, settings: dict[str, Any], workspace: Workspace, crate: Crate, chosen: frozenset[str]
) -> Compiled:
    """Return the programs that maturin puts into the scripts folder of the wheel.

    If the wheel holds nothing else, wheelcheck builds them and maturin only says the metadata.
    """
    listed = toml.tables(settings, "targets")
    names = [one for one in crate.programs(chosen) if not listed or any(one == other.get("name") for other in listed)]
    if not names:
        raise project.unknown(f"which program the crate {crate.name} gives", "add a [[bin]] to its Cargo.toml")
    paths = {name: f".data/scripts/{name}" for name in names}
    module = _beside_programs(project, settings, crate)
    if module or _root(project, workspace):
        payload = tuple(Payload(name, "executable", path, from_backend=True) for name, path in paths.items())
        return Compiled(payload=payload, rust=True, module=module)
    return Compiled(
        payload=tuple(Payload(name, "executable", path, crate.name) for name, path in paths.items()),
        rust=True,
        workspace=_shown(project, workspace.root),
        features=tuple(toml.texts(settings, "features")),
        default_features=not settings.get("no-default-features", False),
        payload_only=True,
    )


def _beside_programs(project: Project, settings: dict[str, Any], crate: Crate) -> str:
    """Return the package that maturin packs beside programs, empty if none. Raises UnknownError for other files."""
    source = project.folder / str(settings.get("python-source", "."))
    module = str(settings.get("module-name") or crate.library).partition(".")[0]
    if (source / module / "__init__.py").is_file():
        return module
    packed = next((f"tool.maturin.{key}" for key in ("python-packages", "data", "include") if settings.get(key)), "")
    packed = packed or next((str(path.name) for path in sorted(project.folder.glob("*.data"))), "")
    if packed:
        what = f"how to test a wheel of programs and {packed}, because it holds no package to import"
        raise project.unknown(what, "write [tool.wheelcheck] yourself")
    return ""


def _features(project: Project, settings: dict[str, Any], crate: Crate) -> frozenset[str]:
    """Return the features of the crate that maturin builds with, spelled out."""
    listed = settings.get("features", [])
    if not isinstance(listed, list) or any(not isinstance(one, str) for one in listed):
        what = "which features the crate is built with, because tool.maturin.features depends on the Python"
        raise project.unknown(what, "write tool.wheelcheck.python yourself")
    if settings.get("no-default-features"):
        return crate.enabled(listed)
    return crate.enabled(["default", *listed])


def _require_included(project: Project, settings: dict[str, Any]) -> None:
    """Raise UnknownError if files are packed that do not exist yet: something builds them before maturin runs."""
    for entry in settings.get("include", []):
        table = entry if isinstance(entry, dict) else {"path": entry}
        pattern = str(table.get("path", ""))
        if table.get("from") == "out-dir" or table.get("format") == "sdist" or not pattern:
            continue
        if pattern.startswith("/") or not any(project.folder.glob(pattern)):
            what = f"what makes the files of tool.maturin.include {pattern!r}, which do not exist"
            fix = "remove them there, and declare them in [[tool.wheelcheck.payload]]"
            raise project.unknown(what, fix)


def _manifest(project: Project, settings: dict[str, Any]) -> Path:
    named = settings.get("manifest-path")
    places = [str(named)] if named else list(_MANIFESTS)
    manifest = next((project.folder / one for one in places if (project.folder / one).is_file()), None)
    if manifest is None:
        raise project.unknown(f"where the crate is: there is no {places[0]}", "set tool.maturin.manifest-path")
    return manifest


def _shown(project: Project, path: Path) -> str:
    return Path(os.path.relpath(path.resolve(), project.folder.resolve())).as_posix()
