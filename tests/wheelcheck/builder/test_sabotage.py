"""The ways a release of native code really broke, done to the reference wheel: staging or the gate must catch each."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.native import native
from tests.support.reference import GUARD, TOOL, other_cpu, rewritten, wheel_of
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.run import BuildError
from wheelcheck.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelcheck.builder.pipeline import Build


def errors(capsys: pytest.CaptureFixture[str], *words: str | Path) -> set[tuple[str, str]]:
    """Run the gate and return code and path of every error; the exit status must say the same."""
    capsys.readouterr()
    alone = [] if "--config" in words else ["--no-config"]  # a single wheel is not the release of the project
    status = main(["check", *map(str, words), *alone, "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    found = {(item["code"], item["path"]) for item in report["findings"] if item["severity"] == "error"}
    assert status == (1 if found else 0), report["gaps"]
    return found


def test_the_reference_release_passes_the_gate_as_built_on_this_host(
    built: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    config = built.settings.project / "pyproject.toml"
    arch = ("--architecture", built.target.arch.name)
    assert errors(capsys, built.settings.dist, "--config", config, *arch) == set()


def test_one_host_does_not_make_the_expected_release(built: Build, capsys: pytest.CaptureFixture[str]) -> None:
    config = built.settings.project / "pyproject.toml"
    assert {code for code, _ in errors(capsys, built.settings.dist, "--config", config)} == {"WC701"}


def test_a_repacked_wheel_with_nothing_changed_passes(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = wheel_of(build)
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(TOOL)
    rewritten(wheel, TOOL, content, 0o100755)
    assembly.require_record(wheel, build.staged())
    assert errors(capsys, wheel) == set()


@pytest.mark.parametrize(
    ("content", "mode", "code"),
    [
        (lambda build: native(other_cpu(build)), 0o100755, "WC301"),
        (lambda build: build.stage_folder.joinpath("tree", TOOL).read_bytes(), 0o100644, "WC302"),
        (lambda build: build.stage_folder.joinpath("tree", TOOL).read_bytes(), 0o755, "WC302"),
    ],
    ids=["another CPU", "mode 0644", "mode 0755 without S_IFREG"],
)
def test_a_sabotaged_executable_is_named_by_the_gate_and_refused_by_the_record(
    build: Build, capsys: pytest.CaptureFixture[str], content: Callable[[Build], bytes], mode: int, code: str
) -> None:
    wheel = wheel_of(build)
    rewritten(wheel, TOOL, content(build), mode)
    assert errors(capsys, wheel) == {(code, TOOL)}
    with pytest.raises(BuildError, match=TOOL):
        assembly.require_record(wheel, build.staged())


STUBS = {
    "a zero-byte library": (GUARD, b""),
    "four bytes of an executable": (TOOL, b"\x7fELF"),
    "a page named .so": (GUARD, b"<!DOCTYPE html><html><title>404</title></html>"),
    "a git-lfs pointer": (GUARD, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
}


@pytest.mark.parametrize(("path", "content"), STUBS.values(), ids=STUBS)
def test_a_stub_in_place_of_a_binary_is_named_by_the_gate_and_refused_by_the_record(
    build: Build, capsys: pytest.CaptureFixture[str], path: str, content: bytes
) -> None:
    wheel = wheel_of(build)
    rewritten(wheel, path, content, 0o100755 if path == TOOL else 0o100644)
    assert errors(capsys, wheel) == {("WC305", path)}
    with pytest.raises(BuildError, match=path):
        assembly.require_record(wheel, build.staged())


@pytest.mark.parametrize("content", [b"", None], ids=["a zero-byte executable", "a missing executable"])
def test_a_payload_that_is_not_a_binary_or_not_there_is_named_by_the_gate_that_knows_the_project(
    build: Build, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    wheel = wheel_of(build)
    rewritten(wheel, TOOL, content, 0o100755)
    config = build.settings.project / "pyproject.toml"
    arch = ("--architecture", build.target.arch.name)
    found = errors(capsys, build.settings.dist, "--config", config, *arch)
    assert any(code in ("WC305", "WC310") for code, _ in found)
    with pytest.raises(BuildError, match=TOOL):
        assembly.require_record(wheel, build.staged())


def test_a_stale_file_of_another_cpu_in_the_stage_stops_the_wheel(build: Build) -> None:
    stale = build.stage_folder / "tree" / "reference" / "bin" / "tally-old"
    stale.write_bytes(native(other_cpu(build)))
    with pytest.raises(BuildError, match=r"extra \['reference/bin/tally-old'\]"):
        build.wheels()


def test_building_again_removes_a_stale_file_of_another_cpu(build: Build) -> None:
    stale = build.stage_folder / "tree" / "reference" / "bin" / "tally-old"
    stale.write_bytes(native(other_cpu(build)))
    build.build()
    assert not stale.exists()
    build.staged()


@pytest.mark.parametrize("content", ["other cpu", "empty", "mode 0644"])
def test_a_staged_executable_that_was_swapped_stops_the_wheel(build: Build, content: str) -> None:
    staged = build.stage_folder / "tree" / TOOL
    if content == "mode 0644":
        staged.chmod(0o644)
    else:
        staged.write_bytes(native(other_cpu(build)) if content == "other cpu" else b"")
    with pytest.raises(BuildError, match=TOOL):
        build.wheels()


def test_a_wheel_edited_without_its_record_fails_on_the_hash(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = wheel_of(build)
    with zipfile.ZipFile(wheel) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, data in members:
            archive.writestr(info, data + b"\0" if info.filename == TOOL else data)
    assert errors(capsys, wheel) == {("WC212", TOOL)}
