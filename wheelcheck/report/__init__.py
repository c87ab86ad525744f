"""Where reports go: `FORMAT=FILE` on the command line, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.engine import Report

FORMATS = ("text", "json", "sarif", "github", "junit", "html")
STDOUT = "-"
_TEXT_WIDTH = 120  # columns of a text report in a file


@dataclass(frozen=True, slots=True)
class Output:
    """One report to write: its format, and the file; `-` is standard output."""

    format: str
    file: str


def parse(value: str) -> Output:
    """Return the output that `FORMAT=FILE` names. Raises ValueError with what was expected."""
    form, equals, file = value.partition("=")
    if form not in FORMATS or not equals or not file:
        raise ValueError(
            f"found {value!r}, expected FORMAT=FILE with one of {', '.join(FORMATS)}; - is standard output"
        )
    return Output(form, file)


def check(outputs: list[Output]) -> str:
    """Say why the outputs cannot all be written; empty text where they can."""
    files = [output.file for output in outputs]
    twice = next((file for file in files if files.count(file) > 1), "")
    return f"two reports go to {'standard output' if twice == STDOUT else twice}, expected one" if twice else ""


def render(report: Report, form: str) -> str:
    """Return the report in this format, text without colour."""
    if form != "text":
        return str(import_module(f"wheelcheck.report.{form}").render(report))
    from rich.console import Console  # noqa: PLC0415  # slow to import, and no other format needs it

    from wheelcheck.report import text  # noqa: PLC0415

    console = Console(file=StringIO(), width=_TEXT_WIDTH, highlight=False, color_system=None)
    with console.capture() as captured:
        text.render(report, console)
    return captured.get()


def write(report: Report, outputs: list[Output]) -> list[str]:
    """Write the reports that go to files; return a sentence for each that could not be written."""
    problems = []
    for output in outputs:
        if output.file == STDOUT:
            continue
        try:
            _replace(Path(output.file).resolve(), render(report, output.format))
        except OSError as problem:
            problems.append(f"the {output.format} report cannot be written to {output.file}: {_why(problem)}")
        except Exception as problem:  # noqa: BLE001  # a bug of ours in one report must not lose verdict and others
            problems.append(f"the {output.format} report stopped at an internal error: {_why(problem)}")
    return problems


def append_step_summary(report: Report, environment: Mapping[str, str]) -> list[str]:
    """Append the Markdown summary to GitHub's step summary where the environment names one; return what went wrong."""
    from wheelcheck.report import github  # noqa: PLC0415  # as above

    file = environment.get("GITHUB_STEP_SUMMARY")
    if not file:
        return []
    try:
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(github.summary(report))
    except OSError as problem:
        return [f"the step summary cannot be written to {file}: {_why(problem)}"]
    return []


def _why(problem: Exception) -> str:
    known = problem.strerror if isinstance(problem, OSError) else None
    return known or f"{type(problem).__name__}: {problem}"


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the whole new one; pipes and devices take it as it comes."""
    content = text.encode("utf-8", "backslashreplace")
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _umask() -> int:
    """Return the process's umask: a temporary file is private, a report is as readable as any other file."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
