from __future__ import annotations

import json
import re
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from tools import windows
from tools.windows import TARGET, main, source_of

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = TARGET.read_text("utf-8")
NAMES = " ".join(json.loads(SHIPPED)["libraries"]).split()


def installed() -> str:
    """Return the packages that are here, with their versions; empty if one of them is missing."""
    try:
        return ", ".join(f"{name} {metadata.version(name)}" for name in windows.SOURCES)
    except metadata.PackageNotFoundError:
        return ""


def test_the_shipped_file_is_what_its_sources_give_or_the_message_says_how_to_compare(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, said = main(["--check"]), capsys.readouterr().err
    if source_of(SHIPPED) == installed():
        assert (code, said) == (0, "")
    else:
        assert code == 2
        assert re.search(
            r"pip install delvewheel==[\d.]+ ziglang==[\d.]+ to check it, or python -m tools\.windows", said
        )


def test_the_shipped_names_are_sorted_small_and_each_there_once() -> None:
    assert sorted({name.lower() for name in NAMES}) == NAMES
    assert len(SHIPPED) < 60_000


def test_every_dll_that_mingw_defines_for_all_cpus_is_there_but_runtimes_and_api_sets() -> None:
    defined = {name.lower().removesuffix(".dll") for name in windows.of_mingw()}
    missing = {name for name in defined - set(NAMES) if not name.startswith(("api-ms-", "vcruntime", "ucrtbased"))}
    assert missing == set()
    assert len(defined) > 300


def test_what_only_some_windows_have_by_chance_is_left_out() -> None:
    runtimes = {"msvcp140", "vcruntime140", "mfc140u", "vcomp140", "concrt140", "msvcr100", "libcrypto"}
    assert runtimes.isdisjoint(NAMES)
    assert {"kernel32", "ucrtbase", "msvcrt", "d3d12", "bcryptprimitives"} <= set(NAMES)


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data file, for the while elsewhere."""
    path = tmp_path / "windows.json"
    monkeypatch.setattr(windows, "TARGET", path)
    return path


def test_a_file_of_other_packages_is_2_and_says_how_to_compare(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target.write_text(SHIPPED.replace("delvewheel 1.", "delvewheel 0."), "utf-8")
    assert main(["--check"]) == 2
    assert "windows.json is of delvewheel 0." in capsys.readouterr().err
