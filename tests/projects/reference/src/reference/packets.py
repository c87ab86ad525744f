"""Count the packets that a network interface receives while a command runs; an XDP program counts in the kernel."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reference.bundled import bundled
from reference.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Packets:
    """How many packets were received, and where they were counted: in the driver, or behind it."""

    mode: Literal["native", "generic"]
    packets: int


def count_packets(command: Sequence[str], interface: str) -> Packets:
    """Run `command` and return what `interface` received meanwhile.

    Raises Unavailable where this machine does not let packets be counted, RuntimeError where the program for the kernel
    is damaged or refused, OSError where the command cannot be started.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--interface", interface, "--object", str(bundled("bpf/packets.bpf.o")), "--report", str(report)]
        subprocess.run([str(bundled("bin/packets")), *options, "--", *command], check=False)
        table = json.loads(report.read_text())
    if reason := table.get("unavailable"):
        raise Unavailable("xdp", reason)
    if reason := table.get("broken"):
        raise RuntimeError(reason)
    if reason := table.get("not_started"):
        raise OSError(f"{command[0]} could not be started: {reason}")
    return Packets(**table)


@contextmanager
def veth_pair(one: str, other: str) -> Iterator[None]:
    """Make two interfaces, each of which receives what the other sends; they are gone at the end, whatever happens.

    Raises Unavailable without the right to make them, and without the program `ip`.
    """
    if not (program := shutil.which("ip")):
        raise Unavailable("veth", "there is no program `ip` (iproute2)")
    _change(program, "add", one, "type", "veth", "peer", "name", other)
    try:
        for name in (one, other):
            _change(program, "set", name, "up")
        yield
    finally:
        _change(program, "del", one)


def _change(program: str, *words: str) -> None:
    done = subprocess.run([program, "link", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable("veth", done.stderr.strip())
