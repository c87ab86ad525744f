from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.layouts import bindings, crate, pyproject, tracer, write
from wheelcheck.config import ConfigError, Payload
from wheelcheck.init.survey import survey

if TYPE_CHECKING:
    from pathlib import Path

LIMITED = 'Extension("demo._x", ["x.c"], py_limited_api=True)'
PLAIN = 'setup(ext_modules=[Extension("demo._x", ["x.c"])])'
PROMISED = 'classifiers = ["Programming Language :: Python :: 3", "Programming Language :: Python :: 3.12"]\n'


def test_programs_and_c_libraries_of_a_workspace_are_the_payload_and_rust_libraries_are_not(tmp_path: Path) -> None:
    found = survey(tracer(tmp_path))
    assert set(found.payload) == {
        Payload("tool", "executable", "my_demo/bin/tool", "tool"),
        Payload("plug_in", "library", "my_demo/lib/libplug_in.so", "plug-in"),
    }
    assert (found.backend, found.package, found.workspace) == ("hatchling", "my_demo", "rust")
    assert found.python == ("py3-none",)


def test_an_extension_module_is_the_backends_and_no_payload(tmp_path: Path) -> None:
    found = survey(bindings(tmp_path))
    assert found.payload == ()
    assert (found.backend, found.package, found.workspace) == ("maturin", "demo", ".")


@pytest.mark.parametrize(
    ("features", "more", "python"),
    [
        ('"abi3-py312"', "", ("cp312-abi3",)),
        ('"abi3"', "", ("cp311-abi3",)),
        ('"macros"', PROMISED, ("cp312",)),
        ("", "", ("cp310", "cp311", "cp312", "cp313")),
    ],
)
def test_the_pythons_of_a_rust_extension_follow_its_features(
    tmp_path: Path, features: str, more: str, python: tuple[str, ...]
) -> None:
    assert survey(bindings(tmp_path, features, more)).python == python


@pytest.mark.parametrize(
    ("script", "python"),
    [(LIMITED, ("cp311-abi3",)), (PLAIN, ("cp310", "cp311", "cp312", "cp313")), ("setup()", ("py3-none",))],
)
def test_the_pythons_of_a_c_extension_follow_its_setup(tmp_path: Path, script: str, python: tuple[str, ...]) -> None:
    write(tmp_path, {"pyproject.toml": pyproject("setuptools.build_meta"), "setup.py": script})
    found = survey(tmp_path)
    assert (found.backend, found.python, found.workspace) == ("setuptools", python, "")


def test_without_a_backend_named_it_is_setuptools_as_pip_does(tmp_path: Path) -> None:
    assert survey(write(tmp_path, {"pyproject.toml": '[project]\nname = "demo"\n'})).backend == "setuptools"


def test_an_unknown_backend_is_called_by_its_own_name(tmp_path: Path) -> None:
    assert survey(write(tmp_path, {"pyproject.toml": pyproject("flit_core.buildapi")})).backend == "flit_core.buildapi"


@pytest.mark.parametrize(
    ("folders", "package"),
    [
        (("src/demo",), "demo"),
        (("demo", "src/other"), "demo"),
        (("python/other", "tests"), "other"),
        (("one", "two"), "demo"),
        ((), "demo"),
    ],
)
def test_the_package_is_the_one_of_the_projects_name_or_the_only_one(
    tmp_path: Path, folders: tuple[str, ...], package: str
) -> None:
    write(tmp_path, {"pyproject.toml": pyproject("hatchling.build")})
    write(tmp_path, {f"{folder}/__init__.py": "" for folder in folders})
    assert survey(tmp_path).package == package


def test_a_workspace_goes_before_a_crate_and_neither_is_looked_for_in_build_output_or_tests(tmp_path: Path) -> None:
    files = {f"{place}/Cargo.toml": "broken" for place in ("target", "build", "tests")}
    alone = {"a/Cargo.toml": crate("a"), "a/src/main.rs": "fn main() {}"}
    write(tmp_path, {"pyproject.toml": pyproject("hatchling.build"), **files, **alone})
    assert survey(tmp_path).workspace == "a"
    write(tmp_path, {"b/Cargo.toml": '[workspace]\nmembers = ["c"]\n', "b/c/Cargo.toml": crate("c")})
    write(tmp_path, {"b/c/src/main.rs": "fn main() {}"})
    found = survey(tmp_path)
    assert (found.workspace, [one.name for one in found.payload]) == ("b", ["c"])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "pyproject.toml: there is no such file; init needs a Python project"),
        (
            {"pyproject.toml": "[tool.x]\n"},
            "project.name is missing or not a string; init needs the name of the project",
        ),
        ({"pyproject.toml": pyproject("maturin"), "Cargo.toml": "nonsense"}, "Cargo.toml: cargo cannot read it: error"),
    ],
)
def test_what_is_not_a_project_is_refused(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        survey(write(tmp_path, files))


def test_crates_without_a_cargo_to_read_them_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ConfigError, match=r"Cargo.toml: cargo is not installed.*install Rust"):
        survey(tracer(tmp_path))
