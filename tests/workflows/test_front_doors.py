"""The other ways in: `uses: …/wheelcheck@v1` and the pre-commit hook."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.artifacts import File, a_wheel
from tests.support.checkout import ROOT
from tests.support.native import native
from wheelcheck.cli import main

if TYPE_CHECKING:
    from pathlib import Path

# Stands for pipx: the tests' interpreter has what pipx would install from the action's checkout.
PIPX = """\
#!/bin/sh
[ "$1 $2 $3 $4" = "run --spec {root} wheelcheck" ] || exit 64
shift 4
exec {python} -m wheelcheck "$@"
"""
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def acted(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's own command on a folder, with its defaults where no input is given."""
    pipx = folder / "bin" / "pipx"
    pipx.parent.mkdir(exist_ok=True)
    pipx.write_text(PIPX.format(root=ROOT, python=sys.executable))
    pipx.chmod(0o755)
    (step,) = ACTION["runs"]["steps"]
    values = {name: inputs.get(name, declared["default"]) for name, declared in ACTION["inputs"].items()}
    env = {key: values[text.removeprefix("${{ inputs.").removesuffix(" }}")] for key, text in step["env"].items()}
    path = os.pathsep.join([str(pipx.parent), os.environ["PATH"]])
    whole = {**os.environ, **env, "PATH": path, "GITHUB_ACTION_PATH": str(ROOT), "PYTHONPATH": str(ROOT)}
    command = ["bash", "-e", "-c", step["run"]]
    return subprocess.run(command, cwd=folder, env=whole, capture_output=True, text=True, check=False)


def release(folder: Path, arch: str) -> Path:
    folder.mkdir()
    tool = File("demo/bin/tool", native(arch), 0o100755)
    return a_wheel("py3-none-manylinux_2_17_x86_64", tool, File("demo/__init__.py")).write(folder)


def test_the_action_passes_a_sound_wheel_in_dist(tmp_path: Path) -> None:
    release(tmp_path / "dist", "x86_64")
    done = acted(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stdout


@pytest.mark.parametrize(("arch", "status"), [("x86_64", 0), ("aarch64", 1)])
def test_the_action_judges_several_paths_with_spaces_in_their_names(tmp_path: Path, arch: str, status: int) -> None:
    one, other = release(tmp_path / "one dist", "x86_64"), tmp_path / "other dist"
    release(other, arch).rename(other / "other-1.0-py3-none-manylinux_2_17_x86_64.whl")
    done = acted(tmp_path, paths=f"{one}\n{other}\n" if status else f"{one}\n")
    assert done.returncode == status, done.stdout + done.stderr


def test_the_action_cannot_verify_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    assert acted(tmp_path).returncode == 2


def test_the_action_hands_on_configuration_and_architecture(tmp_path: Path) -> None:
    release(tmp_path / "dist", "x86_64")
    (tmp_path / "release.toml").write_text(
        '[tool.wheelcheck]\narchitectures = ["x86_64", "aarch64"]\npython = ["py3-none"]\n'
    )
    both = acted(tmp_path, config="release.toml")
    assert both.returncode == 1
    assert "aarch64" in both.stdout
    assert acted(tmp_path, config="release.toml", architecture="x86_64").returncode == 0


@pytest.mark.parametrize(("strict", "status"), [("false", 0), ("true", 1)])
def test_the_action_lets_warnings_fail_only_when_it_is_strict(tmp_path: Path, strict: str, status: int) -> None:
    release(tmp_path / "dist", "x86_64")
    (tmp_path / "release.toml").write_text(
        'tool.wheelcheck = { ignore = [{ code = "WC301", reason = "an ignore that matches nothing is a warning" }] }\n'
    )
    done = acted(tmp_path, config="release.toml", strict=strict)
    assert done.returncode == status, done.stdout + done.stderr
    assert "WC801" in done.stdout


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
