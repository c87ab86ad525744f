from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import a_wheel
from tests.support.native_files import ARM64, UNIVERSAL2, apple, dll, library
from tests.support.twins import Silent, Twins, judge

if TYPE_CHECKING:
    from pathlib import Path

DEVICE, SIMULATOR = "cp313-cp313-ios_13_0_arm64_iphoneos", "cp313-cp313-ios_14_0_arm64_iphonesimulator"
MACOS, IOS, TVOS, WATCHOS, CATALYST, IOS_SIMULATOR, VISIONOS = 1, 2, 3, 4, 6, 7, 11
DYLIB = "demo/libnative.dylib"
FRAMEWORK = "demo/X.xcframework"
NATIVE = {DEVICE: IOS, SIMULATOR: IOS_SIMULATOR, ARM64: MACOS, UNIVERSAL2: MACOS}


def other(tags: str, system: int, found: str) -> Twins:
    cpus = ("x86_64", "aarch64") if tags == UNIVERSAL2 else ("aarch64",)
    beside = apple(NATIVE[tags], *cpus, path="demo/a.dylib", minimum=11)
    bad, good = apple(system, *cpus, minimum=11), apple(NATIVE[tags], *cpus, minimum=11)
    return Twins(
        "WC308",
        f"{found} under {tags}",
        a_wheel(tags, beside, bad),
        a_wheel(tags, beside, good),
        f"found {found} ",
        (DYLIB,),
    )


@pytest.mark.parametrize(
    "row",
    [
        other(DEVICE, IOS_SIMULATOR, "ios-simulator"),
        other(DEVICE, TVOS, "tvos"),
        other(DEVICE, WATCHOS, "watchos"),
        other(DEVICE, VISIONOS, "visionos"),
        other(DEVICE, MACOS, "macos"),
        other(SIMULATOR, IOS, "ios"),
        other(SIMULATOR, MACOS, "macos"),
        other(ARM64, CATALYST, "catalyst"),
        other(ARM64, IOS, "ios"),
        other(UNIVERSAL2, CATALYST, "catalyst"),
    ],
    ids=str,
)
def test_each_apple_system_loads_code_for_its_own_only(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


BOTH_VARIANTS = (
    apple(IOS, path=f"{FRAMEWORK}/ios-arm64/X.framework/X"),
    apple(IOS_SIMULATOR, path=f"{FRAMEWORK}/ios-arm64_x86_64-simulator/X.framework/X", minimum=14),
)


@pytest.mark.parametrize("code", ["WC301", "WC308", "WC501"])
@pytest.mark.parametrize("tags", [DEVICE, SIMULATOR])
def test_a_framework_with_both_variants_is_judged_by_the_tags_own(code: str, tags: str, tmp_path: Path) -> None:
    Silent(code, "an XCFramework", a_wheel(tags, *BOTH_VARIANTS)).assert_holds(tmp_path)


def test_code_for_a_newer_ios_than_the_tags_is_found(tmp_path: Path) -> None:
    bad, good = (a_wheel(DEVICE, apple(IOS, minimum=minimum)) for minimum in (14, 13))
    found = "aarch64 code needs ios 14.0, expected at most 13.0 for ios_13_0_arm64_iphoneos"
    Twins("WC501", "code for iOS 14", bad, good, found, (DYLIB,), "warning").assert_holds(tmp_path)


def test_the_device_half_alone_does_not_make_a_wheel_for_the_simulator(tmp_path: Path) -> None:
    bad, good = a_wheel(SIMULATOR, BOTH_VARIANTS[0]), a_wheel(SIMULATOR, *BOTH_VARIANTS)
    row = Twins("WC304", "the device half alone", bad, good, "found only ios aarch64 code", ("",))
    row.assert_holds(tmp_path)


def test_a_tag_for_device_and_one_for_simulator_need_code_for_both(tmp_path: Path) -> None:
    tags = f"{DEVICE}.ios_14_0_arm64_iphonesimulator"
    bad, good = a_wheel(tags, BOTH_VARIANTS[0]), a_wheel(tags, *BOTH_VARIANTS)
    found = "found only ios aarch64 code, expected code for ios_14_0_arm64_iphonesimulator too"
    Twins("WC304", "the device half alone", bad, good, found).assert_holds(tmp_path)


def test_tags_for_two_systems_need_code_for_both(tmp_path: Path) -> None:
    tags = "py3-none-manylinux_2_17_x86_64.win_amd64"
    bad, good = a_wheel(tags, library("x86_64")), a_wheel(tags, library("x86_64"), dll("x86_64"))
    found = "found only linux x86_64 code, expected code for win_amd64 too"
    Twins("WC304", "no code for Windows", bad, good, found).assert_holds(tmp_path)


@pytest.mark.parametrize(("tags", "system"), [(DEVICE, "ios"), (ARM64, "macos")])
def test_a_library_of_the_build_machine_is_nowhere_on_a_device_either(tags: str, system: str) -> None:
    code = artifacts.macho("aarch64", system=system, needed=("/opt/homebrew/lib/libfoo.dylib",))
    assert len(judge(artifacts.wheel(tags, artifacts.member(DYLIB, code)), "WC502")) == 1
