"""How the process of a command ends: at once, with everything printed and every exit function called."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.artifacts import a_wheel
from tests.support.commandline import environment

if TYPE_CHECKING:
    from pathlib import Path

_START = """
import atexit, sys, threading
from wheelcheck.__main__ import start
atexit.register(print, 'the end')
{}
sys.exit(start())
"""
# It prints when the main thread has ended.
_THREAD = "threading.Thread(target=lambda: (threading.main_thread().join(), print('a thread'))).start()"


def _run(folder: Path, before: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _START.format(before), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment())


def test_exit_functions_run_behind_the_report(tmp_path: Path) -> None:
    wheel = a_wheel("py3-none-any").write(tmp_path)
    done = _run(tmp_path, "", "check", wheel.name)
    assert done.stdout.splitlines()[-1] == "the end"
    assert "1 artifact" in done.stdout.splitlines()[-2]
    assert done.stderr == ""


def test_the_exit_code_is_that_of_the_command(tmp_path: Path) -> None:
    assert _run(tmp_path, "", "check", "absent").returncode == 2


def test_threads_that_are_still_at_work_end_first(tmp_path: Path) -> None:
    wheel = a_wheel("py3-none-any").write(tmp_path)
    assert _run(tmp_path, _THREAD, "check", wheel.name).stdout.splitlines()[-2:] == ["a thread", "the end"]
