from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import X86_64, File, a_wheel
from wheelcheck.facts import Wheel
from wheelcheck.facts.collect import collect
from wheelcheck.facts.requirements import bringers

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = ("-shared", "-fPIC", "-nostdlib", "-s")
REQUIRED = ("Requires-Dist: math-lib>=2", 'Requires-Dist: plots; extra == "plot"')


def found(folder: Path, path: str, search: str, *requires: str) -> tuple[str, ...]:
    """Write a wheel with one library at this path and with this search path, and ask who may bring what it needs."""
    content = native.compile_c(native.PLAIN_C, "x86_64-linux-gnu.2.17", *SHAPE, f"-Wl,-rpath,{search}", name="l.so")
    metadata = "\n".join(("Metadata-Version: 2.1", "Name: demo", "Version: 1.0", *requires, "")).encode()
    wheel = collect(a_wheel(X86_64, File(path, content), dist_info={"METADATA": metadata}).write(folder))
    assert isinstance(wheel, Wheel)
    (member,) = wheel.natives
    assert member.binary
    return bringers(wheel, member, member.binary.slices[0])


@pytest.mark.parametrize(
    ("path", "search"),
    [
        ("demo-1.0.data/data/lib/libdemo.so", "$ORIGIN"),
        ("demo/libdemo.so", "$ORIGIN/../math/cublas/lib"),
        ("demo/libdemo.so", "${ORIGIN}/../math_lib"),
        ("demo-1.0.data/platlib/demo/libdemo.so", "$ORIGIN/../math_lib"),
        ("demo/libdemo.so", "/opt/lib:$ORIGIN:$ORIGIN/../math_lib/lib"),
    ],
)
def test_a_required_distribution_may_bring_what_is_looked_for_outside_the_wheels_own_folders(
    path: str, search: str, tmp_path: Path
) -> None:
    assert found(tmp_path, path, search, *REQUIRED) == ("math-lib",)


@pytest.mark.parametrize(
    ("path", "search", "requires"),
    [
        ("demo/libdemo.so", "$ORIGIN", REQUIRED),
        ("demo/lib/libdemo.so", "$ORIGIN/..", REQUIRED),
        ("demo/libdemo.so", "$ORIGIN/..", REQUIRED),
        ("demo/libdemo.so", "$ORIGIN/../../outside", REQUIRED),
        ("demo/libdemo.so", "/opt/math_lib", REQUIRED),
        ("demo/libdemo.so", "$ORIGIN/../other", REQUIRED),
        ("demo/libdemo.so", "$ORIGIN/../mat", REQUIRED),
        ("demo/libdemo.so", "$ORIGIN/../plots", REQUIRED),
        ("demo-1.0.data/data/lib/libdemo.so", "$ORIGIN", ()),
        ("demo-1.0.data/data/lib/libdemo.so", "$ORIGIN", REQUIRED[1:]),
        ("demo-1.0.data/data/lib/libdemo.so", "$ORIGIN", ("Requires-Dist: no requirement!",)),
    ],
)
def test_nobody_brings_what_is_looked_for_in_the_wheel_or_what_is_not_required(
    path: str, search: str, requires: tuple[str, ...], tmp_path: Path
) -> None:
    assert found(tmp_path, path, search, *requires) == ()
