"""What is proven of wheels that cibuildwheel builds: in its place stands a program that does without containers.

It hands a wheel of the project to the repair command's program, as the real one does in a container of this CPU.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import backends
from tests.support.crates import committed
from tests.support.cross import OTHER
from wheelcheck.builder import containers, evidence, in_container, install
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import host
from wheelcheck.builder.verify import verify
from wheelcheck.cli import main
from wheelcheck.config.builder import SmokeCommand
from wheelcheck.facts.evidence import read_folder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network
STAND_IN = """
import glob, os, subprocess, sys, zipfile
names = os.environ["CIBW_BUILD"].split()
out = sys.argv[sys.argv.index("--output-dir") + 1]
for name in names:
    env = {{**os.environ, "CIBUILDWHEEL_BUILD_IDENTIFIER": name, "PYTHONPATH": "tools"}}
    words = [sys.executable, "-m", "wheelcheck.builder.in_container", {wheel!r}, ".", out]
    subprocess.run(words, env=env, check=True)
for wheel in glob.glob(out + "/*.whl"):
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.comment = {comment!r}
"""
EXPECTED = 'expect = "^3.0$"'


@pytest.fixture(scope="module")
def repaired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an extension module, and in `repaired` beside it the wheel as auditwheel leaves it."""
    project = backends.setuptools(tmp_path_factory.mktemp("repaired") / "project")
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace('["x86_64", "aarch64"]', f'["{host().name}"]'))
    build = Build.of(committed(project))
    build.build()
    build.sdist()
    (wheel,) = build.wheels()
    (project.parent / "repaired").mkdir()
    wheel.rename(project.parent / "repaired" / wheel.name)
    return project


def built(repaired: Path, folder: Path, old: str = "", new: str = "", *, comment: bytes = b"") -> Build:
    """Build the wheels of a copy of the project in no container, after a change of its configuration.

    A comment is added to each wheel after it was tried.
    """
    project = shutil.copytree(repaired, folder / "project", symlinks=True)
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace(old, new))
    build = Build.of(project)
    build.build()
    build.sdist()
    prepared = containers.prepare(build, os.environ)
    (wheel,) = (repaired.parent / "repaired").iterdir()
    (prepared.folder / "cibuildwheel.py").write_text(STAND_IN.format(wheel=str(wheel), comment=comment))
    containers.build_wheels(build, prepared, {name: text for name, text in os.environ.items() if name != "PYTHONPATH"})
    return build


def test_a_wheel_that_was_tried_in_its_container_is_proven_and_passes_with_its_evidence(
    repaired: Path, tmp_path: Path
) -> None:
    build = built(repaired, tmp_path)
    (wheel,) = build.settings.dist.glob("*.whl")
    assert f"proven: {wheel.name} (smoke on {host().name})" in verify(build.settings.project, {}, proven=True)
    folder = build.settings.folder / evidence.FOLDER
    config = str(build.settings.project / "pyproject.toml")
    assert main(["check", str(build.settings.dist), "--config", config, "--evidence", str(folder)]) == 0
    (place,) = folder.glob(f"{host().name}-*.json")
    assert json.loads(place.read_text())["predicate"]["builder"] == {"cpu": host().name, "emulated": False}


def test_a_wheel_that_fails_in_its_container_does_not_leave_it_and_is_not_proven(
    repaired: Path, tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match=r"smoke test: 1 of 1 failed: .* printed '3\.0\\n', which does not match"):
        built(repaired, tmp_path, EXPECTED, 'expect = "^4.0$"')
    project = tmp_path / "project"
    assert not list(project.glob("dist/*.whl"))
    assert [place.name.partition("-")[0] for place in project.glob("build/wheelcheck/evidence/*")] == ["sdist"]


def test_a_wheel_without_a_smoke_command_is_stated_as_built_and_proven_by_nothing(
    repaired: Path, tmp_path: Path
) -> None:
    text = (repaired / "pyproject.toml").read_text()
    commands = text[text.index("commands = [") : text.index("]\n", text.index("commands = [{")) + 2]
    build = built(repaired, tmp_path, commands, "")
    with pytest.raises(BuildError, match=rf"\.whl: the evidence lacks 'smoke' for this wheel on {host().name}"):
        verify(build.settings.project, {}, proven=True)


@pytest.mark.slow
def test_a_wheel_that_was_changed_after_its_trial_is_not_proven(repaired: Path, tmp_path: Path) -> None:
    build = built(repaired, tmp_path, comment=b"changed")
    with pytest.raises(BuildError, match=rf"\.whl: the evidence lacks 'smoke' for this wheel on {host().name}"):
        verify(build.settings.project, {}, proven=True)


def test_a_wheel_that_fails_later_loses_what_was_proven_of_it(repaired: Path, tmp_path: Path) -> None:
    build = built(repaired, tmp_path)
    assert list((build.settings.folder / evidence.FOLDER).glob(f"{host().name}-*.json"))
    wrong = replace(build, settings=replace(build.settings, commands=(SmokeCommand(("python", "-c", "0"), "never"),)))
    with pytest.raises(BuildError, match="smoke test: 1 of 1 failed"):
        wrong.smoke()
    assert not list((build.settings.folder / evidence.FOLDER).glob(f"{host().name}-*.json"))
    with pytest.raises(BuildError, match=r"\.whl: no statement of the evidence names this file"):
        verify(build.settings.project, {}, proven=True)


def test_a_wheel_that_cannot_be_tried_here_is_not_proven_by_the_trial_of_another(
    repaired: Path, tmp_path: Path
) -> None:
    build = built(repaired, tmp_path)
    (wheel,) = build.settings.dist.glob("*.whl")
    shutil.copy(wheel, wheel.with_name(wheel.name.replace("cp3", "cp98")))  # for a Python that nobody has
    assert sorted(result.verdict for result in build.smoke()) == ["pass", "skip"]
    (statement,) = read_folder(build.settings.folder / evidence.FOLDER)[1:]
    assert list(statement.subjects) == [wheel.name]


def test_what_an_emulated_container_cannot_do_is_not_counted_as_done(repaired: Path) -> None:
    build = Build.of(repaired, OTHER)
    commands = (SmokeCommand(("tool",), ".", 0, ("ptrace",)),)
    plan = in_container.Plan(OTHER.name, (2, 17), "", (2020, 1, 1, 0, 0, 0), {}, {}, (), commands)
    assert plan.tries
    assert not replace(plan, lacks=install.EMULATION_LACKS).tries
    wheel = build.settings.dist / "demo-1.0-py3-none-manylinux_2_17_aarch64.whl"
    wheel.touch()
    build.prove("smoke", wheel)
    (place,) = (build.settings.folder / evidence.FOLDER).glob(f"{OTHER.name}-*.json")
    assert json.loads(place.read_text())["predicate"]["builder"] == {"cpu": OTHER.name, "emulated": True}
