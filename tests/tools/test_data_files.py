"""Every data file: written by its module, held against its sources, never by hand."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from tools import data_files

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

pytestmark = pytest.mark.posix


@pytest.fixture(params=data_files.WRITERS)
def writer(request: pytest.FixtureRequest) -> ModuleType:
    """Each module that writes a data file."""
    return import_module(f"tools.{request.param}")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that writes a data file, with the file in another folder."""
    module = import_module("tools.manylinux")
    monkeypatch.setattr(module, "TARGET", tmp_path / "manylinux.json")
    return module


def test_every_data_file_of_the_package_has_a_writer() -> None:
    assert {path.stem for path in data_files.PLATFORMS.glob("*.json")} == set(data_files.WRITERS)


def test_a_file_names_its_sources_with_their_versions(writer: ModuleType) -> None:
    named = data_files.source_of(writer.TARGET.read_text("utf-8"))
    assert re.fullmatch(r"([\w.+-]+ \d[\w.+:-]*(, |$))+", named)


def test_a_file_is_what_its_sources_give_or_the_message_says_how_to_compare(
    writer: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    stated = data_files.source_of(writer.TARGET.read_text("utf-8"))
    code, said = data_files.run(writer, ["--check"]), capsys.readouterr().err
    if stated == writer.source():
        assert (code, said) == (0, "")
    else:
        assert code == 2
        assert f"{writer.TARGET.name} is of {stated}, and {writer.source()} is installed" in said
        assert f"renew it: python -m tools.{writer.TARGET.stem}\n" in said


def test_what_was_written_is_in_order(elsewhere: ModuleType) -> None:
    assert data_files.run(elsewhere, []) == 0
    assert elsewhere.TARGET.read_text("utf-8") == elsewhere.render()
    assert data_files.run(elsewhere, ["--check"]) == 0


def test_a_file_that_was_edited_is_1_and_not_changed(elsewhere: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    edited = elsewhere.render().replace("GLIBCXX", "9.99")
    elsewhere.TARGET.write_text(edited, "utf-8")
    assert data_files.run(elsewhere, ["--check"]) == 1
    assert f"is not what {elsewhere.source()} gives: run python -m tools.manylinux" in capsys.readouterr().err
    assert elsewhere.TARGET.read_text("utf-8") == edited


def test_a_file_of_other_versions_is_2(elsewhere: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere.TARGET.write_text(json.dumps({"source": "auditwheel 1.0.0"}), "utf-8")
    assert data_files.run(elsewhere, ["--check"]) == 2
    assert f"is of auditwheel 1.0.0, and {elsewhere.source()} is installed" in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "", "{}", "no json"])
def test_a_missing_or_broken_file_is_1(elsewhere: ModuleType, text: str | None) -> None:
    if text is not None:
        elsewhere.TARGET.write_text(text, "utf-8")
    assert data_files.run(elsewhere, ["--check"]) == 1


def test_a_source_that_is_not_installed_is_named_as_missing() -> None:
    assert data_files.versions(["pip", "no-such-package"]).endswith(", no-such-package (none)")
    assert "no-such-package" not in sys.modules
