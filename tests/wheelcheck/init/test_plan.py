from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.init_files import FILES, applied, contents, planned
from tests.support.layouts import tracer, write
from wheelcheck.init import plan

if TYPE_CHECKING:
    from pathlib import Path


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    before = contents(tracer(tmp_path))
    assert tuple(planned(tmp_path)) == FILES
    assert contents(tmp_path) == before


def test_what_was_there_is_the_beginning_of_what_is_there(tmp_path: Path) -> None:
    own = {"noxfile.py": "import nox\n", ".gitignore": "/target/", "README.md": "mine\n"}
    before = contents(write(tracer(tmp_path), own))
    applied(tmp_path)
    after = contents(tmp_path)
    assert all(after[name].startswith(text) for name, text in before.items())
    assert set(after) == {*before, *FILES}


def test_a_second_time_there_is_nothing_to_do(tmp_path: Path) -> None:
    applied(tracer(tmp_path))
    again = planned(tmp_path)
    assert {path: change.added for path, change in again.items()} == dict.fromkeys(FILES, "")
    assert all(change.kept for change in again.values())
    assert all(change.diff() == "" for change in again.values())


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("noxfile.py", "def release_gate(session): ...\n", "defines release_gate already"),
        (".github/workflows/release.yml", "name: mine\n", "exists, and stays as it is"),
        (".gitignore", plan.ignored(), "ignores what a build writes already"),
    ],
)
def test_a_file_that_is_in_the_way_is_kept_and_says_why(tmp_path: Path, name: str, text: str, why: str) -> None:
    write(tracer(tmp_path), {name: text})
    assert planned(tmp_path)[name].kept == why
    applied(tmp_path)
    assert (tmp_path / name).read_text() == text


def test_a_configuration_of_the_projects_own_is_kept(tmp_path: Path) -> None:
    file = tracer(tmp_path) / "pyproject.toml"
    file.write_text(f"{file.read_text()}[tool.wheelcheck]\nsdist = true\n")
    assert planned(tmp_path)["pyproject.toml"].kept == "has [tool.wheelcheck] already"


def test_a_configuration_in_a_file_of_its_own_is_not_doubled(tmp_path: Path) -> None:
    write(tracer(tmp_path), {"wheelcheck.toml": "sdist = true\n"})
    assert planned(tmp_path)["pyproject.toml"].kept == "needs no [tool.wheelcheck] beside wheelcheck.toml"


def test_a_file_that_came_to_be_after_the_diff_was_shown_is_not_overwritten(tmp_path: Path) -> None:
    changes = planned(tracer(tmp_path))
    write(tmp_path, {"noxfile.py": "mine\n"})
    with pytest.raises(FileExistsError):
        changes["noxfile.py"].write()
    assert (tmp_path / "noxfile.py").read_text() == "mine\n"


@pytest.mark.parametrize("ending", ["", "\n"], ids=["without a last line end", "with one"])
def test_the_diff_is_one_that_patch_applies_to_the_same_result(tmp_path: Path, ending: str) -> None:
    shown, written = (tracer(tmp_path / name) for name in ("shown", "written"))
    for project in (shown, written):
        write(project, {"noxfile.py": f"import nox  # mine{ending}", ".gitignore": f"/target/{ending}"})
    diff = "".join(change.diff() for change in planned(shown).values())
    applied(written)
    argv = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(argv, cwd=shown, input=diff, text=True, check=True)
    assert contents(shown) == contents(written)
