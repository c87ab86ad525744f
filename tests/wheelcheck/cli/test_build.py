from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wheelcheck.cli
from tests.support.crates import HATCH, probe
from tests.support.cross import OTHER, lacking, machine_for_other, rustc_for_other
from wheelcheck.builder.toolchain import choose, host
from wheelcheck.cli import main as check
from wheelcheck.cli.build import main
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from wheelcheck.builder.pipeline import Build


def test_each_stage_says_what_it_made(bench: Build, capsys: pytest.CaptureFixture[str]) -> None:
    project = bench.settings.project
    shutil.rmtree(bench.settings.dist)
    assert main(["all", "--project", str(project)]) == 0
    stage, dist = bench.stage_folder / "tree" / "reference", bench.settings.dist
    assert capsys.readouterr().out.splitlines() == [
        str(stage / "bin" / "tally"),
        str(stage / "bin" / "tracer"),
        str(stage / "lib" / "libpreload.so"),
        str(stage / "lib" / "libguard.so"),
        str(stage / "bpf" / "opens.bpf.o"),
        str(dist / "reference-0.1.0.tar.gz"),
        str(dist / f"reference-0.1.0-cp310-abi3-{bench.target.platform_tag}.whl"),
        "smoke test: 12 passed, 0 skipped",
    ]


def test_a_failed_stage_exits_with_1_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--project", str(probe(tmp_path / "p", main="fn main() { broken }"))]) == 1
    said = capsys.readouterr().err
    assert "cannot find value `broken`" in said
    assert "error: cargo zigbuild" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--project", "/nonexistent"], "cannot be read"), (["--arch", "vax"], "unknown architecture 'vax'")],
)
def test_a_wrong_configuration_or_call_exits_with_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", *words]) == 2
    assert message in capsys.readouterr().err


BOTH = """
[tool.wheelcheck.build]
keep-environment = ["RUSTC"]
[tool.wheelcheck.smoke]
commands = [{ run = ["probe"], expect = "^probed$" }]
"""


def for_all(folder: Path, *architectures: str) -> Path:
    """Write a project of hatchling's for these CPUs, that may choose its compiler."""
    project = probe(folder, main='fn main() { println!("probed") }', more=f"{HATCH}{BOTH}")
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace('["x86_64"]', repr(list(architectures))))
    (project / "probe").mkdir()
    (project / "probe" / "__init__.py").touch()
    return project


def test_arch_all_builds_every_configured_cpu_and_the_release_passes_the_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUSTC", rustc_for_other() or lacking(f"no Rust std for {OTHER.name}"))
    machine_for_other({})
    project = for_all(tmp_path / "probe", host().name, OTHER.name)
    assert main(["all", "--project", str(project), "--arch", "all"]) == 0
    made = sorted(file.name for file in (project / "dist").iterdir())
    tags = sorted(choose(row, (2, 17)).platform_tag for row in (host(), OTHER))
    assert made == [*(f"probe-1.0-py3-none-{tag}.whl" for tag in tags), "probe-1.0.tar.gz"]
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == "smoke test: 4 passed, 0 skipped"
    assert f"{OTHER.name} under qemu-user" in said.err
    assert check(["check", str(project / "dist"), "--config", str(project / "pyproject.toml")]) == 0


def test_a_configured_cpu_without_std_stops_arch_all_before_anything_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = for_all(tmp_path / "probe", host().name, "s390x")
    assert main(["build", "--project", str(project), "--arch", "all"]) == 1
    assert "rustup target add s390x-unknown-linux-gnu" in capsys.readouterr().err
    assert not (project / "build").exists()


def test_passing_over_a_cpu_is_said_and_is_refused_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["build", "--project", str(for_all(tmp_path / "probe", host().name, "s390x")), "--arch", "all"]
    monkeypatch.setenv("CI", "true")
    assert main([*words, "--allow-missing"]) == 2
    monkeypatch.delenv("CI")
    assert main([*words, "--allow-missing"]) == 0
    said = capsys.readouterr()
    assert "skip: s390x: Rust for s390x-unknown-linux-gnu" in said.err
    assert [Path(line).name for line in said.out.splitlines()] == ["probe"]


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_an_emulated_cpu_on_which_nothing_could_run_is_skipped_by_hand_and_fails_in_ci(
    built: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, status: int
) -> None:
    project = Path(shutil.copytree(built.settings.project, tmp_path / "reference", symlinks=True))
    file = project / "pyproject.toml"
    text = re.sub("architectures = .*", f'architectures = ["{host().name}", "armv6l"]', file.read_text())
    file.write_text(text)
    tag = choose(find("armv6l"), (2, 17)).platform_tag
    (project / "dist" / f"reference-0.1.0-cp310-abi3-{tag}.whl").touch()
    monkeypatch.setenv("CI", ci)
    assert main(["smoke", "--project", str(project), "--arch", "all"]) == status


def test_build_is_a_command_of_wheelcheck(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert wheelcheck.cli.main(["build", "wheels", "--project", str(tmp_path)]) == 2
    assert "pyproject.toml" in capsys.readouterr().err
