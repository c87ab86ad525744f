from __future__ import annotations

import pytest

from wheelcheck.platforms.suffixes import (
    ModuleName,
    is_extension_module,
    module_for_any_version,
    parse_module_name,
    without_interpreter,
)

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
        ("x.graalpy230-311-native-x86_64-linux.so", None),
        ("x.y.cpython-311-darwin.so", None),
        ("x.cpython-311-darwin.so.1", None),
        ("", None),
    ],
)
def test_a_module_name_is_taken_apart(name: str, found: ModuleName | None) -> None:
    assert parse_module_name(f"demo/{name}") == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("x.cpython-311-x86_64-linux-gnu.so", True),
        ("x.cpython-313t-darwin.so", True),
        ("x.abi3.so", True),
        ("x.cp311-win_amd64.pyd", True),
        ("x.pypy310-pp73-x86_64-linux-gnu.so", True),
        ("x.graalpy230-311-native-x86_64-linux.so", True),
        ("x.cpython-311.so", True),
        ("x.cpython-36m-x86_64-linux-gnu.so", True),
        ("x.y.abi3.so", True),
        ("x.pyd", True),
        ("x.so", False),
        ("libx.so.1", False),
        ("x.cpython-311.pyc", False),
        ("cpython-311.so", False),
        ("abi3.so", False),
    ],
)
def test_an_extension_module_is_known_by_its_suffix(name: str, found: bool) -> None:  # noqa: FBT001
    assert is_extension_module(f"demo/{name}") is found


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("x.so", "x"),
        ("x.pyd", "x"),
        ("x.abi3.so", "x"),
        ("x.abi3.pyd", ""),
        ("x.y.so", ""),
        ("x.cpython-311.so", ""),
        (GNU, ""),
        ("libx.so.1", ""),
        ("x.py", ""),
    ],
)
def test_a_module_that_every_version_finds_has_no_version_in_its_name(name: str, module: str) -> None:
    assert module_for_any_version(f"demo/{name}") == module


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        (f"demo/{GNU}", "demo/x.so"),
        (GNU, "x.so"),
        ("demo/x.cp311-win_amd64.pyd", "demo/x.pyd"),
        ("demo/x.pypy310-pp73-darwin.so", "demo/x.so"),
        ("demo/x.graalpy230-311-native-x86_64-linux.so", "demo/x.so"),
        ("demo/x.abi3.so", "demo/x.abi3.so"),
        ("demo/libx.so", "demo/libx.so"),
        ("demo.cpython-311/x.txt", "demo.cpython-311/x.txt"),
        ("", ""),
    ],
)
def test_modules_for_several_interpreters_have_one_path_without_them(path: str, plain: str) -> None:
    assert without_interpreter(path) == plain
