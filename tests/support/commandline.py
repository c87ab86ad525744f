"""Runs `python -m wheelcheck` as users do: in a separate process, its output as bytes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from wheelcheck.cli import main

ROOT = Path(__file__).parents[2]
# Variables that a developer's machine or CI may set, and that change the form or destination of a report.
_SETTINGS = (
    *("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR", "FORCE_COLOR", "COLUMNS"),
    *("PYTHONIOENCODING", "PYTHONUNBUFFERED"),
)


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without such settings, with wheelcheck importable anywhere."""
    plain = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    return {**plain, "PYTHONPATH": str(ROOT), **changes}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "wheelcheck", *map(str, arguments)]


def run(folder: Path, *arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in `folder`, with changes to the environment."""
    return subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, check=False, timeout=60, env=environment(**changes)
    )


def run_here(folder: Path, *arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line as `run` does, but in this process: it starts at once, and its coverage is measured."""
    words, before = [str(argument) for argument in arguments], Path.cwd()
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    settings = {name: os.environ[name] for name in _SETTINGS if name in os.environ}
    for name in settings:
        del os.environ[name]
    added = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    os.chdir(folder)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = _exit_code(words)
    finally:
        os.chdir(before)
        os.environ.update(settings)
        for name, value in added.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return subprocess.CompletedProcess(words, code, _bytes(out), _bytes(err))


def _exit_code(words: list[str]) -> int:
    try:
        return main(words)
    except SystemExit as end:  # argparse
        return int(str(end.code or 0))


def _bytes(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    return stream.buffer.getvalue()  # type: ignore[attr-defined, no-any-return]  # a BytesIO


def build(words: list[str]) -> int:
    """Run `wheelcheck build` in this process, and return its exit code."""
    return main(["build", *words])
