from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.crates import probe
from tests.support.reference import REFERENCE
from wheelcheck.builder import cargo, run
from wheelcheck.builder import payload as payloads
from wheelcheck.builder.cargo import Artifact
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.builder.toolchain import Target, choose
from wheelcheck.config import Payload
from wheelcheck.config.builder import load
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.config.fields import PayloadKind

HOST = Build.of(REFERENCE).target
TALLY = Payload("tally", "executable", "x/bin/tally", "tally")
GUARD = Payload("guard", "library", "x/lib/libguard.so", "guard")


def compiled(project: Path, target: Target = HOST, base: Mapping[str, str] = os.environ) -> dict[Payload, Path]:
    return payloads.build(load(project), target, base, print).files


def message(
    package: str, kind: str, name: str, *files: str, executable: str | None = None, package_id: str = ""
) -> dict[str, Any]:
    return {
        "reason": "compiler-artifact",
        "package_id": package_id or f"path+file:///src/{package}#0.1.0",
        "target": {"kind": [kind], "crate_types": [kind], "name": name},
        "filenames": list(files),
        "executable": executable,
    }


def stream(*messages: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, messages))


TALLY_BUILT = message("tally", "bin", "tally", "/t/tally", executable="/t/tally")
GUARD_BUILT = message("guard", "cdylib", "guard", "/t/libguard.so")


def test_the_command_names_target_floor_lock_and_every_package_once() -> None:
    settings = load(REFERENCE)
    (run,) = cargo.runs(settings, choose(find("aarch64"), (2, 28)))
    command = cargo.build_command(run, settings, {"PATH": "/bin"})
    folder = settings.folder / "cargo" / "aarch64-unknown-linux-gnu.2.28"
    assert str(command) == (
        "cargo zigbuild --release --locked --message-format=json-render-diagnostics"
        f" --target aarch64-unknown-linux-gnu.2.28 --target-dir {folder}"
        " --package tally --package tracer --package packets --package preload --package guard"
    )
    assert command.cwd == REFERENCE / "rust"


@pytest.mark.parametrize(
    ("features", "default", "words"),
    [
        ((), True, []),
        (("a", "tally/b"), True, ["--features", "a,tally/b"]),
        ((), False, ["--no-default-features"]),
        (("a",), False, ["--no-default-features", "--features", "a"]),
    ],
)
def test_features_are_passed_only_to_the_main_workspace(
    features: tuple[str, ...], words: list[str], *, default: bool
) -> None:
    configured = replace(load(REFERENCE), features=features, default_features=default)
    payload = (TALLY, replace(TALLY, workspace="src"))
    settings = replace(configured, release=replace(configured.release, payload=payload))
    commands = [cargo.build_command(run, settings, {"PATH": "/bin"}) for run in cargo.runs(settings, HOST)]
    assert [list(command.argv[9:]) for command in commands] == [["--package", "tally", *words], ["--package", "tally"]]


FEATURE = 'fn main() { println!("{}", cfg!(feature = "loud")) }'


@pytest.mark.parametrize(("build", "said"), [("", "true"), ("default-features = false", "false")])
def test_a_feature_that_is_not_wanted_is_not_in_the_binary(tmp_path: Path, build: str, said: str) -> None:
    folder = probe(tmp_path / "p", main=FEATURE, more=f"[tool.wheelcheck.build]\n{build}\n")
    with (folder / "Cargo.toml").open("a") as manifest:
        manifest.write('[features]\ndefault = ["loud"]\nloud = []\n')
    (staged,) = Build.of(folder).build().manifest.files
    program = Build.of(folder).stage_folder / "tree" / staged.path
    assert subprocess.run([program], capture_output=True, text=True, check=True).stdout.strip() == said


@pytest.mark.parametrize(
    ("package_id", "name"),
    [
        ("path+file:///src/rust/tally#0.1.0", "tally"),
        ("path+file:///src/rust/folder#tally@0.1.0", "tally"),
        ("registry+https://example.org/index#tally@1.2.3", "tally"),
        ("git+https://example.org/tally?branch=main#0.1.0", "tally?branch=main"),
        ("tally 0.1.0 (path+file:///src/rust/tally)", "tally"),
    ],
)
def test_the_package_is_read_from_every_form_of_its_id(package_id: str, name: str) -> None:
    built = cargo.artifacts(stream(message("", "bin", "tally", executable="/t/tally", package_id=package_id)))
    assert [item.package for item in built] == [name]


def test_messages_of_other_kinds_and_other_lines_are_ignored() -> None:
    text = f'warning: said by a build script\n[1]\n{stream({"reason": "build-finished"}, TALLY_BUILT)}\n"text"\n'
    assert cargo.artifacts(text) == (Artifact("tally", "tally", ("bin",), (Path("/t/tally"),)),)


@pytest.mark.parametrize(
    ("payload", "messages", "path"),
    [
        (TALLY, [TALLY_BUILT, GUARD_BUILT], "/t/tally"),
        (GUARD, [TALLY_BUILT, GUARD_BUILT], "/t/libguard.so"),
        (GUARD, [message("guard", "cdylib", "guard", "/t/libguard.rlib", "/t/libguard.so")], "/t/libguard.so"),
        (GUARD, [message("guard", "cdylib", "guard", "/t/libguard.dylib")], "/t/libguard.dylib"),
        (TALLY, [TALLY_BUILT, TALLY_BUILT], "/t/tally"),
        (TALLY, [message("tally", "custom-build", "build-script-build", "/t/b"), TALLY_BUILT], "/t/tally"),
        (TALLY, [message("other", "bin", "tally", executable="/o/tally"), TALLY_BUILT], "/t/tally"),
        (TALLY, [message("tally", "test", "tally", executable="/t/tally-1"), TALLY_BUILT], "/t/tally"),
        (
            Payload("my-guard", "library", "x", "my-guard"),
            [message("my-guard", "cdylib", "my_guard", "/t/libmy_guard.so")],
            "/t/libmy_guard.so",
        ),
        (
            Payload("filter", "object", "x", "filter"),
            [message("filter", "bin", "filter", executable="/t/filter")],
            "/t/filter",
        ),
    ],
)
def test_a_payload_is_the_one_file_of_its_package_name_and_kind(
    payload: Payload, messages: list[dict[str, Any]], path: str
) -> None:
    assert cargo.locate(cargo.artifacts(stream(*messages)), payload) == Path(path)


@pytest.mark.parametrize(
    ("payload", "messages", "found"),
    [
        (TALLY, [], "nothing"),
        (TALLY, [GUARD_BUILT], "guard cdylib guard"),
        (TALLY, [message("tally", "bin", "other", executable="/t/other")], "tally bin other"),
        (TALLY, [message("other", "bin", "tally", executable="/t/tally")], "other bin tally"),
        (GUARD, [message("guard", "rlib", "guard", "/t/libguard.rlib")], "guard rlib guard"),
        (GUARD, [message("guard", "cdylib", "guard", "/t/libguard.a")], "guard cdylib guard"),
        (TALLY, [TALLY_BUILT, message("tally", "bin", "tally", executable="/u/tally")], "/t/tally, /u/tally"),
        (GUARD, [message("guard", "cdylib", "guard", "/t/a.so", "/t/b.so")], "/t/a.so, /t/b.so"),
    ],
)
def test_none_and_several_are_errors_that_name_what_was_found(
    payload: Payload, messages: list[dict[str, Any]], found: str
) -> None:
    with pytest.raises(BuildError) as refusal:
        cargo.locate(cargo.artifacts(stream(*messages)), payload)
    kind: dict[PayloadKind, str] = {"executable": "bin", "library": "cdylib"}
    assert (
        f"exactly one {kind[payload.kind]} '{payload.name}' of package '{payload.package}', it built {found};"
        in str(refusal.value)
    )


def test_a_real_build_is_found_at_the_path_that_cargo_reports(built: Build) -> None:
    found = compiled(built.settings.project)
    found = {payload: file for payload, file in found.items() if not payload.source}
    assert {payload.name: file.name for payload, file in found.items()} == {
        "tally": "tally",
        "tracer": "tracer",
        "packets": "packets",
        "preload": "libpreload.so",
        "guard": "libguard.so",
    }
    assert all(file.is_relative_to(built.settings.folder / "cargo" / built.target.zigbuild) for file in found.values())


def test_poison_in_the_outer_environment_does_not_reach_cargo(tmp_path: Path) -> None:
    project = probe(tmp_path / "probe")
    poison = {"RUSTC": "/bin/false", "RUSTC_WRAPPER": "/bin/false", "RUSTFLAGS": "--no-such-flag"}
    poison |= {"RUSTUP_TOOLCHAIN": "no-such-toolchain", "CARGO_TARGET_DIR": str(tmp_path / "elsewhere")}
    poison |= {"CARGO_BUILD_TARGET": "no-such-target", "CARGO_ENCODED_RUSTFLAGS": "--no-such-flag"}
    compiled(project, base={**os.environ, **poison})
    assert not (tmp_path / "elsewhere").exists()


def test_the_same_variables_break_the_build_if_the_configuration_keeps_them(tmp_path: Path) -> None:
    project = probe(tmp_path / "probe", more='[tool.wheelcheck.build]\nkeep-environment = ["RUSTFLAGS"]\n')
    with pytest.raises(BuildError, match="no-such-flag"):
        compiled(project, base={**os.environ, "RUSTFLAGS": "--no-such-flag"})


def test_a_cargo_that_a_build_script_starts_through_the_builder_inherits_nothing(tmp_path: Path) -> None:
    # the script writes down its own environment, which is what a nested cargo would start from
    script = (
        "use std::io::Write; fn main() { let mut out = std::fs::File::create(concat!("
        'env!("CARGO_MANIFEST_DIR"), "/seen")).unwrap();'
        ' for (k, v) in std::env::vars() { writeln!(out, "{k}={}", v.replace(\'\\n\', " ")).unwrap(); } }'
    )
    project = probe(tmp_path / "probe", script=script)
    compiled(project)
    seen = dict(line.split("=", 1) for line in (project / "seen").read_text().splitlines())
    assert {"CARGO", "RUSTC", "CARGO_MANIFEST_DIR", "CARGO_ENCODED_RUSTFLAGS"} <= set(seen)
    (run,) = cargo.runs(load(project), HOST)
    nested = cargo.build_command(run, load(project), seen).env
    leaked = set(nested) & {name for name in seen if name.startswith(("CARGO_", "RUSTC", "RUSTUP_TOOLCHAIN"))}
    assert leaked <= {
        "CARGO_HOME",
        "CARGO_ZIGBUILD_PYTHON_PATH",
        "CARGO_BUILD_DEP_INFO_BASEDIR",
        *(n for n in seen if n.startswith("CARGO_NET_")),
    }


def test_a_compile_error_is_fatal_and_its_rendered_diagnostic_surfaces(tmp_path: Path) -> None:
    lines: list[str] = []
    settings = load(probe(tmp_path / "probe", main='fn main() -> u8 { "text" }'))
    with pytest.raises(BuildError, match="E0308"):
        payloads.build(settings, HOST, os.environ, lines.append)
    assert any("mismatched types" in line for line in lines)


def test_a_failed_build_never_yields_the_binary_of_an_earlier_one(tmp_path: Path) -> None:
    project = probe(tmp_path / "probe")
    old = compiled(project)
    (project / "src" / "main.rs").write_text("fn main() { broken }")
    with pytest.raises(BuildError, match="broken"):
        compiled(project)
    assert [file.exists() for file in old.values()] == [True]


def test_a_lock_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    project = probe(tmp_path / "probe")
    (project / "Cargo.lock").write_text('version = 3\n[[package]]\nname = "other"\nversion = "0.1.0"\n')
    with pytest.raises(BuildError, match="--locked"):
        compiled(project)


@pytest.mark.parametrize("floor", [(2, 17), (2, 28)])
def test_each_floor_has_its_own_folder_so_no_build_takes_the_binary_of_another(
    tmp_path: Path, floor: tuple[int, int]
) -> None:
    project = probe(tmp_path / "probe")
    both = [choose(HOST.arch, other) for other in {(2, 17), (2, 28)} - {floor}] + [choose(HOST.arch, floor)]
    folders = {file for target in both for file in compiled(project, target).values()}
    assert len(folders) == 2


@pytest.mark.parametrize(
    ("present", "remedy"),
    [((), "install Rust"), (("cargo",), "install wheelcheck.build."), (("cargo", "cargo-zigbuild"), "")],
)
def test_a_missing_tool_is_an_error_that_says_what_to_install(
    tmp_path: Path, present: tuple[str, ...], remedy: str
) -> None:
    for tool in present:
        (tmp_path / tool).write_text("#!/bin/sh\n")
        (tmp_path / tool).chmod(0o755)
    env = {"PATH": str(tmp_path)}
    if not remedy:
        cargo.require_tools(env)
        return
    with pytest.raises(BuildError, match=remedy):
        cargo.require_tools(env)


def test_a_target_without_a_standard_library_is_an_error_that_says_how_to_get_it(tmp_path: Path) -> None:
    missing = next(name for name in ("s390x", "loongarch64", "ppc64") if not has_std(name))
    command = Command((), tmp_path, dict(os.environ))
    with pytest.raises(BuildError, match=f"rustup target add {find(missing).rust_triple}"):
        cargo.require_std(command, Target(find(missing), find(missing).lowest_glibc))


def has_std(name: str) -> bool:
    done = subprocess.run(
        ["rustc", "--print", "target-libdir", "--target", find(name).rust_triple],
        capture_output=True,
        text=True,
        check=True,
    )
    return any(Path(done.stdout.strip()).glob("libstd-*"))


def test_the_hosts_standard_library_is_there(tmp_path: Path) -> None:
    cargo.require_std(Command((), tmp_path, dict(os.environ)), HOST)


def test_a_target_that_rustc_does_not_know_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "rustc").write_text("#!/bin/sh\necho 'error: unknown target' >&2\nexit 1\n")
    (tmp_path / "rustc").chmod(0o755)
    env = {"RUSTC": str(tmp_path / "rustc")}
    with pytest.raises(BuildError, match=r"rustc does not know this target \(error: unknown target\)"):
        cargo.require_std(Command((), tmp_path, env), HOST)
    assert run.observe(Command((env["RUSTC"],), tmp_path, env)).status == 1
