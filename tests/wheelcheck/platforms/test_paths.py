"""The parts of paths: the same as pathlib gives, for every path."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelcheck.platforms.paths import folder_of, folders_of, name_of, parts_of, suffix_of

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


@settings(deadline=None)
@given(st.lists(st.text("ab/", min_size=1, max_size=9).filter(lambda path: "//" not in path and path[0] != "/")))
def test_folders_are_all_parents_of_the_paths(paths: list[str]) -> None:
    parents = {str(parent) for path in paths for parent in PurePosixPath(f"{path}x").parents}
    assert folders_of(f"{path}x" for path in paths) == parents - {"."}


def test_a_search_for_folders_ends_beyond_the_most_that_are_wanted() -> None:
    assert folders_of(["a/x", "b/x", "c/x"], most=1) == {"a", "b"}
