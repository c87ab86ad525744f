from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import artifacts, macho_cases, native
from tests.support.artifacts import EXECUTABLE, File, a_wheel
from tests.support.native_files import ARM64, UNIVERSAL2, WIN64, dll, mac, mac_module
from tests.support.twins import Silent, Twins, judge
from wheelcheck.binary.model import Binary, Names, Symbol

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Wheel

DYLIB = "demo/libnative.dylib"
INTEL = "py3-none-macosx_10_9_x86_64"
MODULE, LIBFOO = "demo/_x.abi3.so", "demo/.dylibs/libfoo.dylib"
IMPORTING = File("demo/__init__.py", b"import os\nimport torch\nfrom . import _x\n")
FOR_ALL = File("demo/__init__.py", b"import sys\nsys.setdlopenflags(2)\n")
REQUIRING = {"METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: foo\n"}


def for_macos(cpu: str, minimum: str) -> File:
    return File(DYLIB, lambda: native.mac(cpu, minimum, kind="library"))


def chained(file: File) -> File:
    """Return a library that says it has chained fixups."""
    fixups = macho_cases.command(0x80000034, bytes(8))
    return File(file.path, lambda: macho_cases.appended(fixups)(file.bytes))


def program_for(minimum: str) -> File:
    return File("demo/bin/tool", lambda: native.mac("aarch64", minimum), EXECUTABLE)


def loading(*names: str, tags: str = ARM64) -> Wheel:
    binary = artifacts.macho("aarch64", needed=names, minimum_os=(11, 0))
    return artifacts.wheel(tags, artifacts.member(DYLIB, binary))


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


def needing_foo(install_name: str, path: str = "demo/libask.dylib", *rpaths: str, own: str = "") -> File:
    """Return a library that loads libfoo by this name, with these search paths and a name of its own."""

    def make() -> bytes:
        flags = ("-dynamiclib", "-install_name", install_name)
        foo = native.compiled_c(native.PLAIN_C, "aarch64-macos.11.0", *flags, name="libfoo.dylib")
        source = "extern int answer(void);\nint ask(void) { return answer(); }\n"
        more = [f"-Wl,-rpath,{entry}" for entry in rpaths] + (["-install_name", own] if own else [])
        return native.compile_c(source, "aarch64-macos.11.0", "-dynamiclib", *more, str(foo), name="libask.dylib")

    return File(path, make)


def foo(path: str, install_name: str = "@rpath/libfoo.dylib") -> File:
    """Return the library that they load."""
    flags = ("-dynamiclib", "-install_name", install_name)
    return File(path, lambda: native.compile_c(native.PLAIN_C, "aarch64-macos.11.0", *flags, name="libfoo.dylib"))


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


HERE = "@loader_path/libfoo.dylib"


@pytest.mark.parametrize("open_by", ["", "hands_on", "managed", "hybrid"])
def test_of_a_library_that_may_offer_more_than_is_read_nothing_is_said(open_by: str) -> None:
    asks = artifacts.macho("aarch64", needed=(HERE,), imports=(Symbol("answer", library=HERE),), symbols_known=True)
    facts: dict[str, Any] = {"exports": Names.of([b"other"]), "symbols_known": True} | (
        {open_by: True} if open_by else {}
    )
    for change, count in (({}, 0 if open_by else 1), ({"symbols_known": False}, 0)):
        other = artifacts.macho("aarch64", **facts | change)
        wheel = artifacts.wheel(ARM64, artifacts.member(MODULE, asks), artifacts.member("demo/libfoo.dylib", other))
        assert len(judge(wheel, "WC423")) == count


def handing_on(*, is_meant: bool) -> Wheel:
    """Return a wheel with a module and a library that may offer what others have."""
    asks = artifacts.macho("aarch64", needed=(HERE,), imports=(Symbol("answer", library=HERE),), symbols_known=True)
    other = artifacts.macho("aarch64", exports=Names.of([b"other"]), symbols_known=True, hands_on=is_meant)
    return artifacts.wheel(ARM64, artifacts.member(MODULE, asks), artifacts.member("demo/libfoo.dylib", other))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC423",
            "another build of the library",
            a_wheel(ARM64, needing_foo(HERE, MODULE), needing_foo("/usr/lib/libz.dylib", "demo/libfoo.dylib")),
            a_wheel(ARM64, needing_foo(HERE, MODULE), foo("demo/libfoo.dylib")),
            f"imports answer from {HERE}, which this library of the wheel does not export",
            (MODULE,),
        ),
        Twins(
            "WC423",
            "a library that nothing in the wheel loads",
            a_wheel(ARM64, needing_foo(HERE), needing_foo("/usr/lib/libz.dylib", "demo/libfoo.dylib")),
            a_wheel(ARM64, needing_foo(HERE), foo("demo/libfoo.dylib")),
            f"imports answer from {HERE}",
            ("demo/libask.dylib",),
            severity="warning",
        ),
        Silent(
            "WC423",
            "another library of this name, which has it",
            a_wheel(
                ARM64,
                needing_foo(HERE, MODULE),
                needing_foo("/usr/lib/libz.dylib", "demo/old/libfoo.dylib"),
                foo("demo/libfoo.dylib"),
            ),
        ),
        Twins(
            "WC423",
            "a library that does not hand on what others have",
            handing_on(is_meant=False),
            handing_on(is_meant=True),
            f"imports answer from {HERE}",
            (MODULE,),
        ),
    ],
    ids=str,
)
def test_a_dylib_has_what_others_import_from_it(row: Twins | Silent, tmp_path: Path) -> None:
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


def looking_for(*names: str, path: str = "demo/_x.cpython-311-darwin.so") -> File:
    """Return a module that takes these from wherever they are."""
    return mac_module(path, "PyInit__x", takes=names)


CP311 = "cp311-cp311-macosx_11_0_arm64"
FLAT = "demo/_x.cpython-311-darwin.so"
MYSQL = "looks for mysql_init, which neither the wheel nor macosx_11_0_arm64 offers: loading it fails"
MODULES = {
    "a library that was not linked": (looking_for("mysql_init"), looking_for("PyList_New")),
    "a name that begins nearly like one of Python's": (looking_for("PyDemo_New"), looking_for("Py_Initialize")),
}


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins("WC509", sentence, a_wheel(CP311, bad), a_wheel(CP311, good), "looks for ", (FLAT,))
            for sentence, (bad, good) in MODULES.items()
        ),
        Twins(
            "WC509",
            "what no library of the wheel has",
            a_wheel(CP311, looking_for("mysql_init"), foo("demo/libfoo.dylib")),
            a_wheel(CP311, looking_for("mysql_init"), mac_module("demo/libmysql.dylib", "mysql_init", takes=())),
            MYSQL,
            (FLAT,),
        ),
        Twins(
            "WC509",
            "another distribution may have loaded it",
            a_wheel(CP311, looking_for("mysql_init"), dist_info=REQUIRING),
            a_wheel(CP311, looking_for("malloc"), dist_info=REQUIRING),
            MYSQL,
            (FLAT,),
            severity="warning",
        ),
        Twins(
            "WC509",
            "the package may have loaded it for all",
            a_wheel(CP311, looking_for("mysql_init"), FOR_ALL),
            a_wheel(CP311, looking_for("malloc"), FOR_ALL),
            MYSQL,
            (FLAT,),
            severity="warning",
        ),
        Silent(
            "WC509", "functions of the system and of C++", a_wheel(CP311, looking_for("stat", "_Znwm", "CFRelease"))
        ),
        Silent(
            "WC509", "a library that is loaded by its path", a_wheel(CP311, looking_for("x", path="demo/libx.dylib"))
        ),
        Silent(
            "WC509",
            "a module that links to a library of which it is not known what it has",
            artifacts.wheel(
                CP311,
                artifacts.member(
                    FLAT,
                    artifacts.macho(
                        "aarch64", needed=("/usr/lib/libz.1.dylib",), imports=(Symbol("inflate"),), symbols_known=True
                    ),
                ),
            ),
        ),
    ],
    ids=str,
)
def test_every_symbol_that_is_looked_for_anywhere_is_somewhere(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize("name", ["libfoo.dylib", "libFoo.dylib", "LIBFOO.dylib"])
def test_a_library_of_the_wheel_is_followed_in_whatever_case_it_is_asked_for(name: str) -> None:
    needed = (f"@loader_path/{name}", "/usr/lib/libSystem.B.dylib")
    asks = artifacts.macho("aarch64", needed=needed, imports=(Symbol("nowhere"),), symbols_known=True)
    for other, count in (("demo/libFoo.dylib", 1), ("demo/libbar.dylib", 0)):  # another one may have the name
        library = artifacts.macho("aarch64", exports=Names.of([b"here"]), symbols_known=True)
        wheel = artifacts.wheel(CP311, artifacts.member(FLAT, asks), artifacts.member(other, library))
        assert len(judge(wheel, "WC509")) == count


@pytest.mark.parametrize(("entry", "shown"), [("@loader_path/lib", "@loader_path/lib"), ("", "''")])
def test_a_search_path_that_stands_twice_is_shown_also_where_it_is_empty(entry: str, shown: str) -> None:
    twice = artifacts.macho("aarch64", rpath=(entry, entry))
    (found,) = judge(artifacts.wheel(ARM64, artifacts.member(MODULE, twice)), "WC508")
    assert found.message == f"found the search path {shown} 2 times, expected once"
