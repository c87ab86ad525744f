"""Builds every payload from its source: a Cargo workspace, another one with its own toolchain, a C file, a command.

Every cargo runs in the folder of its workspace, in an environment without the variables of an outer cargo, so that
rustup uses the toolchain pinned in that folder. A nested cargo that inherits RUSTUP_TOOLCHAIN or RUSTC silently ignores
the pin.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from wheelcheck.builder import build_scripts, cargo, commands, compilers, run, sources
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.records import dataclass, replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wheelcheck.builder.cargo import Artifact, CargoRun, PathMap
    from wheelcheck.builder.run import Log
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config import Payload
    from wheelcheck.config.builder import Settings

BPF = "bpfel-freestanding"
_READS_ANYTHING = frozenset({"custom-build", "proc-macro"})  # cargo's names for code that runs during a build


@dataclass(frozen=True, slots=True)
class Built:
    """The payload after building it: its files, the folders whose sources matter, and the files that were read."""

    files: dict[Payload, Path]
    folders: frozenset[Path] = frozenset()
    read: frozenset[Path] = frozenset()

    def __or__(self, other: Built) -> Built:
        return Built(self.files | other.files, self.folders | other.folders, self.read | other.read)


@dataclass(frozen=True, slots=True)
class ContainerBuild:
    """The JSON messages of a cargo that ran in a container, and the folders of this machine that it saw."""

    messages: str
    places: PathMap


def build(settings: Settings, target: Target, base: Mapping[str, str], log: Log) -> Built:
    """Build every payload. Raises BuildError."""
    built, scripts = Built({}), list[build_scripts.Script]()
    for cargo_run in cargo.runs(settings, target):
        messages = cargo.build(cargo_run, settings, target, base, log)
        built |= _found(cargo.artifacts(messages), cargo_run, settings)
        scripts += build_scripts.executed(messages)
    _require_scripts(scripts, settings, target)
    return _in_order(built | _others(settings, target, base, log), settings)


def adopt(settings: Settings, target: Target, done: ContainerBuild, base: Mapping[str, str], log: Log) -> Built:
    """Return what cargo reports to have built in a container. What cargo does not build is built here.

    Raises BuildError for a file that does not exist here under its mapped path.
    """
    places = done.places
    artifacts = tuple(artifact.moved(places.to_host) for artifact in cargo.artifacts(done.messages))
    built = Built({})
    for cargo_run in cargo.runs(settings, target):
        _require_here(cargo.locate(artifacts, payload) for payload in cargo_run.payload)
        built |= _found(artifacts, cargo_run, settings, places.to_host)
    _require_here(sorted(file for file in built.read if file.suffix == ".rs"))
    _require_scripts(build_scripts.executed(done.messages, places.to_host), settings, target)
    return _in_order(built | _others(settings, target, base, log), settings)


def recipe(settings: Settings, target: Target) -> tuple[str, ...]:
    """Return what is to be built, one line per run of cargo, payload and variable, without folders of this machine."""
    payload = map(_recipe, settings.release.payload)
    variables = (f"{name}={value}" for name, value in settings.environment)
    outputs = (f"output {one.kind} {one.path} of {one.package}" for one in settings.outputs)
    return (target.zigbuild, *map(str, cargo.runs(settings, target)), *payload, *outputs, *variables)


def _recipe(payload: Payload) -> str:
    words = (shlex.join(payload.command), *(f"{name}={value}" for name, value in payload.environment))
    origin = "the backend" if payload.from_backend else payload.package or payload.source or " ".join(words)
    place = payload.workspace or payload.target or payload.directory or "-"
    return f"{payload.kind} {payload.path}: {payload.name} of {origin}, {place}"


def c_sources(settings: Settings) -> tuple[Path, ...]:
    """Return the C sources of objects and the C files and headers beside them, which an sdist must hold.

    Raises BuildError if a source is not a file of the project.
    """
    beside = (_source(payload, settings).parent.iterdir() for payload in settings.release.payload if payload.source)
    return tuple(sorted({file for files in beside for file in files if file.suffix in {".c", ".h"}}))


def compile_command(payload: Payload, settings: Settings, base: Mapping[str, str]) -> Command:
    """Return the command that compiles a C source for BPF; `-g` adds type information (BTF).

    `-MMD` makes the compiler list the files of the project that it read.
    """
    out = settings.folder / "objects" / payload.path
    rule = ("-MMD", "-MF", str(out.with_suffix(".d")))
    files = ("-c", str(_source(payload, settings)), "-o", str(out))
    words = ("cc", "-target", BPF, "-O2", "-g", *compilers.prefix_maps(settings.project), *rule, *files)
    env = run.scrubbed(base, settings.keep_environment)
    return Command((sys.executable, "-m", "ziglang", *words), settings.project, env)


def _found(
    artifacts: tuple[Artifact, ...],
    cargo_run: CargoRun,
    settings: Settings,
    here: Callable[[Path], Path] = lambda path: path,
) -> Built:
    """Find the payload of one run among what cargo built, and the sources it was built from."""
    files = {payload: cargo.locate(artifacts, payload) for payload in cargo_run.payload}
    local = [one for one in artifacts if one.manifest and one.local]
    folders = {cargo_run.workspace, *(one.manifest.parent for one in local if one.manifest)}
    if any(_READS_ANYTHING.intersection(one.kinds) for one in local):
        folders.add(settings.project)
    read = {here(file) for payload_file in files.values() for file in cargo.dep_info(payload_file)}
    return Built(files, frozenset(folders), frozenset(read))


def _require_scripts(scripts: Sequence[build_scripts.Script], settings: Settings, target: Target) -> None:
    build_scripts.require_success(scripts, settings)
    build_scripts.require_outputs(scripts, settings, target)


def _require_here(files: Iterable[Path]) -> None:
    for file in files:
        if not file.is_file():
            fix = "pass --map CONTAINER=HOST if the container saw that folder under another name"
            raise BuildError("adopt", f"cargo used {file}, which does not exist here", fix)


def _in_order(built: Built, settings: Settings) -> Built:
    ours = (payload for payload in settings.release.payload if not payload.from_backend)
    return replace(built, files={payload: built.files[payload] for payload in ours})


def _others(settings: Settings, target: Target, base: Mapping[str, str], log: Log) -> Built:
    """Build what cargo does not build: objects from C, and what commands of the project make."""
    built = Built({})
    for payload in settings.release.payload:
        if payload.source:
            file = _compile(payload, settings, base, log)
            read = cargo.dep_info(file, settings.project)
            built |= Built({payload: file}, frozenset({_source(payload, settings).parent}), frozenset(read))
        elif payload.command:
            file = commands.build(payload, settings, target, base, log)
            named = commands.named_files(payload, settings, target)
            built |= Built({payload: file}, frozenset({settings.project}), named)
    return built


def _compile(payload: Payload, settings: Settings, base: Mapping[str, str], log: Log) -> Path:
    command = compile_command(payload, settings, base)
    out = Path(command.argv[-1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)  # a compiler that fails would leave the old one there
    run.run(command, log)
    return out


def _source(payload: Payload, settings: Settings) -> Path:
    return sources.require_inside(settings.project, payload.source, payload.name, Path.is_file)
