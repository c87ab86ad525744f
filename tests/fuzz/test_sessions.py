"""A slice of each supervised session, and proof that the supervision notices what it is there for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fuzz import supervision
from tests.fuzz.__main__ import main
from tests.fuzz.made import CONTROL
from tests.fuzz.worker import MAKERS, MEBIBYTES, judge, make, outcome

if TYPE_CHECKING:
    from wheelcheck.engine import Report

pytestmark = pytest.mark.posix


def judged(session: str, number: int, folder: Path) -> Report | None:
    return judge(make(session, "tests", number), folder)


@pytest.mark.parametrize("session", MAKERS)
def test_a_slice_of_the_session_ends_without_a_problem(session: str, tmp_path: Path) -> None:
    seen = [outcome(session, number, make(session, "tests", number), tmp_path) for number in range(CONTROL)]
    assert [line for line in seen if line["problem"]] == []
    assert sum(line["reached"] for line in seen) >= CONTROL // 4


@pytest.mark.parametrize("session", MAKERS)
def test_a_control_does_not_pass(session: str, tmp_path: Path) -> None:
    assert make(session, "tests", CONTROL - 1).is_bad
    report = judged(session, CONTROL - 1, tmp_path)
    assert report is None or report.verdict != "pass"


@pytest.mark.parametrize("how", supervision.SABOTAGES)
def test_a_sabotaged_gate_is_noticed(how: str) -> None:
    failures = supervision.supervise("config", "tests", range(2 * CONTROL), 60, how).failures
    assert [supervision.SABOTAGES[how] in problem for _, problem in failures] == [True]


def test_the_memory_of_the_process_above_is_not_held_against_an_input() -> None:
    ballast = bytearray(b"x") * (2 * MEBIBYTES * 2**20)
    assert supervision.supervise("config", "tests", range(2), 60).failures == []
    (failure,) = supervision.supervise("config", "tests", range(2), 60, "allocates").failures
    assert supervision.SABOTAGES["allocates"] in failure[1]
    assert len(ballast) == 2 * MEBIBYTES * 2**20


@pytest.mark.parametrize("session", MAKERS)
def test_an_input_follows_from_its_three_words_alone(session: str) -> None:
    assert [make(session, "a", number) for number in range(4)] == [make(session, "a", number) for number in range(4)]
    assert make(session, "a", 1) != make(session, "b", 1)


def test_a_run_says_how_many_inputs_reached_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--executions", "20", "--seed", "tests"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "session config, seed tests"
    assert said[1] == "sabotaged builds noticed: 4 of 4"
    assert said[2].startswith("inputs 20 (")
    assert said[3].startswith("changed files 20, of which rules judged ")


def test_an_input_that_fails_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervision, "KEPT", tmp_path)
    kept = Path(supervision._keep("config", "tests", 3))  # noqa: SLF001 - what a run prints
    made = make("config", "tests", 3)
    assert (kept / made.file).read_bytes() == made.content
    assert (kept / "wheelcheck.toml").read_bytes() == made.config
