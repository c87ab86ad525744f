from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.crates import HATCH, probe
from tests.support.native import bpf_object
from wheelcheck.builder import payload as payloads
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError, Command, observe
from wheelcheck.builder.toolchain import choose, host
from wheelcheck.cli import main as check
from wheelcheck.config.builder import Settings, load
from wheelcheck.platforms.arch import find

ROOT = Path(__file__).parents[3]
HOST = choose(host(), (2, 17))

# prints the compiler that compiled it
SCRIPT = """
use std::process::Command;
fn main() {
    let said = Command::new(std::env::var("RUSTC").unwrap()).arg("--version").output().unwrap().stdout;
    println!("cargo:rustc-env=COMPILER={}", String::from_utf8(said).unwrap().trim());
}
"""
MAIN = 'fn main() { println!("{}", env!("COMPILER")) }'
NESTED = """
[[tool.wheelcheck.payload]]
name = "probe"
package = "probe"
kind = "executable"
path = "probe/bin/nested"
workspace = "nested"
"""
OBJECT = """
[[tool.wheelcheck.payload]]
name = "trace"
kind = "object"
path = "probe/bpf/trace.o"
source = "bpf/trace.bpf.c"
"""
TRACE = '#include "trace.h"\n__attribute__((section("tracepoint"))) int trace(void *at) { return ANSWER; }\n'


def toolchains() -> list[str]:
    if not shutil.which("rustup"):
        return []
    listed = subprocess.run(["rustup", "toolchain", "list"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines() if "(active" not in line]


def other_toolchain(word: str = "") -> str:
    """Return an installed toolchain that is another than the active one; which are there is up to the machine."""
    active = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    found = [name for name in toolchains() if name.startswith(word) and version(name) != active]
    return found[0] if found else pytest.skip(f"rustup has no second toolchain {word}*")


def with_nested(folder: Path, channel: str) -> Path:
    project = probe(folder, main=MAIN, script=SCRIPT, more=NESTED)
    probe(folder / "nested", main=MAIN, script=SCRIPT)
    (folder / "nested" / "rust-toolchain.toml").write_text(f'[toolchain]\nchannel = "{channel}"\n')
    return project


def with_object(folder: Path, source: str = TRACE) -> Path:
    project = probe(folder, more=f"{OBJECT}{HATCH}")
    (folder / "bpf").mkdir()
    (folder / "bpf" / "trace.bpf.c").write_text(source)
    (folder / "bpf" / "trace.h").write_text("#define ANSWER 42\n")
    (folder / "probe").mkdir()
    (folder / "probe" / "__init__.py").touch()
    return project


def compiler_of(program: Path) -> str:
    return observe(Command((str(program),), program.parent, os.environ)).output.strip()


def version(toolchain: str) -> str:
    done = subprocess.run(["rustc", f"+{toolchain}", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def under_cargo(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command from the build script of a crate: what a cargo leaves in the environment is really there."""
    words = ", ".join(f"{word!r}" for word in command).replace("'", '"')
    call = f"let [program, words @ ..] = [{words}]; std::process::Command::new(program).args(words)"
    outer = probe(folder, script=f"fn main() {{ assert!({{ {call}.status().unwrap().success() }}); }}")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(["cargo", "build"], cwd=outer, env=env, capture_output=True, text=True, check=False)


def test_a_nested_workspace_is_built_by_the_toolchain_it_pins_even_under_another_cargo(tmp_path: Path) -> None:
    pinned = other_toolchain()
    project = with_nested(tmp_path / "project", pinned)
    command = (sys.executable, "-m", "wheelcheck", "build", "build", "--project", str(project), "--arch", host().name)
    done = under_cargo(tmp_path / "outer", *command)
    assert done.returncode == 0, done.stderr
    tree = project / "build" / "wheelcheck" / HOST.zigbuild / "tree" / "probe" / "bin"
    assert compiler_of(tree / "nested") == version(pinned)
    assert compiler_of(tree / "probe") != version(pinned)


def test_without_a_scrubbed_environment_a_nested_cargo_silently_ignores_its_pin(
    tmp_path: Path,
) -> None:
    pinned = other_toolchain()
    nested = with_nested(tmp_path / "project", pinned) / "nested"
    done = under_cargo(tmp_path / "outer", "env", "-C", str(nested), "cargo", "build")
    assert done.returncode == 0, done.stderr
    assert compiler_of(nested / "target" / "debug" / "probe") != version(pinned)


def test_binaries_of_one_name_from_two_workspaces_have_folders_of_their_own(tmp_path: Path) -> None:
    project = probe(tmp_path, main='fn main() { println!("outer") }', more=NESTED)
    probe(tmp_path / "nested", main='fn main() { println!("nested") }')
    built = payloads.build(load(project), HOST, os.environ, print).files
    assert [compiler_of(file) for file in built.values()] == ["outer", "nested"]
    assert [payload.path for payload in built] == ["probe/bin/probe", "probe/bin/nested"]


def staged(project: Path, name: str = "trace.o") -> bytes:
    stage = Build.of(project).build()
    return next(stage.file(file).read_bytes() for file in stage.manifest.files if file.path.endswith(name))


def test_an_object_is_compiled_for_bpf_once_for_all_and_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    one, two = (with_object(tmp_path / place) for place in ("one", "another"))
    assert staged(one) == staged(two)
    assert str(tmp_path).encode() not in staged(one)


def test_a_project_with_only_objects_needs_no_cargo_and_no_std_of_any_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    project = with_object(tmp_path / "project")
    file = project / "pyproject.toml"
    file.write_text('[tool.wheelcheck]\narchitectures = ["x86_64"]\npython = ["py3-none"]\n' + OBJECT + HATCH)
    for name in ("x86_64", "s390x"):
        assert [item.path for item in Build.of(project, find(name)).build().manifest.files] == ["probe/bpf/trace.o"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("int nothing;\n", "the object contains no code; check that its source defines a program"),
        ("", "the object contains no code; check that its source defines a program"),
        ("int broken(void) { return }\n", "expected expression"),
    ],
)
def test_an_object_without_a_program_is_refused(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        Build.of(with_object(tmp_path / "project", source)).build()


def test_a_failed_compiler_does_not_leave_the_object_of_an_earlier_build(tmp_path: Path) -> None:
    project = with_object(tmp_path / "project")
    staged(project)
    (project / "bpf" / "trace.h").write_text("#error no\n")
    with pytest.raises(BuildError, match="error: no"):
        Build.of(project).build()
    assert not list((project / "build" / "wheelcheck" / "objects").rglob("*.o"))


@pytest.mark.network
def test_the_wheel_with_the_object_passes_the_gate_and_its_inventory_has_it(tmp_path: Path) -> None:
    build = Build.of(with_object(tmp_path / "project"))
    build.build()
    build.sdist()
    build.wheels()
    config = str(build.settings.project / "pyproject.toml")
    assert check(["check", str(build.settings.dist), "--config", config, "--architecture", host().name]) == 0


@pytest.mark.network
def test_an_sdist_without_the_source_of_an_object_is_refused(tmp_path: Path) -> None:
    project = with_object(tmp_path / "project")
    file = project / "pyproject.toml"
    file.write_text(f'{file.read_text()}\n[tool.hatch.build.targets.sdist]\nexclude = ["*.h"]\n')
    with pytest.raises(BuildError, match=r"missing or different: bpf/trace\.h"):
        Build.of(project).sdist()


@pytest.mark.parametrize("changed", ["bpf/trace.bpf.c", "bpf/trace.h", "nested/src/main.rs"])
def test_a_change_of_any_origin_makes_the_stage_stale(tmp_path: Path, changed: str) -> None:
    project = with_object(tmp_path / "project")
    probe(project / "nested")
    file = project / "pyproject.toml"
    file.write_text(file.read_text() + NESTED)
    build = Build.of(project)
    build.build()
    build.staged()
    (project / changed).write_text(f"{(project / changed).read_text()}// changed\n")
    with pytest.raises(BuildError, match="the binaries are stale"):
        build.staged()


@pytest.mark.parametrize("place", ["absent.c", "bpf", "../outside.c"])
def test_an_origin_that_is_not_there_or_not_in_the_project_is_refused(tmp_path: Path, place: str) -> None:
    project = with_object(tmp_path / "project")
    (tmp_path / "outside.c").write_text(TRACE)
    settings = load(project)
    payload = replace(settings.release.payload[1], source=place)
    with pytest.raises(BuildError, match=r"payload trace: .* does not exist inside the project"):
        payloads.compile_command(payload, settings, os.environ)


def nested_bpf(folder: Path, linked: bytes) -> Settings:
    """A nested crate for BPF without core, on nightly; its linker stands in for bpf-linker, no part of Rust."""
    project = probe(folder, more=NESTED.replace('"executable"', '"object"\ntarget = "bpfel-unknown-none"'))
    nested = probe(folder / "nested", main="#![feature(no_core)]\n#![no_core]\n#![no_main]\n")
    (nested / "Cargo.toml").write_text((nested / "Cargo.toml").read_text() + '[profile.release]\npanic = "abort"\n')
    (nested / "rust-toolchain.toml").write_text(f'[toolchain]\nchannel = "{other_toolchain("nightly")}"\n')
    (nested / ".cargo").mkdir()
    (nested / ".cargo" / "config.toml").write_text('[target.bpfel-unknown-none]\nlinker = "./link"\n')
    (nested / "linked.o").write_bytes(linked)
    link = nested / "link"
    link.write_text(
        f'#!/bin/sh\nfor word do [ "$before" = -o ] && out=$word; before=$word; done\ncp {nested}/linked.o "$out"\n'
    )
    link.chmod(0o755)
    return load(project)


def test_an_object_of_a_nested_cargo_is_built_for_its_own_target_and_found_by_cargos_word(tmp_path: Path) -> None:
    settings = nested_bpf(tmp_path, bpf_object())
    built = payloads.build(settings, HOST, os.environ, print).files
    place = settings.folder / "cargo" / "bpfel-unknown-none-nested" / "bpfel-unknown-none" / "release" / "probe"
    assert built[settings.release.payload[1]] == place
    assert place.read_bytes() == bpf_object()
    Build.of(settings.project).build()


def test_an_empty_object_of_a_nested_cargo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="not native code: 0 bytes"):
        Build.of(nested_bpf(tmp_path, b"").project).build()
