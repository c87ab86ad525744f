from __future__ import annotations

import sys

import pytest

from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.builder.wheel import Pair, tagged_name
from wheelcheck.platforms.arch import find

X86 = Target(find("x86_64"), (2, 17))
ARM = Target(find("aarch64"), (2, 28))
MINOR = sys.version_info.minor
RUNNING = f"cp3{MINOR}"


@pytest.mark.parametrize(
    ("built", "pair", "target", "name"),
    [
        (
            "demo-1.0-cp310-abi3-linux_x86_64.whl",
            ("cp310", "abi3"),
            X86,
            "demo-1.0-cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        ),
        ("demo-1.0-py3-none-any.whl", ("py3", "none"), ARM, "demo-1.0-py3-none-manylinux_2_28_aarch64.whl"),
        ("demo-1.0-py2.py3-none-any.whl", ("py3", "none"), ARM, "demo-1.0-py3-none-manylinux_2_28_aarch64.whl"),
        ("demo-1.0-2-py3-none-any.whl", ("py3", "none"), ARM, "demo-1.0-2-py3-none-manylinux_2_28_aarch64.whl"),
        ("demo-1.0-py2.py3-none-any.whl", ("py2.py3", "none"), ARM, "demo-1.0-py2.py3-none-manylinux_2_28_aarch64.whl"),
        (
            "demo-1.0-cp311-cp311-linux_x86_64.whl",
            ("cp311", "cp311"),
            ARM,
            "demo-1.0-cp311-cp311-manylinux_2_28_aarch64.whl",
        ),
    ],
)
def test_a_wheel_keeps_its_python_and_abi_and_gets_the_platform_of_the_target(
    built: str, pair: Pair, target: Target, name: str
) -> None:
    assert tagged_name(built, pair, target) == name


@pytest.mark.parametrize(
    ("built", "pair", "found"),
    [
        ("demo-1.0-cp311-cp311-linux_x86_64.whl", ("cp310", "abi3"), "cp311-cp311"),
        ("demo-1.0-cp311-abi3-linux_x86_64.whl", ("cp310", "abi3"), "cp311-abi3"),
        ("demo-1.0-py3-none-any.whl", ("cp310", "abi3"), "py3-none"),
        ("demo-1.0-py2.py3-none-any.whl", ("cp310", "none"), "py2-none/py3-none"),
        ("demo-1.0-py3-none-any.whl", ("py2.py3", "none"), "py3-none"),
    ],
)
def test_a_wheel_for_another_python_than_configured_is_refused(built: str, pair: Pair, found: str) -> None:
    with pytest.raises(BuildError, match=f"built for {found}, the configuration asks for {'-'.join(pair)}; make"):
        tagged_name(built, pair, X86)


def test_what_setuptools_must_be_told_for_a_stable_abi_is_in_the_message() -> None:
    with pytest.raises(BuildError, match=r'"--build-option" = "--py-limited-api=cp39"'):
        tagged_name("demo-1.0-cp311-cp311-linux_x86_64.whl", ("cp39", "abi3"), X86)
    with pytest.raises(BuildError, match=r"agree\Z"):
        tagged_name("demo-1.0-cp311-cp311-linux_x86_64.whl", ("cp312", "cp312"), X86)
