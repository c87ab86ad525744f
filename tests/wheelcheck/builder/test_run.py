from __future__ import annotations

import fcntl
import os
import sys
from typing import TYPE_CHECKING

import pytest

from wheelcheck.builder import run
from wheelcheck.builder.run import BuildError, Command, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def python(code: str, folder: Path, **env: str) -> Command:
    return Command((sys.executable, "-c", code), folder, env)


def test_standard_output_is_returned_and_standard_error_is_logged_line_by_line(tmp_path: Path) -> None:
    lines: list[str] = []
    command = python("import sys; print('result'); print('one\\ntwo', file=sys.stderr)", tmp_path)
    assert run.run(command, lines.append) == "result\n"
    assert lines == [f"$ {command}", "one", "two"]


def test_the_environment_is_whole_and_the_folder_is_the_one_given(tmp_path: Path) -> None:
    command = python("import os; print(os.getcwd(), os.environ.get('HOME'), os.environ['MARK'])", tmp_path, MARK="m")
    assert os.environ["HOME"]
    assert run.run(command, print) == f"{tmp_path} None m\n"


def test_a_non_zero_exit_is_fatal_and_both_streams_are_in_the_error(tmp_path: Path) -> None:
    command = python("import sys; print('said'); print('wrong', file=sys.stderr); sys.exit(7)", tmp_path)
    with pytest.raises(BuildError, match=r"(?s)failed with exit status 7; its last lines were:\nsaid\nwrong"):
        run.run(command, print)


def test_a_death_by_signal_is_fatal_too(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="was killed by signal 9"):
        run.run(python("import os; os.kill(os.getpid(), 9)", tmp_path), print)


def test_a_flood_on_both_streams_neither_blocks_nor_loses_anything(tmp_path: Path) -> None:
    lines: list[str] = []
    code = "import sys\nfor _ in range(20_000): print('o' * 50); print('e' * 50, file=sys.stderr)"
    output = run.run(python(code, tmp_path), lines.append)
    assert (len(output.splitlines()), len(lines)) == (20_000, 20_001)


def test_bytes_that_are_not_text_do_not_stop_a_run(tmp_path: Path) -> None:
    assert run.run(python("import os; os.write(1, b'\\xff')", tmp_path), print) == "\ufffd"


def test_a_program_that_does_not_exist_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="install no-such-program"):
        run.run(Command(("no-such-program",), tmp_path, {}), print)


def test_an_observed_command_may_end_as_it_likes(tmp_path: Path) -> None:
    code = "import sys; print('a', flush=True); print('b', file=sys.stderr); sys.exit(3)"
    assert run.observe(python(code, tmp_path)) == Outcome(3, "a\nb\n")


# Holds a lock and the output's pipe, as a server that a smoke command leaves running would.
_GRANDCHILD = """
import fcntl, pathlib, sys, time
lock = open("lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
pathlib.Path("started").touch()
time.sleep(60)
pathlib.Path("survived").touch()
"""
_PARENT = f"""
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {_GRANDCHILD!r}])
while not pathlib.Path("started").exists(): time.sleep(0.01)
print("waiting", flush=True)
"""
_HANGING = {"the program hangs": f"{_PARENT}\nchild.wait()", "only what it started hangs": _PARENT}


@pytest.mark.parametrize("code", _HANGING.values(), ids=_HANGING)
@pytest.mark.parametrize("start", [run.observe, lambda command: run.run(command, print)], ids=["observe", "run"])
def test_a_command_that_does_not_end_is_killed_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, start: Callable[[Command], object]
) -> None:
    monkeypatch.setenv(run.LIMIT_VARIABLE, "5")
    with pytest.raises(run.OverdueError, match=r"did not end within 5 seconds and was killed; .*WHEELCHECK_TIMEOUT"):
        start(python(code, tmp_path))
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # waits until the grandchild is gone
    assert not (tmp_path / "survived").exists()


def test_a_git_that_does_not_end_is_killed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for a file system monitor, or for a lock on a network drive."""
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\nsleep 1000 & echo started; wait\n", "utf-8")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv(run.LIMIT_VARIABLE, "2")
    with pytest.raises(run.OverdueError, match=r"git ls-files: it did not end within 2 seconds and was killed"):
        run.ask(tmp_path, "ls-files")


@pytest.mark.parametrize("name", [b"a\rb", b"a\r\nb", b"caf\xe9", "caf\u00e9".encode()])
def test_what_git_says_is_not_changed(name: bytes, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(name)).touch()
    assert run.ask(tmp_path, "ls-files") == ""  # no repository: git fails
    assert run.ask(tmp_path, "init", "--quiet") == ""
    said = run.ask(tmp_path, "ls-files", "-z", "--others")
    assert said.split("\0") == [os.fsdecode(name), ""]


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "soon"])
def test_a_time_limit_that_is_not_a_positive_number_is_refused(given: str) -> None:
    with pytest.raises(BuildError, match="is not a positive number of seconds"):
        run.limit({run.LIMIT_VARIABLE: given})


def test_the_time_limit_of_the_environment_outranks_the_default() -> None:
    assert (run.limit({}), run.limit({}, 7), run.limit({run.LIMIT_VARIABLE: "9"}, 7)) == (run.LIMIT, 7, 9)
