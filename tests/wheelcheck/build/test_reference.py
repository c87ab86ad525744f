"""The reference project as a release: second opinions on the wheel, and its own tests against what was built."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from tests.wheelcheck.build.conftest import REFERENCE
from wheelcheck.archive.source import Bytes
from wheelcheck.binary import read_binary
from wheelcheck.build import dist

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.build.bench import Bench


def wheel_of(built: Bench) -> Path:
    return dist.wheels(built.settings.dist, built.target)[0]


def test_the_wheel_is_named_for_abi3_and_the_floor(built: Bench) -> None:
    arch = built.target.arch.name
    assert wheel_of(built).name == f"reference-0.1.0-cp310-abi3-manylinux_2_17_{arch}.manylinux2014_{arch}.whl"


def test_auditwheel_finds_the_wheel_consistent_with_the_tag_it_claims(built: Bench) -> None:
    show = [sys.executable, "-m", "auditwheel", "show", str(wheel_of(built))]
    said = subprocess.run(show, capture_output=True, text=True, check=True).stdout
    assert f'consistent with the following platform tag: "manylinux_2_17_{built.target.arch.name}"' in " ".join(
        said.split()
    )


def test_the_wheel_holds_the_three_kinds_of_native_code_for_one_cpu(built: Bench) -> None:
    with zipfile.ZipFile(wheel_of(built)) as archive:
        natives = {name: read_binary("", Bytes(archive.read(name))) for name in archive.namelist()}
    kinds = {name: binary.slices[0].kind for name, binary in natives.items() if binary}
    assert kinds == {
        "reference/_machine.abi3.so": "library",
        "reference/bin/tally": "executable",
        "reference/lib/libguard.so": "library",
    }
    assert {arch for binary in natives.values() if binary for arch in binary.slices[0].arches} == {
        built.target.arch.name
    }


def test_the_wheel_holds_no_source_of_its_native_code(built: Bench) -> None:
    with zipfile.ZipFile(wheel_of(built)) as archive:
        assert not [name for name in archive.namelist() if name.endswith((".c", ".rs", ".toml"))]


def test_the_projects_own_tests_pass_against_the_installed_wheel(built: Bench, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path / "site")]
    subprocess.run([*pip, str(wheel_of(built))], check=True)
    pytest = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(REFERENCE),
        "-c",
        os.devnull,
    ]
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [*pytest, str(REFERENCE / "tests")], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout


def test_the_rust_workspace_passes_its_own_tests_and_is_formatted(built: Bench) -> None:
    env = {**os.environ, "CARGO_TARGET_DIR": str(built.settings.folder / "cargo" / "tests")}
    for words in (("fmt", "--all", "--check"), ("test", "--quiet", "--locked", "--offline")):
        done = subprocess.run(
            ["cargo", *words], cwd=built.settings.workspace, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_repository_holds_no_binary_of_the_reference_project() -> None:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=REFERENCE, capture_output=True, text=True, check=False).stdout
    files = [REFERENCE / name for name in names.split("\0") if name] or list((REFERENCE / "src").rglob("*.*"))
    assert files
    assert not [file for file in files if file.is_file() and read_binary("", Bytes(file.read_bytes()))]
