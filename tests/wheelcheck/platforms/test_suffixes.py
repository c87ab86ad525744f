from __future__ import annotations

import pytest

from tests.support.artifacts import wheel
from wheelcheck.platforms.suffixes import ModuleName, importable_problem, parse_module_name, wheel_is_abi3

LINUX = "cp311-cp311-manylinux_2_17_x86_64"
MUSL = "cp311-cp311-musllinux_1_2_x86_64"
MAC = "cp311-cp311-macosx_11_0_arm64"
GNU = "x.cpython-311-x86_64-linux-gnu.so"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (GNU, ModuleName("x", "cp311", "x86_64-linux-gnu")),
        ("x.cp311-win_amd64.pyd", ModuleName("x", "cp311", "win_amd64")),
        ("x.cpython-313t-darwin.so", ModuleName("x", "cp313", "darwin", free_threaded=True)),
        ("x.cp313t-win_amd64.pyd", ModuleName("x", "cp313", "win_amd64", free_threaded=True)),
        ("x.pypy310-pp73-x86_64-linux-gnu.so", ModuleName("x", "pp310", "x86_64-linux-gnu")),
        ("x.abi3.so", None),
        ("x.so", None),
        ("x.cpython-311.so", None),
        ("", None),
    ],
)
def test_a_module_name_is_taken_apart(name: str, found: ModuleName | None) -> None:
    assert parse_module_name(f"demo/{name}") == found


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (LINUX, GNU),
        (MUSL, GNU),
        (MUSL, "x.cpython-311-x86_64-linux-musl.so"),
        (MAC, "x.cpython-311-darwin.so"),
        ("cp311-cp311-win_amd64", "x.cp311-win_amd64.pyd"),
        ("cp311-cp311-ios_13_0_arm64_iphoneos", "x.cpython-311-iphoneos.so"),
        ("cp313-cp313t-manylinux_2_17_x86_64", "x.cpython-313t-x86_64-linux-gnu.so"),
        ("pp310-pypy310_pp73-manylinux_2_17_x86_64", "x.pypy310-pp73-x86_64-linux-gnu.so"),
        ("cp311-cp311-manylinux_2_17_i686", "x.cpython-311-i386-linux-gnu.so"),
        ("cp311-cp311-manylinux_2_31_armv7l", "x.cpython-311-arm-linux-gnueabihf.so"),
        (LINUX, "x.so"),
        (LINUX, "x.abi3.so"),
        ("py3-none-manylinux_2_17_x86_64", "x.cpython-39-x86_64-linux-gnu.so"),
    ],
)
def test_a_module_that_the_tags_interpreters_import_has_no_problem(tags: str, name: str) -> None:
    assert importable_problem(f"demo/{name}", wheel(tags), [f"demo/{name}"]) is None


@pytest.mark.parametrize(
    ("tags", "name", "found"),
    [
        (LINUX, "x.cpython-311-aarch64-linux-gnu.so", "named for aarch64-linux-gnu, expected a suffix that Python on"),
        (LINUX, "x.cpython-311-x86_64-linux-musl.so", "named for x86_64-linux-musl"),
        (LINUX, "x.cpython-311-darwin.so", "named for darwin"),
        (MAC, GNU, "named for x86_64-linux-gnu"),
        (MAC, "x.cpython-311-iphoneos.so", "named for iphoneos"),
        ("cp311-cp311-win_arm64", "x.cp311-win_amd64.pyd", "named for win_amd64"),
        (LINUX, "x.cpython-310-x86_64-linux-gnu.so", "named for cp310, expected a suffix that cp311 imports"),
        (LINUX, "x.pypy310-pp73-x86_64-linux-gnu.so", "named for pp310"),
        (LINUX, "x.cpython-311t-x86_64-linux-gnu.so", "named for a free-threaded build"),
        ("cp313-cp313t-manylinux_2_17_x86_64", "x.cpython-313-x86_64-linux-gnu.so", "named for a GIL build"),
    ],
)
def test_a_module_that_none_of_them_imports_says_why(tags: str, name: str, found: str) -> None:
    hit = importable_problem(f"demo/{name}", wheel(tags), [f"demo/{name}"])
    assert hit
    assert (hit.path, hit.severity) == (f"demo/{name}", None)
    assert hit.message.startswith(found)


@pytest.mark.parametrize("twin", [GNU, "x.abi3.so", "x.so", "x.pyd"])
def test_a_stale_module_beside_the_right_one_is_a_warning(twin: str) -> None:
    stale = "demo/x.cpython-310-x86_64-linux-gnu.so"
    hit = importable_problem(stale, wheel(LINUX), [stale, f"demo/{twin}"])
    assert hit
    assert hit.severity == "warning"


@pytest.mark.parametrize("other", ["other/" + GNU, "demo/y.so", "demo/x.cpython-39-x86_64-linux-gnu.so"])
def test_a_module_of_another_place_name_or_version_replaces_nothing(other: str) -> None:
    stale = "demo/x.cpython-310-x86_64-linux-gnu.so"
    hit = importable_problem(stale, wheel(LINUX), [stale, other])
    assert hit
    assert hit.severity is None


@pytest.mark.parametrize(
    ("tags", "found"), [("cp310-abi3-win_amd64", True), ("py3-none-any", True), ("cp310-cp310-win_amd64", False)]
)
def test_a_wheel_for_later_interpreters_is_known_by_its_abi(tags: str, found: bool) -> None:  # noqa: FBT001
    assert wheel_is_abi3(wheel(tags)) is found
