from __future__ import annotations

import platform
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.crates import probe
from tests.support.reference import REFERENCE
from wheelcheck.builder import toolchain
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from pathlib import Path

HATCH = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "probe"
version = "1.0"
[tool.hatch.build.targets.wheel]
packages = ["probe"]
[tool.wheelcheck.smoke]
commands = [{ run = ["probe"], expect = "^probed$" }]
"""


def test_the_target_is_the_hosts_unless_another_is_named() -> None:
    assert Build.of(REFERENCE).target.arch == find(platform.machine())
    assert Build.of(REFERENCE, find("arm64")).target.zigbuild == "aarch64-unknown-linux-gnu.2.17"


def test_an_impossible_floor_stops_before_anything_is_built(build: Build) -> None:
    file = build.settings.project / "pyproject.toml"
    file.write_text(file.read_text().replace('glibc = "2.17"', 'glibc = "2.99"'))
    with pytest.raises(BuildError, match=r"tool.wheelcheck.glibc: x86_64 cannot be built for glibc 2.99"):
        Build.of(build.settings.project)


def test_a_changed_source_makes_the_stage_stale_and_no_wheel_is_built_from_it(build: Build) -> None:
    main = build.settings.workspace / "tally" / "src" / "main.rs"
    main.write_text(f"{main.read_text()}// changed\n")
    with pytest.raises(BuildError, match=r"the binaries are stale: .*; run"):
        build.wheels()


def test_an_sdist_of_other_sources_is_not_made_into_a_wheel(build: Build) -> None:
    main = build.settings.workspace / "tally" / "src" / "main.rs"
    main.write_text(f"{main.read_text()}// changed\n")
    build.build()
    with pytest.raises(BuildError, match=r"missing or different: tally/src/main.rs"):
        build.wheels()


def test_building_twice_gives_the_same_stage_and_the_same_names(build: Build) -> None:
    before, names = build.staged(), {file.name for file in build.settings.dist.iterdir()}
    assert build.build() == before
    again = {build.sdist().name, *(wheel.name for wheel in build.wheels())}
    assert again == names == {file.name for file in build.settings.dist.iterdir()}


def test_the_installed_reference_wheel_passes_its_smoke_run(built: Build) -> None:
    lines: list[str] = []
    tests = (*built.settings.release.payload, *built.settings.commands)
    assert len(replace(built, log=lines.append).smoke()) == len(tests)
    assert "pass: run tally -- true" in lines


def test_a_wheel_that_cannot_run_here_is_skipped_and_a_run_of_only_skips_fails(build: Build) -> None:
    other = "s390x" if toolchain.host().name != "s390x" else "x86_64"
    target = toolchain.choose(find(other), (2, 17))
    (build.settings.dist / f"reference-0.1.0-cp310-abi3-{target.platform_tag}.whl").touch()
    with pytest.raises(BuildError, match=f"no command was executed .skip: reference-.*{other}"):
        replace(build, target=target).smoke()


@pytest.mark.network
def test_a_pure_project_of_another_backend_becomes_a_platform_wheel(tmp_path: Path) -> None:
    project = probe(tmp_path / "probe", main='fn main() { println!("probed") }', more=HATCH)
    (project / "probe").mkdir()
    (project / "probe" / "__init__.py").touch()
    build = Build.of(project)
    build.build()
    build.sdist()
    (wheel,) = build.wheels()
    assert wheel.name == f"probe-1.0-py3-none-{build.target.platform_tag}.whl"
    assert [str(result) for result in build.smoke()] == ["pass: payload probe/bin/probe", "pass: run probe"]


@pytest.mark.network
def test_a_project_without_payload_needs_no_cargo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "probe").mkdir()
    (tmp_path / "probe" / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text(f"{HATCH}[tool.wheelcheck]\npython = ['py3-none']\n")
    monkeypatch.setenv("PATH", "/nonexistent")
    build = Build.of(tmp_path)
    assert build.sdist().name == "probe-1.0.tar.gz"
    assert build.build().manifest.files == ()
    assert build.staged().manifest.files == ()
