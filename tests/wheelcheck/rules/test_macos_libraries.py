from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, macho_cases
from tests.support.artifacts import File, a_wheel
from tests.support.dylibs import LIBFOO, MODULE, REQUIRING, foo, needing_foo
from tests.support.native_files import ARM64, mac
from tests.support.twins import Silent, Twins, judge

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Wheel


DYLIB = "demo/libnative.dylib"
IMPORTING = File("demo/__init__.py", b"import os\nimport torch\nfrom . import _x\n")


def loading(*names: str, tags: str = ARM64) -> Wheel:
    binary = artifacts.macho("aarch64", needed=names, minimum_os=(11, 0))
    return artifacts.wheel(tags, artifacts.member(DYLIB, binary))


def weakly(file: File) -> File:
    """Return a library that loads libfoo weakly."""

    def edit() -> bytes:
        commands = macho_cases.commands(file.bytes)
        at = [b"libfoo" in raw for raw in commands].index(True)
        commands[at] = struct.pack("<I", 0x80000018) + commands[at][4:]
        return macho_cases.rebuilt(file.bytes, commands)

    return File(file.path, edit)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC502",
            "a library of the build machine's Homebrew",
            a_wheel(ARM64, needing_foo("/opt/homebrew/lib/libfoo.dylib")),
            a_wheel(ARM64, needing_foo("/usr/lib/libfoo.dylib")),
            "loads /opt/homebrew/lib/libfoo.dylib, expected a system library or one in the wheel",
            ("demo/libask.dylib",),
        ),
        Twins(
            "WC502",
            "a library of this name for another CPU",
            a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib"), mac("x86_64", path="demo/x86_64/libfoo.dylib")),
            a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib"), mac("aarch64", "x86_64", path="demo/libfoo.dylib")),
            "loads @rpath/libfoo.dylib, expected a system library or one in the wheel",
            ("demo/libask.dylib",),
            severity="warning",
        ),
        Twins(
            "WC502",
            "a path that leaves the system's folder",
            a_wheel(ARM64, needing_foo("/usr/lib/../local/lib/libfoo.dylib")),
            a_wheel(ARM64, needing_foo("/usr/lib/swift/../libfoo.dylib")),
            "loads /usr/lib/../local/lib/libfoo.dylib, expected a system library or one in the wheel",
            ("demo/libask.dylib",),
        ),
        Twins(
            "WC502",
            "a folder of the build machine that has no usual name",
            a_wheel(ARM64, needing_foo("/builds/deps/lib/libfoo.dylib")),
            a_wheel(ARM64, needing_foo("/System/Library/Frameworks/Foo.framework/Foo")),
            "loads /builds/deps/lib/libfoo.dylib",
            ("demo/libask.dylib",),
        ),
        Twins(
            "WC502",
            "a relative name needs its file in the wheel",
            a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib")),
            a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib"), mac("aarch64", path="demo/libfoo.dylib")),
            "loads @rpath/libfoo.dylib",
            ("demo/libask.dylib",),
            severity="warning",
        ),
        Twins(
            "WC502",
            "an absolute name does not find the copy in the wheel",
            a_wheel(ARM64, needing_foo("/usr/local/lib/libfoo.dylib"), mac("aarch64", path="demo/libfoo.dylib")),
            a_wheel(ARM64, needing_foo("@loader_path/libfoo.dylib"), mac("aarch64", path="demo/libfoo.dylib")),
            "loads /usr/local/lib/libfoo.dylib",
            ("demo/libask.dylib",),
        ),
        Twins(
            "WC502",
            "what is loaded weakly may be missing",
            a_wheel(ARM64, weakly(needing_foo("/opt/homebrew/lib/libfoo.dylib"))),
            a_wheel(ARM64, weakly(needing_foo("/usr/lib/libfoo.dylib"))),
            "loads /opt/homebrew/lib/libfoo.dylib",
            ("demo/libask.dylib",),
            severity="warning",
        ),
        Twins(
            "WC502",
            "the framework of somebody's own Python",
            loading("/opt/homebrew/opt/python@3.12/Frameworks/Python.framework/Versions/3.12/Python"),
            loading("/Library/Frameworks/Python.framework/Versions/3.12/Python"),
            "loads /opt/homebrew/opt/python@3.12/Frameworks/Python.framework",
            (DYLIB,),
        ),
        Twins(
            "WC502",
            "an extension module that is linked with libpython",
            a_wheel(ARM64, needing_foo("@rpath/libpython3.12.dylib", "demo/_x.abi3.so")),
            a_wheel(ARM64, needing_foo("/usr/lib/libfoo.dylib", "demo/_x.abi3.so")),
            "loads @rpath/libpython3.12.dylib",
            ("demo/_x.abi3.so",),
        ),
        *(
            Twins(
                "WC502",
                f"an extension module {sentence}",
                a_wheel(ARM64, needing_foo(name, path, function="PyInit__x")),
                a_wheel(ARM64, needing_foo("/Library/Frameworks/Python.framework/Versions/3.11/Python", path)),
                f"loads {name}",
                (path,),
            )
            for sentence, name, path in (
                ("that is linked with a library called Python", "@rpath/Python", "demo/_x.abi3.so"),
                ("by its function alone, linked with libpython", "@rpath/libpython3.12.dylib", "demo/_x.so"),
                ("linked with Xcode's Python", "@rpath/Python3.framework/Versions/3.9/Python3", "demo/_x.so"),
            )
        ),
        Twins(
            "WC502",
            "a library that is linked with libpython, and makes another module than its name says",
            a_wheel(ARM64, needing_foo("@rpath/libpython3.12.dylib", "demo/_y.so", function="PyInit__x")),
            a_wheel(ARM64, needing_foo("/usr/lib/libfoo.dylib", "demo/_y.so", function="PyInit__x")),
            "loads @rpath/libpython3.12.dylib",
            ("demo/_y.so",),
            severity="warning",
        ),
        Twins(
            "WC502",
            "nothing can bring what a module by its function alone loads by a relative name",
            a_wheel(ARM64, needing_foo("@loader_path/.dylibs/libfoo.dylib", "demo/_x.so", function="PyInit__x")),
            a_wheel(
                ARM64,
                needing_foo("@loader_path/.dylibs/libfoo.dylib", "demo/_x.so", function="PyInit__x"),
                foo("demo/.dylibs/libfoo.dylib"),
            ),
            "loads @loader_path/.dylibs/libfoo.dylib",
            ("demo/_x.so",),
        ),
        Twins(
            "WC502",
            "nothing can bring what a module of a wheel without requirements loads by a relative name",
            a_wheel(ARM64, needing_foo("@loader_path/.dylibs/libfoo.dylib", MODULE)),
            a_wheel(ARM64, needing_foo("@loader_path/.dylibs/libfoo.dylib", MODULE), foo("demo/.dylibs/libfoo.dylib")),
            "loads @loader_path/.dylibs/libfoo.dylib",
            (MODULE,),
        ),
        *(
            Twins(
                "WC502",
                f"a package that imports {sentence} is alone",
                a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib", MODULE), File("demo/__init__.py", text)),
                a_wheel(ARM64, needing_foo("/usr/lib/libfoo.dylib", MODULE), File("demo/__init__.py", text)),
                "loads @rpath/libfoo.dylib",
                (MODULE,),
            )
            for sentence, text in {
                "modules of Python": b"import os, json.decoder\n",
                "its own": b"from demo import _x\nimport demo._x\n",
                "both": b"from __future__ import annotations\nimport sys\nfrom . import _x\n",
            }.items()
        ),
        Twins(
            "WC502",
            "whoever starts the module may have loaded a framework",
            a_wheel(ARM64, needing_foo("@rpath/Qt.framework/Versions/6/Qt", MODULE)),
            a_wheel(ARM64, needing_foo("/usr/lib/libfoo.dylib", MODULE)),
            "loads @rpath/Qt.framework/Versions/6/Qt",
            (MODULE,),
            severity="warning",
        ),
        Twins(
            "WC502",
            "a distribution that the package imports may have loaded it",
            a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib", MODULE), IMPORTING),
            a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib", MODULE, "/usr/lib/swift"), IMPORTING),
            "loads @rpath/libfoo.dylib",
            (MODULE,),
            severity="warning",
        ),
        Twins(
            "WC502",
            "a required distribution may have loaded it",
            a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib", MODULE), dist_info=REQUIRING),
            a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib", MODULE, "/usr/lib/swift"), dist_info=REQUIRING),
            "loads @rpath/libfoo.dylib",
            (MODULE,),
            severity="warning",
        ),
        Twins(
            "WC502",
            "users have libraries in a folder of the search path",
            a_wheel(ARM64, needing_foo("@rpath/libfoo.dylib", MODULE, "/opt/homebrew/lib")),
            a_wheel(ARM64, needing_foo("/usr/lib/libfoo.dylib", MODULE, "/opt/homebrew/lib")),
            "loads @rpath/libfoo.dylib",
            (MODULE,),
            severity="warning",
        ),
        Twins(
            "WC502",
            "a library that embeds an interpreter may find one",
            a_wheel(ARM64, needing_foo("@rpath/libpython3.12.dylib")),
            a_wheel(ARM64, needing_foo("/usr/lib/libfoo.dylib")),
            "loads @rpath/libpython3.12.dylib",
            ("demo/libask.dylib",),
            severity="warning",
        ),
        Twins(
            "WC502",
            "Python's own framework is there where Python is",
            loading("/Library/Frameworks/Other.framework/Other"),
            loading("/Library/Frameworks/Python.framework/Versions/3.11/Python"),
            "loads /Library/Frameworks/Other.framework/Other",
            (DYLIB,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_every_needed_dylib_is_the_systems_or_in_the_wheel(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


RPATH_FOO = "@rpath/libfoo.dylib"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC507",
            "the search path leads to another folder",
            a_wheel(ARM64, needing_foo(RPATH_FOO, MODULE, "@loader_path/lib"), foo(LIBFOO)),
            a_wheel(ARM64, needing_foo(RPATH_FOO, MODULE, "@loader_path/.dylibs"), foo(LIBFOO)),
            f"loads {RPATH_FOO}, which is in the wheel as {LIBFOO}, where dyld does not look for it",
            (MODULE,),
        ),
        Twins(
            "WC507",
            "there is no search path",
            a_wheel(ARM64, needing_foo(RPATH_FOO, MODULE), foo(LIBFOO)),
            a_wheel(ARM64, needing_foo(RPATH_FOO, MODULE, "/nowhere", "@loader_path/.dylibs/"), foo(LIBFOO)),
            f"loads {RPATH_FOO}",
            (MODULE,),
        ),
        Twins(
            "WC507",
            "a path that is relative to the file leads to another folder",
            a_wheel(ARM64, needing_foo("@loader_path/libfoo.dylib", MODULE), foo(LIBFOO)),
            a_wheel(ARM64, needing_foo("@loader_path/../demo/.dylibs/libfoo.dylib", MODULE), foo(LIBFOO)),
            "loads @loader_path/libfoo.dylib",
            (MODULE,),
        ),
        Twins(
            "WC507",
            "a bare name is relative to the current folder",
            a_wheel(ARM64, needing_foo("libfoo.dylib", MODULE), foo("demo/libfoo.dylib")),
            a_wheel(ARM64, needing_foo("@loader_path/libfoo.dylib", MODULE), foo("demo/libfoo.dylib")),
            "loads libfoo.dylib",
            (MODULE,),
        ),
        Twins(
            "WC507",
            "the program of a module is Python",
            a_wheel(ARM64, needing_foo("@executable_path/libfoo.dylib", MODULE), foo("demo/libfoo.dylib")),
            a_wheel(ARM64, needing_foo("@loader_path/libfoo.dylib", MODULE), foo("demo/libfoo.dylib")),
            "loads @executable_path/libfoo.dylib",
            (MODULE,),
        ),
        Twins(
            "WC507",
            "a library that a module leads to is held to it as well",
            a_wheel(
                ARM64,
                needing_foo("@loader_path/libmid.dylib", MODULE),
                needing_foo(RPATH_FOO, "demo/libmid.dylib", "@loader_path"),
                foo(LIBFOO),
            ),
            a_wheel(
                ARM64,
                needing_foo("@loader_path/libmid.dylib", MODULE, "@loader_path/.dylibs"),
                needing_foo(RPATH_FOO, "demo/libmid.dylib", "@loader_path"),
                foo(LIBFOO),
            ),
            f"loads {RPATH_FOO}",
            ("demo/libmid.dylib",),
            everywhere=("WC423",),  # libmid has no function answer
        ),
        Twins(
            "WC507",
            "whoever loads a library by itself may have loaded its needs",
            a_wheel(ARM64, needing_foo(RPATH_FOO), foo(LIBFOO)),
            a_wheel(ARM64, needing_foo(RPATH_FOO, "demo/libask.dylib", "@loader_path/.dylibs"), foo(LIBFOO)),
            f"loads {RPATH_FOO}",
            ("demo/libask.dylib",),
            severity="warning",
        ),
        Twins(
            "WC507",
            "another module finds the library, which dyld takes for both if that one comes first",
            a_wheel(
                ARM64,
                needing_foo(RPATH_FOO, MODULE, "@loader_path/.dylibs"),
                needing_foo(RPATH_FOO, "demo/_y.abi3.so"),
                foo(LIBFOO),
            ),
            a_wheel(
                ARM64,
                needing_foo(RPATH_FOO, MODULE, "@loader_path/.dylibs"),
                needing_foo(RPATH_FOO, "demo/_y.abi3.so", "@loader_path/../demo/.dylibs"),
                foo(LIBFOO),
            ),
            f"loads {RPATH_FOO}",
            ("demo/_y.abi3.so",),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_each_dylib_of_the_wheel_is_where_dyld_looks_for_it(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC507",
            "most Macs ignore case",
            a_wheel(ARM64, needing_foo("@loader_path/LibFoo.dylib", MODULE), foo("demo/libfoo.dylib")),
        ),
        Silent(
            "WC507",
            "a library in the environment's own folder is found from a module",
            a_wheel(
                ARM64,
                needing_foo("@loader_path/../../../libfoo.dylib", MODULE),
                foo("demo-1.0.data/data/lib/libfoo.dylib"),
            ),
        ),
        Silent(
            "WC507",
            "a path through the site-packages of one version",
            a_wheel(
                ARM64,
                needing_foo("@loader_path/../../../python3.11/site-packages/demo/.dylibs/libfoo.dylib", MODULE),
                foo(LIBFOO),
            ),
        ),
        Silent(
            "WC507",
            "what is loaded weakly may be missing",
            a_wheel(ARM64, weakly(needing_foo(RPATH_FOO, MODULE)), foo(LIBFOO)),
        ),
    ],
    ids=str,
)
def test_dylibs_that_dyld_finds_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def searching_twice(file: File, entry: str) -> File:
    """Return a library with one more search path."""
    path = entry.encode() + bytes(8 - (len(entry) + 4) % 8)
    command = macho_cases.command(macho_cases.LC_RPATH, struct.pack("<I", 12) + path)
    return File(file.path, lambda: macho_cases.appended(command)(file.bytes))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC508",
            "the same search path twice",
            a_wheel(
                ARM64,
                searching_twice(needing_foo("/usr/lib/libz.1.dylib", MODULE, "@loader_path/lib"), "@loader_path/lib"),
            ),
            a_wheel(
                ARM64,
                searching_twice(needing_foo("/usr/lib/libz.1.dylib", MODULE, "@loader_path/lib"), "@loader_path/lib/"),
            ),
            "found the search path @loader_path/lib 2 times, expected once",
            (MODULE,),
        ),
    ],
    ids=str,
)
def test_no_search_path_is_there_twice(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(("entry", "shown"), [("@loader_path/lib", "@loader_path/lib"), ("", "''")])
def test_a_search_path_that_stands_twice_is_shown_also_where_it_is_empty(entry: str, shown: str) -> None:
    twice = artifacts.macho("aarch64", rpath=(entry, entry))
    (found,) = judge(artifacts.wheel(ARM64, artifacts.member(MODULE, twice)), "WC508")
    assert found.message == f"found the search path {shown} 2 times, expected once"
