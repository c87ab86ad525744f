"""Arguments → read → run → print. Exit codes: 0 pass, 1 fail, 2 could not verify."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelcheck.config import Config
    from wheelcheck.engine import Report

EXIT = {"pass": 0, "fail": 1, "unverified": 2}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    from wheelcheck.arch import UnknownArchitectureError  # noqa: PLC0415  # --version stays quick
    from wheelcheck.config import ConfigError  # noqa: PLC0415

    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (ConfigError, UnknownArchitectureError) as problem:
        print(f"wheelcheck: {problem}", file=sys.stderr)
        return EXIT["unverified"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wheelcheck", description="The release gate for wheels and sdists with native code."
    )
    parser.add_argument("--version", action="version", version=f"wheelcheck {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="judge wheels and sdists: exit 0 pass, 1 fail, 2 could not verify")
    check.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a wheel, an sdist, or a folder of them")
    check.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML with [tool.wheelcheck]; default: pyproject.toml here"
    )
    check.add_argument(
        "--architecture", metavar="NAME", help="expect the wheels of this CPU alone, as built on one host"
    )
    check.add_argument("--format", choices=("text", "json"), default="text")
    check.add_argument("--quiet", action="store_true", help="print errors and the verdict only")
    check.set_defaults(run=_check)
    explain = commands.add_parser("explain", help="say why a rule exists and how to mend what it finds")
    explain.add_argument("code", metavar="CODE", help="a code such as WC301, or a rule's name")
    explain.set_defaults(run=_explain)
    return parser


def _check(arguments: argparse.Namespace) -> int:
    from wheelcheck.engine import examine  # noqa: PLC0415

    config = _config(arguments.config)
    if config and arguments.architecture:
        config = config.for_architecture(arguments.architecture)
    report = examine(arguments.paths, config)
    _print(report, arguments)
    return EXIT[report.verdict]


def _config(path: Path | None) -> Config | None:
    from wheelcheck.config import load  # noqa: PLC0415

    if path is None:
        here = Path("pyproject.toml")
        return load(here) if here.is_file() else None
    return load(path)


def _print(report: Report, arguments: argparse.Namespace) -> None:
    if arguments.format == "json":
        from wheelcheck.report import json  # noqa: PLC0415

        sys.stdout.write(json.render(report))
        return
    from rich.console import Console  # noqa: PLC0415

    from wheelcheck.report import text  # noqa: PLC0415

    text.render(report, Console(highlight=False), quiet=arguments.quiet)


def _explain(arguments: argparse.Namespace) -> int:
    from wheelcheck.rules import all_rules, find  # noqa: PLC0415

    rule = find(arguments.code)
    if rule is None:
        known = ", ".join(rule.code for rule in all_rules())
        print(f"wheelcheck: no rule {arguments.code!r}: expected one of {known}", file=sys.stderr)
        return EXIT["unverified"]
    print(f"{rule.code} {rule.name} ({rule.severity})\n\n{rule.summary}\n\n{rule.explanation}")
    return EXIT["pass"]
