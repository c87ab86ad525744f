"""What the command lines of several commands share: the parser, `--config`, and reading what they name."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from wheelcheck.credentials import without_credentials
from wheelcheck.report.wording import safe

if TYPE_CHECKING:
    from wheelcheck.facts import Artifact


class Parser(argparse.ArgumentParser):
    """A parser whose errors repeat no control character and no password of what it did not understand."""

    def error(self, message: str) -> NoReturn:
        """Print what was wrong with the call, and exit with 2."""
        super().error(safe(without_credentials(message)))


def add_config(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Add `--config`, the same for every command that reads the configuration; return its group."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="a wheelcheck.toml, or a TOML file with [tool.wheelcheck]"
        " (default: the one of the current folder or of the files, searched up to the root of the repository)",
    )
    return group


def read_artifact(path: Path) -> Artifact:
    """Read a wheel or an sdist. Raises UnreachableError if the file cannot be read or is not an archive."""
    from wheelcheck.archive.formats import CONTENT  # noqa: PLC0415  # the command line starts without the readers
    from wheelcheck.facts.collect import collect  # noqa: PLC0415
    from wheelcheck.inputs import UnreachableError  # noqa: PLC0415

    try:
        artifact = collect(path)
    except OSError as problem:
        raise UnreachableError(f"{path}: cannot be read: {problem.strerror or problem}") from problem
    if not artifact.members and artifact.damage:
        raise UnreachableError(f"{path} is not a wheel or an sdist: {artifact.damage[0].why}")
    if [member.path for member in artifact.members] == [CONTENT]:
        raise UnreachableError(f"{path} is not a wheel or an sdist: a compressed file that is no archive")
    return artifact
