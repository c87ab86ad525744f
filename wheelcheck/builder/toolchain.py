"""The target of a build: a CPU at a glibc floor. The floor decides zig's suffix, platform tag and gate."""

from __future__ import annotations

import platform
from importlib.util import find_spec
from pathlib import Path

from wheelcheck.builder.run import BuildError
from wheelcheck.platforms.arch import Arch, Glibc, find
from wheelcheck.platforms.tags import LEGACY_MANYLINUX
from wheelcheck.records import dataclass

_ABILISTS = "lib/libc/glibc/abilists"


@dataclass(frozen=True, slots=True)
class Target:
    """A CPU at a glibc floor, made by `choose`, which checks the floor."""

    arch: Arch
    floor: Glibc

    @property
    def zigbuild(self) -> str:
        """The `--target` of cargo-zigbuild, and the name of the staging folder."""
        return self.arch.zigbuild_target(self.floor)

    @property
    def zig(self) -> str:
        """The `-target` of `zig cc`."""
        return self.arch.zig_target(self.floor)

    @property
    def platform_tag(self) -> str:
        """The compressed platform tag of PEP 600, with its older alias (manylinux2014) if there is one, sorted."""
        tag = self.arch.manylinux_tag(self.floor)
        older = [f"{old}_{self.arch.name}" for old, new in LEGACY_MANYLINUX.items() if f"{new}_{self.arch.name}" == tag]
        return ".".join(sorted([tag, *older]))


def host() -> Arch:
    """Return the CPU this process runs on. Raises UnknownArchitectureError."""
    return find(platform.machine())


def choose(row: Arch, floor: Glibc) -> Target:
    """Return the target. Raises BuildError for a floor that Rust or zig cannot build for.

    Neither bound is left to zig: it accepts `.2.99` silently and links against its newest glibc, and on `.2.5` it fails
    and leaves an old binary in place.
    """
    oldest, newest = row.oldest_build, newest_glibc()
    if oldest is None:
        problem = f"{row.name} cannot be built here: zig has no glibc for it"
        raise BuildError("tool.wheelcheck.architectures", problem, "remove it, or build for it on that CPU")
    if not oldest <= floor <= newest:
        low, high = (f"{major}.{minor}" for major, minor in (oldest, newest))
        asked = f"{row.name} cannot be built for glibc {floor[0]}.{floor[1]}"
        problem = f"{asked}: Rust and the installed zig support {low} to {high} there"
        raise BuildError("tool.wheelcheck.glibc", problem, f'set glibc = "{low}" or a later one, up to {high}')
    return Target(row, floor)


def newest_glibc() -> Glibc:
    """Return the newest glibc that the installed zig has symbol lists of. Raises BuildError if ziglang is missing."""
    return max(_versions((zig_folder() / _ABILISTS).read_bytes()))


def zig_folder() -> Path:
    """Return the folder of this interpreter's zig. Raises BuildError if ziglang is missing."""
    spec = find_spec("ziglang")
    if spec is None or not spec.submodule_search_locations:
        raise BuildError("ziglang", "it is not installed in this Python", "install wheelcheck[build]")
    return Path(spec.submodule_search_locations[0])


def _versions(abilists: bytes) -> set[Glibc]:
    """Read the versions of zig's abilists: a count and NUL-ended library names, a count and 3-byte versions."""
    start = 1
    for _ in range(abilists[0]):
        start = abilists.index(0, start) + 1
    end = start + 1 + 3 * abilists[start]
    return {(abilists[at], abilists[at + 1]) for at in range(start + 1, end, 3)}
