"""Lock files among the arguments of `check` and `survey`: the files that an install on one machine takes."""

from __future__ import annotations

from pathlib import Path

from wheelcheck.cli.exit_codes import say
from wheelcheck.cli.options import given
from wheelcheck.counting import counted
from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_LOCK = regex(r"(^|[/\\])(pylock\.([^./\\]+\.)?toml|uv\.lock)$")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options about lock files."""
    group = parser.add_argument_group("lock files: what an install would take, each file judged alone")
    what = "a requirements file with pinned versions; pylock.toml and uv.lock are named without an option"
    group.add_argument("-r", "--requirement", action="append", type=given, default=[], metavar="FILE", help=what)
    group.add_argument(
        "--platform", type=given, metavar="TAG", help="such as manylinux_2_28_aarch64 (default: this one)"
    )
    group.add_argument("--python", type=given, metavar="VERSION", help="such as 3.12 (default: this one)")


def is_lock_file(argument: str) -> bool:
    """Return whether an argument names a lock file that needs no option to be told from other files."""
    return argument.endswith((".toml", ".lock")) and bool(_LOCK.search(argument))


def apart(arguments: Sequence[str], requirements: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the arguments that are no lock files, and the lock files."""
    locks = [argument for argument in arguments if is_lock_file(argument)]
    return [argument for argument in arguments if argument not in locks], [*locks, *requirements]


def fetched(files: Sequence[str], arguments: argparse.Namespace) -> list[Path]:
    """Return the files that an install from the lock files takes, fetched into the cache. Raises UnreachableError."""
    options = [f"--{name}" for name in ("platform", "python") if getattr(arguments, name)]
    if not files and not options:
        return []
    from wheelcheck import locks  # noqa: PLC0415  # slow to import, and few runs need it

    target = locks.Target(arguments.platform or "", arguments.python or "")
    if not files:
        verb = "has" if len(options) == 1 else "have"
        say(f"{' and '.join(options)} {verb} no effect: no lock file and no requirements file is given")
        return []
    found = locks.fetch(map(Path, files), target, arguments.index_url)
    say(f"{counted(len(found), 'file')} for an install on {target}")
    return found
