from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64, a_wheel
from tests.support.native_files import dll, library, mac, tags_of
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Wheel

PYEMSCRIPTEN = "cp313-cp313-pyemscripten_2025_0_wasm32"


def facts_of(bad: str, good: str) -> tuple[Wheel, Wheel]:
    """The facts of a wheel with tags that nobody takes, and of one with tags that look alike."""
    return artifacts.wheel(bad), artifacts.wheel(good)


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
        *(
            Twins(
                "WC208",
                f"uv knows no tag in capital letters, such as {tag}",
                artifacts.wheel(tag),
                artifacts.wheel(tag.lower()),
                f"found the tags {tag}, expected {tag.lower()}",
            )
            for tag in ("cp311-cp311-manylinux_2_17_X86_64", "CP311-cp311-win_amd64", "py3-None-any")
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
        Twins(
            "WC208",
            "PyPI has no wheels for Solaris",
            a_wheel("py3-none-solaris_2_11_x86_64", library("x86_64")),
            a_wheel("py3-none-manylinux_2_17_x86_64", library("x86_64")),
            "found platform tag solaris_2_11_x86_64, expected a platform that PyPI accepts",
            also=("WC308",),
        ),
        *(
            Twins("WC208", f"{bad} is none that can be published and installed", *facts_of(bad, good), found)
            for bad, good, found in (
                ("py3-none-fakeplat", "py3-none-any", "fakeplat, expected a platform that PyPI accepts"),
                ("py3-none-manylinux1_aarch64", "py3-none-manylinux2014_aarch64", "manylinux wheels PyPI accepts"),
                ("py3-none-manylinux_2_5_aarch64", "py3-none-manylinux_2_5_i686", "one that an installer looks for"),
                ("py3-none-musllinux_2_0_x86_64", "py3-none-musllinux_1_0_x86_64", "one that an installer looks for"),
                ("cp313-cp313-pyodide_2025_0_wasm32", PYEMSCRIPTEN, "expected pyemscripten_YEAR_N_wasm32"),
                ("cp313-cp313-emscripten_4_0_9_wasm32", PYEMSCRIPTEN, "expected pyemscripten_YEAR_N_wasm32"),
                ("py3-none-macosx_16_0_arm64", "py3-none-macosx_26_0_arm64", "a version and a CPU of macOS"),
                ("py3-none-macosx_10_9_arm64", "py3-none-macosx_10_9_universal2", "one that an installer looks for"),
                ("py3-none-win_x86_64", "py3-none-win_amd64", "found platform tag win_x86_64"),
                ("cp315t-abi3t-win_amd64", "cp315-abi3t-win_amd64", "no Python asks for cp315t-abi3t:"),
                ("cp312-cp311-win_amd64", "cp312-cp312-win_amd64", "no Python asks for cp312-cp311:"),
                ("py3-abi3-win_amd64", "cp39-abi3-win_amd64", "no Python asks for py3-abi3:"),
                ("cp311-cp311-any", "cp311-none-any", "found ABI tag cp311 with platform tag any, expected none"),
                ("cp311-abi3-any", "py2.py3-none-any", "found ABI tag abi3 with platform tag any"),
                ("cp311-abi3.cp311-any", "cp311-abi3.none-any", "found ABI tag abi3.cp311 with platform tag any"),
                ("pp310-pypy310_pp73-any", "pp310-none-any", "found ABI tag pypy310_pp73 with platform tag any"),
                ("cp311-cp311-any.win_amd64", "cp311-cp311-win_amd64", "found ABI tag cp311 with platform tag any"),
                ("py4-none-any", "py30-none-any", "no Python asks for py4-none:"),
                ("cp3012-none-win_amd64", "cp312-none-win_amd64", "no Python asks for cp3012-none:"),
                ("py3-none-manylinux_2_017_x86_64", "py3-none-manylinux_2_17_x86_64", "one that an installer looks"),
                ("py3-none-musllinux_01_2_x86_64", "py3-none-musllinux_1_2_x86_64", "one that an installer looks for"),
                ("py3-none-macosx_10_09_x86_64", "py3-none-macosx_10_9_x86_64", "one that an installer looks for"),
                ("cp312-cp311.cp312-win_amd64", "cp311.cp312-cp311.cp312-win_amd64", "found ABI tag cp311"),
            )
        ),
    ],
    ids=str,
)
def test_every_tag_can_be_published_and_installed(row: Twins, tmp_path: Path) -> None:
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
def test_tags_that_are_published_and_installed_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
