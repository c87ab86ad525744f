"""A survey on a real Dask scheduler with workers on this machine."""

from __future__ import annotations

import io
import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.commandline import run_here
from wheelcheck.survey import here, on_cluster, survey
from wheelcheck.survey.progress import Progress
from wheelcheck.survey.worker import rule_set

if TYPE_CHECKING:
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
    with here(2) as crew:
        survey(files, tmp_path / "here.jsonl", crew, 60, Progress(io.StringIO(), len(files), 0))
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "memory_limit": 0}
    with distributed.LocalCluster(**settings) as cluster:
        lost = next(iter(cluster.workers.values())).pid
        killed = Killing(lost, len(files), 0)
        with on_cluster(cluster.scheduler_address) as crew:
            verdicts = survey(files, tmp_path / "there.jsonl", crew, 60, killed)
    assert (killed.done, verdicts.total()) == (True, len(files))
    assert rows_of(tmp_path / "there.jsonl") == rows_of(tmp_path / "here.jsonl")
    assert rule_set() in rows_of(tmp_path / "here.jsonl")[0]


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


def test_a_scheduler_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    a_wheel("py3-none-any").write(tmp_path)
    done = run_here(tmp_path, "survey", ".", "--output", "s.jsonl", "--scheduler", "tcp://127.0.0.1:9")
    assert (done.returncode, b"no Dask scheduler with workers answers" in done.stderr) == (2, True)
