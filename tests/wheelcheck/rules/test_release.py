from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts as building
from tests.support.artifacts import AARCH64, X86_64, File, a_release, a_wheel, an_sdist
from tests.support.native_files import library
from tests.support.twins import Silent, Twins
from wheelcheck.config import Config
from wheelcheck.platforms.wheel_tags import WheelTag

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import ReleaseRecipe, WheelRecipe

INTEL = a_wheel(X86_64, library("x86_64"))
ARM = a_wheel(AARCH64, library("aarch64"))
SOURCE = an_sdist(File("src/native.c", b"int answer(void) { return 42; }\n"))
SDIST = "demo-1.0.tar.gz"
WHEELS = tuple(WheelTag("cp311", "cp311", f"manylinux_2_17_{cpu}") for cpu in ("aarch64", "x86_64"))
BOTH = Config(wheels=WHEELS, sdist=True)


def expecting(*artifacts: building.WheelRecipe | building.SdistRecipe, config: Config = BOTH) -> ReleaseRecipe:
    return a_release(*artifacts, config=config)


def file_of(recipe: WheelRecipe) -> str:
    return f"{recipe.project}-{recipe.version}-{recipe.tags}.whl"


def of(version: str = "1.0", project: str = "demo", tags: str = X86_64) -> WheelRecipe:
    return a_wheel(tags, library("x86_64"), version=version, project=project)


COMPLETE = expecting(INTEL, ARM, SOURCE)
BUILD_9, BUILD_10 = (a_wheel(X86_64, library("x86_64"), file=f"demo-1.0-{build}-{X86_64}.whl") for build in ("9", "10"))
LEGACY = a_wheel("cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64", library("x86_64"))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC701",
            "one wheel of the set is not there",
            expecting(INTEL, SOURCE),
            COMPLETE,
            "missing: a cp311-cp311 wheel for manylinux_2_17_aarch64, which the configuration declares",
        ),
        Twins(
            "WC701",
            "the sdist is not there",
            expecting(INTEL, ARM),
            COMPLETE,
            "missing: the sdist, which the configuration declares",
        ),
        Twins(
            "WC701",
            "a wheel for a newer glibc is another wheel: the set is exact, not a count",
            expecting(a_wheel("cp311-cp311-manylinux_2_28_aarch64", library("aarch64")), INTEL, SOURCE),
            COMPLETE,
            "demo-1.0-cp311-cp311-manylinux_2_28_aarch64.whl is there, but it needs a newer glibc",
            also=("WC702",),
        ),
        Twins(
            "WC701",
            "a wheel for another Python is not the expected one",
            expecting(a_wheel("cp312-cp312-manylinux_2_17_x86_64", library("x86_64")), ARM, SOURCE),
            expecting(LEGACY, ARM, SOURCE),
            "demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl is there, but it is for cp312-cp312",
            also=("WC702",),
        ),
        Twins(
            "WC702",
            "a leftover wheel",
            expecting(INTEL, ARM, SOURCE, a_wheel("cp310-cp310-manylinux_2_17_x86_64", library("x86_64"))),
            COMPLETE,
            "the configuration declares no such wheel",
            ("demo-1.0-cp310-cp310-manylinux_2_17_x86_64.whl",),
        ),
        Twins(
            "WC702",
            "an sdist that is not expected",
            expecting(INTEL, ARM, SOURCE, config=Config(wheels=WHEELS, sdist=False)),
            expecting(INTEL, ARM, SOURCE, config=Config(wheels=WHEELS)),
            "the configuration says sdist = false",
            (SDIST,),
        ),
        Twins(
            "WC702",
            "a other_file among the artifacts",
            a_release(INTEL, others=("notes.txt",)),
            a_release(INTEL, others=(f"{file_of(INTEL)}.publish.attestation", ".gitignore")),
            "is neither a wheel nor an sdist",
            ("notes.txt",),
        ),
        Twins(
            "WC703",
            "two wheels for one tag",
            a_release(INTEL, a_wheel("cp311-cp311-manylinux_2_17_x86_64.manylinux_2_28_x86_64", library("x86_64"))),
            a_release(INTEL, a_wheel("cp311-cp311-manylinux_2_28_x86_64", library("x86_64"))),
            "serves cp311-cp311-manylinux_2_17_x86_64 too, and users get either one",
            (file_of(INTEL), "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl"),
        ),
        Twins(
            "WC703",
            "of two builds of one wheel an installer takes the later, which is legal",
            a_release(BUILD_9, BUILD_10),
            a_release(BUILD_10),
            f"is one of 2 builds for {X86_64}; installers take demo-1.0-10-{X86_64}.whl",
            (f"demo-1.0-9-{X86_64}.whl", f"demo-1.0-10-{X86_64}.whl"),
            severity="warning",
        ),
        Twins(
            "WC703",
            "a build tag is newer than none",
            a_release(INTEL, BUILD_9),
            a_release(INTEL),
            f"installers take demo-1.0-9-{X86_64}.whl",
            (file_of(INTEL), f"demo-1.0-9-{X86_64}.whl"),
            severity="warning",
        ),
        Twins(
            "WC703",
            "two wheels of one build are chance, whatever other builds there are",
            building.release(*map(building.wheel, (X86_64, f"9-{X86_64}", f"9-{X86_64}.manylinux_2_5_x86_64"))),
            building.release(*map(building.wheel, (X86_64, f"9-{AARCH64}", "9-py3-none-any"))),
            f"serves {X86_64} too, and users get either one",
            (file_of(INTEL), f"demo-1.0-9-{X86_64}.whl", f"demo-1.0-9-{X86_64}.manylinux_2_5_x86_64.whl"),
        ),
        Twins(
            "WC704",
            "a wheel of another project",
            a_release(INTEL, ARM, of(project="other")),
            a_release(INTEL, ARM, of(project="demo", tags="cp312-cp312-manylinux_2_17_x86_64")),
            "found project 'other', expected 'demo' as the others",
            (file_of(of(project="other")),),
        ),
        Twins(
            "WC705",
            "a wheel of the version before",
            a_release(INTEL, ARM, of("0.9")),
            a_release(INTEL, ARM, of(tags="cp312-cp312-manylinux_2_17_x86_64")),
            "found version '0.9', expected '1.0' as the others",
            (file_of(of("0.9")),),
        ),
    ],
    ids=str,
)
def test_the_artifacts_are_exactly_what_was_expecting(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def test_two_sdists_of_one_version_are_one_too_many(tmp_path: Path) -> None:
    row = Twins(
        "WC703",
        "two sdists",
        building.release(building.sdist(), building.sdist()),
        building.release(building.sdist()),
        "is an sdist of the same version",
        (SDIST,),
    )
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC701", "nothing is expected", a_release(INTEL)),
        Silent("WC702", "nothing is expected", a_release(INTEL, SOURCE)),
        Silent(
            "WC701",
            "the other CPU is built elsewhere",
            expecting(INTEL, SOURCE, config=BOTH.for_architecture("x86_64")),
        ),
        Silent(
            "WC702", "the other CPU is here too", expecting(INTEL, ARM, SOURCE, config=BOTH.for_architecture("x86_64"))
        ),
        Silent(
            "WC701",
            "one wheel may be several expected ones",
            expecting(
                a_wheel("cp310.cp311-abi3-manylinux_2_17_x86_64", library("x86_64")),
                config=Config(
                    wheels=tuple(WheelTag(python, "abi3", "manylinux_2_17_x86_64") for python in ("cp310", "cp311"))
                ),
            ),
        ),
        Silent(
            "WC704",
            "names are compared normalised",
            a_release(INTEL, a_wheel(AARCH64, library("aarch64"), project="Demo")),
        ),
        Silent(
            "WC705",
            "versions are compared normalised",
            a_release(INTEL, a_wheel(AARCH64, library("aarch64"), version="1.0")),
        ),
    ],
    ids=str,
)
def test_a_release_with_everything_expected_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
