from __future__ import annotations

import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import MODULE, dll, extension, library, linked_with, mac_module
from tests.support.twins import ERROR, WARNING, Silent, Twins, examine_recipe, judge
from tests.support.windows_files import taking
from wheelcheck.binary.model import Names, Symbol
from wheelcheck.facts.interpreter import init_functions
from wheelcheck.platforms.stable_abi import added_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe

ABI3 = "cp39-abi3-manylinux_2_17_x86_64"
STABLE = "demo/_x.abi3.so"
PRIVATE = "_PyThreadState_UncheckedGet"
SINCE_3_12 = "PyObject_GetTypeData"
PLUGIN = "int initPlugin(void) { return 0; }\n"
MAC, MAC_MODULE = "cp311-cp311-macosx_11_0_arm64", "demo/_x.cpython-311-darwin.so"
WINDOWS, PYD = "cp312-cp312-win_amd64", "demo/_x.cp312-win_amd64.pyd"
CP312 = "cp312-cp312-manylinux_2_17_x86_64"
ANY_PYTHON = "py3-none-manylinux_2_17_x86_64"
OTHER = "demo/_x.cpython-312-x86_64-linux-gnu.so"


def requiring(wanted: str, tags: str, *files: File) -> WheelRecipe:
    text = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: {wanted}\n"
    return a_wheel(tags, *files, dist_info={"METADATA": text.encode()})


def stable(*takes: str, path: str = STABLE) -> File:
    """A module of the stable ABI that takes these names from the interpreter."""
    return extension(path, "PyInit__x", takes=takes)


def linked_to(*sonames: str, takes: str, path: str = STABLE) -> File:
    """The same, and it needs libraries of these names."""
    source = f"extern void *{takes}(void);\nvoid *PyInit__x(void) {{ return {takes}(); }}\n"
    return linked_with(*sonames, source=source, path=path, flags=("-Wl,-z,undefs",))


def offering(name: str) -> File:
    """A library that defines a function of this name."""
    return extension("demo/libcore.so", name, takes=())


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC435",
            "a crate that is called otherwise than its file",
            a_wheel(X86_64, extension(MODULE, "PyInit_core")),
            a_wheel(X86_64, extension(MODULE, "PyInit__x")),
            "exports PyInit_core, expected PyInit__x: the import of _x fails",
            (MODULE,),
        ),
        Twins(
            "WC435",
            "a function that is hidden",
            a_wheel(X86_64, extension(MODULE)),
            a_wheel(X86_64, extension(MODULE, "PyModExport__x")),
            "exports no PyInit__x",
            (MODULE,),
        ),
        *(
            Twins(
                "WC435",
                f"a file with functions of its own, {sentence}",
                a_wheel(X86_64, extension(MODULE, source=PLUGIN), File("demo/__init__.py", text)),
                a_wheel(X86_64, extension(MODULE, "PyInit__x", source=PLUGIN), File("demo/__init__.py", text)),
                "exports no PyInit__x: the import of _x fails",
                (MODULE,),
                severity,
            )
            for sentence, text, severity in (
                ("which may be a plugin", b"import os\n", WARNING),
                ("which the package imports", b"import os\nfrom ._x import run\n", ERROR),
                ("which the package imports over several lines", b"from . import (\n    _x,\n)\n", ERROR),
            )
        ),
        Twins(
            "WC435",
            "a module of the stable ABI",
            a_wheel(ABI3, extension(STABLE, "PyInit_x")),
            a_wheel(ABI3, extension(STABLE, "PyInit_x", "PyInit__x")),
            "exports PyInit_x, expected PyInit__x",
            (STABLE,),
        ),
        Twins(
            "WC435",
            "a package that is an extension module",
            a_wheel(X86_64, extension("demo/__init__.cpython-311-x86_64-linux-gnu.so", "PyInit___init__")),
            a_wheel(X86_64, extension("demo/__init__.cpython-311-x86_64-linux-gnu.so", "PyInit_demo")),
            "exports PyInit___init__, expected PyInit_demo: the import of demo fails",
            ("demo/__init__.cpython-311-x86_64-linux-gnu.so",),
        ),
        Twins(
            "WC435",
            "a name beyond ASCII is spelled in punycode",
            a_wheel(X86_64, extension("demo/ä.cpython-311-x86_64-linux-gnu.so", "PyInit_ä")),
            a_wheel(X86_64, extension("demo/ä.cpython-311-x86_64-linux-gnu.so", "PyInitU_4ca")),
            "exports PyInit_ä, expected PyInitU_4ca",
            ("demo/ä.cpython-311-x86_64-linux-gnu.so",),
        ),
        Twins(
            "WC435",
            "a file with the functions of several modules may have a loader of its own",
            a_wheel(X86_64, extension(MODULE, "PyInit_a", "PyInit_b")),
            a_wheel(X86_64, extension(MODULE, "PyInit_a", "PyInit_b", "PyInit__x")),
            "exports PyInit_a, PyInit_b, expected PyInit__x",
            (MODULE,),
            severity="warning",
        ),
        Twins(
            "WC435",
            "what is named as a library may be loaded by its path",
            a_wheel(X86_64, extension("demo/libdemo_ops.cpython-311-x86_64-linux-gnu.so", "PyInit_core_ops")),
            a_wheel(X86_64, extension("demo/libdemo_ops.cpython-311-x86_64-linux-gnu.so", "PyInit_libdemo_ops")),
            "exports PyInit_core_ops, expected PyInit_libdemo_ops",
            ("demo/libdemo_ops.cpython-311-x86_64-linux-gnu.so",),
            severity="warning",
        ),
        Twins(
            "WC435",
            "a build that put `lib` before the name of a module",
            a_wheel(X86_64, extension("demo/libcore.cpython-311-x86_64-linux-gnu.so", "PyInit_core")),
            a_wheel(X86_64, extension("demo/core.cpython-311-x86_64-linux-gnu.so", "PyInit_core")),
            "exports PyInit_core, expected PyInit_libcore",
            ("demo/libcore.cpython-311-x86_64-linux-gnu.so",),
        ),
        Twins(
            "WC435",
            "a file named as a library that has no function of a module at all",
            a_wheel(X86_64, extension("demo/libcore.cpython-311-x86_64-linux-gnu.so")),
            a_wheel(X86_64, extension("demo/libcore.cpython-311-x86_64-linux-gnu.so", "PyInit_libcore")),
            "exports no PyInit_libcore",
            ("demo/libcore.cpython-311-x86_64-linux-gnu.so",),
        ),
        Twins(
            "WC435",
            "another package may load what needs its library",
            a_wheel(X86_64, linked_with("libtorch.so", path=MODULE, source="extern void *PyModule_Create2(void);\n"
                    "void *make(void) { return PyModule_Create2(); }\n", flags=("-Wl,-z,undefs",))),
            a_wheel(X86_64, linked_with("libtorch.so", path=MODULE)),
            "exports no PyInit__x",
            (MODULE,),
            severity="warning",
        ),
        Twins(
            "WC435",
            "a module for macOS",
            a_wheel(MAC, mac_module(MAC_MODULE, "PyInit_core")),
            a_wheel(MAC, mac_module(MAC_MODULE, "PyInit__x")),
            "exports PyInit_core, expected PyInit__x",
            (MAC_MODULE,),
        ),
        Twins(
            "WC435",
            "a module for Windows",
            a_wheel(WINDOWS, taking("python312", "PyModule_Create2", path=PYD, exports="PyInit_core")),
            a_wheel(WINDOWS, taking("python312", "PyModule_Create2", path=PYD)),
            "exports PyInit_core, expected PyInit__x",
            (PYD,),
        ),
        Twins(
            "WC436",
            "a private function of CPython, on macOS",
            a_wheel("cp311-abi3-macosx_11_0_arm64", mac_module(STABLE, "PyInit__x", takes=(PRIVATE,))),
            a_wheel("cp311-abi3-macosx_11_0_arm64", mac_module(STABLE, "PyInit__x", takes=("PyThreadState_Get",))),
            f"takes {PRIVATE} from CPython, which the stable ABI does not have",
            (STABLE,),
        ),
        Twins(
            "WC436",
            "a private function of CPython, on Windows",
            a_wheel("cp311-abi3-win_amd64", taking("python3", PRIVATE, path="demo/_x.pyd")),
            a_wheel("cp311-abi3-win_amd64", taking("python3", "PyThreadState_Get", path="demo/_x.pyd")),
            f"takes {PRIVATE} from CPython, which the stable ABI does not have",
            ("demo/_x.pyd",),
        ),
        Twins(
            "WC436",
            "a private function of CPython",
            a_wheel(ABI3, stable("PyModule_Create2", PRIVATE)),
            a_wheel(ABI3, stable("PyModule_Create2", "PyThreadState_Get")),
            f"takes {PRIVATE} from CPython, which the stable ABI does not have",
            (STABLE,),
        ),
        Twins(
            "WC436",
            "a function that is newer than the tag",
            a_wheel(ABI3, stable(SINCE_3_12)),
            a_wheel("cp312-abi3-manylinux_2_17_x86_64", stable(SINCE_3_12)),
            f"takes {SINCE_3_12} (since 3.12) from CPython, expected nothing newer than 3.9",
            (STABLE,),
        ),
        Twins(
            "WC436",
            "of several tags the oldest counts",
            a_wheel("cp39.cp312-abi3-manylinux_2_17_x86_64", stable(SINCE_3_12)),
            a_wheel("cp312.cp313-abi3-manylinux_2_17_x86_64", stable(SINCE_3_12)),
            "expected nothing newer than 3.9",
            (STABLE,),
        ),
        Twins(
            "WC436",
            "a newer function harms nobody where no older Python is admitted",
            requiring(">=3.12", ABI3, stable(SINCE_3_12)),
            requiring(">=3.12", "cp312-abi3-manylinux_2_17_x86_64", stable(SINCE_3_12)),
            "expected nothing newer than 3.9",
            (STABLE,),
            severity="warning",
        ),
        Twins(
            "WC436",
            "a library that a module links to is loaded by every version as well",
            a_wheel(ABI3, stable("PyErr_Clear"), extension("demo/libcore.so", takes=(PRIVATE,))),
            a_wheel(ABI3, stable("PyErr_Clear"), extension("demo/libcore.so", takes=("PyThreadState_Get",))),
            f"takes {PRIVATE}",
            ("demo/libcore.so",),
        ),
        *(
            Twins(
                "WC436",
                f"a library in a wheel of {abis} is loaded by every version",
                a_wheel(f"cp315-{abis}-manylinux_2_17_x86_64", extension("demo/libcore.so", takes=(PRIVATE,))),
                a_wheel(f"cp315-{abis}-manylinux_2_17_x86_64", extension("demo/libcore.so", takes=("PyErr_Clear",))),
                f"takes {PRIVATE}",
                ("demo/libcore.so",),
            )
            for abis in ("abi3", "abi3t", "abi3.abi3t")
        ),
        Twins(
            "WC436",
            "the name alone says so under the ABI tag none",
            a_wheel(ANY_PYTHON, stable(PRIVATE)),
            a_wheel(ANY_PYTHON, stable(SINCE_3_12)),
            f"takes {PRIVATE}",
            (STABLE,),
        ),
        Twins(
            "WC436",
            "a library from elsewhere may bring a name, but not one of CPython's families",
            a_wheel(ABI3, linked_to("libshiboken6.so.6", takes="PyUnicode_FromKindAndData")),
            a_wheel(ABI3, linked_to("libshiboken6.so.6", takes="PySideType_New")),
            "takes PyUnicode_FromKindAndData",
            (STABLE,),
        ),
        *(
            Twins(
                "WC440",
                sentence,
                a_wheel(tags, bad),
                a_wheel(tags, good),
                found,
                (bad.path,),
            )
            for sentence, tags, bad, good, found in (
                (
                    "a function that was removed",
                    CP312,
                    extension(OTHER, "PyInit__x", takes=("PyUnicode_AsUnicode",)),
                    extension(OTHER, "PyInit__x", takes=("PyUnicode_AsUTF8",)),
                    "takes PyUnicode_AsUnicode (until 3.11) from CPython, which 3.12 does not have",
                ),
                (
                    "a function that is to come",
                    X86_64,
                    extension(MODULE, "PyInit__x", takes=("PyLong_AsInt", "PyLong_AsLong")),
                    extension(MODULE, "PyInit__x", takes=("PyFrame_GetLocals", "PyLong_AsLong")),
                    "takes PyLong_AsInt (since 3.13) from CPython, which 3.11 does not have",
                ),
                (
                    "a private function that was removed, in a file without a version in its name",
                    CP312,
                    extension("demo/_x.so", "PyInit__x", takes=("_PyGen_Send",)),
                    extension("demo/_x.so", "PyInit__x", weakly=("_PyGen_Send",)),
                    "takes _PyGen_Send (until 3.9) from CPython, which 3.12 does not have",
                ),
                (
                    "what a DLL of Python no longer has",
                    WINDOWS,
                    taking("python312.dll", "PyUnicode_AsUnicode", path=PYD),
                    taking("python312.dll", "PyUnicode_AsUTF8", path=PYD),
                    "takes PyUnicode_AsUnicode (until 3.11) from CPython",
                ),
            )
        ),
        Silent(
            "WC440",
            "a file that several versions may load",
            a_wheel("cp311.cp312-cp311.cp312-manylinux_2_17_x86_64",
                    extension("demo/_x.so", "PyInit__x", takes=("PyUnicode_AsUnicode",))),
        ),
        Silent(
            "WC440",
            "what a library of the wheel has",
            a_wheel(CP312, extension(OTHER, "PyInit__x", takes=("PyUnicode_AsUnicode",)),
                    offering("PyUnicode_AsUnicode")),
        ),
        Twins(
            "WC437",
            "a module for one version in a wheel for all",
            a_wheel(ANY_PYTHON, extension(MODULE, "PyInit__x")),
            a_wheel(ANY_PYTHON, extension(MODULE, "PyInit__x"), extension(OTHER, "PyInit__x")),
            "only cp311 imports it, but a wheel for py3-none is installed by others too",
            (MODULE,),
        ),
        Twins(
            "WC437",
            "modules for several platforms and a single version, in a wheel for any platform",
            a_wheel("py3-none-any", extension(MODULE, "PyInit__x"), dll("x86_64", "demo/_y.dll"),
                    taking("python311", "PyModule_Create2", path="demo/_x.cp311-win_amd64.pyd")),
            a_wheel("py3-none-any", library("x86_64", "demo/_y.so"), dll("x86_64", "demo/_y.dll"),
                    taking("python311", "PyModule_Create2", path="demo/_x.cp311-win_amd64.pyd")),
            "only cp311 imports it, but a wheel for py3-none is installed by others too",
            (MODULE, "demo/_x.cp311-win_amd64.pyd"),
        ),
        Twins(
            "WC438",
            "a wheel that nobody can install",
            requiring(">=3.12", X86_64, library("x86_64")),
            requiring(">=3.11.4", X86_64, library("x86_64")),
            "found Requires-Python '>=3.12', which excludes cp311-cp311",
            ("demo-1.0.dist-info/METADATA",),
        ),
        *(
            Twins(
                "WC438",
                f"{tag} with {bad} is for nobody",
                requiring(bad, f"{tag}-none-manylinux_2_17_x86_64", library("x86_64")),
                requiring(good, f"{tag}-none-manylinux_2_17_x86_64", library("x86_64")),
                f"which excludes {excluded}",
                ("demo-1.0.dist-info/METADATA",),
            )
            for tag, bad, good, excluded in (
                ("py3", "<3", ">=3.12", "py3-none"),
                ("py3", ">3.99,<3.5", "<3.5", "py3-none"),
                ("py2.py3", ">=4", ">=3", "py2-none, py3-none"),
            )
        ),
        Twins(
            "WC438",
            "of several tags one is left",
            requiring("<3.12", "cp311.cp312-none-manylinux_2_17_x86_64", library("x86_64")),
            requiring("<3.13", "cp311.cp312-none-manylinux_2_17_x86_64", library("x86_64")),
            "which excludes cp312-none",
            ("demo-1.0.dist-info/METADATA",),
            severity="warning",
        ),
        Twins(
            "WC438",
            "no version that the stable ABI's tag promises is admitted",
            requiring("<3.9", ABI3, stable("PyErr_Clear")),
            requiring(">=3.12", ABI3, stable("PyErr_Clear")),
            "which excludes cp39-abi3",
            ("demo-1.0.dist-info/METADATA",),
        ),
    ],
    ids=str,
)  # fmt: skip
def test_a_module_and_the_interpreters_of_the_tags_fit_together(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC435", "a file that is loaded through ctypes", a_wheel(X86_64, library("x86_64", MODULE))),
        Silent("WC435", "a file that uses the interpreter and makes no module", a_wheel(
            X86_64, extension(MODULE, "inject", takes=("PyGILState_Ensure", "PyImport_ImportModule")))),
        Silent("WC435", "a plain library is no module", a_wheel(
            X86_64, extension("demo/_x.so"), extension("demo/libx.so", "PyInit_y"))),
        Silent("WC435", "a library that a module links to", a_wheel(
            X86_64, extension("demo/libwrap.cpython-311-x86_64-linux-gnu.so"), linked_with(
                "libwrap.cpython-311-x86_64-linux-gnu.so", path=MODULE, source="void PyInit__x(void) {}\n",
                rpath="$ORIGIN")), everywhere=("WC421",)),
        Silent("WC435", "Python 2 looks for another function", a_wheel(
            "cp27-cp27mu-manylinux_2_5_x86_64", extension("demo/_x.pyd", "init_x"), library("x86_64")),
            everywhere=("WC306",)),
        Silent("WC436", "a weak reference", a_wheel(ABI3, extension(
            STABLE, "PyInit__x", weakly=(PRIVATE, SINCE_3_12)))),
        Silent("WC436", "another file of the wheel offers the name", a_wheel(
            ABI3, stable("PyDemo_Version"), offering("PyDemo_Version"))),
        Silent("WC436", "a module for one version takes what that has", a_wheel(
            X86_64, extension(MODULE, "PyInit__x", takes=(PRIVATE,)))),
        Silent("WC436", "its versioned sister beside it", a_wheel(
            "cp311-cp311.abi3-manylinux_2_17_x86_64", extension(MODULE, "PyInit__x", takes=(PRIVATE,)))),
        Silent("WC437", "a Python file that other versions import in its place", a_wheel(
            ANY_PYTHON, extension(MODULE, "PyInit__x"), File("demo/_x.py", b"x = 1\n"))),
        Silent("WC437", "a file that is loaded through ctypes", a_wheel(ANY_PYTHON, library("x86_64", MODULE))),
        Silent("WC437", "a tag for its version", a_wheel(
            "cp311-none-manylinux_2_17_x86_64", extension(MODULE, "PyInit__x"))),
        Silent("WC438", "tags for any version", requiring(
            ">=3.12", "py2.py3-none-manylinux_2_17_x86_64", library("x86_64"))),
    ],
    ids=str,
)  # fmt: skip
def test_what_only_looks_like_a_module_that_does_not_fit(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


IMPORT = """
import importlib.machinery, importlib.util, sys
loader = importlib.machinery.ExtensionFileLoader(sys.argv[1], sys.argv[2])
importlib.util.module_from_spec(importlib.util.spec_from_loader(sys.argv[1], loader))
"""


@pytest.mark.posix
@pytest.mark.skipif(sysconfig.get_platform() != "linux-x86_64", reason="runs code for x86-64 Linux")
@pytest.mark.parametrize("module", ["_x", "ä", "_ünï_code", "模块"])
def test_the_interpreter_calls_the_function_that_is_expected(module: str, tmp_path: Path) -> None:
    """A function that returns nothing is called, and complained about; a missing one is missed."""
    said = {}
    for name in (*init_functions(module)[:1], "PyInit_other"):
        file = tmp_path / f"{name.encode('punycode').hex()}.so"
        file.write_bytes(extension(MODULE, name, takes=()).bytes)
        done = subprocess.run([sys.executable, "-c", IMPORT, module, file], capture_output=True, check=False)
        said[name] = done.stderr.decode("utf-8", "replace")
    found, missed = said.values()
    assert "does not define module export function" in missed
    assert "SystemError" in found


def test_every_name_of_the_stable_abi_is_known_with_its_version() -> None:
    assert added_in()["PyModule_Create2"] == (3, 2)
    assert added_in()["PyUnicode_AsUTF8AndSize"] == (3, 10)
    assert PRIVATE not in added_in()


def test_names_in_a_message_are_few(tmp_path: Path) -> None:
    names = [f"_PyDemo_{number}" for number in range(9)]
    report = examine_recipe(a_wheel(ABI3, stable(*names)), tmp_path / "dist")
    assert [finding.message for finding in report.findings if finding.code == "WC436"] == [
        "takes _PyDemo_0, _PyDemo_1, _PyDemo_2 and 6 others from CPython, which the stable ABI does not have"
    ]


@pytest.mark.parametrize(
    ("tags", "module"),
    [
        (ABI3, stable("PyModule_Create2", PRIVATE)),
        (ABI3, stable("PyModule_Create2", "PyThreadState_Get")),
        (ABI3, stable(SINCE_3_12)),
        ("cp312-abi3-manylinux_2_17_x86_64", stable(SINCE_3_12)),
        ("cp311-abi3-macosx_11_0_arm64", mac_module(STABLE, "PyInit__x", takes=(PRIVATE,))),
        ("cp311-abi3-macosx_11_0_arm64", mac_module(STABLE, "PyInit__x", takes=("PyThreadState_Get",))),
        ("cp311-abi3-win_amd64", taking("python3", PRIVATE, path="demo/_x.pyd")),
        ("cp311-abi3-win_amd64", taking("python3", "PyThreadState_Get", path="demo/_x.pyd")),
    ],
)
def test_abi3audit_says_the_same(tags: str, module: File, tmp_path: Path) -> None:
    wheel = a_wheel(tags, module)
    judged = [found for found in examine_recipe(wheel, tmp_path / "dist").findings if found.code == "WC436"]
    audited = [sys.executable, "-m", "abi3audit", "--strict", str(tmp_path / "dist" / wheel.file_name)]
    done = subprocess.run(audited, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert bool(done.returncode) == bool(judged), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("needed", "beside", "hits"),
    [
        ((), (), 1),
        (("@rpath/libdemo.dylib",), (), 0),
        (("@rpath/libdemo.dylib",), ("demo/libdemo.dylib",), 1),
        (("@rpath/lib/libdemo.dylib",), ("demo/libdemo.dylib",), 1),
    ],
    ids=[
        *("nothing else is needed", "a library from elsewhere may have it", "the wheel has that library"),
        "the wheel has that library, which is asked for in a folder",
    ],
)
def test_what_dyld_finds_elsewhere_may_bring_a_name(
    needed: tuple[str, ...], beside: tuple[str, ...], hits: int
) -> None:
    code = artifacts.macho("aarch64", needed=needed, imports=(Symbol("PyDemo_Make"),), symbols_known=True)
    members = [artifacts.member(path, artifacts.macho("aarch64")) for path in beside]
    wheel = artifacts.wheel("cp311-abi3-macosx_11_0_arm64", artifacts.member(STABLE, code), *members)
    assert len(judge(wheel, "WC436")) == hits


@pytest.mark.parametrize(
    ("tags", "hits"),
    [
        ("cp27-cp27mu", 0),
        ("pp27-pypy_73", 0),
        ("py2-none", 0),
        ("py2.py3-none", 0),
        ("py3-none", 1),
        ("cp311-cp311", 1),
    ],
)
def test_python_2_imports_a_module_by_its_older_function(tags: str, hits: int) -> None:
    maker = (Symbol("PyModule_Create2"),)
    code = artifacts.elf("x86_64", exports=Names.of([b"init_x"]), imports=maker, symbols_known=True)
    found = judge(artifacts.wheel(f"{tags}-manylinux_2_17_x86_64", artifacts.member(STABLE, code)), "WC435")
    assert len(found) == hits
