"""The other ways in: `uses: …/wheelcheck@v1` and the pre-commit hook."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.artifacts import File, a_wheel
from tests.support.checkout import ROOT
from tests.support.native import native
from tests.support.package_index import PackageIndex
from wheelcheck import __version__
from wheelcheck.cli import main

if TYPE_CHECKING:
    from pathlib import Path

# Stands for pipx: the tests' interpreter has what pipx would install, and the output says what that would be.
PIPX = """\
#!/bin/sh
[ "$1 $2 $4" = "run --spec wheelcheck" ] || exit 64
printf '%s' "$3" > {asked}
shift 4
exec {python} -m wheelcheck "$@"
"""
UVX = (
    PIPX.replace('"$1 $2 $4" = "run --spec', '"$1 $3" = "--from').replace('"$3"', '"$2"').replace("shift 4", "shift 3")
)
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


@dataclass(frozen=True)
class Acted:
    """How a run of the action ended, what it printed, its outputs, and what it asked pipx for."""

    status: int
    printed: str
    outputs: dict[str, str]
    spec: str


def acted(folder: Path, runner: str = "pipx", script: str = PIPX, **inputs: str) -> Acted:
    """Run the action's own command in a folder, on a machine with one `runner`, with the defaults of other inputs."""
    asked, written = (folder / "bin" / name for name in ("asked", "outputs"))
    written.parent.mkdir(exist_ok=True)
    for name in ("bash", "rm", "sed"):
        if not (folder / "bin" / name).exists():
            (folder / "bin" / name).symlink_to(str(shutil.which(name)))
    if runner:
        (folder / "bin" / runner).write_text(script.format(asked=asked, python=sys.executable))
        (folder / "bin" / runner).chmod(0o755)
    written.write_text("")
    (step,) = ACTION["runs"]["steps"]
    values = {name: inputs.get(name, declared["default"]) for name, declared in ACTION["inputs"].items()}
    env = {key: values[text.removeprefix("${{ inputs.").removesuffix(" }}")] for key, text in step["env"].items()}
    github = {"GITHUB_ACTION_PATH": str(ROOT), "GITHUB_OUTPUT": str(written)}
    whole = {**os.environ, **env, **github, "PATH": str(written.parent), "PYTHONPATH": str(ROOT)}
    command = ["bash", "-e", "-c", step["run"]]
    done = subprocess.run(command, cwd=folder, env=whole, capture_output=True, text=True, check=False)
    spec = asked.read_text() if asked.exists() else ""
    return Acted(done.returncode, done.stdout + done.stderr, outputs(written.read_text()), spec)


def outputs(text: str) -> dict[str, str]:
    """Read a file of outputs as GitHub's runner does: NAME=VALUE, or NAME<<END and lines up to END."""
    pattern = r"^([\w-]+)=(.*)$|^([\w-]+)<<(\S+)\n((?:.*\n)*?)\4$"
    return {m[1] or m[3]: m[2] if m[1] else m[5].rstrip("\n") for m in re.finditer(pattern, text, re.MULTILINE)}


def release(folder: Path, arch: str) -> Path:
    folder.mkdir()
    tool = File("demo/bin/tool", native(arch), 0o100755)
    return a_wheel("py3-none-manylinux_2_17_x86_64", tool, File("demo/__init__.py")).write(folder)


@pytest.mark.parametrize(
    ("arch", "status", "verdict"), [("x86_64", 0, "pass"), ("aarch64", 1, "fail"), ("", 2, "unverified")]
)
def test_the_action_ends_as_the_gate_does_and_says_so_in_its_outputs(
    tmp_path: Path, arch: str, status: int, verdict: str
) -> None:
    if arch:
        release(tmp_path / "dist", arch)
    done = acted(tmp_path)
    assert done.status == status, done.printed
    assert done.outputs == {"verdict": verdict, "exit-code": str(status), "reports": ""}
    assert {name: declared["value"] for name, declared in ACTION["outputs"].items()} == {
        name: f"${{{{ steps.check.outputs.{name} }}}}" for name in done.outputs
    }


def test_the_action_runs_by_uv_where_there_is_no_pipx(tmp_path: Path) -> None:
    release(tmp_path / "dist", "x86_64")
    done = acted(tmp_path, "uvx", UVX)
    assert (done.status, done.spec) == (0, f"wheelcheck=={__version__}"), done.printed


def test_without_either_the_action_says_what_to_install(tmp_path: Path) -> None:
    release(tmp_path / "dist", "x86_64")
    done = acted(tmp_path, "")
    assert (done.status, done.outputs["verdict"]) == (2, "unverified")
    assert "neither pipx nor uv: install one" in done.printed


@pytest.mark.parametrize(("arch", "status"), [("x86_64", 0), ("aarch64", 1)])
def test_the_action_judges_several_paths_with_spaces_in_their_names(tmp_path: Path, arch: str, status: int) -> None:
    one, other = release(tmp_path / "one dist", "x86_64"), tmp_path / "other dist"
    release(other, arch).rename(other / "other-1.0-py3-none-manylinux_2_17_x86_64.whl")
    done = acted(tmp_path, paths=f"{one}\n{other}\n" if status else f"{one}\n")
    assert done.status == status, done.printed


def test_the_action_takes_patterns_that_only_wheelcheck_expands(tmp_path: Path) -> None:
    release(tmp_path / "dist of today", "x86_64")
    release(tmp_path / "build", "aarch64")
    assert acted(tmp_path, paths="dist*/*.whl").status == 0
    assert acted(tmp_path, paths="*/*.whl").status == 1


def test_the_action_takes_published_releases_from_the_index_of_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "made").mkdir()
    wheel = a_wheel("py3-none-any", File("demo/__init__.py")).write(tmp_path / "made")
    monkeypatch.setenv("WHEELCHECK_CACHE", str(tmp_path / "cache"))
    with PackageIndex({"demo": {wheel.name: wheel.read_bytes()}}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        done = acted(tmp_path, paths="pypi:demo==1.0")
    assert done.status == 0, done.printed


def test_the_action_hands_on_configuration_and_architecture(tmp_path: Path) -> None:
    release(tmp_path / "dist", "x86_64")
    (tmp_path / "release.toml").write_text(
        '[tool.wheelcheck]\narchitectures = ["x86_64", "aarch64"]\npython = ["py3-none"]\n'
    )
    both = acted(tmp_path, config="release.toml")
    assert both.status == 1
    assert "aarch64" in both.printed
    assert acted(tmp_path, config="release.toml", architecture="x86_64").status == 0
    assert acted(tmp_path, config="release.toml", each="true").status == 0


@pytest.mark.parametrize(("strict", "status"), [("false", 0), ("true", 1)])
def test_the_action_lets_warnings_fail_only_when_it_is_strict(tmp_path: Path, strict: str, status: int) -> None:
    release(tmp_path / "dist", "x86_64")
    (tmp_path / "release.toml").write_text(
        'tool.wheelcheck = { ignore = [{ code = "WC301", reason = "an ignore that matches nothing is a warning" }] }\n'
    )
    done = acted(tmp_path, config="release.toml", strict=strict)
    assert done.status == status, done.printed
    assert "WC801" in done.printed


def test_the_action_writes_each_report_that_is_asked_for_and_names_those_that_are_there(tmp_path: Path) -> None:
    release(tmp_path / "dist", "aarch64")
    (tmp_path / "out").mkdir()
    wanted = {form: f"out/my {form}" for form in ("html", "json", "sarif", "junit")}
    done = acted(tmp_path, **wanted)
    assert done.outputs["reports"].splitlines() == list(wanted.values())
    assert json.loads((tmp_path / wanted["json"]).read_text())["verdict"] == "fail"
    assert json.loads((tmp_path / wanted["sarif"]).read_text())["version"] == "2.1.0"
    assert (tmp_path / wanted["html"]).read_text().startswith("<!doctype html>")
    assert "<testsuites" in (tmp_path / wanted["junit"]).read_text()


def test_the_action_does_not_hand_on_a_report_of_an_earlier_run(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{}")
    done = acted(tmp_path, json="old.json", config="missing.toml")
    assert (done.status, done.outputs["verdict"], done.outputs["reports"]) == (2, "unverified", "")


@pytest.mark.parametrize(
    ("version", "spec"),
    [("", f"wheelcheck=={__version__}"), ("0.1.*", "wheelcheck==0.1.*"), ("checkout", str(ROOT))],
)
def test_the_action_runs_its_own_release_from_the_index_unless_another_is_named(
    tmp_path: Path, version: str, spec: str
) -> None:
    release(tmp_path / "dist", "x86_64")
    assert acted(tmp_path, version=version).spec == spec


def test_the_action_that_cannot_install_wheelcheck_could_not_verify(tmp_path: Path) -> None:
    done = acted(tmp_path, script="#!/bin/sh\nexit 127\n")
    assert (done.status, done.outputs["verdict"], done.outputs["exit-code"]) == (2, "unverified", "2")


@pytest.mark.parametrize(("arch", "status"), [("", 0), ("x86_64", 0), ("aarch64", 1)])
def test_the_hook_judges_what_is_in_dist_and_passes_where_nothing_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arch: str, status: int
) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    words = [*hook["entry"].split(), *hook["args"]]
    monkeypatch.chdir(tmp_path)
    if arch:
        release(tmp_path / "dist", arch)
    assert (words[0], hook["pass_filenames"]) == ("wheelcheck", False)
    assert main(words[1:]) == status
