"""`wheelcheck check --fix`: repair what can be proven, write it beside, and say which files to judge instead."""

from __future__ import annotations

import sys
from pathlib import Path

from wheelcheck import report as reports
from wheelcheck.cli.exit_codes import reader_may_leave
from wheelcheck.cli.options import given
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from wheelcheck.fix import Plan
    from wheelcheck.results import Report

_FOLDER = "fixed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options about fixing."""
    group = parser.add_argument_group("fixing wheels")
    which = group.add_mutually_exclusive_group()
    which.add_argument(
        "--fix",
        action="store_true",
        help="repair what a wheel's bytes prove (exec bits, RECORD, tags): write the wheel to --fix-to and judge it in"
        " place of the original, which is not changed",
    )
    which.add_argument("--fix-diff", action="store_true", help="print what --fix would change, and write nothing")
    group.add_argument(
        "--fix-to",
        type=_folder,
        default=Path(_FOLDER),
        metavar="DIR",
        help=f"the folder for repaired wheels (default: {_FOLDER}, in the current folder)",
    )


def _folder(text: str) -> Path:
    return Path(given(text))  # an empty one would mean the current folder


@dataclass
class Repair:
    """What was done: for each repaired original the wheel to judge in its place, and what could not be written."""

    instead: dict[Path, Path] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def repair(arguments: argparse.Namespace, report: Report, paths: Sequence[Path], *, is_text: bool) -> Repair:
    """Print every plan and refusal, and carry out the plans unless `--fix-diff` is given.

    They are printed to standard output if the report there is text, otherwise to standard error.
    """
    from rich.console import Console  # noqa: PLC0415  # slow to import

    from wheelcheck.fix import Plan, plans  # noqa: PLC0415  # --help starts without the rules
    from wheelcheck.inputs import find_files  # noqa: PLC0415
    from wheelcheck.report import fixes  # noqa: PLC0415

    done, originals = Repair(), find_files(paths).artifacts
    stream = sys.stdout if is_text else sys.stderr
    reports.degrade(stream)
    console = Console(file=stream, highlight=False)
    decided = plans(report)
    if not decided:
        with reader_may_leave():
            console.print("nothing to fix\n")
    for each in decided:
        outcome = "nothing is written"
        if isinstance(each, Plan) and arguments.fix:
            outcome = _carry_out(each, [path for path in originals if path.name == each.before.file], arguments, done)
        with reader_may_leave():
            fixes.show(each, console, outcome)
    if done.instead:
        with reader_may_leave():
            fixes.show_end(len(done.instead), str(arguments.fix_to), console)
    return done


def _carry_out(plan: Plan, originals: list[Path], arguments: argparse.Namespace, done: Repair) -> str:
    """Write one fixed wheel, and return where it is or why it could not be written."""
    from wheelcheck.fix.rewrite import UnwritableError, rewrite  # noqa: PLC0415  # --help starts without the readers

    try:
        written = rewrite(plan, originals, arguments.fix_to)
    except UnwritableError as problem:
        done.problems.append(str(problem))
    except OSError as problem:
        why = problem.strerror or problem
        done.problems.append(f"{arguments.fix_to}: {plan.after.file} cannot be written: {why}")
    else:
        done.instead[originals[0]] = written
        return f"written to {written}"
    return "not written"
