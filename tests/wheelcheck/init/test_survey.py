from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.layouts import bindings, crate, pyproject, tracer, write
from wheelcheck.builder.cibuildwheel import OLDEST_PYTHON
from wheelcheck.config import ConfigError, Payload
from wheelcheck.init.repository import Repository
from wheelcheck.init.survey import survey
from wheelcheck.platforms.published import CPYTHONS

if TYPE_CHECKING:
    from pathlib import Path


def repository(folder: Path, branch: str = "main") -> Path:
    folder.mkdir(exist_ok=True)
    subprocess.run(["git", "init", "-q", "-b", branch], cwd=folder, check=True)
    return folder


def test_programs_and_c_libraries_of_a_workspace_are_the_payload_and_rust_libraries_are_not(tmp_path: Path) -> None:
    found = survey(tracer(tmp_path))
    assert set(found.payload) == {
        Payload("tool", "executable", "my_demo/bin/tool", "tool"),
        Payload("plug_in", "library", "my_demo/lib/libplug_in.so", "plug-in"),
    }
    assert (found.package, found.workspace, found.compiled.python) == ("my_demo", "rust", ("py3-none",))


def test_an_extension_module_is_the_backends_and_no_payload(tmp_path: Path) -> None:
    found = survey(bindings(tmp_path))
    assert found.payload == ()
    assert (found.package, found.workspace, found.needs_rust) == ("demo", ".", True)


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no pyproject.toml and no setup.py; run init in the folder"):
        survey(tmp_path)


def test_crates_without_a_cargo_to_read_them_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ConfigError, match=r"Cargo.toml: cargo is not installed.*install Rust"):
        survey(tracer(tmp_path))


def test_the_pythons_are_those_that_the_builder_builds_for_and_cibuildwheel_calls_released() -> None:
    selector = pytest.importorskip("cibuildwheel.selector", reason="cibuildwheel does not run on this Python")
    select = selector.BuildSelector(build_config="*", skip_config="")
    built = [minor for minor in range(OLDEST_PYTHON, 30) if select(f"cp3{minor}-manylinux_x86_64")]
    assert built[0] == CPYTHONS[0]
    assert [minor for minor in built if minor <= CPYTHONS[-1]] == list(CPYTHONS)
    assert not select(f"cp3{CPYTHONS[-1] + 1}-manylinux_x86_64")


def test_a_project_without_git_is_a_repository_of_its_own(tmp_path: Path) -> None:
    assert survey(tracer(tmp_path)).repository == Repository(tmp_path)


def test_a_project_below_the_root_of_a_repository_says_what_a_checkout_of_it_needs(tmp_path: Path) -> None:
    top = repository(tmp_path / "top", "trunk")
    write(top, {".gitmodules": "[submodule]\n"})
    project = tracer(top / "a" / "b")
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace('["hatchling.build"]', '["hatchling", "hatch-vcs"]'))
    assert survey(project).repository == Repository(top, "a/b", "trunk", submodules=True, history=True)


@pytest.mark.parametrize(
    ("attributes", "lfs"),
    [
        ({".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"}, True),
        ({"a/.gitattributes": "*.bin\tfilter=lfs"}, True),
        (
            {".gitattributes": "# *.bin filter=lfs\n*.c text\n*.bin -filter=lfs\n", "x/.gitattributes": "* filter=lfs"},
            False,
        ),
    ],
    ids=["at the root", "above the project", "a comment, another setting, a folder of others that is not tracked"],
)
def test_files_in_git_lfs_are_known_by_what_git_is_told(
    tmp_path: Path, attributes: dict[str, str], *, lfs: bool
) -> None:
    top = repository(tmp_path, "main")
    write(top, attributes)
    assert survey(tracer(top / "a" / "b")).repository.lfs is lfs


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": pyproject("setuptools.build_meta").replace('["setu', '["setuptools-scm>=8", "setu')},
        {"setup.py": "setup(name='demo', use_scm_version=True)\n"},
        {"pyproject.toml": pyproject("pdm.backend", more="[tool.pdm.version]\nsource = 'scm'\n")},
    ],
    ids=["setuptools-scm", "setup.py", "pdm"],
)
def test_a_version_from_git_needs_the_history(tmp_path: Path, files: dict[str, str]) -> None:
    source = {"rust/Cargo.toml": crate("demo"), "rust/src/main.rs": "fn main() {}", "demo/__init__.py": ""}
    assert survey(write(tmp_path, {**files, **source})).repository.history


def test_the_default_branch_is_the_remotes_and_not_the_one_that_is_checked_out(tmp_path: Path) -> None:
    top = repository(tmp_path, "feature")
    link = ["git", "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/develop"]
    subprocess.run(link, cwd=top, check=True)
    assert survey(tracer(top)).repository.branch == "develop"


@pytest.mark.parametrize(
    ("python", "each"), [('["cp312", "cp313"]', True), ('["cp311-abi3"]', False), ('["py3-none"]', False)]
)
def test_a_project_that_is_configured_has_said_itself_what_init_would_not_know(
    tmp_path: Path, python: str, *, each: bool
) -> None:
    table = f'[tool.wheelcheck]\narchitectures = ["x86_64"]\npython = {python}\n'
    files = {"pyproject.toml": pyproject("enscons.api", more=table), "Cargo.toml": crate("x"), "src/lib.rs": ""}
    found = survey(write(tmp_path, files))
    assert (found.compiled.needs_each_python, found.needs_rust) == (each, True)


def test_a_wheelcheck_toml_at_the_root_is_enough(tmp_path: Path) -> None:
    write(tmp_path, {"wheelcheck.toml": 'python = ["cp311-abi3"]\narchitectures = ["x86_64"]\n'})
    assert survey(tmp_path).compiled.python == ("cp311-abi3",)


def test_a_configuration_that_is_wrong_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="architectures"):
        survey(write(tmp_path, {"wheelcheck.toml": 'architectures = ["z80"]\n'}))
