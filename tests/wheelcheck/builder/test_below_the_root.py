"""A Python project in a folder of its repository, with its Cargo workspace above or beside it."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import HATCH, committed, probe
from wheelcheck.builder import rebuild, sdist
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.config import ConfigError
from wheelcheck.config.builder import load
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """
architectures = ["x86_64"]
python = ["py3-none"]
{more}
[build]
directory = "python"
workspace = "{workspace}"
[[payload]]
name = "probe"
kind = "executable"
path = "probe/bin/probe"
"""


def repository(folder: Path, workspace: str, more: str = "", project: str = HATCH) -> Build:
    """Write a repository with the crate in `workspace` and the Python project in `python/`."""
    probe(folder / workspace)
    (folder / workspace / "pyproject.toml").unlink()
    (folder / "python" / "probe").mkdir(parents=True)
    (folder / "python" / "probe" / "__init__.py").touch()
    (folder / "python" / "pyproject.toml").write_text(project)
    (folder / "wheelcheck.toml").write_text(CONFIGURATION.format(workspace=workspace, more=more))
    (folder / ".gitignore").write_text("/build/\n/dist/\n")
    return Build.of(committed(folder), find("x86_64"), lambda _: None)


def members(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info" not in name}


@pytest.mark.network
def test_a_project_whose_workspace_is_above_it_is_built_from_a_copy_of_the_sources(tmp_path: Path) -> None:
    build = repository(tmp_path / "p", ".", "sdist = false")
    build.build()
    (wheel,) = build.wheels()
    assert next(line.partition(": ")[2] for line in rebuild.roundtrip(build)).startswith("probe/bin/probe: executable")
    assert wheel.parent == tmp_path / "p" / "dist"
    assert members(wheel) == {"probe/__init__.py", "probe/bin/probe"}


@pytest.mark.network
def test_an_sdist_without_the_workspace_above_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"missing or different: Cargo.lock, Cargo.toml, src/main.rs"):
        repository(tmp_path / "p", ".").sdist()


@pytest.mark.network
@pytest.mark.parametrize("sdist_key", ["", "sdist = true"])
def test_a_project_that_holds_its_workspace_is_built_from_its_sdist(tmp_path: Path, sdist_key: str) -> None:
    build = repository(tmp_path / "p", "python/rust", sdist_key)
    build.build()
    tree = sdist.unpack(build.sdist(), tmp_path / "unpacked")
    assert (tree / "rust" / "src" / "main.rs").is_file()
    (wheel,) = build.wheels()
    assert "probe/bin/probe" in members(wheel)
    assert not (tree / "wheelcheck.toml").exists()
    assert len(rebuild.roundtrip(build)) == 1


def test_a_place_in_the_sdist_is_that_of_the_root_or_of_the_python_project(tmp_path: Path) -> None:
    settings = repository(tmp_path / "p", "python/rust").settings
    (workspace,) = settings.workspaces
    assert sdist.place_of(workspace, tmp_path / "tree", settings) == tmp_path / "tree" / "rust"
    (tmp_path / "tree" / "python" / "rust").mkdir(parents=True)
    assert sdist.place_of(workspace, tmp_path / "tree", settings) == tmp_path / "tree" / "python" / "rust"


def test_a_workspace_outside_the_project_says_where_the_configuration_belongs(tmp_path: Path) -> None:
    probe(tmp_path / "p" / "python", more='[tool.wheelcheck.build]\nworkspace = ".."\n')
    with pytest.raises(ConfigError, match=r"'\.\.' is outside the project, .*wheelcheck.toml in a folder above both"):
        load(tmp_path / "p" / "python")
