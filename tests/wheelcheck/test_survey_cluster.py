"""A survey on a real Dask scheduler with workers on this machine."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.commandline import environment, run_here
from wheelcheck.inputs import UnreachableError
from wheelcheck.survey import here, on_cluster, survey
from wheelcheck.survey.progress import Progress
from wheelcheck.survey.worker import rule_set

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

distributed = pytest.importorskip("distributed", reason="the extra `survey` is not installed")
pytestmark = pytest.mark.filterwarnings("default")  # Dask closes its sockets late


def files_in(folder: Path) -> list[Path]:
    sound = [a_wheel("py3-none-any", File("demo/x.py"), version=f"1.{number}").write(folder) for number in range(8)]
    return [*sound, a_wheel(X86_64, File("demo/y.py"), record=lambda rows: rows[1:]).write(folder)]


def rows_of(output: Path) -> list[str]:
    return sorted(output.read_text("ascii").splitlines())


def test_a_cluster_writes_the_rows_that_this_machine_writes_though_a_worker_is_killed(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    with here(1) as crew:
        survey(files, tmp_path / "here.jsonl", crew, 60, Progress(io.StringIO(), len(files), 0))
    with a_cluster(2) as (address, workers):
        killed = Killing(workers[0].pid, len(files), 0)
        with on_cluster(address) as crew:
            assert crew.size == 2
            verdicts = survey(files, tmp_path / "there.jsonl", crew, 60, killed)
        assert (workers[0].wait(10) != 0, workers[1].poll()) == (True, None)
    assert (killed.done, verdicts.total()) == (True, len(files))
    assert rows_of(tmp_path / "there.jsonl") == rows_of(tmp_path / "here.jsonl")
    assert rule_set() in rows_of(tmp_path / "here.jsonl")[0]


@contextmanager
def a_cluster(size: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler, and workers of one thread each as `dask worker` starts them, which nobody replaces."""
    words = ("-m", "distributed.cli.dask_worker", "--no-nanny", "--no-dashboard", "--nthreads", "1")
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as cluster:
        command = [sys.executable, *words, cluster.scheduler_address]
        workers = [subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment()) for _ in range(size)]
        try:
            cluster.wait_for_workers(size, timeout=60) if size else None
            yield cluster.scheduler_address, workers
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()


class Killing(Progress):
    """Kills a process by its number after the first file."""

    def __init__(self, pid: int, total: int, size: int) -> None:
        super().__init__(io.StringIO(), total, size)
        self._pid, self.done = pid, False

    def ended(self, path: Path) -> None:
        super().ended(path)
        if not self.done:
            os.kill(self._pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
            self.done = True


def test_an_address_at_which_nothing_listens_is_an_error(tmp_path: Path) -> None:
    a_wheel("py3-none-any").write(tmp_path)
    done = run_here(tmp_path, "survey", ".", "--output", "s.jsonl", "--scheduler", "tcp://127.0.0.1:9")
    assert (done.returncode, b"no Dask scheduler answers" in done.stderr) == (2, True)


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", bytes(64)])
def test_what_listens_and_is_no_scheduler_is_an_error_when_patience_ends(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, ThreadPoolExecutor(1) as pool:
        pool.submit(greet, other, greeting)
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(UnreachableError, match=f"answers at {address}"), on_cluster(address, patience=0.2):
            pass


def greet(server: socket.socket, greeting: bytes) -> None:
    """Greet who knocks, and who then comes in."""
    with server.accept()[0], server.accept()[0] as connection:
        connection.sendall(greeting)
        while connection.recv(1024):
            pass


@pytest.mark.parametrize("address", ["nonsense", "tcp://", "tcp://127.0.0.1:port", "carrier-pigeon://loft:1"])
def test_what_is_no_address_is_an_error(tmp_path: Path, address: str) -> None:
    a_wheel("py3-none-any").write(tmp_path)
    done = run_here(tmp_path, "survey", ".", "--output", "s.jsonl", "--scheduler", address)
    assert (done.returncode, address.encode() in done.stderr) == (2, True)


def test_a_scheduler_without_workers_is_an_error() -> None:
    with a_cluster(0) as (address, _), pytest.raises(UnreachableError, match="has no workers"):  # noqa: SIM117
        with on_cluster(address, patience=0.1):
            pass
