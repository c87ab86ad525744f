"""The parts of paths: the same as pathlib gives, for every path."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelcheck.platforms.paths import folder_of, name_of, parts_of, suffix_of

PATHS = st.text(st.sampled_from(["a", "b", ".", "/", "é", "-", " "]), max_size=12).filter(
    lambda path: not path.startswith("//")  # pathlib keeps two slashes at the beginning, as POSIX allows
)


@settings(deadline=None)
@given(PATHS)
def test_parts_name_and_folder_are_those_of_pathlib(path: str) -> None:
    assert parts_of(path) == PurePosixPath(path).parts
    assert name_of(path) == PurePosixPath(path).name
    assert folder_of(path) == str(PurePosixPath(path).parent)


@pytest.mark.parametrize(
    ("path", "suffix"),
    [("a/b.tar.gz", ".gz"), ("a.b/c", ""), (".profile", ""), ("a/.b.c", ".c"), ("a.", ""), ("", ""), ("a/b.c/", ".c")],
)
def test_a_suffix_is_what_follows_the_last_dot_inside_a_name(path: str, suffix: str) -> None:
    assert suffix_of(path) == suffix
