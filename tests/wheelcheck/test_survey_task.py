"""One file of a survey, judged by a process that may end or stall at any time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from select import select
from typing import TYPE_CHECKING

import pytest

import wheelcheck
from tests.support.artifacts import X86_64, File, a_wheel, an_sdist
from tests.support.commandline import environment
from wheelcheck.survey import task, worker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe, WheelRecipe


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    task.close_idle()
    yield
    task.close_idle()


def a_file(folder: Path) -> Path:
    return a_wheel("py3-none-any", File("demo/data.txt")).write(folder)


def test_a_worker_says_of_a_file_what_a_check_says(tmp_path: Path) -> None:
    file, report = a_file(tmp_path), wheelcheck.check(a_file(tmp_path))
    said = worker.answer(file, [])
    assert (said["verdict"], said["project"], said["version"], said["platforms"]) == (
        report.verdict,
        "demo",
        "1.0",
        ["any"],
    )
    assert said["bytes"] == file.stat().st_size
    assert said["sha256"] == worker.sha256_of(file) == report.artifacts[0].sha256


def test_a_worker_says_of_a_file_that_is_known_only_that(tmp_path: Path) -> None:
    file = a_file(tmp_path)
    digest = worker.sha256_of(file)
    assert worker.answer(file, ["0" * 64, digest]) == {
        "sha256": digest, "file": file.name, "rules": worker.rule_set()
    }  # fmt: skip
    assert worker.answer(file, ["0" * 64])["sha256"] == digest


def test_a_worker_says_why_it_cannot_read_a_file(tmp_path: Path) -> None:
    said = worker.answer(tmp_path / "gone.whl", [])
    assert (said["verdict"], said["gaps"]) == ("unverified", ["cannot be read: No such file or directory"])
    assert worker.answer(tmp_path / "gone.whl", ["0" * 64])["gaps"] == said["gaps"]


@pytest.mark.parametrize(
    ("recipe", "platforms"),
    [
        (an_sdist(File("demo/data.txt")), ["sdist"]),
        (a_wheel(X86_64), ["linux glibc x86_64"]),
        (a_wheel("py3-none-win_amd64"), ["windows x86_64"]),
        (a_wheel("py3-none-macosx_11_0_universal2"), ["macos x86_64 aarch64"]),
        (a_wheel("py3-none-manylinux_2_17_x86_64.musllinux_1_2_x86_64"), ["linux glibc x86_64", "linux musl x86_64"]),
        (a_wheel("py3-none-x"), ["other"]),
    ],
)
def test_a_worker_names_the_systems_of_the_tags(
    tmp_path: Path, recipe: WheelRecipe | SdistRecipe, platforms: list[str]
) -> None:
    assert worker.answer(recipe.write(tmp_path), [])["platforms"] == platforms


def test_a_process_serves_many_files(tmp_path: Path) -> None:
    file = a_file(tmp_path)
    answers = [task.judge(str(file), (), 60) for _ in range(3)]
    assert len(task.idle) == 1
    assert {answer["verdict"] for answer in answers} == {wheelcheck.check(file).verdict}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows ends a process without a signal")
def test_a_process_that_somebody_kills_is_replaced_and_its_file_is_judged(tmp_path: Path) -> None:
    file = a_file(tmp_path)
    sound = task.judge(str(file), (), 60)
    os.kill(task.idle[0].pid, signal.SIGKILL)
    assert task.judge(str(file), (), 60) == sound
    assert len(task.idle) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell that a parent has ended")
def test_a_process_ends_with_its_parent_though_it_could_still_be_asked(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-c",
        "import subprocess, sys; subprocess.call([sys.executable, '-m', 'wheelcheck.survey'])",
    ]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as parent:
        assert parent.stdin
        assert parent.stdout
        parent.stdin.write(json.dumps({"path": str(a_file(tmp_path)), "known": []}).encode() + b"\n")
        parent.stdin.flush()
        assert b'"verdict": "pass"' in parent.stdout.readline()
        parent.kill()
        assert select([parent.stdout], [], [], 60)[0], "nothing has ended"
        assert parent.stdout.read() == b""  # every process that could write has ended


def test_a_file_that_takes_too_long_is_one_that_is_not_verified(tmp_path: Path) -> None:
    file = a_file(tmp_path)
    late = task.judge(str(file), (), 1e-6)
    assert (late["verdict"], late["gaps"]) == ("unverified", ["the check did not end within 1e-06 seconds"])
    assert late["sha256"] == task.judge(str(file), (), 60)["sha256"]


def test_a_known_file_is_hashed_and_not_judged(tmp_path: Path) -> None:
    file = a_file(tmp_path)
    digest = task.judge(str(file), (), 60)["sha256"]
    assert "verdict" not in task.judge(str(file), (digest,), 60)
    assert "verdict" in task.judge(str(file), ("0" * 64,), 60)


def test_threads_share_the_processes_and_none_gets_the_answer_of_another(tmp_path: Path) -> None:
    files = [tmp_path / f"demo-{number}.0-py3-none-any.whl" for number in range(12)]
    for file in files:
        file.write_bytes(b"PK\3\4 but no zip" + file.name.encode())
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda file: task.judge(str(file), (), 60), files))
    assert [answer["file"] for answer in answers] == [file.name for file in files]
    assert len(task.idle) <= 3
