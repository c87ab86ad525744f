from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.commandline import build as main
from tests.support.commandline import command, environment, run
from tests.support.crates import HATCH, probe
from tests.support.cross import OTHER, lacking, machine_for_other, rustc_for_other
from wheelcheck.builder.toolchain import choose, host
from wheelcheck.cli import main as check
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from wheelcheck.builder.pipeline import Build


def test_each_step_says_what_it_made(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    project = build.settings.project
    shutil.rmtree(build.settings.dist)
    assert main(["all", "--project", str(project)]) == 0
    stage, dist = build.stage_folder / "tree" / "reference", build.settings.dist
    assert capsys.readouterr().out.splitlines() == [
        str(stage / "bin" / "tally"),
        str(stage / "bin" / "tracer"),
        str(stage / "bin" / "packets"),
        str(stage / "lib" / "libpreload.so"),
        str(stage / "lib" / "libguard.so"),
        str(stage / "bpf" / "opens.bpf.o"),
        str(stage / "bpf" / "calls.bpf.o"),
        str(stage / "bpf" / "packets.bpf.o"),
        str(dist / "reference-0.1.0.tar.gz"),
        str(dist / f"reference-0.1.0-cp310-abi3-{build.target.platform_tag}.whl"),
        "smoke test: 15 passed, 0 skipped",
    ]


def test_a_failed_step_exits_with_1_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--project", str(probe(tmp_path / "p", main="fn main() { broken }"))]) == 1
    said = capsys.readouterr().err
    assert "cannot find value `broken`" in said
    assert "wheelcheck: cargo zigbuild" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--project", "/nonexistent"], "no such file"), (["--arch", "vax"], "unknown architecture 'vax'")],
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


@pytest.mark.network
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


def test_skipping_a_cpu_is_logged_and_is_refused_in_ci(
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
def test_an_emulated_cpu_on_which_nothing_could_run_is_skipped_outside_ci_and_fails_in_ci(
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


STEPS = ("build", "sdist", "wheels", "smoke", "roundtrip", "reproduce", "all", "adopt", "cibuildwheel", "verify")


def test_the_help_lists_every_step_and_no_check_beside_that_of_the_gate(tmp_path: Path) -> None:
    done = run(tmp_path, "build", "--help")
    listed = re.findall(r"^    (\w+)\s", done.stdout.decode(), re.MULTILINE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(listed) == sorted([*STEPS, "pack", "unpack"])
    assert run(tmp_path, "build", "check").returncode == 2


@pytest.mark.parametrize("step", [step for step in STEPS if step != "verify"])
def test_without_the_extra_a_step_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    monkeypatch.setattr("sys.path", [path for path in sys.path if "site-packages" not in path])
    words = [step, "messages"] if step == "adopt" else [step]
    assert main([*words, "--project", str(tmp_path)]) == 2
    said = "wheelcheck: build and ziglang not installed in this Python: pip install 'wheelcheck[build]'\n"
    assert capsys.readouterr() == ("", said)


def test_packing_and_unpacking_need_no_package_of_the_extra(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "a").touch()
    script = "import sys; sys.modules |= dict.fromkeys(('build', 'ziglang', 'packageurl')); from wheelcheck import cli"
    for words in (["pack", "all.tar", "dist/*"], ["unpack", "all.tar"]):
        done = subprocess.run(
            [sys.executable, "-c", f"{script}; sys.exit(cli.main(sys.argv[1:]))", "build", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "dist/a\n", "")


def test_a_folder_called_build_is_not_the_package_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "build").mkdir()
    monkeypatch.setattr("sys.path", [str(tmp_path), *(path for path in sys.path if "site-packages" not in path)])
    assert main(["sdist", "--project", str(tmp_path)]) == 2
    assert "pip install 'wheelcheck[build]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pack", "file/bundle.tar", "*"], "wheelcheck: cannot go on: [Errno "),
        (["unpack", "file"], "wheelcheck: "),
    ],
)
def test_an_operating_system_error_is_not_a_failed_build(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path, "build", *words)
    assert done.returncode == (2 if words[0] == "pack" else 1)
    assert done.stderr.decode().startswith(said)
    assert b"Traceback" not in done.stderr


def test_a_bug_in_a_step_is_2_and_not_the_1_of_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wheelcheck.builder.handover.pack", None)
    assert main(["pack", "--project", str(tmp_path), str(tmp_path / "p.tar")]) == 2
    assert "wheelcheck: internal error, nothing is verified\n" in capsys.readouterr().err


def test_a_reader_who_leaves_does_not_stop_the_build(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "a").touch()
    reading, writing = os.pipe()
    os.close(reading)
    words = command("build", "pack", "bundle.tar", "dist/*")
    done = subprocess.run(
        words, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, check=False, env=environment(PYTHONUNBUFFERED="1")
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "bundle.tar").is_file()


def test_a_password_that_a_build_script_prints_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = 'fn main() { eprintln!("Looking in http://ci:s3cr3t@127.0.0.1/simple/"); std::process::exit(1) }'
    assert main(["build", "--project", str(probe(tmp_path / "p", script=script))]) == 1
    said = capsys.readouterr()
    assert "Looking in http://127.0.0.1/simple/" in said.err
    assert "s3cr3t" not in said.err + said.out
