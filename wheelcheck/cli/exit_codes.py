"""How a run ends: with one of the three exit codes whatever happens, and without a traceback for what is no bug."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wheelcheck.report import broken_pipe_named
from wheelcheck.report.wording import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNVERIFIED = 2


def exit_code(run: Callable[[], int], *known: type[Exception]) -> int:
    """Return what `run` returns, and 2 where it does not come to its end: then nothing is verified.

    A `known` error explains itself; any other is a bug of ours, and its traceback goes to standard error.
    """
    try:
        code = run()
        with reader_may_leave():
            sys.stdout.flush()
    except known as problem:
        return _stop(str(problem))
    except KeyboardInterrupt:
        return _stop("interrupted, nothing is verified")
    except OSError as problem:
        return _stop(f"cannot go on: {problem}")
    except Exception:  # noqa: BLE001  # Python itself would exit with 1, and that says "broken"
        return _stop("internal error, nothing is verified", *traceback.format_exc().splitlines())
    return code


def _stop(*lines: str) -> int:
    sys.stderr.write("".join(f"wheelcheck: {safe(line)}\n" for line in lines))
    _to_nowhere()
    return UNVERIFIED


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Print with nobody listening any more (`| head`) without an error: the verdict is what it is."""
    try:
        with broken_pipe_named():
            yield
            sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # rich makes an exit of a broken pipe
        _to_nowhere()


def _to_nowhere() -> None:
    """Let Python's own flush at exit succeed, which would end with exit code 120 else."""
    try:
        sys.stdout.flush()
    except OSError:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  # devnull is no path
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
