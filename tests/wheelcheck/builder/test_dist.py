from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelcheck.builder import dist
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "demo-1.0-cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"
ARM = "demo-1.0-cp310-abi3-manylinux2014_aarch64.manylinux_2_17_aarch64.whl"
LATER = "demo-1.0-cp310-abi3-manylinux_2_28_x86_64.whl"
SDIST = "demo-1.0.tar.gz"


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        ("demo-0.9.tar.gz", SDIST, True),
        (SDIST, SDIST, True),
        ("demo-0.9-cp310-abi3-manylinux_2_17_x86_64.whl", SDIST, True),
        (SDIST, "demo-1.1-py3-none-any.whl", True),
        (WHEEL, LATER, True),
        (LATER, WHEEL, True),
        (SDIST, WHEEL, False),
        (WHEEL, SDIST, False),
        (ARM, WHEEL, False),
        ("demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", WHEEL, False),
        ("other-0.9.tar.gz", SDIST, False),
        ("notes.txt", SDIST, False),
        ("demo-.tar.gz", SDIST, False),
    ],
)
def test_an_artifact_replaces_what_would_make_the_release_a_mixture(old: str, new: str, *, replaced: bool) -> None:
    assert dist.is_replaced(old, new) is replaced


def test_publishing_removes_what_is_replaced_and_says_so(tmp_path: Path) -> None:
    lines: list[str] = []
    (tmp_path / "dist").mkdir()
    for name in ("demo-0.9.tar.gz", ARM, SDIST):
        (tmp_path / "dist" / name).write_text("old")
    (tmp_path / SDIST).write_text("new")
    assert dist.publish(tmp_path / SDIST, tmp_path / "dist", lines.append) == tmp_path / "dist" / SDIST
    assert {file.name: file.read_text() for file in (tmp_path / "dist").iterdir()} == {ARM: "old", SDIST: "new"}
    assert lines == [f"removed demo-0.9.tar.gz: {SDIST} replaces it"]


def test_the_folder_is_made(tmp_path: Path) -> None:
    (tmp_path / SDIST).write_text("new")
    assert dist.publish(tmp_path / SDIST, tmp_path / "a" / "dist", print).read_text() == "new"


def test_the_wheels_of_a_target_are_only_its_own(tmp_path: Path) -> None:
    for name in (WHEEL, ARM, LATER, SDIST, "nonsense.whl"):
        (tmp_path / name).touch()
    assert [file.name for file in dist.wheels(tmp_path, Target(find("x86_64"), (2, 17)))] == [WHEEL]


def test_no_wheel_for_a_target_is_an_error_that_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / ARM).touch()
    with pytest.raises(BuildError, match=r"it holds no wheel for .*wheelcheck build wheels"):
        dist.wheels(tmp_path, Target(find("x86_64"), (2, 17)))


def test_the_sdist_is_the_one_there_is(tmp_path: Path) -> None:
    (tmp_path / SDIST).touch()
    assert dist.sdist(tmp_path).name == SDIST


@pytest.mark.parametrize(
    ("names", "found"), [((), "no file"), ((SDIST, "other-1.0.tar.gz"), f"{SDIST}, other-1.0.tar.gz")]
)
def test_no_sdist_and_two_are_errors(tmp_path: Path, names: tuple[str, ...], found: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(BuildError, match=f"{found} matches, but there must be exactly one; .*wheelcheck build sdist"):
        dist.sdist(tmp_path)
