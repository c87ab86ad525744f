from __future__ import annotations

import json
import re
from importlib import metadata, resources
from typing import TYPE_CHECKING

import pytest

from tools import policy
from tools.policy import TARGET, main, render, source_of

if TYPE_CHECKING:
    from pathlib import Path

INSTALLED = f"auditwheel {metadata.version('auditwheel')}"


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data file, for the while elsewhere."""
    path = tmp_path / "manylinux.json"
    monkeypatch.setattr(policy, "TARGET", path)
    return path


# --- the file that ships ---


def test_the_shipped_file_is_what_its_auditwheel_gives_or_the_message_says_how_to_compare(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = source_of(TARGET.read_text("utf-8"))
    code, said = main(["--check"]), capsys.readouterr().err
    if source == INSTALLED:
        assert (code, said) == (0, "")
    else:
        assert code == 2
        assert f"pip install {source.replace(' ', '==')} to check it, or python -m tools.policy to renew it" in said


def test_the_file_names_its_source() -> None:
    assert re.fullmatch(r"auditwheel \d+\.\d+\.\d+", source_of(TARGET.read_text("utf-8")))


def test_every_policy_of_the_installed_auditwheel_is_taken_but_the_one_that_promises_nothing() -> None:
    data = json.loads(render())
    for family, file in policy.SOURCES.items():
        published = json.loads(resources.files("auditwheel.policy").joinpath(file).read_text("utf-8"))
        assert set(data[family]) == {entry["name"] for entry in published} - {"linux"}
        assert len(data[family]) > 1


def test_the_newest_version_is_the_highest_number_and_not_the_last_word() -> None:
    data = json.loads(render())["manylinux"]
    glibc = {name: entry["versions"]["x86_64"]["GLIBC"]["newest"] for name, entry in data.items()}
    assert {name: glibc[name] for name in ("manylinux_2_5", "manylinux_2_17", "manylinux_2_28")} == {
        "manylinux_2_5": "2.5",
        "manylinux_2_17": "2.17",
        "manylinux_2_28": "2.28",
    }
    assert data["manylinux_2_17"]["versions"]["x86_64"]["GLIBCXX"]["newest"] == "3.4.19"
    assert {"libc.so.6", "libstdc++.so.6", "libz.so.1"} <= set(data["manylinux_2_17"]["libraries"])


def test_names_without_a_plain_number_are_kept_apart() -> None:
    families = [
        summary
        for entry in json.loads(render())["manylinux"].values()
        for versions in entry["versions"].values()
        for summary in versions.values()
    ]
    odd = {other for summary in families for other in summary["others"]}
    assert odd
    assert [name for name in odd if re.fullmatch(r"[\d.]+", name)] == []


# --- the command ---


def test_what_was_written_is_up_to_date(target: Path) -> None:
    assert main([]) == 0
    assert target.read_text("utf-8") == render()
    assert main(["--check"]) == 0


@pytest.mark.parametrize("harm", ["GLIBCXX", "2.17"])
def test_a_file_that_was_edited_is_1_and_not_changed(
    target: Path, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    touched = render().replace(harm, "9.99")
    target.write_text(touched, "utf-8")
    assert main(["--check"]) == 1
    assert f"manylinux.json is not what {INSTALLED} gives: run python -m tools.policy" in capsys.readouterr().err
    assert target.read_text("utf-8") == touched


def test_a_file_of_another_auditwheel_is_2_and_says_how_to_compare(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target.write_text(render().replace(INSTALLED, "auditwheel 1.0.0"), "utf-8")
    assert main(["--check"]) == 2
    said = capsys.readouterr().err
    assert f"is of auditwheel 1.0.0, and {INSTALLED} is installed" in said
    assert "pip install auditwheel==1.0.0" in said


@pytest.mark.parametrize("text", [None, "", "{}", "no json"])
def test_a_missing_or_broken_file_is_1(target: Path, text: str | None) -> None:
    if text is not None:
        target.write_text(text, "utf-8")
    assert main(["--check"]) == 1
