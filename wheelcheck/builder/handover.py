"""Hands files from one machine to the next: one tar with a manifest, verified on arrival."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from wheelcheck.builder import dist, toolchain
from wheelcheck.builder import stage as staging
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.run import BuildError
from wheelcheck.config import builder
from wheelcheck.facts.dist_info import parse_file_name
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wheelcheck.builder.stage import Stage


# Handing files from one machine to another: a parcel with a list of what is in it, held against at every arrival.
#
# Artifact stores drop mode bits (actions/upload-artifact does) and an upload of nothing looks like one of everything.
# So what travels is one tar: first `manifest.json`, with path, mode, size and SHA-256 of each file, then those files.

MANIFEST = "manifest.json"
DEFAULT = ("dist/*.whl", "dist/*.tar.gz", "build/wheelcheck/*/record.json")
_PACK = "pack it again on the machine that built it"


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a parcel: its path below the project, its permission bits, its size and hexadecimal SHA-256."""

    path: str
    mode: int
    size: int
    sha256: str


def pack(project: Path, parcel: Path, *patterns: str) -> tuple[str, ...]:
    """Write the files of a project that match into `parcel`; return their paths. Raises BuildError for no file."""
    patterns = patterns or DEFAULT
    files = sorted({file for pattern in patterns for file in project.glob(pattern) if file.is_file()})
    if not files:
        raise BuildError(parcel, f"there is nothing to pack: no file matches {', '.join(patterns)}", "build first")
    items = [_item(file, project) for file in files]
    parcel.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(parcel, "w") as archive:
        _add(archive, MANIFEST, 0o644, json.dumps([asdict(item) for item in items], indent=2).encode())
        for item, file in zip(items, files, strict=True):
            _add(archive, item.path, item.mode, file.read_bytes())
    return tuple(item.path for item in items)


def unpack(project: Path, *places: Path) -> tuple[str, ...]:
    """Take parcels apart below `project`, modes as they were packed; return the paths.

    Raises BuildError, before a byte of that parcel is written, for a folder without parcels, a file that is damaged,
    missing or not listed, a path that leaves the project, and two parcels with different files of one path.
    """
    arrived: dict[str, Item] = {}
    for parcel in _parcels(places):
        for item, content in _read(parcel):
            if arrived.setdefault(item.path, item) != item:
                raise BuildError(f"{parcel}: {item.path}", "another bundle holds a different file of this name", _PACK)
            place = project / item.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            place.chmod(item.mode)
    return tuple(arrived)


def _item(file: Path, project: Path) -> Item:
    content = file.read_bytes()
    path = file.relative_to(project).as_posix()
    return Item(path, file.stat().st_mode & 0o777, len(content), sha256(content).hexdigest())


def _add(archive: tarfile.TarFile, path: str, mode: int, content: bytes) -> None:
    info = tarfile.TarInfo(path)
    info.mode, info.size = mode, len(content)
    archive.addfile(info, io.BytesIO(content))


def _parcels(places: Iterable[Path]) -> list[Path]:
    found = [file for place in places for file in (sorted(place.rglob("*.tar")) if place.is_dir() else [place])]
    if not found:
        told = ", ".join(map(str, places))
        raise BuildError(told, "there is no bundle (*.tar)", "check that the earlier jobs uploaded theirs")
    return found


def _read(parcel: Path) -> list[tuple[Item, bytes]]:
    """Return what a parcel lists, every file held against its entry. Raises BuildError."""
    try:
        with tarfile.open(parcel, "r:") as archive:
            contents = {member.name: _content(archive, member) for member in archive}
        items = [Item(**entry) for entry in json.loads(contents.pop(MANIFEST))]
    except (OSError, tarfile.TarError, ValueError, TypeError, KeyError) as error:
        raise BuildError(parcel, f"it is not a readable bundle with a manifest ({error!r})", _PACK) from error
    listed = {item.path for item in items}
    if not items or listed != set(contents):
        problem = f"unlisted {sorted(set(contents) - listed)}, missing {sorted(listed - set(contents))}"
        raise BuildError(parcel, f"its files are not those of its manifest: {problem}", _PACK)
    return [(item, _held(parcel, item, contents[item.path])) for item in items]


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None:
        raise ValueError(f"{member.name} is no regular file")
    return stream.read()


def _held(parcel: Path, item: Item, content: bytes) -> bytes:
    path = PurePosixPath(item.path)
    if path.is_absolute() or ".." in path.parts or item.mode & ~0o777:
        problem = f"the path leaves the project, or mode {item.mode:o} has more than permission bits"
        raise BuildError(f"{parcel}: {item.path}", problem, _PACK)
    digest = sha256(content).hexdigest()
    if digest != item.sha256 or len(content) != item.size:
        problem = f"damaged: {len(content)} bytes with sha256 {digest}, packed were {item.size} with {item.sha256}"
        raise BuildError(f"{parcel}: {item.path}", problem, _PACK)
    return content


# What vouches for a release that several machines built: the record of each stage, and the tag it is made for.


def match(project: Path, base: Mapping[str, str]) -> tuple[str, ...]:
    """Hold every wheel in `dist/` against its stage's record: the bytes and modes that were staged are those released.

    `base` is the environment: where it names a git tag, every artifact must be of that version. Raises BuildError for
    a wheel that differs, a record without a wheel, a wheel without a record, no wheel, and another version.
    """
    found = builder.load(project)
    held: list[Path] = []
    for stage in _stages(found.folder):
        target = toolchain.choose(find(stage.record.arch), found.release.glibc)
        for wheel in dist.wheels(found.dist, target):
            assembly.require_record(wheel, stage)
            held.append(wheel)
    loose = sorted(file.name for file in found.dist.glob("*.whl") if file not in held)
    if loose or not held:
        problem = f"{', '.join(loose)} has no record of a stage beside it" if loose else "it holds no wheel to verify"
        raise BuildError(found.dist, problem, "hand over the wheels together with build/wheelcheck/*/record.json")
    require_tag((file.name for file in sorted(found.dist.iterdir())), base)
    return tuple(f"as staged: {wheel.name}" for wheel in held)


def require_tag(names: Iterable[str], base: Mapping[str, str]) -> None:
    """Raise BuildError for an artifact of another version than the git tag that GitHub Actions runs for, if any."""
    if base.get("GITHUB_REF_TYPE") != "tag":
        return
    tag = base.get("GITHUB_REF_NAME", "")
    try:
        expected = Version(tag)  # which takes the v of v1.2
    except InvalidVersion as error:
        raise BuildError("the git tag", f"{tag!r} is not a version", "tag releases by version, such as v1.2") from error
    for name in names:
        version = parse_file_name(name).version
        if version and Version(version) != expected:
            problem = f"its version is {version}, but the git tag says {expected}"
            raise BuildError(name, problem, "set the version, then tag that commit")


def _stages(folder: Path) -> Iterable[Stage]:
    for file in sorted(folder.glob("*/record.json")):
        yield staging.Stage(file.parent, staging.read_record(file))
