from __future__ import annotations

import pytest

from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.platforms.windows import (
    comes_with_python,
    is_debug_runtime,
    library_name,
    origin_of,
    python_library,
)


@pytest.mark.parametrize(
    ("name", "tag", "serves"),
    [
        ("python312.dll", "cp312-cp312", True),
        ("PYTHON312.DLL", "cp312-cp312", True),
        ("python312", "cp312-cp312", True),
        ("python31.dll", "cp311-cp311", False),
        ("python3.dll", "cp312-cp312", True),
        ("python3.dll", "cp38-abi3", True),
        ("python38.dll", "cp38-abi3", False),
        ("python27.dll", "cp27-cp27m", True),
        ("python313t.dll", "cp313-cp313t", True),
        ("python313.dll", "cp313-cp313t", False),
        ("python313t.dll", "cp313-cp313", False),
        ("python313t.dll", "cp313-none", True),
        ("python3t.dll", "cp314-cp314", False),
        ("python3t.dll", "cp315-cp315", True),
        ("python3t.dll", "cp315-abi3t", True),
        ("python3.dll", "cp315-abi3t", False),
        ("python3.dll", "py3-none", True),
        ("python312.dll", "py3-none", False),
        ("libpypy3.11-c.dll", "pp311-pypy311_pp73", True),
        ("libpypy3.10-c.dll", "pp311-pypy311_pp73", False),
        ("libpypy3-c.dll", "pp38-pypy38_pp73", True),
        ("libpypy3-c.dll", "cp38-cp38", False),
        ("python311.dll", "pp311-pypy311_pp73", False),
        ("python-native.dll", "graalpy312-graalpy250_312_native", True),
        ("python-native.dll", "cp312-cp312", False),
    ],
)
def test_an_interpreters_dll_serves_its_own_tags(name: str, tag: str, *, serves: bool) -> None:
    library = python_library(name)
    assert library is not None
    python, _, abi = tag.partition("-")
    assert library.serves(WheelTag(python, abi, "win_amd64")) is serves


@pytest.mark.parametrize(
    "name", ["python312_d.dll", "pythoncom312.dll", "pywintypes312.dll", "python.exe", "xpython3.dll"]
)
def test_other_names_are_no_interpreters_dll(name: str) -> None:
    assert python_library(name) is None


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("KERNEL32.dll", "Windows"),
        ("kernel32", "Windows"),
        ("WINSPOOL.DRV", "Windows"),
        ("api-ms-win-core-synch-l1-2-0.dll", "Windows"),
        ("ext-ms-win-ntuser-window-l1-1-0.dll", "Windows"),
        ("api-demo.dll", "unknown"),
        ("MSVCP140.dll", "Visual C++"),
        ("msvcp140_atomic_wait.dll", "Visual C++"),
        ("MFC140U.dll", "Visual C++"),
        ("VCOMP140.DLL", "Visual C++"),
        ("libgcc_s_seh-1.dll", "MinGW"),
        ("libstdc++-6.dll", "MinGW"),
        ("libgomp-1.dll", "MinGW"),
        ("nvcuda.dll", "graphics driver"),
        ("libcrypto-3-x64.dll", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_name_says_who_brings_a_dll(name: str, origin: str) -> None:
    assert origin_of(name) == origin


def test_the_loader_adds_a_suffix_to_names_without_one_alone() -> None:
    assert [library_name(name) for name in ("Foo", "foo.DLL", "foo.", "foo.pyd")] == [
        "foo.dll",
        "foo.dll",
        "foo",
        "foo.pyd",
    ]


@pytest.mark.parametrize(
    ("name", "python", "bits", "brought"),
    [
        ("VCRUNTIME140.dll", "cp312", 64, True),
        ("vcruntime140_1.dll", "cp39", 64, True),
        ("vcruntime140_1.dll", "cp38", 64, False),
        ("vcruntime140_1.dll", "cp312", 32, False),
        ("vcruntime140.dll", "py3", 32, True),
        ("vcruntime140.dll", "cp34", 32, False),
        ("msvcp140.dll", "cp312", 64, False),
    ],
)
def test_python_brings_the_c_runtime_it_was_built_with(name: str, python: str, bits: int, *, brought: bool) -> None:
    assert comes_with_python(name, WheelTag(python, "none", "win_amd64"), bits) is brought


def test_debug_builds_are_told_from_release_builds() -> None:
    debug = (
        "vcruntime140d.dll",
        "VCRUNTIME140_1D.dll",
        "msvcp140_2d.dll",
        "mfc140ud.dll",
        "python3_d.dll",
        "ucrtbased",
        "MSVCRTD.dll",
        "vcruntime140d.dll.",
    )
    release = ("vcruntime140.dll", "msvcp140_1.dll", "mfc140u.dll", "python3.dll", "ucrtbase.dll", "vcomp140.dll")
    assert [name for name in debug if not is_debug_runtime(name)] == []
    assert [name for name in release if is_debug_runtime(name)] == []
