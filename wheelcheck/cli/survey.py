"""`wheelcheck survey`: judge any number of artifacts, one by one, into a file that a later run continues."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.cli.exit_codes import PASS, UNVERIFIED, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.survey import Surveyed

_TOLD = 20  # progress lines of a run, beside those of artifacts that are not verified
_VERDICTS = ("pass", "fail", "unverified")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "sources", nargs="*", metavar="SOURCE", help="a wheel, an sdist, a folder, a pattern, or pypi:NAME==VERSION"
    )
    parser.add_argument("--files-from", metavar="LIST", help="a file with a SOURCE on each line, - for standard input")
    parser.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="FILE",
        help="the JSON Lines to write; what is in them already is not judged again",
    )
    parser.add_argument("--jobs", type=_positive, metavar="N", help="processes at a time (default: one for each CPU)")
    parser.add_argument(
        "--timeout",
        type=_positive,
        default=600,
        metavar="SECONDS",
        help="the most for one artifact (default: 600)",
    )
    parser.add_argument("--index-url", default="", metavar="URL", help="the simple index that pypi: asks")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    """Return 0 if every artifact was judged, whatever its verdict; 2 if one could not be verified, or there is none."""
    from wheelcheck.inputs import find_files, resolve  # noqa: PLC0415  # --help starts without it
    from wheelcheck.survey import survey  # noqa: PLC0415

    judged = 0

    def tell(number: int, total: int, found: Surveyed) -> None:
        nonlocal judged
        judged += 1
        if found.verdict == "unverified" or number % max(1, total // _TOLD) == 0 or number == total:
            say(f"{number} of {total}: {found.path.name}: {', '.join((found.verdict, *found.gaps[:1]))}")

    files = find_files(resolve([*arguments.sources, *_listed(arguments.files_from)], arguments.index_url))
    say(*(f"{path}: {why}" for path, why in files.unusable))
    if not files.artifacts:
        say("no wheel and no sdist among the given sources")
        return UNVERIFIED
    verdicts = survey(files.artifacts, arguments.output, arguments.jobs or os.cpu_count() or 1, arguments.timeout, tell)
    counts = ", ".join(f"{verdicts[each]} {each}" for each in _VERDICTS)
    say(f"{len(files.artifacts)} files: {counts}, {judged} of them judged now")
    return UNVERIFIED if verdicts["unverified"] or files.unusable else PASS


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number above 0")
    return int(text)


def _listed(name: str | None) -> Iterator[str]:
    """Yield the sources that a list names. Raises OSError if it cannot be read."""
    if name is not None:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
        yield from (line.strip() for line in text.splitlines() if line.strip())
