from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import reference
from reference import Checkpoint, Unavailable, machine

TRIES = 1000
WAITING = """
import sys, threading
threading.Thread(target=sys.stdin.read).start()
print("ready", flush=True)
"""


def look_at(pid: int) -> Checkpoint:
    try:
        return reference.checkpoint(pid)
    except Unavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture
def waiting() -> subprocess.Popen[str]:
    """A process of two threads that waits for the end of its standard input."""
    words = [sys.executable, "-c", WAITING]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    return child


def test_every_thread_stands_in_code_and_on_a_stack_of_its_own_and_runs_on(waiting: subprocess.Popen[str]) -> None:
    found = look_at(waiting.pid)
    tasks = sorted(int(entry.name) for entry in Path(f"/proc/{waiting.pid}/task").iterdir())
    assert sorted(thread.task for thread in found.threads) == tasks
    assert len({thread.stack for thread in found.threads}) == len(tasks) == 2
    assert all(thread.counter in thread.registers and thread.stack in thread.registers for thread in found.threads)
    waiting.communicate()
    assert waiting.returncode == 0


def test_a_checkpoint_names_process_start_and_cpu(waiting: subprocess.Popen[str]) -> None:
    found = look_at(waiting.pid)
    started = int(Path(f"/proc/{waiting.pid}/stat").read_text().rpartition(")")[2].split()[19])
    assert (found.pid, found.started, found.cpu) == (waiting.pid, started, machine().cpu)
    waiting.communicate()


def test_a_process_that_waits_stands_in_the_same_place_twice(waiting: subprocess.Popen[str]) -> None:
    # "ready" is written before either thread has reached the call in which it waits.
    looks = (look_at(waiting.pid) == look_at(waiting.pid) for _ in range(TRIES))
    assert any(looks), "it never stood still"
    waiting.communicate()


def test_what_is_no_process_is_not_found() -> None:
    with pytest.raises(ProcessLookupError, match="4194305 is no process"):
        reference.checkpoint(4194305)
