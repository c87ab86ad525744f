from __future__ import annotations

import pytest
from packaging.tags import parse_tag, sys_tags

from wheelcheck.inputs import UnreachableError
from wheelcheck.locks import Target


def order(target: Target, *tags: str) -> list[str]:
    """Return those of the tags that an installer takes, the best first."""
    ranks = {
        text: min((target.ranks[tag] for tag in parse_tag(text) if tag in target.ranks), default=-1) for text in tags
    }
    return sorted((text for text in tags if ranks[text] >= 0), key=ranks.__getitem__)


@pytest.mark.parametrize(
    ("platform", "taken", "refused"),
    [
        (
            "manylinux_2_28_aarch64",
            ["manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"],
            ["manylinux_2_34_aarch64", "manylinux_2_28_x86_64", "musllinux_1_2_aarch64", "manylinux_2_5_aarch64"],
        ),
        (
            "manylinux_2_17_x86_64",
            ["manylinux_2_17_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"],
            ["win_amd64", "manylinux_2_28_x86_64"],
        ),
        (
            "musllinux_1_2_x86_64",
            ["musllinux_1_2_x86_64", "musllinux_1_1_x86_64"],
            ["musllinux_1_3_x86_64", "manylinux1_x86_64"],
        ),
        (
            "macosx_14_0_arm64",
            ["macosx_14_0_arm64", "macosx_11_0_arm64", "macosx_10_9_universal2"],
            ["macosx_15_0_arm64", "macosx_11_0_x86_64"],
        ),
        ("win_amd64", ["win_amd64"], ["win32", "win_arm64"]),
    ],
)
def test_a_platform_takes_what_its_installer_takes(platform: str, taken: list[str], refused: list[str]) -> None:
    tags = [f"cp312-cp312-{name}" for name in (*reversed(taken), *refused)]
    assert order(Target(platform, "3.12"), *tags) == [f"cp312-cp312-{name}" for name in taken]


def test_the_best_wheel_is_for_the_very_python_then_for_the_stable_abi_then_pure() -> None:
    tags = [
        "py3-none-any",
        "cp310-abi3-manylinux_2_17_x86_64",
        "cp312-cp312-manylinux_2_17_x86_64",
        "cp313-cp313-win32",
    ]
    assert order(Target("manylinux_2_28_x86_64", "3.12"), *tags) == [tags[2], tags[1], tags[0]]


def test_without_a_word_it_is_this_machine() -> None:
    assert sorted(Target().ranks, key=Target().ranks.__getitem__) == list(dict.fromkeys(sys_tags()))


@pytest.mark.parametrize(
    ("platform", "marker", "holds"),
    [
        ("win_amd64", "sys_platform == 'win32' and platform_machine == 'AMD64' and os_name == 'nt'", True),
        ("macosx_14_0_arm64", "platform_system == 'Darwin' and platform_machine == 'arm64'", True),
        ("manylinux_2_28_aarch64", "platform_machine == 'aarch64' and sys_platform == 'linux'", True),
        ("manylinux_2_28_aarch64", "sys_platform == 'win32'", False),
        ("manylinux_2_28_aarch64", "python_version < '3.12' or python_full_version < '3.12.0'", False),
        ("manylinux_2_28_aarch64", "python_version == '3.12' and implementation_name == 'cpython'", True),
        ("manylinux_2_28_aarch64", "extra == 'speed'", False),
    ],
)
def test_markers_are_evaluated_for_the_target_and_not_for_this_machine(
    platform: str, marker: str, *, holds: bool
) -> None:
    assert Target(platform, "3.12").takes(marker) is holds


@pytest.mark.parametrize(
    ("platform", "python", "said"),
    [
        ("manylinux_2_28_arm64", "", "'manylinux_2_28_arm64' is no platform tag"),
        ("linux", "", "'linux' is no platform tag"),
        ("any", "", "'any' is no platform tag"),
        ("", "2.7", "'2.7' is no version of Python"),
        ("", "cp312", "'cp312' is no version of Python"),
    ],
)
def test_what_is_no_platform_or_no_python_is_refused(platform: str, python: str, said: str) -> None:
    with pytest.raises(UnreachableError, match=said):
        Target(platform, python)


def test_a_strange_marker_is_a_reason() -> None:
    with pytest.raises(UnreachableError, match="cannot be evaluated"):
        Target().takes("sys_platform ==")
