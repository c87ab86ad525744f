from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel
from tests.support.native_files import ANDROID_NOTE_C, LIBRARY, library, linked_with, program, with_loader
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

ANDROID = "cp313-cp313-android_24_x86_64"
MUSL = "cp311-cp311-musllinux_1_2_x86_64"
TOOL = "demo/bin/tool"
TERMUX = "/data/data/com.termux/files/usr/lib"
BESIDE = library("x86_64", "demo/native.so")
MUSL_BESIDE = File("demo/native.so", native.musl_library)
FOR_ANDROID = linked_with("libc.so", source=ANDROID_NOTE_C)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC402",
            "Android's note in a manylinux wheel, and nothing else",
            a_wheel(X86_64, linked_with(source=ANDROID_NOTE_C)),
            a_wheel(X86_64, linked_with()),
            "found an Android note (.note.android.ident), expected nothing but glibc",
            (LIBRARY,),
        ),
        Twins(
            "WC402",
            "Android's note in a musllinux wheel, where the names of the libraries are the same",
            a_wheel(MUSL, FOR_ANDROID),
            a_wheel(MUSL, linked_with("libc.so")),
            "found an Android note",
            (LIBRARY,),
        ),
        Twins(
            "WC402",
            "a C library without glibc's version in its name",
            a_wheel(X86_64, linked_with("libc.so")),
            a_wheel(X86_64, linked_with("libc.so.6")),
            "found a need of libc.so, a name without glibc's version",
            (LIBRARY,),
        ),
        Twins(
            "WC402",
            "the same of the library for dlopen",
            a_wheel(X86_64, linked_with("libdl.so")),
            a_wheel(X86_64, linked_with("libdl.so.2")),
            "found a need of libdl.so",
            (LIBRARY,),
        ),
        Twins(
            "WC402",
            "Android's log in a musllinux wheel",
            a_wheel(MUSL, linked_with("libc.so", "liblog.so")),
            a_wheel(MUSL, linked_with("libc.so", "libm.so")),
            "found a need of liblog.so, a library of Android",
            (LIBRARY,),
        ),
        Twins(
            "WC402",
            "a version of bionic",
            a_wheel(MUSL, linked_with("libc.so", version="LIBC_N")),
            a_wheel(MUSL, linked_with("libc.so", version="OWN_1")),
            "found a need of LIBC_N, a version of bionic",
            (LIBRARY,),
        ),
        Twins(
            "WC402",
            "the search path of Termux",
            a_wheel(X86_64, linked_with("libc.so.6", rpath=TERMUX)),
            a_wheel(X86_64, linked_with("libc.so.6", rpath="$ORIGIN")),
            f"found the Android search path {TERMUX}",
            (LIBRARY,),
        ),
        Twins(
            "WC402",
            "a program that bionic's loader starts, in a manylinux wheel",
            a_wheel(X86_64, BESIDE, with_loader("/system/bin/linker64")),
            a_wheel(X86_64, BESIDE, program("x86_64")),
            "found the bionic loader /system/bin/linker64",
            (TOOL,),
        ),
        Twins(
            "WC402",
            "the same in a musllinux wheel",
            a_wheel(MUSL, MUSL_BESIDE, with_loader("/system/bin/linker64")),
            a_wheel(MUSL, MUSL_BESIDE, File(TOOL, native.static_program, EXECUTABLE)),
            "found the bionic loader",
            (TOOL,),
        ),
        Twins(
            "WC402",
            "a glibc library in an Android wheel",
            a_wheel(ANDROID, library("x86_64")),
            a_wheel(ANDROID, FOR_ANDROID),
            "found a need of GLIBC_2.2.5, expected nothing but bionic for android_24_x86_64",
            (LIBRARY,),
            also=("WC430",),
        ),
        Twins(
            "WC402",
            "a glibc library without versions in an Android wheel",
            a_wheel(ANDROID, linked_with("libc.so.6")),
            a_wheel(ANDROID, linked_with("libc.so")),
            "found a need of libc.so.6",
            (LIBRARY,),
        ),
        Twins(
            "WC402",
            "a glibc program in an Android wheel",
            a_wheel(ANDROID, FOR_ANDROID, program("x86_64")),
            a_wheel(ANDROID, FOR_ANDROID, File(TOOL, native.static_program, EXECUTABLE)),
            "found the glibc loader",
            (TOOL,),
            everywhere=("WC430",),
        ),
        Twins(
            "WC402",
            "a library that Alpine's linker tied to musl, in an Android wheel",
            a_wheel(ANDROID, linked_with("libc.musl-x86_64.so.1")),
            a_wheel(ANDROID, linked_with("libc.so")),
            "found a need of libc.musl-x86_64.so.1",
            (LIBRARY,),
        ),
    ],
    ids=str,
)
def test_bionic_glibc_and_musl_are_three_c_libraries(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC402",
            "a libc.so that the wheel brings along answers for itself",
            a_wheel(X86_64, linked_with("libc.so"), linked_with(path="demo.libs/libc.so")),
        ),
        Silent(
            "WC402",
            "a library of Android's name beside glibc is somebody else's",
            a_wheel(X86_64, linked_with("libc.so.6", "liblog.so")),
        ),
    ],
    ids=str,
)
def test_names_that_only_look_like_another_c_library_are_left_alone(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC411",
            "a library that Android does not show to apps",
            a_wheel(ANDROID, linked_with("libc.so", "libssl.so")),
            a_wheel(ANDROID, linked_with("libc.so", "libandroid.so", "libz.so", "libpython3.13.so")),
            "needs libssl.so, which android_24_x86_64 does not promise: bundle it",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC411",
            "a library that a later Android brought",
            a_wheel(ANDROID, linked_with("libaaudio.so")),
            a_wheel("cp313-cp313-android_26_x86_64", linked_with("libaaudio.so")),
            "needs libaaudio.so",
            (LIBRARY,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_android_promises_the_public_libraries_of_the_ndk(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
