from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from tests.support.chromium import find

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("ci", "machine", "outcome"),
    [
        ("true", "x86_64", pytest.fail.Exception),
        ("true", "aarch64", pytest.skip.Exception),
        ("", "x86_64", pytest.skip.Exception),
    ],
)
def test_a_missing_chromium_is_a_failure_in_ci_and_a_skip_with_a_reason_elsewhere(
    ci: str, machine: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="apt-get install chromium"):
        find()


@pytest.mark.posix
def test_a_snap_of_chromium_is_not_used_and_a_program_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("snap", "real"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "google-chrome").symlink_to("snap")
    (tmp_path / "chromium").symlink_to("real")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find() == str(tmp_path / "chromium")
