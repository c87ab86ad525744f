"""`python -m reference.selftest [--json]`: does everything here do on this machine what it says?

One workload, a process that reads a file and writes another, runs under each backend, and the content of what comes
back is judged: a report with the wrong bytes is a failure, and so is one without them. A capability that the machine
lacks is skipped with the reason. The exit status is 1 after a failure, and where nothing at all could be executed.

The workload reads and writes in the process that is started itself: children as short-lived as a shell's would make
the verdict a question of timing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reference.checkpoint import checkpoint
from reference.guard import NETWORK, call_number
from reference.machine import machine
from reference.objects import bpf_object
from reference.packets import count_packets, veth_pair
from reference.sandbox import Policy, sandbox
from reference.tally import run
from reference.trace import Backend, File, trace
from reference.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Verdict = Literal["OK", "SKIP", "FAIL"]
_READ, _WRITTEN, _STATUS = b"what is read " * 101, 407, 7
_WORKLOAD = f"""
import socket, sys
text = open(sys.argv[1], "rb").read()
open(sys.argv[2], "wb").write(text[:{_WRITTEN}])
try:
    socket.socket().close()
except PermissionError:
    print("no network")
raise SystemExit({_STATUS})
"""


_SENT = 5
_SEND = f"""
import socket, sys
interface = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
interface.bind((sys.argv[1], 0))
for _ in range({_SENT}):
    interface.send(bytes(12) + bytes([0x88, 0xb5]) + bytes(60))
"""


@dataclass(frozen=True)
class Result:
    """One check: its verdict, and why it failed or was skipped."""

    check: str
    verdict: Verdict
    why: str = ""

    def __str__(self) -> str:
        return f"{self.verdict:4} {self.check}{': ' if self.why else ''}{self.why}"


@dataclass(frozen=True)
class Workload:
    """The command, and the two files it uses."""

    source: Path
    target: Path

    @classmethod
    def prepare(cls, folder: Path) -> Workload:
        """Write the file to be read."""
        workload = cls(folder / "source", folder / "target")
        workload.source.write_bytes(_READ)
        return workload

    @property
    def command(self) -> list[str]:
        """What to run: this interpreter, without anything of its surroundings."""
        return [sys.executable, "-I", "-S", "-c", _WORKLOAD, str(self.source), str(self.target)]

    def require_done(self, status: int | None) -> None:
        """Raise AssertionError unless the workload itself did its work, whoever watched."""
        _require("exit status", status, _STATUS)
        _require("bytes in the written file", self.target.read_bytes(), _READ[:_WRITTEN])


def check_trace(workload: Workload, backend: Backend) -> None:
    """Judge a trace: the process, its end, the bytes of both files, and the hash of what was written."""
    report = trace(workload.command, backend)
    workload.require_done(report.exit_status)
    read, written = report.file(workload.source), report.file(workload.target)
    _require("file read", read, File(read.path if read else "", 1, len(_READ), 0, 0, None))
    _require("file written", written, File(written.path if written else "", 1, 0, _WRITTEN, 0, None, _hash(_READ[:_WRITTEN])))
    _require("lost events", report.lost, 0)
    ends = {process.commands: process.exit_status for process in report.processes}
    _require("processes", ends, {(tuple(workload.command),): _STATUS})


def check_checkpoint(_workload: Workload) -> None:
    """Judge a checkpoint: a process that waits stands in its own code and on its own stack, and waits on."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as waiting:
        (thread,) = checkpoint(waiting.pid).threads
        ranges = [line.split()[:2] for line in Path(f"/proc/{waiting.pid}/maps").read_text().splitlines()]
        _require("mode of the code's memory", _mode(ranges, thread.counter)[2:3], "x")
        _require("mode of the stack's memory", _mode(ranges, thread.stack)[:2], "rw")
        _require("end", waiting.poll(), None)
        waiting.communicate()
    _require("exit status", waiting.returncode, 0)


def _mode(ranges: list[list[str]], address: int) -> str:
    """Return the mode of the memory at an address, empty where there is none."""
    places = ((*(int(end, 16) for end in place.split("-")), mode) for place, mode in ranges)
    return next((mode for first, end, mode in places if first <= address < end), "")


def check_sandbox(workload: Workload) -> None:
    """Judge the sandbox: the files can be used, the network cannot, and outside of it nothing changed."""
    free = subprocess.run(workload.command, capture_output=True, text=True, check=False)
    if free.stdout:
        raise Unavailable("network", "this machine denies it already, so that nothing is left to deny")
    inside = sandbox(workload.command, Policy(deny=NETWORK), capture_output=True)
    workload.require_done(inside.returncode)
    _require("the workload's word", inside.stdout, "no network\n")


def check_confinement(workload: Workload) -> None:
    """Judge Landlock: the workload can write its file where that is allowed, and cannot where it is not."""
    folder = workload.target.parent
    inside = sandbox(workload.command, Policy(deny=(), writable=(str(folder),)), capture_output=True)
    workload.require_done(inside.returncode)
    workload.target.unlink()
    outside = sandbox(workload.command, Policy(deny=(), writable=()), capture_output=True)
    _require("file that was written all the same", workload.target.exists(), expected=False)
    _require("the workload's last word", "PermissionError" in outside.stderr, expected=True)


def check_tally(workload: Workload) -> None:
    """Judge the cost of a run: an end, and some memory."""
    tally = run(workload.command)
    workload.require_done(tally.exit_status)
    _require("no memory", tally.max_rss_kib == 0, expected=False)


def check_packets(_workload: Workload) -> None:
    """Judge the XDP program: what one end of a pair sends is counted at the other, in the driver."""
    one, other = f"ref{os.getpid() % 100000}c", f"ref{os.getpid() % 100000}d"
    with veth_pair(one, other):
        found = count_packets([sys.executable, "-I", "-S", "-c", _SEND, other], one)
    _require("mode", found.mode, "native")
    _require("no packets", found.packets < _SENT, expected=False)


def check_object(_workload: Workload) -> None:
    """Judge the eBPF object: whole, for the kernel's machine, with its program and a licence."""
    carried = bpf_object()
    _require("programs", carried.programs, ("tracepoint/syscalls/sys_enter_openat",))
    _require("empty programs", [name for name in carried.programs if not carried.sections[name]], [])
    _require("licence", carried.license, "GPL")


def check_machine(_workload: Workload) -> None:
    """Judge the extension module and the library: both know the CPU they were built for, and agree."""
    cpu = machine().cpu
    expected = {"x86_64": 2, "aarch64": None}
    _require("number of open(2)", call_number("open"), expected[cpu])


CHECKS: dict[str, Callable[[Workload], None]] = {
    "tally": check_tally,
    "trace by ptrace": lambda workload: check_trace(workload, "ptrace"),
    "trace by preload": lambda workload: check_trace(workload, "preload"),
    "trace by eBPF": lambda workload: check_trace(workload, "ebpf"),
    "checkpoint": check_checkpoint,
    "sandbox": check_sandbox,
    "confinement": check_confinement,
    "packets": check_packets,
    "object": check_object,
    "machine": check_machine,
}


def attempt(name: str, check: Callable[[Workload], None]) -> Result:
    """Run one check with a workload of its own."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(Workload.prepare(Path(folder)))
        except Unavailable as missing:
            return Result(name, "SKIP", str(missing))
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is what this exists to report
            return Result(name, "FAIL", f"{type(problem).__name__}: {problem}")
        return Result(name, "OK")


def status(results: Iterable[Result]) -> int:
    """Return 1 after a failure, and where nothing was executed: that proves nothing."""
    verdicts = {result.verdict for result in results}
    return int("FAIL" in verdicts or "OK" not in verdicts)


def main(arguments: list[str] | None = None) -> int:
    """Run every check, print what became of it, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m reference.selftest", description="Try everything on this machine.")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args(arguments)
    results = [attempt(name, check) for name, check in CHECKS.items()]
    if options.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        print(*results, f"selftest: {_counted(results)}", sep="\n")
    return status(results)


def _counted(results: list[Result]) -> str:
    counts = {verdict: sum(result.verdict == verdict for result in results) for verdict in ("OK", "SKIP", "FAIL")}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _require(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise AssertionError(f"{what}: found {found!r}, expected {expected!r}")


if __name__ == "__main__":
    sys.exit(main())
