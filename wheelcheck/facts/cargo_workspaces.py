"""Cargo workspaces of an sdist, judged without cargo: which packages it would accept, what the lock file says."""

from __future__ import annotations

import fnmatch
import posixpath
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from wheelcheck.facts.cargo_manifests import (
    dependency_manifests,
    is_excluded,
    parse_toml,
    table,
    tables,
    texts,
    workspace_above,
)

if TYPE_CHECKING:
    from wheelcheck.facts import Sdist


@dataclass(frozen=True, slots=True, order=True)
class Orphan:
    """A package that lies below a workspace without being of it: cargo refuses to build it there."""

    manifest: str
    workspace: str
    programs: tuple[str, ...]  # the names of executables and C libraries it would give


@dataclass(frozen=True, slots=True, order=True)
class Unlocked:
    """A package of a workspace that its Cargo.lock does not hold at this version: `--locked` refuses."""

    manifest: str
    lock: str
    found: str


def orphans(sdist: Sdist) -> tuple[Orphan, ...]:
    """Return the packages that no workspace above them claims, by the rules of the Cargo book ("Workspaces").

    A package belongs to the root that it names, or else to the nearest manifest above it with a [workspace] table,
    unless it has one itself, is excluded, or is a vendored registry package.
    """
    crates = _crates(sdist)
    found = []
    for path, crate in crates.items():
        root = _root_of(path, crates)
        if "package" not in crate or root is None or _is_vendored(path, sdist):
            continue
        if path not in _claimed(root, crates) and not _stays_out(path, root, crates):
            found.append(Orphan(path, root, _programs(path, crate, sdist)))
    return tuple(sorted(found))


def unlocked(sdist: Sdist) -> tuple[Unlocked, ...]:
    """Return the workspace packages that the Cargo.lock beside the workspace's manifest does not hold."""
    crates = _crates(sdist)
    found = []
    for root in (path for path, crate in crates.items() if "workspace" in crate or "package" in crate):
        lock = posixpath.join(posixpath.dirname(root), "Cargo.lock")
        if lock not in sdist.texts:
            continue
        held = {(p.get("name"), p.get("version")) for p in tables(parse_toml(sdist.texts[lock]), "package")}
        for path in sorted(_claimed(root, crates)):
            name, version = _identity(crates[path], crates[root])
            if name and version and (name, version) not in held:
                found.append(Unlocked(path, lock, f"{name} {version}"))
    return tuple(found)


def _crates(sdist: Sdist) -> dict[str, dict[str, Any]]:
    paths = sorted(path for path in sdist.texts if PurePosixPath(path).name == "Cargo.toml")
    return {path: parse_toml(sdist.texts[path]) for path in paths}


def _root_of(path: str, crates: dict[str, dict[str, Any]]) -> str | None:
    """Return the manifest of the workspace that cargo would look for, None where the package stands alone."""
    if "workspace" in crates[path]:
        return None
    named = _named_root(path, crates[path])
    if named:
        return named if "workspace" in crates.get(named, {}) else None
    return workspace_above(path, crates)


def _named_root(path: str, crate: dict[str, Any]) -> str:
    """Return the manifest that `[package] workspace` points at; empty where it does not."""
    pointer = table(crate, "package").get("workspace")
    folder = posixpath.dirname(path)
    return posixpath.normpath(posixpath.join(folder, pointer, "Cargo.toml")) if isinstance(pointer, str) else ""


def _stays_out(path: str, root: str, crates: dict[str, dict[str, Any]]) -> bool:
    """Return whether the workspace excludes the package; one that names it as its root wants in all the same."""
    return is_excluded(path, root, crates[root]) and not _named_root(path, crates[path])


def _claimed(root: str, crates: dict[str, dict[str, Any]]) -> set[str]:
    """Return the manifests of a workspace: the root package, the members, and their path dependencies below it."""
    folder = posixpath.dirname(root)
    patterns = texts(table(crates[root], "workspace"), "members")
    waiting = {root} if "package" in crates[root] else set()
    waiting |= {path for path in crates for pattern in patterns if _matches(path, folder, pattern)}
    claimed: set[str] = set()
    while waiting:
        path = waiting.pop()
        claimed.add(path)
        targets = dependency_manifests(path, crates[path], root, crates[root])
        waiting |= {target for target in targets if target.startswith(f"{folder}/") and target in crates} - claimed
    return claimed


def _matches(path: str, folder: str, pattern: str) -> bool:
    wanted = posixpath.normpath(posixpath.join(folder, pattern, "Cargo.toml"))
    return path.count("/") == wanted.count("/") and fnmatch.fnmatchcase(path, wanted)


def _is_vendored(path: str, sdist: Sdist) -> bool:
    checksum = posixpath.join(posixpath.dirname(path), ".cargo-checksum.json")
    return any(member.path == checksum for member in sdist.members)


def _programs(path: str, crate: dict[str, Any], sdist: Sdist) -> tuple[str, ...]:
    """Return the names of the executables and C libraries that a package gives."""
    folder = posixpath.dirname(path)
    name = str(table(crate, "package").get("name", ""))
    names = {str(entry.get("name", name)) for entry in tables(crate, "bin")}
    if f"{folder}/src/main.rs" in {member.path for member in sdist.members}:
        names.add(name)
    library = table(crate, "lib")
    if {"cdylib", "staticlib"}.intersection(texts(library, "crate-type") or texts(library, "crate_type")):
        names.add(str(library.get("name", name.replace("-", "_"))))
    return tuple(sorted(names))


def _identity(crate: dict[str, Any], root: dict[str, Any]) -> tuple[str, str]:
    """Return a package's name and version, the version inherited from the workspace where it says so."""
    package = table(crate, "package")
    version = package.get("version", "0.0.0")
    if isinstance(version, dict):
        version = table(table(root, "workspace"), "package").get("version", "")
    return str(package.get("name", "")), str(version)
