"""What `wheelcheck smoke` refuses before it installs anything; tests/wheelcheck/builder/test_trial.py runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import a_wheel
from wheelcheck.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--command", "python -c 'x"), "cannot be split into words (No closing quotation): quote it as for sh"),
        (("--command", " "), "--command is empty: name a program that the wheel installs, or python"),
    ],
)
def test_what_it_cannot_run_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    wheel = a_wheel("py3-none-any").write(tmp_path)
    assert main(["smoke", str(wheel), *words]) == 2
    assert said in capsys.readouterr().err


def test_a_cpu_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["smoke", "demo.whl", "--arch", "vax"])
    assert ended.value.code == 2
    assert "argument --arch: unknown architecture 'vax'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"), [("gone", "gone: no such file"), (".", "no wheel and no sdist is in the folder")]
)
def test_where_there_is_no_wheel_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    assert main(["smoke", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err
