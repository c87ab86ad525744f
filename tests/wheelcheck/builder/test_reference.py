"""The reference project as a release: second opinions on the wheel, and its own tests against what was built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from elftools.elf.enums import ENUM_E_MACHINE

from tests.support.cross import OTHER, lacking, machine_for_other, rustc_for_other
from tests.support.reference import REFERENCE, copy_reference
from wheelcheck.binary import read_binary
from wheelcheck.builder import dist
from wheelcheck.builder.pipeline import Build
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.binary.model import Binary


def wheel_of(built: Build) -> Path:
    return dist.wheels(built.settings.dist, built.target)[0]


def test_the_wheel_is_named_for_abi3_and_the_floor(built: Build) -> None:
    arch = built.target.arch.name
    assert wheel_of(built).name == f"reference-0.1.0-cp310-abi3-manylinux2014_{arch}.manylinux_2_17_{arch}.whl"


def test_auditwheel_finds_the_wheel_consistent_with_the_tag_it_claims(built: Build) -> None:
    show = [sys.executable, "-m", "auditwheel", "show", str(wheel_of(built))]
    said = subprocess.run(show, capture_output=True, text=True, check=True).stdout
    assert f'consistent with the following platform tag: "manylinux_2_17_{built.target.arch.name}"' in " ".join(
        said.split()
    )


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The stage of the reference project for the other CPU."""
    compiler = rustc_for_other() or lacking(f"no Rust standard library for {OTHER.name}")
    project = copy_reference(tmp_path_factory.mktemp("other") / "reference")
    build = Build.of(project, OTHER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUSTC", compiler)
        build.build()
    return build


def staged(build: Build, path: str) -> Path:
    return build.stage_folder / "tree" / path


def natives(wheel: Path) -> dict[str, Binary]:
    with zipfile.ZipFile(wheel) as archive:
        found = {name: read_binary("", Bytes(archive.read(name))) for name in archive.namelist()}
    return {name: binary for name, binary in found.items() if binary}


def test_the_wheel_holds_every_kind_of_native_code_for_one_cpu(built: Build) -> None:
    held = {name: binary.slices[0] for name, binary in natives(wheel_of(built)).items()}
    assert {name: slice_.kind for name, slice_ in held.items()} == {
        "reference/_machine.abi3.so": "library",
        "reference/bin/packets": "executable",
        "reference/bin/tally": "executable",
        "reference/bin/tracer": "executable",
        "reference/bpf/calls.bpf.o": "object",
        "reference/bpf/opens.bpf.o": "object",
        "reference/bpf/packets.bpf.o": "object",
        "reference/lib/libguard.so": "library",
        "reference/lib/libpreload.so": "library",
    }
    assert {slice_.arches for slice_ in held.values() if slice_.kind != "object"} == {(built.target.arch.name,)}


@pytest.mark.parametrize("name", ["calls", "opens", "packets"])
def test_an_object_is_for_the_kernel_and_does_not_name_the_folder_it_was_built_in(built: Build, name: str) -> None:
    content = staged(built, f"reference/bpf/{name}.bpf.o").read_bytes()
    assert int.from_bytes(content[18:20], "little") == ENUM_E_MACHINE["EM_BPF"]
    assert str(built.settings.project).encode() not in content


def test_what_is_built_for_the_other_cpu_is_all_for_it_except_the_object_which_is_the_same(
    built: Build, other: Build
) -> None:
    paths = {payload.path: payload.kind for payload in built.settings.release.payload}
    same = {path for path in paths if staged(built, path).read_bytes() == staged(other, path).read_bytes()}
    assert same == {path for path, kind in paths.items() if kind == "object"}
    slices = [read_binary("", Bytes(staged(other, path).read_bytes())) for path in paths.keys() - same]
    assert [slice_.slices[0].arches for slice_ in slices if slice_] == [(other.target.arch.name,)] * 5


def test_the_tracer_of_the_other_cpu_runs_and_says_what_its_emulator_lacks(other: Build) -> None:
    machine = machine_for_other(dict(os.environ))
    env = {**os.environ, **machine.env}
    tracer = [*machine.runner, str(staged(other, "reference/bin/tracer")), "--", "true"]
    done = subprocess.run(tracer, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 125
    assert done.stderr == '{"unavailable": "Function not implemented (os error 38)"}\n'


def test_the_wheel_holds_no_source_of_its_native_code(built: Build) -> None:
    with zipfile.ZipFile(wheel_of(built)) as archive:
        assert not [name for name in archive.namelist() if name.endswith((".c", ".rs", ".toml"))]


def test_the_projects_own_tests_pass_against_the_installed_wheel(built: Build, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = ["pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel_of(built))]
    subprocess.run([sys.executable, "-m", *pip], check=True)
    own = [
        str(REFERENCE / "tests"),
        "--rootdir",
        str(REFERENCE),
        "-c",
        os.devnull,
        "-p",
        "no:cacheprovider",
        "-q",
        "-rs",
    ]
    words = [sys.executable, "-m", "pytest", *own]
    env = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) > 30, done.stdout  # what needs neither ptrace nor seccomp is about half


@pytest.mark.parametrize(
    "words",
    [
        ("fmt", "--all", "--check"),
        ("clippy", "--quiet", "--locked", "--offline", "--all-targets", "--", "-D", "warnings"),
        ("test", "--quiet", "--locked", "--offline", "--", "--include-ignored"),
    ],
    ids=["format", "clippy", "tests"],
)
def test_the_rust_workspace_passes_its_own_checks_and_its_numbers_agree_with_the_headers_of_both_cpus(
    built: Build, words: tuple[str, ...]
) -> None:
    if (
        words[0] == "clippy"
        and subprocess.run(["cargo", "clippy", "--version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no cargo clippy")
    apart = built.settings.project.with_name("cargo-tests")  # other tests copy the project meanwhile
    own = {"CARGO_TARGET_DIR": str(apart), "ZIG": f"{sys.executable} -m ziglang"}
    done = subprocess.run(
        ["cargo", *words],
        cwd=built.settings.workspace,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def install_sdist(built: Build, folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    """Install the sdist as a user does, into `folder`, with only these folders of programs."""
    sdist = str(dist.sdist(built.settings.dist))
    pip = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--no-deps", "--target", str(folder), sdist]
    env = {**os.environ, "PATH": path}
    return subprocess.run(pip, cwd=folder.parent, env=env, capture_output=True, text=True, check=False)


def test_the_sdist_alone_installs_what_the_wheel_holds_and_it_works(built: Build, tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = install_sdist(built, site, os.environ["PATH"])
    assert done.returncode == 0, done.stdout + done.stderr
    for payload in built.settings.release.payload:
        assert os.access(site / payload.path, os.X_OK) == (payload.kind == "executable"), payload.path
    env = {**os.environ, "PYTHONPATH": str(site)}
    selftest = [sys.executable, "-m", "reference.selftest"]
    said = subprocess.run(selftest, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_without_rust_the_sdist_is_not_installed_and_the_error_says_what_to_do(built: Build, tmp_path: Path) -> None:
    found = {name: shutil.which(name) for name in ("cc", "gcc", "ld", "as")}
    (tmp_path / "bin").mkdir()
    for name, program in found.items():
        if program:
            (tmp_path / "bin" / name).symlink_to(program)
    done = install_sdist(built, tmp_path / "site", str(tmp_path / "bin"))
    assert done.returncode == 1
    assert "there is no `cargo` on PATH" in done.stdout + done.stderr
    assert not (tmp_path / "site" / "reference").exists()


def test_the_repository_holds_no_binary_of_the_reference_project() -> None:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=REFERENCE, capture_output=True, text=True, check=False).stdout
    files = [REFERENCE / name for name in names.split("\0") if name] or list((REFERENCE / "src").rglob("*.*"))
    assert files
    assert not [file for file in files if file.is_file() and read_binary("", Bytes(file.read_bytes()))]
