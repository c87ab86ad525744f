"""The target of a build (a CPU at a glibc floor), zig, and the C compiler for a PEP 517 backend.

The floor of a target decides zig's suffix, the platform tag and what the gate checks. Backends call compilers by name
and add this machine's folders; the compiler scripts written here drop those, so that an extension module is built with
neither the host's headers nor its newer C library.
"""

from __future__ import annotations

import platform
import shlex
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from wheelcheck.builder.run import BuildError
from wheelcheck.platforms.arch import Arch, Glibc, find
from wheelcheck.platforms.tags import LEGACY_MANYLINUX

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
        """The compressed platform tag of PEP 600, with its older alias (manylinux2014) if there is one."""
        tag = self.arch.manylinux_tag(self.floor)
        older = [f"{old}_{self.arch.name}" for old, new in LEGACY_MANYLINUX.items() if f"{new}_{self.arch.name}" == tag]
        return ".".join([tag, *older])


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


# What a build adds for the machine it runs on is left out, and so is a target of its own if that is Linux: cc-rs and
# CMake know it only without the floor. A target that is not Linux, such as bpf, is somebody's intention and stays.
_SCRIPT = """\
#!/bin/sh
before=
for word do
  shift
  case $before$word in
    -target*-linux* | --target=*-linux* | --target*-linux*) before=; continue ;;
    -target | --target) before=$word; continue ;;
    -I/usr/include | -L/usr/lib* | -L/lib* | -march=native | -mtune=native | -specs=*) continue ;;
  esac
  [ -z "$before" ] || set -- "$@" -target
  before=
  set -- "$@" "$word"
done
exec {program} "$@"
"""
_HEADERS = Path("/usr/include")
_PROGRAMS = {"cc": "cc -target {zig}{flags}", "c++": "c++ -target {zig}{flags}", "ar": "ar", "ranlib": "ranlib"}


def install(folder: Path, target: Target, sources: Path | None = None) -> dict[str, str]:
    """Write the compiler scripts for `target` into `folder` and return the variables that name them.

    `sources` is the folder that is kept out of debug information, by default the one that contains `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    flags = f" {shlex.join(prefix_maps(sources or folder.parent))}{_python_headers(folder)}"
    for name, words in _PROGRAMS.items():
        program = f"{shlex.quote(sys.executable)} -m ziglang {words.format(zig=target.zig, flags=flags)}"
        script = folder / name
        script.write_text(_SCRIPT.format(program=program))
        script.chmod(0o755)
    return variables(folder)


def prefix_maps(sources: Path) -> tuple[str, ...]:
    """Return the flags that keep the folders of the sources, of Python and of zig out of debug information."""
    folders = {sources: "/source", Path(sys.base_prefix): "/python", zig_folder(): "/zig"}
    return tuple(f"-ffile-prefix-map={folder}={name}" for folder, name in folders.items())


def variables(folder: Path) -> dict[str, str]:
    """Return the variables by which setuptools, meson, CMake and cc-rs find a compiler."""
    cc, cxx, ar, ranlib = (str(folder / name) for name in _PROGRAMS)
    linkers = {"LDSHARED": f"{cc} -shared", "LDCXXSHARED": f"{cxx} -shared"}
    return {"CC": cc, "CXX": cxx, "AR": ar, "RANLIB": ranlib, **linkers}


def _python_headers(folder: Path) -> str:
    """Return the flag by which Debian's pyconfig.h finds the file it includes, and nothing else below /usr/include."""
    triplet = sysconfig.get_config_var("MULTIARCH") or ""
    headers = Path(sysconfig.get_path("include"))
    half = headers.parent / triplet / headers.name
    if not triplet or headers.parent != _HEADERS or not half.is_dir():
        return ""
    link = folder / "include" / triplet / headers.name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(half)
    return f" -isystem {shlex.quote(str(folder / 'include'))}"
