from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts as building
from tests.support.artifacts import AARCH64, X86_64, File, a_release, a_wheel, an_sdist
from tests.support.native_files import dll, library, program
from tests.support.twins import Silent, Twins, findings, judge
from wheelcheck.facts import Wheel
from wheelcheck.facts.file_names import parse_file_name

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import ReleaseRecipe, WheelRecipe
    from wheelcheck.facts import Member, Release

INTEL_FILE = f"demo-1.0-{X86_64}.whl"
TOOL = "demo/bin/tool"
SOURCE = File("src/native.c", b"int answer(void) { return 42; }\n")


def intel(*files: File, tags: str = X86_64, **other: object) -> WheelRecipe:
    return a_wheel(tags, library("x86_64"), *files, **other)


def arm(*files: File) -> WheelRecipe:
    return a_wheel(AARCH64, library("aarch64"), *files)


def pair(more_intel: tuple[File, ...], more_arm: tuple[File, ...]) -> ReleaseRecipe:
    return a_release(intel(*more_intel), arm(*more_arm))


def facts(*more_intel: Member) -> Release:
    """A release of two wheels, one of which holds more."""
    return building.release(
        building.wheel(X86_64, building.member("demo/a.so", building.elf("x86_64")), *more_intel),
        building.wheel(AARCH64, building.member("demo/a.so", building.elf("aarch64"))),
    )


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
            "is missing here: the wheels for other CPUs contain this native file",
            (TOOL,),
        ),
        Twins(
            "WC710",
            "a library that one CPU's wheel lacks may be right",
            pair((library("x86_64", "demo/extra.so"),), ()),
            pair((library("x86_64", "demo/extra.so"),), (library("aarch64", "demo/extra.so"),)),
            "is missing here",
            ("demo/extra.so",),
            severity="warning",
        ),
        Twins(
            "WC710",
            "an exec bit that was lost on one CPU's way",
            pair((program("x86_64"),), (File(TOOL, program("aarch64").content),)),
            pair((program("x86_64"),), (program("aarch64"),)),
            "has mode 0o100644 here, and an exec bit in the other wheels",
            (TOOL,),
            also=("WC302",),
        ),
        Twins(
            "WC710",
            "a program in a folder named for a family of CPUs has its twin under another one",
            pair((program("x86_64", "demo/Linux-64bit-intel/run"),), ()),
            pair((program("x86_64", "demo/Linux-64bit-intel/run"),), (program("aarch64", "demo/Linux-64bit-arm/run"),)),
            "is missing here",
            ("demo/Linux-64bit-intel/run",),
        ),
        Twins(
            "WC710",
            "one program cannot be the twin of two",
            pair(
                (program("x86_64", "demo/a/run"), program("x86_64", "demo/b/run")),
                (program("aarch64", "demo/a/run"),),
            ),
            pair(
                (program("x86_64", "demo/a/run"), program("x86_64", "demo/b/run")),
                (program("aarch64", "demo/a/run"), program("aarch64", "demo/arm/run")),
            ),
            "is missing here",
            ("demo/b/run",),
        ),
        Twins(
            "WC710",
            "a copy of the other CPU's program, declared by its path, is no twin of it",
            pair((program("x86_64", "demo/linux-x86_64/run"),), (program("x86_64", "demo/linux-x86_64/run"),)),
            pair((program("x86_64", "demo/linux-x86_64/run"),), (program("aarch64", "demo/linux-aarch64/run"),)),
            "is missing here",
            ("demo/linux-x86_64/run",),
        ),
        Twins(
            "WC710",
            "of two builds of a wheel the one counts that an installer takes",
            a_release(
                intel(program("x86_64")),
                a_wheel(AARCH64, library("aarch64"), program("aarch64"), file=f"demo-1.0-1-{AARCH64}.whl"),
                a_wheel(AARCH64, library("aarch64"), file=f"demo-1.0-2-{AARCH64}.whl"),
            ),
            a_release(
                intel(program("x86_64")),
                a_wheel(AARCH64, library("aarch64"), file=f"demo-1.0-1-{AARCH64}.whl"),
                a_wheel(AARCH64, library("aarch64"), program("aarch64"), file=f"demo-1.0-2-{AARCH64}.whl"),
            ),
            "is missing here",
            (TOOL,),
        ),
        Twins(
            "WC710",
            "a wheel for musl may serve glibc too, and is compared with both",
            a_release(
                intel(program("x86_64")),
                a_wheel(f"{AARCH64}.musllinux_1_1_aarch64", library("aarch64")),
            ),
            a_release(
                intel(program("x86_64")),
                a_wheel(f"{AARCH64}.musllinux_1_1_aarch64", library("aarch64"), program("aarch64")),
            ),
            "is missing here",
            (TOOL,),
            everywhere=("WC402",),
        ),
        Twins(
            "WC710",
            "a plug-in for what is on the user's machine may be missing for a CPU",
            facts(building.member("demo/libverbs-fi.so", building.elf("x86_64", needed=("libibverbs.so.1",)))),
            facts(),
            "is missing here",
            ("demo/libverbs-fi.so",),
            severity="note",
        ),
        Twins(
            "WC710",
            "a library that needs nothing from elsewhere is no plug-in",
            facts(building.member("demo/libextra.so", building.elf("x86_64", needed=("libc.so.6",)))),
            facts(),
            "is missing here",
            ("demo/libextra.so",),
            severity="warning",
        ),
        Twins(
            "WC711",
            "a data file that differs",
            pair((File("demo/built.txt", b"monday\n"),), (File("demo/built.txt", b"tuesday\n"),)),
            pair((File("demo/built.txt", b"monday\n"),), (File("demo/built.txt", b"monday\n"),)),
            "differs between the wheels for several CPUs, with 2 contents",
            ("demo/built.txt",),
            severity="note",
        ),
        Twins(
            "WC712",
            "one ctypes library for each Python, as sandlock publishes it",
            a_release(intel(), intel(tags="cp312-cp312-manylinux_2_17_x86_64")),
            a_release(intel(), a_wheel("cp312-cp312-manylinux_2_17_x86_64", library("x86_64"), program("x86_64"))),
            "the same native code is in 2 wheels, one per Python",
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
            "another marker",
            described('Requires-Dist: a; os_name == "nt"', "Requires-Dist: a; os_name != 'nt'"),
            described(
                'Requires-Dist: A_b; os_name == "nt" and extra == "dev"',
                "Requires-Dist: a.b;(os.name=='nt') and extra=='dev'",
            ),
            """found Requires-Dist a; os_name == "nt", expected a; os_name != 'nt'""",
            (INTEL_FILE,),
        ),
        Twins(
            "WC713",
            "a requirement that the sdist does not have, unless it says that it is dynamic",
            described("Requires-Dist: numpy", "Author: me"),
            described("Requires-Dist: numpy", "Author: me", "Dynamic: Requires-Dist"),
            "found Requires-Dist numpy, which demo-1.0.tar.gz does not have",
            (INTEL_FILE,),
        ),
        Twins(
            "WC713",
            "two requirements that the sdist does not have, and one that it has",
            described("Requires-Dist: b\nRequires-Dist: a", "Requires-Dist: c"),
            described("Requires-Dist: b\nRequires-Dist: a", "Requires-Dist: a\nRequires-Dist: b"),
            "found Requires-Dist a, b, expected c as demo-1.0.tar.gz says",
            (INTEL_FILE,),
        ),
        Twins(
            "WC713",
            "only metadata since 2.2 is a promise",
            described("Author: me", "Requires-Dist: numpy"),
            described("Author: me", "Requires-Dist: numpy", version="2.1"),
            "found no Requires-Dist numpy, which demo-1.0.tar.gz has",
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
        *(
            Silent(
                "WC710",
                f"{name} is named for an instruction set",
                pair((library("x86_64", f"demo/{name}"),), ()),
            )
            for name in ("_raw_aesni.abi3.so", "libx-avx2.so", "glibc-hwcaps/x86-64-v3/libx.so", "_sha_ni.so")
        ),
        Silent("WC710", "the same for ARM", pair((), (library("aarch64", "demo/_SHA256_armv8.so"),))),
        Silent("WC710", "code for another platform", pair((dll("x86_64", "demo/win-x64/x.dll"),), ())),
        Silent(
            "WC710",
            "a library that only the wheel for a newer glibc has",
            a_release(
                intel(),
                a_wheel("cp311-cp311-manylinux_2_28_x86_64", library("x86_64"), library("x86_64", "demo/new.so")),
                arm(),
            ),
        ),
        Silent("WC710", "test data", pair((program("x86_64", "tests/tool"),), ())),
        Silent("WC712", "one Python", a_release(intel())),
        Silent(
            "WC712",
            "two wheels for one Python, and another one with code of its own",
            a_release(
                intel(),
                intel(tags="cp311-none-manylinux_2_17_x86_64"),
                a_wheel("cp312-cp312-manylinux_2_17_x86_64", library("x86_64"), program("x86_64")),
            ),
        ),
        Silent(
            "WC712",
            "wheels for one platform without native code",
            building.release(
                *(building.wheel(f"{python}-none-manylinux_2_17_x86_64") for python in ("cp311", "cp312"))
            ),
        ),
        Silent(
            "WC712",
            "wheels for any platform with the same native code",
            building.release(
                *(
                    building.wheel(f"{python}-none-any", building.member("demo/x.so", building.elf("x86_64")))
                    for python in ("cp311", "cp312")
                )
            ),
        ),
        Silent(
            "WC712",
            "one wheel for two Pythons",
            a_release(
                a_wheel("cp310.cp311-none-manylinux_2_17_x86_64", library("x86_64")),
                a_wheel("cp312-cp312-manylinux_2_17_x86_64", library("x86_64"), program("x86_64")),
            ),
        ),
        Silent("WC712", "pure wheels", a_release(*(a_wheel(f"py{n}-none-any", File("demo/x.py")) for n in (2, 3)))),
        Silent("WC711", "one CPU", a_release(intel(File("demo/built.txt", b"monday\n")))),
    ],
    ids=str,
)
def test_differences_with_a_reason_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    ("pythons", "more"), [(1, ""), (2, ", and in 1 other set of wheels"), (3, ", and in 2 other sets of wheels")]
)
def test_generated_configuration_is_noted_once_for_the_whole_release(tmp_path: Path, pythons: int, more: str) -> None:
    wheels = [
        a_wheel(
            f"{python}-{python}-manylinux_2_17_{cpu}",
            library(cpu),
            File("demo/__config__.py", f"HOST = {cpu!r}\n".encode()),
        )
        for python in ("cp310", "cp311", "cp312")[:pythons]
        for cpu in ("x86_64", "aarch64")
    ]
    found = findings(a_release(*wheels), "WC711", tmp_path / "dist")
    assert [(hit.artifact, hit.path, hit.message) for hit in found] == [
        (
            "demo-1.0-cp310-cp310-manylinux_2_17_aarch64.whl",
            "demo/__config__.py",
            f"differs between the wheels for several CPUs, with 2 contents{more}",
        )
    ]


def of_version(tags: str, version: str) -> Wheel:
    """Return the facts of a wheel whose metadata has no Requires-Python."""
    file, path = f"demo-{version}-{tags}.whl", f"demo-{version}.dist-info/METADATA"
    return Wheel(file, parse_file_name(file), (building.member(path),), texts={path: metadata().decode()})


def test_a_wheel_of_another_version_is_not_compared_and_the_next_one_is() -> None:
    path, info = "demo-1.0/PKG-INFO", metadata("Requires-Python: >=3.9").decode()
    sdist = building.sdist(building.member(path), texts={path: info})
    release = building.release(of_version(AARCH64, "2.0"), of_version(X86_64, "1.0"), sdist)
    assert [hit.artifact for hit in judge(release, "WC713")] == [INTEL_FILE]
