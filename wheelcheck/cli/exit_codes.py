"""How every command ends: with one of three exit codes, and with a traceback for a bug only."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress

from wheelcheck.credentials import without_credentials
from wheelcheck.report import broken_pipe_named
from wheelcheck.report.wording import safe
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PASS, FAIL, UNVERIFIED = 0, 1, 2


def exit_code(run: Callable[[], int]) -> int:
    """Return what `run` returns, or 2 if it raises; SystemExit, which argparse raises, is passed on.

    Errors that explain themselves, and operating system errors, are one line on standard error. Anything else is a bug
    of ours, shown with its traceback: Python itself would exit with 1, and that says "fail".
    """
    try:
        code = run()
        with reader_may_leave():
            pass
    except SystemExit:
        discard_output()
        raise
    except KeyboardInterrupt:
        return _stop("interrupted, nothing is verified")
    except OSError as problem:
        return _stop(f"cannot go on: {problem}")
    except Exception as problem:  # noqa: BLE001  # a bug must end as "could not verify", too
        if isinstance(problem, _expected_errors()):
            return _stop(str(problem))
        import traceback  # noqa: PLC0415  # slow to import

        return _stop("internal error, nothing is verified", *traceback.format_exc().splitlines())
    return code


def say(*lines: str) -> None:
    """Print lines on standard error: harmless, and without the credentials of any URL."""
    if sys.stderr is None:  # closed before Python started
        return
    with suppress(OSError):  # the reader has left; the exit code still counts
        sys.stderr.write("".join(f"wheelcheck: {safe(without_credentials(line))}\n" for line in lines))
        sys.stderr.flush()


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Ignore a closed standard output (`| head`): the exit code does not change."""
    try:
        with broken_pipe_named():
            yield
            _flush()
    except (BrokenPipeError, SystemExit):  # rich turns a broken pipe into an exit
        discard_output()


def discard_output() -> None:
    """Drop what standard output could not take, so that Python's flush at exit does not end with code 120."""
    try:
        _flush()
    except OSError:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  # devnull is no path
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _flush() -> None:
    if sys.stdout is not None:  # as it is where it was closed before Python started
        sys.stdout.flush()


def _stop(*lines: str) -> int:
    say(*lines)
    discard_output()
    return UNVERIFIED


def _expected_errors() -> tuple[type[Exception], ...]:
    """Return the errors whose message is all that a user needs."""
    from wheelcheck.config import ConfigError  # noqa: PLC0415  # not needed where all goes well
    from wheelcheck.inputs import UnreachableError  # noqa: PLC0415
    from wheelcheck.platforms.arch import UnknownArchitectureError  # noqa: PLC0415

    return ConfigError, UnreachableError, UnknownArchitectureError
