"""Checks the Cargo workspaces of an sdist without cargo: which packages it would accept, what the lock file says."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wheelcheck.facts.toml import parse_toml, table, tables, texts

if TYPE_CHECKING:
    from collections.abc import Collection

    from wheelcheck.facts import Sdist
    from wheelcheck.facts.cargo import Crates


@dataclass(frozen=True, slots=True, order=True)
class Orphan:
    """A package below a workspace that is not a member of it: cargo refuses to build it there."""

    manifest: str
    workspace: str
    programs: tuple[str, ...]  # the names of the executables and C libraries that it builds


@dataclass(frozen=True, slots=True, order=True)
class Unlocked:
    """A package of a workspace that its Cargo.lock does not list at this version: `--locked` refuses it."""

    manifest: str
    lock: str
    found: str


def orphans(sdist: Sdist) -> tuple[Orphan, ...]:
    """Return the packages that no workspace above them claims, by the rules of the Cargo book ("Workspaces").

    A package belongs to the root that it names, otherwise to the nearest manifest above it with a [workspace] table,
    unless it has such a table itself, is excluded, or is a vendored registry package.
    """
    crates, paths = sdist.cargo, {member.path for member in sdist.members}
    found = []
    for path, crate in crates.documents.items():
        root = _root_of(path, crates)
        if "package" not in crate or root is None or _is_vendored(path, paths):
            continue
        if path not in crates.claimed(root) and not _stays_out(path, root, crates):
            found.append(Orphan(path, root, _programs(path, crate, paths)))
    return tuple(sorted(found))


def unlocked(sdist: Sdist) -> tuple[Unlocked, ...]:
    """Return the workspace packages that the Cargo.lock beside the workspace's manifest does not list."""
    crates = sdist.cargo
    found = []
    for root, top in crates.documents.items():
        lock = posixpath.join(posixpath.dirname(root), "Cargo.lock")
        if lock not in sdist.texts or not ("workspace" in top or "package" in top):
            continue
        held = {(p.get("name"), p.get("version")) for p in tables(parse_toml(sdist.texts[lock]), "package")}
        for path in sorted(crates.claimed(root)):
            name, version = _identity(crates.documents[path], top)
            if name and version and (name, version) not in held:
                found.append(Unlocked(path, lock, f"{name} {version}"))
    return tuple(found)


def _root_of(path: str, crates: Crates) -> str | None:
    """Return the manifest of the workspace that cargo would look for, None if the package needs none."""
    if crates.is_workspace(path):
        return None
    if named := crates.named_root(path):
        return named if crates.is_workspace(named) else None
    return crates.workspace_above(path)


def _stays_out(path: str, root: str, crates: Crates) -> bool:
    """Return whether the workspace excludes the package, which does not itself name the workspace as its root."""
    return crates.is_excluded(path, root) and not crates.named_root(path)


def _is_vendored(path: str, paths: Collection[str]) -> bool:
    return posixpath.join(posixpath.dirname(path), ".cargo-checksum.json") in paths


def _programs(path: str, crate: dict[str, Any], paths: Collection[str]) -> tuple[str, ...]:
    """Return the names of the executables and C libraries that a package builds."""
    folder = posixpath.dirname(path)
    name = str(table(crate, "package").get("name", ""))
    names = {str(entry.get("name", name)) for entry in tables(crate, "bin")}
    if f"{folder}/src/main.rs" in paths:
        names.add(name)
    library = table(crate, "lib")
    if {"cdylib", "staticlib"}.intersection(texts(library, "crate-type") or texts(library, "crate_type")):
        names.add(str(library.get("name", name.replace("-", "_"))))
    return tuple(sorted(names))


def _identity(crate: dict[str, Any], root: dict[str, Any]) -> tuple[str, str]:
    """Return a package's name and version; the version may be inherited from the workspace."""
    package = table(crate, "package")
    version = package.get("version", "0.0.0")
    if isinstance(version, dict):
        version = table(table(root, "workspace"), "package").get("version", "")
    return str(package.get("name", "")), str(version)
