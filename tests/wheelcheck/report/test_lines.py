"""What goes to a pipe or a file without rich is what rich would print there."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tests.support.artifacts import File, a_wheel
from wheelcheck.engine import examine
from wheelcheck.report import lines, text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("verbosity", [-1, 0, 1])
@pytest.mark.parametrize("width", [None, 60])
def test_a_plain_report_is_the_same_with_and_without_rich(tmp_path: Path, verbosity: int, width: int | None) -> None:
    paths = [
        a_wheel("py3-none-any").write(tmp_path),
        a_wheel("cp311-cp311-manylinux_2_17_x86_64", File("fixture\x1b[31m\u00e9\u202e.so", b"no code")).write(
            tmp_path
        ),
        tmp_path / "absent.whl",
    ]
    report = examine(paths)
    plain, by_rich = io.StringIO(), io.StringIO()
    text.render(report, lines.Plain(plain, width), verbosity=verbosity)
    text.render(report, Console(file=by_rich, width=width, highlight=False, color_system=None), verbosity=verbosity)
    assert plain.getvalue() == by_rich.getvalue()
    assert report.findings


@pytest.mark.parametrize(("name", "value"), [("FORCE_COLOR", "1"), ("TTY_COMPATIBLE", "1")])
def test_variables_that_make_a_terminal_of_a_pipe_are_left_to_rich(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert isinstance(lines.console_for(io.StringIO()), Console)


def test_a_notebook_is_left_to_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", sys)
    assert isinstance(lines.console_for(io.StringIO()), Console)
