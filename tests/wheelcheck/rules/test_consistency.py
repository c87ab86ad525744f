from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import AARCH64, X86_64, File, a_release, a_wheel, an_sdist
from tests.support.native_files import library, program
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import ReleaseRecipe, WheelRecipe

INTEL_FILE = f"demo-1.0-{X86_64}.whl"
TOOL = "demo/bin/tool"
SOURCE = File("src/native.c", b"int answer(void) { return 42; }\n")


def intel(*files: File, tags: str = X86_64, **other: object) -> WheelRecipe:
    return a_wheel(tags, library("x86_64"), *files, **other)


def arm(*files: File) -> WheelRecipe:
    return a_wheel(AARCH64, library("aarch64"), *files)


def pair(more_intel: tuple[File, ...], more_arm: tuple[File, ...]) -> ReleaseRecipe:
    return a_release(intel(*more_intel), arm(*more_arm))


def metadata(*lines: str, version: str = "2.2") -> bytes:
    return "\n".join((f"Metadata-Version: {version}", "Name: demo", "Version: 1.0", *lines, "")).encode()


def described(wheel: str, sdist: str, *lines: str, version: str = "2.2") -> ReleaseRecipe:
    """A release whose wheel and sdist have one line of metadata each, the sdist some more."""
    info = File("PKG-INFO", metadata(sdist, *lines, version=version))
    return a_release(intel(dist_info={"METADATA": metadata(wheel)}), an_sdist(SOURCE, info))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC710",
            "a program that one CPU's wheel lacks",
            pair((program("x86_64"),), ()),
            pair((program("x86_64"),), (program("aarch64"),)),
            "found nothing like it, expected it as in the wheels for other CPUs",
            (TOOL,),
        ),
        Twins(
            "WC710",
            "a library that one CPU's wheel lacks may be right",
            pair((library("x86_64", "demo/extra.so"),), ()),
            pair((library("x86_64", "demo/extra.so"),), (library("aarch64", "demo/extra.so"),)),
            "found nothing like it",
            ("demo/extra.so",),
            severity="warning",
        ),
        Twins(
            "WC710",
            "an exec bit that was lost on one CPU's way",
            pair((program("x86_64"),), (File(TOOL, program("aarch64").content),)),
            pair((program("x86_64"),), (program("aarch64"),)),
            "found mode 0o100644, expected an exec bit as elsewhere",
            (TOOL,),
            also=("WC302",),
        ),
        Twins(
            "WC711",
            "a data file that differs",
            pair((File("demo/built.txt", b"monday\n"),), (File("demo/built.txt", b"tuesday\n"),)),
            pair((File("demo/built.txt", b"monday\n"),), (File("demo/built.txt", b"monday\n"),)),
            "found 2 contents in the wheels for several CPUs",
            ("demo/built.txt",),
            severity="note",
        ),
        Twins(
            "WC712",
            "one ctypes library for each Python, as sandlock publishes it",
            a_release(intel(), intel(tags="cp312-cp312-manylinux_2_17_x86_64")),
            a_release(intel(), a_wheel("cp312-cp312-manylinux_2_17_x86_64", library("x86_64"), program("x86_64"))),
            "found the same native code in 2 wheels, one per Python",
            (INTEL_FILE,),
            severity="note",
        ),
        Twins(
            "WC713",
            "another Python than the sdist asks for",
            described("Requires-Python: >=3.8", "Requires-Python: >=3.10"),
            described("Requires-Python: >=3.10", "Requires-Python: >= 3.10"),
            "found Requires-Python >=3.8, expected >=3.10 as demo-1.0.tar.gz says",
            (INTEL_FILE,),
        ),
        Twins(
            "WC713",
            "a requirement that the sdist does not have, unless it says that it is dynamic",
            described("Requires-Dist: numpy", "Author: me"),
            described("Requires-Dist: numpy", "Author: me", "Dynamic: Requires-Dist"),
            "found Requires-Dist numpy, expected nothing more",
            (INTEL_FILE,),
        ),
        Twins(
            "WC713",
            "only metadata since 2.2 is a promise",
            described("Author: me", "Requires-Dist: numpy"),
            described("Author: me", "Requires-Dist: numpy", version="2.1"),
            "found Requires-Dist less, expected numpy",
            (INTEL_FILE,),
        ),
    ],
    ids=str,
)
def test_the_artifacts_of_a_release_agree(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC710",
            "extension modules are named for their CPU",
            pair(
                (library("x86_64", "demo/_x.cpython-311-x86_64-linux-gnu.so"),),
                (library("aarch64", "demo/_x.cpython-311-aarch64-linux-gnu.so"),),
            ),
        ),
        Silent("WC710", "auditwheel's copies differ", pair((library("x86_64", "demo.libs/libz-1.so"),), ())),
        Silent("WC710", "test data", pair((program("x86_64", "tests/tool"),), ())),
        Silent("WC712", "one Python", a_release(intel())),
        Silent("WC712", "pure wheels", a_release(*(a_wheel(f"py{n}-none-any", File("demo/x.py")) for n in (2, 3)))),
        Silent("WC711", "one CPU", a_release(intel(File("demo/built.txt", b"monday\n")))),
    ],
    ids=str,
)
def test_differences_that_have_their_reason_are_left_alone(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
