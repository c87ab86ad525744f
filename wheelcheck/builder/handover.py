"""Hands files from one machine to another in bundles, which are verified as a whole when they are unpacked.

Artifact stores drop mode bits (actions/upload-artifact does), and an upload without files succeeds. So a bundle is one
tar that begins with `manifest.json`, which lists path, mode, size and SHA-256 of each file.
"""

from __future__ import annotations

import io
import json
import tarfile
import unicodedata
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath

from wheelcheck.builder.run import BuildError
from wheelcheck.counting import counted
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MANIFEST = "manifest.json"
DEFAULT = ("dist/*.whl", "dist/*.tar.gz", "build/wheelcheck/*/manifest.json", "build/wheelcheck/evidence/*.json")
_AGAIN = "pack it again on the machine that built it"


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a bundle: its path below the project, its permission bits, its size and hexadecimal SHA-256."""

    path: str
    mode: int
    size: int
    sha256: str


def pack(project: Path, bundle: Path, *patterns: str) -> tuple[str, ...]:
    """Write the matching files of a project into `bundle`; return their paths. Raises BuildError if none matches."""
    patterns = patterns or DEFAULT
    files = sorted({file for pattern in patterns for file in project.glob(pattern) if file.is_file()})
    if not files:
        raise BuildError(bundle, f"there is nothing to pack: no file matches {', '.join(patterns)}", "build first")
    items = [_item(file, project) for file in files]
    bundle.parent.mkdir(parents=True, exist_ok=True)
    partial = bundle.with_name(f"{bundle.name}.partial")
    with tarfile.open(partial, "w") as archive:
        _add(archive, MANIFEST, 0o644, json.dumps([asdict(item) for item in items], indent=2).encode())
        for item, file in zip(items, files, strict=True):
            _add(archive, item.path, item.mode, file.read_bytes())
    partial.replace(bundle)
    return tuple(item.path for item in items)


def unpack(project: Path, *places: Path) -> tuple[str, ...]:
    """Unpack bundles below `project`, with the modes they were packed with; return the paths.

    Everything is checked first: nothing is written unless every file of every bundle can be written. Raises BuildError
    if there is no bundle, for a file that is damaged, missing or not listed, for a path that leaves the project, for
    two different files with the same name (on a case-insensitive disk, too), and for an existing file that differs.
    """
    bundles = _bundles(places)
    arriving = _Arrival(project)
    for bundle in bundles:
        for item, content in _files(bundle):
            arriving.expect(bundle, item, content)
    for bundle in bundles:
        for item, content in _files(bundle):
            _write(project / item.path, content, item.mode)
    return tuple(arriving.items)


def packed(*places: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in bundles by its path. Raises BuildError for a bundle that is damaged."""
    return {item.path: item.sha256 for bundle in _bundles(places) for item, _ in _files(bundle)}


class _Arrival:
    """The files that will be written below a project, each compared with those before it and with existing ones."""

    def __init__(self, project: Path) -> None:
        self.items: dict[str, Item] = {}
        self._project = project
        self._names: dict[str, str] = {}  # every path and its folders, as a case-insensitive disk compares them

    def expect(self, bundle: Path, item: Item, content: bytes) -> None:
        """Add a file. Raises BuildError if it cannot be written beside the others."""
        if self.items.setdefault(item.path, item) != item:
            raise BuildError(f"{bundle}: {item.path}", "another bundle holds a different file of this name", _AGAIN)
        self._require_own_name(bundle, item.path)
        self._require_free(bundle, item, content)

    def _require_own_name(self, bundle: Path, path: str) -> None:
        folders = [f"{folder.as_posix()}/" for folder in PurePosixPath(path).parents if folder.name]
        for name in (path, *folders):
            other = self._names.setdefault(_on_any_disk(name.rstrip("/")), name)
            if other != name and not (other.endswith("/") and name.endswith("/")):
                problem = f"{other} and {name} are one name on a case-insensitive disk or for a file and a folder"
                raise BuildError(f"{bundle}: {path}", problem, "rename one of them")

    def _require_free(self, bundle: Path, item: Item, content: bytes) -> None:
        place = self._project / item.path
        above = next(folder for folder in place.parents if folder.exists() or folder.is_symlink())
        same = place.is_file() and not place.is_symlink() and place.read_bytes() == content
        if not place.resolve().is_relative_to(self._project.resolve()):
            problem = f"a link leads out of the project, to {place.resolve()}"
        elif not above.is_dir():
            problem = f"{above} is not a folder"
        elif not same and (place.exists() or place.is_symlink()):
            problem = "a different file is already there"
        else:
            return
        raise BuildError(f"{bundle}: {item.path}", problem, "remove it, then unpack again")


def _item(file: Path, project: Path) -> Item:
    content = file.read_bytes()
    path = file.relative_to(project).as_posix()
    return Item(path, file.stat().st_mode & 0o777, len(content), sha256(content).hexdigest())


def _add(archive: tarfile.TarFile, path: str, mode: int, content: bytes) -> None:
    info = tarfile.TarInfo(path)
    info.mode, info.size = mode, len(content)
    archive.addfile(info, io.BytesIO(content))


def _write(place: Path, content: bytes, mode: int) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    place.chmod(mode)


def _bundles(places: Iterable[Path]) -> list[Path]:
    found = [file for place in places for file in (sorted(place.rglob("*.tar")) if place.is_dir() else [place])]
    if not found:
        searched = ", ".join(map(str, places))
        raise BuildError(searched, "there is no bundle (*.tar)", "check that the earlier jobs uploaded theirs")
    return found


def _files(bundle: Path) -> Iterator[tuple[Item, bytes]]:
    """Yield the files of a bundle, each compared with the manifest. Raises BuildError."""
    try:
        with tarfile.open(bundle, "r:") as archive:
            for item in _listed(bundle, archive):
                content = _content(archive, item.path)
                _require_as_packed(bundle, item, content)
                yield item, content
    except (OSError, tarfile.TarError, ValueError, TypeError, KeyError) as error:
        raise BuildError(bundle, f"it is not a readable bundle with a manifest ({error!r})", _AGAIN) from error


def _listed(bundle: Path, archive: tarfile.TarFile) -> list[Item]:
    items = [Item(**entry) for entry in json.loads(_content(archive, MANIFEST))]
    present, listed = sorted(archive.getnames()), sorted([MANIFEST, *(item.path for item in items)])
    if not items or present != listed:
        extra, missing = sorted(set(present) - set(listed)), sorted(set(listed) - set(present))
        problem = f"its files are not those of its manifest: unlisted {extra}, missing {missing}"
        if items and not extra and not missing:
            problem = "it holds two files of one name"
        raise BuildError(bundle, problem, _AGAIN)
    return items


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.getmember(name)
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None:
        raise ValueError(f"{name} is no regular file")
    return stream.read()


def _require_as_packed(bundle: Path, item: Item, content: bytes) -> None:
    if not _is_below(item.path):
        raise BuildError(f"{bundle}: {item.path}", "the path leaves the project", _AGAIN)
    if item.mode & ~0o777:
        raise BuildError(f"{bundle}: {item.path}", f"mode {item.mode:o} has more than permission bits", _AGAIN)
    digest = sha256(content).hexdigest()
    if digest != item.sha256 or len(content) != item.size:
        problem = (
            f"damaged: {counted(len(content), 'byte')} with sha256 {digest}, packed were {item.size} with {item.sha256}"
        )
        raise BuildError(f"{bundle}: {item.path}", problem, _AGAIN)


def _is_below(path: str) -> bool:
    """Return whether a path stays below the folder that it is joined to, on every operating system."""
    return all(
        kind(path).parts and not kind(path).anchor and not kind(path).drive and ".." not in kind(path).parts
        for kind in (PurePosixPath, PureWindowsPath)
    )


def _on_any_disk(path: str) -> str:
    """Return a path as compared by file systems that ignore case and Unicode composition (Windows, macOS)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
