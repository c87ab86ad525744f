from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.commandline import build as main
from tests.support.reference import GUARD, TOOL, rewritten, wheel_of
from wheelcheck.builder import handover
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.verify import require_tag, verify

if TYPE_CHECKING:
    from pathlib import Path


def test_a_release_is_handed_over_and_compared_with_its_record(
    build: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = build.settings.project, tmp_path / "there"
    shutil.copytree(here, there, ignore=shutil.ignore_patterns("build", "dist"))
    assert main(["pack", "--project", str(here), str(tmp_path / "p.tar")]) == 0
    assert main(["unpack", "--project", str(there), str(tmp_path / "p.tar")]) == 0
    capsys.readouterr()
    assert main(["verify", "--project", str(there)]) == 0
    assert capsys.readouterr().out == f"as staged: {wheel_of(build).name}\n"


def test_a_wheel_that_is_not_as_staged_is_named(build: Build) -> None:
    wheel, project = wheel_of(build), build.settings.project
    tool, guard = ((build.stage_folder / "tree" / path).read_bytes() for path in (TOOL, GUARD))
    rewritten(wheel, TOOL, tool, 0o100755)
    assert verify(project, {}) == (f"as staged: {wheel.name}",)
    rewritten(wheel, GUARD, guard + b"\0", 0o100644)
    with pytest.raises(BuildError, match=f"{wheel.name}: {GUARD}: the wheel has sha256"):
        verify(project, {})


def test_a_wheel_without_a_record_is_named(build: Build) -> None:
    name = "reference-0.1.0-cp310-abi3-manylinux_2_17_s390x.whl"
    shutil.copy(wheel_of(build), build.settings.dist / name)
    with pytest.raises(BuildError, match=f"{name} has no manifest of a stage beside it"):
        verify(build.settings.project, {})


def test_wheels_without_any_record_are_an_error(build: Build) -> None:
    (build.stage_folder / "manifest.json").unlink()
    with pytest.raises(BuildError, match=f"{wheel_of(build).name} has no manifest of a stage"):
        verify(build.settings.project, {})


def test_a_record_whose_wheel_is_missing_is_an_error(build: Build) -> None:
    wheel_of(build).unlink()
    with pytest.raises(BuildError, match="it holds no wheel for manylinux"):
        verify(build.settings.project, {})


def forged(build: Build, name: str, **target: str) -> None:
    """Copy the stage under another folder name, with a record of other bytes and perhaps of another target."""
    folder = build.stage_folder.with_name(name)
    shutil.copytree(build.stage_folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    files = [{**file, "sha256": "0" * 64} for file in manifest["files"]]
    (folder / "manifest.json").write_text(json.dumps({**manifest, **target, "files": files}))


def test_the_record_of_an_older_floor_says_nothing_about_todays_wheels(build: Build) -> None:
    older = build.target.zigbuild.replace(".2.17", ".2.28")
    forged(build, older, target=older, floor="2.28")
    assert verify(build.settings.project, {}) == (f"as staged: {wheel_of(build).name}",)


@pytest.mark.parametrize("leftover", [".old", ".new"])
def test_what_a_swap_left_behind_says_nothing_about_todays_wheels(build: Build, leftover: str) -> None:
    forged(build, f"{build.target.zigbuild}{leftover}")
    assert verify(build.settings.project, {}) == (f"as staged: {wheel_of(build).name}",)


def test_a_stage_of_an_earlier_floor_and_remains_of_an_interrupted_build_are_ignored(build: Build) -> None:
    project, file = build.settings.project, build.settings.project / "pyproject.toml"
    file.write_text(file.read_text().replace('glibc = "2.17"', 'glibc = "2.28"'))
    later = Build.of(project)
    later.build()
    later.sdist()
    (wheel,) = later.wheels()
    shutil.copytree(later.stage_folder, later.stage_folder.with_name(f"{later.stage_folder.name}.old"))
    (later.stage_folder.with_name(f"{later.stage_folder.name}.new")).mkdir()
    assert build.stage_folder.exists()
    assert verify(project, {}) == (f"as staged: {wheel.name}",)


def test_a_wheel_of_an_earlier_floor_than_the_configuration_asks_for_is_refused(build: Build) -> None:
    file = build.settings.project / "pyproject.toml"
    file.write_text(file.read_text().replace('glibc = "2.17"', 'glibc = "2.28"'))
    with pytest.raises(BuildError, match="has no manifest of a stage beside it"):
        verify(build.settings.project, {})


def test_a_checkout_of_other_sources_than_were_built_is_refused_on_any_machine(build: Build, tmp_path: Path) -> None:
    there = tmp_path / "there"
    shutil.copytree(build.settings.project, there)
    (there / "rust" / "not-on-the-other-machine.txt").touch()
    assert len(verify(there, {})) == 1
    main_rs = there / "rust" / "tally" / "src" / "main.rs"
    main_rs.write_text(f"{main_rs.read_text()}// changed\n")
    with pytest.raises(BuildError, match=r"binaries are stale: rust/tally/src/main.rs has changed"):
        verify(there, {})


NAMES = ("demo-1.2.tar.gz", "demo-1.2-py3-none-any.whl", "notes.txt")


@pytest.mark.parametrize(
    "tag", ["v1.2", "1.2", "v1.2.0", "py-v1.2", "version-1.2", "demo-1.2", "demo@1.2", "a/b/v1.2", "py3-bindings-1.2"]
)
def test_artifacts_of_the_version_that_is_tagged_are_accepted(tag: str) -> None:
    require_tag(NAMES, {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": tag})


def test_a_branch_requires_no_version() -> None:
    require_tag(NAMES, {"GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "main"})


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("v1.3", "demo-1.2.tar.gz: its version is 1.2, but the git tag says 1.3"),
        ("py-v1.3", "demo-1.2.tar.gz: its version is 1.2, but the git tag says 1.3"),
        ("v1.2-rc1", "demo-1.2.tar.gz: its version is 1.2, but the git tag says 1.2rc1"),
        ("nightly", "the git tag: 'nightly' names no version; tag releases by version, such as v1.2"),
        ("nightly-x1.2", "the git tag: 'nightly-x1.2' names no version"),
        ("", "the git tag: '' names no version"),
    ],
)
def test_an_artifact_of_another_version_than_the_tag_is_named(tag: str, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        require_tag(NAMES, {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": tag})


def test_a_release_is_compared_with_the_tag_it_is_made_for(build: Build) -> None:
    with pytest.raises(BuildError, match=r"its version is 0.1.0, but the git tag says 9.9"):
        verify(build.settings.project, {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v9.9"})


MACOS = "reference-0.1.0-cp310-abi3-macosx_11_0_arm64.whl"


@pytest.fixture
def for_macos(build: Build, tmp_path: Path) -> Path:
    """A bundle of another machine with a wheel for macOS, which is in the dist folder of the project, too."""
    here = build.settings.dist
    there = tmp_path / "there"
    (there / "dist").mkdir(parents=True)
    shutil.copy(wheel_of(build), there / "dist" / MACOS)
    handover.pack(there, tmp_path / "macos.tar")
    shutil.copy(there / "dist" / MACOS, here)
    return tmp_path / "macos.tar"


def test_a_wheel_for_a_system_that_nothing_is_staged_for_is_held_to_the_hash_it_was_packed_with(
    build: Build, for_macos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = build.settings.project
    assert main(["verify", "--project", str(project), str(for_macos)]) == 0
    assert capsys.readouterr().out == f"as staged: {wheel_of(build).name}\nas packed: {MACOS}\n"
    guard = (build.stage_folder / "tree" / GUARD).read_bytes()
    rewritten(build.settings.dist / MACOS, GUARD, guard + b"\0", 0o100644)
    with pytest.raises(BuildError, match=f"{MACOS} has no manifest of a stage"):
        verify(project, {}, for_macos)


def test_without_its_bundle_a_wheel_for_another_system_is_refused(build: Build, for_macos: Path) -> None:
    assert for_macos.is_file()
    with pytest.raises(BuildError, match=f"{MACOS} has no manifest of a stage"):
        verify(build.settings.project, {})


def test_a_bundle_says_nothing_about_a_wheel_that_is_staged(build: Build, tmp_path: Path) -> None:
    handover.pack(build.settings.project, tmp_path / "linux.tar")
    (build.stage_folder / "manifest.json").unlink()
    with pytest.raises(BuildError, match=f"{wheel_of(build).name} has no manifest of a stage"):
        verify(build.settings.project, {}, tmp_path / "linux.tar")
