"""`nox -s fuzz -- SESSION…`, or `python -m tests.fuzz SESSION…`: run sessions and print what they found.

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
    """Run the sessions and return the worst exit code: 1, then 2."""
    parser = argparse.ArgumentParser(prog="nox -s fuzz --", description="Compare the gate with a judge on made inputs.")
    parser.add_argument("sessions", nargs="+", choices=SESSIONS, metavar="SESSION", help=", ".join(SESSIONS))
    parser.add_argument("--executions", type=int, default=1000, metavar="N", help="inputs of each at most (1000)")
    parser.add_argument("--seconds", type=float, default=600, metavar="S", help="time for each at most (600)")
    parser.add_argument("--seed", default="1", metavar="WORD", help="what all choices follow from (1)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="the one input with this number")
    options = parser.parse_args(arguments)
    numbers = range(options.executions) if options.only is None else range(options.only, options.only + 1)
    codes = []
    for name in options.sessions:
        print(f"session {name}, seed {options.seed}", flush=True)
        codes.append(SESSIONS[name](options.seed, numbers, options.seconds))
    return max(codes, key=(0, 2, 1).index)


if __name__ == "__main__":
    raise SystemExit(main())
