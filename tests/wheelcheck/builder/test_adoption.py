"""A project of other people, by its published sdist, released by one file of configuration and no other change.

nbstripout-fast 1.1.2: maturin, `bindings = "bin"`, a program beside a library whose default feature wants Python.
"""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.published import obtain
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import host
from wheelcheck.cli import main
from wheelcheck.config.files import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.network

NAME = "nbstripout_fast-1.1.2"
PROGRAM = f"{NAME}.data/scripts/nbstripout-fast"
BOOK = {
    "cells": [{"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [{"a": 1}], "source": ["1 + 1"]}],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
OPTIMISED = "CARGO_PROFILE_RELEASE_OPT_LEVEL"  # 0: sixty crates compile in a third of the time
# What docs/adopted.md tells its reader to write, but for keep-environment.
STRIPS = f"""
import subprocess
done = subprocess.run(['nbstripout-fast'], input={json.dumps(json.dumps(BOOK))}, capture_output=True, text=True)
print(done.stdout.count('1 + 1'), done.stdout.count('outputs'), 'execution_count": 1' in done.stdout, done.returncode)
"""
CONFIGURATION = f"""
glibc = "2.17"
architectures = ["{host().name}"]
python = ["py3-none"]
sdist = true

[[payload]]
name = "nbstripout-fast"
kind = "executable"
path = ".data/scripts/nbstripout-fast"

[build]
default-features = false
wheel = "payload"
keep-environment = ["{OPTIMISED}"]

[[smoke.commands]]
run = ["nbstripout-fast", "--version"]
expect = 'nbstripout-fast 1\\.1\\.2'

[[smoke.commands]]
run = ["python", "-c", {json.dumps(STRIPS)}]
expect = '^1 1 False 0'
"""


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist as published, unpacked."""
    folder = tmp_path_factory.mktemp("foreign")
    (path,) = obtain(f"{NAME}.tar.gz")
    with tarfile.open(path) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(folder)  # noqa: S202  (the data filter, where this Python has one)
    return folder / NAME


@pytest.fixture(scope="module")
def released(foreign: Path) -> Iterator[Build]:
    """The project with its configuration, built to the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OPTIMISED, "0")
        yield _built(foreign)


def _built(foreign: Path) -> Build:
    files = {path: path.read_bytes() for path in foreign.rglob("*") if path.is_file()}
    (foreign / OWN).write_text(CONFIGURATION, "utf-8")
    build = Build.of(foreign)
    build.sdist()
    build.build()
    build.wheels()
    assert {path: path.read_bytes() for path in files} == files
    return build


def test_its_release_passes_the_gate(released: Build, capsys: pytest.CaptureFixture[str]) -> None:
    project, arch = released.settings.project, released.target.arch.name
    assert main(["check", str(project / "dist"), "--config", str(project / OWN)]) == 0, capsys.readouterr().out
    assert re.search(r"PASS  2 artifacts, .* 1 binary: 0 errors, 0 warnings, 0 notes", capsys.readouterr().out)
    tags = f"py3-none-{released.target.platform_tag}"
    assert sorted(file.name for file in (project / "dist").iterdir()) == [f"{NAME}-{tags}.whl", f"{NAME}.tar.gz"]
    assert f"manylinux_2_17_{arch}" in tags


def test_the_installed_wheel_strips_a_notebook(released: Build) -> None:
    assert [str(result) for result in released.smoke()][:2] == [
        "pass: payload .data/scripts/nbstripout-fast",
        "pass: run nbstripout-fast --version",
    ]


def members(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/") and "/sboms/" not in name}


def test_the_wheel_holds_what_its_maintainers_own_wheel_holds(released: Build) -> None:
    (ours,) = released.settings.dist.glob("*.whl")
    (theirs,) = obtain(f"{NAME}-py3-none-manylinux_2_28_x86_64.whl")
    assert PROGRAM in members(ours)
    assert members(ours) == members(theirs)
    with zipfile.ZipFile(ours) as one, zipfile.ZipFile(theirs) as two:
        metadata = f"{NAME}.dist-info/METADATA"
        assert one.read(metadata) == two.read(metadata)


def test_the_inventory_knows_that_the_library_for_python_was_left_out(released: Build) -> None:
    (ours,) = released.settings.dist.glob("*.whl")
    with zipfile.ZipFile(ours) as archive:
        sbom = json.loads(archive.read(f"{NAME}.dist-info/sboms/wheelcheck.cdx.json"))
    names = {one["name"] for one in sbom["components"]}
    assert {PROGRAM, "serde_json", "nbstripout-fast"} <= names
    assert "pyo3" not in names


def test_a_wheel_without_the_program_is_compared_with_the_stage(released: Build, tmp_path: Path) -> None:
    (ours,) = released.settings.dist.glob("*.whl")
    with zipfile.ZipFile(ours) as whole, zipfile.ZipFile(tmp_path / ours.name, "w") as archive:
        for info in whole.infolist():
            if info.filename != PROGRAM:
                archive.writestr(info, whole.read(info))
    with pytest.raises(BuildError, match=rf"{re.escape(PROGRAM)}: the wheel has no such file, but .* was staged"):
        assembly.require_record(tmp_path / ours.name, released.staged())


@pytest.mark.parametrize(
    ("sdist", "code", "said"),
    [
        ("sandlock-0.9.0.tar.gz", "WC603", "'../crates/sandlock-ffi/Cargo.toml' leaves the sdist"),
        (
            "roar_cli-0.3.0.tar.gz",
            "WC604",
            "cargo refuses to build roar-proxy: roar_cli-0.3.0/rust/Cargo.toml does not list",
        ),
    ],
)
def test_an_sdist_that_no_configuration_could_build_is_refused_with_the_fix(
    sdist: str, code: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = obtain(sdist)
    assert main(["check", "--no-config", str(path)]) == 1
    told = capsys.readouterr().out
    assert code in told
    assert said in " ".join(told.split())
