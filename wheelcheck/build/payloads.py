"""Build every payload from its origin: the Cargo workspace, a nested one with a toolchain of its own, a C source.

Every cargo runs in the folder of its workspace with an environment in which no outer cargo has left anything, so that
rustup finds the pin that lies there: a nested cargo that inherits RUSTUP_TOOLCHAIN or RUSTC ignores it in silence.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.build import cargo, compiler, environment, process, sources
from wheelcheck.build.failure import BenchError
from wheelcheck.build.process import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wheelcheck.build.mounts import PathMap
    from wheelcheck.build.process import Log
    from wheelcheck.build.settings import Settings
    from wheelcheck.build.targets import Target
    from wheelcheck.config import Payload

BPF = "bpfel-freestanding"


def build(settings: Settings, target: Target, base: Mapping[str, str], log: Log) -> dict[Payload, Path]:
    """Build every payload and return the file of each. Raises BenchError."""
    built: dict[Payload, Path] = {}
    for part in parts(settings):
        built |= cargo.build(part, target, base, log)
    built |= {payload: _compile(payload, settings, base, log) for payload in settings.release.payload if payload.source}
    return {payload: built[payload] for payload in settings.release.payload}


def adopt(settings: Settings, messages: str, places: PathMap, base: Mapping[str, str], log: Log) -> dict[Payload, Path]:
    """Return the file of each payload that cargo says it wrote elsewhere, in a container: `messages` are its words.

    Objects of C sources are compiled here. Raises BenchError for a file that is not here under its mapped path.
    """
    said = cargo.artifacts(messages)
    built = {}
    for payload in settings.release.payload:
        file = _compile(payload, settings, base, log) if payload.source else places.to_host(cargo.locate(said, payload))
        if not file.is_file():
            remedy = "pass --map CONTAINER=HOST for the folder that the container saw elsewhere"
            raise BenchError(f"payload {payload.name}", f"no file {file}", "the one cargo wrote", remedy)
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
    """Return the C files an object is compiled from. Raises BenchError where its source is no file of the project."""
    return sources.c_files(_inside(payload.source, payload, settings, Path.is_file))


def compile_command(payload: Payload, settings: Settings, base: Mapping[str, str]) -> Command:
    """Return the command that compiles a C source for the kernel's BPF machine, with the BTF that `-g` brings."""
    source = _inside(payload.source, payload, settings, Path.is_file)
    out = settings.folder / "objects" / payload.path
    words = ("cc", "-target", BPF, "-O2", "-g", *compiler.nameless(settings.project), "-c", str(source), "-o", str(out))
    env = environment.scrubbed(base, settings.keep_environment)
    return Command((sys.executable, "-m", "ziglang", *words), settings.project, env)


def _compile(payload: Payload, settings: Settings, base: Mapping[str, str], log: Log) -> Path:
    command = compile_command(payload, settings, base)
    out = Path(command.argv[-1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)  # a failed compiler leaves the old one there
    process.run(command, log)
    return out


def _workspace(payload: Payload, settings: Settings) -> Path:
    place = payload.workspace
    return _inside(place, payload, settings, Path.is_dir) if place else settings.workspace


def _inside(place: str, payload: Payload, settings: Settings, exists: Callable[[Path], bool]) -> Path:
    path = settings.project / place
    if not exists(path) or not path.resolve().is_relative_to(settings.project):
        subject, remedy = f"payload {payload.name}", "mend [[tool.wheelcheck.payload]]: an sdist must hold it"
        raise BenchError(subject, f"{place!r}", "what is there, inside the project", remedy)
    return path
