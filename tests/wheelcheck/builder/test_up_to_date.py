from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from wheelcheck.builder.up_to_date import Outcome, Step

if TYPE_CHECKING:
    from pathlib import Path

ROWS = (("a", "pass", ""), ("b", "skip", "no kernel"))


@dataclass
class Made:
    """A step that writes one file, how often it ran, and what was said."""

    step: Step
    file: Path
    lines: list[str]
    runs: int = 0
    lasting: bool = True
    found: list[Outcome] = field(default_factory=list)

    def run(self, *, fresh: bool = False, invalid: str = "", **inputs: str) -> int:
        """Run the step, with other inputs if some are given; return how often it has run until now."""
        step = replace(self.step, inputs={**self.step.inputs, **inputs}, fresh=fresh)
        self.found.append(step.outcome(self._make, lambda _: invalid))
        return self.runs

    def _make(self) -> Outcome:
        self.runs += 1
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text("made")
        return Outcome((self.file,), ROWS, self.lasting)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """The step after its first run."""
    lines: list[str] = []
    step = Step(
        "wheel", tmp_path / "done" / "wheel.json", {"sources": "1", "environment": "TOKEN=secret"}, lines.append
    )
    first = Made(step, tmp_path / "dist" / "x.whl", lines)
    assert first.run() == 1
    return first


def test_a_step_whose_inputs_and_outputs_are_the_same_does_not_run_and_says_so_in_one_line(made: Made) -> None:
    assert made.run() == 1
    assert made.lines == ["up to date: wheel (--fresh runs it again)"]
    assert made.found == [Outcome((made.file,), ROWS)] * 2


@pytest.mark.parametrize("name", ["sources", "new"])
def test_any_other_input_makes_the_step_run_again_once_and_says_why(made: Made, name: str) -> None:
    made.step = replace(made.step, inputs={**made.step.inputs, name: "2"})
    assert made.run() == 2
    assert made.lines == [f"wheel: runs again, because the {name} changed"]
    assert made.run() == 2


def test_what_the_caller_finds_wrong_makes_the_step_run_again(made: Made) -> None:
    assert made.run(invalid="another version is there too") == 2
    assert made.lines == ["wheel: runs again, because another version is there too"]


def test_an_input_that_is_no_longer_one_makes_the_step_run_again(made: Made) -> None:
    made.step = replace(made.step, inputs={"sources": "1"})
    assert made.run() == 2


def test_an_output_that_is_gone_or_altered_is_made_again(made: Made) -> None:
    made.file.write_text("altered")
    assert made.run() == 2
    made.file.unlink()
    assert made.run() == 3
    assert made.file.read_text() == "made"
    assert made.lines == [
        "wheel: runs again, because x.whl is no longer what the step made",
        "wheel: runs again, because x.whl is gone",
    ]


def test_a_fresh_run_runs(made: Made) -> None:
    assert made.run(fresh=True) == 2


def test_what_did_not_succeed_runs_again_until_it_does(made: Made) -> None:
    made.lasting = False
    assert made.run(sources="2") == 2
    assert made.run(sources="2") == 3
    made.lasting = True
    assert made.run(sources="2") == 4
    assert made.run(sources="2") == 4


def test_a_step_that_raises_leaves_no_record_of_an_older_success(made: Made) -> None:
    def fail() -> Outcome:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        replace(made.step, fresh=True).outcome(fail)
    assert made.run() == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"inputs": {}}', '{"inputs": 1, "outputs": {}, "rows": []}'])
def test_a_record_that_cannot_be_read_is_no_success(made: Made, text: str) -> None:
    made.step.file.write_text(text)
    assert made.run() == 2


def test_a_record_holds_no_value_of_an_input_and_survives_a_move_of_the_project(made: Made, tmp_path: Path) -> None:
    text = made.step.file.read_text()
    assert "secret" not in text
    assert str(tmp_path) not in text
