"""`wheelcheck init`: show every change, ask, then write."""

from __future__ import annotations

import sys
from pathlib import Path

from wheelcheck.cli.exit_codes import PASS, UNVERIFIED, reader_may_leave, say
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from wheelcheck.init.plan import Change
    from wheelcheck.init.survey import Survey


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "project", nargs="?", type=Path, default=Path(), help="folder of its pyproject.toml (default: the current one)"
    )
    parser.add_argument(
        "--builder", action="store_true", help="a whole release, built by wheelcheck, and not only its gate"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the changes and write nothing")
    parser.add_argument("--yes", action="store_true", help="write without asking")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    changes, after = (_builder if arguments.builder else _gate)(arguments.project.resolve())
    wanted = [change for change in changes if change.added]
    _say("".join(change.diff() or f"{change.path}: {change.kept}\n" for change in changes))
    _say(f"\n{_told(wanted)}\n")
    if not wanted or arguments.dry_run:
        _say(after if not wanted else "To write this, type the same without --dry-run.\n")
        return PASS
    if not arguments.yes and not _agreed():
        say("nothing was written; --yes writes without asking")
        return UNVERIFIED
    for change in wanted:
        change.write()
    _say(f"Written. {after}")
    return PASS


def _gate(project: Path) -> tuple[list[Change], str]:
    """Return the changes for the gate, and the next command to type."""
    from wheelcheck.init import plan  # noqa: PLC0415  # --help starts without it

    changes = plan.gate(project)
    built = "" if (project / "dist").is_dir() else "build into dist/ as you always do, then "
    there = any(change.path == plan.GATE and (change.added or change.before) for change in changes)
    waits = f"\nThe first lines of {plan.GATE} say how the job that publishes waits for it.\n" if there else ""
    return changes, f"Next, {built}type:\n\n    wheelcheck check dist\n{waits}"


def _builder(project: Path) -> tuple[list[Change], str]:
    """Return the changes for a whole release, and what to do next."""
    from wheelcheck.init import plan  # noqa: PLC0415  # --help starts without it
    from wheelcheck.init.survey import survey  # noqa: PLC0415

    found = survey(project)
    read = f"read the smoke commands in {found.configuration}: only you know what proves that it works."
    sessions = "nox -s release-sdist release-binaries release-wheels"
    return plan.builder(found), f"Next, {read} Then type:\n\n    {sessions}\n{_pythons(found)}"


def _pythons(found: Survey) -> str:
    """Return how to build here where the machine lacks one of the Pythons; empty if any Python will do."""
    python = found.compiled.python
    if not found.compiled.needs_each_python or len(python) < 2 or found.in_containers:
        return ""
    here = f"cp3{sys.version_info.minor}"
    one = here if here in python else python[-1]
    return f"\nIt needs {len(python)} Pythons on PATH. For the wheels of one: nox … -- --interpreter {one}\n"


def _told(wanted: Sequence[Change]) -> str:
    return f"To be written: {', '.join(change.path for change in wanted)}" if wanted else "Nothing to be written."


def _agreed() -> bool:
    """Ask for a yes; if standard input is not a terminal, the answer is no."""
    if not sys.stdin.isatty():
        return False
    _say("Write this? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _say(text: str) -> None:
    with reader_may_leave():
        sys.stdout.write(text)
