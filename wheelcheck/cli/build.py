"""`python -m wheelcheck build STAGE --project PATH [--arch NAME]`: a stage of the bench from a session or by hand.

Exit status 0, 1 where a stage failed, 2 where the configuration or the call is wrong. Results go to standard output,
everything that was run and said to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.builder import architectures, containers, handover, rebuild, smoke
from wheelcheck.builder.containers import PathMap
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import host
from wheelcheck.config import ConfigError
from wheelcheck.config.builder import load
from wheelcheck.platforms.arch import UnknownArchitectureError, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wheelcheck.builder.run import Log


# The stages of the command line that are about containers.


def add(stages: argparse._SubParsersAction[argparse.ArgumentParser], log: Log) -> None:
    """Give the command line its stages about containers."""
    adopt = stages.add_parser("adopt", help="stage what a cargo in a container built, by its JSON messages")
    adopt.add_argument("messages", type=Path, help="what `cargo zigbuild --message-format=json` wrote there")
    adopt.add_argument(
        "--map", action="append", default=[], metavar="CONTAINER=HOST", help="where a folder it saw is here"
    )
    _add_common(adopt)
    adopt.set_defaults(run=lambda options: _adopt(options, log))
    _add_cibuildwheel(stages, log)


def _add_cibuildwheel(stages: argparse._SubParsersAction[argparse.ArgumentParser], log: Log) -> None:
    stage = stages.add_parser("cibuildwheel", help="build a wheel for each interpreter in containers, from the stage")
    stage.add_argument("--print-config", action="store_true", help="prepare everything and print how to run it")
    _add_common(stage)
    stage.set_defaults(run=lambda options: _cibuildwheel(options, log))


def _add_common(stage: argparse.ArgumentParser) -> None:
    stage.add_argument("--project", type=Path, default=Path(), help="folder of its pyproject.toml (default: here)")
    stage.add_argument("--arch", default="", help="CPU, for cibuildwheel also `all` (default: this machine's)")


def _cibuildwheel(options: argparse.Namespace, log: Log) -> Iterator[object]:
    configured = load(options.project).release.architectures if options.arch == architectures.ALL else ()
    for row in architectures.chosen(options.arch, configured):
        bench = Build.of(options.project, row, log)
        run = containers.prepare(bench, os.environ)
        yield from run.script() if options.print_config else containers.build(bench, run, os.environ)


def _bench(options: argparse.Namespace, log: Log) -> Build:
    return Build.of(options.project, find(options.arch) if options.arch else None, log)


def _adopt(options: argparse.Namespace, log: Log) -> Iterable[object]:
    bench = _bench(options, log)
    try:
        messages = options.messages.read_text("utf-8")
    except (OSError, ValueError) as problem:
        fix = "write cargo's messages to a file"
        raise BuildError(options.messages, f"it cannot be read ({problem})", fix) from problem
    stage = bench.adopt(messages, PathMap.of(options.map))
    return [stage.file(file) for file in stage.record.files]


def _build(bench: Build) -> Iterable[object]:
    stage = bench.build()
    return [stage.file(file) for file in stage.record.files]


def _check(bench: Build) -> Iterable[object]:
    record = bench.staged().record
    return [f"fresh: {len(record.files)} files for {record.target} from sources {record.source[:12]}"]


def _reproduce(bench: Build) -> Iterable[object]:
    return [f"reproduced: {name}" for name in rebuild.reproduce(bench)]


def _smoke(benches: Sequence[Build]) -> Iterable[object]:
    """Try every CPU's wheels. Emulation may be missing on a machine of one's own; what this CPU runs may not."""
    tried = {bench: bench.trials() for bench in benches}
    for bench, results in tried.items():
        alone = len(benches) == 1 or bench.target.arch == host()
        smoke.require_executed(results, required=alone or architectures.in_ci(os.environ))
    together = [result for found in tried.values() for result in found]
    smoke.require_executed(together)
    return [f"smoke test: {smoke.summary(together)}"]


def _run(name: str, benches: Sequence[Build]) -> Iterator[object]:
    if name == "all":
        for step in ("build", "sdist", "wheels", "smoke"):
            yield from _run(step, benches)
    elif name == "smoke":
        yield from _smoke(benches)
    else:  # an sdist is the same whatever the CPU
        for bench in benches[:1] if name == "sdist" else benches:
            yield from STAGES[name](bench)


STAGES: dict[str, Callable[[Build], Iterable[object]]] = {
    "build": _build,
    "check": _check,
    "sdist": lambda bench: [bench.sdist()],
    "wheels": Build.wheels,
    "roundtrip": rebuild.roundtrip,
    "facts": lambda bench: rebuild.roundtrip(bench, exact=False),
    "reproduce": _reproduce,
}
_VARIANTS = {
    "build": ("--check", "check", "build nothing: 0 where the stage is fresh, else 1"),
    "roundtrip": ("--facts-only", "facts", "take other bytes, for a project that is not reproducible"),
}
_HELP = {
    "build": "compile and stage the payload; --check only says whether the stage is that of the sources",
    "check": "the same as build --check",
    "sdist": "build the sdist from a clean copy of the sources",
    "wheels": "build the wheels from the sdist and the stage",
    "smoke": "install the wheels outside the checkout and run them",
    "roundtrip": "build the wheels again from the sdist alone and compare the payload",
    "reproduce": "build everything twice in different folders and name the first difference",
    "all": "build, sdist, wheels and smoke in turn",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one stage and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        for result in options.run(options):
            print(result)
    except BuildError as problem:
        _log(f"error: {problem}")
        return 1
    except (ConfigError, UnknownArchitectureError) as problem:
        _log(f"error: {problem}")
        return 2
    return 0


def _stage(options: argparse.Namespace) -> Iterable[object]:
    if options.allow_missing:
        architectures.require_opt_out_is_local(os.environ)
    name = options.variant or options.stage
    return _run(name, _benches(options, compiles=name in ("build", "all", "reproduce", "roundtrip", "facts")))


def _benches(options: argparse.Namespace, *, compiles: bool) -> list[Build]:
    configured = load(options.project).release.architectures if options.arch == architectures.ALL else ()
    rows = architectures.chosen(options.arch, configured)
    benches = {bench.target: bench for bench in (Build.of(options.project, row, _log) for row in rows)}
    if options.arch != architectures.ALL or not (compiles or options.allow_missing):
        return list(benches.values())
    settings, allowed = load(options.project), options.allow_missing
    targets = architectures.buildable(settings, benches, os.environ, _log, allow_missing=allowed)
    return [benches[target] for target in targets]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("wheelcheck build", description="Build a project's binaries and wheels.")
    stages = parser.add_subparsers(required=True, metavar="STAGE", dest="stage")
    for name, summary in _HELP.items():
        stage = stages.add_parser(name, help=summary)
        stage.add_argument("--project", type=Path, default=Path(), help="folder of its pyproject.toml (default: here)")
        stage.add_argument("--arch", default="", help="CPU, or `all` of the configuration (default: this machine's)")
        stage.add_argument("--allow-missing", action="store_true", help="pass over a CPU that lacks Rust's std here")
        stage.set_defaults(run=_stage, variant="")
        if name in _VARIANTS:
            option, variant, told = _VARIANTS[name]
            stage.add_argument(option, action="store_const", const=variant, dest="variant", help=told)
    add(stages, _log)
    _add_transport(stages)
    return parser


def _add_transport(stages: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    pack = stages.add_parser("pack", help="put what is to be handed over into one file: dist/ and the stages' records")
    pack.add_argument("--project", type=Path, default=Path(), help="folder of its pyproject.toml (default: here)")
    pack.add_argument("parcel", type=Path, help="the file to write, a tar")
    pack.add_argument("patterns", nargs="*", help="what to pack, below the project")
    pack.set_defaults(run=lambda options: handover.pack(options.project, options.parcel, *options.patterns))
    unpack = stages.add_parser("unpack", help="take parcels apart: every hash and mode as packed, nothing more or less")
    unpack.add_argument("--project", type=Path, default=Path(), help="where to unpack (default: here)")
    unpack.add_argument("parcels", type=Path, nargs="+", help="parcels, or folders of them")
    unpack.set_defaults(run=lambda options: handover.unpack(options.project, *options.parcels))
    match = stages.add_parser(
        "match", help="hold every wheel in dist/ against the record of the stage it was made from"
    )
    match.add_argument("--project", type=Path, default=Path(), help="folder of its pyproject.toml (default: here)")
    match.set_defaults(run=lambda options: handover.match(options.project, os.environ))


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
