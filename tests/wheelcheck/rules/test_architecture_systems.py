from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, native
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import (
    ARM64,
    LIBRARY,
    UNIVERSAL2,
    WIN64,
    WIN_ARM,
    dll,
    exe,
    library,
    mac,
    mac_program,
    program,
    static,
    tags_of,
)
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path


BOTH_TARGETS = ("x86_64-linux-musl", "aarch64-linux-musl")


def archive_for(*targets: str, path: str = "demo/libnative.a") -> File:
    """Return a static library with an object for each zig target."""
    return File(
        path,
        lambda: native.archive({f"{number}.o": native.object_file(each) for number, each in enumerate(targets)}),
    )


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC307",
            "a program for one of the two CPUs",
            a_wheel(UNIVERSAL2, mac("x86_64", "aarch64"), mac_program("x86_64")),
            a_wheel(UNIVERSAL2, mac("x86_64", "aarch64")),
            "found macos x86_64, expected x86_64 + aarch64",
            ("demo/bin/tool",),
        ),
        Twins(
            "WC307",
            "an x86_64 library under a universal2 tag, as capstone 5.0.0.post1 had it",
            a_wheel(UNIVERSAL2, mac("x86_64")),
            a_wheel(UNIVERSAL2, mac("x86_64", "aarch64")),
            "found macos x86_64, expected x86_64 + aarch64",
            ("demo/libnative.dylib",),
        ),
        Twins(
            "WC307",
            "two tags, one CPU each, are the same promise",
            a_wheel("py3-none-macosx_11_0_x86_64.macosx_11_0_arm64", mac("aarch64")),
            a_wheel("py3-none-macosx_11_0_x86_64.macosx_11_0_arm64", mac("aarch64", "x86_64")),
            "found macos aarch64",
            ("demo/libnative.dylib",),
        ),
        Twins(
            "WC307",
            "a library that names its CPU needs a twin for the other one",
            a_wheel(UNIVERSAL2, mac("x86_64", path="demo/x86_64/libnative.dylib")),
            a_wheel(
                UNIVERSAL2,
                mac("x86_64", path="demo/x86_64/libnative.dylib"),
                mac("aarch64", path="demo/arm64/libnative.dylib"),
            ),
            "found macos x86_64",
            ("demo/x86_64/libnative.dylib",),
        ),
        Twins(
            "WC307",
            "a width names neither of two CPUs of that width",
            a_wheel(UNIVERSAL2, mac("x86_64", path="demo/mac64/libnative.dylib")),
            a_wheel(UNIVERSAL2, mac("x86_64", "aarch64", path="demo/mac64/libnative.dylib")),
            "found macos x86_64, expected x86_64 + aarch64",
            ("demo/mac64/libnative.dylib",),
        ),
        Twins(
            "WC307",
            "an extension module with one slice, whatever its folder says",
            a_wheel(UNIVERSAL2, mac("aarch64", path="arm64/_x.abi3.so")),
            a_wheel(UNIVERSAL2, mac("aarch64", "x86_64", path="arm64/_x.abi3.so")),
            "found macos aarch64",
            ("arm64/_x.abi3.so",),
        ),
    ],
    ids=str,
)
def test_every_slice_of_a_universal_wheel_is_there(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC307", "`intel` is served by its 64-bit half", a_wheel("py3-none-macosx_11_0_intel", mac("x86_64"))),
        Silent("WC307", "one CPU promises one slice", a_wheel(ARM64, mac("aarch64"))),
        Silent(
            "WC307",
            "test data is no promise",
            a_wheel(UNIVERSAL2, mac("x86_64", path="tests/libx.dylib"), mac("x86_64", "aarch64")),
        ),
    ],
    ids=str,
)
def test_a_slice_that_no_tag_promises_is_not_missing(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC308",
            "a Mach-O program in a Linux wheel, left over from another build",
            a_wheel(X86_64, library("x86_64"), mac_program("x86_64")),
            a_wheel(X86_64, library("x86_64"), program("x86_64")),
            "found macos x86_64 code, expected code for manylinux_2_17_x86_64",
            ("demo/bin/tool",),
        ),
        Twins(
            "WC308",
            "a Mach-O extension module that shadows the real one, as microbiorust 0.1.6 had it",
            a_wheel(X86_64, library("x86_64"), mac("x86_64", path="demo.abi3.so")),
            a_wheel(X86_64, library("x86_64"), library("x86_64", "demo.abi3.so")),
            "found macos x86_64 code",
            ("demo.abi3.so",),
        ),
        Twins(
            "WC308",
            "a PE program in a Linux wheel whose name does not say so",
            a_wheel(X86_64, library("x86_64"), exe("x86_64", "demo/bin/tool")),
            a_wheel(X86_64, library("x86_64"), exe("x86_64", "demo/bin/tool.exe")),
            "found windows x86_64 code",
            ("demo/bin/tool",),
        ),
        Twins(
            "WC308",
            "an ELF library in a macOS wheel",
            a_wheel(ARM64, mac("aarch64"), library("aarch64")),
            a_wheel(ARM64, mac("aarch64"), library("aarch64", "demo/linux/libnative.so")),
            "found linux aarch64 code",
            (LIBRARY,),
        ),
        Twins(
            "WC308",
            "a macOS program in a Windows wheel, as kingfisher-bin 2.14.0 had it",
            a_wheel(WIN_ARM, exe("aarch64"), mac_program("aarch64")),
            a_wheel(WIN_ARM, exe("aarch64"), mac_program("aarch64", "demo/darwin-arm64/tool")),
            "found macos aarch64 code",
            ("demo/bin/tool",),
        ),
        Twins(
            "WC308",
            "an ELF extension module in a Windows wheel is no payload, though .pyd names Windows",
            a_wheel(WIN64, exe("x86_64"), library("x86_64", "demo/_x.pyd")),
            a_wheel(WIN64, exe("x86_64"), dll("x86_64", "demo/_x.pyd")),
            "found linux x86_64 code",
            ("demo/_x.pyd",),
        ),
        Twins(
            "WC308",
            "a library that its suffix declares, beside a native one of its name, is left over",
            a_wheel(X86_64, library("x86_64", "demo/libx.so"), mac("aarch64", path="demo/libx.dylib")),
            a_wheel(X86_64, library("x86_64", "demo/libx.so"), mac("aarch64", path="demo/liby.dylib")),
            "found macos aarch64 code beside demo/libx.so, which is for manylinux_2_17_x86_64",
            ("demo/libx.dylib",),
            severity="warning",
        ),
        Twins(
            "WC308",
            "the same of a DLL, whose name has no lib in front; a folder that names its system declares it",
            a_wheel(X86_64, library("x86_64", "demo/libx.so"), dll("x86_64", "demo/x.dll")),
            a_wheel(X86_64, library("x86_64", "demo/libx.so"), dll("x86_64", "demo/windows/x.dll")),
            "found windows x86_64 code beside demo/libx.so",
            ("demo/x.dll",),
            severity="warning",
        ),
        Twins(
            "WC308",
            "a word that is in the path of every file says nothing of one",
            a_wheel(X86_64, library("x86_64", "mac_notify/a.so"), mac_program("x86_64", "mac_notify/bin/tool")),
            a_wheel(X86_64, library("x86_64", "mac_notify/a.so"), mac_program("x86_64", "mac_notify/macos/tool")),
            "found macos x86_64 code",
            ("mac_notify/bin/tool",),
        ),
        Twins(
            "WC308",
            "nor does a folder that is named like the distribution, beside other modules",
            a_wheel(
                X86_64,
                library("x86_64", "other/a.so"),
                mac_program("x86_64", "Mac_Notify/tool"),
                project="mac_notify",
            ),
            a_wheel(
                X86_64,
                library("x86_64", "other/a.so"),
                mac_program("x86_64", "mac/tool"),
                project="mac_notify",
            ),
            "found macos x86_64 code",
            ("Mac_Notify/tool",),
        ),
        Twins(
            "WC308",
            "nor does the folder for data of a distribution with such a name",
            a_wheel(
                X86_64,
                library("x86_64", "other/a.so"),
                mac_program("x86_64", "mac_notify-1.0.data/scripts/tool"),
                project="mac_notify",
            ),
            a_wheel(
                X86_64,
                library("x86_64", "other/a.so"),
                mac_program("x86_64", "mac_notify-1.0.data/scripts/tool-darwin"),
                project="mac_notify",
            ),
            "found macos x86_64 code",
            ("mac_notify-1.0.data/scripts/tool",),
        ),
        Twins(
            "WC308",
            "a program that its suffix declares, beside a native one of its name, is left over",
            a_wheel(X86_64, library("x86_64"), program("x86_64"), exe("x86_64")),
            a_wheel(X86_64, library("x86_64"), program("x86_64"), exe("x86_64", "demo/bin/other.exe")),
            "found windows x86_64 code beside demo/bin/tool, which is for manylinux_2_17_x86_64",
            ("demo/bin/tool.exe",),
            severity="warning",
        ),
        Twins(
            "WC308",
            "an iOS library in a macOS wheel is for another loader",
            artifacts.wheel(ARM64, artifacts.member("demo/x.dylib", artifacts.macho("aarch64", system="ios"))),
            artifacts.wheel(ARM64, artifacts.member("demo/x.dylib", artifacts.macho("aarch64"))),
            "found ios aarch64 code",
            ("demo/x.dylib",),
        ),
    ],
    ids=str,
)
def test_no_binary_is_for_another_operating_system(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC308",
            "a DLL in a Linux wheel says what it is",
            a_wheel(X86_64, library("x86_64"), dll("x86_64", "demo/other.dll")),
        ),
        *(
            Silent(
                code,
                f"what is named like an extension module is test data too, for another {what}",
                a_wheel(X86_64, library("x86_64"), file),
            )
            for code in ("WC301", "WC306", "WC308")
            for what, file in (
                ("system", mac("x86_64", path="demo/tests/data/x.cpython-312-darwin.so")),
                ("system of its own suffix", dll("x86_64", "demo/tests/data/x.pyd")),
                ("CPU", library("aarch64", "demo/tests/data/x.cpython-312-aarch64-linux-gnu.so")),
            )
        ),
        Silent("WC308", "test data is for anyone", a_wheel(X86_64, library("x86_64"), mac("x86_64", path="tests/a"))),
        Silent(
            "WC308",
            "code without an operating system fits all",
            a_wheel(WIN64, exe("x86_64"), File("demo/probe.o", native.bpf_object)),
        ),
        Silent(
            "WC308",
            "a .NET assembly runs on any system",
            artifacts.wheel(X86_64, artifacts.member("demo/x.bin", artifacts.pe("i686", managed=True))),
        ),
        Silent(
            "WC308",
            "an iOS wheel holds iOS code",
            artifacts.wheel(
                "cp313-cp313-ios_13_0_arm64_iphoneos",
                artifacts.member("demo/x.dylib", artifacts.macho("aarch64", system="ios")),
            ),
        ),
        Silent(
            "WC308",
            "an Android wheel holds ELF",
            artifacts.wheel(
                "cp313-cp313-android_24_arm64_v8a", artifacts.member("demo/x.so", artifacts.elf("aarch64"))
            ),
        ),
    ],
    ids=str,
)
def test_code_that_says_which_system_it_is_for_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC309",
            "x86_64 archives in an i686 wheel, as clangTooling 0.0.7 had them",
            a_wheel(tags_of("i686"), library("i686"), static("x86_64-linux-musl")),
            a_wheel(tags_of("i686"), library("i686"), static("x86-linux-musl")),
            "found linux x86_64 objects, expected i686 for manylinux_2_17_i686",
            ("demo/libnative.a",),
        ),
        Twins(
            "WC309",
            "only a path that names the CPU declares a foreign archive",
            a_wheel(X86_64, library("x86_64"), static("aarch64-linux-musl", "demo/lib/libc.a")),
            a_wheel(X86_64, library("x86_64"), static("aarch64-linux-musl", "demo/lib/aarch64/libc.a")),
            "found linux aarch64 objects",
            ("demo/lib/libc.a",),
        ),
        Twins(
            "WC309",
            "what Windows runs in 32 bits is linked with 32-bit archives: a warning",
            a_wheel(WIN64, dll("x86_64"), static("x86-windows-gnu", "demo/native.lib")),
            a_wheel(WIN64, dll("x86_64"), static("x86_64-windows-gnu", "demo/native.lib")),
            "found windows i686 objects",
            ("demo/native.lib",),
            severity="warning",
        ),
        Twins(
            "WC309",
            "one object for another CPU among those for the tag's",
            a_wheel(X86_64, library("x86_64"), archive_for("x86_64-linux-musl", "aarch64-linux-musl")),
            a_wheel(X86_64, library("x86_64"), archive_for("x86_64-linux-musl", "x86_64-linux-gnu.2.17")),
            "found linux aarch64 objects among others",
            ("demo/libnative.a",),
        ),
        Twins(
            "WC309",
            "the same among test data is linked with by nobody",
            a_wheel(X86_64, library("x86_64"), archive_for(*BOTH_TARGETS)),
            a_wheel(X86_64, library("x86_64"), archive_for(*BOTH_TARGETS, path="demo/tests/data/libnative.a")),
            "found linux aarch64 objects among others",
            ("demo/libnative.a",),
        ),
        Twins(
            "WC309",
            "a loose object is linked like an archive",
            a_wheel(X86_64, library("x86_64"), File("demo/crt1.o", partial(native.object_file, "aarch64-linux-musl"))),
            a_wheel(X86_64, library("x86_64"), File("demo/crt1.o", native.object_file)),
            "found linux aarch64 objects",
            ("demo/crt1.o",),
        ),
    ],
    ids=str,
)
def test_static_libraries_match_the_tag(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC309",
            "an archive for another system is a cross compiler's",
            a_wheel(X86_64, library("x86_64"), static("aarch64-macos", "demo/libc.a")),
        ),
        Silent(
            "WC309",
            "an archive of eBPF objects is for no CPU",
            a_wheel(X86_64, library("x86_64"), static("bpfel-freestanding")),
        ),
    ],
    ids=str,
)
def test_archives_for_no_cpu_of_the_tags_system_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
