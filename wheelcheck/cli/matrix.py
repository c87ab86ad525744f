"""`wheelcheck matrix`: what a release is built on and must consist of, as JSON, from the configuration the gate reads.

A workflow that lists its runners by hand and a gate that lists its wheels by hand drift apart; here both are one table.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from wheelcheck.config import Config
    from wheelcheck.platforms.arch import Arch


class Job(TypedDict):
    """One machine to build on. `native` tells whether it is of that CPU; where it is not, the job builds across."""

    runner: str
    architecture: str
    target: str
    native: bool


class Expected(TypedDict):
    """What the release must hold: interpreter, ABI and platform of each wheel, and whether an sdist."""

    wheels: list[str]
    sdist: bool


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to a command line."""
    parser = commands.add_parser("matrix", help="print the GitHub matrix of a release, or what the release must hold")
    parser.add_argument("--config", type=Path, metavar="FILE", help="default: wheelcheck.toml or pyproject.toml here")
    parser.add_argument("--expected", action="store_true", help="print the expected artifacts, not the machines")
    parser.add_argument("--github-output", action="store_true", help="append both to $GITHUB_OUTPUT, where that is set")
    parser.set_defaults(run=_run)


def jobs(config: Config) -> list[Job]:
    """Return a job for each CPU of the release, on a hosted runner of that CPU where there is one."""
    return [_job(row, config) for row in _rows(config)]


def expected(config: Config) -> Expected:
    """Return the exact release set."""
    return {"wheels": [str(wheel) for wheel in config.wheels], "sdist": bool(config.sdist)}


def github_lines(config: Config) -> list[str]:
    """Return the lines for $GITHUB_OUTPUT: JSON has no line breaks, so a line each is safe."""
    return [f"matrix={json.dumps({'include': jobs(config)})}", f"expected={json.dumps(expected(config))}"]


def append(lines: list[str], environment: Mapping[str, str]) -> None:
    """Append lines to the file that GitHub Actions names in $GITHUB_OUTPUT; elsewhere there is none."""
    if name := environment.get("GITHUB_OUTPUT"):
        with Path(name).open("a", encoding="utf-8", newline="\n") as output:
            output.writelines(f"{line}\n" for line in lines)


def _run(arguments: argparse.Namespace) -> int:
    from wheelcheck.config import ConfigError, load  # noqa: PLC0415
    from wheelcheck.config.fields import SHARED, find, read  # noqa: PLC0415

    file = arguments.config or find(Path()) or Path(SHARED)
    config = load(file)
    if not jobs(config):
        raise ConfigError(f"{read(file)[1] / 'architectures'}: found none, expected at least one CPU")
    if arguments.github_output:
        append(github_lines(config), os.environ)
    print(json.dumps(expected(config) if arguments.expected else {"include": jobs(config)}))
    return 0


def _rows(config: Config) -> list[Arch]:
    from wheelcheck.platforms.arch import ARCHES  # noqa: PLC0415
    from wheelcheck.platforms.tags import parse_platform  # noqa: PLC0415

    linux = (parse_platform(wheel.platform) for wheel in config.wheels)
    named = {name for platform in linux if platform.system == "linux" for name in platform.arches}
    return [row for row in ARCHES if row.name in named or row.name in config.architectures]


def _job(row: Arch, config: Config) -> Job:
    from wheelcheck.platforms.arch import ARCHES  # noqa: PLC0415

    across = next(other.runner for other in ARCHES if other.runner)
    return {
        "runner": row.runner or across,
        "architecture": row.name,
        "target": row.zigbuild_target(config.glibc),
        "native": bool(row.runner),
    }
