from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.reference import copy_reference
from wheelcheck.builder.pipeline import Build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The reference project, built to the end once: stage, sdist and wheel exist. Read it, do not change it."""
    build = Build.of(copy_reference(tmp_path_factory.mktemp("session") / "reference"))
    build.build()
    build.sdist()
    build.wheels()
    return build


@pytest.fixture
def build(built: Build, tmp_path: Path) -> Build:
    """A copy of the built reference project, to be sabotaged."""
    shutil.copytree(built.settings.project, tmp_path / "reference", symlinks=True)
    return Build.of(tmp_path / "reference")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what builds the reference project: pip fetches its build backend."""
    if "built" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.network)
