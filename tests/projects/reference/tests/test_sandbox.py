from __future__ import annotations

import resource
import socket
import sys

from typing import TYPE_CHECKING

import pytest
import reference
from reference import Limit, Policy, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

CONNECT = """
import socket
try:
    socket.socket().close()
    print("connected")
except PermissionError:
    print("refused")
"""


def inside(code: str, policy: Policy | None = None) -> str:
    return reference.sandbox([sys.executable, "-c", code], policy, capture_output=True).stdout.strip()


@pytest.mark.usefixtures("seccomp")
def test_a_command_in_a_sandbox_has_no_network_and_this_process_keeps_its_own() -> None:
    assert inside(CONNECT) == "refused"
    socket.socket().close()


@pytest.mark.usefixtures("seccomp")
def test_what_is_not_denied_is_allowed() -> None:
    assert inside(CONNECT, Policy(deny=("ptrace",))) == "connected"
    assert inside(CONNECT, Policy(deny=())) == "connected"


@pytest.mark.usefixtures("seccomp")
def test_the_children_of_a_command_are_in_its_sandbox() -> None:
    assert inside(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CONNECT!r}])") == "refused"


@pytest.mark.usefixtures("seccomp")
def test_a_sandbox_limits_resources_and_privileges() -> None:
    code = """
import reference, resource
print(resource.getrlimit(resource.RLIMIT_NOFILE), reference.privileges_forbidden())
"""
    assert inside(code, Policy(limits={resource.RLIMIT_NOFILE: Limit(64, 128)})) == "(64, 128) True"


@pytest.mark.usefixtures("seccomp")
def test_the_exit_status_is_the_commands() -> None:
    assert reference.sandbox(["sh", "-c", "exit 125"]).returncode == 125
    assert reference.sandbox(["sh", "-c", "kill -9 $$"]).returncode == -9


@pytest.mark.usefixtures("seccomp")
def test_a_command_that_does_not_exist_is_an_error_that_names_it() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-command"):
        reference.sandbox(["no-such-command"])


WRITE = """
import os, sys
for act in ("open(name, 'w').write('new')", "os.truncate(name, 0)", "os.unlink(name)", "os.mkdir(name + '.d')"):
    name = sys.argv[1]
    try:
        exec(act)
        print("did", end=" ")
    except PermissionError:
        print("refused", end=" ")
print(open("/dev/null", "w").write("x"), len(os.listdir("/")) > 0)
"""


@pytest.mark.usefixtures("landlock")
def test_a_command_writes_where_it_may_and_nowhere_else_and_reads_everywhere(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    names = [tmp_path / "kept", tmp_path / "in" / "changed"]
    for name in names:
        name.write_text("old")
    policy = Policy(deny=(), writable=(str(tmp_path / "in"),))
    said = [
        reference.sandbox([sys.executable, "-c", WRITE, str(name)], policy, capture_output=True).stdout.strip()
        for name in names
    ]
    assert said == ["refused refused refused refused 1 True", "did did did did 1 True"]
    assert [name.exists() for name in names] == [True, False]
    assert names[0].read_text() == "old"


@pytest.mark.usefixtures("landlock")
def test_a_single_file_can_be_writable_and_a_link_leads_out_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("log", "kept"):
        (tmp_path / name).write_text("")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "kept")
    policy = Policy(deny=(), writable=(str(tmp_path / "in"), str(tmp_path / "log")))
    command = ["sh", "-c", f"echo 1 > {tmp_path}/log; echo 1 > {tmp_path}/in/link || echo refused"]
    assert reference.sandbox(command, policy, capture_output=True).stdout == "refused\n"
    assert [(tmp_path / name).read_text() for name in ("log", "kept")] == ["1\n", ""]


@pytest.mark.usefixtures("landlock")
def test_a_command_that_cannot_be_started_is_told_of_though_nothing_may_be_written() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-command"):
        reference.sandbox(["no-such-command"], Policy(deny=(), writable=()))


def test_a_writable_path_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(FileNotFoundError, match="/no/such/folder"):
        reference.sandbox(["true"], Policy(writable=("/no/such/folder",)))


def test_a_policy_with_an_unknown_call_is_refused_before_anything_runs() -> None:
    with pytest.raises(ValueError, match="'sockett' is no system call"):
        reference.sandbox(["true"], Policy(deny=("sockett",)))


def test_a_filter_that_cannot_be_installed_is_unavailable_and_the_command_does_not_run(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Unavailable, match=r"seccomp is not available here: .*Invalid argument"):
        reference.sandbox(["echo", "ran all the same"], Policy(deny=("socket",) * 3000))
    assert "ran" not in capfd.readouterr().out


def test_a_limit_that_the_kernel_refuses_is_an_error() -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        reference.sandbox(["true"], Policy(limits={resource.RLIMIT_NOFILE: Limit(128, 64)}))
