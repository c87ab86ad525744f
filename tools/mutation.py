"""Break modules in every small way, one at a time, and see whether their tests notice.

    python -m tools.mutation wheelcheck/binary/elf_lookup.py [MODULE...] [--tests PATH...] [--page]

The mutants are those of mutmut (tools/mutants.py); tools/mutant_runs.py runs the tests of the folder that mirrors the
modules'. Each survivor is printed. It is either equivalent to the original, or asks for a test. `--page` writes the
figures into docs/mutation.md and keeps the reasons that stand there. One module of 150 lines takes about a minute.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tools.mutation_page import updated

if TYPE_CHECKING:
    from tools.mutant_runs import Judged, Runs

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "mutation.md"
NOTICED = ("killed", "timeout")


def tests_of(module: str) -> str:
    """Return the folder of tests that mirrors a module's. Raises ValueError for what is no module of ours."""
    path = Path(module)
    folder = Path("tests", *path.parent.parts)
    if path.suffix != ".py" or not (ROOT / path).is_file() or not (ROOT / folder).is_dir():
        raise ValueError(f"{module}: name a module such as wheelcheck/binary/elf_lookup.py, from the checkout's folder")
    return folder.as_posix()


def _check(modules: list[str], changes: list[list[str]]) -> None:
    """Raise ValueError unless each text that is to be changed stands in each module once."""
    for module in modules:
        source = (ROOT / module).read_text("utf-8")
        for old, _ in changes:
            if source.count(old) != 1:
                raise ValueError(f"{module}: {old!r} stands there {source.count(old)} times; give a text of one place")


def figures(judged: list[Judged]) -> str:
    """Return how many mutants came to which end, in a line."""
    ends = Counter(each.end for each in judged if each.end != "same code")
    noticed = sum(ends[end] for end in NOTICED)
    left = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()) if end not in NOTICED)
    return f"{ends.total()} mutants, {100 * noticed / max(ends.total(), 1):.1f} % killed{', ' * bool(left)}{left}"


def main(arguments: list[str] | None = None) -> int:
    """Break the modules, print what survived, and return the exit code: 1 if something did."""
    parser = argparse.ArgumentParser(description="Make mutants of modules, and run the tests that mirror them.")
    parser.add_argument("modules", nargs="+", metavar="MODULE")
    parser.add_argument("--tests", nargs="+", default=[], metavar="PATH", help="other tests than the mirroring folder")
    parser.add_argument("--only", default="", metavar="TEXT", help="mutants whose function or change has this text")
    parser.add_argument("--change", nargs=2, action="append", metavar=("OLD", "NEW"), help="a mutant by hand")
    parser.add_argument("--seconds", type=float, default=20, help="tests of one mutant, at most (default 20)")
    parser.add_argument("--sample", type=float, default=0, metavar="N", help="so many of each module, or a share")
    parser.add_argument("--draw", default="", metavar="TEXT", help="another text draws another sample")
    parser.add_argument("--minutes", type=float, default=math.inf, help="by the clock: the same share of each module")
    parser.add_argument("--page", action="store_true", help="write the figures into docs/mutation.md")
    options = parser.parse_args(arguments)
    try:
        tests = sorted({tests_of(module) for module in options.modules})
        _check(options.modules, options.change or [])
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    modules = {module: ROOT / module for module in options.modules}
    judged = _run(modules, options.tests or tests, options).judged
    print(figures(judged))
    return int(any(each.end not in (*NOTICED, "same code") for each in judged))


def _write(runs: Runs) -> None:
    """Write what became of the mutants into the page."""
    today = dt.datetime.now(tz=dt.timezone.utc).date().isoformat()
    PAGE.write_text(updated(PAGE.read_text("utf-8"), runs.judged, runs.made, today), "utf-8")


def _run(modules: dict[str, Path], tests: list[str], options: argparse.Namespace) -> Runs:
    with tempfile.TemporaryDirectory() as folder, os.fdopen(os.dup(1), "w", buffering=1) as out:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder  # nothing that a mutant fails on is tried again later
        from tools.mutant_runs import run  # noqa: PLC0415  # mutmut is installed by `nox -s mutation`

        base = f"--basetemp={folder}/tests"
        chosen = {
            "seconds": options.seconds,
            "wanted": options.only,
            "changes": options.change,
            "sample": options.sample,
            "draw": options.draw,
            "minutes": options.minutes,
            **({"after": _write} if options.page else {}),
        }
        return run(modules, [base, *tests], out=out, **chosen)


if __name__ == "__main__":
    raise SystemExit(main())
