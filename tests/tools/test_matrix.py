from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.support.checkout import ROOT
from tools import matrix
from wheelcheck.platforms.arch import ARCHES, find


def _outputs() -> dict[str, list[dict[str, str]]]:
    return {name: json.loads(value)["include"] for name, _, value in (line.partition("=") for line in matrix.lines())}


def test_every_hosted_runner_verifies_and_tests_every_python() -> None:
    outputs = _outputs()
    hosted = {(row.name, row.runner) for row in ARCHES if row.runner}
    assert {(job["arch"], job["runner"]) for job in outputs["verify"]} == hosted
    pairs = [(job["arch"], job["python"]) for job in outputs["tests"]]
    assert sorted(pairs) == sorted(
        (name, python) for name, _ in hosted for python in ("3.10", "3.11", "3.12", "3.13", "3.14")
    )


def test_a_matrix_entry_needs_only_a_new_row_with_a_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(find("riscv64"), name="riscv128", runner="ubuntu-riscv")
    monkeypatch.setattr(matrix, "ARCHES", (*ARCHES, row))
    assert {"arch": "riscv128", "runner": "ubuntu-riscv"} in _outputs()["verify"]


def test_a_row_without_a_runner_gives_none() -> None:
    assert "s390x" not in {job["arch"] for job in _outputs()["verify"]}


@pytest.mark.parametrize(
    ("classifier", "found"),
    [
        ('"Programming Language :: Python :: 3.14",', ["3.14"]),
        ('"Programming Language :: Python :: 3",', []),
        ('"Programming Language :: Python :: 3 :: Only",', []),
    ],
)
def test_the_pythons_are_the_minor_versions_of_the_classifiers(classifier: str, found: list[str]) -> None:
    assert matrix.pythons(classifier) == found


def test_it_runs_on_a_python_with_nothing_installed() -> None:
    command = [sys.executable, "-S", "-m", "tools.matrix"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == matrix.lines()
