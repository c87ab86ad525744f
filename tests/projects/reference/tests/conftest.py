from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, get_args

import pytest
import reference
from reference import Backend, Unavailable
from reference.unavailable import emulation

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=get_args(Backend))
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend in turn, where this machine has it."""
    name: Backend = request.param
    try:
        reference.trace([sys.executable, "-c", ""], name)
    except Unavailable as missing:
        pytest.skip(str(missing))
    return name


@pytest.fixture
def failing_exec() -> None:
    """Skip the test where a command that cannot be started seems to start, and to end with status 127."""
    if emulation():
        pytest.skip(f"qemu-user makes a fork of vfork, from which no failure comes back{emulation()}")


@pytest.fixture
def seccomp() -> None:
    """Skip the test where this kernel takes no filter."""
    try:
        reference.sandbox(["true"])
    except Unavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture
def landlock() -> None:
    """Skip the test where this kernel cannot keep writes away."""
    try:
        reference.sandbox(["true"], reference.Policy(deny=(), writable=()))
    except Unavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture
def python() -> Callable[[str], str]:
    """Run code in a process of its own, for what cannot be undone, and return what it prints."""

    def run(code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run
