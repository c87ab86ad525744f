from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A wheel with nothing wrong in it."""
    return a_wheel(X86_64, File("demo/bin/tool", native.program, EXECUTABLE)).write(tmp_path)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A wheel whose program is for another CPU (WC301)."""
    (tmp_path / "bad").mkdir()
    foreign = File("demo/bin/tool", lambda: native.program("aarch64"), EXECUTABLE)
    return a_wheel(X86_64, foreign).write(tmp_path / "bad")
