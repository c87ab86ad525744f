from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, native
from tests.support.artifacts import AARCH64, X86_64, File, a_wheel
from tests.support.native_files import MODULE, dll, library, mac, tags_of
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

ANY = "py3-none-any"
MUSL = "cp311-cp311-musllinux_1_2_x86_64"


def musl(path: str) -> File:
    return File(path, native.musl_library)


def module(suffix: str) -> str:
    return f"demo/_x.{suffix}"


STALE, FRESH = "_x.cpython-312-x86_64-linux-gnu.so", "_x.cpython-311-x86_64-linux-gnu.so"
PYPY = "pp310-pypy310_pp73-manylinux_2_17_x86_64"
THREADED = "cp313-cp313t-manylinux_2_17_x86_64"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC306",
            "right code under the build host's name, as pykeepass-rs 0.1.15 had it",
            a_wheel(AARCH64, library("aarch64", MODULE)),
            a_wheel(AARCH64, library("aarch64", module("cpython-311-aarch64-linux-gnu.so"))),
            "named for x86_64-linux-gnu, expected a suffix that Python on manylinux_2_17_aarch64 imports",
            (MODULE,),
        ),
        Twins(
            "WC306",
            "a module for another Python than the tag's",
            a_wheel(X86_64, library("x86_64", module("cpython-312-x86_64-linux-gnu.so"))),
            a_wheel(X86_64, library("x86_64", MODULE)),
            "named for cp312, expected a suffix that cp311 imports",
            (module("cpython-312-x86_64-linux-gnu.so"),),
        ),
        Twins(
            "WC306",
            "a stale module beside the right one is ballast",
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", module("cpython-312-x86_64-linux-gnu.so"))),
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", module("abi3.so"))),
            "named for cp312, which cp311 does not import",
            (module("cpython-312-x86_64-linux-gnu.so"),),
            severity="warning",
        ),
        Twins(
            "WC306",
            "a module of the same name in another folder is another module",
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", f"other/{STALE}")),
            a_wheel(X86_64, library("x86_64", MODULE), library("x86_64", f"other/{FRESH}")),
            "named for cp312, expected a suffix that cp311 imports",
            (f"other/{STALE}",),
        ),
        Twins(
            "WC306",
            "an abi3 wheel serves later Pythons, which do not look for this version's name",
            a_wheel("cp310-abi3-manylinux_2_17_x86_64", library("x86_64", MODULE)),
            a_wheel("cp310-abi3-manylinux_2_17_x86_64", library("x86_64", module("abi3.so"))),
            "named for cp311, which cp310 does not import",
            (MODULE,),
            severity="warning",
        ),
        Twins(
            "WC306",
            "a Python for glibc does not look for musl's name",
            a_wheel(X86_64, library("x86_64", module("cpython-311-x86_64-linux-musl.so"))),
            a_wheel(X86_64, library("x86_64", MODULE)),
            "named for x86_64-linux-musl",
            (module("cpython-311-x86_64-linux-musl.so"),),
        ),
        Twins(
            "WC306",
            "macOS names its modules darwin",
            a_wheel("cp311-cp311-macosx_11_0_arm64", mac("aarch64", path=MODULE)),
            a_wheel("cp311-cp311-macosx_11_0_arm64", mac("aarch64", path=module("cpython-311-darwin.so"))),
            "named for x86_64-linux-gnu",
            (MODULE,),
        ),
        Twins(
            "WC306",
            "a module for 32-bit Windows in a 64-bit wheel",
            a_wheel("cp311-cp311-win_amd64", dll("x86_64", module("cp311-win32.pyd"))),
            a_wheel("cp311-cp311-win_amd64", dll("x86_64", module("cp311-win_amd64.pyd"))),
            "named for win32",
            (module("cp311-win32.pyd"),),
        ),
        Twins(
            "WC306",
            "a free-threaded Python looks for its own name",
            a_wheel(THREADED, library("x86_64", module("cpython-313-x86_64-linux-gnu.so"))),
            a_wheel(THREADED, library("x86_64", module("cpython-313t-x86_64-linux-gnu.so"))),
            "named for a GIL build, expected a suffix that cp313t imports",
            (module("cpython-313-x86_64-linux-gnu.so"),),
        ),
        Twins(
            "WC306",
            "a Python with a GIL does not look for a free-threaded name",
            a_wheel("cp313-cp313-win_amd64", dll("x86_64", module("cp313t-win_amd64.pyd"))),
            a_wheel("cp313-cp313-win_amd64", dll("x86_64", module("cp313-win_amd64.pyd"))),
            "named for a free-threaded build",
            (module("cp313t-win_amd64.pyd"),),
        ),
        Twins(
            "WC306",
            "PyPy looks for its own version's name",
            a_wheel(PYPY, library("x86_64", module("pypy39-pp73-x86_64-linux-gnu.so"))),
            a_wheel(
                PYPY,
                library("x86_64", module("pypy310-pp73-x86_64-linux-gnu.so")),
            ),
            "named for pp39",
            (module("pypy39-pp73-x86_64-linux-gnu.so"),),
        ),
    ],
    ids=str,
)
def test_extension_modules_are_named_for_their_platform(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC306", "musl's own name", a_wheel(MUSL, musl(module("cpython-311-x86_64-linux-musl.so")))),
        Silent("WC306", "CPython said gnu on musl before 3.11", a_wheel(MUSL, musl(MODULE))),
        Silent("WC306", "the stable ABI names no platform", a_wheel(X86_64, library("x86_64", module("abi3.so")))),
        Silent("WC306", "a plain name is imported by all", a_wheel(X86_64, library("x86_64", "demo/_x.so"))),
        Silent(
            "WC306",
            "a free-threaded build has the same interpreter tag",
            a_wheel(THREADED, library("x86_64", module("cpython-313t-x86_64-linux-gnu.so"))),
        ),
        Silent(
            "WC306",
            "i686 calls itself i386 in a module's name",
            a_wheel(tags_of("i686"), library("i686", module("cpython-311-i386-linux-gnu.so"))),
        ),
        Silent(
            "WC306",
            "armhf",
            a_wheel(tags_of("armv7l"), library("armv7l", module("cpython-311-arm-linux-gnueabihf.so"))),
        ),
        Silent(
            "WC306",
            "a library that is loaded by path",
            a_wheel("py3-none-manylinux_2_17_x86_64", library("x86_64", MODULE)),
        ),
        Silent(
            "WC306",
            "an any wheel is another rule's matter",
            artifacts.wheel(ANY, artifacts.member(MODULE, artifacts.elf("x86_64"))),
        ),
        Silent(
            "WC306",
            "iOS",
            artifacts.wheel(
                "cp313-cp313-ios_13_0_arm64_iphoneos",
                artifacts.member(module("cpython-313-iphoneos.so"), artifacts.macho("aarch64", system="ios")),
            ),
        ),
    ],
    ids=str,
)
def test_names_that_some_python_of_the_tags_imports_are_left_alone(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
