"""The stages of the command line that are about containers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.arch import find
from wheelcheck.build.bench import Bench
from wheelcheck.build.failure import BenchError
from wheelcheck.build.mounts import PathMap

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

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


def _add_common(stage: argparse.ArgumentParser) -> None:
    stage.add_argument("--project", type=Path, default=Path(), help="folder of its pyproject.toml (default: here)")
    stage.add_argument("--arch", default="", help="CPU (default: this machine's)")


def _adopt(options: argparse.Namespace, log: Log) -> Iterable[object]:
    bench = Bench.of(options.project, find(options.arch) if options.arch else None, log)
    try:
        messages = options.messages.read_text("utf-8")
    except (OSError, ValueError) as problem:
        raise BenchError(options.messages, str(problem), "cargo's messages", "write them to a file") from problem
    stage = bench.adopt(messages, PathMap.of(options.map))
    return [stage.file(file) for file in stage.record.files]
