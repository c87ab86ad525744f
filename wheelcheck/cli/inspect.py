"""`wheelcheck inspect`: print what one artifact is and which native files it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.cli.exit_codes import PASS, reader_may_leave
from wheelcheck.cli.options import read_artifact

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a wheel or an sdist")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415  # slow to import

    from wheelcheck.report import diff  # noqa: PLC0415

    artifact = read_artifact(arguments.file)
    with reader_may_leave():
        diff.show(artifact, Console(highlight=False))
    return PASS
