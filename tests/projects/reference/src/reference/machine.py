"""What this package was compiled for, and what it runs on; the C extension module `_machine` knows."""

from __future__ import annotations

from dataclasses import dataclass

from reference import _machine


@dataclass(frozen=True)
class Machine:
    """The CPU and the oldest glibc the code was compiled for, and the glibc it found."""

    cpu: str
    floor: str
    running: str


def machine() -> Machine:
    """Ask the extension module."""
    return Machine(*_machine.facts())
