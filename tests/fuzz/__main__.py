"""`nox -s fuzz -- SESSION`, or `python -m tests.fuzz SESSION`: run one session and print what it found.

Exits 1 if something was found, 2 if nothing was tried. A failure is printed as `SESSION SEED NUMBER`; `--only NUMBER`
makes that input again.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from tests.fuzz import extraction, loader, supervision
from tests.fuzz.worker import MAKERS

if TYPE_CHECKING:
    from collections.abc import Callable

SESSIONS: dict[str, Callable[[str, range, float], int]] = {
    "extraction": extraction.run,
    "loader": loader.run,
    **{name: partial(supervision.run, name) for name in MAKERS},
}


def main(arguments: list[str] | None = None) -> int:
    """Run a session and return the exit code."""
    parser = argparse.ArgumentParser(prog="nox -s fuzz --", description="Compare the gate with a judge on made inputs.")
    parser.add_argument("session", choices=SESSIONS)
    parser.add_argument("--executions", type=int, default=1000, metavar="N", help="inputs at most (1000)")
    parser.add_argument("--seconds", type=float, default=600, metavar="S", help="time at most (600)")
    parser.add_argument("--seed", default="1", metavar="WORD", help="what all choices follow from (1)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="the one input with this number")
    options = parser.parse_args(arguments)
    print(f"session {options.session}, seed {options.seed}", flush=True)
    numbers = range(options.executions) if options.only is None else range(options.only, options.only + 1)
    return SESSIONS[options.session](options.seed, numbers, options.seconds)


if __name__ == "__main__":
    raise SystemExit(main())
