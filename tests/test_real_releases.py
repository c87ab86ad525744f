"""Published releases: the faults of broken ones are found, and sound ones pass.

About 230 MB are fetched once into the cache. A file that cannot be obtained fails its tests; none is skipped.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.support.published import obtain
from wheelcheck import cli, config
from wheelcheck.engine import examine
from wheelcheck.facts import Release
from wheelcheck.rules.catalogue import find

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.results import Report

pytestmark = pytest.mark.network

PYTHONS = ("cp310", "cp311", "cp312", "cp313")
PLATFORMS = ("macosx_10_12_x86_64", "macosx_11_0_arm64", "manylinux_2_34_aarch64", "manylinux_2_34_x86_64")
WHEELS = tuple(f"{python}-{python}-{platform}" for python in PYTHONS for platform in PLATFORMS)
ROAR = ("roar_cli-0.3.0.tar.gz", *(f"roar_cli-0.3.0-{tags}.whl" for tags in WHEELS))
PROMISE = f"""
[tool.wheelcheck]
sdist = true

[[tool.wheelcheck.wheels]]
python = {list(PYTHONS)}
platforms = {list(PLATFORMS)}
"""
ROAR_PROGRAMS = (
    "libroar_tracer_preload.so",
    "roar-proxy",
    "roar-tracer",
    "roar-tracer-ebpf",
    "roar-tracer-preload",
    "roard",
)
SANDLOCK = ("sandlock-0.9.0.tar.gz", "sandlock-0.9.0-cp310-cp310-manylinux_2_28_x86_64.whl")

BROKEN = {
    "roar_cli-0.2.10.tar.gz": {("WC601", f"roar_cli-0.2.10/roar/bin/{name}") for name in ROAR_PROGRAMS},
    "roar_cli-0.2.11.tar.gz": {("WC601", f"roar_cli-0.2.11/roar/bin/{name}") for name in ROAR_PROGRAMS},
    "swig-4.1.1-py2.py3-none-macosx_11_0_arm64.whl": {("WC301", "swig/data/bin/swig")},
    "capstone-5.0.0.post1-py3-none-macosx_10_9_universal2.whl": {
        ("WC307", "capstone/lib/libcapstone.dylib"),
        ("WC501", "capstone/lib/libcapstone.dylib"),
    },
    "microsandbox-0.6.10-cp310-abi3-manylinux_2_28_x86_64.whl": {
        ("WC302", "microsandbox/_bundled/bin/msb"),
        ("WC401", "microsandbox/_bundled/bin/msb"),
    },
    "rustyaml-0.1.1-cp37-cp37m-manylinux2014_x86_64.whl": {("WC245", "rustyaml/__init__.py"), ("WC304", "")},
}
SOUND = (
    "ninja-1.13.2-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
    "ninja-1.13.2-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
    "ruff-0.17.5-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "uv-0.13.8-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
    SANDLOCK[1],
)


@pytest.fixture
def promise(tmp_path: Path) -> Path:
    path = tmp_path / "promise.toml"
    path.write_text(PROMISE, "utf-8")
    return path


@cache
def roar() -> Report:
    """The seventeen files of roar_cli 0.3.0, read once."""
    return examine(obtain(*ROAR))


@pytest.mark.parametrize("name", BROKEN)
def test_only_the_faults_of_a_published_release_are_found(name: str) -> None:
    report = examine(obtain(name))
    assert report.verdict == "fail"
    assert {(hit.code, hit.path) for hit in report.findings if hit.severity == "error"} == BROKEN[name]


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_release_passes(name: str) -> None:
    report = examine(obtain(name))
    assert (report.verdict, report.count("error")) == ("pass", 0)
    assert any(artifact.natives for artifact in report.artifacts)


def test_an_sdist_without_source_beside_native_wheels_is_an_error_that_names_the_manifest_outside_it() -> None:
    report = examine(obtain(*SANDLOCK))
    errors = {(hit.code, hit.artifact, hit.path) for hit in report.findings if hit.severity == "error"}
    assert errors == {("WC602", SANDLOCK[0], ""), ("WC603", SANDLOCK[0], "sandlock-0.9.0/setup.py")}
    assert any("'../crates/sandlock-ffi/Cargo.toml' leaves the sdist" in hit.message for hit in report.findings)


def test_the_sixteen_wheels_of_a_whole_release_have_no_error_and_are_the_expected_set(promise: Path) -> None:
    report = examine(obtain(*ROAR), config.load(promise))
    assert len(report.artifacts) == len(ROAR) == 17
    assert [hit for hit in report.findings if hit.severity == "error" and hit.artifact.endswith(".whl")] == []
    assert [hit for hit in report.findings if hit.code.startswith(("WC3", "WC70"))] == []
    assert {"WC301", "WC302", "WC701", "WC702", "WC703", "WC704", "WC705"} <= set(report.rules)


@pytest.mark.parametrize("tags", WHEELS)
def test_the_one_wheel_that_is_missing_from_a_release_is_named(tags: str, promise: Path) -> None:
    artifacts = roar().artifacts
    wheels = tuple(item for item in artifacts if item.file.endswith(".whl") and tags not in item.file)
    sdists = tuple(item for item in artifacts if item.file.endswith(".tar.gz"))
    release = Release(wheels, sdists, config.load(promise))  # type: ignore[arg-type]  # their names tell which are which
    rule = find("WC701")
    assert rule is not None
    python, abi, platform = tags.split("-")
    (message,) = (hit.message for hit in rule.judge(release))
    assert message.startswith(f"missing: a {python}-{abi} wheel for {platform}, which the configuration declares")


def test_the_command_line_names_a_missing_wheel_of_a_real_release(
    promise: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *paths, _ = obtain(*(name for name in ROAR if "macosx" not in name))
    cut = promise.read_text("utf-8").replace(str(list(PLATFORMS)), str(list(PLATFORMS[2:])))
    promise.write_text(cut, "utf-8")
    assert cli.main(["check", "--format", "json", "--config", str(promise), *map(str, paths)]) == 1
    said = capsys.readouterr().out
    assert said.count("missing: a ") == 1
    assert "missing: a cp313-cp313 wheel for manylinux_2_34_x86_64" in said


def test_a_file_that_cannot_be_obtained_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WHEELCHECK_CACHE", str(tmp_path))
    with pytest.raises(Exception, match=r"roar_cli-0\.0\.0\.tar\.gz: "):
        obtain("roar_cli-0.0.0.tar.gz")
