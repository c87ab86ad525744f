"""Arguments → read → run → print. Exit codes: 0 pass, 1 fail, 2 could not verify."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from wheelcheck import __version__
from wheelcheck import report as outputs
from wheelcheck.cli import init, matrix
from wheelcheck.cli.exit_codes import exit_code, reader_may_leave
from wheelcheck.report.wording import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelcheck.config import Config
    from wheelcheck.engine import Report
    from wheelcheck.facts import Artifact

EXIT = {"pass": 0, "fail": 1, "unverified": 2}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    from wheelcheck.config import ConfigError  # noqa: PLC0415
    from wheelcheck.inputs import UnreachableError  # noqa: PLC0415
    from wheelcheck.platforms.arch import UnknownArchitectureError  # noqa: PLC0415  # --version stays quick

    words = sys.argv[1:] if argv is None else list(argv)
    if words[:1] == ["build"]:
        from wheelcheck.cli import build  # noqa: PLC0415  # needs the extra

        return build.main(words[1:])
    arguments = _parser().parse_args(words)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no reason to stop
    return exit_code(lambda: int(arguments.run(arguments)), ConfigError, UnknownArchitectureError, UnreachableError)


class _Parser(argparse.ArgumentParser):
    """Says what it did not understand without printing it raw: a shell's glob may have put it there."""

    def error(self, message: str) -> NoReturn:
        super().error(safe(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="wheelcheck", description="The release gate for wheels and sdists with native code.")
    parser.add_argument("--version", action="version", version=f"wheelcheck {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_check(commands.add_parser("check", help="judge wheels and sdists: exit 0 pass, 1 fail, 2 could not verify"))
    inspect = commands.add_parser("inspect", help="print what a wheel or an sdist is and what native files it holds")
    inspect.add_argument("file", type=Path, metavar="FILE")
    inspect.set_defaults(run=_inspect)
    diff = commands.add_parser(
        "diff", help="say what changed natively between two artifacts: exit 0 nothing, 1 something, 2 not comparable"
    )
    diff.add_argument("before", type=Path, metavar="A")
    diff.add_argument("after", type=Path, metavar="B")
    diff.set_defaults(run=_diff)
    matrix.add(commands)
    init.add(commands)
    explain = commands.add_parser("explain", help="say why a rule exists and how to fix what it finds")
    explain.add_argument("code", metavar="CODE", help="a code such as WC301, or a rule's name")
    explain.set_defaults(run=_explain)
    return parser


def _add_check(check: argparse.ArgumentParser) -> None:
    check.add_argument(
        "paths",
        nargs="+",
        type=_path,
        metavar="PATH",
        help="a wheel, an sdist, a folder of them, or pypi:NAME==VERSION",
    )
    check.add_argument("--index-url", default="", metavar="URL", help="the simple index that pypi: asks")
    check.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML with [tool.wheelcheck]; default: wheelcheck.toml or pyproject.toml here",
    )
    check.add_argument(
        "--architecture", metavar="NAME", help="expect the wheels of this CPU alone, as built on one host"
    )
    check.add_argument("--format", choices=outputs.FORMATS, help="what goes to standard output; text by default")
    check.add_argument(
        "--report",
        action="append",
        default=[],
        type=_output,
        metavar="FORMAT=FILE",
        help=f"write a report too, any number of times: {', '.join(outputs.FORMATS)}; - is standard output",
    )
    check.add_argument("--quiet", action="store_true", help="print errors and the verdict only")
    check.set_defaults(run=_check)


def _check(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415

    from wheelcheck import inputs  # noqa: PLC0415
    from wheelcheck.cli import progress_bar  # noqa: PLC0415
    from wheelcheck.engine import examine  # noqa: PLC0415

    config = _config(arguments.config)
    if arguments.architecture:
        config = config.for_architecture(arguments.architecture)
    wanted = _outputs(arguments)
    with progress_bar.shown(Console(stderr=True)) as progress:
        report = examine(inputs.resolve(arguments.paths, arguments.index_url), config, progress)
    with reader_may_leave():
        _print(report, wanted, quiet=arguments.quiet)
    problems = outputs.write(report, wanted)
    if _on_github() or any(output.format == "github" for output in wanted):
        problems += outputs.append_step_summary(report, os.environ)
    for problem in problems:
        print(f"wheelcheck: {problem}", file=sys.stderr)
    # A report that is lost is a gap; what is known to be broken stays broken.
    return EXIT["unverified" if problems and report.verdict == "pass" else report.verdict]


def _path(value: str) -> str:
    """Refuse the empty path, which would mean the current folder: a variable that was never set."""
    if not value:
        raise argparse.ArgumentTypeError("found an empty path, expected a file or a folder")
    return value


def _output(value: str) -> outputs.Output:
    try:
        return outputs.parse(value)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem


def _outputs(arguments: argparse.Namespace) -> list[outputs.Output]:
    """Return every report to write; standard output gets text where nothing else is to go there."""
    from wheelcheck.config import ConfigError  # noqa: PLC0415

    wanted = list(arguments.report)
    if arguments.format or all(output.file != outputs.STDOUT for output in wanted):
        wanted.append(outputs.Output(arguments.format or "text", outputs.STDOUT))
    if problem := outputs.check(wanted):
        raise ConfigError(problem)
    return wanted


def _on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _config(path: Path | None) -> Config:
    from wheelcheck.config import Config, load  # noqa: PLC0415
    from wheelcheck.config.fields import find  # noqa: PLC0415

    if path is None:
        found = find(Path())
        return load(found) if found else Config()
    return load(path, required=True)


def _print(report: Report, wanted: list[outputs.Output], *, quiet: bool) -> None:
    form = next(output.format for output in wanted if output.file == outputs.STDOUT)
    if form != "text":
        sys.stdout.write(outputs.render(report, form))
        return
    from rich.console import Console  # noqa: PLC0415

    from wheelcheck.report import text  # noqa: PLC0415

    text.render(report, Console(highlight=False), quiet=quiet)
    if _on_github() and all(output.format != "github" for output in wanted):
        sys.stdout.write(outputs.render(report, "github"))


def _inspect(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415

    from wheelcheck.report import diff as inspection  # noqa: PLC0415

    artifact = _artifact(arguments.file)
    with reader_may_leave():
        inspection.show(artifact, Console(highlight=False))
    return EXIT["pass"]


def _diff(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415

    from wheelcheck.report import diff as inspection  # noqa: PLC0415

    before, after = _artifact(arguments.before), _artifact(arguments.after)
    differ = 1
    with reader_may_leave():
        differ = inspection.show_differences(before, after, Console(highlight=False))
    damaged = [safe(artifact.file) for artifact in (before, after) if artifact.damage]
    for file in dict.fromkeys(damaged):
        print(f"wheelcheck: {file} is damaged: what cannot be read cannot be compared", file=sys.stderr)
    return EXIT["fail" if differ else "unverified" if damaged else "pass"]


def _artifact(path: Path) -> Artifact:
    """Read one artifact. Raises UnreachableError where there is none."""
    from wheelcheck.facts.collect import collect  # noqa: PLC0415
    from wheelcheck.inputs import UnreachableError  # noqa: PLC0415

    try:
        return collect(path)
    except OSError as problem:
        raise UnreachableError(f"{path}: cannot be read: {problem.strerror or problem}") from problem


def _explain(arguments: argparse.Namespace) -> int:
    from wheelcheck.rules.catalogue import all_rules, find  # noqa: PLC0415

    rule = find(arguments.code)
    if rule is None:
        known = ", ".join(rule.code for rule in all_rules())
        print(f"wheelcheck: no rule {arguments.code!r}: expected one of {known}", file=sys.stderr)
        return EXIT["unverified"]
    with reader_may_leave():
        print(f"{rule.code} {rule.name} ({', '.join(rule.severities)})\n\n{rule.summary}\n\n{rule.explanation}")
    return EXIT["pass"]
