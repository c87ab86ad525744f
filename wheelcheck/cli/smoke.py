"""`wheelcheck smoke`: install wheels outside the checkout and execute what they contain, here or under an emulator."""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentTypeError
from pathlib import Path

from wheelcheck.cli.exit_codes import FAIL, PASS, UNVERIFIED, reader_may_leave, say
from wheelcheck.cli.options import read_artifact
from wheelcheck.credentials import without_credentials
from wheelcheck.platforms.arch import UnknownArchitectureError, find
from wheelcheck.report.wording import safe
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from wheelcheck.builder.trial import Trial
    from wheelcheck.config.builder import SmokeCommand
    from wheelcheck.facts import Wheel
    from wheelcheck.inputs import Files
    from wheelcheck.platforms.arch import Arch

_WORDS = {"pass": "OK", "skip": "SKIP", "fail": "FAIL"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.epilog = "This executes the code in the wheels, and pip installs what they depend on. `check` does neither."
    parser.add_argument("files", nargs="+", metavar="FILE", help="a wheel or a folder of wheels, of any project")
    parser.add_argument(
        "--arch",
        action="append",
        default=[],
        type=_cpu,
        metavar="CPU",
        help="run only wheels for it; may be repeated",
    )
    parser.add_argument(
        "--command",
        action="append",
        default=[],
        dest="commands",
        metavar="COMMAND",
        help="what to run instead, such as 'python -c \"import x\"' or 'tool --self-test'; may be repeated",
    )
    parser.add_argument(
        "--system",
        action="store_true",
        help="run wheels for another CPU in an emulated machine with a kernel of its own, rather than under qemu-user",
    )
    parser.add_argument("--verbose", action="store_true", help="show the commands of the installation and their output")
    parser.set_defaults(run=_run)


def _cpu(name: str) -> Arch:
    try:
        return find(name)
    except UnknownArchitectureError as problem:
        raise ArgumentTypeError(str(problem)) from None


def _run(arguments: argparse.Namespace) -> int:
    files = _found(arguments.files)
    unusable = [_verdict("fail", f"FAIL {safe(str(path))}: {safe(why)}") for path, why in files.unusable]
    verdicts = [*unusable, *(_tried(path, arguments) for path in files.artifacts)]
    if "fail" in verdicts:
        return FAIL
    if "pass" in verdicts:
        return PASS
    say("nothing was executed, so nothing is verified")
    return UNVERIFIED


def _found(arguments: list[str]) -> Files:
    from wheelcheck.inputs import UnreachableError, find_files, resolve  # noqa: PLC0415  # the readers, when needed

    files = find_files(resolve(arguments))
    if not files.artifacts:
        for path, why in files.unusable:
            raise UnreachableError(f"{path}: {why}")
        raise UnreachableError(f"{', '.join(arguments)}: no wheel to run; name a .whl file or a folder of them")
    return files


def _tried(path: Path, arguments: argparse.Namespace) -> str:
    """Try a file out and say what came of it. One that cannot be read fails, and does not end the run."""
    from wheelcheck.builder.trial import Where, try_out  # noqa: PLC0415  # slow to import
    from wheelcheck.facts import Wheel  # noqa: PLC0415
    from wheelcheck.inputs import UnreachableError  # noqa: PLC0415

    if path.suffix != ".whl":
        return _verdict("skip", f"SKIP {safe(path.name)}: not a wheel; build one from it and name that")
    try:
        wheel = read_artifact(path)
    except UnreachableError as problem:
        return _verdict("fail", f"FAIL {safe(path.name)}: {safe(str(problem))}")
    if not isinstance(wheel, Wheel) or wheel.name.error:
        return _verdict("fail", f"FAIL {safe(path.name)}: it is not named like a wheel: {safe(wheel.name.error)}")
    log = _say if arguments.verbose else _say_nothing
    where = Where(tuple(arguments.arch), arguments.system)
    trial = try_out(path, wheel, where, _commands(arguments.commands, wheel), log)
    return _verdict(trial.verdict, *_lines(trial))


def _verdict(verdict: str, *lines: str) -> str:
    """Print the lines about a file; return its verdict."""
    with reader_may_leave():
        print(*lines, sep="\n", flush=True)
    return verdict


def _commands(given: list[str], wheel: Wheel) -> tuple[SmokeCommand, ...]:
    """Return the given commands, else those that the project in the current folder configures for its own wheels."""
    from wheelcheck.config.builder import SmokeCommand, load  # noqa: PLC0415  # as above
    from wheelcheck.config.files import find as find_configuration  # noqa: PLC0415
    from wheelcheck.config.files import project_name  # noqa: PLC0415

    if given:
        return tuple(SmokeCommand(_words(command), "") for command in given)
    folder = Path.cwd()
    if not find_configuration(folder) or not _is_of(project_name(folder / "pyproject.toml"), wheel):
        return ()
    return load(folder).commands


def _words(command: str) -> tuple[str, ...]:
    from wheelcheck.config import ConfigError  # noqa: PLC0415  # as above

    try:
        words = tuple(shlex.split(command))
    except ValueError as problem:
        raise ConfigError(f"--command {command!r} cannot be split into words ({problem}): quote it as for sh") from None
    if not words:
        raise ConfigError("--command is empty: name a program that the wheel installs, or python")
    return words


def _is_of(project: str, wheel: Wheel) -> bool:
    from packaging.utils import canonicalize_name  # noqa: PLC0415  # as above

    return canonicalize_name(project) == canonicalize_name(wheel.name.project)


def _say(line: str) -> None:
    print(safe(without_credentials(line)), file=sys.stderr, flush=True)


def _say_nothing(line: str) -> None:
    """Take a line of output that nobody asked for."""


def _lines(trial: Trial) -> list[str]:
    """Return a line for the wheel and one for each result; further lines of a reason are indented."""
    where = f" on {trial.where}" if trial.where else ""
    lines = [f"{_WORDS[trial.verdict]} {safe(trial.file)}{where}"]
    for result in trial.results:
        first, *more = [safe(without_credentials(line)) for line in result.why.splitlines()] or [""]
        lines.append(f"  {_WORDS[result.verdict]} {safe(result.name)}{': ' if first else ''}{first}")
        lines += [f"    {line}" for line in more]
    return lines
