"""A slice of each supervised session, and proof that the supervision notices what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import nested_inputs, readers, supervision
from tests.fuzz.__main__ import main
from tests.fuzz.made import CONTROL, Made, Pieces, Read
from tests.fuzz.worker import MAKERS, MEBIBYTES, READ, make, outcome
from tests.support import native
from tests.support.artifacts import File, tarred, zipped

pytestmark = pytest.mark.posix


@pytest.mark.parametrize("session", MAKERS)
def test_a_slice_of_the_session_ends_without_a_problem(session: str, tmp_path: Path) -> None:
    seen = [outcome(session, number, make(session, "tests", number), tmp_path) for number in range(CONTROL)]
    assert [line for line in seen if line["problem"]] == []
    assert sum(line["reached"] for line in seen) >= CONTROL // 4


@pytest.mark.parametrize("session", MAKERS)
def test_a_control_does_not_pass(session: str, tmp_path: Path) -> None:
    made = make(session, "tests", CONTROL - 1)
    assert made.is_bad
    verdicts = outcome(session, CONTROL - 1, made, tmp_path)["verdicts"]
    assert not verdicts.get("pass")
    assert not verdicts.get("sound")


@pytest.mark.parametrize("how", supervision.SABOTAGES)
@pytest.mark.parametrize("session", ["config", f"{READ}config"])
def test_a_sabotaged_gate_is_noticed(session: str, how: str) -> None:
    failures = supervision.supervise(session, "tests", range(2 * CONTROL), 60, how).failures
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
    assert isinstance(made, Made)
    assert (kept / made.file).read_bytes() == made.content
    assert (kept / "wheelcheck.toml").read_bytes() == made.config


@pytest.mark.parametrize("name", ["elf", "zip", "wheel"])
def test_each_piece_of_an_input_that_fails_is_kept(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervision, "KEPT", tmp_path)
    kept = Path(supervision._keep(f"{READ}{name}", "tests", 3))  # noqa: SLF001 - what a run prints
    made = make(f"{READ}{name}", "tests", 3)
    assert isinstance(made, Pieces)
    assert len(list(kept.iterdir())) == len(made.each)


def test_the_piece_that_a_reader_fails_on_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(piece: bytes, _: Path) -> Read:
        if piece == b"second":
            raise KeyError(piece)
        return Read(is_reached=True, is_faulty=False)

    monkeypatch.setitem(readers.READ, "config", fails)
    seen = outcome(f"{READ}config", 0, Pieces((b"first", b"second"), ("one", "two")), tmp_path)
    assert seen["problem"] == "piece 1 (two): raised KeyError: b'second'"
    assert seen["reached"] == 1


def test_a_library_in_archives_makes_an_input_bad_where_python_finds_it() -> None:
    library = File("demo/_x.so", native.library())
    inside = tarred(File("inner.zip", zipped(library)))
    assert nested_inputs.holds_library(zipped(library))
    assert nested_inputs.holds_library(b"#!/bin/sh\n" + zipped(File("b.tar.gz", inside)))
    assert not nested_inputs.holds_library(zipped(File("demo/_x.so", native.library()[:-1])))
    assert not nested_inputs.holds_library(b"\x7fELF" + zipped(library))
