"""The artifacts of a release in several processes: the report is that of one process, whatever becomes of them."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wheelcheck
from tests.support.artifacts import AARCH64, X86_64, File, a_wheel, an_sdist
from tests.support.native_files import library, program
from wheelcheck.engine import examine, judge
from wheelcheck.processes import divided, in_processes


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Return a release with members in common, an error in one wheel, one over all, and a file that is no zip."""
    folder = tmp_path / "dist"
    folder.mkdir()
    shared = (library("x86_64"), program("x86_64"), File("demo/data.txt", b"one\n"))
    for python in ("cp311", "cp312", "cp313"):
        a_wheel(X86_64.replace("cp311", python), *shared).write(folder)
    a_wheel(AARCH64, library("x86_64")).write(folder)
    an_sdist(File("pyproject.toml", b"[project]\nname = 'demo'\n")).write(folder)
    (folder / "demo-1.0-py3-none-any.whl").write_bytes(b"no zip")
    return folder


@pytest.mark.parametrize("jobs", [2, 3, 20])
def test_the_report_of_several_processes_is_that_of_one(dist: Path, jobs: int) -> None:
    one, several = wheelcheck.check(dist), wheelcheck.check(dist, jobs=jobs)
    assert several.verdict == "fail"
    assert several.to_json() == one.to_json()


def test_a_process_that_ends_without_an_answer_is_no_pass(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    report = wheelcheck.check(dist, jobs=2)
    assert report.verdict == "unverified"
    assert len(report.gaps) == len(list(dist.iterdir()))
    assert all("ended with exit code 1 and without an answer" in gap.why for gap in report.gaps)


def test_what_a_process_said_before_it_ended_is_kept(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = max(len(pickle.dumps(judge(file))) for file in dist.iterdir())
    cut = tmp_path / "python"
    cut.write_text(f'#!/bin/sh\n"{sys.executable}" "$@" | head -c {longest + 10}\nexit 9\n')
    cut.chmod(0o755)
    whole = wheelcheck.check(dist)
    monkeypatch.setattr(sys, "executable", str(cut))
    report = wheelcheck.check(dist, jobs=2)
    lost = {gap.artifact for gap in report.gaps if "exit code 9" in gap.why}
    assert 0 < len(lost) < len(whole.artifacts)
    assert {artifact.file for artifact in whole.artifacts} == lost | {artifact.file for artifact in report.artifacts}


def test_progress_is_told_of_every_file(dist: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    examine([dist], progress=lambda step: steps.append((step.file, step.done, step.total)), judge_all=in_processes(2))
    assert {file for file, _, _ in steps} == {path.name for path in dist.iterdir()}
    assert steps[-1][1] == steps[-1][2]


def test_less_than_one_process_is_refused(dist: Path) -> None:
    with pytest.raises(ValueError, match="found jobs=0, expected at least 1"):
        wheelcheck.check(dist, jobs=0)


@given(st.lists(st.integers(0, 1000), max_size=30), st.integers(1, 40))
def test_parts_hold_every_file_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], n: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "sizes"
    folder.mkdir(exist_ok=True)
    files = [folder / f"{number:02}" for number in range(len(sizes))]
    for file, size in zip(files, sizes, strict=True):
        file.write_bytes(bytes(size))
    parts = divided([*files, Path("nothing there")], n)
    assert len(parts) == n
    assert [file for part in parts for file in part] == [*files, Path("nothing there")]
    bound = sum(sizes) / n + max(sizes, default=0)
    assert all(sum(file.stat().st_size for file in part if file.exists()) <= bound for part in parts)
