from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, macho_cases, native
from tests.support.artifacts import EXECUTABLE, File, a_wheel
from tests.support.native_files import ARM64, UNIVERSAL2, WIN64, dll, mac
from tests.support.twins import Silent, Twins
from wheelcheck.binary.model import Binary

if TYPE_CHECKING:
    from pathlib import Path


DYLIB = "demo/libnative.dylib"
INTEL = "py3-none-macosx_10_9_x86_64"


def for_macos(cpu: str, minimum: str) -> File:
    return File(DYLIB, lambda: native.mac(cpu, minimum, kind="library"))


def chained(file: File) -> File:
    """Return a library that says it has chained fixups."""
    fixups = macho_cases.command(0x80000034, bytes(8))
    return File(file.path, lambda: macho_cases.appended(fixups)(file.bytes))


def program_for(minimum: str) -> File:
    return File("demo/bin/tool", lambda: native.mac("aarch64", minimum), EXECUTABLE)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC501",
            "an Intel library for macOS 12 under a 10.9 tag",
            a_wheel(INTEL, for_macos("x86_64", "12.0")),
            a_wheel(INTEL, for_macos("x86_64", "10.9")),
            "x86_64 code needs macos 12.0, expected at most 10.9 for macosx_10_9_x86_64: it fails there if",
            (DYLIB,),
            severity="warning",
        ),
        Twins(
            "WC501",
            "a library for macOS 13 under an 11.0 tag",
            a_wheel(ARM64, for_macos("aarch64", "13.0")),
            a_wheel(ARM64, for_macos("aarch64", "11.0")),
            "aarch64 code needs macos 13.0, expected at most 11.0",
            (DYLIB,),
            severity="warning",
        ),
        Twins(
            "WC501",
            "chained fixups, which the dyld of macOS 10 does not know",
            a_wheel(INTEL, chained(for_macos("x86_64", "12.0"))),
            a_wheel("py3-none-macosx_12_0_x86_64", chained(for_macos("x86_64", "12.0"))),
            "x86_64 code needs macos 12.0, expected at most 10.9 for macosx_10_9_x86_64: an older dyld cannot read",
            (DYLIB,),
        ),
        Twins(
            "WC501",
            "a program is built for its minimum as a whole",
            a_wheel(ARM64, program_for("13.0")),
            a_wheel(ARM64, program_for("11.0")),
            "aarch64 code needs macos 13.0, expected at most 11.0",
            ("demo/bin/tool",),
        ),
        Twins(
            "WC501",
            "a minor version that no tag can name is a note",
            a_wheel(ARM64, program_for("11.3")),
            a_wheel("py3-none-macosx_12_0_arm64", program_for("11.3")),
            "needs macos 11.3, expected at most 11.0 for macosx_11_0_arm64: no tag can name a minor version",
            ("demo/bin/tool",),
            severity="note",
        ),
        Twins(
            "WC501",
            "Apple silicon begins at 11, and no later",
            artifacts.wheel(
                "py3-none-macosx_10_9_universal2",
                artifacts.member(DYLIB, artifacts.macho("x86_64", "aarch64", minimum_os=(11, 0))),
            ),
            artifacts.wheel(
                "py3-none-macosx_10_9_universal2",
                artifacts.member(
                    DYLIB,
                    Binary(
                        "Mach-O",
                        (
                            artifacts.code("x86_64", system="macos", minimum_os=(10, 9)),
                            artifacts.code("aarch64", system="macos", minimum_os=(11, 0)),
                        ),
                    ),
                ),
            ),
            "x86_64 code needs macos 11.0, expected at most 10.9",
            (DYLIB,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_no_binary_needs_a_newer_macos_than_the_tag(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC501", "an older need is met", a_wheel("py3-none-macosx_14_0_arm64", for_macos("aarch64", "11.0"))),
        Silent("WC501", "both halves at the tag's version", a_wheel(UNIVERSAL2, mac("x86_64", "aarch64"))),
        Silent("WC501", "Windows has no such version", a_wheel(WIN64, dll("x86_64"))),
    ],
    ids=str,
)
def test_minimum_versions_that_the_tag_meets_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def edited(file: File) -> File:
    """Return a library one byte of which was changed after it was linked."""

    def edit() -> bytes:
        content = bytearray(file.bytes)
        content[content.index(b"__TEXT")] ^= 1
        return bytes(content)

    return File(file.path, edit)


def unsigned(file: File) -> File:
    return File(file.path, lambda: macho_cases.without(macho_cases.LC_CODE_SIGNATURE)(file.bytes))


def both(arm: File) -> File:
    return File(arm.path, lambda: native.universal(native.mac("x86_64", kind="library"), arm.bytes))


SOUND = for_macos("aarch64", "11.0")


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC506",
            "a library that was edited after it was signed",
            a_wheel(ARM64, edited(SOUND)),
            a_wheel(ARM64, SOUND),
            "pages differ from its code signature, the first at 0x0: macOS kills the process",
            (DYLIB,),
        ),
        Twins(
            "WC506",
            "a library that nobody signed",
            a_wheel(ARM64, unsigned(SOUND)),
            a_wheel(INTEL, unsigned(for_macos("x86_64", "10.9"))),
            "has no code signature: macOS kills the process on Apple silicon",
            (DYLIB,),
        ),
        Twins(
            "WC506",
            "a program is held to it as well",
            a_wheel(ARM64, replace(unsigned(program_for("11.0")), mode=EXECUTABLE)),
            a_wheel(ARM64, program_for("11.0")),
            "has no code signature",
            ("demo/bin/tool",),
        ),
        Twins(
            "WC506",
            "one half of a universal library",
            a_wheel(UNIVERSAL2, both(edited(SOUND))),
            a_wheel(UNIVERSAL2, both(SOUND)),
            "pages differ from its code signature",
            (DYLIB,),
        ),
    ],
    ids=str,
)
def test_code_for_apple_silicon_has_the_signature_of_its_bytes(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
