"""`wheelcheck diff`: print what changed natively between two artifacts, or between two releases."""

from __future__ import annotations

from wheelcheck.cli.exit_codes import FAIL, PASS, UNVERIFIED, reader_may_leave, say
from wheelcheck.cli.options import add_index_and_format, read_artifacts
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from wheelcheck.facts import Artifact
    from wheelcheck.report.diff import Comparison


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    what = "a wheel, an sdist, a folder, or pypi:NAME==VERSION"
    parser.add_argument("before", metavar="BEFORE", help=f"the older side: {what}")
    parser.add_argument("after", metavar="AFTER", help="the newer side; files of two releases are paired by tags")
    add_index_and_format(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    """Return 0 for no difference, 1 for any, 2 if a file is damaged: not all of it was compared."""
    from wheelcheck.report import diff  # noqa: PLC0415  # --help starts without it

    before, after = (read_artifacts(side, arguments.index_url) for side in (arguments.before, arguments.after))
    comparison = diff.paired(before, after)
    with reader_may_leave():
        _print(comparison, arguments.format)
    damaged = _damaged([*before, *after])
    say(*(f"{file} is damaged: what cannot be read cannot be compared" for file in damaged))
    return UNVERIFIED if damaged else FAIL if comparison.differs else PASS


def _print(comparison: Comparison, form: str) -> None:
    from rich.console import Console  # noqa: PLC0415  # slow to import

    from wheelcheck.report import diff, json  # noqa: PLC0415

    if form == "json":
        print(json.dumped(diff.as_dict(comparison)), end="")
    else:
        diff.show_comparison(comparison, Console(highlight=False))


def _damaged(artifacts: Sequence[Artifact]) -> list[str]:
    return list(dict.fromkeys(artifact.file for artifact in artifacts if artifact.damage))
