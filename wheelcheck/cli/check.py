"""`wheelcheck check`: read artifacts, judge them, report."""

from __future__ import annotations

import os
import shlex
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from wheelcheck import report as reports
from wheelcheck.cli import check_arguments, fixing, lock_files
from wheelcheck.cli.exit_codes import FAIL, PASS, UNVERIFIED, discard_output, reader_may_leave, say
from wheelcheck.credentials import without_credentials
from wheelcheck.records import replace
from wheelcheck.report.wording import statistics
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from wheelcheck.config import Config
    from wheelcheck.engine import JudgeAll
    from wheelcheck.results import Report, Run

_COLORS = {"always": {"FORCE_COLOR": "1"}, "never": {"NO_COLOR": "1"}}
_EXIT = {"pass": PASS, "fail": FAIL, "unverified": UNVERIFIED}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    check_arguments.add(parser)
    fixing.add_arguments(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    """Return the exit code of a run; a report that cannot be written turns a pass into "could not verify"."""
    if not arguments.paths and not arguments.requirement:
        arguments.paths = ["dist"]
    if arguments.color != "auto":
        os.environ.update({"NO_COLOR": "", "FORCE_COLOR": ""} | _COLORS[arguments.color])  # an empty one does not count
    file = _configuration(arguments)
    config = _config(arguments, file)
    outputs = _outputs(
        arguments, [*arguments.paths, *arguments.requirement, file or arguments.config or "", config.evidence]
    )
    if arguments.if_present and not _leave_out_absent(arguments):
        return PASS
    report, problems = _judged(arguments, config, outputs)
    report = replace(report, run=_told(arguments.words, file))
    problems += _print(report, outputs, arguments)
    problems += reports.write(report, outputs)
    if _summarises(outputs):
        problems += reports.append_step_summary(report, os.environ)
    say(*problems)
    return _exit(report, arguments, is_told=not problems)


def _exit(report: Report, arguments: argparse.Namespace, *, is_told: bool) -> int:
    """Return the exit code of a report; `is_told` is false if some report could not be written."""
    if not is_told and report.verdict == "pass":
        return UNVERIFIED
    return PASS if arguments.exit_zero and report.verdict == "fail" else _EXIT[report.verdict]


def _leave_out_absent(arguments: argparse.Namespace) -> bool:
    """Keep only the paths where something is; if that is none, say so and return False."""
    from wheelcheck import inputs  # noqa: PLC0415  # slow to import; the arguments are checked first

    absent = [path for path in arguments.paths if not inputs.is_present(path)]
    arguments.paths = [path for path in arguments.paths if path not in absent]
    if not arguments.paths:
        say(f"nothing to check in {', '.join(absent)}; that passes because of --if-present")
    return bool(arguments.paths)


def _judged(arguments: argparse.Namespace, config: Config, outputs: list[reports.Output]) -> tuple[Report, list[str]]:
    """Return the report, with `--fix` that of the repaired release, and a sentence for each wheel not written."""
    from wheelcheck import inputs  # noqa: PLC0415  # slow to import; the arguments are checked first

    others, locked = lock_files.apart(arguments.paths, arguments.requirement)
    paths = inputs.resolve(others, arguments.index_url) + lock_files.fetched(locked, arguments)
    hashed = any(output.format in reports.WITH_HASHES for output in outputs)
    report = _examine(arguments, paths, config, hashed=hashed)
    if not (arguments.fix or arguments.fix_diff):
        return report, []
    repair = fixing.repair(arguments, report, paths, is_text=_printed(outputs) == "text")
    if repair.instead:
        report = _examine(arguments, paths, config, repair.instead, hashed=hashed)
    return report, repair.problems


def _examine(
    arguments: argparse.Namespace,
    paths: list[Path],
    config: Config,
    instead: Mapping[Path, Path] | None = None,
    *,
    hashed: bool,
) -> Report:
    """Return the report on the artifacts, the second time on those `instead`; only the first shows its progress."""
    from wheelcheck.cli import progress_bar  # noqa: PLC0415
    from wheelcheck.engine import examine  # noqa: PLC0415  # slow to import; the arguments are checked first

    shows_progress = not arguments.no_progress and instead is None
    with progress_bar.on_standard_error() if shows_progress else nullcontext() as progress:
        return examine(paths, config, progress, instead, hashed=hashed, judge_all=_judges(arguments.jobs))


def _judges(jobs: int) -> JudgeAll | None:
    """Return who judges the artifacts in so many processes; None stands for this one."""
    if jobs == 1:
        return None
    from wheelcheck.processes import in_processes  # noqa: PLC0415  # slow to import

    return in_processes(jobs)


def _configuration(arguments: argparse.Namespace) -> Path | None:
    """Return the configuration file that holds, None if there is none."""
    from wheelcheck.config.discovery import discover  # noqa: PLC0415

    if arguments.config is not None:
        return Path(arguments.config)
    ours, _ = lock_files.apart(arguments.paths, arguments.requirement)
    if arguments.no_config or not ours:  # what a lock file takes are releases of other projects
        return None
    return discover(Path(), ours)


def _config(arguments: argparse.Namespace, file: Path | None) -> Config:
    from wheelcheck.config import OF_UPLOADS, Config, load  # noqa: PLC0415

    ours, locks = lock_files.apart(arguments.paths, arguments.requirement)
    is_published = bool(ours or locks) and not arguments.select and all(each.startswith("pypi:") for each in ours)
    config = load(file, required=arguments.config is not None, judging=True) if file else Config()
    config = replace(
        config,
        strict=config.strict or arguments.strict,
        each=arguments.each or bool(locks),
        evidence=arguments.evidence or (str(file.parent / config.evidence) if file and config.evidence else ""),
        select=tuple(arguments.select) or config.select,
        deselect=(*arguments.ignore, *(OF_UPLOADS if is_published else ())),
    )
    narrowed = config.for_architecture(arguments.architecture) if arguments.architecture else config
    narrowed = narrowed.for_interpreter(arguments.interpreter) if arguments.interpreter else narrowed
    for option in ("architecture", "interpreter"):
        if getattr(arguments, option) and not config.wheels:
            say(f"--{option} has no effect: the configuration names no wheels that the release must contain")
    return narrowed


def _told(words: list[str], file: Path | None) -> Run:
    """Return what reports say of this run; no password of an address is in it."""
    from wheelcheck.config.discovery import shown  # noqa: PLC0415
    from wheelcheck.results import Run  # noqa: PLC0415

    command = shlex.join(["wheelcheck", *map(without_credentials, words)])
    date = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    return Run(shown(file, Path()) if file else "", command, date)


def _outputs(arguments: argparse.Namespace, inputs: list[str | Path]) -> list[reports.Output]:
    """Return every report to write; standard output gets text if nothing else goes there.

    Raises ConfigError for a report that would replace another one, or one of the files that are read.
    """
    from wheelcheck.config import ConfigError  # noqa: PLC0415

    outputs = list(arguments.report)
    if arguments.format or all(output.file != reports.STDOUT for output in outputs):
        outputs.append(reports.Output(arguments.format or "text", reports.STDOUT))
    read = [path for path in inputs if path]
    summary = [reports.Output("step summary", os.environ.get(reports.STEP_SUMMARY, ""))] if _summarises(outputs) else []
    if problem := reports.check(outputs, read) or reports.check([each for each in summary if each.file], read):
        raise ConfigError(problem)
    return outputs


def _summarises(outputs: list[reports.Output]) -> bool:
    """Return whether this run appends to the summary of a step of GitHub's."""
    return _on_github() or any(output.format == "github" for output in outputs)


def _printed(outputs: list[reports.Output]) -> str:
    """Return the format of the report on standard output."""
    return next(output.format for output in outputs if output.file == reports.STDOUT)


def _print(report: Report, outputs: list[reports.Output], arguments: argparse.Namespace) -> list[str]:
    """Print the report that goes to standard output; return a sentence for each that could not be printed."""
    form = _printed(outputs)
    annotated = (
        form == "text"
        and arguments.verbosity >= 0
        and _on_github()
        and all(output.format != "github" for output in outputs)
    )
    problems: list[str] = []
    with reader_may_leave():
        for wanted in (form, "github") if annotated else (form,):
            problems += reports.show(report, wanted, sys.stdout, verbosity=arguments.verbosity)
        if arguments.statistics and form == "text":
            print("\n".join(statistics(report)))
        if problems:
            discard_output()  # what a full disk did not take must not fail once more at exit
    return problems


def _on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"
