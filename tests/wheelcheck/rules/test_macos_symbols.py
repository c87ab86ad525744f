from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import artifacts
from tests.support.artifacts import File, a_wheel
from tests.support.dylibs import MODULE, REQUIRING, foo, needing_foo
from tests.support.native_files import ARM64, mac_module
from tests.support.twins import Silent, Twins, judge
from wheelcheck.binary.model import Names, Symbol

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Wheel


FOR_ALL = File("demo/__init__.py", b"import sys\nsys.setdlopenflags(2)\n")


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
