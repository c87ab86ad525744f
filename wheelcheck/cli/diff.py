"""`wheelcheck diff`: print what changed natively between two artifacts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.cli.exit_codes import FAIL, PASS, UNVERIFIED, reader_may_leave, say
from wheelcheck.cli.options import read_artifact

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("before", type=Path, metavar="BEFORE", help="the older wheel or sdist")
    parser.add_argument("after", type=Path, metavar="AFTER", help="the newer one")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    """Return 0 for no difference, 1 for any, 2 if one of the two is damaged: not all of it was compared."""
    from rich.console import Console  # noqa: PLC0415  # slow to import

    from wheelcheck.report import diff  # noqa: PLC0415

    before, after = read_artifact(arguments.before), read_artifact(arguments.after)
    differences = FAIL
    with reader_may_leave():
        differences = diff.show_differences(before, after, Console(highlight=False))
    damaged = dict.fromkeys(artifact.file for artifact in (before, after) if artifact.damage)
    say(*(f"{file} is damaged: what cannot be read cannot be compared" for file in damaged))
    return UNVERIFIED if damaged else FAIL if differences else PASS
