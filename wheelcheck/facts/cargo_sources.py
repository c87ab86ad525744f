"""Which Rust sources the build of an sdist surely compiles, and what these take that is not there."""

from __future__ import annotations

import posixpath

from wheelcheck.facts.cargo_manifests import built_manifests
from wheelcheck.facts.source_files import Taken
from wheelcheck.facts.toml import table, tables
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wheelcheck.facts import Sdist


class MissingSource(NamedTuple):
    """What a source takes and the sdist lacks: how it is written, where it should be, and whether that is certain."""

    source: str
    spelled: str
    expected: str
    is_certain: bool


_Source = tuple[str, str]  # its path, and the folder of its modules


def missing_sources(sdist: Sdist) -> Iterator[MissingSource]:
    """Yield what is missing of the crates that the build backend builds, and of the crates that these need by path.

    It is not certain for a crate whose build script may write sources.
    """
    paths = {member.path for member in sdist.members}
    seen: dict[bool, set[_Source]] = {True: set(), False: set()}  # by what is certain: crates can share sources
    for manifest in sorted(_compiled(sdist)):
        crate, folder = sdist.cargo.documents[manifest], posixpath.dirname(manifest)
        script = _place(folder, table(crate, "package").get("build", "build.rs"))
        is_certain = not sdist.taken.get(script, Taken()).may_generate
        roots = [root for root in _roots(crate, folder, paths) if root in paths]
        yield from (
            MissingSource(*found, is_certain)
            for root in (*roots, *([script] if script in paths else []))
            for found in _missing_of(root, sdist, paths, seen[is_certain])
        )


def _compiled(sdist: Sdist) -> set[str]:
    """Return the manifests of the crates that are built whatever the target and the features are."""
    waiting, found = [one for one in built_manifests(sdist) if one in sdist.cargo.documents], set[str]()
    while waiting:
        manifest = waiting.pop()
        if manifest not in found:
            found.add(manifest)
            waiting += [one for one in sdist.cargo.certain_dependencies(manifest) if one in sdist.cargo.documents]
    return found


def _roots(crate: dict[str, Any], folder: str, paths: Collection[str]) -> list[str]:
    """Return where the library's first source is, or that of each program where there is no library."""
    library = _place(folder, table(crate, "lib").get("path", "src/lib.rs"))
    if library in paths:
        return [library]
    programs = [program for program in tables(crate, "bin") if "required-features" not in program]
    return [_place(folder, program.get("path", "src/main.rs")) for program in programs] or [f"{folder}/src/main.rs"]


def _place(folder: str, spelled: object) -> str:
    return posixpath.normpath(posixpath.join(folder, spelled)) if isinstance(spelled, str) else ""


def _missing_of(root: str, sdist: Sdist, paths: Collection[str], seen: set[_Source]) -> Iterator[tuple[str, str, str]]:
    """Yield what is missing below the first source of a target, with the source that takes it.

    What was `seen` for another target is left out. The modules of `a/lib.rs` are in `a`, those of its module `b` are in
    `a/b`, wherever that module's own file is.
    """
    waiting = [(root, posixpath.dirname(root))]
    while waiting:
        path, folder = waiting.pop()
        if (path, folder) in seen:
            continue
        seen.add((path, folder))
        taken = sdist.taken.get(path, Taken())
        for name in taken.files:
            expected = _place(posixpath.dirname(path), name)
            if expected not in paths:
                yield path, f'includes "{name}"', expected
        for name in taken.modules:
            places = [place for place in (f"{folder}/{name}.rs", f"{folder}/{name}/mod.rs") if place in paths]
            if not places:
                yield path, f"says `mod {name};`", f"{folder}/{name}.rs"
            else:
                waiting.append((places[0], f"{folder}/{name}"))
