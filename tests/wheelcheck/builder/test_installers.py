"""Which pip or uv installs a wheel, and that each of them installs it where it belongs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, WheelRecipe
from wheelcheck.builder import install, installers
from wheelcheck.builder.toolchain import host

if TYPE_CHECKING:
    from pathlib import Path

HERE = (sys.version_info.major, sys.version_info.minor)


@pytest.fixture
def _without_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without pip, as that of `uvx wheelcheck`: an import of pip fails, and so nothing finds it."""
    monkeypatch.setitem(sys.modules, "pip", None)


def choose(python: Path, version: tuple[int, int], base: dict[str, str], *, emulated: bool = False) -> str:
    """Return the name of the program that installs, empty if there is none."""
    command = installers.installing_into(python, version, base, emulated=emulated)
    return next((word.rsplit("/", 1)[-1] for word in command if word.endswith(("/pip", "/uv"))), "")


def test_pip_installs_here_and_uv_into_an_emulated_python(tmp_path: Path) -> None:
    with_uv = {"UV": "/bin/uv"}
    assert choose(tmp_path, HERE, with_uv) == "pip"
    assert choose(tmp_path, HERE, with_uv, emulated=True) == "uv"
    assert choose(tmp_path, HERE, {"PATH": str(tmp_path)}, emulated=True) == "pip"


@pytest.mark.usefixtures("_without_pip")
def test_without_pip_it_is_the_uv_that_started_us_or_one_on_path(tmp_path: Path) -> None:
    (tmp_path / "uv").touch(0o755)
    assert choose(tmp_path, HERE, {"UV": "/elsewhere/uv", "PATH": ""}) == "uv"
    assert choose(tmp_path, HERE, {"PATH": str(tmp_path)}) == "uv"
    assert not choose(tmp_path, HERE, {"PATH": str(tmp_path / "empty")})


def test_a_python_that_is_too_old_for_both_gets_a_pip_of_its_own(tmp_path: Path) -> None:
    assert not choose(tmp_path, (3, 6), {"UV": "/bin/uv"})


def test_pip_is_asked_whether_it_serves_a_python() -> None:
    assert installers.own_pip(HERE)
    assert not installers.own_pip((2, 7))


@pytest.mark.usefixtures("_without_pip")
@pytest.mark.parametrize("by", ["uv", "its own pip"])
def test_a_wheel_is_installed_without_our_pip(tmp_path: Path, by: str) -> None:
    base = dict(os.environ)
    if by == "uv":
        base["UV"] = pytest.importorskip("uv").find_uv_bin()
    else:
        base = {name: value for name, value in base.items() if name not in ("UV", "PATH")}
    wheel = WheelRecipe("py3-none-any", (File("demo.py", b""),)).write(tmp_path)
    found = install.install(wheel, install.of(host(), {}), tmp_path, base, print)
    assert (found.packages / "demo.py").is_file()
    assert (found.packages / "pip").is_dir() == (by != "uv")
