"""`wheelcheck init`: show every change, ask, then write."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.cli.exit_codes import PASS, UNVERIFIED, reader_may_leave, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from wheelcheck.init.plan import Change


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "project", nargs="?", type=Path, default=Path(), help="folder of its pyproject.toml (default: the current one)"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the changes and write nothing")
    parser.add_argument("--yes", action="store_true", help="write without asking")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from wheelcheck.init.plan import plan  # noqa: PLC0415  # --help starts without it
    from wheelcheck.init.survey import survey  # noqa: PLC0415

    found = survey(arguments.project.resolve())
    changes = plan(found)
    wanted = [change for change in changes if change.added]
    _say("".join(change.diff() or f"{change.path}: {change.kept}\n" for change in changes))
    _say(f"\n{len(found.payload)} native files, built with {found.backend}; {_told(wanted)}\n")
    if arguments.dry_run or not wanted:
        return PASS
    if not arguments.yes and not _agreed():
        say("nothing was written; --yes writes without asking")
        return UNVERIFIED
    for change in wanted:
        change.write()
    _say(f"Written. Next, read the smoke commands in {found.configuration}: only you know what proves that it works.\n")
    return PASS


def _told(wanted: Sequence[Change]) -> str:
    return f"to be written: {', '.join(change.path for change in wanted)}" if wanted else "nothing to be written"


def _agreed() -> bool:
    """Ask for a yes; if standard input is not a terminal, the answer is no."""
    if not sys.stdin.isatty():
        return False
    _say("Write this? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _say(text: str) -> None:
    with reader_may_leave():
        sys.stdout.write(text)
