"""Measure how large the package is, and how much of it one command runs.

    python -m tools.structure [--wheel FILE] [--project FOLDER]

Prints the number of modules with the median and the largest of their lines of code. For a wheel it adds how many
modules `wheelcheck check FILE` runs code of, and for a project how many `wheelcheck build` runs for binaries, sdist and
wheels. Both are measured: the commands run for real, and a module counts if at least one of its functions was called.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import shutil
import subprocess
import sys
import tempfile
import tokenize
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wheelcheck"
STEPS = ("build", "sdist", "wheels")
_NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
# 1 is CO_OPTIMIZED, which is set for functions, but not for the bodies of modules and classes.
_TRACED = """
import json, sys, threading
called = set()
def note(frame, event, _):
    if event == "call" and frame.f_code.co_flags & 1:
        called.add(frame.f_code.co_filename)
threading.setprofile(note)
sys.setprofile(note)
from wheelcheck.cli import main
try:
    code = main(sys.argv[2:])
finally:
    sys.setprofile(None)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump(sorted(called), out)
sys.exit(code)
"""


class RunFailedError(Exception):
    """A traced command failed; the message is its output."""


def code_lines(source: str) -> int:
    """Return how many lines hold code: neither blank, nor only a comment, nor part of a docstring."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {
        line for token in tokens if token.type not in _NO_CODE for line in range(token.start[0], token.end[0] + 1)
    } - {source.count("\n") + 1}
    return len(lines - _docstring_lines(ast.parse(source)))


def _docstring_lines(tree: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines |= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return lines


def sizes() -> dict[str, int]:
    """Return the lines of code of every module, by its path in the package."""
    files = sorted(PACKAGE.rglob("*.py"))
    return {file.relative_to(PACKAGE).as_posix(): code_lines(file.read_text("utf-8")) for file in files}


def used_by(*commands: list[str], ends: tuple[int, ...] = (0,)) -> set[str]:
    """Run commands of `wheelcheck` and return the modules of which they called a function.

    Raises RunFailedError if a command ends with an exit code that is not in `ends`.
    """
    return {module for command in commands for module in _used_by_one(command, ends)}


def _used_by_one(command: list[str], ends: tuple[int, ...]) -> set[str]:
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder, "called.json")
        argv = [sys.executable, "-c", _TRACED, str(notes), *command]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode not in ends:
            said = f"{done.stdout}{done.stderr}".strip()
            raise RunFailedError(f"wheelcheck {' '.join(command)} ended with {done.returncode}:\n{said}")
        called = map(Path, json.loads(notes.read_text("utf-8")))
        return {file.relative_to(PACKAGE).as_posix() for file in called if file.is_relative_to(PACKAGE)}


def used_by_check(wheel: Path) -> set[str]:
    """Return the modules that checking one wheel runs; it may pass or fail."""
    return used_by(["check", str(wheel.resolve())], ends=(0, 1))


def used_by_build(project: Path) -> set[str]:
    """Return the modules that building binaries, sdist and wheels of a copy of a project runs."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(project, Path(folder, "project"), ignore=shutil.ignore_patterns("target"))
        return used_by(*(["build", step, "--project", str(copy)] for step in STEPS))


def main(arguments: list[str] | None = None) -> int:
    """Print the numbers; exit with 1 if a measured command fails."""
    parser = argparse.ArgumentParser(prog="python -m tools.structure", description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, metavar="FILE", help="a wheel to check")
    parser.add_argument("--project", type=Path, metavar="FOLDER", help="a project to build")
    options = parser.parse_args(arguments)
    lines = sizes()
    largest = max(lines, key=lambda name: lines[name])
    print(
        f"modules: {len(lines)}, median {median(lines.values()):g} lines of code, largest {lines[largest]}: {largest}"
    )
    try:
        if options.wheel:
            print(f"check of one wheel runs code of {len(used_by_check(options.wheel))} modules")
        if options.project:
            print(f"build, sdist and wheels run code of {len(used_by_build(options.project))} modules")
    except RunFailedError as problem:
        print(f"structure: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
