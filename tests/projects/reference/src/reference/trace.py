"""Run a command and learn which processes it started and which files they used; the Rust executable `tracer` watches.

Three backends make one report. `ptrace` sees every process from outside, whatever it is made of, and stops it at each
system call. `preload` sees them from inside and costs little, but only what goes through the dynamic linker: no static
or setuid programs, and not what the C library does for itself. `ebpf` lets programs in the kernel tell of every call and
stops nothing, but needs root and a kernel since 5.8 with tracepoints of system calls, and names a file as it is called a
moment later.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reference.bundled import bundled
from reference.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

Backend = Literal["ptrace", "preload", "ebpf"]


_FILES = {"preload": {"--preload": "lib/libpreload.so"}, "ebpf": {"--ebpf": "bpf/calls.bpf.o"}}


@dataclass(frozen=True)
class Process:
    """One process. `commands` holds the command line of every program it became.

    A `pid` is used again; `started`, in clock ticks since the machine started, tells the processes apart (0: unknown).
    Neither `exit_status` nor `signal` is a number where its end was not seen: `preload` and `ebpf` cannot see a signal end one.
    """

    pid: int
    started: int
    parent: int
    commands: tuple[tuple[str, ...], ...]
    exit_status: int | None
    signal: int | None


@dataclass(frozen=True)
class File:
    """What all processes together did with one path: how often opened and removed, bytes read and written.

    `sha256` is the hash, in hexadecimal, of a regular file that was written and is there at the end, by its last name.
    """

    path: str
    opened: int
    bytes_read: int
    bytes_written: int
    removed: int
    renamed_to: str | None
    sha256: str | None = None


@dataclass(frozen=True)
class Report:
    """One run. `lost` counts what was seen to happen and could not be read, a 32-bit program's calls for instance.

    `unwatched` names the system calls that `ebpf` looks for and this CPU does not have: aarch64 has no `open`.
    """

    backend: Backend
    command: tuple[str, ...]
    exit_status: int | None
    signal: int | None
    processes: tuple[Process, ...]
    files: tuple[File, ...]
    lost: int
    unwatched: tuple[str, ...] = ()

    def file(self, path: str | os.PathLike[str]) -> File | None:
        """Return what was done with a file, None where nothing was. Reports name files by their real path."""
        wanted = os.path.realpath(path)
        return next((file for file in self.files if file.path == wanted), None)


def trace(command: Sequence[str], backend: Backend = "ptrace") -> Report:
    """Run `command` with this process's standard streams and return what it did.

    Raises Unavailable where this machine does not let it be watched, RuntimeError where what this package brings along is
    damaged or refused by the kernel, OSError where the command cannot be started.
    """
    options = [word for name, file in _FILES.get(backend, {}).items() for word in (name, str(bundled(file)))]
    return _report(ask_tracer(options, command), command[0], backend)


def ask_tracer(options: Sequence[str], command: Sequence[str] = ()) -> dict[str, Any]:
    """Run `tracer`, for a command where there is one, and return the report that it leaves."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        words = ["--", *command] if command else []
        done = subprocess.run([str(bundled("bin/tracer")), *options, "--report", str(report), *words], check=False)
        if not report.exists():
            raise RuntimeError(f"tracer ended with status {done.returncode} and left no report")
        table: dict[str, Any] = json.loads(report.read_text())
        return table


def main() -> None:
    """Become the executable: the `tracer` command."""
    executable = bundled("bin/tracer")
    os.execv(executable, ["tracer", *sys.argv[1:]])


def _report(table: dict[str, Any], program: str, backend: Backend) -> Report:
    if reason := table.get("unavailable"):
        raise Unavailable(backend, reason)
    if reason := table.get("broken"):
        raise RuntimeError(reason)
    if reason := table.get("not_started"):
        raise OSError(f"{program} could not be started: {reason}")
    processes = tuple(_process(entry) for entry in table.pop("processes"))
    files = tuple(File(**entry) for entry in table.pop("files"))
    return Report(**{**table, **_tuples(table, "command", "unwatched")}, processes=processes, files=files)


def _tuples(table: dict[str, Any], *names: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(table[name]) for name in names}


def _process(entry: dict[str, Any]) -> Process:
    return Process(**{**entry, "commands": tuple(map(tuple, entry["commands"]))})
