"""The release, as GitHub runs it: `init` on the reference project, then every command of the workflow it wrote.

Then sabotages of what was handed over, each of which the gate job must refuse, naming the culprit.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.checkout import ROOT
from tests.support.crates import TABLE, hatch_probe
from tests.support.native import native
from tests.support.reference import TOOL, copy_reference, other_cpu, rewritten
from tests.support.workflow_runner import CommandFailedError, Runner
from wheelcheck.builder import handover, toolchain
from wheelcheck.builder.pipeline import Build
from wheelcheck.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JOBS = ("plan", "sdist", "build", "gate")


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """The workflow's jobs, all but the last, run on the reference project for this machine's CPU."""
    home = tmp_path_factory.mktemp("flow")
    project = copy_reference(home / "project")
    file = project / "pyproject.toml"
    own = f'architectures = ["{toolchain.host().name}"]'
    file.write_text(re.sub(r"^architectures = .*$", own, file.read_text(), flags=re.MULTILINE))
    assert main(["init", "--builder", str(project), "--yes"]) == 0
    workflow = yaml.safe_load((project / ".github" / "workflows" / "wheels.yml").read_text())
    runner = Runner(project, home, workflow)
    runner.run("plan", "sdist", "build")
    return runner


def gated(flow: Runner, home: Path, sabotage: Callable[[Path], None] = lambda _: None) -> Path:
    """Run the gate job on what was handed over, changed by `sabotage` where it was unpacked."""
    home.mkdir(exist_ok=True)
    runner = Runner(flow.checkout, home, flow.workflow, store=dict(flow.store), outputs=dict(flow.outputs))
    for name, kept in runner.store.items():
        runner.store[name] = shutil.copytree(kept, home / "handed" / name)
    for folder in runner.store.values():
        repacked(folder, sabotage)
    return runner.run("gate")


def repacked(folder: Path, sabotage: Callable[[Path], None]) -> None:
    """Change what a bundle holds and pack it again, manifest and all: as a bug upstream of the hand-over would."""
    (bundle,) = folder.glob("*.tar")
    tree = folder / "tree"
    tree.mkdir()
    handover.unpack(tree, bundle)
    before = sorted(tree.rglob("*"))
    sabotage(tree)
    if any(tree.rglob("*.*")):
        handover.pack(tree, bundle, "**/*")
    assert before
    shutil.rmtree(tree)


def wheel(tree: Path) -> Path | None:
    return next(tree.glob("dist/*.whl"), None)


def wrong_arch(tree: Path) -> None:
    if found := wheel(tree):
        rewritten(found, TOOL, native(other_cpu(Build.of(ROOT / "tests/projects/reference"))), 0o100755)


def extra_wheel(tree: Path) -> None:
    if found := wheel(tree):
        shutil.copy(found, found.with_name(found.name.replace("cp310-abi3", "cp311-abi3")))


@pytest.mark.network
def test_the_plan_is_one_machine_for_each_cpu_and_the_exact_set_of_artifacts(flow: Runner) -> None:
    plan = {name.rpartition(".")[2]: json.loads(value) for name, value in flow.outputs["plan"].items()}
    host = toolchain.host()
    assert [(job["architecture"], job["runner"]) for job in plan["matrix"]["include"]] == [(host.name, host.runner)]
    assert plan["expected"] == {"wheels": [f"cp310-abi3-manylinux_2_17_{host.name}"], "sdist": True}


@pytest.mark.network
def test_every_command_of_the_workflow_runs_and_the_gate_passes_what_is_uploaded(flow: Runner, tmp_path: Path) -> None:
    folder = gated(flow, tmp_path / "home")
    names = sorted(file.name for file in (folder / "dist").iterdir())
    assert [name.rpartition("-")[2].partition(".")[0] for name in names]
    assert sorted(name.endswith(".whl") for name in names) == [False, True]
    handed = sorted(file.name for file in (tmp_path / "home" / "store" / "release").iterdir())
    assert handed == names
    said = "\n".join(flow.ran)
    commands = [step["run"] for job in JOBS for step in flow.workflow["jobs"][job]["steps"] if "run" in step]
    assert [command for command in commands if command not in said and "gate" not in command] == []


def swapped_module(tree: Path) -> None:
    """Exchange a Python file after the tests, with a RECORD that fits."""
    if found := wheel(tree):
        rewritten(found, "reference/__init__.py", b"import os\n", 0o100644)


# One for each command of the gate job; tests/workflows/test_sabotages.py has everything else that can happen.
SABOTAGES = {
    "wrong arch": (wrong_arch, r"reference/bin/tally: the wheel has sha256"),
    "extra wheel": (extra_wheel, r"cp311-abi3"),
    "swapped Python file": (swapped_module, r"reference-0\.1\.0-.*\.whl: has SHA-256 .* it was changed since"),
}


@pytest.mark.network
@pytest.mark.parametrize(("sabotage", "culprit"), SABOTAGES.values(), ids=SABOTAGES)
def test_a_sabotaged_release_is_refused_by_name_before_anything_is_uploaded(
    flow: Runner, tmp_path: Path, sabotage: Callable[[Path], None], culprit: str
) -> None:
    with pytest.raises(CommandFailedError, match=culprit):
        gated(flow, tmp_path / "home", sabotage)
    assert not (tmp_path / "home" / "store").exists()


@pytest.mark.network
def test_a_bundle_that_was_damaged_on_the_way_is_refused_by_name(flow: Runner, tmp_path: Path) -> None:
    runner = Runner(flow.checkout, tmp_path, flow.workflow, store=dict(flow.store), outputs=dict(flow.outputs))
    name = next(name for name in runner.store if name != "bundle-sdist")
    folder = shutil.copytree(runner.store[name], tmp_path / "damaged")
    (bundle,) = folder.glob("*.tar")
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    bundle.write_bytes(content)
    runner.store[name] = folder
    with pytest.raises(CommandFailedError, match=rf"{bundle.name}: dist/.*\.whl: damaged: \d+ bytes with sha256"):
        runner.run("gate")


@pytest.mark.network
def test_the_modes_that_the_store_forgets_come_back(flow: Runner, tmp_path: Path) -> None:
    assert all(file.stat().st_mode & 0o111 == 0 for kept in flow.store.values() for file in kept.iterdir())
    folder = gated(flow, tmp_path / "home")
    (built,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        assert archive.getinfo(TOOL).external_attr >> 16 == 0o100755


SMOKE = '[smoke]\ncommands = [{ run = ["probe"], expect = "^probed$" }]\n'


@pytest.mark.network
def test_a_project_with_its_configuration_in_a_file_of_its_own_is_released_the_same_way(tmp_path: Path) -> None:
    project = hatch_probe(tmp_path / "project", main='fn main() { println!("probed") }')
    text = TABLE.replace("[tool.wheelcheck]\n", "sdist = true\n").replace("tool.wheelcheck.", "")
    own = text.replace("x86_64", toolchain.host().name) + SMOKE
    (project / "wheelcheck.toml").write_text(own)
    (project / "pyproject.toml").write_text((project / "pyproject.toml").read_text().replace(TABLE, ""))
    assert main(["init", "--builder", str(project), "--yes"]) == 0
    workflow = yaml.safe_load((project / ".github" / "workflows" / "wheels.yml").read_text())
    folder = Runner(project, tmp_path, workflow).run(*JOBS)
    assert sorted(file.suffix for file in (folder / "dist").iterdir()) == [".gz", ".whl"]
    assert (project / "wheelcheck.toml").read_text() == own
    assert "[tool.wheelcheck" not in (project / "pyproject.toml").read_text()
