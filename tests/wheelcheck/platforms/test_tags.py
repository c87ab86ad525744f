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
        ("pyemscripten_2025_0_wasm32", "wasm", (), "", (2025, 0)),
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
def test_a_version_that_is_not_numeric_is_another_system_and_not_an_error(digits: str) -> None:
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
