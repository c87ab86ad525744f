from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.checkout import ROOT
from tests.support.init_files import applied
from tests.support.layouts import bindings, tracer, write
from tools.bootstrap import NOX
from wheelcheck import __version__
from wheelcheck.config import builder
from wheelcheck.init import plan, workflows
from wheelcheck.init.configuration import configuration
from wheelcheck.init.survey import survey

SESSIONS = ("release-plan", "release-sdist", "release-binaries", "release-wheels", "release-gate")


def test_the_configuration_is_one_the_builder_reads_and_says_what_was_found(tmp_path: Path) -> None:
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
    assert "# Add commands that prove that tool works, not only that it starts." in configuration(
        survey(tracer(tmp_path / "tracer"))
    )
    assert "# Add commands" not in configuration(survey(bindings(tmp_path / "bindings")))


@pytest.mark.parametrize("before", [None, "import nox\n\n\n@nox.session\ndef tests(session):\n    pass\n"])
def test_the_sessions_load_beside_a_projects_own_and_say_what_they_do(tmp_path: Path, before: str | None) -> None:
    if before:
        write(tmp_path, {"noxfile.py": before})
    applied(tracer(tmp_path))
    command = [sys.executable, "-m", "nox", "--list"]
    listed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert [name for name in SESSIONS if f"{name} -> " not in listed] == []
    assert ("tests" in listed) is (before is not None)


@pytest.mark.parametrize(
    "needs",
    [workflows.Needs(), workflows.Needs(elsewhere=True, containers=True), workflows.Needs(sdist=False)],
    ids=["nothing", "everything", "no sdist"],
)
def test_the_sessions_are_well_formed_by_this_projects_own_rules(tmp_path: Path, needs: workflows.Needs) -> None:
    write(tmp_path, {"noxfile.py": plan.sessions(needs, None)})
    ruff = str(Path(sys.executable).with_name("ruff"))
    for words in (("check", "--no-cache"), ("format", "--check", "--no-cache")):
        command = [ruff, *words, "--config", str(ROOT / "pyproject.toml"), "noxfile.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


# Stands for `wheelcheck` on PATH: writes down what it is called with.
RECORDER = '#!/bin/sh\nprintf "%s " "$@" >> "$CALLED"\necho >> "$CALLED"\n'
OURS = r" --(project|config) \S+"  # says which project: a session of this repository may run on any


def called(noxfile: Path, folder: Path, session: str, *more: str) -> list[str]:
    """Return the command lines of wheelcheck that a session runs."""
    write(folder, {"bin/wheelcheck": RECORDER, "called": ""})
    (folder / "bin" / "wheelcheck").chmod(0o755)
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    options = ("--no-venv", "--no-install", "-f", str(noxfile), "-s", session)
    words = [sys.executable, "-m", "nox", *options, "--", "--arch", "s390x", *more]
    env = {**os.environ, "PATH": path, "CALLED": str(folder / "called")}
    subprocess.run(words, cwd=noxfile.parent, env=env, capture_output=True, check=True)
    return (folder / "called").read_text().splitlines()


@pytest.mark.parametrize("more", [(), ("--interpreter", "cp312")], ids=["all Pythons", "one Python"])
@pytest.mark.parametrize("session", SESSIONS)
def test_the_sessions_run_the_same_commands_as_those_of_this_project(
    tmp_path: Path, session: str, more: tuple[str, ...]
) -> None:
    written = write(tmp_path / "project", {"noxfile.py": plan.sessions(workflows.Needs(), None)}) / "noxfile.py"
    there = called(written, tmp_path / "there", session, *more)
    here = called(ROOT / "noxfile.py", tmp_path / "here", session, *more)
    dist = str(ROOT / "tests" / "projects" / "reference" / "dist")
    ours = [re.sub(OURS, "", line).replace(dist, "dist") for line in here]
    assert there
    if session != "release-wheels":  # for every Python, or on every CPU alike, which ours name all the same
        same = r" --interpreter cp312" if session == "release-binaries" else r" --(interpreter|arch(itecture)?) \w+"
        there, ours = ([re.sub(same, "", line) for line in lines] for lines in (there, ours))
    assert there == ours


def test_wheels_of_containers_that_the_project_prepares_are_built_and_tried_there(tmp_path: Path) -> None:
    text = plan.sessions(workflows.Needs(containers=True), None)
    written = write(tmp_path / "project", {"noxfile.py": text}) / "noxfile.py"
    assert called(written, tmp_path / "there", "release-wheels") == [
        "build unpack bundles ",
        "build cibuildwheel --arch s390x ",
        "check dist --architecture s390x ",
        *[line for line in called(written, tmp_path / "again", "release-wheels") if "pack bundles/s390x.tar" in line],
    ]
    assert '"wheelcheck[build,cibuildwheel]' in text


@pytest.mark.parametrize(
    ("own", "added"),
    [
        ("import os, platform\nimport shutil\nfrom pathlib import Path\nimport nox\n", set()),
        ("import platform as p\nfrom nox import session\n", {"os", "platform", "shutil", "pathlib", "nox"}),
        ("import nox\nif True:\n    import shutil\n", {"os", "platform", "shutil", "pathlib"}),
        ("print 'of Python 2'\nimport nox\n", {"os", "platform", "shutil", "pathlib", "nox"}),
    ],
)
def test_what_a_noxfile_imports_already_is_not_imported_again(own: str, added: set[str]) -> None:
    for text in (plan.sessions(workflows.Needs(elsewhere=True), own), plan.gate_session(own)):
        found = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
        assert found == (added & {"nox"} if "def gate" in text else added)


def test_the_sessions_name_no_file_of_the_configuration() -> None:
    assert ".toml" not in plan.sessions(workflows.Needs(), None)


def test_the_requirement_is_pinned_to_this_minor_version() -> None:
    (asked,) = re.findall(r'install\("(.+)"\)', plan.sessions(workflows.Needs(), None))
    allowed = Requirement(asked)
    major, minor, _ = __version__.split(".")
    assert (allowed.name, allowed.extras) == ("wheelcheck", {"build"})
    assert allowed.specifier.contains(__version__)
    assert not allowed.specifier.contains(f"{major}.{int(minor) + 1}.0")


def test_the_workflows_ask_for_the_nox_that_this_project_uses() -> None:
    spec = NOX.replace("[uv]", "")  # installs many packages for the tests of this project
    asked = [
        line for text in workflows.texts(workflows.Needs()).values() for line in text.splitlines() if "pipx run" in line
    ]
    assert asked
    assert [line for line in asked if f'--spec "{spec}" nox ' not in line] == []


def test_a_workflow_uploads_the_folder_that_the_project_uses() -> None:
    assert "path: dist/\n" in workflows.texts(workflows.Needs())[".github/workflows/wheels.yml"]
    assert "path: a/b/dist/\n" in workflows.texts(workflows.Needs("a/b"))[".github/workflows/wheels.yml"]


@pytest.mark.parametrize("needs", [workflows.Needs(), workflows.Needs("a/b", "trunk", rust=("a",), submodules=True)])
def test_no_mark_of_a_template_is_left(needs: workflows.Needs) -> None:
    texts = [*workflows.texts(needs).values(), workflows.gate(needs.folder), plan.sessions(needs, None)]
    assert [found for text in texts for found in re.findall(r"@[A-Z]+@", text)] == []
