"""Write the data files of wheelcheck/platforms again, each from the installed packages that a module here reads.

    python -m tools.data_files [--check]    all of them; one alone: python -m tools.manylinux [--check]

Nothing else writes these files. Each names its sources with their versions. `--check` writes nothing; it exits 1 if a
file is not what its sources give, and 2 if other versions are installed than the file names, which may say something
else.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

PLATFORMS = Path(__file__).resolve().parent.parent / "wheelcheck" / "platforms"
WRITERS = ("manylinux", "macos_symbols", "python_symbols", "stable_abi", "windows", "known_names", "system_symbols")


class Writer(Protocol):
    """A module that writes one file: where the file is, what it is made from, and its text."""

    TARGET: Path

    def source(self) -> str:
        """Return the installed packages that it reads, with their versions."""

    def render(self) -> str:
        """Return the text of the file."""


def versions(packages: Iterable[str]) -> str:
    """Return these packages with the versions that are installed, as a data file names its sources."""
    return ", ".join(f"{name} {_version(name)}" for name in packages)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(none)"


def run(module: ModuleType, words: list[str] | None = None) -> int:
    """Write the file of one module, which must be a Writer, or check it, and return the exit code."""
    writer = cast("Writer", module)
    parser = argparse.ArgumentParser(description=(module.__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    if parser.parse_args(words).check:
        return _check(writer)
    writer.TARGET.write_text(writer.render(), "utf-8")
    return 0


def _check(writer: Writer) -> int:
    """Print what is wrong with a data file and return the exit code."""
    name, tool = writer.TARGET.name, f"python -m tools.{writer.TARGET.stem}"
    current = writer.TARGET.read_text("utf-8") if writer.TARGET.exists() else ""
    stated, installed = source_of(current), writer.source()
    if stated and stated != installed:
        print(f"{name} is of {stated}, and {installed} is installed: nothing to compare with.", file=sys.stderr)
        print(f"Install the versions that it names to compare, or renew it: {tool}", file=sys.stderr)
        return 2
    if current == writer.render():
        return 0
    print(f"{name} is not what {installed} gives: run {tool}", file=sys.stderr)
    return 1


def source_of(text: str) -> str:
    """Return the sources that the text of a data file names; empty if it names none."""
    try:
        return str(json.loads(text).get("source", ""))
    except ValueError:
        return ""


def main(words: list[str] | None = None) -> int:
    """Write or check all files and return the highest exit code."""
    return max(run(import_module(f"tools.{name}"), words) for name in WRITERS)


if __name__ == "__main__":
    sys.exit(main())
