from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.init_files import applied
from tests.support.layouts import bindings, pyproject, tracer, write
from wheelcheck.config import builder
from wheelcheck.init import plan
from wheelcheck.init.survey import survey

SESSIONS = ("release-plan", "release-sdist", "release-binaries", "release-wheels", "release-gate")


def test_the_configuration_is_one_the_bench_reads_and_says_what_was_found(tmp_path: Path) -> None:
    applied(tracer(tmp_path))
    found = builder.load(tmp_path)
    assert set(found.release.payload) == set(survey(tmp_path).payload)
    assert found.workspace == tmp_path / "rust"
    assert found.release.sdist
    assert [str(wheel) for wheel in found.release.wheels] == [
        "py3-none-manylinux_2_17_aarch64",
        "py3-none-manylinux_2_17_x86_64",
    ]
    assert [command.run[2] for command in found.commands] == ["import my_demo; print('imported')"]


def test_a_program_gets_the_advice_to_prove_more_than_that_it_starts(tmp_path: Path) -> None:
    assert "# Say here what proves that tool work" in plan.configuration(survey(tracer(tmp_path / "tracer")))
    assert "# Say here" not in plan.configuration(survey(bindings(tmp_path / "bindings")))


def test_a_project_without_rust_gets_no_workspace(tmp_path: Path) -> None:
    found = survey(write(tmp_path, {"pyproject.toml": pyproject("hatchling.build")}))
    assert "workspace" not in plan.configuration(found)


@pytest.mark.parametrize("before", [None, "import nox\n\n\n@nox.session\ndef tests(session):\n    pass\n"])
def test_the_sessions_load_beside_a_projects_own_and_say_what_they_do(tmp_path: Path, before: str | None) -> None:
    if before:
        write(tmp_path, {"noxfile.py": before})
    applied(tracer(tmp_path))
    command = [sys.executable, "-m", "nox", "--list"]
    listed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert [name for name in SESSIONS if f"{name} -> " not in listed] == []
    assert ("tests" in listed) is (before is not None)


def test_the_sessions_are_well_formed_by_this_projects_own_rules(tmp_path: Path) -> None:
    write(tmp_path, {"noxfile.py": plan.sessions(new=True)})
    ruff = str(Path(sys.executable).with_name("ruff"))
    for words in (("check", "--no-cache"), ("format", "--check", "--no-cache")):
        command = [ruff, *words, "--config", str(ROOT / "pyproject.toml"), "noxfile.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_sessions_are_those_of_this_project() -> None:
    own = (ROOT / "noxfile.py").read_text("utf-8")
    assert [name for name in SESSIONS if f'name="{name}"' not in own] == []


def test_a_workflow_uploads_what_lies_where_the_project_keeps_it() -> None:
    assert "path: dist/\n" in plan.workflows()[".github/workflows/wheels.yml"]
    assert "path: a/b/dist/\n" in plan.workflows("a/b/dist")[".github/workflows/wheels.yml"]


def test_no_mark_of_a_template_is_left() -> None:
    texts = [*plan.workflows().values(), plan.sessions(new=True)]
    assert [text for text in texts if "@DIST@" in text or "@REQUIREMENT@" in text] == []
