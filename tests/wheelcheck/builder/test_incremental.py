"""What runs again after which change: a project is built to the end, then again after each change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest

from tests.support import backends, commandline
from tests.support.crates import committed, git, packed_probe
from tests.support.processes import at_work, started
from wheelcheck.builder import dist
from wheelcheck.builder.pipeline import Build

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MORE = """
[tool.wheelcheck.build]
keep-environment = ["RUSTC"]
[tool.wheelcheck.smoke]
commands = [{ run = ["probe"], expect = "^probed$" }]
"""
NATIVE, SDIST, WHEEL, SMOKE = "native files", "sdist", "wheel", "smoke tests"
ALL = [NATIVE, SDIST, WHEEL, SMOKE]


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a person's machine: in CI every step runs."""
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one program and a build backend of its own, built to the end."""
    folder = tmp_path_factory.mktemp("incremental") / "probe"
    project = packed_probe(folder, main='fn main() { println!("probed"); }', more=MORE)
    for name, text in (("notes.txt", ""), (".gitignore", "/build/\n/dist/\n")):
        (project / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CI", raising=False)
        run(committed(project))
    return project


@pytest.fixture
def project(built_once: Path) -> Path:
    """The project, everything in it up to date."""
    run(built_once)
    assert run(built_once) == []
    return built_once


def run(project: Path, *words: str, step: str = "all") -> list[str]:
    """Run steps of the build; return those that were not up to date, in their order."""
    with started() as commands:
        done = commandline.run_here(project, "build", step, *words)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    skipped = {name for name in ALL if f"up to date: {name}" in said}
    assert bool(at_work(commands)) == (skipped != set(ALL))
    return [name for name in ALL if name not in skipped]


def test_nothing_is_compiled_packed_or_installed_when_nothing_has_changed(project: Path) -> None:
    with started() as commands:
        done = commandline.run_here(project, "build", "all")
    assert at_work(commands) == []
    assert done.stdout.decode().splitlines()[-1] == "smoke test: 2 passed, 0 skipped"
    assert done.stderr.decode().count("up to date: ") == len(ALL)


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        text = (project / name).read_text()
        assert old in text
        (project / name).write_text(text.replace(old, new))

    return change


def wheel_of(project: Path) -> Path:
    return dist.wheels(project / "dist", Build.of(project).target)[0]


def altered(project: Path) -> None:
    wheel_of(project).write_bytes(b"altered")


def deleted(project: Path) -> None:
    wheel_of(project).unlink()


def staged_altered(project: Path) -> None:
    (Build.of(project).stage_folder / "tree/probe/bin/probe").write_bytes(b"altered")


def sdist_deleted(project: Path) -> None:
    (project / "dist/probe-1.0.tar.gz").unlink()


def older_version_added(project: Path) -> None:
    (project / "dist/probe-0.9.tar.gz").touch()


def commit(project: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_COMMITTER_DATE", "2001-02-03T04:05:06Z")  # which the files of wheel and sdist get
        git(project, "commit", "--allow-empty", "-qm", "empty")


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (edit("src/main.rs", "println", 'print!(""); println'), ALL),
        (edit("src/main.rs", "main()", "main ()"), [NATIVE, SDIST, WHEEL]),  # the same machine code is not tried again
        (edit("probe/__init__.py", "", "# new\n"), ALL),
        (edit("pyproject.toml", "^probed$", "^probed"), ALL),
        (deleted, [WHEEL]),
        (altered, [WHEEL]),
        (staged_altered, [NATIVE]),
        (sdist_deleted, [SDIST]),
        (older_version_added, [SDIST]),
        (commit, ALL),
    ],
    ids=lambda value: getattr(value, "__qualname__", None),
)
def test_a_change_makes_those_steps_run_again_that_depend_on_it(
    project: Path, change: Callable[[Path], None], again: list[str]
) -> None:
    change(project)
    assert run(project) == again
    assert run(project) == []


def test_another_compiler_is_another_toolchain(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "rustc"
    script.write_text(f'#!/bin/sh\n[ "$1" = -vV ] && echo "next: version"\nexec {shutil.which("rustc")} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("RUSTC", str(script))
    assert run(project) == [NATIVE, SDIST, WHEEL]
    assert run(project) == []


def test_a_variable_that_compilers_read_counts_and_one_of_the_terminal_does_not(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "another")
    assert run(project) == []
    monkeypatch.setenv("CFLAGS", "-DANOTHER")
    assert run(project) == [NATIVE, SDIST, WHEEL]


def test_another_interpreter_tries_the_wheel_again(project: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv/bin/python")
    path = os.pathsep.join([str(commandline.ROOT), *(part for part in sys.path if part.endswith("site-packages"))])
    words = [python, "-m", "wheelcheck", "build", "smoke", "--project", str(project)]
    done = subprocess.run(words, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "smoke tests of probe-1.0-py3-none-" in done.stderr
    assert ": runs again, because the Python changed" in done.stderr


def test_fresh_runs_every_step_and_so_does_ci(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(project, "--fresh", step="smoke") == ALL
    monkeypatch.setenv("CI", "true")
    assert run(project) == ALL


def test_a_failed_smoke_test_fails_again(project: Path) -> None:
    edit("pyproject.toml", "^probed", "^other")(project)
    for _ in range(2):
        done = commandline.run_here(project, "build", "all")
        assert done.returncode == 1
        assert b"does not match '^other" in done.stderr
    edit("pyproject.toml", "^other", "^probed")(project)


def test_what_was_proven_of_a_wheel_stays_proven_if_only_the_sdist_is_another(project: Path) -> None:
    edit("notes.txt", "", "again\n")(project)
    assert SMOKE not in run(project)
    done = commandline.run_here(project, "build", "verify", "--evidence")
    assert done.returncode == 0, done.stderr.decode()
    assert "smoke" in done.stdout.decode()


@pytest.mark.network
@pytest.mark.parametrize(
    "write",
    [backends.setuptools_rust, pytest.param(backends.maturin, marks=pytest.mark.slow)],
    ids=lambda write: write.__name__,
)
def test_the_second_build_of_an_extension_module_starts_neither_backend_nor_compiler(
    tmp_path: Path, write: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_INCLUDE", sysconfig.get_path("include"))
    project = write(tmp_path / "project")
    assert run(project) == ALL
    assert run(project) == []
