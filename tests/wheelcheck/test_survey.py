"""Many artifacts, each judged in a process of its own, into a file that a later run continues."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

import wheelcheck
from tests.support.artifacts import X86_64, File, a_wheel, an_sdist
from tests.support.commandline import environment, run, run_here
from wheelcheck.config import OF_UPLOADS
from wheelcheck.inputs import find_files
from wheelcheck.survey import here, survey
from wheelcheck.survey.progress import Progress
from wheelcheck.survey.rows import read as rows
from wheelcheck.survey.worker import rule_set

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = "out.jsonl"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with a sound sdist, and one of wheels of which the second breaks a rule."""
    an_sdist().write(tmp_path)
    below = tmp_path / "wheels" / "demo"
    below.mkdir(parents=True)
    a_wheel("py3-none-any", File("demo/data.txt")).write(below)
    a_wheel(X86_64, File("demo/日本語.py"), record=lambda listed: listed[1:]).write(below)
    return tmp_path


def artifacts(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of artifacts by file name; every file has one."""
    found = [row for row in rows(folder / OUTPUT) if row["type"] == "artifact"]
    assert len({row["file"] for row in found}) == len(found)
    return {row["file"]: row for row in found}


def test_every_artifact_has_the_verdict_and_the_findings_that_the_api_gives_it(tree: Path) -> None:
    done = run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1")
    found = artifacts(tree)
    listed = [row for row in rows(tree / OUTPUT) if row["type"] == "finding"]
    assert (done.returncode, len(found), "fail" in {row["verdict"] for row in found.values()}) == (0, 3, True)
    for row in found.values():
        report = wheelcheck.check(tree / row["source"])
        assert (row["verdict"], row["sha256"], row["rules"]) == (report.verdict, report.artifacts[0].sha256, rule_set())
        ours = [(each["code"], each["path"], each["message"]) for each in listed if each["sha256"] == row["sha256"]]
        of_check = [each for each in report.findings if each.code not in OF_UPLOADS]
        assert ours == [(each.code, each.path, each.message) for each in of_check]
    assert done.stderr.decode().splitlines()[-1].startswith("wheelcheck: 3 files: ")


def test_a_later_run_judges_only_what_is_new_or_has_another_name(tree: Path) -> None:
    run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1")
    before = (tree / OUTPUT).read_bytes()
    again = run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1")
    assert ((tree / OUTPUT).read_bytes(), b"0 of them judged now" in again.stderr) == (before, True)
    wheel = next(tree.rglob("*any.whl"))
    wheel.with_name(wheel.name.replace("none-any", "none-win_amd64")).write_bytes(wheel.read_bytes())
    run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1")
    after = (tree / OUTPUT).read_bytes()
    assert after.startswith(before)
    assert len(artifacts(tree)) == 4


def test_the_same_file_in_two_folders_is_one_artifact(tree: Path) -> None:
    sdist = next(tree.glob("*.tar.gz"))
    (tree / "copies").mkdir()
    (tree / "copies" / sdist.name).write_bytes(sdist.read_bytes())
    assert run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1").returncode == 0
    assert len(artifacts(tree)) == 3


def test_a_run_that_was_interrupted_anywhere_continues_to_the_same_rows(tree: Path) -> None:
    files, output = find_files([tree]).artifacts, tree / OUTPUT
    with here(1) as crew:
        survey(files, output, crew, 60, Progress(io.StringIO(), len(files), 0))
        whole = output.read_bytes()
        lines = whole.splitlines(keepends=True)
        ends = [len(b"".join(lines[: place + 1])) for place in range(len(lines))]
        assert any(b'"type": "finding"' in line for line in lines)  # an end lies between it and its artifact
        for end in (*ends[:-1], ends[0] + 5, ends[-1] - 1):
            output.write_bytes(whole[:end])
            survey(files, output, crew, 60, Progress(io.StringIO(), len(files), 0))
            assert sorted(output.read_bytes().splitlines()) == sorted(whole.splitlines())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_a_survey_that_is_interrupted_says_how_it_goes_on(tree: Path) -> None:
    # A shell starts what runs in its background with SIGINT ignored, and children inherit that.
    script = "import signal, sys, wheelcheck.cli; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    words = [sys.executable, "-c", f"{script}sys.exit(wheelcheck.cli.main())", "survey", ".", "--output", OUTPUT]
    with subprocess.Popen([*words, "--jobs", "1"], cwd=tree, stderr=subprocess.PIPE, env=environment()) as done:
        while not (tree / OUTPUT).exists():
            sleep(0.01)
        done.send_signal(signal.SIGINT)
        said = done.communicate(timeout=60)[1]
    assert (done.returncode, b"the same command goes on" in said, b"Traceback" in said) == (2, True, False)
    assert run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1").returncode == 0
    assert len(artifacts(tree)) == 3


def test_a_process_that_ends_without_a_report_is_one_artifact_that_is_not_verified(tree: Path) -> None:
    nowhere = str(tree / "nowhere")  # where Python finds no standard library, so that no child starts
    done = run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1", PYTHONHOME=nowhere)
    assert done.returncode == 2
    gaps = {(row["verdict"], *row["gaps"]) for row in artifacts(tree).values()}
    assert gaps == {("unverified", "the check ended with exit code 1 and without a report")}
    again = run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1")
    assert (again.returncode, b"3 unverified, 0 of them judged now" in again.stderr) == (2, True)


def test_what_cannot_be_read_is_not_verified_and_stops_nothing(tree: Path) -> None:
    next(tree.glob("*.tar.gz")).rename(tree / "demo-2.0.tar.gz")
    (tree / "broken-1.0-py3-none-any.whl").write_bytes(b"PK\3\4 but no zip")
    (tree / "list.txt").write_text("wheels\nmissing.whl\n\nbroken-1.0-py3-none-any.whl\n", "utf-8")
    done = run(tree, "survey", "--files-from", "list.txt", "--output", OUTPUT, "--jobs", "1")
    assert (done.returncode, b"missing.whl: no such file" in done.stderr) == (2, True)
    assert artifacts(tree).keys() == {path.name for path in tree.rglob("*.whl")}


@pytest.mark.parametrize(
    "content", ["notes\n", "notes", "{}\n", '{"type": "survey", "schema": 99}\n', "[" * 9999 + "\n"]
)
def test_a_file_that_is_no_survey_is_left_as_it_is(tree: Path, content: str) -> None:
    (tree / OUTPUT).write_text(content, "utf-8")
    done = run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1")
    assert (done.returncode, b"is not a survey" in done.stderr) == (2, True)
    assert (tree / OUTPUT).read_text("utf-8") == content


@pytest.mark.posix
def test_a_pipe_is_no_survey_and_is_not_waited_for(tree: Path) -> None:
    os.mkfifo(tree / OUTPUT)
    done = run(tree, "survey", "wheels", "--output", OUTPUT, "--jobs", "1")
    assert (done.returncode, b"is no regular file" in done.stderr) == (2, True)


def test_no_source_is_not_a_success(tree: Path) -> None:
    (tree / "empty").mkdir()
    assert run_here(tree, "survey", "empty", "--output", OUTPUT, "--jobs", "1").returncode == 2
    assert not (tree / OUTPUT).exists()


@pytest.mark.parametrize("option", ["--jobs", "--timeout"])
@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_limits_are_whole_numbers_above_0(tree: Path, option: str, value: str) -> None:
    done = run_here(tree, "survey", ".", "--output", OUTPUT, f"{option}={value}")
    assert (done.returncode, b"expected a whole number above 0" in done.stderr) == (2, True)


def test_every_row_is_ascii_json_whatever_the_artifact_is_called(tree: Path) -> None:
    run_here(tree, "survey", ".", "--output", OUTPUT, "--jobs", "1")
    for line in (tree / OUTPUT).read_text("ascii").splitlines():
        assert json.loads(line)["type"] in ("survey", "finding", "artifact")
