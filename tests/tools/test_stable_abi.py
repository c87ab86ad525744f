from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from abi3info import DATAS, FUNCTIONS
from abi3info.models import Symbol

from tools import stable_abi
from tools.stable_abi import TARGET, installed, main, render
from wheelcheck.platforms.stable_abi import added_in

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data file, for the while elsewhere."""
    path = tmp_path / "stable_abi.json"
    monkeypatch.setattr(stable_abi, "TARGET", path)
    return path


def test_the_shipped_file_is_what_its_abi3info_gives_or_the_message_says_how_to_compare(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = json.loads(TARGET.read_text("utf-8"))["source"]
    code, said = main(["--check"]), capsys.readouterr().err
    if source == installed():
        assert (code, said) == (0, "")
    else:
        assert code == 2
        assert f"pip install {source.replace(' ', '==')}, or python -m tools.stable_abi to renew it" in said


def test_the_file_names_its_source_with_its_date() -> None:
    assert re.fullmatch(r"abi3info \d{4}\.\d{1,2}\.\d{1,2}", json.loads(TARGET.read_text("utf-8"))["source"])


def test_each_name_has_the_version_that_the_source_says() -> None:
    listed = FUNCTIONS[Symbol("PyType_GetModule")], DATAS[Symbol("PyExc_OSError")]
    assert [(entry.symbol.name, (entry.added.major, entry.added.minor)) for entry in listed] == [
        (entry.symbol.name, added_in()[entry.symbol.name]) for entry in listed
    ]
    assert len(added_in()) == len({entry.symbol.name for entry in (*FUNCTIONS.values(), *DATAS.values())})


def test_the_file_is_written_and_then_in_order(target: Path) -> None:
    assert main([]) == 0
    assert target.read_text("utf-8") == render()
    assert main(["--check"]) == 0


def test_an_edited_file_and_one_of_another_source_are_told_apart(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target.write_text(render().replace("PyList_Append ", ""), "utf-8")
    assert main(["--check"]) == 1
    target.write_text(json.dumps({"source": "abi3info 2020.1.1", "since": {}}), "utf-8")
    assert main(["--check"]) == 2
    assert "pip install abi3info==2020.1.1" in capsys.readouterr().err
