"""Cargo manifests of an sdist: which files they and the Python build configuration point at."""

from __future__ import annotations

import fnmatch
import posixpath
import re
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.facts import Sdist


# TOML from archives, read without trust: what is malformed is empty, what is no table is no table.

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


# Cargo refuses keys of over 80 parts. tomllib takes 4 GB and 20 s for one of 32,000: it is quadratic in the parts.
_DEEP_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){80}""")


def parse_toml(text: str) -> dict[str, Any]:
    """Return the document; empty for text that is no TOML, or has a key that nests deeper than cargo reads."""
    if _DEEP_KEY.search(text):
        return {}
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):  # ValueError: also a number of too many digits
        return {}


def table(document: object, key: str) -> dict[str, Any]:
    """Return a table of a document; empty where there is none of this name."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, dict) else {}


def tables(document: object, key: str) -> list[dict[str, Any]]:
    """Return an array of tables; empty where there is none of this name."""
    value = document.get(key) if isinstance(document, dict) else None
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def texts(document: object, key: str) -> list[str]:
    """Return the strings of an array; empty where there is none of this name."""
    value = document.get(key) if isinstance(document, dict) else None
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


# Python's comments, strings, names and brackets. A string or bracket that does not end, ends with the file, so that
# every match succeeds at once and the time is linear.
_LEXEME = re.compile(
    r"""\#[^\n]*
    |[a-zA-Z]{0,2}(?:\"{3}(?:[^\\"]+|\\.?|"(?!""))*(?:\"{3})?|'{3}(?:[^\\']+|\\.?|'(?!''))*(?:'{3})?)
    |[a-zA-Z]{0,2}(?:"(?:[^\\"\n]+|\\.?)*"?|'(?:[^\\'\n]+|\\.?)*'?)
    |\w+|[][(){},=]""",
    re.DOTALL | re.VERBOSE,
)
_LITERAL = re.compile(r"""[rRuU]?("|')([^"'\\]*)\1""")
_MOST_GLOBS = 50  # of one workspace; real ones have a handful, and each is held against every path
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
    crates = {path: parse_toml(text) for path, text in sdist.texts.items() if PurePosixPath(path).name == "Cargo.toml"}
    inherited = {name for crate in crates.values() for name, value in _dependencies(crate) if _inherits(value)}
    found = set(_of_python(sdist))
    built = {reference.target for reference in found} & set(crates)
    workspaces = {workspace_of(path, crates) for path in built} if built else set(crates)
    for path, crate in crates.items():
        found.update(_of_cargo(path, crate, inherited))
        if path in workspaces:
            found.update(_members(path, crate))
            found.update(_globbed(path, crate, sdist))
    return tuple(sorted(found))


def _of_python(sdist: Sdist) -> Iterator[Reference]:
    """Yield what the build configuration in the top folder points at; no installer reads another."""
    for path, text in sdist.texts.items():
        name = PurePosixPath(path).name
        if path.count("/") == 1 and name == "pyproject.toml":
            yield from _of_pyproject(path, parse_toml(text))
        elif path.count("/") == 1 and name == "setup.py":
            yield from _of_setup(path, text)


def workspace_of(path: str, crates: dict[str, dict[str, Any]]) -> str | None:
    """Return the manifest of the workspace that cargo loads, members and all, when it builds the crate at `path`.

    cargo reads a path dependency of another workspace too, but not the members of that.
    """
    if "workspace" in crates[path]:
        return path
    above = workspace_above(path, crates)
    return None if above is None or is_excluded(path, above, crates[above]) else above


def workspace_above(path: str, crates: dict[str, dict[str, Any]]) -> str | None:
    """Return the nearest manifest above the crate's folder that has a [workspace] table."""
    for folder in list(PurePosixPath(path).parents)[1:]:
        above = str(folder / "Cargo.toml")
        if "workspace" in crates.get(above, {}):
            return above
    return None


def is_excluded(path: str, root: str, workspace: dict[str, Any]) -> bool:
    """Return whether the workspace at `root` excludes the crate at `path`."""
    excluded = texts(table(workspace, "workspace"), "exclude")
    folders = (posixpath.normpath(posixpath.join(posixpath.dirname(root), entry)) for entry in excluded)
    return any(path.startswith(f"{folder}/") for folder in folders)


def _reference(origin: str, spelled: str, *, manifest: bool) -> Reference:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), spelled))
    return Reference(origin, spelled, target if manifest else f"{target}/Cargo.toml")


def _dependencies(document: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for holder in (document, *table(document, "target").values()):
        for key in _DEPENDENCY_TABLES:
            yield from table(holder, key).items()


def dependency_manifests(path: str, crate: dict[str, Any], root: str, workspace: dict[str, Any]) -> set[str]:
    """Return the manifests of a crate's path dependencies, those it inherits from the workspace at `root` included."""
    shared = dict(_dependencies(table(workspace, "workspace")))
    found = set()
    for name, value in _dependencies(crate):
        origin, dependency = (root, shared.get(name)) if _inherits(value) else (path, value)
        if isinstance(dependency, dict) and isinstance(dependency.get("path"), str):
            found.add(_reference(origin, dependency["path"], manifest=False).target)
    return found


def _inherits(dependency: object) -> bool:
    return isinstance(dependency, dict) and dependency.get("workspace") is True


def _of_cargo(path: str, document: dict[str, Any], inherited: set[str]) -> Iterator[Reference]:
    """Yield what cargo loads.

    It reads an entry of [workspace.dependencies] only where a crate inherits it, and maturin leaves the others in the
    manifest while it prunes their crates.
    """
    shared = ((name, value) for name, value in _dependencies(table(document, "workspace")) if name in inherited)
    for _, dependency in (*_dependencies(document), *shared):
        if isinstance(dependency, dict) and isinstance(dependency.get("path"), str):
            yield _reference(path, dependency["path"], manifest=False)


def _members(path: str, document: dict[str, Any]) -> Iterator[Reference]:
    for member in texts(table(document, "workspace"), "members"):
        if not set(member) & set("*?["):
            yield _reference(path, member, manifest=False)


def _globbed(path: str, document: dict[str, Any], sdist: Sdist) -> Iterator[Reference]:
    """Yield what cargo loads for member globs: each folder that matches, and the glob itself where nothing does."""
    patterns = [text for text in texts(table(document, "workspace"), "members") if set(text) & set("*?[")]
    places = _places(sdist) if patterns else {}
    for pattern in patterns[:_MOST_GLOBS]:
        if "**" in pattern:
            continue  # any depth: what is not there cannot be told from what was never meant
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), pattern))
        matching = re.compile(fnmatch.translate(wanted)).match
        found = [place for place in places if place.count("/") == wanted.count("/") and matching(place)]
        for place in found or [wanted]:
            manifest = f"{place}/Cargo.toml"
            if places.get(place, True) and not is_excluded(manifest, path, document):
                yield Reference(path, pattern, manifest)


def _places(sdist: Sdist) -> dict[str, bool]:
    """Return every path in the sdist, and whether it is a folder."""
    places = {member.path: member.kind == "directory" for member in sdist.members}
    for member in sdist.members:
        folder = posixpath.dirname(member.path)
        while folder and not places.get(folder):
            places[folder] = True
            folder = posixpath.dirname(folder)
    return places


def _of_pyproject(path: str, document: dict[str, Any]) -> Iterator[Reference]:
    tool = table(document, "tool")
    manifest = table(tool, "maturin").get("manifest-path")
    if isinstance(manifest, str):
        yield _reference(path, manifest, manifest=True)
    rust = table(tool, "setuptools-rust")
    for key in ("ext-modules", "bins"):
        for module in tables(rust, key):
            if isinstance(module.get("path"), str):
                yield _reference(path, module["path"], manifest=True)


def _of_setup(path: str, text: str) -> Iterator[Reference]:
    """Yield the literal manifest paths in a setup.py: the second argument of RustExtension or RustBin, or `path=`."""
    for index, argument in _arguments(_LEXEME.finditer(text), {"RustExtension", "RustBin"}):
        literal = _LITERAL.fullmatch(argument[-1])
        if literal and (argument[:-1] == ["path", "="] or (index == 1 and len(argument) == 1)):
            yield _reference(path, literal[2], manifest=True)


def _arguments(lexemes: Iterable[re.Match[str]], callees: set[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the arguments of each call to one of `callees`, as their position and their lexemes.

    Lexemes are enough, and safe: `ast.parse` of a hostile file takes gigabytes, and ends Python 3.10 itself.
    """
    depth = call = index = 0
    argument: list[str] = []
    previous = ""
    for word in (lexeme[0] for lexeme in lexemes if lexeme[0][0] != "#"):
        closes = word in ")]}"
        if call and call == depth and (closes or word == ","):
            if argument:
                yield index, argument
            index, argument, call = index + 1, [], 0 if closes else call
        elif call:
            argument.append(word)
        depth += (word in "([{") - closes
        if word == "(" and previous in callees:
            call, index, argument = depth, 0, []
        previous = word
