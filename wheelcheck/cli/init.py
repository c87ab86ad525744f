"""The command line of `wheelcheck init`: show everything, ask, then write."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from wheelcheck.init.plan import Change


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to a command line."""
    parser = commands.add_parser(
        "init", help="add configuration, sessions and workflows to a project; overwrites nothing"
    )
    parser.add_argument(
        "project", nargs="?", type=Path, default=Path(), help="folder of its pyproject.toml (default: here)"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the diff and write nothing")
    parser.add_argument("--yes", action="store_true", help="write without asking")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from wheelcheck.init import plan  # noqa: PLC0415  # --version stays quick
    from wheelcheck.init.survey import survey  # noqa: PLC0415

    project = arguments.project.resolve()
    found = survey(project)
    planned = plan.plan(found)
    for change in planned:
        _say(change.diff() or f"{change.path}: {change.kept}\n")
    wanted = [change for change in planned if change.added]
    _say(f"\n{len(found.payload)} native files, built with {found.backend}; {_told(wanted)}\n")
    if arguments.dry_run or not wanted:
        return 0
    if not arguments.yes and not _agreed():
        print("wheelcheck: nothing was written; --yes writes without asking", file=sys.stderr)
        return 2
    for change in wanted:
        change.write()
    _say("Written. Read the smoke commands of pyproject.toml first: they are yours to say.\n")
    return 0


def _told(wanted: Sequence[Change]) -> str:
    return f"to be written: {', '.join(change.path for change in wanted)}" if wanted else "nothing to be written"


def _agreed() -> bool:
    """Ask; whoever cannot answer has not agreed."""
    if not sys.stdin.isatty():
        return False
    _say("Write this? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
