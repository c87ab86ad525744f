from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.support.reference import copy_reference
from wheelcheck import engine
from wheelcheck.builder.pipeline import Build
from wheelcheck.rules.catalogue import all_rules, wheel_rules

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The reference project, built to the end once: stage, sdist and wheel exist. Read it, do not change it."""
    folder = _shared(tmp_path_factory.getbasetemp()) / "reference"
    finished = folder.with_name("reference.finished")
    with FileLock(folder.with_name("reference.lock")):
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)
            build = Build.of(copy_reference(folder))
            build.build()
            build.sdist()
            build.wheels()
            finished.touch()
    return Build.of(folder)


def _shared(base: Path) -> Path:
    """Return the folder that all processes of this run have: pytest-xdist gives each worker one below it."""
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture
def build(built: Build, tmp_path: Path) -> Build:
    """A copy of the built reference project, to be sabotaged."""
    shutil.copytree(built.settings.project, tmp_path / "reference", symlinks=True)
    return Build.of(tmp_path / "reference")


@pytest.fixture
def collected_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test judge by the rules that it adds to a family: a run collects them once."""
    for collect in (all_rules, wheel_rules):
        monkeypatch.setattr(engine, collect.__name__, collect.__wrapped__)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what builds the reference project: pip fetches its build backend."""
    if "built" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.network)
