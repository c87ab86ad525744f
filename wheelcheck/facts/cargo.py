"""The Cargo manifests of an sdist, each parsed once, and the workspaces they form, without cargo."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from bisect import bisect_left
from collections import defaultdict
from functools import cached_property

from wheelcheck.facts.toml import parse_toml, table, texts
from wheelcheck.patterns import regex
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_GLOBS = 50  # of one workspace; real ones have a handful, and each is compared with many paths
_WILDCARD = regex(r"[*?[]")
_DEPENDENCY_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")


@dataclass(frozen=True)
class Crates:
    """Every Cargo.toml of an sdist by its path, in order; one that is not TOML is empty.

    Everything that is looked up once per crate is indexed, so that the work is proportional to the size of the
    manifests: an sdist may hold 100,000 of them.
    """

    documents: Mapping[str, dict[str, Any]]
    _claimed: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, sources: Mapping[str, str]) -> Crates:
        """Parse the manifests among the texts of an sdist."""
        paths = sorted(path for path in sources if path.rpartition("/")[2] == "Cargo.toml")
        return cls({path: parse_toml(sources[path]) for path in paths})

    @cached_property
    def inherited(self) -> frozenset[str]:
        """The names of the dependencies that some crate takes from its workspace."""
        each = (entry for crate in self.documents.values() for entry in dependencies(crate))
        return frozenset(name for name, value in each if inherits(value))

    @cached_property
    def _paths(self) -> list[str]:
        return list(self.documents)

    @cached_property
    def _excluded(self) -> dict[str, frozenset[str]]:
        """The folders that each workspace excludes."""
        found = {}
        for root, crate in self.documents.items():
            entries = texts(table(crate, "workspace"), "exclude")
            found[root] = frozenset(posixpath.normpath(posixpath.join(posixpath.dirname(root), one)) for one in entries)
        return found

    @cached_property
    def _shared(self) -> dict[str, dict[str, object]]:
        """The dependencies that each workspace offers its members."""
        return {root: dict(dependencies(table(crate, "workspace"))) for root, crate in self.documents.items()}

    @cached_property
    def pointing(self) -> Mapping[str, frozenset[str]]:
        """The crates whose `[package] workspace` names a manifest as the root, by that manifest."""
        found: dict[str, set[str]] = defaultdict(set)
        for path in self.documents:
            if named := self.named_root(path):
                found[named].add(path)
        return {root: frozenset(paths) for root, paths in found.items()}

    def named_root(self, path: str) -> str:
        """Return the manifest that `[package] workspace` points at; empty if it is not set."""
        pointer = table(self.documents[path], "package").get("workspace")
        folder = posixpath.dirname(path)
        return posixpath.normpath(posixpath.join(folder, pointer, "Cargo.toml")) if isinstance(pointer, str) else ""

    def is_workspace(self, path: str) -> bool:
        """Return whether a manifest exists and has a [workspace] table."""
        return "workspace" in self.documents.get(path, {})

    def workspace_of(self, path: str) -> str | None:
        """Return the manifest of the workspace that cargo loads, members and all, when it builds the crate at `path`.

        cargo also reads a path dependency that belongs to another workspace, but not the members of that one.
        """
        if self.is_workspace(path):
            return path
        above = self.workspace_above(path)
        return None if above is None or self.is_excluded(path, above) else above

    def workspace_above(self, path: str) -> str | None:
        """Return the nearest manifest above the crate's folder that has a [workspace] table."""
        folder = path.rpartition("/")[0]
        above = (f"{each}/Cargo.toml" for each in _folders_above(folder))
        return next((manifest for manifest in (*above, "Cargo.toml") if self.is_workspace(manifest)), None)

    def is_excluded(self, path: str, root: str) -> bool:
        """Return whether the workspace at `root` excludes the crate at `path`."""
        excluded = self._excluded[root]
        return any(folder in excluded for folder in _folders_above(path)) if excluded else False

    def dependency_manifests(self, path: str, root: str) -> set[str]:
        """Return the manifests of a crate's path dependencies, with those it inherits from the workspace at `root`."""
        found = set()
        for name, value in dependencies(self.documents[path]):
            origin, dependency = (root, self._shared[root].get(name)) if inherits(value) else (path, value)
            if (spelled := dependency_path(dependency)) is not None:
                found.add(manifest_at(origin, spelled))
        return found

    def certain_dependencies(self, path: str) -> set[str]:
        """Return the manifests of the path dependencies that a crate has whatever the target and the features are."""
        root = self.workspace_of(path) or path
        found = set()
        for key in ("dependencies", "build-dependencies"):
            for name, value in table(self.documents[path], key).items():
                origin, dependency = (root, self._shared[root].get(name)) if inherits(value) else (path, value)
                is_optional = isinstance(value, dict) and value.get("optional") is True
                if not is_optional and (spelled := dependency_path(dependency)) is not None:
                    found.add(manifest_at(origin, spelled))
        return found

    def claimed(self, root: str) -> frozenset[str]:
        """Return the manifests of a workspace: the root package, the members, and their path dependencies below it."""
        if root not in self._claimed:
            self._claimed[root] = frozenset(self._closure(root))
        return self._claimed[root]

    def _closure(self, root: str) -> set[str]:
        folder = posixpath.dirname(root)
        waiting = {root} if "package" in self.documents[root] else set()
        waiting.update(self._members(root))
        claimed: set[str] = set()
        while waiting:
            path = waiting.pop()
            claimed.add(path)
            targets = self.dependency_manifests(path, root)
            waiting |= {one for one in targets if one.startswith(f"{folder}/") and one in self.documents} - claimed
        return claimed

    def _members(self, root: str) -> Iterator[str]:
        """Yield the members that [workspace] names, the globs resolved.

        A member outside the workspace's folder must point back at its root, or cargo refuses it. If a workspace has too
        many globs, every crate below it counts as a member.
        """
        folder = posixpath.dirname(root)
        named = texts(table(self.documents[root], "workspace"), "members")
        globs = [pattern for pattern in named if is_glob(pattern)]
        plain = (manifest_at(root, pattern) for pattern in named if not is_glob(pattern))
        yield from (manifest for manifest in plain if manifest in self.documents)
        if len(globs) > MOST_GLOBS:
            yield from below(self._paths, folder)
            return
        outside = sorted(self.pointing.get(root, ()))
        for wanted in (manifest_at(root, pattern) for pattern in globs):
            yield from matching(wanted, outside)
            if wanted.startswith(f"{folder}/" if folder else ""):
                yield from matching(wanted, self._paths)


def manifest_at(origin: str, spelled: str) -> str:
    """Return the manifest in the folder `spelled`, which is relative to the folder of the manifest `origin`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), spelled, "Cargo.toml"))


def is_glob(pattern: str) -> bool:
    """Return whether cargo expands the pattern."""
    return _WILDCARD.search(pattern) is not None


def below(paths: Sequence[str], folder: str) -> Sequence[str]:
    """Return the sorted paths that are below a folder."""
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")] if folder else paths


def matching(wanted: str, paths: Sequence[str]) -> Iterator[str]:
    """Yield the sorted paths that match a glob, whose wildcards do not match a slash."""
    fixed = _WILDCARD.split(wanted, maxsplit=1)[0].rpartition("/")[0]
    matches = re.compile(fnmatch.translate(wanted)).match
    depth = wanted.count("/")
    yield from (path for path in below(paths, fixed) if path.count("/") == depth and matches(path))


def dependencies(document: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the dependencies of a manifest, including those of single targets."""
    for holder in (document, *table(document, "target").values()):
        for key in _DEPENDENCY_TABLES:
            yield from table(holder, key).items()


def dependency_path(dependency: object) -> str | None:
    """Return the folder of a path dependency as written; None for any other dependency."""
    spelled = dependency.get("path") if isinstance(dependency, dict) else None
    return spelled if isinstance(spelled, str) else None


def inherits(dependency: object) -> bool:
    """Return whether a dependency is the workspace's of the same name."""
    return isinstance(dependency, dict) and dependency.get("workspace") is True


def _folders_above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
