from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from wheelcheck.pypi import address
from wheelcheck.pypi.address import index_address

if TYPE_CHECKING:
    from pathlib import Path

OURS = "http://127.0.0.1/simple/"


@pytest.mark.parametrize(
    "variables",
    [
        {"PIP_INDEX_URL": OURS, "UV_DEFAULT_INDEX": "http://127.0.0.2/"},
        {"UV_DEFAULT_INDEX": OURS},
        {"UV_DEFAULT_INDEX": f"our-index={OURS}"},
        {"UV_INDEX_URL": f" {OURS} "},
        {"PIP_INDEX_URL": "", "UV_INDEX_URL": OURS},
    ],
)
def test_the_environment_names_the_index_of_pip_or_uv(variables: dict[str, str]) -> None:
    assert index_address(variables) == OURS


def test_an_address_with_an_equals_sign_is_no_named_index() -> None:
    assert index_address({"PIP_INDEX_URL": f"{OURS}?a=b"}) == f"{OURS}?a=b"


@pytest.mark.parametrize("section", ["global", "install", "download"])
@pytest.mark.parametrize("place", [".config/pip/pip.conf", ".pip/pip.conf"])
@pytest.mark.posix
def test_the_configuration_of_pip_names_it(tmp_path: Path, section: str, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(f"[{section}]\nindex-url = {OURS}\n")
    assert index_address({"HOME": str(tmp_path)}) == OURS


def test_a_file_that_is_named_comes_first_and_a_broken_one_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "own").write_text(f"[global]\nindex-url = {OURS}\n")
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip" / "pip.conf").write_text("no section")
    assert index_address({"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "own")}) == OURS
    assert index_address({"HOME": str(tmp_path)}) != OURS


@pytest.mark.posix
def test_macos_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "Library/Application Support/pip/pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text(f"[global]\nindex-url = {OURS}\n")
    assert index_address({"HOME": str(tmp_path)}) != OURS
    monkeypatch.setattr(sys, "platform", "darwin")
    assert index_address({"HOME": str(tmp_path)}) == OURS


@pytest.mark.posix
def test_the_device_null_stands_for_no_file_at_all(tmp_path: Path) -> None:
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip" / "pip.conf").write_text(f"[global]\nindex-url = {OURS}\n")
    assert index_address({"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}) != OURS


def test_otherwise_it_is_the_default_of_pip_installed_or_bundled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = index_address({"HOME": str(tmp_path)})
    assert default.startswith("https://")
    assert default.endswith("/simple/")
    monkeypatch.setattr(address, "find_spec", lambda name: None if name == "pip" else find_spec(name))
    assert index_address({"HOME": str(tmp_path)}) == default


def test_without_any_the_address_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "find_spec", lambda _: None)
    monkeypatch.setattr(address, "_bundled", lambda: iter(()))
    assert index_address({"HOME": str(tmp_path)}) == ""
