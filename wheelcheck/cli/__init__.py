"""The command line: `wheelcheck COMMAND`, one module of this package for each command, imported when it is asked for.

Every command ends with one of three exit codes:

| code | `check` | any other command |
|---|---|---|
| 0 | pass | done |
| 1 | fail: something is wrong with an artifact | `diff`: there are differences; `build`: the step failed |
| 2 | could not verify | could not run: a wrong call or configuration, an unreadable file, a bug of ours |
"""

from __future__ import annotations

import sys
from importlib import import_module

from wheelcheck import __version__
from wheelcheck.cli import plain
from wheelcheck.cli.exit_codes import exit_code
from wheelcheck.report import degrade
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from types import SimpleNamespace
    from typing import Any

COMMANDS = {
    "check": "judge wheels and sdists before they are published: exit 0 pass, 1 fail, 2 could not verify",
    "inspect": "print what a wheel or an sdist is and which native files it holds",
    "diff": "print what changed natively between two artifacts: exit 0 nothing, 1 something, 2 not comparable",
    "survey": "judge any number of artifacts one by one into a file of JSON Lines, which a later run continues",
    "smoke": "install wheels of any project and EXECUTE their code, here or under an emulator; needs wheelcheck[build]",
    "explain": "print why a rule exists and how to fix what it finds, or what a kind of damage means",
    "build": "build native binaries, sdist and wheels, step by step; needs wheelcheck[build]",
    "matrix": "print the machines a release is built on, or the artifacts it must consist of, as JSON",
    "init": "add the gate to a project, or with --builder the whole release; overwrites nothing",
    "completion": "print a script with which bash, zsh or fish complete the command line",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    degrade(sys.stdout)  # a name the terminal cannot show is no reason to stop
    words = sys.argv[1:] if argv is None else list(argv)
    return exit_code(lambda: _run(words))


def _run(words: list[str]) -> int:
    arguments = _parse(words)
    arguments.words = words  # as they were typed, for the report
    return int(arguments.run(arguments))


def _parse(words: list[str]) -> argparse.Namespace | SimpleNamespace:
    """Return the parsed arguments, with the function to call as `run`; only the chosen command is imported."""
    if words and words[0] in COMMANDS and (found := plain.read(words[1:], _adding(words[0]))):
        found.command = words[0]
        return found
    from wheelcheck.cli.parser import Parser  # noqa: PLC0415  # slow to import

    parser = Parser(
        prog="wheelcheck", description="The release gate and builder for wheels and sdists with native code."
    )
    parser.add_argument("-V", "--version", action="version", version=f"wheelcheck {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    chosen = next((word for word in words if word in COMMANDS), None)
    # Where the command comes first, nothing asks for the others; to add them takes as long as to read a small wheel.
    wanted = {chosen: COMMANDS[chosen]} if chosen and words[0] == chosen else COMMANDS
    for name, summary in wanted.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == chosen:
            _adding(name)(command)
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        commands.choices[arguments.command].refuse(unknown)
    return arguments


def _adding(name: str) -> Callable[[Any], None]:
    """Return the function that adds the arguments of a command, whose module is imported."""
    found: Callable[[Any], None] = import_module(f"wheelcheck.cli.{name}").add_arguments
    return found
