from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support.checkout import ENSUREPIP, ROOT, Checkout, bare_python, make_checkout
from tools import bootstrap


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the bootstrap has run once."""
    checkout = make_checkout(tmp_path_factory.mktemp("checkout"))
    done = checkout.bootstrap("hello")
    assert done.returncode == 0, done.stderr
    return checkout


@pytest.fixture
def marked(made: Checkout) -> Checkout:
    """The same checkout, its environment marked, so that making it again shows."""
    made.mark.touch()
    return made


@pytest.mark.network
@pytest.mark.parametrize("separator", [[], ["--"]])
def test_a_session_gets_its_arguments(marked: Checkout, separator: list[str]) -> None:
    done = marked.bootstrap("hello", *separator, "--project", "elsewhere", "-k", "one")
    assert done.returncode == 0
    assert "arguments ['--project', 'elsewhere', '-k', 'one']" in done.stdout


@pytest.mark.network
def test_an_intact_environment_is_used_again(marked: Checkout) -> None:
    done = marked.bootstrap("hello")
    assert "installing" not in done.stderr
    assert marked.mark.exists()


@pytest.mark.network
def test_a_failing_session_is_the_exit_code(marked: Checkout) -> None:
    done = marked.bootstrap("refuse")
    assert done.returncode == 1
    assert "refused" in done.stderr


@pytest.mark.network
def test_a_failure_without_python_h_names_the_package_and_one_with_it_does_not(
    tmp_path: Path, marked: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", marked.root)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    assert bootstrap.run_session(marked.environment, "refuse", []) == 1
    assert "apt install python3-dev" in capsys.readouterr().err
    (tmp_path / "Python.h").touch()
    assert bootstrap.run_session(marked.environment, "refuse", []) == 1
    assert "python3-dev" not in capsys.readouterr().err


@pytest.mark.network
def test_the_folder_it_is_called_from_does_not_matter(
    marked: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert marked.bootstrap("hello").returncode == 0


@pytest.mark.network
def test_variables_that_redirect_pip_or_python_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "beside"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "shadow"))
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "nox.py").write_text("raise SystemExit('shadowed')", "utf-8")
    checkout = make_checkout(tmp_path / "checkout")
    done = checkout.bootstrap("hello")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "beside").exists()


def _remove_nox(environment: Path) -> None:
    for package in environment.glob("lib/python*/site-packages/nox"):
        shutil.rmtree(package)


def _remove_base(environment: Path) -> None:
    for python in (environment / "bin").glob("python*"):
        python.unlink()
        python.symlink_to("/nowhere/bin/python3")


def _stop_halfway(environment: Path) -> None:
    (environment / "ready").unlink()


def _made_by_another(environment: Path) -> None:
    (environment / "ready").write_text("nox>=2025.5,<2027\n3.9.1\n/usr", "utf-8")


def _garble(environment: Path) -> None:
    (environment / "ready").write_bytes(b"\xff\xfe")


def _replace_by_a_file(environment: Path) -> None:
    shutil.rmtree(environment)
    environment.touch()


@pytest.mark.network
@pytest.mark.parametrize(
    "breakage",
    [
        _remove_nox,
        *(
            pytest.param(breakage, marks=pytest.mark.slow)
            for breakage in (_remove_base, _stop_halfway, _made_by_another, _garble, _replace_by_a_file)
        ),
    ],
)
def test_an_incomplete_environment_is_made_again(marked: Checkout, breakage: object) -> None:
    assert callable(breakage)
    breakage(marked.environment)
    done = marked.bootstrap("hello")
    assert done.returncode == 0, done.stderr
    assert "installing nox" in done.stderr
    assert not marked.mark.exists()


@pytest.mark.network
@pytest.mark.parametrize("only", ["pip", ENSUREPIP])
def test_a_python_installs_by_its_own_pip_or_else_by_that_of_ensurepip(tmp_path: Path, only: str) -> None:
    python = bare_python(tmp_path / "python", only)
    checkout = make_checkout(tmp_path / "checkout")
    done = checkout.bootstrap("hello", python=python)
    assert done.returncode == 0, done.stderr
    assert "arguments []" in done.stdout


def test_without_any_pip_it_names_the_package_to_install(tmp_path: Path) -> None:
    python = bare_python(tmp_path / "python")
    checkout = make_checkout(tmp_path / "checkout")
    done = checkout.bootstrap("hello", python=python)
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr
    assert "No module named ensurepip" in done.stderr
    assert not (checkout.environment / "ready").exists()


def test_the_output_of_pip_is_shown_when_nox_cannot_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    done = make_checkout(tmp_path / "checkout").bootstrap("hello")
    assert done.returncode == 2
    assert "No matching distribution found for nox" in done.stderr


@pytest.mark.network
@pytest.mark.parametrize("arguments", [[], ["--help"], ["-s", "tests"]])
def test_without_a_session_it_says_how_it_is_called(made: Checkout, arguments: list[str]) -> None:
    done = made.bootstrap(*arguments)
    assert done.returncode == 2
    assert "tools/bootstrap.py verify" in done.stderr


def test_a_python_that_is_too_old_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    assert bootstrap.main(["hello"]) == 2
    assert "Python 3.10 or newer is needed" in capsys.readouterr().err


def _other_pythons() -> list[Path]:
    """Return the interpreters that Debian and pyenv put on this machine."""
    folders = [Path("/usr"), *Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("3.*")]
    return [path for folder in folders if (path := folder / "bin" / "python3").exists()]


def _minor(python: Path) -> int:
    done = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info[1])"], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.network
@pytest.mark.parametrize("python", _other_pythons(), ids=lambda path: path.parents[1].name)
def test_every_python_of_this_machine_works_or_is_refused_with_the_reason(tmp_path: Path, python: Path) -> None:
    checkout = make_checkout(tmp_path)
    done = checkout.bootstrap("hello", python=str(python))
    if _minor(python) >= 10:
        assert "arguments []" in done.stdout, done.stderr
    else:
        assert done.returncode in (1, 2)
        assert not checkout.environment.exists()


@pytest.mark.parametrize("command", ["verify", "tests"])
def test_the_readme_names_the_two_commands(command: str) -> None:
    assert f"python3 tools/bootstrap.py {command}\n" in (ROOT / "README.md").read_text("utf-8")
