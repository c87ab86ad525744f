"""Whose turn it is among the threads that read a release: one at a time runs Python.

The interpreter's lock lets no more than one run anyway. Threads that all want it hand it over at each small call that
releases it, thousands of times, and a release of small members took an eighth more CPU time for that. So a thread keeps
its turn, and gives it up only while a large member is inflated and hashed, which needs no interpreter.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock  # that of `threading`, without its import


def new_turn() -> Turn | None:
    """Return a turn for the threads of one release; None where the interpreter has no lock and all can run."""
    has_lock = getattr(sys, "_is_gil_enabled", None)  # since Python 3.13
    return None if has_lock and not has_lock() else Turn()


class Turn:
    """A lock that a thread holds: `with turn:`, and in it `with turn.given_up:` where others can go on."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self.given_up = _GivenUp(self)

    def __enter__(self) -> None:
        """Wait for the turn."""
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Let another thread have it."""
        self._lock.release()


class _GivenUp:
    """What a turn is not, so that leaving this waits for the turn again."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __enter__(self) -> None:
        self._turn.__exit__()

    def __exit__(self, *_: object) -> None:
        self._turn.__enter__()
