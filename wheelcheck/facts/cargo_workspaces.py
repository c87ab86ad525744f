"""Checks the Cargo workspaces of an sdist without cargo: which packages it would accept, what the lock file says."""

from __future__ import annotations

import posixpath
from collections import defaultdict

from wheelcheck.facts.cargo import dependencies, inherits
from wheelcheck.facts.toml import table, tables, texts
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

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
    """A package of a workspace, or what it depends on, that its Cargo.lock does not list: `--locked` refuses it."""

    manifest: str
    lock: str
    found: str


@dataclass(frozen=True, slots=True)
class Lock:
    """A Cargo.lock, the manifest of its workspace, and the packages that it lists."""

    path: str
    root: str
    packages: list[dict[str, Any]]

    def unused(self, members: Collection[tuple[str, str]]) -> list[str]:
        """Return the registry and git packages that none of the members needs, as "NAME VERSION".

        A crate of another folder that is left in the list has no source; cargo takes it out without complaint.
        """
        named: dict[tuple[str, str], list[int]] = defaultdict(list)  # those that are not used yet
        versions: dict[str, set[str]] = defaultdict(set)
        for index, package in enumerate(self.packages):
            name, version = str(package.get("name")), str(package.get("version"))
            named[name, version].append(index)
            versions[name].add(version)
        waiting = [index for member in members for index in named.pop(member, ())]
        used = set(waiting)
        while waiting:
            for entry in texts(self.packages[waiting.pop()], "dependencies"):
                name, _, rest = entry.partition(" ")
                version = rest.partition(" ")[0]
                for each in (version,) if version else versions.pop(name, ()):
                    needed = named.pop((name, each), ())
                    used.update(needed)
                    waiting.extend(needed)
        left = (one for index, one in enumerate(self.packages) if index not in used and "source" in one)
        return [f"{one.get('name')} {one.get('version')}" for one in left]


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
    """Return the workspace packages, and their own dependencies, that the Cargo.lock of the workspace does not list."""
    crates = sdist.cargo
    found = []
    for lock in locks(sdist):
        held = {(package.get("name"), package.get("version")) for package in lock.packages}
        names = {name for name, _ in held}
        top = crates.documents[lock.root]
        shared = dict(dependencies(table(top, "workspace")))
        for path in sorted(crates.claimed(lock.root)):
            name, version = _identity(crates.documents[path], top)
            if name and version and (name, version) not in held:
                found.append(Unlocked(path, lock.path, f"{name} {version}"))
            needed = sorted(set(_needed(crates.documents[path], shared)) - names) if held else []
            found += [Unlocked(path, lock.path, one) for one in needed]
    return tuple(found)


def unused(sdist: Sdist) -> Iterator[tuple[str, list[str]]]:
    """Yield each Cargo.lock that lists packages which nothing in its workspace needs, and these packages."""
    for lock in locks(sdist):
        top = sdist.cargo.documents[lock.root]
        members = {_identity(sdist.cargo.documents[path], top) for path in sdist.cargo.claimed(lock.root)}
        if left := lock.unused(members):
            yield lock.path, left


def locks(sdist: Sdist) -> Iterator[Lock]:
    """Yield the Cargo.lock beside the manifest of each workspace that has one."""
    for root, top in sdist.cargo.documents.items():
        path = posixpath.join(posixpath.dirname(root), "Cargo.lock")
        if path in sdist.texts and ("workspace" in top or "package" in top):
            yield Lock(path, root, sdist.locked(path))


def _needed(crate: dict[str, Any], shared: Mapping[str, object]) -> Iterator[str]:
    """Yield the names of the packages that a crate depends on; `package` renames one, `shared` are the workspace's."""
    for name, value in dependencies(crate):
        entry = shared.get(name) if inherits(value) else value
        yield str(entry.get("package", name)) if isinstance(entry, dict) else name


def missing_targets(sdist: Sdist) -> Iterator[tuple[str, str, str]]:
    """Yield the manifest of each package that cargo loads, with a target whose source is not there, and that source."""
    crates, paths = sdist.cargo, {member.path for member in sdist.members}
    roots = [path for path, crate in crates.documents.items() if "workspace" in crate or _root_of(path, crates) is None]
    for path in sorted({path for root in roots for path in crates.claimed(root)}):
        if "package" in crates.documents[path] and not _is_vendored(path, paths):
            for target, source in _missing_of(crates.documents[path], posixpath.dirname(path), paths):
                yield path, target, source


def _missing_of(crate: dict[str, Any], folder: str, paths: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the targets of a package without their source, by the rules of the Cargo book ("Cargo Targets")."""
    name = str(table(crate, "package").get("name", ""))
    library, programs = table(crate, "lib"), tables(crate, "bin")
    if "lib" in crate:
        named = str(library.get("name", name)).replace("-", "_")
        places = [str(library["path"])] if "path" in library else ["src/lib.rs", f"src/{named}.rs"]
        if not _any_there(folder, places, paths):
            yield f"the library {named}", places[0]
    for program in programs:
        named = str(program.get("name", name))
        places = [f"src/bin/{named}.rs", f"src/bin/{named}/main.rs", "src/main.rs", f"src/{named}.rs"]
        places = [str(program["path"])] if "path" in program else places
        if "required-features" not in program and not _any_there(folder, places, paths):
            yield f"the program {named}", places[0]
    build = table(crate, "package").get("build")
    if isinstance(build, str) and not _any_there(folder, [build], paths):
        yield "the build script", build


def _any_there(folder: str, places: Sequence[str], paths: Collection[str]) -> bool:
    return any(posixpath.normpath(posixpath.join(folder, place)) in paths for place in places)


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
