from __future__ import annotations

import runpy
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.wheelcheck.build.crates import probe
from wheelcheck.build.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.build.bench import Bench


def test_each_stage_says_what_it_made(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    project = bench.settings.project
    shutil.rmtree(bench.settings.dist)
    assert main(["all", "--project", str(project)]) == 0
    stage, dist = bench.stage_folder / "tree" / "reference", bench.settings.dist
    assert capsys.readouterr().out.splitlines() == [
        str(stage / "bin" / "tally"),
        str(stage / "lib" / "libguard.so"),
        str(dist / "reference-0.1.0.tar.gz"),
        str(dist / f"reference-0.1.0-cp310-abi3-{bench.target.platform_tag}.whl"),
        "smoke run passed: 6 trials",
    ]


def test_a_failed_stage_exits_with_1_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--project", str(probe(tmp_path / "p", main="fn main() { broken }"))]) == 1
    said = capsys.readouterr().err
    assert "cannot find value `broken`" in said
    assert "error: cargo zigbuild" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--project", "/nonexistent"], "cannot be read"), (["--arch", "vax"], "unknown architecture 'vax'")],
)
def test_a_wrong_configuration_or_call_exits_with_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", *words]) == 2
    assert message in capsys.readouterr().err


def test_the_module_runs_as_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["wheelcheck.build", "wheels", "--project", str(tmp_path)])
    monkeypatch.delitem(sys.modules, "wheelcheck.build.__main__")
    with pytest.raises(SystemExit) as end:
        runpy.run_module("wheelcheck.build", run_name="__main__")
    assert end.value.code == 2
    assert "pyproject.toml" in capsys.readouterr().err
