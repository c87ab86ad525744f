from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, a_wheel
from tests.support.commandline import run_here as run
from tests.support.native_files import library
from wheelcheck.config.discovery import configuring, discover, shown
from wheelcheck.config.files import OWN, SHARED, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

PROMISE = 'python = ["cp311"]\narchitectures = ["x86_64", "aarch64"]\n'
TABLE = f"[project]\nname = 'demo'\n[tool.wheelcheck]\n{PROMISE}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose dist/ holds one of the two wheels that its configuration promises: it must fail."""
    folder = tmp_path / "project"
    for place in (".git", "docs/pages", "dist"):
        (folder / place).mkdir(parents=True)
    (folder / SHARED).write_text(TABLE, "utf-8")
    a_wheel(X86_64, library("x86_64")).write(folder / "dist")
    return folder


@pytest.mark.parametrize("place", [".", "docs", "docs/pages", "dist", ".."])
def test_a_release_fails_from_any_folder(project: Path, place: str) -> None:
    here = project / place
    done = run(here, "check", os.path.relpath(project / "dist", here))
    assert done.returncode == 1
    assert done.stdout.startswith(f"configuration: {os.path.relpath(project / SHARED, here)}\n".encode())


def test_a_release_fails_from_a_folder_that_has_nothing_to_do_with_it(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = tmp_path_factory.mktemp("elsewhere")
    assert run(here, "check", project / "dist").returncode == 1
    assert run(here, "check", next((project / "dist").iterdir())).returncode == 1
    assert run(here, "check", project / "dist" / "*.whl").returncode == 1


@pytest.mark.posix
def test_a_linked_folder_is_configured_where_it_is_linked_and_where_it_is(project: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (project / "dist").rename(tmp_path / "store" / "built")
    (project / "dist").symlink_to(tmp_path / "store" / "built")
    assert discover(tmp_path, ["project/dist"]) == project / SHARED
    (tmp_path / "link").symlink_to(project / "docs")
    assert discover(tmp_path, ["link"]) == project / SHARED


def test_a_pyproject_that_does_not_configure_us_ends_no_search(project: Path) -> None:
    (project / "docs" / SHARED).write_text("[project]\nname = 'docs'\n", "utf-8")
    assert configuring(project / "docs" / "pages") == project / SHARED


def test_the_search_ends_at_the_root_of_the_repository(project: Path) -> None:
    (project / SHARED).unlink()
    (project.parent / OWN).write_text(PROMISE, "utf-8")
    assert configuring(project / "docs") is None
    assert configuring(project.parent) == project.parent / OWN


def test_without_a_repository_every_folder_above_counts(tmp_path: Path) -> None:
    (tmp_path / "unpacked" / "dist").mkdir(parents=True)
    (tmp_path / "unpacked" / SHARED).write_text(TABLE, "utf-8")
    assert configuring(tmp_path / "unpacked" / "dist") == tmp_path / "unpacked" / SHARED


def test_two_projects_are_not_checked_with_the_configuration_of_one(project: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / OWN).write_text(PROMISE, "utf-8")
    for here, given in ((tmp_path, ["project/dist", "other"]), (project, ["../other"])):
        with pytest.raises(ConfigError, match=r"pyproject\.toml and .*wheelcheck\.toml both configure this check"):
            discover(here, given)


def test_a_published_release_is_held_to_the_configuration_of_its_own_project_only(project: Path) -> None:
    assert discover(project, ["pypi:Demo==1.0"]) == project / SHARED
    assert discover(project, ["pypi:other==1.0"]) is None
    assert discover(project, ["pypi:other==1.0", "dist"]) == project / SHARED


@pytest.mark.parametrize(
    "header", ["tool.whelcheck", "tool.wheel-check", "tool.Wheelcheck", "wheelcheck", "wheelchecks"]
)
def test_a_table_whose_name_is_nearly_right_is_an_error(project: Path, header: str) -> None:
    (project / SHARED).write_text(TABLE.replace("tool.wheelcheck", header), "utf-8")
    done = run(project, "check", "dist")
    assert done.returncode == 2
    assert f"[{header}] is not read because of its name; call it [tool.wheelcheck]" in done.stderr.decode()


@pytest.mark.parametrize("name", [".wheelcheck.toml", "whelcheck.toml", "wheelcheck.tml", "Wheelcheck.toml"])
def test_a_file_whose_name_is_nearly_right_is_an_error(project: Path, name: str) -> None:
    (project / SHARED).unlink()
    (project / name).write_text(PROMISE, "utf-8")
    if (project / OWN).exists():
        pytest.skip("this file system does not distinguish upper and lower case")
    with pytest.raises(ConfigError, match="is not read because of its name"):
        discover(project, ["dist"])


@pytest.mark.parametrize("header", ["tool.wheel", "tool.check-wheel-contents", "tool.cibuildwheel", "tool.hatch.check"])
def test_the_tables_of_other_tools_are_left_alone(project: Path, header: str) -> None:
    (project / SHARED).write_text(TABLE.replace("tool.wheelcheck", header).replace(PROMISE, ""), "utf-8")
    assert discover(project, ["dist"]) is None


def test_no_config_is_said_and_excludes_config(project: Path) -> None:
    done = run(project, "check", "dist", "--no-config")
    assert done.returncode == 0
    assert done.stdout.startswith(b"configuration: none, so no particular set of files is expected\n")
    assert run(project, "check", "dist", "--no-config", "--config", SHARED).returncode == 2


def test_each_misses_no_file_and_still_judges_each_one(project: Path) -> None:
    (wheel,) = (project / "dist").iterdir()
    assert run(project, "check", "--each", wheel).returncode == 0
    with (project / SHARED).open("a", encoding="utf-8") as file:
        file.write('[[tool.wheelcheck.payload]]\nname = "tool"\nkind = "executable"\npath = "demo/tool"\n')
        file.write('[[tool.wheelcheck.ignore]]\ncode = "WC301"\nartifact = "*.tar.gz"\nreason = "about another file"\n')
    done = run(project, "check", "--each", wheel)
    assert done.returncode == 1
    assert b"WC310" in done.stdout
    assert b"WC801" not in done.stdout


def test_a_path_is_shown_as_a_reader_in_that_folder_would_write_it(tmp_path: Path) -> None:
    assert shown(tmp_path / "a" / OWN, tmp_path) == f"a/{OWN}"
    assert shown(tmp_path / OWN, tmp_path / "a" / "b") == f"../../{OWN}"
    assert shown(tmp_path / OWN, tmp_path / "a" / "b" / "c") == (tmp_path / OWN).as_posix()
