"""`wheelcheck check --if-present`, for hooks that run before anything was built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, Recipe, a_wheel
from wheelcheck.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SOUND = a_wheel("py3-none-any", File("demo/__init__.py"))
BROKEN = a_wheel(X86_64, File("demo/native.so", b"\x7fELF"))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("made", [(), ("dist/.gitignore",)], ids=["no folder", "a folder that tools made"])
@pytest.mark.parametrize("paths", [("dist",), ("dist/*.whl", "dist/*.tar.gz")])
def test_where_nothing_is_it_passes_and_says_in_one_line_what_it_did_not_find(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], made: tuple[str, ...], paths: tuple[str, ...]
) -> None:
    for name in made:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("*\n")
    assert main(["check", "--if-present", *paths]) == 0
    printed = capsys.readouterr()
    wanted = f"wheelcheck: nothing to check in {', '.join(paths)}; that passes because of --if-present\n"
    assert (printed.out, printed.err) == ("", wanted)
    assert main(["check", *paths]) == 2


@pytest.mark.parametrize(("recipe", "status"), [(SOUND, 0), (BROKEN, 1)], ids=["sound", "broken"])
def test_what_is_there_is_judged_as_ever(tmp_path: Path, recipe: Recipe, status: int) -> None:
    (tmp_path / "dist").mkdir()
    recipe.write(tmp_path / "dist")
    assert main(["check", "--if-present", "dist", "elsewhere"]) == status


def test_a_folder_without_artifacts_but_with_other_files_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "demo-1.0.exe").write_bytes(b"MZ")
    assert main(["check", "--if-present", "dist"]) == 2


@pytest.mark.posix
def test_a_link_that_leads_nowhere_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "demo-1.0-py3-none-any.whl").symlink_to("gone.whl")
    assert main(["check", "--if-present", "demo-1.0-py3-none-any.whl"]) == 2


def test_a_wrong_configuration_is_no_pass_even_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "wheelcheck.toml").write_text("glib = '2.17'\n")
    assert main(["check", "--if-present", "dist"]) == 2
