from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.reference import REFERENCE
from wheelcheck.builder import dist, install, smoke
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.smoke import Result
from wheelcheck.builder.toolchain import host
from wheelcheck.config import Config, Payload
from wheelcheck.config.builder import SmokeCommand, load

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.builder.install import Installation
    from wheelcheck.builder.pipeline import Build

PASSED = Result("run tool", "pass")


@pytest.fixture(scope="module")
def installed(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The reference wheel in a fresh virtual environment, under an environment that tries to let the checkout win."""
    base = {**os.environ, "PYTHONPATH": str(REFERENCE / "src")}
    wheel = dist.wheels(built.settings.dist, built.target)[0]
    return install.install(wheel, install.of(host(), {}), tmp_path_factory.mktemp("smoke"), base, print)


def attempt(
    installed: Installation, folder: Path, *commands: SmokeCommand, payload: tuple[Payload, ...] = ()
) -> list[str]:
    settings = replace(load(REFERENCE), commands=commands, release=Config(payload=payload))
    return [str(result) for result in smoke.run_tests(settings, installed, folder)]


def test_every_smoke_test_of_the_reference_project_passes(installed: Installation, tmp_path: Path) -> None:
    settings = load(REFERENCE)
    results = smoke.run_tests(settings, installed, tmp_path)
    tests = (*settings.release.payload, *settings.commands)
    assert [result.verdict for result in results] == ["pass"] * len(tests)
    smoke.require_executed(results)


def test_python_imports_the_installed_package_whatever_the_working_folder_holds(
    installed: Installation, tmp_path: Path
) -> None:
    (tmp_path / "reference.py").write_text("raise RuntimeError('the working folder won')\n")
    command = SmokeCommand(
        ("python", "-c", "import reference; print(reference.__file__)"), "site-packages/reference/__init__"
    )
    assert attempt(installed, tmp_path, command) == [f"pass: run {' '.join(command.run)}"]


@pytest.mark.parametrize(
    ("command", "result"),
    [
        (SmokeCommand(("tally", "--", "true"), "exit_status"), "pass: run tally -- true"),
        (SmokeCommand(("tally", "--", "false"), "exit_status", 1), "pass: run tally -- false"),
        (
            SmokeCommand(("tally", "--", "false"), "exit_status"),
            "fail: run tally -- false: exit status 1, expected 0: {",
        ),
        (SmokeCommand(("tally", "--", "true"), "^usage"), "fail: run tally -- true: printed '{"),
        (SmokeCommand(("ls",), "."), "fail: run ls: the installed wheel contains no ls"),
    ],
)
def test_status_and_content_of_an_installed_program_are_judged(
    installed: Installation, tmp_path: Path, command: SmokeCommand, result: str
) -> None:
    assert attempt(installed, tmp_path, command)[0].startswith(result)


def test_a_program_that_hangs_is_a_failure_that_names_it(
    installed: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHEELCHECK_TIMEOUT", "1")
    command = SmokeCommand(("python", "-c", "import time; time.sleep(300)"), ".")
    (said,) = attempt(installed, tmp_path, command)
    assert said.startswith("fail: run python -c import time; time.sleep(300): ")
    assert "it did not end within 1 seconds" in said


def test_an_executable_without_a_script_of_its_name_is_run_where_it_is_installed(
    installed: Installation, tmp_path: Path
) -> None:
    bundled = Payload("counter", "executable", "reference/bin/tally")
    said = attempt(installed, tmp_path, SmokeCommand(("counter", "--", "true"), "exit_status"), payload=(bundled,))
    assert said == ["pass: payload reference/bin/tally", "pass: run counter -- true"]


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (Payload("tally", "executable", "reference/bin/tally"), "pass: payload reference/bin/tally"),
        (Payload("guard", "library", "reference/lib/libguard.so"), "pass: payload reference/lib/libguard.so"),
        (Payload("x", "executable", "reference/bin/x"), "fail: payload reference/bin/x: is not installed"),
        (
            Payload("guard", "executable", "reference/lib/libguard.so"),
            "fail: payload reference/lib/libguard.so: is not executable after installation",
        ),
        (
            Payload("tally", "library", "reference/bin/tally"),
            "fail: payload reference/bin/tally: is executable after installation",
        ),
    ],
)
def test_the_installed_mode_of_every_payload_is_judged(
    installed: Installation, tmp_path: Path, payload: Payload, said: str
) -> None:
    assert attempt(installed, tmp_path, payload=(payload,)) == [said]


def test_a_run_with_a_passing_command_counts() -> None:
    smoke.require_executed([Result("payload x", "pass"), PASSED, Result("other.whl", "skip", "cp399")])


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ([], "no command was executed .none is declared."),
        ([Result("x.whl", "skip", "cp399")], "no command was executed .skip: x.whl: cp399."),
        ([Result("payload x", "pass")], "no command was executed .pass: payload x."),
        ([PASSED, Result("run y", "fail", "exit status 1")], "fail: run y: exit status 1"),
    ],
)
def test_a_failure_fails_and_so_does_a_run_of_nothing(results: list[Result], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        smoke.require_executed(results)


def test_a_run_that_is_not_required_may_skip_everything_but_must_not_fail() -> None:
    smoke.require_executed([Result("x.whl", "skip", "no emulator")], required=False)
    with pytest.raises(BuildError, match="fail: run y"):
        smoke.require_executed([Result("run y", "fail", "exit status 1")], required=False)


def test_passed_and_skipped_tests_are_counted() -> None:
    assert smoke.summary([PASSED, PASSED, Result("run y", "skip", "no ptrace")]) == "2 passed, 1 skipped"


TALLY = Payload("tally", "executable", "reference/bin/tally")


def emulated(installed: Installation, **machine_without: object) -> Installation:
    """The same installation as on an emulated machine: nothing but what it lacks is other."""
    there = replace(installed.machine, lacks=install.EMULATION_LACKS, **machine_without)  # type: ignore[arg-type]
    return replace(installed, machine=there)


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        (("ptrace",), "skip: run tally -- true: qemu-user has no ptrace()"),
        (
            ("bpf", "seccomp"),
            "skip: run tally -- true: qemu-user passes no bpf() on; qemu-user takes no seccomp filter",
        ),
        ((), "pass: run tally -- true"),
    ],
)
def test_what_the_kernel_of_a_machine_lacks_is_skipped_with_the_reason(
    installed: Installation, tmp_path: Path, needs: tuple[str, ...], said: str
) -> None:
    command = SmokeCommand(("tally", "--", "true"), "exit_status", needs=needs)
    assert attempt(emulated(installed), tmp_path, command) == [said]


def test_the_same_need_is_not_a_reason_to_skip_on_a_real_kernel(installed: Installation, tmp_path: Path) -> None:
    command = SmokeCommand(("tally", "--", "true"), "exit_status", needs=("bpf", "ptrace", "seccomp"))
    assert attempt(installed, tmp_path, command) == ["pass: run tally -- true"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("tally", "pass: run tally -- true"),
        (
            "python",
            "skip: run python -- true: there is no Python for {arch}: set WHEELCHECK_ROOTS to a folder of Debian roots",
        ),
        (
            "tracer",
            "skip: run tracer -- true: there is no Python for {arch}: set WHEELCHECK_ROOTS to a folder of Debian roots",
        ),
        ("absent", "fail: run absent -- true: the installed wheel contains no absent"),
    ],
)
def test_without_python_executables_are_run_by_the_emulator_and_scripts_are_skipped(
    installed: Installation, tmp_path: Path, word: str, said: str
) -> None:
    alone = emulated(installed, python="", runner=("/usr/bin/env",))
    found = attempt(alone, tmp_path, SmokeCommand((word, "--", "true"), "exit_status"), payload=(TALLY,))
    assert found[1:] == [said.format(arch=installed.machine.arch.name)]
