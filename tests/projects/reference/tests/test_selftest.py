from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from reference import Unavailable, selftest
from reference.selftest import Result, Workload

if TYPE_CHECKING:
    from pathlib import Path


class Idle(Workload):
    """A workload that reads and writes nothing, and ends well."""

    @property
    def command(self) -> list[str]:
        return ["true"]


class Careless(Workload):
    """One that does its work, and opens the file that it reads twice."""

    @property
    def command(self) -> list[str]:
        interpreter, *flags, code, source, target = super().command
        return [interpreter, *flags, f"import sys; open(sys.argv[1]).close(){code}", source, target]


def test_every_check_passes_or_says_why_it_was_skipped() -> None:
    done = subprocess.run([sys.executable, "-m", "reference.selftest", "--json"], capture_output=True, check=False)
    results = [Result(**entry) for entry in json.loads(done.stdout)]
    assert [result.check for result in results] == list(selftest.CHECKS)
    assert {result.verdict for result in results} <= {"OK", "SKIP"}, results
    assert all(result.why for result in results if result.verdict == "SKIP")
    assert done.returncode == 0


def test_the_last_line_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert selftest.main([]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(" SKIP, 0 FAIL")


@pytest.mark.parametrize("name", ["tally", "trace by ptrace", "trace by preload"])
def test_a_workload_that_did_nothing_is_a_failure(name: str, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, Unavailable), match=r"exit status: found 0, expected 7|not available"):
        selftest.CHECKS[name](Idle.prepare(tmp_path))


@pytest.mark.parametrize("name", ["trace by ptrace", "trace by preload"])
def test_a_report_that_differs_by_one_count_is_a_failure(name: str, tmp_path: Path) -> None:
    with pytest.raises((AssertionError, Unavailable), match=r"file read: found .*opened=2|not available"):
        selftest.CHECKS[name](Careless.prepare(tmp_path))


def test_a_check_that_breaks_is_a_failure_and_one_that_lacks_something_is_skipped() -> None:
    def breaks(_workload: Workload) -> None:
        raise ZeroDivisionError("by zero")

    def lacks(_workload: Workload) -> None:
        raise Unavailable("ptrace", "not permitted")

    assert selftest.attempt("x", breaks) == Result("x", "FAIL", "ZeroDivisionError: by zero")
    assert selftest.attempt("x", lacks) == Result("x", "SKIP", str(Unavailable("ptrace", "not permitted")))


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [((), 1), (("SKIP", "SKIP"), 1), (("OK", "SKIP"), 0), (("OK", "FAIL"), 1), (("FAIL",), 1)],
)
def test_a_failure_fails_and_so_does_a_run_of_nothing(verdicts: tuple[selftest.Verdict, ...], status: int) -> None:
    assert selftest.status([Result("x", verdict) for verdict in verdicts]) == status
