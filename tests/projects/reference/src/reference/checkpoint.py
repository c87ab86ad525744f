"""Where a running process stands: the registers of each of its threads, read by `tracer` while all of them are held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reference.trace import ask_tracer
from reference.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Thread:
    """One thread: its program counter, its stack pointer, and all registers as the kernel orders them (NT_PRSTATUS)."""

    task: int
    counter: int
    stack: int
    registers: tuple[int, ...]


@dataclass(frozen=True)
class Checkpoint:
    """A process at one time. `started`, in clock ticks since the machine started, tells it from others of its pid."""

    pid: int
    started: int
    cpu: str
    threads: tuple[Thread, ...]


def checkpoint(pid: int) -> Checkpoint:
    """Stop every thread of a process for a moment, and return where they stand.

    Raises ProcessLookupError where there is no such process, and Unavailable where this machine does not let it be
    looked into.
    """
    table = ask_tracer(["--checkpoint", str(pid)])
    if reason := table.get("unavailable"):
        raise Unavailable("ptrace", reason)
    if reason := table.get("not_started"):
        raise ProcessLookupError(reason)
    return _checkpoint(table)


def _checkpoint(table: Mapping[str, Any]) -> Checkpoint:
    threads = tuple(Thread(**{**entry, "registers": tuple(entry["registers"])}) for entry in table["threads"])
    return Checkpoint(**{**table, "threads": threads})
