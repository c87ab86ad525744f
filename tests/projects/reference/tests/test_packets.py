from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import reference
from reference import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

SEND = """
import socket, sys
interface = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
interface.bind((sys.argv[1], 0))
for _ in range(5):
    interface.send(b"\\xff" * 12 + b"\\x88\\xb5" + b"x" * 60)
"""


@pytest.fixture
def pair() -> Iterator[tuple[str, str]]:
    """Two interfaces that are connected with each other."""
    names = (f"ref{os.getpid() % 100000}a", f"ref{os.getpid() % 100000}b")
    try:
        with reference.veth_pair(*names):
            yield names
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert not {name for _, name in socket.if_nameindex()} & set(names)


def count(command: list[str], interface: str) -> reference.Packets:
    try:
        return reference.count_packets(command, interface)
    except Unavailable as missing:
        pytest.skip(str(missing))


def is_attached(interface: str) -> bool:
    shown = subprocess.run(["ip", "link", "show", interface], capture_output=True, text=True, check=True).stdout
    return "xdp" in shown


def test_what_one_interface_sends_is_counted_at_the_other_in_its_driver(pair: tuple[str, str]) -> None:
    here, there = pair
    found = count([sys.executable, "-c", SEND, there], here)
    assert found.mode == "native"
    assert found.packets >= 5  # the kernel sends some of its own


def test_a_driver_that_cannot_count_has_it_done_behind_it() -> None:
    assert count(["true"], "lo").mode == "generic"


def test_the_program_is_attached_while_the_command_runs_and_gone_even_if_everything_is_killed(
    pair: tuple[str, str],
) -> None:
    here, _ = pair
    count(["true"], here)
    assert not is_attached(here)
    code = f"import reference; reference.count_packets(['sh', '-c', 'ip link show {here}; kill -9 $PPID'], {here!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "xdp" in done.stdout
    assert not is_attached(here)


def test_an_interface_that_is_not_there_is_named() -> None:
    with pytest.raises(Unavailable, match="no interface none-such"):
        reference.count_packets(["true"], "none-such")
