from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64, a_wheel
from tests.support.native_files import dll, library, mac, tags_of
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC208",
            "PyPI refuses a tag that promises no C library",
            a_wheel("cp311-cp311-linux_x86_64", library("x86_64")),
            a_wheel(X86_64, library("x86_64")),
            "found platform tag linux_x86_64, expected manylinux or musllinux",
        ),
        Twins(
            "WC208",
            "no pip asks for a minor version of macOS 12",
            a_wheel("cp311-cp311-macosx_12_3_arm64", mac("aarch64")),
            a_wheel("cp311-cp311-macosx_12_0_arm64", mac("aarch64")),
            "found platform tag macosx_12_3_arm64, expected macosx_N_0",
        ),
        Twins(
            "WC208",
            "PyPI takes no manylinux wheel for this CPU",
            a_wheel(tags_of("loongarch64"), library("loongarch64")),
            a_wheel(tags_of("riscv64"), library("riscv64")),
            "expected one for a CPU whose manylinux wheels PyPI accepts",
        ),
        Twins(
            "WC208",
            "nor a musllinux wheel",
            artifacts.wheel("cp311-cp311-musllinux_1_2_ppc64"),
            artifacts.wheel("cp311-cp311-musllinux_1_2_ppc64le"),
            "found platform tag musllinux_1_2_ppc64, expected one for a CPU whose musllinux wheels PyPI accepts",
        ),
        Twins(
            "WC208",
            "no installer looks for a manylinux wheel for armv6l",
            artifacts.wheel("cp311-cp311-manylinux_2_17_armv6l"),
            artifacts.wheel("cp311-cp311-linux_armv6l"),
            "found platform tag manylinux_2_17_armv6l",
        ),
        Twins(
            "WC208",
            "a CPU that nobody has heard of",
            artifacts.wheel("py3-none-manylinux_2_17_vax"),
            artifacts.wheel("py3-none-manylinux_2_17_s390x"),
            "found platform tag manylinux_2_17_vax",
        ),
        Twins(
            "WC208",
            "one tag of a set is enough for PyPI to refuse the file",
            artifacts.wheel("py3-none-manylinux_2_17_x86_64.musllinux_1_2_armv6l"),
            artifacts.wheel("py3-none-manylinux_2_17_x86_64.musllinux_1_2_armv7l"),
            "found platform tag musllinux_1_2_armv6l",
        ),
    ],
    ids=str,
)
def test_every_platform_tag_can_be_published_and_installed(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC208", "ARM boards have no manylinux of their own", a_wheel("cp311-cp311-linux_armv7l", library("armv7l"))
        ),
        Silent("WC208", "macOS 10 had minor versions", artifacts.wheel("cp311-cp311-macosx_10_12_x86_64")),
        Silent("WC208", "Windows", a_wheel("cp311-cp311-win_amd64", dll("x86_64"))),
        Silent("WC208", "any CPU", a_wheel(tags_of("s390x"), library("s390x"))),
    ],
    ids=str,
)
def test_tags_that_are_published_and_installed_are_left_alone(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
