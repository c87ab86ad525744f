"""Finds the Cargo manifests that the build files of an sdist refer to: Cargo.toml, pyproject.toml, setup.py."""

from __future__ import annotations

import posixpath

from wheelcheck.facts.cargo import MOST_GLOBS, dependencies, dependency_path, is_glob, manifest_at, matching
from wheelcheck.facts.setup_py import arguments, literal
from wheelcheck.facts.toml import parse_toml, table, tables, texts
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts import Sdist
    from wheelcheck.facts.cargo import Crates

    Glob = tuple[str, str]  # of members, as written and as a path in the sdist

_DEEPEST = 8  # slashes in a member glob, the sdist's top folder included; "crates/*" has two

_RUST_EXTENSIONS = frozenset({"RustExtension", "RustBin"})  # what setuptools-rust builds


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """One path that a file of the sdist refers to: the file, the path as written, and what it resolves to.

    `target` is relative to the parent of the sdist's top folder, so a path that leaves the sdist starts with `..` or
    names another top folder.
    """

    origin: str
    spelled: str
    target: str


def references(sdist: Sdist) -> tuple[Reference, ...]:
    """Return every manifest reference in the build files of an sdist, sorted; a malformed file has none."""
    crates = sdist.cargo
    found = set(_of_python(sdist))
    globs = {
        path: [glob for glob in each[:MOST_GLOBS] if not _is_deep(glob)] for path, each in _globs(crates, found).items()
    }
    places = _places(sdist, max((wanted.count("/") for each in globs.values() for _, wanted in each), default=0))
    ordered = list(places)
    for path, crate in crates.documents.items():
        found.update(_of_cargo(path, crate, crates.inherited))
        if path in globs:
            found.update(_members(path, crate))
            found.update(_globbed(path, sdist, globs[path], places, ordered))
    return tuple(sorted(found))


def has_unread_globs(sdist: Sdist) -> bool:
    """Return whether a workspace that is built has more or deeper member globs than `references` looks at."""
    globs = _globs(sdist.cargo, set(_of_python(sdist))).values()
    return any(len(each) > MOST_GLOBS or any(map(_is_deep, each)) for each in globs)


def _globs(crates: Crates, found: set[Reference]) -> dict[str, list[Glob]]:
    """Return the member globs of the workspaces that the build names, or of all if it names none that is there."""
    built = {reference.target for reference in found} & set(crates.documents)
    workspaces = {crates.workspace_of(path) for path in built} if built else set(crates.documents)
    return {path: list(_globs_in(path, crate)) for path, crate in crates.documents.items() if path in workspaces}


def _is_deep(glob: Glob) -> bool:
    return glob[1].count("/") > _DEEPEST


def built_manifests(sdist: Sdist) -> set[str]:
    """Return the manifests that the build backend surely builds, by their paths in the sdist."""
    if table(sdist.pyproject, "build-system").get("build-backend") == "maturin":
        manifest = table(table(sdist.pyproject, "tool"), "maturin").get("manifest-path", "Cargo.toml")
        return {posixpath.normpath(f"{sdist.top}/{manifest}")}
    named = {reference.target for reference in _of_python(sdist)}
    is_rust = "RustExtension(" in sdist.texts.get(f"{sdist.top}/setup.py", "")
    return named or ({f"{sdist.top}/Cargo.toml"} if is_rust else set())


def _of_python(sdist: Sdist) -> Iterator[Reference]:
    """Yield what the build configuration in the top folder refers to; installers read no other."""
    for path, text in sdist.texts.items():
        name = path.rpartition("/")[2]
        if path.count("/") == 1 and name == "pyproject.toml":
            yield from _of_pyproject(
                path, sdist.pyproject if path == f"{sdist.top}/pyproject.toml" else parse_toml(text)
            )
        elif path.count("/") == 1 and name == "setup.py":
            yield from _of_setup(path, text)


def _of_cargo(path: str, document: dict[str, Any], inherited: frozenset[str]) -> Iterator[Reference]:
    """Yield what cargo loads.

    It reads an entry of [workspace.dependencies] only if a crate inherits it. maturin leaves the others in the manifest
    although it removes their crates.
    """
    shared = ((name, value) for name, value in dependencies(table(document, "workspace")) if name in inherited)
    for _, dependency in (*dependencies(document), *shared):
        if (spelled := dependency_path(dependency)) is not None:
            yield Reference(path, spelled, manifest_at(path, spelled))


def _members(path: str, document: dict[str, Any]) -> Iterator[Reference]:
    for member in texts(table(document, "workspace"), "members"):
        if not is_glob(member):
            yield Reference(path, member, manifest_at(path, member))


def _globs_in(path: str, document: dict[str, Any]) -> Iterator[Glob]:
    """Yield each member glob that can be looked at, as written and as a path in the sdist.

    Left out are those for any depth (what is not there cannot be distinguished from what was never meant), and those
    for folders outside, which real workspaces name one by one.
    """
    root = posixpath.dirname(path)
    patterns = [text for text in texts(table(document, "workspace"), "members") if is_glob(text)]
    for pattern in patterns:
        wanted = posixpath.normpath(posixpath.join(root, pattern))
        if "**" not in pattern and wanted.startswith(f"{root}/" if root else ""):
            yield pattern, wanted


def _globbed(
    path: str, sdist: Sdist, globs: list[Glob], places: dict[str, bool], ordered: list[str]
) -> Iterator[Reference]:
    """Yield what cargo loads for member globs: each matching folder, or the glob itself if none matches."""
    for pattern, wanted in globs:
        found = list(matching(wanted, ordered))
        for place in found or [wanted]:
            manifest = f"{place}/Cargo.toml"
            if places.get(place, True) and not sdist.cargo.is_excluded(manifest, path):
                yield Reference(path, pattern, manifest)


def _places(sdist: Sdist, depth: int) -> dict[str, bool]:
    """Return every path with at most so many slashes in the sdist, sorted, and whether it is a folder."""
    places: dict[str, bool] = {}
    for member in sdist.members if depth else ():
        parts = member.path.split("/", depth + 1)
        folder = "/".join(parts[: depth + 1])
        places[folder] = places.get(folder, False) or len(parts) > depth + 1 or member.kind == "directory"
        while (folder := posixpath.dirname(folder)) and not places.get(folder):
            places[folder] = True
    return dict(sorted(places.items()))


def _of_pyproject(path: str, document: dict[str, Any]) -> Iterator[Reference]:
    tool = table(document, "tool")
    manifest = table(tool, "maturin").get("manifest-path")
    if isinstance(manifest, str):
        yield _named(path, manifest)
    rust = table(tool, "setuptools-rust")
    for key in ("ext-modules", "bins"):
        for module in tables(rust, key):
            if isinstance(module.get("path"), str):
                yield _named(path, module["path"])


def _named(path: str, spelled: str) -> Reference:
    """Return the reference to a manifest that is written with its file name."""
    return Reference(path, spelled, posixpath.normpath(posixpath.join(posixpath.dirname(path), spelled)))


def _of_setup(path: str, text: str) -> Iterator[Reference]:
    """Yield the literal manifest paths in a setup.py: the second argument of RustExtension or RustBin, or `path=`."""
    for index, argument in arguments(text, _RUST_EXTENSIONS):
        spelled = literal(argument[-1])
        if spelled is not None and (argument[:-1] == ["path", "="] or (index == 1 and len(argument) == 1)):
            yield _named(path, spelled)
