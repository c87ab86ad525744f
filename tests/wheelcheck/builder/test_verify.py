from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.commandline import build as main
from tests.support.reference import GUARD, TOOL, rewritten, wheel_of
from wheelcheck.builder import handover
from wheelcheck.builder.run import BuildError

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.builder.pipeline import Build


def test_a_release_is_handed_over_and_held_against_its_record(
    bench: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = bench.settings.project, tmp_path / "there"
    there.mkdir()
    shutil.copy(here / "pyproject.toml", there)
    assert main(["pack", "--project", str(here), str(tmp_path / "p.tar")]) == 0
    assert main(["unpack", "--project", str(there), str(tmp_path / "p.tar")]) == 0
    capsys.readouterr()
    assert main(["match", "--project", str(there)]) == 0
    assert capsys.readouterr().out == f"as staged: {wheel_of(bench).name}\n"


def test_a_wheel_that_is_not_as_staged_is_named(bench: Build) -> None:
    wheel, project = wheel_of(bench), bench.settings.project
    tool, guard = ((bench.stage_folder / "tree" / path).read_bytes() for path in (TOOL, GUARD))
    rewritten(wheel, TOOL, tool, 0o100755)
    assert handover.match(project, {}) == (f"as staged: {wheel.name}",)
    rewritten(wheel, GUARD, guard + b"\0", 0o100644)
    with pytest.raises(BuildError, match=f"{wheel.name}: {GUARD}: the wheel has sha256"):
        handover.match(project, {})


def test_a_wheel_that_no_record_vouches_for_is_named(bench: Build) -> None:
    name = "reference-0.1.0-cp310-abi3-manylinux_2_17_s390x.whl"
    shutil.copy(wheel_of(bench), bench.settings.dist / name)
    with pytest.raises(BuildError, match=f"{name} has no record of a stage beside it"):
        handover.match(bench.settings.project, {})


def test_no_record_vouches_for_nothing(bench: Build) -> None:
    (bench.stage_folder / "record.json").unlink()
    with pytest.raises(BuildError, match=f"{wheel_of(bench).name} has no record of a stage"):
        handover.match(bench.settings.project, {})


def test_a_record_whose_wheel_is_missing_is_an_error(bench: Build) -> None:
    wheel_of(bench).unlink()
    with pytest.raises(BuildError, match="it holds no wheel for manylinux_2_17"):
        handover.match(bench.settings.project, {})


NAMES = ("demo-1.2.tar.gz", "demo-1.2-py3-none-any.whl", "notes.txt")


@pytest.mark.parametrize("tag", ["v1.2", "1.2", "v1.2.0"])
def test_artifacts_of_the_version_that_is_tagged_are_accepted(tag: str) -> None:
    handover.require_tag(NAMES, {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": tag})


def test_a_branch_asks_for_no_version() -> None:
    handover.require_tag(NAMES, {"GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "main"})


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("v1.3", "demo-1.2.tar.gz: its version is 1.2, but the git tag says 1.3"),
        ("nightly", "the git tag: 'nightly' is not a version; tag releases by version, such as v1.2"),
        ("", "the git tag: '' is not a version"),
    ],
)
def test_another_version_than_the_tag_is_named(tag: str, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        handover.require_tag(NAMES, {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": tag})


def test_a_release_is_held_against_the_tag_it_is_made_for(bench: Build) -> None:
    with pytest.raises(BuildError, match=r"its version is 0.1.0, but the git tag says 9.9"):
        handover.match(bench.settings.project, {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v9.9"})
