"""`wheelcheck check`: read artifacts, judge them, report."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck import report as reports
from wheelcheck.cli import fixing
from wheelcheck.cli.exit_codes import FAIL, PASS, UNVERIFIED, discard_output, reader_may_leave, say
from wheelcheck.cli.options import add_config
from wheelcheck.credentials import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.config import Config
    from wheelcheck.engine import Report, Run

_EXIT = {"pass": PASS, "fail": FAIL, "unverified": UNVERIFIED}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    formats = ", ".join(reports.FORMATS)
    parser.add_argument(
        "paths", nargs="+", type=_path, metavar="PATH", help="a wheel, an sdist, a folder, or pypi:NAME==VERSION"
    )
    parser.add_argument(
        "--index-url", default="", metavar="URL", help="the simple index that pypi: asks (default: $PIP_INDEX_URL)"
    )
    add_config(parser).add_argument("--no-config", action="store_true", help="use no configuration")
    parser.add_argument("--architecture", metavar="CPU", help="expect the wheels of one CPU only, as built on one host")
    parser.add_argument("--format", choices=reports.FORMATS, help="the report on standard output (default: text)")
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        type=_output,
        metavar="FORMAT=FILE",
        help=f"also write a report, any number of times: {formats}; - is standard output",
    )
    parser.add_argument("--each", action="store_true", help="check single artifacts: no file is missed, none is extra")
    parser.add_argument("--strict", action="store_true", help="make an error of every warning")
    parser.add_argument(
        "--if-present", action="store_true", help="leave out paths where nothing is; pass if that is all of them"
    )
    loudness = parser.add_mutually_exclusive_group()
    quiet, verbose = "print errors and the verdict only", "also print floors, large files and what no rule judged"
    loudness.add_argument("-q", "--quiet", dest="verbosity", action="store_const", const=-1, default=0, help=quiet)
    loudness.add_argument("-v", "--verbose", dest="verbosity", action="store_const", const=1, help=verbose)
    fixing.add_arguments(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    """Return the exit code of a run; a report that cannot be written turns a pass into "could not verify"."""
    file = _configuration(arguments)
    config = _config(arguments, file)
    outputs = _outputs(arguments)
    if arguments.if_present and not _leave_out_absent(arguments):
        return PASS
    report, problems = _judged(arguments, config, is_text=_printed(outputs) == "text")
    report = replace(report, run=_told(arguments.words, file))
    problems += _print(report, outputs, verbosity=arguments.verbosity)
    problems += reports.write(report, outputs)
    if _on_github() or any(output.format == "github" for output in outputs):
        problems += reports.append_step_summary(report, os.environ)
    say(*problems)
    return UNVERIFIED if problems and report.verdict == "pass" else _EXIT[report.verdict]


def _leave_out_absent(arguments: argparse.Namespace) -> bool:
    """Keep only the paths where something is; if that is none, say so and return False."""
    from wheelcheck import inputs  # noqa: PLC0415  # slow to import; the arguments are checked first

    absent = [path for path in arguments.paths if not inputs.is_present(path)]
    arguments.paths = [path for path in arguments.paths if path not in absent]
    if not arguments.paths:
        say(f"nothing to check in {', '.join(absent)}; that passes because of --if-present")
    return bool(arguments.paths)


def _judged(arguments: argparse.Namespace, config: Config, *, is_text: bool) -> tuple[Report, list[str]]:
    """Return the report, with `--fix` that of the repaired release, and a sentence for each wheel not written."""
    from wheelcheck import inputs  # noqa: PLC0415  # slow to import; the arguments are checked first

    paths = inputs.resolve(arguments.paths, arguments.index_url)
    report = _examine(paths, config)
    if not (arguments.fix or arguments.fix_diff):
        return report, []
    repair = fixing.repair(arguments, report, paths, is_text=is_text)
    return _examine(paths, config, repair.instead) if repair.instead else report, repair.problems


def _examine(paths: list[Path], config: Config, instead: Mapping[Path, Path] | None = None) -> Report:
    from rich.console import Console  # noqa: PLC0415  # slow to import; the arguments are checked first

    from wheelcheck.cli import progress_bar  # noqa: PLC0415
    from wheelcheck.engine import examine  # noqa: PLC0415

    with progress_bar.shown(Console(stderr=True)) as progress:
        return examine(paths, config, progress, instead)


def _configuration(arguments: argparse.Namespace) -> Path | None:
    """Return the configuration file that holds, None if there is none."""
    from wheelcheck.config.discovery import discover  # noqa: PLC0415

    if arguments.config is not None:
        return Path(arguments.config)
    return None if arguments.no_config else discover(Path(), arguments.paths)


def _config(arguments: argparse.Namespace, file: Path | None) -> Config:
    from wheelcheck.config import Config, load  # noqa: PLC0415

    config = load(file, required=arguments.config is not None) if file else Config()
    config = replace(config, strict=config.strict or arguments.strict, each=arguments.each)
    if arguments.architecture and not config.wheels:
        say("--architecture has no effect: the configuration names no wheels that the release must contain")
    return config.for_architecture(arguments.architecture) if arguments.architecture else config


def _told(words: list[str], file: Path | None) -> Run:
    """Return what reports say of this run; no password of an address is in it."""
    from wheelcheck.config.discovery import shown  # noqa: PLC0415
    from wheelcheck.engine import Run  # noqa: PLC0415

    command = shlex.join(["wheelcheck", *map(without_credentials, words)])
    date = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Run(shown(file, Path()) if file else "", command, date)


def _outputs(arguments: argparse.Namespace) -> list[reports.Output]:
    """Return every report to write; standard output gets text if nothing else goes there. Raises ConfigError."""
    from wheelcheck.config import ConfigError  # noqa: PLC0415

    outputs = list(arguments.report)
    if arguments.format or all(output.file != reports.STDOUT for output in outputs):
        outputs.append(reports.Output(arguments.format or "text", reports.STDOUT))
    if problem := reports.check(outputs):
        raise ConfigError(problem)
    return outputs


def _printed(outputs: list[reports.Output]) -> str:
    """Return the format of the report on standard output."""
    return next(output.format for output in outputs if output.file == reports.STDOUT)


def _print(report: Report, outputs: list[reports.Output], *, verbosity: int) -> list[str]:
    """Print the report that goes to standard output; return a sentence for each that could not be printed."""
    form = _printed(outputs)
    annotated = form == "text" and _on_github() and all(output.format != "github" for output in outputs)
    problems: list[str] = []
    with reader_may_leave():
        for wanted in (form, "github") if annotated else (form,):
            problems += reports.show(report, wanted, sys.stdout, verbosity=verbosity)
        if problems:
            discard_output()  # what a full disk did not take must not fail once more at exit
    return problems


def _on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _path(value: str) -> str:
    """Refuse the empty path, which would mean the current folder: a variable that was never set."""
    if not value:
        raise argparse.ArgumentTypeError("found an empty path, expected a file or a folder")
    return value


def _output(value: str) -> reports.Output:
    try:
        return reports.parse(value)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem
