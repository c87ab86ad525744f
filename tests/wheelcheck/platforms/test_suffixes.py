from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES

import pytest

from wheelcheck.platforms.suffixes import (
    ModuleName,
    is_extension_module,
    is_imported_on,
    lacks_its_platform,
    module_for_any_version,
    parse_module_name,
    version_of,
    without_interpreter,
)
from wheelcheck.platforms.tags import parse_platform

GNU = "x.cpython-311-x86_64-linux-gnu.so"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (GNU, ModuleName("x", "cp311", "x86_64-linux-gnu")),
        ("x.cp311-win_amd64.pyd", ModuleName("x", "cp311", "win_amd64", end="pyd")),
        ("x.cpython-313t-darwin.so", ModuleName("x", "cp313", "darwin", free_threaded=True)),
        ("x.cp313t-win_amd64.pyd", ModuleName("x", "cp313", "win_amd64", free_threaded=True, end="pyd")),
        ("x.pypy310-pp73-x86_64-linux-gnu.so", ModuleName("x", "pp310", "x86_64-linux-gnu")),
        ("x.abi3.so", None),
        ("x.so", None),
        ("x.abi3t.so", None),
        ("x.cpython-311.so", ModuleName("x", "cp311", "")),
        ("x.cp311.pyd", ModuleName("x", "cp311", "", end="pyd")),
        ("x.pypy310-pp73.so", ModuleName("x", "pp310", "")),
        ("x.abi3.pyd", ModuleName("x", "abi3", "", end="pyd")),
        ("x.abi3-x86_64-linux-gnu.so", ModuleName("x", "abi3", "x86_64-linux-gnu")),
        ("x.abi3t-darwin.so", ModuleName("x", "abi3t", "darwin")),
        ("x.graalpy230-311-native-x86_64-linux.so", ModuleName("x", "graalpy311", "native-x86_64-linux")),
        ("x.cpython311.so", ModuleName("x", "cpython311", "")),
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
        ("x.abi3t.so", True),
        ("x.abi3t-x86_64-linux-gnu.so", True),
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
        ("x.abi3t.so", "x"),
        ("x.abi3.pyd", ""),
        ("x.abi3-x86_64-linux-gnu.so", ""),
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
        ("demo/x.abi3-x86_64-linux-gnu.so", "demo/x.so"),
        ("demo/x.abi3.so", "demo/x.abi3.so"),
        ("demo/libx.so", "demo/libx.so"),
        ("demo.cpython-311/x.txt", "demo.cpython-311/x.txt"),
        ("", ""),
    ],
)
def test_modules_for_several_interpreters_have_one_path_without_them(path: str, plain: str) -> None:
    assert without_interpreter(path) == plain


@pytest.mark.parametrize(
    ("name", "tag", "lacks"),
    [
        ("x.cpython-312.so", "manylinux_2_17_x86_64", True),
        ("x.cpython-312.so", "musllinux_1_2_x86_64", True),
        ("x.cpython-312.so", "macosx_11_0_arm64", True),
        ("x.cpython-312.so", "android_24_x86_64", True),
        ("x.cpython-312.so", "freebsd_14_0_release_amd64", False),
        ("x.cpython-34m.so", "manylinux1_x86_64", False),
        ("x.cpython-35m.so", "manylinux1_x86_64", True),
        ("x.cp312.pyd", "win_amd64", True),
        ("x.cp34.pyd", "win_amd64", True),
        ("x.abi3.pyd", "win_amd64", True),
        ("x.pypy310-pp73.so", "manylinux_2_17_x86_64", True),
        (GNU, "manylinux_2_17_x86_64", False),
    ],
)
def test_since_3_5_a_name_needs_its_platform_wherever_its_triplet_is_known(name: str, tag: str, *, lacks: bool) -> None:
    found = parse_module_name(name)
    assert found
    assert lacks_its_platform(found, parse_platform(tag)) is lacks


def test_no_suffix_of_this_interpreter_lacks_what_it_needs() -> None:
    for suffix in EXTENSION_SUFFIXES:
        name = parse_module_name(f"x{suffix}")
        assert name is None or name.platform


@pytest.mark.parametrize(("interpreter", "version"), [("cp312", (3, 12)), ("pp3", (3,)), ("py", ()), ("cp3x", (3,))])
def test_an_interpreter_tag_holds_its_version(interpreter: str, version: tuple[int, ...]) -> None:
    assert version_of(interpreter) == version


@pytest.mark.parametrize(
    ("spelling", "tag", "found"),
    [
        ("powerpc64le-linux-gnu", "manylinux_2_19_ppc64le", True),
        ("ppc_64-linux-gnu", "manylinux_2_19_ppc64le", True),  # PyPy's
        ("ppc_64-linux-gnu", "manylinux_2_17_x86_64", False),
        ("x86-linux-gnu", "manylinux_2_17_i686", True),
        ("i386-linux-gnu", "manylinux_2_17_x86_64", False),
    ],
)
def test_interpreters_spell_a_cpu_in_their_own_way(spelling: str, tag: str, *, found: bool) -> None:
    assert is_imported_on(spelling, parse_platform(tag)) is found
