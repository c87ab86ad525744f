"""Compare the gate with other checkers: CPU and wall seconds and peak memory on the same files, in the same run.

    python -m tools.benchmark [--rounds N] [--only GLOB …] [--limit SECONDS] [--write] [WHEEL | RELEASED-FILE-NAME …]
    python -m tools.benchmark --growth 500

Absolute seconds depend on the machine, so the table also gives wheelcheck's CPU time divided by that of the other tool
in the same round: the median of all rounds, the lowest and the highest. The tools run in turn in every round.
--write puts tables and plot into docs/benchmark.md. A tool that is not installed is listed as not measured.
"""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from tools import benchmark_page, growth
from tools.benchmark_runs import SHORT, TOOLS, Measured, Tool, measure, present
from tools.fetch import default_cache, wanted_from_filename
from wheelcheck.pypi import Wanted, fetch_all, release_files

if TYPE_CHECKING:
    from collections.abc import Iterator

# What is measured without arguments: a name, project and version, and which files of it. "*" is a whole release.
CASES = {
    "markupsafe": ("markupsafe==3.0.4", "*-cp311-cp311-manylinux*x86_64.whl"),
    "ruff": ("ruff==0.17.6", "*-manylinux*x86_64*.whl"),
    "numpy": ("numpy==2.5.5", "*-cp312-cp312-manylinux*x86_64.whl"),
    "pyarrow": ("pyarrow==26.0.1", "*-cp312-cp312-manylinux*x86_64.whl"),
    "opencv": ("opencv-python-headless==5.0.0.93", "*-cp37-abi3-manylinux*x86_64.whl"),
    "ziglang": ("ziglang==0.17.1", "*-manylinux*x86_64*.whl"),
    "cublas": ("nvidia-cublas-cu12==12.9.3.13", "*-manylinux*x86_64.whl"),
    "all of roar-cli": ("roar-cli==0.3.0", "*"),
    "all of cryptography": ("cryptography==50.0.2", "*"),
    "all of markupsafe": ("markupsafe==3.0.4", "*"),
    "all of numpy": ("numpy==2.5.5", "*"),
    "scipy's sdist": ("scipy==1.17.1", "*.tar.gz"),
    "grpcio's sdist": ("grpcio==1.85.3", "*.tar.gz"),
    "homeassistant's sdist": ("homeassistant==2026.11.0", "*.tar.gz"),
}
ONCE = frozenset({"all of cryptography", "all of numpy", "homeassistant's sdist"})  # all tools take ten minutes for one


def files_of(release: str, pattern: str) -> list[Path]:
    """Return paths of the files of a published release that fit a pattern; raises UnobtainableError as pypi does."""
    project, _, version = release.partition("==")
    return _fetched([wanted for wanted in release_files(project, version) if fnmatch(wanted.filename, pattern)])


def located(names: list[str]) -> list[Path]:
    """Return a path for every name: an existing file, otherwise a released file with that name on the index.

    Raises wheelcheck.pypi.UnobtainableError if there is neither.
    """
    here = [Path(name) for name in names if Path(name).is_file()]
    return [*here, *_fetched([wanted_from_filename(name) for name in names if not Path(name).is_file()])]


def _fetched(wanted: list[Wanted]) -> list[Path]:
    outcomes = [outcome for _, outcome in fetch_all(wanted, default_cache())]
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, Path)]


def chosen(options: argparse.Namespace) -> Iterator[tuple[str, list[Path]]]:
    """Yield name and files of each case: the named files one by one, otherwise the table's that --only selects."""
    if options.files:
        yield from ((path.name, [path]) for path in located(options.files))
        return
    for name, (release, pattern) in CASES.items():
        if any(fnmatch(name, only) for only in options.only or "*"):
            yield name, sorted(files_of(release, pattern))


def _measured(name: str, files: list[Path], tools: dict[str, Tool], options: argparse.Namespace) -> Measured:
    size = sum(path.stat().st_size for path in files)
    rounds = 1 if name in ONCE else options.rounds
    return Measured(name, len(files), size, measure(files, tools, rounds, options.limit))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.benchmark", description="Measure the gate beside other tools."
    )
    parser.add_argument("files", nargs="*", help="wheels or sdists, or names of released ones")
    parser.add_argument("--only", action="append", metavar="GLOB", help="measure only these cases")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each tool on each case (%(default)s)")
    parser.add_argument("--limit", type=int, default=600, help="CPU seconds after which a tool is ended (%(default)s)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmark.md and its plot")
    parser.add_argument("--growth", type=int, metavar="N", help="measure each rule at N and 4 N members instead")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Print the tables as Markdown, and write them into docs if that is asked for."""
    options = _parser().parse_args(arguments)
    if options.growth:
        print("| shape | rule | CPU s | CPU s of 4 times | ratio | |\n|---|---|---|---|---|---|")
        print(*growth.rows(options.growth, options.rounds), sep="\n")
        return 0
    tools, cases = present(), []
    print(benchmark_page.HEAD)
    for name, files in chosen(options):
        cases.append(_measured(name, files, tools, options))
        print(*benchmark_page.rows(cases[-1]), sep="\n", flush=True)
    absent = [name for name in TOOLS if name not in tools]
    print(*(f"Not installed, so not measured: {name}" for name in absent), sep="\n")
    if options.write:
        small = next((files for name, files in chosen(options) if name == "markupsafe"), [])
        starts = measure(small, SHORT, 5 * options.rounds, options.limit) if small else {}
        left_out = [] if options.files else [name for name in CASES if name not in {case.name for case in cases}]
        benchmark_page.write(cases, starts, (*absent, *left_out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
