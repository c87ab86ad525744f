"""`wheelcheck inspect`: print what artifacts are and which native files they hold."""

from __future__ import annotations

from wheelcheck.cli.exit_codes import PASS, reader_may_leave
from wheelcheck.cli.options import add_index_and_format, read_artifacts
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a wheel, an sdist, a folder of them, or pypi:NAME==VERSION"
    )
    add_index_and_format(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415  # slow to import

    from wheelcheck.report import diff, json  # noqa: PLC0415

    artifacts = [artifact for file in arguments.files for artifact in read_artifacts(file, arguments.index_url)]
    console = Console(highlight=False)
    with reader_may_leave():
        if arguments.format == "json":
            print(json.dumped([json.described(artifact) for artifact in artifacts]), end="")
            return PASS
        for number, artifact in enumerate(artifacts):
            if number:
                console.print()
            diff.show(artifact, console)
    return PASS
