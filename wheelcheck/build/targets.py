"""What is built for: a CPU and the one glibc floor that drives zig's suffix, the platform tag and the gate."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from wheelcheck.arch import Arch, Glibc, find
from wheelcheck.build.failure import BenchError
from wheelcheck.policy import LEGACY_MANYLINUX

_ABILISTS = "lib/libc/glibc/abilists"


@dataclass(frozen=True, slots=True)
class Target:
    """A CPU at a glibc floor. Made by `choose`, which validates the floor."""

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
        """The compressed platform tag of PEP 600, with the older name of the same promise where there is one."""
        tag = self.arch.manylinux_tag(self.floor)
        older = [f"{old}_{self.arch.name}" for old, new in LEGACY_MANYLINUX.items() if f"{new}_{self.arch.name}" == tag]
        return ".".join([tag, *older])


def host() -> Arch:
    """Return the CPU this process runs on. Raises UnknownArchitectureError."""
    return find(platform.machine())


def choose(row: Arch, floor: Glibc) -> Target:
    """Return the target, its floor held against both bounds.

    zig takes `.2.99` without a word and links against its newest glibc, and fails on `.2.5` leaving an old binary in
    place, so neither bound is left to it. Raises BenchError.
    """
    newest = newest_glibc()
    if not row.lowest_glibc <= floor <= newest:
        low, high = (f"{major}.{minor}" for major, minor in (row.lowest_glibc, newest))
        expected = f"{low} to {high} (the oldest {row.name} supports, the newest the installed zig knows)"
        found = f"the floor {floor[0]}.{floor[1]}"
        raise BenchError("tool.wheelcheck.glibc", found, expected, f'write glibc = "{low}" or a later one')
    return Target(row, floor)


def newest_glibc() -> Glibc:
    """Return the newest glibc the installed zig has symbol lists of. Raises BenchError where ziglang is missing."""
    return max(_versions((zig_folder() / _ABILISTS).read_bytes()))


def zig_folder() -> Path:
    """Return where the zig of this interpreter lies. Raises BenchError where ziglang is missing."""
    spec = find_spec("ziglang")
    if spec is None or not spec.submodule_search_locations:
        raise BenchError("zig", "no Python package ziglang", "the one of this interpreter", "install wheelcheck[build]")
    return Path(spec.submodule_search_locations[0])


def _versions(abilists: bytes) -> set[Glibc]:
    """Read the versions of zig's abilists: a count and NUL-ended library names, a count and 3-byte versions."""
    start = 1
    for _ in range(abilists[0]):
        start = abilists.index(0, start) + 1
    end = start + 1 + 3 * abilists[start]
    return {(abilists[at], abilists[at + 1]) for at in range(start + 1, end, 3)}
