from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import AARCH64, X86_64, a_wheel
from tests.support.commandline import run_here
from tests.support.native_files import library

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder dist/ with a wheel for aarch64 that holds x86_64 code (WC301) and loses a RECORD row (WC210)."""
    folder = tmp_path / "dist"
    folder.mkdir()
    a_wheel(AARCH64, library("x86_64"), record=lambda rows: rows[1:]).write(folder)
    return folder


def codes(folder: Path, *words: str | Path) -> tuple[int, set[str]]:
    """Return the exit code of a check and the codes of its errors."""
    done = run_here(folder, "check", *words, "--format", "json")
    found = json.loads(done.stdout)["findings"]
    return done.returncode, {each["code"] for each in found if each["severity"] == "error"}


def test_without_a_path_it_is_dist(dist: Path) -> None:
    assert codes(dist.parent) == codes(dist.parent, "dist")
    assert codes(dist.parent)[0] == 1


def test_folders_below_a_folder_are_searched_but_hidden_and_linked_ones_are_not(tmp_path: Path) -> None:
    for place in ("dist/linux/arm", "dist/.cache", "elsewhere"):
        (tmp_path / place).mkdir(parents=True)
        a_wheel(X86_64, library("x86_64"), project=place.strip(".").replace("/", "_")).write(tmp_path / place)
    (tmp_path / "dist" / "linux" / "notes.txt").touch()
    (tmp_path / "dist" / "link").symlink_to(tmp_path / "elsewhere")
    done = run_here(tmp_path, "check", "--format", "json")
    assert [each["file"] for each in json.loads(done.stdout)["artifacts"]] == [f"dist_linux_arm-1.0-{X86_64}.whl"]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), {"WC301", "WC210"}),
        (("--select", "WC3"), {"WC301"}),
        (("--select", "wc301,WC210"), {"WC301", "WC210"}),
        (("--select", "WC2", "--select", "WC301"), {"WC301", "WC210"}),
        (("--ignore", "WC301"), {"WC210"}),
        (("--select", "WC2,WC3", "--ignore", "WC30"), {"WC210"}),
    ],
)
def test_selected_rules_run_and_no_others(dist: Path, words: tuple[str, ...], found: set[str]) -> None:
    assert codes(dist.parent, *words) == (1, found)


def test_a_selection_that_has_nothing_to_judge_does_not_pass(dist: Path) -> None:
    done = run_here(dist.parent, "check", "--select", "WC6")
    assert done.returncode == 2
    assert b"none of the selected rules had anything to judge" in done.stdout


def test_a_selection_says_what_it_left_out_and_calls_no_entry_stale(dist: Path) -> None:
    (dist.parent / "wheelcheck.toml").write_text('[[ignore]]\ncode = "WC301"\nreason = "for the device"\n')
    done = run_here(dist.parent, "check", "--select", "WC210,WC801", "-v")
    assert b"it is not selected" in done.stdout
    assert b"WC801  " not in done.stdout


def test_exit_zero_is_for_errors_and_not_for_what_was_not_verified(dist: Path) -> None:
    assert run_here(dist.parent, "check", "--exit-zero").returncode == 0
    assert run_here(dist.parent, "check", "--exit-zero", "nowhere").returncode == 2


def test_statistics_count_the_findings_of_each_rule(dist: Path) -> None:
    lines = run_here(dist.parent, "check", "--statistics").stdout.decode().splitlines()
    assert [line.split()[:3] for line in lines[-2:]] == [["1", "error", "WC210"], ["1", "error", "WC301"]]


def test_quiet_prints_no_annotations_on_github(dist: Path) -> None:
    loud = run_here(dist.parent, "check", GITHUB_ACTIONS="true").stdout
    quiet = run_here(dist.parent, "check", "-q", GITHUB_ACTIONS="true").stdout
    assert (loud.count(b"::error"), quiet.count(b"::error")) == (2, 0)


@pytest.mark.parametrize(("color", "coloured"), [("always", True), ("never", False), ("auto", False)])
def test_colours_are_as_they_are_asked_for(dist: Path, color: str, *, coloured: bool) -> None:
    done = run_here(dist.parent, "check", "--color", color, NO_COLOR="", FORCE_COLOR="")
    assert (b"\x1b[" in done.stdout) is coloured


@pytest.mark.parametrize(("option", "value"), [("--architecture", "x86_64"), ("--interpreter", "cp311")])
def test_narrowing_a_promised_set_that_is_empty_says_that_it_does_nothing(
    tmp_path: Path, option: str, value: str
) -> None:
    a_wheel(X86_64, library("x86_64")).write(tmp_path)
    done = run_here(tmp_path, "check", ".", option, value)
    assert f"{option} has no effect".encode() in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--platform", "win_amd64"), "--platform has no effect: no lock file"),
        (("--platform", "win_amd64", "--python", "3.12"), "--platform and --python have no effect: no lock file"),
    ],
)
def test_what_is_about_lock_files_says_that_it_does_nothing_without_one(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    a_wheel(X86_64, library("x86_64")).write(tmp_path)
    done = run_here(tmp_path, "check", ".", *options)
    assert said in done.stderr.decode()
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--interpreter", "py99", "'py99' is the tag of no Python"),
        ("--architecture", "vax", "unknown architecture 'vax'"),
        ("--platform", "vax", "'vax' is no platform tag"),
        ("--python", "99", "'99' is no version of Python"),
        *(
            (option, "", f"{option}: found nothing, expected a value")
            for option in ("--interpreter", "--architecture", "--platform", "--python", "--evidence", "--fix-to")
        ),
        ("--requirement", "", "--requirement: found nothing, expected a value"),
    ],
)
def test_a_senseless_value_is_refused_where_nothing_asks_for_it(
    tmp_path: Path, option: str, value: str, said: str
) -> None:
    a_wheel(X86_64, library("x86_64")).write(tmp_path)
    done = run_here(tmp_path, "check", ".", option, value)
    assert said in done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize("words", [("check", "--no-such"), ("chek",), ("explain", "WC9"), ("check", "nowhere.whl")])
def test_a_mistake_is_told_in_three_lines_at_most(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run_here(tmp_path, *words)
    assert done.returncode == 2
    assert 1 <= len((done.stdout + done.stderr).splitlines()) <= 3
