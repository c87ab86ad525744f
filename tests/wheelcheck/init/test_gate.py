"""`wheelcheck init` without --builder: the gate alone, with nothing that only the project can know."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.checkout import ROOT
from tests.support.init_files import GATE_FILES, contents
from tests.support.layouts import pyproject, tracer, write
from wheelcheck import __version__
from wheelcheck.config import ConfigError, builder, load
from wheelcheck.facts import toml
from wheelcheck.init import plan, workflows
from wheelcheck.init.survey import survey
from wheelcheck.report.wording import SITE

PYPROJECT = {"pyproject.toml": pyproject("hatchling.build")}


def applied(project: Path) -> dict[str, str]:
    """Write what init writes, and return what it kept, with the reason."""
    changes = plan.gate(project)
    for change in changes:
        if change.added:
            change.write()
    return {change.path: change.kept for change in changes if change.kept}


def uncommented(text: str) -> str:
    section = text.partition(plan.BEGIN)[2].partition(plan.END)[0]
    return "\n".join(re.findall(r"^# (\[.*|\w+ = .*)$", section, re.MULTILINE))


@pytest.mark.parametrize(
    "files",
    [
        PYPROJECT,
        {"pyproject.toml": "[build-system]\nrequires = []\n", "Cargo.toml": "nonsense"},
        {"pyproject.toml": ""},
    ],
    ids=["a project", "one without a name, and a crate that cargo cannot read", "an empty file"],
)
def test_every_project_gets_the_same_three_files_and_no_promise(tmp_path: Path, files: dict[str, str]) -> None:
    before = contents(write(tmp_path, files))
    assert applied(tmp_path) == {}
    after = contents(tmp_path)
    assert set(after) == {*before, *GATE_FILES}
    assert all(after[name].startswith(text) for name, text in before.items())
    assert load(tmp_path / "pyproject.toml") == load(write(tmp_path / "bare", files) / "pyproject.toml")


def test_what_the_comment_proposes_is_a_configuration_once_the_marks_are_gone(tmp_path: Path) -> None:
    applied(write(tmp_path, PYPROJECT))
    proposed = uncommented((tmp_path / "pyproject.toml").read_text())
    write(tmp_path / "new", {"pyproject.toml": proposed})
    expected = load(tmp_path / "new" / "pyproject.toml", required=True)
    assert expected.sdist
    assert len(expected.wheels) == 2 * (2 + 2)


CIBUILDWHEEL = "[tool.cibuildwheel]\nskip = '*_i686'\n"
AUDITED = {
    "its table": ({"pyproject.toml": CIBUILDWHEEL}, True),
    "a workflow alone": (PYPROJECT | {".github/workflows/w.yml": "- uses: pypa/cibuildwheel@v4\n"}, True),
    "a command of its own": ({"pyproject.toml": CIBUILDWHEEL + "audit-command = 'x'\n"}, False),
    "another workflow": (PYPROJECT | {".github/workflows/w.yml": "- run: python -m build\n"}, False),
}


@pytest.mark.parametrize(("files", "is_proposed"), AUDITED.values(), ids=AUDITED)
def test_where_cibuildwheel_builds_its_audit_command_is_proposed_unless_it_has_one(
    tmp_path: Path, files: dict[str, str], *, is_proposed: bool
) -> None:
    applied(write(tmp_path, files))
    written = (tmp_path / "pyproject.toml").read_text().removeprefix(files["pyproject.toml"])
    assert ("# audit-command = " in written) is is_proposed
    lines = "\n".join(re.findall(r"^# (audit-.*)$", written, re.MULTILINE))
    recipe = (ROOT / "docs" / "recipes.md").read_text()
    assert set(toml.parse_toml(lines)) == ({"audit-requires", "audit-command"} if is_proposed else set())
    assert lines.partition("\n")[2] in recipe
    before = contents(tmp_path)
    applied(tmp_path)
    assert contents(tmp_path) == before


def test_the_addresses_in_what_is_written_are_those_of_the_site() -> None:
    assert f"# {SITE}configuration/\n" in workflows.template("gate.toml")


def test_a_second_time_there_is_nothing_to_do(tmp_path: Path) -> None:
    applied(write(tmp_path, PYPROJECT))
    before = contents(tmp_path)
    assert set(applied(tmp_path)) == set(GATE_FILES)
    assert contents(tmp_path) == before


def test_the_builder_can_be_added_later(tmp_path: Path) -> None:
    applied(tracer(tmp_path))
    for change in plan.builder(survey(tmp_path)):
        if change.added:
            change.write()
    assert builder.load(tmp_path).release.sdist
    listed = sessions(tmp_path)
    assert {"gate", "release-plan", "release-gate"} <= set(listed)


def sessions(project: Path) -> list[str]:
    command = [sys.executable, "-m", "nox", "--list"]
    listed = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout
    return re.findall(r"^[*-] (\S+)", listed, re.MULTILINE)


@pytest.mark.parametrize(
    ("files", "path", "why"),
    [
        ({"wheelcheck.toml": "sdist = true\n"}, "wheelcheck.toml", "configures this project already"),
        (
            {"pyproject.toml": "[tool.wheelcheck]\nsdist = true\n"},
            "pyproject.toml",
            "has [tool.wheelcheck] already",
        ),
        ({"noxfile.py": "def gate(session): ...\n"}, "noxfile.py", "defines gate already"),
        ({".github/workflows/gate.yml": "name: mine\n"}, plan.GATE, "exists, and stays as it is"),
        (
            {".gitlab-ci.yml": ""},
            plan.GATE,
            f"not written, because this project has .gitlab-ci.yml: see {SITE}recipes/",
        ),
    ],
)
def test_what_is_in_the_way_is_kept_and_says_why(tmp_path: Path, files: dict[str, str], path: str, why: str) -> None:
    write(tmp_path, {**PYPROJECT, **files})
    assert applied(tmp_path) == {path: why}
    assert {name: (tmp_path / name).read_text() for name in files} == files


def test_a_project_on_github_that_has_another_ci_too_gets_the_workflow(tmp_path: Path) -> None:
    write(tmp_path, {**PYPROJECT, ".gitlab-ci.yml": "", ".github/workflows/ci.yml": "name: mine\n"})
    assert applied(tmp_path) == {}


def test_a_project_of_setup_py_alone_gets_all_but_the_comment_and_is_told_where_it_would_be(tmp_path: Path) -> None:
    kept = applied(write(tmp_path, {"setup.py": ""}))
    assert set(contents(tmp_path)) == {"setup.py", *GATE_FILES[1:]}
    assert kept == {
        "wheelcheck.toml": f"not written: what a release must contain is for you to say, see {SITE}configuration/"
    }


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no pyproject.toml and no setup.py; run init in the folder"):
        plan.gate(tmp_path)


@pytest.mark.parametrize("own", [None, "import nox\n\n\n@nox.session\ndef tests(session):\n    pass\n"])
def test_the_session_loads_beside_a_projects_own(tmp_path: Path, own: str | None) -> None:
    applied(write(tmp_path, {**PYPROJECT, **({"noxfile.py": own} if own else {})}))
    assert sessions(tmp_path) == (["tests", "gate"] if own else ["gate"])


def test_the_session_installs_a_pinned_gate_and_passes_no_configuration() -> None:
    text = plan.gate_session(None)
    (asked,) = re.findall(r'install\("(.+)"\)', text)
    assert Requirement(asked).name == "wheelcheck"
    assert not Requirement(asked).extras
    assert Requirement(asked).specifier.contains(__version__)
    assert "--config" not in text


def test_the_session_is_well_formed_by_this_projects_own_rules(tmp_path: Path) -> None:
    write(tmp_path, {"noxfile.py": plan.gate_session(None)})
    ruff = str(Path(sys.executable).with_name("ruff"))
    for words in (("check", "--no-cache"), ("format", "--check", "--no-cache")):
        command = [ruff, *words, "--config", str(ROOT / "pyproject.toml"), "noxfile.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
