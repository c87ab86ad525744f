from __future__ import annotations

import sys
from subprocess import CalledProcessError
from typing import TYPE_CHECKING

import pytest

from tools import package

if TYPE_CHECKING:
    from pathlib import Path

# That it succeeds on this checkout is what `nox -s package` proves; here: what it does when something is wrong.


def test_a_checkout_that_cannot_be_built_fails_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(package, "ROOT", tmp_path)
    assert package.main() == 1
    assert "package: failed with 1:" in (said := capfd.readouterr().err)
    assert "-m build --outdir" in said


def test_what_was_built_is_kept_in_the_folder_that_is_named(tmp_path: Path) -> None:
    built = [tmp_path / name for name in ("demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl")]
    for file in built:
        file.write_text(file.name)
    package.keep(built, tmp_path / "kept" / "dist")
    assert {file.name: file.read_text() for file in (tmp_path / "kept" / "dist").iterdir()} == {
        file.name: file.name for file in built
    }


def test_nothing_is_kept_of_what_could_not_be_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "ROOT", tmp_path)
    assert package.main([str(tmp_path / "dist")]) == 1
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("code", [1, 2, 77])
def test_a_command_that_fails_raises_with_its_code(tmp_path: Path, code: int) -> None:
    with pytest.raises(CalledProcessError) as failed:
        package.run(tmp_path, sys.executable, "-c", f"raise SystemExit({code})")
    assert failed.value.returncode == code


def test_a_command_runs_in_the_folder_given(tmp_path: Path) -> None:
    package.run(tmp_path, sys.executable, "-c", "open('here', 'w').close()")
    assert (tmp_path / "here").exists()


def test_what_cannot_be_installed_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "broken-1.0-py3-none-any.whl").write_bytes(b"no zip")
    with pytest.raises(CalledProcessError):
        package.install(tmp_path / "broken-1.0-py3-none-any.whl", tmp_path / "environment")
