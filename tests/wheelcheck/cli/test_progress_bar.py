from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tests.support.artifacts import X86_64, File, a_release, a_wheel, an_sdist
from wheelcheck.cli import progress_bar
from wheelcheck.engine import examine
from wheelcheck.facts.collect import open_counted
from wheelcheck.facts.progress import Meter, Progress

if TYPE_CHECKING:
    from pathlib import Path

NOISE = File("demo/noise.bin", bytes(range(256)) * 4096)


class Screen(io.StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def release(folder: Path) -> Path:
    return a_release(a_wheel(X86_64, NOISE), a_wheel("py3-none-any", NOISE), an_sdist(NOISE)).write(folder)


def test_a_run_reports_every_file_and_ends_with_all_bytes_read(tmp_path: Path) -> None:
    steps: list[Progress] = []
    examine([release(tmp_path)], progress=steps.append)
    assert {step.file for step in steps} == {path.name for path in tmp_path.iterdir()}
    assert steps[-1].done == steps[-1].total == 2 * sum(path.stat().st_size for path in tmp_path.iterdir())
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_the_report_is_the_same_whether_anybody_listens_or_not(tmp_path: Path) -> None:
    folder = release(tmp_path)
    assert examine([folder]) == examine([folder], progress=lambda _: None)


def test_what_is_read_again_and_again_counts_once(tmp_path: Path) -> None:
    steps: list[Progress] = []
    one, two = tmp_path / "one", tmp_path / "two"
    meter = Meter({one: 1000, two: 1000}, steps.append)
    for _ in range(9):
        meter.advance(one, 700)
    assert steps[-1] == Progress("one", 2000, 4000)
    meter.finish(one)
    meter.finish(two)
    assert steps[-1] == Progress("two", 4000, 4000)


def test_small_reads_are_added_up_before_anybody_hears_of_them(tmp_path: Path) -> None:
    steps: list[Progress] = []
    meter = Meter({tmp_path: 100_000}, steps.append)
    for _ in range(1000):
        meter.advance(tmp_path, 1)
    assert [step.done for step in steps] == [401, 802]


def test_a_file_that_is_gone_counts_nothing(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.write_bytes(b"1234")
    assert Meter.over([here, tmp_path / "gone"], print).total == 8


@pytest.mark.parametrize("listens", [True, False])
def test_a_counted_file_reads_what_any_file_reads(tmp_path: Path, *, listens: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    counts: list[int] = []
    with open_counted(path, counts.append if listens else None) as file:
        file.seek(4)
        assert (file.read(3), file.read(), file.read(1), file.fileno() > 0) == (b"456", b"789", b"", True)
    assert counts == ([3, 3, 0] if listens else [])


def test_a_terminal_gets_a_bar_that_names_the_file_and_is_gone_afterwards(tmp_path: Path) -> None:
    screen = Screen()
    console = Console(file=screen, force_terminal=True, width=80)
    with progress_bar.shown(console) as listen:
        assert listen is not None
        listen(Progress("\x1b[2Jowned.whl", 50, 100))
    assert "50%" in screen.getvalue()
    assert "\\x1b[2Jowned.whl" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("coloured", [True, False])
def test_a_pipe_gets_no_bar_not_even_a_coloured_one(*, coloured: bool) -> None:
    pipe = io.StringIO()
    with progress_bar.shown(Console(file=pipe, force_terminal=coloured)) as listen:
        assert listen is None
    assert pipe.getvalue() == ""
