from __future__ import annotations

import pytest
from packaging.tags import cpython_tags, ios_platforms, mac_platforms

from wheelcheck.platforms.published import is_asked_for, is_asked_for_wherever, is_looked_for, is_taken_by_pypi
from wheelcheck.platforms.tags import Platform, parse_platform


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
        ("manylinux1_x86_64", True, True),
        ("manylinux1_aarch64", False, False),
        ("manylinux2010_s390x", False, False),
        ("manylinux2014_aarch64", True, True),
        ("manylinux2014_riscv64", False, True),
        ("manylinux_2_5_i686", True, True),
        ("manylinux_2_4_x86_64", True, False),
        ("manylinux_2_12_aarch64", True, False),
        ("manylinux_3_0_x86_64", True, False),
        ("manylinux_2_17_1_x86_64", False, True),
        ("manylinux_2_x86_64", False, False),
        ("musllinux_2_0_x86_64", True, False),
        ("musllinux_x86_64", False, False),
        ("linux_armv6l", True, True),
        ("linux_armv7l", True, True),
        ("linux_x86_64", False, True),
        ("macosx_11_0_arm64", True, True),
        ("macosx_26_0_arm64", True, True),
        ("macosx_16_0_arm64", False, True),
        ("macosx_9_0_x86_64", False, False),
        ("macosx_12_3_arm64", False, False),
        ("macosx_10_9_universal2", True, True),
        ("macosx_10_9_arm64", True, False),
        ("macosx_10_16_x86_64", True, True),
        ("macosx_10_17_x86_64", True, False),
        ("macosx_10_6_fat", True, True),
        ("macosx_10_6_fat32", False, True),
        ("macosx_11_0_aarch64", False, True),
        ("ios_13_0_arm64_iphoneos", True, True),
        ("ios_13_0_x86_64_iphonesimulator", True, True),
        ("ios_13_0_x86_64_iphoneos", True, False),
        ("ios_13_0_arm64", False, True),
        ("ios_13_arm64_iphoneos", False, True),
        ("ios_11_0_arm64_iphoneos", True, False),
        ("ios_13_0_i386_iphonesimulator", False, True),
        ("android_24_arm64_v8a", True, True),
        ("android_24_x86", True, True),
        ("android_24_aarch64", False, True),
        ("android_15_x86_64", True, False),
        ("android_24_riscv64", False, True),
        ("win32", True, True),
        ("win_arm64", True, True),
        ("win_ia64", True, True),
        ("win_arm32", False, True),
        ("win_vax", False, True),
        ("win_x86_64", False, True),
        ("pyemscripten_2025_0_wasm32", True, True),
        ("pyemscripten_2025_wasm32", False, True),
        ("pyodide_2024_0_wasm32", False, True),
        ("emscripten_3_1_58_wasm32", False, True),
        ("solaris_2_11_x86_64", False, True),
        ("freebsd_14_0_release_amd64", False, True),
        ("fakeplat", False, True),
        ("", False, True),
        ("any", True, True),
    ],
)
def test_a_tag_says_whether_pypi_takes_it_and_pip_looks_for_it(tag: str, *, pypi: bool, pip: bool) -> None:
    platform = parse_platform(tag)
    assert (is_taken_by_pypi(platform), is_looked_for(platform)) == (pypi, pip)


@pytest.mark.parametrize("machine", ["x86_64", "arm64"])
def test_what_packaging_asks_for_on_a_mac_is_looked_for(machine: str) -> None:
    asked = {*mac_platforms((26, 0), machine), *ios_platforms((26, 1), f"{machine}-iphonesimulator")}
    assert [tag for tag in asked if not is_looked_for(parse_platform(tag))] == []
    assert [tag for tag in asked if parse_platform(tag).system == "other"] == []


@pytest.mark.parametrize(
    ("version", "abi"),
    [((3, 8), "cp38"), ((3, 7), "cp37m"), ((2, 7), "cp27mu"), ((3, 15), "cp315t"), ((3, 13), "cp313td")],
)
def test_what_packaging_asks_for_is_asked_for(version: tuple[int, int], abi: str) -> None:
    asked = cpython_tags(version, [abi], ["any"])
    assert [str(tag) for tag in asked if not is_asked_for(tag.interpreter, tag.abi)] == []


@pytest.mark.parametrize(
    ("python", "abi", "asked"),
    [
        ("cp312", "cp312", True),
        ("cp312", "cp311", False),
        ("cp312", "cp312t", False),
        ("cp313", "cp313t", True),
        ("cp313t", "cp313t", False),
        ("cp315", "abi3t", True),
        ("cp315t", "abi3t", False),
        ("cp39", "abi3", True),
        ("cp27", "abi3", False),
        ("cp3", "abi3", False),
        ("cp39", "cp39m", False),
        ("cp39", "cp39d", True),
        ("cp312", "none", True),
        ("py3", "none", True),
        ("py312", "none", True),
        ("py3", "abi3", False),
        ("py3", "cp312", False),
        ("pp310", "pypy310_pp73", True),
        ("pp373", "pypy36_pp73", True),
        ("pp27", "pypy_41", True),
        ("pp310", "abi3", False),
        ("graalpy311", "graalpy242_311_native", True),
        ("graalpy311", "cp311", False),
        ("ip27", "none", True),
        ("fake3", "none", False),
        ("cpython312", "cp312", False),
        ("python", "none", False),
        ("", "", False),
    ],
)
def test_an_interpreter_asks_for_its_own_abi_a_stable_one_or_none(python: str, abi: str, *, asked: bool) -> None:
    assert is_asked_for(python, abi) is asked


@pytest.mark.parametrize(
    ("wide", "narrow", "holds"),
    [
        ("cp312-cp312-linux_x86_64", "cp312-cp312-manylinux_2_17_x86_64", True),
        ("cp312-cp312-linux_x86_64", "cp312-cp312-musllinux_1_2_x86_64", True),
        ("cp312-cp312-linux_aarch64", "cp312-cp312-manylinux_2_17_x86_64", False),
        ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-linux_x86_64", False),
        ("cp312-cp312-manylinux1_x86_64", "cp312-cp312-manylinux_2_5_x86_64", True),
        ("cp312-cp312-manylinux2014_x86_64", "cp312-cp312-manylinux_2_28_x86_64", True),
        ("py3-none-any", "cp312-cp312-win_amd64", True),
        ("py3-none-any", "py312-none-any", True),
        ("py312-none-any", "py3-none-any", False),
        ("py38-none-any", "cp312-cp312-win_amd64", True),
        ("py2-none-any", "cp312-cp312-win_amd64", False),
        ("cp312-none-any", "cp312-cp312-win_amd64", True),
        ("cp39-abi3-win_amd64", "cp312-cp312-win_amd64", True),
        ("cp39-abi3-win_amd64", "cp313-cp313t-win_amd64", False),
        ("cp39-abi3-win_amd64", "cp38-cp38-win_amd64", False),
        ("cp39-cp39-win_amd64", "cp310-cp310-win_amd64", False),
        ("cp39-abi3-win_amd64", "cp39-abi3-win_arm64", False),
        ("py3-none-macosx_10_9_universal2", "py3-none-macosx_11_0_arm64", True),
        ("py3-none-macosx_11_0_arm64", "py3-none-macosx_11_0_universal2", False),
        ("py3-none-ios_13_0_arm64_iphoneos", "py3-none-ios_14_0_arm64_iphoneos", True),
        ("py3-none-ios_13_0_arm64_iphoneos", "py3-none-ios_14_0_arm64_iphonesimulator", False),
        ("pp310-none-any", "pp310-pypy310_pp73-win_amd64", True),
        ("fake-none-any", "cp312-cp312-win_amd64", False),
        (f"py3{'9' * 5000}-none-any", f"py3{'8' * 5000}-none-any", False),
        (f"cp3{'9' * 5000}-abi3-win_amd64", f"cp3{'9' * 5000}-cp3{'9' * 5000}-win_amd64", False),
    ],
)
def test_a_wider_tag_is_asked_for_wherever_the_narrow_one_is(wide: str, narrow: str, *, holds: bool) -> None:
    def parsed(tag: str) -> tuple[str, str, Platform]:
        python, abi, platform = tag.split("-")
        return python, abi, parse_platform(platform)

    assert is_asked_for_wherever(parsed(wide), parsed(narrow)) is holds
