"""Builds again and compares: the wheels from the sdist only, and everything twice in different folders.

The round trip proves that an sdist is the source of a release. Binaries are compiled from the Rust sources in it, for
the same target and floor, in a folder from which the checkout cannot be reached. Bytes are compared too: builds are
reproducible, so different bytes come from different sources.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import tempfile
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from zipfile import ZipFile

from wheelcheck.binary import read_binary
from wheelcheck.builder import dist, reproducible, sdist
from wheelcheck.builder.run import BuildError
from wheelcheck.config import files
from wheelcheck.counting import dotted
from wheelcheck.records import dataclass, replace
from wheelcheck.source import Bytes
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wheelcheck.builder.pipeline import Build


# Finds where two builds of the same sources first differ: the artifact, the member, the offset.
#
# The first member that differs points to the cause; the hashes of two archives do not.

_CONTEXT = 16  # bytes shown, beginning with the first that differs


class Entry(NamedTuple):
    """A member of an archive: its name, its metadata as text, and its bytes."""

    name: str
    about: str
    content: bytes


def first_between_folders(one: Path, other: Path) -> str:
    """Return the first difference between the artifacts of two folders; empty if all bytes are the same."""
    names = [{file.name for file in folder.iterdir()} for folder in (one, other)]
    if names[0] != names[1]:
        return f"only one build has {', '.join(sorted(names[0] ^ names[1]))}"
    different = (first_between(one / name, other / name) for name in sorted(names[0]))
    return next(filter(None, different), "")


def first_between(one: Path, other: Path) -> str:
    """Return the first difference between two archives; empty if their bytes are the same."""
    contents = one.read_bytes(), other.read_bytes()
    if contents[0] == contents[1]:
        return ""
    members = zip_longest(_entries(one), _entries(other))
    inside = next(filter(None, (_between_entries(*pair) for pair in members)), "")
    where = inside or f"every member is the same, the archive differs at {_offset(*contents)}"
    return f"{one.name}: {where}"


def _between_entries(one: Entry | None, other: Entry | None) -> str:
    if one is None or other is None or one.name != other.name:
        return f"the first build has {one.name if one else 'no member'}, the second {other.name if other else 'none'}"
    if one.content != other.content:
        return f"{one.name}: differs at {_offset(one.content, other.content)}"
    return "" if one.about == other.about else f"{one.name}: first {one.about}, then {other.about}"


def _offset(one: bytes, other: bytes) -> str:
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if at is None:
        return f"offset {min(len(one), len(other))}, where one of them ends"
    return f"offset {at}: first {one[at : at + _CONTEXT]!r}, then {other[at : at + _CONTEXT]!r}"


def _entries(path: Path) -> Iterator[Entry]:
    if path.name.endswith(".whl"):
        with ZipFile(path) as archive:
            for info in archive.infolist():
                about = f"mode {info.external_attr >> 16:o}, date {info.date_time}"
                yield Entry(info.filename, about, archive.read(info))
    elif path.name.endswith(".tar.gz"):
        with tarfile.open(path) as packed:
            for member in packed:
                about = f"mode {member.mode:o}, date {member.mtime}, owner {member.uid} {member.uname!r}"
                content = packed.extractfile(member)
                yield Entry(member.name, about, content.read() if content else b"")


_FOLDERS = ("one", "a/second/and/longer/folder")  # of the two builds, whose bytes must not depend on them


@dataclass(frozen=True, slots=True)
class Native:
    """What is compared for a native file in a wheel: its kind, CPU, mode, the glibc it needs, and its bytes."""

    kinds: str
    machines: str
    mode: str
    glibc: str
    sha256: str

    def __str__(self) -> str:
        need = f"needs glibc {self.glibc}" if self.glibc else "needs no glibc"
        facts = f"{self.kinds} for {self.machines}, mode {self.mode}, {need}"
        return f"{facts}, sha256 {self.sha256[:12]}" if self.sha256 else facts


def roundtrip(build: Build, *, exact: bool = True) -> tuple[str, ...]:
    """Build the wheels of this target again, only from the sdist; return one line per native file that is the same.

    Where the release has no sdist, a clean copy of the sources takes its place.

    Without `exact`, bytes may differ, for a project that is not reproducible; kind, CPU, mode and floor may not.
    Raises BuildError naming the first wheel or file that differs from the released one.
    """
    released = dist.wheels(build.settings.dist, build.target)
    with tempfile.TemporaryDirectory(prefix="wheelcheck-") as scratch:
        rebuilt = _rebuild(build, Path(scratch))
        _require_names({wheel.name for wheel in released}, {wheel.name for wheel in rebuilt})
        pairs = [(wheel, rebuilt_as) for wheel in released for rebuilt_as in rebuilt if wheel.name == rebuilt_as.name]
        return tuple(line for pair in pairs for line in _compare(*pair, exact=exact))


def manifest(wheel: Path) -> dict[str, Native]:
    """Return every native file of a wheel, recognized by content, under its path."""
    with dist.reading(wheel), ZipFile(wheel) as archive:
        read = ((info.filename, info.external_attr >> 16, archive.read(info)) for info in archive.infolist())
        found = {path: _native(mode, content) for path, mode, content in read}
    return {path: native for path, native in found.items() if native}


def require_same(wheel: str, released: Mapping[str, Native], rebuilt: Mapping[str, Native]) -> None:
    """Raise BuildError for the first native file that is in only one of two wheels, or that differs between them."""
    for path in sorted({*released, *rebuilt}):
        ours, theirs = (str(side.get(path, "nothing")) for side in (rebuilt, released))
        if ours != theirs:
            fix = "commit all sources, include them in the sdist, and build the wheels again"
            raise BuildError(f"{wheel}: {path}", f"the sdist builds {ours}, but {theirs} is released", fix)


def _rebuild(build: Build, scratch: Path) -> tuple[Path, ...]:
    if not build.settings.builds_sdist:
        sdist.copy_sources(build.settings.project, scratch / "copy")
        inner = build.of_copy(scratch / "copy")
    else:
        inner = _inside_sdist(build, dist.sdist(build.settings.dist), scratch)
    inner.build()
    return inner.wheels()


def _inside_sdist(build: Build, packed: Path, scratch: Path) -> Build:
    """Return the build of an unpacked sdist by the configuration in it, or else by that of the project."""
    tree = sdist.unpack(packed, scratch / "unpacked").resolve()
    file = files.find(tree)
    if file and files.read(file)[0]:
        inner = build.of_copy(tree)
    else:
        inner = replace(build, settings=sdist.settings_in(tree, build.settings))
    if inner.target != build.target:
        problem = f"its configuration builds for {inner.target.zigbuild}, the project's for {build.target.zigbuild}"
        raise BuildError(packed.name, problem, "build the sdist again")
    inner.settings.dist.mkdir(exist_ok=True)  # the sdist may hold a folder of that name, with sources in it
    for artifact in (*inner.settings.dist.glob("*.whl"), *inner.settings.dist.glob("*.tar.gz")):
        artifact.unlink()
    shutil.copyfile(packed, inner.settings.dist / packed.name)
    return inner


def _require_names(released: set[str], rebuilt: set[str]) -> None:
    if released != rebuilt:
        ours, theirs = (", ".join(sorted(names)) or "no wheel" for names in (rebuilt, released))
        raise BuildError("roundtrip", f"the sdist builds {ours}, dist holds {theirs}", "build sdist and wheels again")


def _compare(released: Path, rebuilt: Path, *, exact: bool) -> list[str]:
    before, after = manifest(released), manifest(rebuilt)
    if not exact:
        before, after = ({path: replace(native, sha256="") for path, native in one.items()} for one in (before, after))
    if not before:
        raise BuildError(released.name, "it holds no native file to compare", "build the wheels again")
    require_same(released.name, before, after)
    return [f"{released.name}: {path}: {native}" for path, native in sorted(before.items())]


def _native(mode: int, content: bytes) -> Native | None:
    binary = read_binary("", Bytes(content))
    if not binary:
        return None
    need = max((need.glibc for slice_ in binary.slices if (need := slice_.glibc_need)), default=())
    machines = sorted({name for slice_ in binary.slices for name in slice_.arches or (str(slice_.machine),)})
    kind = f"{mode & 0o777:04o}" if stat.S_ISREG(mode) else f"{mode:06o} (no regular file)"
    return Native(
        "/".join(sorted({slice_.kind for slice_ in binary.slices})),
        "/".join(machines),
        kind,
        dotted(need),
        sha256(content).hexdigest(),
    )


def reproduce(build: Build) -> tuple[str, ...]:
    """Build sdist, binaries and wheels of clean copies in two folders; return the names of the artifacts.

    Raises BuildError naming the first difference: artifact, member, offset.
    """
    seconds = reproducible.epoch(build.settings.project, os.environ)
    with tempfile.TemporaryDirectory(prefix="wheelcheck-") as scratch:
        one, other = (_build(build, Path(scratch, folder), seconds) for folder in _FOLDERS)
        if found := first_between_folders(one, other):
            fix = "find out what writes it: a date, a folder name, an order, a random number"
            raise BuildError("reproduce", f"two builds of the same sources differ: {found}", fix)
        return tuple(sorted(file.name for file in one.iterdir()))


def _build(build: Build, folder: Path, seconds: int) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    sdist.copy_sources(build.settings.project, folder)
    fresh = replace(build.of_copy(folder), epoch=seconds)
    fresh.build()
    if fresh.settings.builds_sdist:
        fresh.sdist()
    fresh.wheels()
    return fresh.settings.dist
