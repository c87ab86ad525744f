"""`wheelcheck matrix`: the machines that a release is built on, and the artifacts it must consist of, as JSON.

Both come from the configuration that the gate reads: lists kept by hand in a workflow and in a gate drift apart.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from wheelcheck.cli.exit_codes import PASS, reader_may_leave
from wheelcheck.cli.options import add_config
from wheelcheck.counting import dotted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from wheelcheck.config import Config
    from wheelcheck.platforms.arch import Arch


class Job(TypedDict):
    """One machine to build on. `native` says whether it has that CPU; if not, the job cross-compiles.

    `target` is cargo-zigbuild's name for CPU and floor, `rust` is Rust's name for the CPU.
    """

    runner: str
    architecture: str
    target: str
    rust: str
    native: bool


class Elsewhere(TypedDict):
    """One machine that cibuildwheel builds wheels on which the builder cannot make: macOS, Windows, musl.

    `build` and `archs` are the values of CIBW_BUILD and CIBW_ARCHS, `deployment` is the oldest macOS that is promised.
    """

    runner: str
    platform: str
    build: str
    archs: str
    deployment: str


class Expected(TypedDict):
    """What the release must hold: `PYTHON-ABI-PLATFORM` of each wheel, and whether an sdist."""

    wheels: list[str]
    sdist: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    parser.add_argument("--expected", action="store_true", help="print the expected artifacts, not the machines")
    parser.add_argument("--github-output", action="store_true", help="append both to $GITHUB_OUTPUT, if that is set")
    parser.set_defaults(run=_run)


def jobs(config: Config) -> list[Job]:
    """Return one job per CPU of the release, on a GitHub-hosted runner with that CPU if there is one.

    Raises ConfigError for a CPU that nothing can be built for.
    """
    rows = _rows(config)
    _require_buildable(rows)
    return [_job(row, config) for row in rows]


def elsewhere(config: Config) -> list[Elsewhere]:
    """Return one job per platform of the release but Linux with glibc. Raises ConfigError for an unknown platform."""
    from wheelcheck.platforms.tags import parse_platform  # noqa: PLC0415

    names: dict[str, list[str]] = {}
    for wheel in config.wheels:
        platform = parse_platform(wheel.platform)
        if platform.system in ("macos", "windows") or platform.libc == "musl":
            names.setdefault(wheel.platform, []).append(wheel.abi if wheel.abi.startswith("cp") else wheel.python)
    return [_elsewhere(platform, pythons) for platform, pythons in sorted(names.items())]


def expected(config: Config) -> Expected:
    """Return exactly what the release must hold."""
    return {"wheels": [str(wheel) for wheel in config.wheels], "sdist": bool(config.sdist)}


def github_lines(config: Config) -> list[str]:
    """Return the lines for $GITHUB_OUTPUT, one per value; JSON written by `dumps` holds no line break."""
    values = {
        "matrix": {"include": jobs(config)},
        "elsewhere": {"include": elsewhere(config)},
        "expected": expected(config),
    }
    return [f"{name}={json.dumps(value)}" for name, value in values.items()]


def append(lines: list[str], environment: Mapping[str, str]) -> None:
    """Append lines to the file that $GITHUB_OUTPUT names; without the variable, do nothing."""
    if name := environment.get("GITHUB_OUTPUT"):
        with Path(name).open("a", encoding="utf-8", newline="\n") as output:
            output.writelines(f"{line}\n" for line in lines)


def _run(arguments: argparse.Namespace) -> int:
    from wheelcheck.config import ConfigError, load  # noqa: PLC0415  # --help starts without them
    from wheelcheck.config.discovery import configuring  # noqa: PLC0415
    from wheelcheck.config.files import SHARED, read  # noqa: PLC0415

    file = arguments.config or configuring(Path()) or Path(SHARED)
    config = load(file)
    if not jobs(config):
        raise ConfigError(
            f'{read(file)[1]} names no CPU to build for; add for example architectures = ["x86_64", "aarch64"]'
        )
    if arguments.github_output:
        append(github_lines(config), os.environ)
    with reader_may_leave():
        print(json.dumps(expected(config) if arguments.expected else {"include": jobs(config)}))
    return PASS


def _rows(config: Config) -> list[Arch]:
    from wheelcheck.platforms.arch import ARCHES  # noqa: PLC0415
    from wheelcheck.platforms.tags import parse_platform  # noqa: PLC0415

    linux = (parse_platform(wheel.platform) for wheel in config.wheels)
    named = {name for platform in linux if platform.system == "linux" for name in platform.arches}
    return [row for row in ARCHES if row.name in named or row.name in config.architectures]


def _require_buildable(rows: list[Arch]) -> None:
    from wheelcheck.config import ConfigError  # noqa: PLC0415

    if names := ", ".join(row.name for row in rows if row.oldest_build is None):
        raise ConfigError(f"{names} cannot be built: Rust or zig does not support it; remove it from the configuration")


def _job(row: Arch, config: Config) -> Job:
    from wheelcheck.platforms.arch import ARCHES  # noqa: PLC0415

    cross = next(other.runner for other in ARCHES if other.runner)
    return {
        "runner": row.runner or cross,
        "architecture": row.name,
        "target": row.zigbuild_target(config.glibc),
        "rust": row.rust_triple,
        "native": bool(row.runner),
    }


# The machine for a platform by the start and the end of its tag, and what cibuildwheel calls its CPU.
_ELSEWHERE = (
    ("macosx", "_arm64", "macos-15", "arm64"),
    ("macosx", "_universal2", "macos-15", "universal2"),
    ("macosx", "_x86_64", "macos-15-intel", "x86_64"),
    ("win", "_amd64", "windows-2025", "AMD64"),
    ("win", "32", "windows-2025", "x86"),
    ("win", "_arm64", "windows-11-arm", "ARM64"),
    ("musllinux", "_x86_64", "ubuntu-latest", "x86_64"),
    ("musllinux", "_aarch64", "ubuntu-24.04-arm", "aarch64"),
)


def _elsewhere(platform: str, pythons: list[str]) -> Elsewhere:
    from wheelcheck.config import ConfigError  # noqa: PLC0415
    from wheelcheck.platforms.tags import parse_platform  # noqa: PLC0415

    for start, end, runner, archs in _ELSEWHERE:
        if platform.startswith(start) and platform.endswith(end):
            tag = f"{start}{end}"
            names = (f"cp3{_MINOR}" if name in ("py2", "py3") else name for name in pythons)
            floor = parse_platform(platform).floor if start == "macosx" else ()
            build = " ".join(f"{name}-{tag}" for name in dict.fromkeys(names))
            return {"runner": runner, "platform": platform, "build": build, "archs": archs, "deployment": dotted(floor)}
    raise ConfigError(f"{platform}: no hosted runner is known that builds it; build it in a job of your own")


_MINOR = 13  # of the Python that builds wheels for any
