from __future__ import annotations

import pytest

from wheelcheck.platforms.wheel_tags import Wheels, WheelTag


def tag(text: str) -> WheelTag:
    return WheelTag(*text.split("-"))


@pytest.mark.parametrize(
    ("given", "expected", "fills"),
    [
        ("cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_x86_64", True),
        ("cp311-cp311-manylinux_2_5_x86_64", "cp311-cp311-manylinux_2_17_x86_64", True),
        ("cp311-cp311-manylinux1_x86_64", "cp311-cp311-manylinux_2_17_x86_64", True),
        ("cp311-cp311-manylinux2014_x86_64", "cp311-cp311-manylinux_2_17_x86_64", True),
        ("cp311-cp311-manylinux_2_28_x86_64", "cp311-cp311-manylinux_2_17_x86_64", False),
        ("cp311-cp311-manylinux_2_17_aarch64", "cp311-cp311-manylinux_2_17_x86_64", False),
        ("cp312-cp312-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_x86_64", False),
        ("cp311-abi3-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_x86_64", False),
        ("cp311-cp311-musllinux_1_1_x86_64", "cp311-cp311-manylinux_2_17_x86_64", False),
        ("cp311-cp311-musllinux_1_1_x86_64", "cp311-cp311-musllinux_1_2_x86_64", True),
        ("cp311-cp311-macosx_10_9_x86_64", "cp311-cp311-macosx_11_0_x86_64", True),
        ("cp311-cp311-macosx_10_9_universal2", "cp311-cp311-macosx_11_0_arm64", False),
        ("cp311-cp311-win_amd64", "cp311-cp311-win_amd64", True),
        ("cp311-cp311-win32", "cp311-cp311-win_amd64", False),
        ("cp311-cp311-manylinux_2_5_vax", "cp311-cp311-manylinux_2_17_vax", False),
        ("py3-none-any", "py3-none-any", True),
    ],
)
def test_a_wheel_fills_a_place_if_everybody_there_can_install_it(given: str, expected: str, *, fills: bool) -> None:
    assert Wheels([(tag(given), "a")]).fill(tag(expected)) is fills
    assert Wheels([(tag(expected), "a")]).need(tag(given)) is fills


def test_the_nearest_wheel_is_told_with_what_differs() -> None:
    wheels = Wheels([(tag("cp311-cp311-manylinux_2_28_x86_64"), "a"), (tag("cp312-cp312-win_amd64"), "b")])
    assert wheels.nearest(tag("cp311-cp311-manylinux_2_17_x86_64")) == ("a", "version")
    assert wheels.nearest(tag("cp311-cp311-win_amd64")) == ("b", "cp312-cp312")
    assert wheels.nearest(tag("cp312-cp312-win32")) == ("b", "win_amd64")
    assert wheels.nearest(tag("py3-none-any")) == ("", "")
