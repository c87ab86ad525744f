"""The proof that an sdist is the source of a release: build it in isolation and compare what comes out.

The binaries are compiled from the Rust sources *in the sdist*, at the same target and floor; nothing of the checkout
is reachable from there. Bytes are compared too: since builds are reproducible, other bytes are other sources.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from wheelcheck.archive.source import Bytes
from wheelcheck.binary import read_binary
from wheelcheck.build import dist, inspection, sdist
from wheelcheck.build.bench import Bench
from wheelcheck.build.failure import BenchError

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def roundtrip(bench: Bench, *, exact: bool = True) -> tuple[str, ...]:
    """Build the wheels of this target again, from the sdist alone; return a line for each native file that is the same.

    Not `exact`: other bytes are taken, for a project that is not reproducible; kind, CPU, mode and floor are not.
    Raises BenchError naming the first wheel or file that differs from the released one.
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
    """Raise BenchError for the first native file that only one of two wheels has, or that is not the same in both."""
    for path in sorted({*released, *rebuilt}):
        ours, theirs = (str(side.get(path, "nothing")) for side in (rebuilt, released))
        if ours != theirs:
            remedy = "release what the sdist builds: commit the sources, include them, build the wheels again"
            raise BenchError(f"{wheel}: {path}", f"{ours} from the sdist", f"{theirs} as released", remedy)


def _rebuild(bench: Bench, packed: Path, scratch: Path) -> tuple[Path, ...]:
    tree = sdist.unpack(packed, scratch / "unpacked")
    inner = Bench.of(tree, bench.target.arch, bench.log)
    if inner.target != bench.target:
        expected = f"the target {bench.target.zigbuild}"
        raise BenchError(
            packed.name, inner.target.zigbuild, expected, "build the sdist again: its configuration is old"
        )
    inner.settings.dist.mkdir()
    shutil.copyfile(packed, inner.settings.dist / packed.name)
    inner.build()
    return inner.wheels()


def _require_names(released: set[str], rebuilt: set[str]) -> None:
    if released != rebuilt:
        found, expected = (", ".join(sorted(names)) for names in (rebuilt, released))
        raise BenchError("roundtrip", f"the sdist builds {found}", expected, "build sdist and wheels again")


def _compare(released: Path, rebuilt: Path, *, exact: bool) -> list[str]:
    before, after = manifest(released), manifest(rebuilt)
    if not exact:
        before, after = ({path: replace(native, sha256="") for path, native in one.items()} for one in (before, after))
    if not before:
        raise BenchError(released.name, "no native file", "a payload to compare", "build the wheels again")
    require_same(released.name, before, after)
    return [f"{released.name}: {path}: {native}" for path, native in sorted(before.items())]


def _native(mode: int, content: bytes) -> Native | None:
    binary = read_binary("", Bytes(content))
    if not binary:
        return None
    need = max((inspection.glibc_need(piece) for piece in binary.slices), default=(0, 0))
    machines = sorted({name for piece in binary.slices for name in piece.arches or (str(piece.machine),)})
    kind = f"{mode & 0o777:04o}" if stat.S_ISREG(mode) else f"{mode:06o} (no regular file)"
    return Native(
        "/".join(sorted({piece.kind for piece in binary.slices})),
        "/".join(machines),
        kind,
        f"{need[0]}.{need[1]}" if any(need) else "",
        sha256(content).hexdigest(),
    )
