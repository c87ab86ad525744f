"""What real releases beyond the first corpus taught: each ordinary thing that was called wrong, and its bad twin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import WIN64, bare_library, dll, library, mac_program
from tests.support.twins import Twins, examine_recipe
from wheelcheck.binary.elf_segments import Image, Segment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelcheck.facts import Member

SOFT_FLOAT = 0x0500_0200
ARMV7 = "py3-none-manylinux_2_17_armv7l"
ANDROID = "py3-none-android_24_armeabi_v7a"
SILICON, CATALINA = "py3-none-macosx_13_0_arm64", "py3-none-macosx_10_14_x86_64"
DYLIB = "demo/libnative.dylib"
ICONV = artifacts.member("demo/iconv.dll", artifacts.pe("i686"))
PYPY36 = "demo/_x.pypy36-pp73-x86_64-linux-gnu.so"


def soft_float_program(interpreter: str = "") -> Member:
    """Return a program whose e_flags say soft-float."""
    content = artifacts.elf("armv7l", "executable", abi_accepted=False, flags=SOFT_FLOAT, interpreter=interpreter)
    return artifacts.member("demo/tool", content, artifacts.EXECUTABLE)


def soft_float_library() -> bytes:
    """Return a library for ARM, for any C library, whose e_flags, at byte 36 of a 32-bit header, say soft-float."""
    content = bare_library("arm-linux-gnueabihf").bytes
    return content[:36] + SOFT_FLOAT.to_bytes(4, "little") + content[40:]


def snapshot(path: str) -> Member:
    """Return code in ELF, as Dart compiles a program to."""
    return artifacts.member(path, artifacts.elf("x86_64", dynamic=True))


def commented(comment: bytes) -> Callable[[bytes], bytes]:
    """Return the edit that gives a zip an archive comment."""
    return lambda content: content[:-2] + len(comment).to_bytes(2, "little") + comment


def named(folder: str, below: str = "") -> artifacts.WheelRecipe:
    """Return a wheel with an entry for a folder, or for a file below it."""
    entry = File(f"{folder}/{below}", b"text\n" if below else b"", 0o100644 if below else 0o040755)
    listed = a_wheel(WIN64, dll("x86_64"), entry)
    return listed if below else replace(listed, record=lambda rows: [row for row in rows if row[0] != f"{folder}/"])


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC301",
            "a static program needs no loader that reads its float ABI",
            artifacts.wheel(ARMV7, soft_float_program("/lib/ld-linux-armhf.so.3")),
            artifacts.wheel(ARMV7, soft_float_program()),
            "with ABI flags 0x5000200",
            ("demo/tool",),
        ),
        Twins(
            "WC301",
            "soft-float is the ABI of Android's armeabi-v7a",
            a_wheel(ARMV7, File("demo/libnative.so", soft_float_library)),
            a_wheel(ANDROID, File("demo/libnative.so", soft_float_library)),
            "with ABI flags 0x5000200",
            ("demo/libnative.so",),
        ),
        Twins(
            "WC301",
            "what declared payload loads from beside it is payload too",
            artifacts.wheel(WIN64, artifacts.member("demo/x-32.dll", artifacts.pe("i686")), ICONV),
            artifacts.wheel(
                WIN64, artifacts.member("demo/x-32.dll", artifacts.pe("i686", needed=("ICONV.dll",))), ICONV
            ),
            "found windows i686 code",
            ("demo/iconv.dll",),
        ),
        Twins(
            "WC501",
            "the minor version of a macOS that tags know by its number alone is a note",
            artifacts.wheel(SILICON, artifacts.member(DYLIB, artifacts.macho("aarch64", minimum_os=(13, 5)))),
            artifacts.wheel(SILICON, artifacts.member(DYLIB, artifacts.macho("aarch64", minimum_os=(13, 0)))),
            "aarch64 code needs macos 13.5, expected at most 13.0",
            (DYLIB,),
            severity="note",
        ),
        Twins(
            "WC501",
            "the minor version of a macOS before 11 counts",
            artifacts.wheel(CATALINA, artifacts.member(DYLIB, artifacts.macho("x86_64", minimum_os=(10, 15)))),
            artifacts.wheel(CATALINA, artifacts.member(DYLIB, artifacts.macho("x86_64", minimum_os=(10, 14)))),
            "x86_64 code needs macos 10.15, expected at most 10.14",
            (DYLIB,),
            severity="warning",
        ),
        Twins(
            "WC308",
            "a word in camel case names the system",
            a_wheel(WIN64, dll("x86_64"), mac_program("x86_64", "demo/ScriptLauncher.in")),
            a_wheel(WIN64, dll("x86_64"), mac_program("x86_64", "demo/CPack.OSXScriptLauncher.in")),
            "found macos x86_64 code",
            ("demo/ScriptLauncher.in",),
        ),
        Twins(
            "WC306",
            "the Python tag of an old PyPy is its own version, the ABI tag says which Python it is",
            artifacts.wheel(
                "pp373-pypy35_pp73-manylinux_2_17_x86_64", artifacts.member(PYPY36, artifacts.elf("x86_64"))
            ),
            artifacts.wheel(
                "pp373-pypy36_pp73-manylinux_2_17_x86_64", artifacts.member(PYPY36, artifacts.elf("x86_64"))
            ),
            "named for pp36, expected a suffix that pp35.pp373 imports",
            (PYPY36,),
        ),
        Twins(
            "WC308",
            "ELF that nothing links to and no loader looks for is a virtual machine's",
            artifacts.wheel(WIN64, snapshot("demo/tool.so")),
            artifacts.wheel(WIN64, snapshot("demo/tool.snapshot")),
            "found linux x86_64 code",
            ("demo/tool.so",),
        ),
        *(
            Twins(
                "WC308",
                f"{path} is started or loaded by its name",
                artifacts.wheel(tag, snapshot(path)),
                artifacts.wheel(tag, snapshot("demo/tool.aot")),
                "found linux x86_64 code",
                (path,),
            )
            for tag in (WIN64, CATALINA)
            for path in ("demo/tool.exe", "demo/core.NODE", "demo-1.0.data/scripts/tool", "demo-1.0.data/data/bin/tool")
        ),
        *(
            Twins(
                "WC308",
                f"a library for {system} that links to nothing is no virtual machine's",
                artifacts.wheel(tag, artifacts.member("demo/tool.snapshot", binary)),
                artifacts.wheel(tag, artifacts.member(f"demo/{system}/tool.snapshot", binary)),
                f"found {system} x86_64 code",
                ("demo/tool.snapshot",),
            )
            for tag, system, binary in (
                (X86_64, "macos", artifacts.macho("x86_64", dynamic=True)),
                (X86_64, "windows", artifacts.pe("x86_64", dynamic=True)),
                (WIN64, "macos", artifacts.macho("x86_64", dynamic=True)),
                (CATALINA, "windows", artifacts.pe("x86_64", dynamic=True)),
            )
        ),
    ],
    ids=str,
)
def test_files_of_popular_releases_are_distinguished_from_faults(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    ("recipe", "verdict", "severity"),
    [
        pytest.param(
            a_wheel(X86_64, library("x86_64"), change=commented(b"zip-rs")), "pass", "note", id="a-library-signed"
        ),
        pytest.param(
            a_wheel(X86_64, library("x86_64"), change=commented(b"zip-me")), "fail", "error", id="any-other-comment"
        ),
        pytest.param(named("demo."), "pass", "note", id="a-folder-that-Windows-renames-and-nobody-creates"),
        pytest.param(named("demo.", "x.txt"), "fail", "error", id="a-file-that-Windows-would-move"),
    ],
)
def test_damage_that_harms_no_installer_is_a_note(
    recipe: artifacts.Recipe, verdict: str, severity: str, tmp_path: Path
) -> None:
    report = examine_recipe(recipe, tmp_path / "dist")
    assert report.verdict == verdict
    assert [hit.severity for hit in report.findings if hit.code.startswith("WC1")] == [severity]


def load(offset: int, vaddr: int, size: int) -> Segment:
    """Return a PT_LOAD."""
    return Segment("PT_LOAD", offset, vaddr, size, size, 4)


@pytest.mark.parametrize(
    ("second", "follow"),
    [
        pytest.param(load(0x1000, 0x5000, 0x800), 0x1F00, id="that-goes-on-in-both"),
        pytest.param(load(0x2000, 0x5000, 0x800), 0xF00, id="from-elsewhere-in-the-file"),
        pytest.param(load(0x1000, 0x6000, 0x800), 0xF00, id="elsewhere-in-memory"),
        pytest.param(load(0x2000, 0x6000, 0x800), 0xF00, id="after-a-hole-in-both"),
    ],
)
def test_a_table_may_cross_into_a_segment(second: Segment, follow: int) -> None:
    assert Image((load(0, 0x4000, 0x1000), second)).locate(0x4100) == (0x100, follow)
