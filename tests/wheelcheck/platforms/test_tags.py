from __future__ import annotations

import pytest

from wheelcheck.platforms.tags import Platform, TagSystem, parse_platform

Version = tuple[int, ...]


@pytest.mark.parametrize(
    ("tag", "system", "arches", "libc", "floor"),
    [
        ("manylinux1_x86_64", "linux", ("x86_64",), "glibc", (2, 5)),
        ("manylinux2010_i686", "linux", ("i686",), "glibc", (2, 12)),
        ("manylinux2014_aarch64", "linux", ("aarch64",), "glibc", (2, 17)),
        ("manylinux_2_28_ppc64le", "linux", ("ppc64le",), "glibc", (2, 28)),
        ("manylinux_2_31_armv7l", "linux", ("armv7l",), "glibc", (2, 31)),
        ("manylinux_2_28_vax", "linux", (), "glibc", (2, 28)),
        ("manylinux_2_28_arm64", "linux", (), "glibc", (2, 28)),
        ("musllinux_1_2_riscv64", "linux", ("riscv64",), "musl", (1, 2)),
        ("linux_x86_64", "linux", ("x86_64",), "", ()),
        ("linux_", "linux", (), "", ()),
        ("macosx_11_0_arm64", "macos", ("aarch64",), "", (11, 0)),
        ("macosx_10_9_x86_64", "macos", ("x86_64",), "", (10, 9)),
        ("macosx_11_0_aarch64", "macos", (), "", (11, 0)),
        ("macosx_10_9_universal2", "macos", ("x86_64", "aarch64"), "", (10, 9)),
        ("macosx_10_6_intel", "macos", ("x86_64", "i686"), "", (10, 6)),
        ("ios_13_0_arm64_iphoneos", "ios", ("aarch64",), "", (13, 0)),
        ("ios_13_0_x86_64_iphonesimulator", "ios", ("x86_64",), "", (13, 0)),
        ("ios_13_0__iphoneos", "ios", (), "", (13, 0)),
        ("android_24_arm64_v8a", "android", ("aarch64",), "bionic", (24,)),
        ("android_24_x86_64", "android", ("x86_64",), "bionic", (24,)),
        ("android_24_x86", "android", ("i686",), "bionic", (24,)),
        ("win32", "windows", ("i686",), "", ()),
        ("win_amd64", "windows", ("x86_64",), "", ()),
        ("win_arm64", "windows", ("aarch64",), "", ()),
        ("win_x86_64", "other", (), "", ()),
        ("pyodide_2024_0_wasm32", "wasm", (), "", (2024, 0)),
        ("any", "any", (), "", ()),
        ("freebsd_13_amd64", "other", (), "", ()),
        ("freebsd_13_aarch64", "other", ("aarch64",), "", ()),
        ("", "other", (), "", ()),
        ("_", "other", (), "", ()),
    ],
)
def test_a_tag_is_taken_apart(tag: str, system: TagSystem, arches: tuple[str, ...], libc: str, floor: Version) -> None:
    assert parse_platform(tag) == Platform(tag, system, arches, libc, floor)


@pytest.mark.parametrize("digits", ["9" * 5_000, "\uff12"])
def test_a_version_that_is_no_number_of_ours_is_another_system_and_no_error(digits: str) -> None:
    assert parse_platform(f"manylinux_{digits}_17_x86_64").system == "other"


@pytest.mark.parametrize(
    ("tag", "binary_format"),
    [
        ("manylinux_2_17_x86_64", "ELF"),
        ("android_24_x86", "ELF"),
        ("freebsd_13_amd64", "ELF"),
        ("macosx_11_0_arm64", "Mach-O"),
        ("ios_13_0_arm64_iphoneos", "Mach-O"),
        ("win32", "PE"),
        ("pyodide_2024_0_wasm32", "wasm"),
        ("any", ""),
    ],
)
def test_each_system_loads_one_format(tag: str, binary_format: str) -> None:
    assert parse_platform(tag).binary_format == binary_format
    assert parse_platform(tag).is_any is (tag == "any")


@pytest.mark.parametrize(
    ("tag", "pypi", "pip"),
    [
        ("manylinux_2_17_x86_64", True, True),
        ("manylinux1_i686", True, True),
        ("manylinux_2_31_riscv64", True, True),
        ("musllinux_1_2_riscv64", True, True),
        ("manylinux_2_36_loongarch64", False, True),
        ("musllinux_1_2_loongarch64", False, True),
        ("manylinux_2_17_ppc64", True, True),
        ("musllinux_1_2_ppc64", False, True),
        ("manylinux_2_17_armv6l", False, False),
        ("manylinux2014_armv6l", False, False),
        ("musllinux_1_2_armv6l", False, True),
        ("manylinux_2_17_vax", False, False),
        ("musllinux_1_2_vax", False, False),
        ("linux_armv6l", True, True),
        ("linux_armv7l", True, True),
        ("linux_x86_64", False, True),
        ("macosx_11_0_arm64", True, True),
        ("macosx_10_9_universal2", True, True),
        ("macosx_10_6_fat", True, True),
        ("macosx_11_0_aarch64", False, True),
        ("ios_13_0_arm64_iphoneos", True, True),
        ("ios_13_0_i386_iphonesimulator", False, True),
        ("android_24_arm64_v8a", True, True),
        ("android_24_riscv64", False, True),
        ("win32", True, True),
        ("win_arm64", True, True),
        ("win_arm32", False, True),
        ("win_vax", False, True),
        ("pyodide_2024_0_wasm32", True, True),
        ("any", True, True),
    ],
)
def test_a_tag_says_whether_pypi_takes_it_and_pip_looks_for_it(tag: str, *, pypi: bool, pip: bool) -> None:
    platform = parse_platform(tag)
    assert (platform.is_taken_by_pypi, platform.is_looked_for_by_pip) == (pypi, pip)
