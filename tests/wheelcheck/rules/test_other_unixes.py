from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, elf_editing
from tests.support.artifacts import X86_64, a_wheel
from tests.support.native_files import LIBRARY, edited, library, linked_with, program, with_loader
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import File

SOLARIS, FREEBSD, GNU = 6, 9, 3
FREEBSD_LOADER, SOLARIS_LOADER = "/libexec/ld-elf.so.1", "/usr/lib/amd64/ld.so.1"
ANDROID = "cp313-cp313-android_24_x86_64"
TOOL, MODULE = "demo/bin/tool", "demo/_x.abi3.so"


def for_unix(osabi: int, file: File) -> File:
    """Return an ELF file whose EI_OSABI names this system."""
    return edited(file, elf_editing.byte(7, osabi))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC308",
            "a library for FreeBSD under a Linux tag",
            a_wheel(X86_64, library("x86_64", "demo/a.so"), for_unix(FREEBSD, library("x86_64"))),
            a_wheel(X86_64, library("x86_64", "demo/a.so"), for_unix(GNU, library("x86_64"))),
            "found FreeBSD x86_64 code, expected code for manylinux_2_17_x86_64",
            (LIBRARY,),
        ),
        Twins(
            "WC308",
            "an extension module for Solaris under a Linux tag",
            a_wheel(X86_64, for_unix(SOLARIS, library("x86_64", MODULE))),
            a_wheel(X86_64, library("x86_64", MODULE)),
            "found Solaris x86_64 code",
            (MODULE,),
        ),
        Twins(
            "WC308",
            "a program that FreeBSD's loader starts, whatever EI_OSABI says",
            a_wheel(X86_64, library("x86_64"), with_loader(FREEBSD_LOADER)),
            a_wheel(X86_64, library("x86_64"), program("x86_64")),
            "found other Unix x86_64 code",
            (TOOL,),
        ),
        Twins(
            "WC308",
            "a program that Solaris' loader starts, whatever EI_OSABI says",
            a_wheel(X86_64, library("x86_64"), with_loader(SOLARIS_LOADER)),
            a_wheel(X86_64, library("x86_64"), with_loader("/nix/store/x-glibc-2.17/lib/ld-linux-x86-64.so.2")),
            "found other Unix x86_64 code",
            (TOOL,),
            everywhere=("WC402",),
        ),
        Twins(
            "WC308",
            "a library that needs a version of FreeBSD's C library",
            a_wheel(X86_64, library("x86_64", "demo/a.so"), linked_with("libc.so.7", version="FBSD_1.0")),
            a_wheel(X86_64, library("x86_64", "demo/a.so"), linked_with("libfoo.so.7", version="FOO_1.0")),
            "found other Unix x86_64 code",
            (LIBRARY,),
        ),
        *(
            Twins(
                "WC308",
                f"{version} is a version of a C library, and not of another library",
                a_wheel(X86_64, library("x86_64", "demo/a.so"), linked_with(theirs, version=version)),
                a_wheel(X86_64, library("x86_64", "demo/a.so"), linked_with(other, version=version)),
                "found other Unix x86_64 code",
                (LIBRARY,),
            )
            for version, theirs, other in (
                ("SUNWprivate_1.1", "libc.so.1", "libjvm.so"),
                ("SUNW_1.1", "libsocket.so.1", "libjava.so"),
                ("FBSD_1.3", "libthr.so.3", "libmine.so.5"),
                ("ILLUMOS_0.1", "libm.so.2", "libmine.so.2"),
            )
        ),
        Twins(
            "WC308",
            "FreeBSD's code under an Android tag",
            a_wheel(ANDROID, for_unix(FREEBSD, library("x86_64", MODULE))),
            artifacts.wheel(ANDROID, artifacts.member(MODULE, artifacts.elf("x86_64"))),
            "found FreeBSD x86_64 code",
            (MODULE,),
            also=("WC402",),
        ),
        Twins(
            "WC308",
            "Linux code under the tag of another Unix",
            a_wheel("cp311-cp311-freebsd_14_0_release_x86_64", library("x86_64")),
            a_wheel("cp311-cp311-freebsd_14_0_release_x86_64", for_unix(FREEBSD, library("x86_64"))),
            "found linux x86_64 code",
            (LIBRARY,),
            everywhere=("WC208",),
        ),
        Twins(
            "WC308",
            "a path that names FreeBSD declares its code, one that names Linux does not",
            a_wheel(X86_64, library("x86_64"), for_unix(FREEBSD, program("x86_64", "demo/linux-x64/tool"))),
            a_wheel(X86_64, library("x86_64"), for_unix(FREEBSD, program("x86_64", "demo/freebsd-x64/tool"))),
            "found FreeBSD x86_64 code",
            ("demo/linux-x64/tool",),
        ),
    ],
    ids=str,
)
def test_elf_for_another_unix_is_for_another_operating_system(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC308",
            "a library is not started by the loader that its PT_INTERP names",
            artifacts.wheel(X86_64, artifacts.member(LIBRARY, artifacts.elf("x86_64", interpreter=FREEBSD_LOADER))),
        ),
        Silent(
            "WC308",
            "what a version of GNU's loader is called elsewhere",
            a_wheel(X86_64, library("x86_64"), with_loader("/opt/root/lib/ld-2.31.so")),
            everywhere=("WC402",),
        ),
    ],
    ids=str,
)
def test_code_that_a_c_library_of_linux_loads_is_left_alone(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
