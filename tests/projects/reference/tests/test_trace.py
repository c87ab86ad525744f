from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import reference
from reference import Backend, File, Policy, Report, Unavailable
from reference.bundled import bundled

STATIC = Path("/sbin/ldconfig")  # linked statically on Debian and Fedora


def python(code: str, *words: object) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code, *map(str, words)]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def below(report: Report, folder: Path) -> list[File]:
    """Return what was done in a folder; a Python reads many files of its own."""
    return [file for file in report.files if file.path.startswith(f"{folder}/")]


def test_the_bytes_read_and_written_are_counted_for_each_file(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"x" * 5000)
    code = "import sys; data = open(sys.argv[1], 'rb').read(); open(sys.argv[2], 'wb').write(data[:70]); sys.exit(3)"
    report = reference.trace(python(code, tmp_path / "in", tmp_path / "out"), backend)
    assert (report.backend, report.exit_status, report.signal, report.lost) == (backend, 3, None, 0)
    assert report.file(tmp_path / "in") == File(str(tmp_path / "in"), 1, 5000, 0, 0, None)
    assert report.file(tmp_path / "out") == File(str(tmp_path / "out"), 1, 0, 70, 0, None, sha256(b"x" * 70))
    assert report.file(tmp_path / "other") is None


@pytest.mark.parametrize("call", ["os.pread(fd, 9, 0)", "os.readv(fd, [bytearray(4), bytearray(5)])"])
def test_every_way_to_read_counts(backend: Backend, tmp_path: Path, call: str) -> None:
    (tmp_path / "in").write_bytes(b"x" * 9)
    report = reference.trace(python(f"import os, sys; fd = os.open(sys.argv[1], 0); {call}", tmp_path / "in"), backend)
    assert below(report, tmp_path) == [File(str(tmp_path / "in"), 1, 9, 0, 0, None)]


@pytest.mark.parametrize("call", ["os.pwrite(fd, b'12345', 0)", "os.writev(fd, [b'12', b'345'])"])
def test_every_way_to_write_counts(backend: Backend, tmp_path: Path, call: str) -> None:
    code = f"import os, sys; fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT); {call}"
    report = reference.trace(python(code, tmp_path / "out"), backend)
    assert below(report, tmp_path) == [File(str(tmp_path / "out"), 1, 0, 5, 0, None, sha256(b"12345"))]


def test_bytes_that_only_the_kernel_touches_count_for_both_files(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"x" * 9)
    code = "import os, sys; a, b = open(sys.argv[1]), open(sys.argv[2], 'w'); os.sendfile(b.fileno(), a.fileno(), 0, 9)"
    report = reference.trace(python(code, tmp_path / "in", tmp_path / "out"), backend)
    assert [(file.bytes_read, file.bytes_written) for file in below(report, tmp_path)] == [(9, 0), (0, 9)]


def test_what_failed_did_not_happen(backend: Backend, tmp_path: Path) -> None:
    code = """
import os, sys
for act in (lambda: open(sys.argv[1]), lambda: os.unlink(sys.argv[1]), lambda: os.rename(sys.argv[1], sys.argv[1])):
    try:
        act()
    except FileNotFoundError:
        pass
"""
    report = reference.trace(python(code, tmp_path / "none"), backend)
    assert below(report, tmp_path) == []
    assert report.exit_status == 0


def test_a_file_that_is_renamed_and_removed_is_known_by_its_real_paths(backend: Backend, tmp_path: Path) -> None:
    code = """
import os, sys
os.chdir(sys.argv[1])
os.mkdir("d")
open("a", "w")
os.rename("./a", "d/../b")
os.unlink("b")
os.rmdir("d")
"""
    report = reference.trace(python(code, tmp_path), backend)
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    removed = File(b, 0, 0, 0, 1, None)
    assert below(report, tmp_path) == [File(a, 1, 0, 0, 0, b), removed, replace(removed, path=str(tmp_path / "d"))]


def test_a_path_that_is_not_utf8_comes_back_as_it_was(backend: Backend, tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path / 'a "quoted" \\ word\n') + b"\xff")
    report = reference.trace(python("import sys; open(sys.argv[1], 'w').write('1')", odd), backend)
    assert report.file(odd) == File(odd, 1, 0, 1, 0, None, sha256(b"1"))


def test_what_a_thread_does_belongs_to_the_report_and_a_thread_is_not_a_process(backend: Backend, tmp_path: Path) -> None:
    code = """
import sys, threading
thread = threading.Thread(target=lambda: open(sys.argv[1], "w").write("1"))
thread.start()
thread.join()
"""
    report = reference.trace(python(code, tmp_path / "out"), backend)
    assert report.file(tmp_path / "out") == File(str(tmp_path / "out"), 1, 0, 1, 0, None, sha256(b"1"))
    assert len(report.processes) == 1


def test_children_are_followed_and_know_their_parent_and_their_end(backend: Backend) -> None:
    code = "import subprocess; subprocess.run(['sh', '-c', 'exit 4'])"
    report = reference.trace(python(code), backend)
    parent, child = sorted(report.processes, key=lambda process: process.commands != (tuple(python(code)),))
    assert (child.parent, child.commands, child.exit_status) == (parent.pid, (("sh", "-c", "exit 4"),), 4)
    assert (parent.exit_status, report.exit_status) == (0, 0)


AGAIN = """
import os, time
def child(status):
    pid = os.fork()
    pid or os._exit(status)
    os.waitpid(pid, 0)
    return pid
first = child(5)
for _ in range(50):
    time.sleep(0.02)  # a tick later
    with open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write(str(first - 1))
    if child(6) == first:
        break
"""


@pytest.mark.skipif(not os.access("/proc/sys/kernel/ns_last_pid", os.W_OK), reason="only root chooses the next pid")
def test_two_processes_of_one_number_are_distinguished_by_their_start(backend: Backend) -> None:
    report = reference.trace(python(AGAIN), backend)
    children = [process for process in report.processes if not process.commands]
    first = [process for process in children if process.pid == children[0].pid]
    assert len({process.started for process in first}) == len(first) >= 2
    assert {process.exit_status for process in first} == {5, 6}


def test_the_start_of_a_process_is_the_kernels(backend: Backend, tmp_path: Path) -> None:
    code = "import sys; open(sys.argv[1], 'w').write(open('/proc/self/stat').read().rpartition(')')[2].split()[19])"
    report = reference.trace(python(code, tmp_path / "started"), backend)
    assert [process.started for process in report.processes] == [int((tmp_path / "started").read_text())]


def test_a_file_that_was_written_and_renamed_is_hashed_as_it_is_now(backend: Backend, tmp_path: Path) -> None:
    code = "import os, sys; open(sys.argv[1], 'w').write('new'); os.rename(sys.argv[1], sys.argv[2])"
    report = reference.trace(python(code, tmp_path / "a", tmp_path / "b"), backend)
    assert [file.sha256 for file in below(report, tmp_path)] == [sha256(b"new")]


def test_a_process_is_known_by_every_program_it_became(backend: Backend) -> None:
    report = reference.trace(["sh", "-c", "exec true"], backend)
    assert [process.commands for process in report.processes] == [(("sh", "-c", "exec true"), ("true",))]


def test_a_fork_without_a_program_is_a_process_without_a_command(backend: Backend) -> None:
    report = reference.trace(python("import os; pid = os.fork(); pid or os._exit(5); os.waitpid(pid, 0)"), backend)
    child = next(process for process in report.processes if not process.commands)
    assert (child.exit_status, child.signal) == (5, None)


def test_a_command_that_is_killed_has_a_signal(backend: Backend) -> None:
    report = reference.trace(["sh", "-c", "kill -9 $$"], backend)
    assert (report.exit_status, report.signal) == (None, 9)


def test_signals_reach_the_command_and_stopping_it_does_not_hang(backend: Backend) -> None:
    code = "import os, signal; signal.signal(10, lambda *_: os._exit(9)); os.kill(os.getpid(), 10)"
    assert reference.trace(python(code), backend).exit_status == 9


def test_standard_streams_are_the_callers(backend: Backend, capfd: pytest.CaptureFixture[str]) -> None:
    reference.trace(["echo", "seen"], backend)
    assert capfd.readouterr() == ("seen\n", "")


@pytest.mark.usefixtures("failing_exec")
def test_a_command_that_does_not_exist_cannot_be_traced(backend: Backend) -> None:
    with pytest.raises(OSError, match="no-such-command could not be started: No such file"):
        reference.trace(["no-such-command"], backend)


@pytest.mark.skipif(not STATIC.exists(), reason=f"no {STATIC}")
def test_a_static_program_is_seen_from_outside_and_beyond_preload(backend: Backend) -> None:
    command = [str(STATIC), "--version"]
    if backend != "preload":
        assert reference.trace(command, backend).processes[0].commands == (tuple(command),)
        return
    with pytest.raises(Unavailable, match="did not load the library"):
        reference.trace(command, backend)
    shell = reference.trace(["sh", "-c", f"exec {STATIC} --version"], backend)
    assert shell.processes[0].commands[1] == tuple(command)


def traced_with(content: bytes, folder: Path) -> tuple[int, str]:
    """Return the exit status and the report of `tracer` with another object for the kernel."""
    (folder / "other.o").write_bytes(content)
    words = [str(bundled("bin/tracer")), "--ebpf", str(folder / "other.o"), "--", "true"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("size", [0, 4, 4000])
def test_an_empty_or_cut_object_is_broken_and_not_a_lack_of_the_machine(size: int, tmp_path: Path) -> None:
    content = bundled("bpf/calls.bpf.o").read_bytes()
    status, said = traced_with(content[:size], tmp_path)
    assert (status, said[:11]) == (1, '{"broken": ')


def test_a_program_that_the_verifier_refuses_is_broken_and_its_words_are_passed_on(tmp_path: Path) -> None:
    content = bundled("bpf/calls.bpf.o").read_bytes()
    status, said = traced_with(content, tmp_path)
    if status == 125:
        pytest.skip(said)
    ends = content.index(b"\x95" + bytes(7))  # the instruction by which the first program returns
    status, said = traced_with(content[:ends] + b"\x85\0\0\0\xff\xff\0\0" + content[ends + 8 :], tmp_path)
    assert (status, said[:11]) == (1, '{"broken": ')
    assert "invalid func" in said


@pytest.mark.usefixtures("seccomp")
def test_a_machine_that_denies_ptrace_is_distinguished_from_a_command_that_cannot_start() -> None:
    code = """
import reference
try:
    reference.trace(["true"])
except reference.Unavailable as missing:
    print(missing.capability, missing.reason)
"""
    said = reference.sandbox([sys.executable, "-c", code], Policy(deny=("ptrace",)), capture_output=True)
    assert said.stdout.startswith("ptrace Operation not permitted"), said
