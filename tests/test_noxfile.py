from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import noxfile
from tests.support.artifacts import File, a_wheel
from wheelcheck.platforms.arch import ARCHES

ROOT = Path(__file__).resolve().parent.parent
NOXFILE = ROOT / "noxfile.py"
PROMISED = (
    "build",
    "wheels",
    "sdist",
    "check",
    "verify",
    "tests",
    "lint",
    "docs",
    "docs-site",
    "picture",
    "corpus",
    "releases",
    "benchmark",
    "second-opinion",
    "fuzz",
    "package",
    "portable",
    "cibuildwheel",
    "emulated",
    "slow",
    "roundtrip",
    "reproduce",
    "release-plan",
    "release-sdist",
    "release-binaries",
    "release-wheels",
    "release-gate",
)

# Loads the noxfile with one more row in the CPU table and prints the sessions.
_WITH_A_NEW_ROW = """
import sys
sys.path.insert(0, {root!r})
from dataclasses import replace
from wheelcheck.platforms import arch
arch.ARCHES += (replace(arch.find("riscv64"), name="riscv128"),)
import noxfile
import nox.registry
print(*nox.registry.get())
"""


def _sessions(*prefix: str) -> dict[str, str]:
    command = [*prefix, "-f", str(NOXFILE), "--list"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    return dict(re.findall(r"^[*-] (\S+) -> (.+)$", done.stdout, re.MULTILINE))


@pytest.fixture(scope="module")
def sessions() -> dict[str, str]:
    return _sessions(sys.executable, "-m", "nox")


@pytest.mark.parametrize("name", PROMISED)
def test_every_listed_session_exists_and_says_what_it_does(sessions: dict[str, str], name: str) -> None:
    assert len(sessions[name]) > 20


def test_the_nox_command_that_lacks_the_folder_on_its_path_loads_it_too(sessions: dict[str, str]) -> None:
    assert _sessions(str(Path(sys.executable).with_name("nox"))) == sessions


def test_every_cpu_that_can_be_built_for_has_a_session_and_no_other(sessions: dict[str, str]) -> None:
    derived = {name.removeprefix("build-") for name in sessions if name.startswith("build-")}
    assert derived == {row.name for row in ARCHES if row.oldest_build}


def test_a_session_needs_only_a_new_row() -> None:
    script = _WITH_A_NEW_ROW.format(root=str(ROOT))
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "build-riscv128" in done.stdout.split()


def test_no_function_of_the_noxfile_is_longer_than_twelve_lines() -> None:
    source = NOXFILE.read_text("utf-8")
    starts = [match.start() for match in re.finditer(r"^def ", source, re.MULTILINE)]
    lengths = [len(inspect.getblock(source[start:].splitlines(keepends=True))) for start in starts]
    assert lengths
    assert max(lengths) <= 12


def test_the_bootstrap_and_the_test_group_ask_for_the_same_nox() -> None:
    bootstrap = (ROOT / "tools" / "bootstrap.py").read_text("utf-8")
    wanted = re.search(r'^NOX = "(.+)"$', bootstrap, re.MULTILINE)
    assert wanted
    assert f'"{wanted[1]}"' in (ROOT / "pyproject.toml").read_text("utf-8")


# What a session installs where pip alone knows where packages are.
_INSTALLING = """
import importlib.util, os, sys
import nox
spec = importlib.util.spec_from_file_location("ours", {ours!r})
ours = importlib.util.module_from_spec(spec)
here = os.getcwd()
os.chdir({root!r})  # its pyproject.toml is beside it
spec.loader.exec_module(ours)
os.chdir(here)

@nox.session(venv_backend=ours.FAST)
def installing(session):
    ours.install_many(session, {name!r})
    session.run("python", "-c", "import demo; print('demo is there')")
"""


@pytest.mark.parametrize(
    ("name", "told", "code"), [("demo", "demo is there", 0), ("absent", "No matching distribution found for absent", 1)]
)
def test_pip_installs_what_uv_does_not_find(tmp_path: Path, name: str, told: str, code: int) -> None:
    a_wheel("py3-none-any", File("demo/__init__.py", b"")).write(tmp_path)
    noxfile_of_one = tmp_path / "noxfile.py"
    noxfile_of_one.write_text(_INSTALLING.format(ours=str(NOXFILE), root=str(ROOT), name=name), "utf-8")
    only_pip = {"PIP_FIND_LINKS": str(tmp_path), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    only_pip |= {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "nox", "-f", str(noxfile_of_one), "-s", "installing"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **only_pip}, capture_output=True, text=True, check=False
    )
    assert "uv could not install them" in done.stderr
    assert told in done.stdout + done.stderr
    assert done.returncode == code


def _refused(*arguments: str) -> str:
    command = [sys.executable, "-m", "nox", "-f", str(NOXFILE), "--no-venv", "-s", "verify", "--", *arguments]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return done.stderr


def test_an_argument_that_a_session_does_not_know_is_refused() -> None:
    assert "unrecognized arguments: --projekt /elsewhere" in _refused("--projekt", "/elsewhere")


@pytest.mark.parametrize(
    ("words", "called"),
    [
        ("build sdist", "build sdist --project /there --arch s390x"),
        ("build smoke", "build smoke --project /there --arch s390x"),
        ("build pack bundles/{arch}.tar dist/*.whl", "build pack --project /there bundles/s390x.tar dist/*.whl"),
        ("build unpack bundles", "build unpack --project /there bundles"),
        ("build verify", "build verify --project /there"),
        ("matrix --expected", "matrix --expected --config /there/pyproject.toml"),
        ("check", "check /there/dist --architecture s390x --config /there/pyproject.toml"),
    ],
)
def test_a_command_gets_project_and_cpu(words: str, called: str) -> None:
    assert noxfile.command(words, Path("/there"), "s390x") == ["wheelcheck", *called.split()]


@pytest.mark.parametrize(
    "words", ["build sdist", "build build", "build wheels", "build smoke", "build verify", "check"]
)
def test_fresh_reaches_the_steps_that_are_skipped_otherwise_and_no_others(words: str) -> None:
    plain = noxfile.command(words, Path("/there"), "x86_64")
    fresh = noxfile.command(words, Path("/there"), "x86_64", fresh=True)
    assert set(fresh) - set(plain) == (set() if words in {"build verify", "check"} else {"--fresh"})


def test_wheels_and_gate_are_for_one_python_if_it_is_named() -> None:
    wheels, gate, packed = (
        noxfile.command(words, Path("/there"), "all", "cp311")
        for words in ("build wheels", "check", "build pack x.tar")
    )
    assert wheels[-4:] == ["--arch", "all", "--interpreter", "cp311"]
    assert gate[2:5] == ["/there/dist", "--interpreter", "cp311"]
    assert "cp311" not in packed


def test_the_gate_expects_all_cpus_if_all_are_named() -> None:
    called = noxfile.command("check", Path("/there"), "all")
    assert called == ["wheelcheck", "check", "/there/dist", "--config", "/there/pyproject.toml"]


@pytest.mark.parametrize("name", ["wheelcheck.toml", "pyproject.toml"])
@pytest.mark.parametrize("words", ["check", "matrix --github-output", "matrix --expected"])
def test_the_configuration_may_be_in_a_separate_file(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).touch()
    called = noxfile.command(words, tmp_path, "all")
    assert called[called.index("--config") + 1] == str(tmp_path / name)
