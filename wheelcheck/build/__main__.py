"""`python -m wheelcheck.build STAGE --project PATH [--arch NAME]`: a stage of the bench from a session or by hand.

Exit status 0, 1 where a stage failed, 2 where the configuration or the call is wrong. Results go to standard output,
everything that was run and said to standard error.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.arch import UnknownArchitectureError, find
from wheelcheck.build.bench import Bench
from wheelcheck.build.failure import BenchError
from wheelcheck.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def _build(bench: Bench) -> Iterable[object]:
    stage = bench.build()
    return [stage.file(file) for file in stage.record.files]


def _smoke(bench: Bench) -> Iterable[object]:
    return [f"smoke run passed: {len(bench.smoke())} trials"]


def _all(bench: Bench) -> Iterable[object]:
    for name in ("build", "sdist", "wheels", "smoke"):
        yield from STAGES[name](bench)


STAGES: dict[str, Callable[[Bench], Iterable[object]]] = {
    "build": _build,
    "sdist": lambda bench: [bench.sdist()],
    "wheels": Bench.wheels,
    "smoke": _smoke,
    "all": _all,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one stage and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        bench = Bench.of(options.project, find(options.arch) if options.arch else None, _log)
        for result in STAGES[options.stage](bench):
            print(result)  # noqa: T201  (the output of a command)
    except BenchError as problem:
        _log(f"error: {problem}")
        return 1
    except (ConfigError, UnknownArchitectureError) as problem:
        _log(f"error: {problem}")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m wheelcheck.build", description="Build a project's binaries and wheels.")
    parser.add_argument("stage", choices=STAGES, help="what to do; `all` is every stage in turn")
    parser.add_argument("--project", type=Path, default=Path(), help="folder of its pyproject.toml (default: here)")
    parser.add_argument("--arch", help="CPU to build for (default: this machine's)")
    return parser


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201  (the output of a command)


if __name__ == "__main__":
    sys.exit(main())
