"""How the process of a command ends: at once, with everything printed and every exit function called."""

from __future__ import annotations

import atexit
import gc
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

import wheelcheck
from tests.support.artifacts import a_wheel
from tests.support.commandline import environment
from wheelcheck import __main__

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What happens at the end of a process that `start` would end, instead of ending this one."""
    happened: list[object] = []
    monkeypatch.setattr(atexit, "_run_exitfuncs", lambda: happened.append("exit functions"))
    monkeypatch.setattr(os, "_exit", happened.append)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    threshold = gc.get_threshold()
    yield happened
    gc.set_threshold(*threshold)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_process_ends_itself_behind_its_exit_functions(
    ends: list[object], option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["wheelcheck", option])
    __main__.start()
    assert capsys.readouterr().out == f"wheelcheck {wheelcheck.__version__}\n"
    assert ends == ["exit functions", 0]


def test_while_threads_are_at_work_python_ends_it(ends: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["wheelcheck", "--version"])
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert __main__.start() == 0
    assert ends == []


def test_a_command_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["wheelcheck", "check", str(tmp_path / "absent")])
    assert __main__.main() == 2
    assert f"{tmp_path / 'absent'}: no such file" in capsys.readouterr().out
