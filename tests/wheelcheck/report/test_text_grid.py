from __future__ import annotations

import io
import os

import pytest
from rich.console import Console

from tests.support.artifacts import X86_64, sdist, wheel
from tests.support.reports import every_mark, hostile
from wheelcheck.config import Config
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.report import lines, text
from wheelcheck.report.text_grid import print_grid
from wheelcheck.results import Report


def printed(report: Report, width: int, encoding: str = "utf-8", *, verbosity: int = 0) -> list[str]:
    """Return the lines a terminal of this width shows."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding, errors="strict", newline="\n")
    text.render(report, Console(file=file, width=width, highlight=False, legacy_windows=False), verbosity=verbosity)
    file.flush()
    return raw.getvalue().decode(encoding).split("\n")


def test_the_grid_follows_the_configuration_and_says_what_its_marks_mean() -> None:
    lines = printed(every_mark(), 120)[2:]
    assert lines[0].split() == ["Linux", "Linux", "macOS", "Windows", "Windows"]
    assert lines[1].split() == ["x86_64", "aarch64", "arm64", "amd64", "win32"]
    assert lines[2].split() == ["glibc", "2.17", "glibc", "2.17", "11.0"]
    assert [line.split() for line in lines[4:7]] == [
        ["cp311-cp311", "✔", "✘", "▲", "?", "+"],
        ["cp312-cp312", "○"],
        ["sdist", "✔"],
    ]
    assert lines[7].split("   ")[:-1] == [
        "✔ sound",
        "▲ warnings",
        "? not verified",
        "+ not expected",
        "○ missing",
        "✘ errors",
    ]


def test_a_narrow_terminal_gets_one_line_per_row_and_no_name_is_broken() -> None:
    lines = printed(every_mark(), 30)[2:]
    assert lines[0] == "cp311-cp311  Linux: ✔ x86_64 ✘ aarch64  macOS: ▲ arm64  Windows: ? amd64 + win32"
    assert lines[1:3] == ["cp312-cp312  Linux: ○ x86_64", "sdist  ✔"]
    assert any(line.endswith("in demo-1.0-cp311-cp311-macosx_11_0_arm64.whl") for line in lines)


def test_a_terminal_without_unicode_gets_the_grid_in_ascii() -> None:
    lines = printed(every_mark(), 120, "ascii")[2:]
    assert [slice_ for slice_ in lines[4].split() if slice_ != "|"] == ["cp311-cp311", "ok", "X", "!", "?", "+"]


@pytest.mark.parametrize(
    ("report", "verbosity", "shown"),
    [
        (Report((wheel(X86_64), sdist())), 0, True),
        (Report((wheel(X86_64), sdist())), -1, False),
        (Report((wheel(X86_64),)), 0, False),
    ],
)
def test_a_grid_is_shown_where_it_says_more_than_the_findings(report: Report, verbosity: int, *, shown: bool) -> None:
    assert any("✔ sound" in line for line in printed(report, 100, verbosity=verbosity)) is shown


@pytest.mark.parametrize("width", [20, 80, 400])
def test_no_hostile_name_reaches_the_terminal_or_the_runner_of_a_log(width: int) -> None:
    lines = printed(hostile(), width)
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


def test_the_last_line_says_how_much_was_examined_and_what_was_found() -> None:
    assert printed(every_mark(), 80)[-2] == (
        "FAIL  6 artifacts, 5 members, 20.5 kB unpacked, 5 binaries: 3 errors, 1 warning, 0 notes, 1 not verified"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("width", [20, 57, 58, 80, 400, None])
@pytest.mark.parametrize(
    "report",
    [
        every_mark(),
        Report((wheel(X86_64), sdist())),
        Report((wheel("cp311-cp311-any"), wheel("cp39-abi3-win_amd64"))),
        Report((sdist(),), config=Config((WheelTag("cp311", "cp311", "manylinux_2_17_x86_64"),))),
        Report((wheel("cp311-cp311-\u65e5\u672c"), sdist())),
        Report((sdist(), wheel(""))),
    ],
    ids=["every mark", "two", "no floors", "expected", "wide", "nameless"],
)
def test_a_pipe_gets_the_table_that_rich_draws(report: Report, width: int | None, encoding: str) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n", errors="replace")
    print_grid(report, lines.Plain(plain, width))
    by_rich = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n", errors="replace")
    print_grid(report, Console(file=by_rich, width=width, highlight=False, color_system=None))
    for file in (plain, by_rich):
        file.seek(0)
    drawn = plain.read()
    assert drawn == by_rich.read()
    assert drawn.count("\n") >= 3


def test_columns_and_the_terminal_beside_a_pipe_give_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(
        os, "get_terminal_size", lambda stream: os.terminal_size(({2: 50}.get(stream) or os.dup(-1), 9))
    )
    assert lines.Plain(io.StringIO()).columns == Console(file=io.StringIO()).width == 50
    monkeypatch.setenv("COLUMNS", "70")
    assert lines.Plain(io.StringIO()).columns == Console(file=io.StringIO()).width == 70
    assert lines.Plain(io.StringIO(), 60).columns == 60
