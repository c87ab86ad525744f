from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wheelcheck.facts.file_names import FileName, joined, member_path, parse_file_name, place_of
from wheelcheck.facts.headers import headers_of
from wheelcheck.platforms.wheel_tags import WheelTag


@pytest.mark.parametrize(
    ("name", "project", "version", "platforms"),
    [
        ("demo-1.0-py3-none-any.whl", "demo", "1.0", ("any",)),
        ("Demo_App-1!2.0rc1-cp311-cp311-win_amd64.whl", "demo-app", "1!2.0rc1", ("win_amd64",)),
        ("demo-1.0-1build-py3-none-any.whl", "demo", "1.0", ("any",)),
        (
            "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "demo",
            "1.0",
            ("manylinux2014_x86_64", "manylinux_2_17_x86_64"),
        ),
        ("demo-1.0.tar.gz", "demo", "1.0", ()),
        ("demo-app-1.0.post1.tar.gz", "demo-app", "1.0.post1", ()),
        ("demo-1.0.zip", "demo", "1.0", ()),
    ],
)
def test_a_file_name_is_taken_apart(name: str, project: str, version: str, platforms: tuple[str, ...]) -> None:
    found = parse_file_name(name)
    assert (found.project, found.version, found.platforms, found.error) == (project, version, platforms, "")


@pytest.mark.parametrize(
    ("path", "wheel", "member"),
    [
        (".data/scripts/tool", "demo-1.0-py3-none-any.whl", "demo-1.0.data/scripts/tool"),
        (".data/scripts/tool", "Demo_App-1!2.0-1-py3-none-any.whl", "Demo_App-1!2.0.data/scripts/tool"),
        ("demo/bin/tool", "demo-1.0-py3-none-any.whl", "demo/bin/tool"),
        ("demo/.data/tool", "demo-1.0-py3-none-any.whl", "demo/.data/tool"),
        (".database/tool", "demo-1.0-py3-none-any.whl", ".database/tool"),
    ],
)
def test_a_configured_path_below_data_is_below_the_wheel_s_own(path: str, wheel: str, member: str) -> None:
    assert member_path(path, wheel) == member


def test_compressed_tags_are_expanded_and_sorted() -> None:
    assert parse_file_name("demo-1.0-py3.py2-none-any.whl").tags == (
        WheelTag("py2", "none", "any"),
        WheelTag("py3", "none", "any"),
    )


@pytest.mark.parametrize(
    "name",
    [
        "demo.whl",
        "demo-1.0-any.whl",
        "demo-one-py3-none-any.whl",
        "demo-1.0-build-py3-none-any.whl",
        "a__b-1.0-py3-none-any.whl",
        "demo.tar.gz",
        "demo-one.tar.gz",
        "demo",
        ".whl",
        "",
    ],
)
def test_a_name_that_cannot_be_read_says_why_and_has_no_version(name: str) -> None:
    found = parse_file_name(name)
    assert found.error
    assert (found.version, found.tags) == ("", ())


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["", ".whl", ".tar.gz", ".zip"]))
@example("demo-1.0-py3-none-", ".whl")
def test_no_file_name_raises(stem: str, suffix: str) -> None:
    assert isinstance(parse_file_name(stem + suffix), FileName)


@pytest.mark.parametrize(
    ("text", "name"), [("Name: demo\n\nbody: x\n", "demo"), ("", None), ("\0", None), ("Name demo\n", None)]
)
def test_headers_are_read_and_a_body_is_not(text: str, name: str | None) -> None:
    assert headers_of(text).get("Name") == name
    assert headers_of(text).get("body") is None


def test_a_member_outside_the_data_folder_is_below_site_packages_whatever_its_name() -> None:
    parts = ("a", "", ".", "..", ".b", "c.so", "lib")
    paths = ["/".join(path) for length in (1, 2, 3) for path in product(parts, repeat=length)]
    assert {path: place_of(path) for path in paths} == {
        path: joined("lib/python3/site-packages", path) for path in paths
    }
    assert place_of("a/c.so") == "lib/python3/site-packages/a/c.so"
