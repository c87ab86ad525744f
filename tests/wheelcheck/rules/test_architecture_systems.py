from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.wheelcheck.building import a_wheel
from tests.wheelcheck.rules.natives import (
    ARM64,
    UNIVERSAL2,
    mac,
)
from tests.wheelcheck.rules.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC307",
            "an x86_64 library under a universal2 tag, as capstone 5.0.0.post1 had it",
            a_wheel(UNIVERSAL2, mac("x86_64")),
            a_wheel(UNIVERSAL2, mac("x86_64", "aarch64")),
            "found macos x86_64, expected x86_64 + aarch64",
            ("demo/libnative.dylib",),
        ),
        Twins(
            "WC307",
            "two tags, one CPU each, are the same promise",
            a_wheel("py3-none-macosx_11_0_x86_64.macosx_11_0_arm64", mac("aarch64")),
            a_wheel("py3-none-macosx_11_0_x86_64.macosx_11_0_arm64", mac("aarch64", "x86_64")),
            "found macos aarch64",
            ("demo/libnative.dylib",),
        ),
        Twins(
            "WC307",
            "a library that names its CPU needs a twin for the other one",
            a_wheel(UNIVERSAL2, mac("x86_64", path="demo/x86_64/libnative.dylib")),
            a_wheel(
                UNIVERSAL2,
                mac("x86_64", path="demo/x86_64/libnative.dylib"),
                mac("aarch64", path="demo/arm64/libnative.dylib"),
            ),
            "found macos x86_64",
            ("demo/x86_64/libnative.dylib",),
        ),
        Twins(
            "WC307",
            "an extension module with one slice, whatever its folder says",
            a_wheel(UNIVERSAL2, mac("aarch64", path="arm64/_x.abi3.so")),
            a_wheel(UNIVERSAL2, mac("aarch64", "x86_64", path="arm64/_x.abi3.so")),
            "found macos aarch64",
            ("arm64/_x.abi3.so",),
        ),
    ],
    ids=str,
)
def test_every_slice_of_a_universal_wheel_is_there(row: Twins, tmp_path: Path) -> None:
    row.check(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC307", "`intel` is served by its 64-bit half", a_wheel("py3-none-macosx_10_9_intel", mac("x86_64"))),
        Silent("WC307", "one CPU promises one slice", a_wheel(ARM64, mac("aarch64"))),
        Silent(
            "WC307",
            "test data is no promise",
            a_wheel(UNIVERSAL2, mac("x86_64", path="tests/libx.dylib"), mac("x86_64", "aarch64")),
        ),
    ],
    ids=str,
)
def test_a_slice_that_nobody_promised_is_not_missing(row: Silent, tmp_path: Path) -> None:
    row.check(tmp_path)
