"""Builds again and compares: from the sdist alone, and everything twice in different folders."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import tempfile
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zipfile import ZipFile

from wheelcheck.binary import read_binary
from wheelcheck.builder import dist, reproducible, sdist
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


# Where two builds of the same thing first differ: the artifact, the member, the offset.
#
# A reader wants the cause, not a hash: the first member with other bytes says more than two digests of two archives.

_CONTEXT = 16  # bytes shown from the first that differs


class Entry(NamedTuple):
    """A member of an archive: its name, what the archive says of it beside its bytes, and its bytes."""

    name: str
    about: str
    content: bytes


def first_between_folders(one: Path, other: Path) -> str:
    """Return the first difference between the artifacts of two folders; empty where all bytes are the same."""
    names = [{file.name for file in folder.iterdir()} for folder in (one, other)]
    if names[0] != names[1]:
        return f"found {', '.join(sorted(names[0] ^ names[1]))} in one build only"
    different = (first_between(one / name, other / name) for name in sorted(names[0]))
    return next(filter(None, different), "")


def first_between(one: Path, other: Path) -> str:
    """Return the first difference between two archives, empty where their bytes are the same."""
    contents = one.read_bytes(), other.read_bytes()
    if contents[0] == contents[1]:
        return ""
    members = zip_longest(_entries(one), _entries(other))
    inside = next(filter(None, (_between_entries(*pair) for pair in members)), "")
    where = inside or f"every member is the same, the archive differs at {_offset(*contents)}"
    return f"{one.name}: {where}"


def _between_entries(one: Entry | None, other: Entry | None) -> str:
    if one is None or other is None or one.name != other.name:
        return f"found member {other.name if other else 'none'}, expected {one.name if one else 'none'}"
    if one.content != other.content:
        return f"{one.name}: differs at {_offset(one.content, other.content)}"
    return "" if one.about == other.about else f"{one.name}: found {other.about}, expected {one.about}"


def _offset(one: bytes, other: bytes) -> str:
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if at is None:
        return f"offset {min(len(one), len(other))}: one ends there"
    return f"offset {at}: found {other[at : at + _CONTEXT]!r}, expected {one[at : at + _CONTEXT]!r}"


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


# The proof that an sdist is the source of a release: build it in isolation and compare what comes out.
#
# The binaries are compiled from the Rust sources *in the sdist*, at the same target and floor; nothing of the checkout
# is reachable from there. Bytes are compared too: since builds are reproducible, other bytes are other sources.


@dataclass(frozen=True, slots=True)
class Native:
    """What counts of a native file in a wheel: its kind, CPU, mode, need of glibc, and its bytes."""

    kinds: str
    machines: str
    mode: str
    glibc: str
    sha256: str

    def __str__(self) -> str:
        need = f"needs glibc {self.glibc}" if self.glibc else "needs no glibc"
        facts = f"{self.kinds} for {self.machines}, mode {self.mode}, {need}"
        return f"{facts}, sha256 {self.sha256[:12]}" if self.sha256 else facts


def roundtrip(bench: Build, *, exact: bool = True) -> tuple[str, ...]:
    """Build the wheels of this target again, from the sdist alone; return a line for each native file that is the same.

    Not `exact`: other bytes are taken, for a project that is not reproducible; kind, CPU, mode and floor are not.
    Raises BuildError naming the first wheel or file that differs from the released one.
    """
    packed = dist.sdist(bench.settings.dist)
    released = dist.wheels(bench.settings.dist, bench.target)
    with tempfile.TemporaryDirectory(prefix="wheelcheck-") as scratch:
        rebuilt = _rebuild(bench, packed, Path(scratch))
        _require_names({wheel.name for wheel in released}, {wheel.name for wheel in rebuilt})
        pairs = [(wheel, rebuilt_as) for wheel in released for rebuilt_as in rebuilt if wheel.name == rebuilt_as.name]
        return tuple(line for pair in pairs for line in _compare(*pair, exact=exact))


def manifest(wheel: Path) -> dict[str, Native]:
    """Return every native file of a wheel, found by content, by its path."""
    with ZipFile(wheel) as archive:
        read = ((info.filename, info.external_attr >> 16, archive.read(info)) for info in archive.infolist())
        found = {path: _native(mode, content) for path, mode, content in read}
    return {path: native for path, native in found.items() if native}


def require_same(wheel: str, released: Mapping[str, Native], rebuilt: Mapping[str, Native]) -> None:
    """Raise BuildError for the first native file that only one of two wheels has, or that is not the same in both."""
    for path in sorted({*released, *rebuilt}):
        ours, theirs = (str(side.get(path, "nothing")) for side in (rebuilt, released))
        if ours != theirs:
            fix = "commit all sources, include them in the sdist, and build the wheels again"
            raise BuildError(f"{wheel}: {path}", f"the sdist builds {ours}, but {theirs} is released", fix)


def _rebuild(bench: Build, packed: Path, scratch: Path) -> tuple[Path, ...]:
    tree = sdist.unpack(packed, scratch / "unpacked")
    inner = Build.of(tree, bench.target.arch, bench.log)
    if inner.target != bench.target:
        problem = f"its configuration builds for {inner.target.zigbuild}, the project's for {bench.target.zigbuild}"
        raise BuildError(packed.name, problem, "build the sdist again")
    inner.settings.dist.mkdir(exist_ok=True)  # the sdist may hold a folder of that name, with sources in it
    for artifact in (*inner.settings.dist.glob("*.whl"), *inner.settings.dist.glob("*.tar.gz")):
        artifact.unlink()
    shutil.copyfile(packed, inner.settings.dist / packed.name)
    inner.build()
    return inner.wheels()


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
        ".".join(map(str, need)),
        sha256(content).hexdigest(),
    )


# Building twice: the same sources in two folders of different names must give the same bytes.

_FOLDERS = ("one", "a/second/and/longer/folder")


def reproduce(bench: Build) -> tuple[str, ...]:
    """Build sdist, binaries and wheels of clean copies in two folders; return the names of what came out the same.

    Raises BuildError naming the first difference: artifact, member, offset.
    """
    seconds = reproducible.epoch(bench.settings.project, os.environ)
    with tempfile.TemporaryDirectory(prefix="wheelcheck-") as scratch:
        one, other = (_build(bench, Path(scratch, folder), seconds) for folder in _FOLDERS)
        if found := first_between_folders(one, other):
            fix = "find out what writes it: a date, a folder name, an order, a random number"
            raise BuildError("reproduce", f"two builds of the same sources differ: {found}", fix)
        return tuple(sorted(file.name for file in one.iterdir()))


def _build(bench: Build, folder: Path, seconds: int) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    sdist.copy_sources(bench.settings.project, folder)
    fresh = replace(Build.of(folder, bench.target.arch, bench.log), epoch=seconds)
    fresh.build()
    fresh.sdist()
    fresh.wheels()
    return fresh.settings.dist
