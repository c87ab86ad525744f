from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = "import pytest\n\n@pytest.mark.skip(reason='no tool')\ndef test_a(): pass\n"
EXECUTED = "\ndef test_b(): assert True\n"


def _pytest(folder: Path, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    (folder / "test_it.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("ci", "source", "code"), [("true", SKIPPED, 5), ("true", SKIPPED + EXECUTED, 0), ("", SKIPPED, 0), ("", "", 5)]
)
def test_in_ci_a_run_that_executed_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, source: str, code: int
) -> None:
    monkeypatch.setenv("CI", ci)
    assert _pytest(tmp_path, source).returncode == code


def test_what_was_executed_and_skipped_is_counted(tmp_path: Path) -> None:
    assert "executed 1, skipped 1\n" in _pytest(tmp_path, SKIPPED + EXECUTED).stdout


@pytest.mark.parametrize(("source", "code"), [(SKIPPED, 5), (SKIPPED + EXECUTED, 0)])
def test_what_several_processes_executed_is_counted_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, code: int
) -> None:
    monkeypatch.setenv("CI", "true")
    assert _pytest(tmp_path, source, "-n", "2").returncode == code


def test_files_with_tests_that_build_come_first_and_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = network\n", "utf-8")
    builds = "import pytest\n\ndef test_quick(): pass\n\n@pytest.mark.network\ndef test_build(): pass\n"
    (tmp_path / "test_z.py").write_text(builds, "utf-8")
    said = _pytest(tmp_path, EXECUTED, "-v").stdout
    order = [line.partition(" ")[0] for line in said.splitlines() if "PASSED" in line]
    assert order == ["test_z.py::test_quick", "test_z.py::test_build", "test_it.py::test_b"]


def test_collection_is_neither_measured_nor_searched_for_garbage_and_tests_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVERAGE_CORE", "pytrace")  # which every Python has, and which shows
    monkeypatch.setenv("COVERAGE_FILE", str(tmp_path / "coverage"))
    source = """
import gc, sys
collecting = (sys.gettrace(), gc.isenabled())
def test_a():
    assert collecting == (None, False)
    assert sys.gettrace()
    assert gc.isenabled()
    assert gc.get_freeze_count()
"""
    done = _pytest(tmp_path, source, "--cov=wheelcheck", "--cov-report=term")
    assert done.returncode == 0, done.stdout
    (line,) = (line for line in done.stdout.splitlines() if f"wheelcheck{os.sep}damage.py " in line)
    assert int(line.split()[-1].rstrip("%")) > 50  # what is run on import
