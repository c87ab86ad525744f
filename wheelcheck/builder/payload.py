"""Build every payload from its origin: the Cargo workspace, a nested one with a toolchain of its own, a C source.

Every cargo runs in the folder of its workspace with an environment in which no outer cargo has left anything, so that
rustup finds the pin that lies there: a nested cargo that inherits RUSTUP_TOOLCHAIN or RUSTC ignores it in silence.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.binary import read_binary
from wheelcheck.builder import cargo, run, sources, toolchain
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wheelcheck.binary.model import Binary, Kind, Slice
    from wheelcheck.builder.containers import PathMap
    from wheelcheck.builder.run import Log
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config import Payload
    from wheelcheck.config.builder import Settings


# Judge one native file before it goes any further: it must be what it is declared to be, for this CPU, at this floor.
#
# The gate judges again, from the finished wheel; here the bench refuses to stage what could only fail there.

_SHF_EXECINSTR = 0x4
_REBUILD = "build it for this target with `wheelcheck build build`"


def require_native(subject: str, content: bytes, kind: Kind, target: Target) -> None:
    """Raise BuildError unless `content` is a whole ELF file of `kind` that `target` can load.

    An `object` is code for the kernel's own machine (EM_BPF), the same for every target.
    """
    slice_ = _whole(subject, content)
    if slice_.kind != kind:
        problem = f"it is a native {slice_.kind}, but declared as a native {kind}"
        raise BuildError(subject, problem, "fix its kind in the configuration")
    if kind == "object":
        _require_bpf(subject, slice_, content)
    else:
        _require_target(subject, slice_, target)


def require_loadable(subject: str, binary: Binary, target: Target) -> None:
    """Raise BuildError unless a native file that a backend put into a wheel can be loaded on `target`."""
    for slice_ in binary.slices:
        _require_target(subject, slice_, target)


def _whole(subject: str, content: bytes) -> Slice:
    binary = read_binary("", Bytes(content))
    if binary is None:
        raise BuildError(subject, f"its {len(content)} bytes are not native code", _REBUILD)
    if binary.damage or binary.format != "ELF" or len(binary.slices) != 1:
        damage = "; ".join(damage.why for damage in binary.damage) or f"a {binary.format} file"
        raise BuildError(subject, f"it is not a complete ELF file: {damage}", _REBUILD)
    return binary.slices[0]


def _require_bpf(subject: str, slice_: Slice, content: bytes) -> None:
    """Every CPU of the table that has BPF in its kernel and a wheel tag that Python packages use is little-endian."""
    if slice_.machine != "EM_BPF" or not slice_.little_endian:
        machine = f"{slice_.machine}, {'little' if slice_.little_endian else 'big'}-endian"
        raise BuildError(subject, f"it is code for {machine}, not for EM_BPF, little-endian", "compile it for bpfel")
    if not _holds_code(content):
        raise BuildError(subject, "the object contains no code", "check that its source defines a program")


def _holds_code(content: bytes) -> bool:
    """Return whether any section of a whole 64-bit little-endian ELF file is executable and not empty."""
    (start,), (size, count) = struct.unpack_from("<Q", content, 0x28), struct.unpack_from("<2H", content, 0x3A)
    headers = (struct.unpack_from("<IIQQQQ", content, start + at * size) for at in range(count))
    return any(flags & _SHF_EXECINSTR and length for _, _, flags, _, _, length in headers)


def _require_target(subject: str, slice_: Slice, target: Target) -> None:
    if target.arch.name not in slice_.arches or not slice_.abi_accepted:
        machine = "/".join(slice_.arches) or slice_.machine
        raise BuildError(subject, f"it is code for {machine}, not for {target.arch.name}", _REBUILD)
    need = slice_.glibc_need
    if need and need.glibc > target.floor:
        needed, floor = (".".join(map(str, version)) for version in (need.glibc, target.floor))
        raise BuildError(subject, f"it needs glibc {needed}, above the floor {floor}", _REBUILD)


BPF = "bpfel-freestanding"


def build(settings: Settings, target: Target, base: Mapping[str, str], log: Log) -> dict[Payload, Path]:
    """Build every payload and return the file of each. Raises BuildError."""
    built: dict[Payload, Path] = {}
    for part in parts(settings):
        built |= cargo.build(part, target, base, log)
    built |= {payload: _compile(payload, settings, base, log) for payload in settings.release.payload if payload.source}
    return {payload: built[payload] for payload in settings.release.payload}


def adopt(settings: Settings, messages: str, places: PathMap, base: Mapping[str, str], log: Log) -> dict[Payload, Path]:
    """Return the file of each payload that cargo says it wrote elsewhere, in a container: `messages` are its words.

    Objects of C sources are compiled here. Raises BuildError for a file that is not here under its mapped path.
    """
    said = cargo.artifacts(messages)
    built = {}
    for payload in settings.release.payload:
        file = _compile(payload, settings, base, log) if payload.source else places.to_host(cargo.locate(said, payload))
        if not file.is_file():
            fix = "pass --map CONTAINER=HOST if the container saw that folder under another name"
            raise BuildError(f"payload {payload.name}", f"cargo wrote {file}, which does not exist here", fix)
        built[payload] = file
    return built


def parts(settings: Settings) -> Iterator[Settings]:
    """Return the project once for each cargo to run: the payload of one workspace for one target, nothing else."""

    def run_of(payload: Payload) -> tuple[str, str]:
        return payload.workspace, payload.target

    rust = sorted((payload for payload in settings.release.payload if not payload.source), key=run_of)
    for _, members in groupby(rust, run_of):
        payload = tuple(members)
        yield replace(
            settings, workspace=_workspace(payload[0], settings), release=replace(settings.release, payload=payload)
        )


def more_sources(settings: Settings) -> tuple[Path, ...]:
    """Return the files that payload is made from outside the main workspace."""
    nested = [folder for folder in settings.workspaces if folder != settings.workspace]
    rust = [folder / file for folder in nested for file in sources.files(folder)]
    c = [file for payload in settings.release.payload if payload.source for file in c_sources(payload, settings)]
    return tuple(sorted({*rust, *c}))


def c_sources(payload: Payload, settings: Settings) -> tuple[Path, ...]:
    """Return the C files an object is compiled from. Raises BuildError where its source is no file of the project."""
    return sources.c_files(_inside(payload.source, payload, settings, Path.is_file))


def compile_command(payload: Payload, settings: Settings, base: Mapping[str, str]) -> Command:
    """Return the command that compiles a C source for the kernel's BPF machine, with the BTF that `-g` brings."""
    source = _inside(payload.source, payload, settings, Path.is_file)
    out = settings.folder / "objects" / payload.path
    words = (
        "cc",
        "-target",
        BPF,
        "-O2",
        "-g",
        *toolchain.nameless(settings.project),
        "-c",
        str(source),
        "-o",
        str(out),
    )
    env = run.scrubbed(base, settings.keep_environment)
    return Command((sys.executable, "-m", "ziglang", *words), settings.project, env)


def _compile(payload: Payload, settings: Settings, base: Mapping[str, str], log: Log) -> Path:
    command = compile_command(payload, settings, base)
    out = Path(command.argv[-1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)  # a failed compiler leaves the old one there
    run.run(command, log)
    return out


def _workspace(payload: Payload, settings: Settings) -> Path:
    place = payload.workspace
    return _inside(place, payload, settings, Path.is_dir) if place else settings.workspace


def _inside(place: str, payload: Payload, settings: Settings, exists: Callable[[Path], bool]) -> Path:
    path = settings.project / place
    if not exists(path) or not path.resolve().is_relative_to(settings.project):
        problem = f"{place!r} does not exist inside the project, so an sdist cannot hold it"
        raise BuildError(f"payload {payload.name}", problem, "fix [[tool.wheelcheck.payload]]")
    return path
