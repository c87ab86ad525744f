"""The stages of the command line that are about containers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.arch import find
from wheelcheck.build import architectures, container_wheels
from wheelcheck.build.bench import Bench
from wheelcheck.build.failure import BenchError
from wheelcheck.build.mounts import PathMap
from wheelcheck.build.settings import load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from wheelcheck.build.process import Log


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
        bench = Bench.of(options.project, row, log)
        run = container_wheels.prepare(bench, os.environ)
        yield from run.script() if options.print_config else container_wheels.build(bench, run, os.environ)


def _bench(options: argparse.Namespace, log: Log) -> Bench:
    return Bench.of(options.project, find(options.arch) if options.arch else None, log)


def _adopt(options: argparse.Namespace, log: Log) -> Iterable[object]:
    bench = _bench(options, log)
    try:
        messages = options.messages.read_text("utf-8")
    except (OSError, ValueError) as problem:
        raise BenchError(options.messages, str(problem), "cargo's messages", "write them to a file") from problem
    stage = bench.adopt(messages, PathMap.of(options.map))
    return [stage.file(file) for file in stage.record.files]
