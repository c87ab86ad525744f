from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.checkout import ROOT
from tests.support.crates import write
from tools import installed

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("-e", ".[build]")


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment into which a checkout beside it was installed."""
    write(tmp_path, *(f"checkout/{name}" for name in installed.SOURCES), "environment/bin/wheelcheck")
    installed.record(tmp_path / "environment", WORDS, tmp_path / "checkout")
    return tmp_path / "environment"


def is_current(environment: Path, *words: str, checkout: str = "checkout") -> bool:
    return installed.is_current(environment, words or WORDS, environment.with_name(checkout))


def test_an_environment_is_current_until_something_that_pip_reads_changes(environment: Path) -> None:
    assert is_current(environment)
    for name in installed.SOURCES:
        file = environment.with_name("checkout") / name
        before = file.read_bytes()
        file.write_bytes(b"another")
        assert not is_current(environment), name
        file.write_bytes(before)
    assert is_current(environment)


def test_other_words_or_another_checkout_are_not_installed(environment: Path) -> None:
    assert not is_current(environment, "-e", ".[build,cibuildwheel]")
    environment.with_name("checkout").rename(environment.with_name("moved"))
    assert not is_current(environment, checkout="moved")


def test_an_environment_that_was_made_again_or_lost_the_program_is_not_current(environment: Path) -> None:
    (environment / "bin" / "wheelcheck").unlink()
    assert not is_current(environment)
    assert not installed.is_current(environment.with_name("new"), WORDS, environment.with_name("checkout"))


def test_what_this_checkout_reads_for_its_version_is_among_the_sources() -> None:
    version = "import tomllib; print(tomllib.load(open('pyproject.toml', 'rb'))['tool']['hatch']['version']['path'])"
    if sys.version_info < (3, 11):
        version = version.replace("tomllib", "tomli")
    done = subprocess.run([sys.executable, "-c", version], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"pyproject.toml", done.stdout.strip()} == set(installed.SOURCES)
