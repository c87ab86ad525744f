"""Reads the lock files that are TOML: pylock.toml (PEP 751) and uv.lock."""

from __future__ import annotations

from collections import deque
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from wheelcheck.inputs import UnreachableError
from wheelcheck.locks.pins import Pin
from wheelcheck.locks.requirements import content_of
from wheelcheck.toml_document import TomlError, parse_document
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelcheck.locks.target import Target

Package = dict[str, Any]
_LOCAL = ("virtual", "editable", "directory", "path")  # where uv.lock takes a package from that no index has


def read(path: Path, target: Target) -> list[Pin]:
    """Return what a lock file pins for a machine. Raises UnreachableError."""
    try:
        document = parse_document(content_of(path).decode())
    except TomlError as problem:
        raise UnreachableError(f"{path} {problem}") from problem
    except UnicodeDecodeError as problem:
        raise UnreachableError(f"{path} is not UTF-8: {problem}") from problem
    if required := document.get("requires-python"):
        _require_python(path, str(required), target)
    try:
        packages = _from_uv(document, path, target) if path.name == "uv.lock" else _from_pylock(document, path, target)
        return [_pin(package, path) for package in packages]
    except (KeyError, TypeError, AttributeError, ValueError) as problem:  # ValueError: an address that is none
        raise UnreachableError(f"{path} is not a lock file as {_format(path)} writes it: {problem!r}") from problem


def _format(path: Path) -> str:
    return "uv" if path.name == "uv.lock" else "PEP 751"


def _require_python(path: Path, required: str, target: Target) -> None:
    if not target.runs(required):
        raise UnreachableError(f"{path} is for Python {required}, not for {target}; name another one with --python")


def _from_pylock(document: Package, path: Path, target: Target) -> Iterator[Package]:
    version = str(document.get("lock-version", ""))
    if version.partition(".")[0] != "1":
        raise UnreachableError(f"{path}: lock-version {version!r} is not one that wheelcheck knows; 1.0 is")
    for package in document.get("packages", []):
        if target.takes(package.get("marker", "")) and target.runs(package.get("requires-python", "")):
            for source in ("vcs", "directory", "archive"):
                if source in package:
                    raise UnreachableError(f"{path}: {package['name']} comes from a {source}, not from an index")
            yield package


def _from_uv(document: Package, path: Path, target: Target) -> Iterator[Package]:
    """Yield what an install of the locked projects takes: what they depend on, and so on, without dependency groups."""
    packages: list[Package] = document.get("package", [])
    by_name: dict[str, list[Package]] = {}
    for package in packages:
        by_name.setdefault(package["name"], []).append(package)
    todo = deque((package, frozenset[str]()) for package in packages if _is_local(package))
    seen: set[tuple[str, str, frozenset[str]]] = set()
    while todo:
        package, extras = todo.popleft()
        if (key := (package["name"], package.get("version", ""), extras)) in seen:
            continue
        seen.add(key)
        if not _is_local(package):
            _require_index(package, path)
            yield package
        for need in _needs(package, extras, target):
            todo.extend((other, frozenset(need.get("extra", ()))) for other in _meant(need, by_name[need["name"]]))


def _needs(package: Package, extras: frozenset[str], target: Target) -> Iterator[Package]:
    """Yield the dependencies of a package with these extras that hold on a machine."""
    optional = package.get("optional-dependencies", {})
    groups = [package.get("dependencies", []), *(optional.get(extra, []) for extra in sorted(extras))]
    yield from (need for group in groups for need in group if target.takes(need.get("marker", "")))


def _meant(need: Package, candidates: list[Package]) -> list[Package]:
    """Return the locked releases that a dependency means; it names a version where several are locked."""
    version = need.get("version")
    return [each for each in candidates if version is None or each.get("version") == version]


def _require_index(package: Package, path: Path) -> None:
    if "registry" not in package["source"]:
        raise UnreachableError(
            f"{path}: {package['name']} comes from {', '.join(package['source'])}, not from an index"
        )


def _is_local(package: Package) -> bool:
    return any(kind in package["source"] for kind in _LOCAL)


def _pin(package: Package, path: Path) -> Pin:
    listed = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
    files = tuple((_name(file), _sha256(file, package, path)) for file in listed)
    if not files:
        raise UnreachableError(f"{path}: {package['name']} has no files")
    return Pin(canonicalize_name(package["name"]), str(package["version"]), str(path), files)


def _name(file: Package) -> str:
    """Return the name of a locked file: its own key, or the end of its address or path."""
    return str(
        file.get("name")
        or file.get("filename")
        or unquote(urlsplit(file.get("url") or file["path"]).path.rpartition("/")[2])
    )


def _sha256(file: Package, package: Package, path: Path) -> str:
    """Return the SHA-256 of a file: `hashes.sha256` in pylock.toml, `hash = "sha256:…"` in uv.lock."""
    digest = str(file.get("hashes", {}).get("sha256", "") or file.get("hash", "").removeprefix("sha256:")).lower()
    if len(digest) != 64:
        raise UnreachableError(f"{path}: {_name(file)} of {package['name']} has no SHA-256, so nothing can be held")
    return digest
