"""All that is said of a plain file for macOS and for Windows: what is there, and nothing of what is not."""

from __future__ import annotations

import pytest

from tests.support import native
from tests.support.native_files import mac_module
from wheelcheck.binary import Slice, read_binary
from wheelcheck.binary.model import Names, Symbol
from wheelcheck.records import replace
from wheelcheck.source import Bytes

SYSTEM, KERNEL = "/usr/lib/libSystem.B.dylib", "KERNEL32.dll"
MAC = Slice(
    "arm64",
    ("aarch64",),
    "library",
    "macos",
    64,
    needed=(SYSTEM,),
    dynamic=True,
    minimum_os=(11, 0),
    imports=(Symbol("dyld_stub_binder", library=SYSTEM),),
    symbols_known=True,
)
WINDOWS = Slice(
    "machine 0x8664",
    ("x86_64",),
    "library",
    "windows",
    64,
    needed=(KERNEL,),
    dynamic=True,
    imports=(Symbol("GetTickCount", library=KERNEL),),
    exports=Names.of([b"answer"]),
    symbols_known=True,
)
EXPECTED = {
    "a library for macOS": (
        native.mac(kind="library"),
        replace(
            MAC,
            soname="@rpath/libanswer.dylib",
            exports=Names.of([b"answer", b"_mh_dylib_header", b"__dso_handle"]),
        ),
    ),
    "a library for Intel": (
        native.mac("x86_64", kind="library"),
        replace(
            MAC,
            machine="x86_64",
            arches=("x86_64",),
            soname="@rpath/libanswer.dylib",
            exports=Names.of([b"answer", b"_mh_dylib_header", b"__dso_handle"]),
        ),
    ),
    "a program for macOS": (
        native.mac(),
        replace(
            MAC,
            kind="executable",
            rpath=("@loader_path",),
            exports=Names.of([b"main", b"_mh_execute_header", b"__dso_handle"]),
        ),
    ),
    "a module for macOS": (
        mac_module("_x.so", "PyInit__x", takes=("PyModule_Create2",)).bytes,
        replace(
            MAC,
            soname="_x.so",
            imports=(Symbol("PyModule_Create2"), *MAC.imports),
            exports=Names.of([b"PyInit__x", b"_mh_dylib_header", b"__dso_handle"]),
        ),
    ),
    "a library for Windows": (native.windows(kind="library"), WINDOWS),
    "a library for 32-bit Windows": (
        native.windows("i686", kind="library"),
        replace(WINDOWS, machine="machine 0x014c", arches=("i686",), bits=32),
    ),
    "a program for Windows": (
        native.windows("aarch64"),
        replace(WINDOWS, machine="machine 0xaa64", arches=("aarch64",), kind="executable"),
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_slice_says_what_is_there_and_nothing_of_what_is_not(name: str) -> None:
    content, expected = EXPECTED[name]
    binary = read_binary("x", Bytes(content))
    assert binary is not None
    assert (binary.slices, binary.damage) == ((expected,), ())
