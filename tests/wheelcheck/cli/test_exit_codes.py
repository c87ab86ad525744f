from __future__ import annotations

import pytest

from wheelcheck.cli.exit_codes import exit_code, reader_may_leave
from wheelcheck.config import ConfigError
from wheelcheck.inputs import UnreachableError


def raising(problem: BaseException) -> int:
    raise problem


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_run_that_ends_says_how(code: int) -> None:
    assert exit_code(lambda: code) == code


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (ConfigError("no such key"), "wheelcheck: no such key\n"),
        (KeyboardInterrupt(), "wheelcheck: interrupted, nothing is verified\n"),
        (OSError(28, "No space left on device"), "wheelcheck: cannot go on: [Errno 28] No space left on device\n"),
        (UnreachableError("a\n::error::\x1b"), "wheelcheck: a\\n::error::\\x1b\n"),
    ],
)
def test_a_run_that_is_stopped_is_2_and_says_by_what(
    capsys: pytest.CaptureFixture[str], problem: BaseException, said: str
) -> None:
    assert exit_code(lambda: raising(problem)) == 2
    assert capsys.readouterr().err == said


def test_a_bug_of_ours_is_2_and_shows_where_it_is_one_harmless_line_at_a_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_code(lambda: raising(ZeroDivisionError("a\n::error::b"))) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == [
        "wheelcheck: internal error, nothing is verified",
        "wheelcheck: Traceback (most recent call last):",
    ]
    assert lines[-2:] == ["wheelcheck: ZeroDivisionError: a", "wheelcheck: \\x3a:error::b"]


def test_other_errors_of_a_run_are_not_swallowed_while_it_prints() -> None:
    with pytest.raises(ZeroDivisionError), reader_may_leave():
        raise ZeroDivisionError
