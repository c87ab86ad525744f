from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from wheelcheck.cli import main, matrix
from wheelcheck.config import ConfigError, load
from wheelcheck.platforms.arch import ARCHES

if TYPE_CHECKING:
    from pathlib import Path

BOTH = 'architectures = ["x86_64", "arm64"]\npython = ["cp311", "cp310-abi3"]\nsdist = true\n'


def configured(folder: Path, table: str = BOTH) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(f"[tool.wheelcheck]\n{table}")
    return file


def printed(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, object]:
    assert main(["matrix", *map(str, words)]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_each_cpu_is_built_on_its_own_hosted_runner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--config", configured(tmp_path)) == {
        "include": [
            {
                "runner": "ubuntu-latest",
                "architecture": "x86_64",
                "target": "x86_64-unknown-linux-gnu.2.17",
                "rust": "x86_64-unknown-linux-gnu",
                "native": True,
            },
            {
                "runner": "ubuntu-24.04-arm",
                "architecture": "aarch64",
                "target": "aarch64-unknown-linux-gnu.2.17",
                "rust": "aarch64-unknown-linux-gnu",
                "native": True,
            },
        ]
    }


def test_a_cpu_without_a_hosted_runner_is_cross_compiled_and_the_job_says_so(tmp_path: Path) -> None:
    config = load(configured(tmp_path, 'architectures = ["riscv64"]\nglibc = "2.31"\n'))
    assert matrix.jobs(config) == [
        {
            "runner": "ubuntu-latest",
            "architecture": "riscv64",
            "target": "riscv64gc-unknown-linux-gnu.2.31",
            "rust": "riscv64gc-unknown-linux-gnu",
            "native": False,
        }
    ]


@pytest.mark.parametrize("row", [row for row in ARCHES if row.oldest_build], ids=lambda row: row.name)
def test_every_cpu_that_can_be_built_gives_a_job(row: object, tmp_path: Path) -> None:
    name = getattr(row, "name", "")
    (job,) = matrix.jobs(load(configured(tmp_path, f'architectures = ["{name}"]\nglibc = "2.36"\n')))
    assert job["architecture"] == name


@pytest.mark.parametrize(
    "table",
    [
        'architectures = ["x86_64", "ppc64"]\npython = ["cp311"]\n',
        '[[tool.wheelcheck.wheels]]\npython = ["py3-none"]\nplatforms = ["manylinux_2_17_ppc64"]\n',
    ],
)
def test_a_cpu_that_cannot_be_built_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str) -> None:
    assert main(["matrix", "--config", str(configured(tmp_path, table))]) == 2
    assert "ppc64 cannot be built: Rust or zig does not support it; remove it" in capsys.readouterr().err


def test_a_wheel_written_out_names_its_cpu_as_well(tmp_path: Path) -> None:
    table = '[[tool.wheelcheck.wheels]]\npython = ["py3-none"]\nplatforms = ["musllinux_1_2_aarch64", "win_amd64"]\n'
    assert [job["architecture"] for job in matrix.jobs(load(configured(tmp_path, table)))] == ["aarch64"]


def test_the_expected_set_is_what_the_gate_will_ask_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = configured(tmp_path)
    expected = printed(capsys, "--config", file, "--expected")
    assert expected == {
        "wheels": [
            "cp310-abi3-manylinux_2_17_aarch64",
            "cp310-abi3-manylinux_2_17_x86_64",
            "cp311-cp311-manylinux_2_17_aarch64",
            "cp311-cp311-manylinux_2_17_x86_64",
        ],
        "sdist": True,
    }
    assert expected["wheels"] == [str(wheel) for wheel in load(file).wheels]


def test_on_github_both_are_appended_to_the_outputs_one_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "output"
    output.write_text("before=1\n")
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    shown = printed(capsys, "--config", configured(tmp_path), "--github-output")
    before, first, elsewhere, second = output.read_text().splitlines()
    assert before == "before=1"
    assert json.loads(first.removeprefix("matrix=")) == shown
    assert elsewhere == 'elsewhere={"include": []}'
    assert json.loads(second.removeprefix("expected="))["sdist"] is True


def on(platform: str, *pythons: str) -> str:
    return f"[[tool.wheelcheck.wheels]]\npython = {list(pythons)}\nplatforms = ['{platform}']\n"


@pytest.mark.parametrize(
    ("table", "job"),
    {
        on("macosx_11_0_arm64", "cp311", "cp312"): (
            "macos-15", "cp311-macosx_arm64 cp312-macosx_arm64", "arm64", "11.0"
        ),
        on("macosx_10_13_x86_64", "cp311"): ("macos-15-intel", "cp311-macosx_x86_64", "x86_64", "10.13"),
        on("macosx_11_0_universal2", "cp311"): ("macos-15", "cp311-macosx_universal2", "universal2", "11.0"),
        on("win_amd64", "py3-none", "py2-none"): ("windows-2025", "cp313-win_amd64", "AMD64", ""),
        on("win32", "cp313-cp313t"): ("windows-2025", "cp313t-win32", "x86", ""),
        on("win_arm64", "cp311"): ("windows-11-arm", "cp311-win_arm64", "ARM64", ""),
        on("musllinux_1_2_x86_64", "cp311"): ("ubuntu-latest", "cp311-musllinux_x86_64", "x86_64", ""),
        on("musllinux_1_1_aarch64", "cp311"): ("ubuntu-24.04-arm", "cp311-musllinux_aarch64", "aarch64", ""),
    }.items(),
)  # fmt: skip
def test_what_the_builder_does_not_make_has_a_job_of_cibuildwheel(
    tmp_path: Path, table: str, job: tuple[str, ...]
) -> None:
    (made,) = matrix.elsewhere(load(configured(tmp_path, table)))
    assert (made["runner"], made["build"], made["archs"], made["deployment"]) == job
    assert f"'{made['platform']}'" in table


def test_wheels_of_one_platform_are_one_job_and_those_for_glibc_none(tmp_path: Path) -> None:
    tables = (on("win_amd64", "cp311"), on("manylinux_2_17_x86_64", "cp311"), on("win_amd64", "cp312", "cp311-abi3"))
    (made,) = matrix.elsewhere(load(configured(tmp_path, "[tool.x]\n" + "".join(tables))))
    assert made["build"] == "cp311-win_amd64 cp312-win_amd64"


def test_a_platform_without_a_hosted_runner_is_refused(tmp_path: Path) -> None:
    config = load(configured(tmp_path, on("musllinux_1_2_riscv64", "cp311")))
    with pytest.raises(ConfigError, match="musllinux_1_2_riscv64: no hosted runner is known that builds it"):
        matrix.elsewhere(config)


def test_without_the_option_nothing_is_appended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    printed(capsys, "--config", configured(tmp_path))
    assert not (tmp_path / "output").exists()


def test_outside_github_nothing_is_appended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    assert "GITHUB_OUTPUT" not in os.environ
    assert printed(capsys, "--config", configured(tmp_path), "--github-output")["include"]


@pytest.mark.parametrize("table", ["", 'python = ["py3-none"]\n', "sdist = true\n"])
def test_a_release_without_a_cpu_has_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str) -> None:
    assert main(["matrix", "--config", str(configured(tmp_path, table))]) == 2
    assert "tool.wheelcheck names no CPU to build for; add for example architectures =" in capsys.readouterr().err


def test_the_configuration_is_that_of_this_folder_unless_another_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert printed(capsys)["include"]


def test_a_configuration_that_is_missing_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", "--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml: no such file" in capsys.readouterr().err
