"""The small runner itself: what it must imitate, so that what passes here does not fail on GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.workflow_runner import CommandFailedError, Runner

if TYPE_CHECKING:
    from pathlib import Path

CACHING = """
jobs:
  build:
    steps:
      - uses: actions/checkout@x
      - uses: actions/cache@x
        if: github.ref_type != 'tag'
        with:
          path: |
            ~/.cache/tool
            compiled
          key: build-${{ hashFiles('**/Cargo.lock') }}
          restore-keys: build-
      - run: test ! -e compiled/a || exit 3; mkdir -p compiled; touch compiled/a
"""


@pytest.mark.parametrize(("lock", "tag", "restores"), [("1", False, True), ("2", False, True), ("1", True, False)])
def test_a_cache_comes_back_by_its_key_or_its_beginning_and_never_for_a_tag(
    tmp_path: Path, lock: str, *, tag: bool, restores: bool
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "Cargo.lock").write_text("1")
    first = Runner(tmp_path / "project", tmp_path, yaml.safe_load(CACHING))
    first.run("build")
    (tmp_path / "project" / "Cargo.lock").write_text(lock)
    (tmp_path / "again").mkdir()
    again = Runner(tmp_path / "project", tmp_path / "again", first.workflow, kept=first.kept, tag=tag)
    if restores:
        with pytest.raises(CommandFailedError):
            again.run("build")
    else:
        again.run("build")
