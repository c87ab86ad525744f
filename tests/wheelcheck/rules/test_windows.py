from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import File, Recipe, a_wheel
from tests.support.native_files import WIN64, dll
from tests.support.twins import ERROR, WARNING, Silent, Twins
from tests.support.windows_files import importing, program_importing, taking

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Wheel

DLL = "demo/native.dll"
CP312, CP313T = "cp312-cp312-win_amd64", "cp313-cp313t-win_amd64"
ABI3, PYPY = "cp311-abi3-win_amd64", "pp311-pypy311_pp73-win_amd64"


def module(*names: str, path: str = "demo/_x.cp312-win_amd64.pyd") -> File:
    """Return an extension module that imports these DLLs."""
    return importing(*names, path=path, exports="PyInit__x")


def delayed(name: str, tags: str = WIN64) -> Wheel:
    """Return a wheel whose DLL names another one in its delay-load table alone."""
    binary = artifacts.pe("x86_64", needed=(name,), weak_needed=(name,))
    return artifacts.wheel(tags, artifacts.member(DLL, binary))


def beside(name: str) -> File:
    """Return a DLL of this name that needs nothing but Windows."""
    return dll("x86_64", f"demo/{name}.dll")


def requiring(distribution: str, *files: File) -> Recipe:
    """Return a wheel of these files that requires a distribution."""
    text = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: {distribution}\n"
    return a_wheel(WIN64, *files, dist_info={"METADATA": text.encode()})


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC503",
            "the debug build of Microsoft's runtime",
            a_wheel(WIN64, importing("VCRUNTIME140D")),
            a_wheel(WIN64, importing("VCRUNTIME140")),
            "imports VCRUNTIME140D.dll, expected the release runtime",
            (DLL,),
        ),
        Twins(
            "WC503",
            "the debug build of the universal C runtime",
            a_wheel(WIN64, importing("ucrtbased")),
            a_wheel(WIN64, importing("ucrtbase")),
            "imports ucrtbased.dll",
            (DLL,),
        ),
        Twins(
            "WC503",
            "the second part of the C++ runtime has a number before the letter",
            a_wheel(WIN64, importing("MSVCP140_1D")),
            a_wheel(WIN64, importing("VCRUNTIME140_1")),
            "imports MSVCP140_1D.dll",
            (DLL,),
        ),
        Twins(
            "WC503",
            "the threads of the C runtime have the letter after their name",
            a_wheel(WIN64, importing("VCRUNTIME140_THREADSD")),
            a_wheel(WIN64, importing("VCRUNTIME140_THREADS")),
            "imports VCRUNTIME140_THREADSD.dll",
            (DLL,),
        ),
        Twins(
            "WC503",
            "a part of the C++ runtime that has the letter before its name",
            a_wheel(WIN64, importing("MSVCP140D_ATOMIC_WAIT")),
            a_wheel(WIN64, importing("VCRUNTIME140")),
            "imports MSVCP140D_ATOMIC_WAIT.dll",
            (DLL,),
        ),
        Twins(
            "WC503",
            "a debug build of Python",
            a_wheel(CP312, module("python312_d")),
            a_wheel(CP312, module("python312")),
            "imports python312_d.dll",
            ("demo/_x.cp312-win_amd64.pyd",),
        ),
        Twins(
            "WC503",
            "a debug build beside code that does without it, which nothing links to: a warning",
            a_wheel(WIN64, dll("x86_64"), importing("ucrtbased", path="demo/natived.dll")),
            a_wheel(WIN64, dll("x86_64"), importing("ucrtbase", path="demo/natived.dll")),
            "imports ucrtbased.dll",
            ("demo/natived.dll",),
            severity="warning",
        ),
        Twins(
            "WC503",
            "a debug build that another library of the wheel loads",
            a_wheel(WIN64, importing("other"), importing("ucrtbased", path="demo/other.dll")),
            a_wheel(WIN64, importing("other"), importing("ucrtbase", path="demo/other.dll")),
            "imports ucrtbased.dll",
            ("demo/other.dll",),
        ),
        Twins(
            "WC503",
            "an extension module is loaded by Python",
            a_wheel(WIN64, dll("x86_64"), module("ucrtbased", path="demo/_x.pyd")),
            a_wheel(WIN64, dll("x86_64"), module("ucrtbase", path="demo/_x.pyd")),
            "imports ucrtbased.dll",
            ("demo/_x.pyd",),
        ),
    ],
    ids=str,
)
def test_no_binary_needs_a_debug_runtime(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


MODULE = "demo/_x.cp312-win_amd64.pyd"
FREE = "demo/_x.cp313t-win_amd64.pyd"
STABLE = "demo/_x.pyd"
PYPY_MODULE = "demo/_x.pypy311-pp73-win_amd64.pyd"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC504",
            "a module for 3.12 that was linked with 3.11",
            a_wheel(CP312, module("python311")),
            a_wheel(CP312, module("python312")),
            "imports python311.dll, expected python312.dll or python3.dll for cp312-cp312-win_amd64",
            (MODULE,),
        ),
        Twins(
            "WC504",
            "a free-threaded module that was linked with the build that has the GIL",
            a_wheel(CP313T, module("python313", path=FREE)),
            a_wheel(CP313T, module("python313t", path=FREE)),
            "imports python313.dll, expected python313t.dll or python3t.dll for cp313-cp313t-win_amd64",
            (FREE,),
        ),
        Twins(
            "WC504",
            "the stable library of the build with the GIL is not that of the free-threaded one",
            a_wheel(CP313T, module("python3", path=FREE)),
            a_wheel(CP313T, module("python3t", path=FREE)),
            "imports python3.dll, expected python3t.dll",
            (FREE,),
        ),
        Twins(
            "WC504",
            "a module for the GIL that was linked with the free-threaded build",
            a_wheel(CP312, module("python312t")),
            a_wheel(CP312, module("python3")),
            "imports python312t.dll",
            (MODULE,),
        ),
        Twins(
            "WC504",
            "a module of the stable ABI that only one version loads",
            a_wheel(ABI3, module("python311", path=STABLE)),
            a_wheel(ABI3, module("python3", path=STABLE)),
            "imports python311.dll, expected python3.dll for cp311-abi3-win_amd64",
            (STABLE,),
        ),
        Twins(
            "WC504",
            "a library that the module loads is held to the tags as well",
            a_wheel(CP312, importing("python311")),
            a_wheel(CP312, importing("python312")),
            "imports python311.dll",
            (DLL,),
        ),
        Twins(
            "WC504",
            "PyPy has a DLL of its own",
            a_wheel(PYPY, module("python311", path=PYPY_MODULE)),
            a_wheel(PYPY, module("libpypy3.11-c.dll", path=PYPY_MODULE)),
            "imports python311.dll, expected libpypy3.11-c.dll",
            (PYPY_MODULE,),
        ),
        Twins(
            "WC504",
            "a file that names its version is held to that, in a wheel for several",
            a_wheel("cp311.cp312-none-win_amd64", module("python311")),
            a_wheel("cp311.cp312-none-win_amd64", module("python312")),
            "imports python311.dll",
            (MODULE,),
        ),
        Twins(
            "WC504",
            "under tags without a version a program may choose the file by its path",
            a_wheel(WIN64, importing("python311")),
            a_wheel(WIN64, importing("python3")),
            "imports python311.dll, expected python3.dll for py3-none-win_amd64",
            (DLL,),
            severity="warning",
        ),
        *(
            Twins(
                "WC504",
                f"the stable library under {tags}",
                a_wheel(tags, module("python312", path=STABLE)),
                a_wheel(tags, module(good, path=STABLE)),
                f"imports python312.dll, expected {good}.dll for {named}",
                (STABLE,),
                severity,
            )
            for tags, good, named, severity in (
                ("py2.py3-none-win_amd64", "python3", "py3-none-win_amd64", WARNING),
                ("cp315-abi3t-win_amd64", "python3t", "cp315-abi3t-win_amd64", ERROR),
            )
        ),
        Twins(
            "WC504",
            "some interpreters of the tags have the DLL",
            a_wheel("cp311.cp312-none-win_amd64", importing("python311")),
            a_wheel("cp311.cp312-none-win_amd64", importing("python3")),
            "imports python311.dll",
            (DLL,),
            severity="warning",
        ),
        Twins(
            "WC504",
            "what is loaded with delay fails later",
            delayed("python311.dll", CP312),
            delayed("python312.dll", CP312),
            "imports python311.dll",
            (DLL,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_no_binary_imports_the_dll_of_another_python(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC504", "a wheel may carry its own Python", a_wheel(WIN64, importing("python311"), beside("python311"))
        ),
        Silent(
            "WC504",
            "from 3.15 on both builds have python3t.dll",
            a_wheel("cp315-abi3.abi3t-win_amd64", module("python3t", path=STABLE)),
        ),
        Silent(
            "WC504",
            "a tag without an ABI is for builds with and without the GIL",
            a_wheel("cp313-none-win_amd64", importing("python313t")),
        ),
        Silent(
            "WC504",
            "an older PyPy's DLL has no minor version",
            a_wheel("pp38-pypy38_pp73-win_amd64", importing("libpypy3-c.dll")),
        ),
    ],
    ids=str,
)
def test_dlls_that_every_interpreter_of_the_tags_has_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


HASH_NAME = "foo-0123456789abcdef0123456789abcdef.dll"
HASHED = f"demo.libs/{HASH_NAME}"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC505",
            "a third party's library that a module imports",
            a_wheel(CP312, module("python312", "zlib1", "MSVCP140")),
            a_wheel(CP312, module("python312", "zlib1"), beside("zlib1")),
            "imports zlib1.dll, MSVCP140.dll, which neither Windows nor Python brings: bundle it",
            (MODULE,),
            severity="warning",
            everywhere=("WC423",),  # the stand-in for zlib1 has a function of its own
        ),
        Twins(
            "WC505",
            "a library of this name for another CPU",
            a_wheel(WIN64, importing("zlib1"), dll("aarch64", "demo/arm64/zlib1.dll")),
            a_wheel(WIN64, importing("zlib1"), dll("aarch64", "demo/arm64/zlib1.dll"), beside("zlib1")),
            "imports zlib1.dll, which neither Windows nor Python brings: bundle it",
            (DLL,),
            severity="note",
        ),
        Twins(
            "WC505",
            "the C++ runtime, which Python does not bring",
            a_wheel(CP312, module("python312", "MSVCP140", "VCRUNTIME140_1")),
            a_wheel(CP312, module("python312", "VCRUNTIME140_1", "VCRUNTIME140")),
            "imports MSVCP140.dll, which only Visual C++'s redistributable brings: bundle it",
            (MODULE,),
            severity="note",
        ),
        Twins(
            "WC505",
            "a third party's library comes before the runtime",
            a_wheel(WIN64, importing("MSVCP140", "zlib1", "KERNEL32")),
            a_wheel(WIN64, importing("USER32", "KERNEL32"), beside("zlib1")),
            "imports zlib1.dll, MSVCP140.dll, which neither Windows nor Python brings: bundle it",
            (DLL,),
            severity="note",
        ),
        Twins(
            "WC505",
            "MinGW's thread library",
            a_wheel(WIN64, importing("libwinpthread-1")),
            a_wheel(WIN64, importing("libwinpthread-1"), beside("libWinPThread-1")),
            "imports libwinpthread-1.dll, which neither Windows nor Python brings (MinGW)",
            (DLL,),
            severity="note",
        ),
        Twins(
            "WC505",
            "the second C runtime, which an old Python lacks",
            a_wheel("cp38-cp38-win_amd64", module("VCRUNTIME140_1", path="demo/_x.cp38-win_amd64.pyd")),
            a_wheel("cp39-cp39-win_amd64", module("VCRUNTIME140_1", path="demo/_x.cp39-win_amd64.pyd")),
            "imports VCRUNTIME140_1.dll",
            ("demo/_x.cp38-win_amd64.pyd",),
            severity="note",
        ),
        Twins(
            "WC505",
            "delvewheel gave the library a hash, and this import was not rewritten",
            a_wheel(WIN64, importing("foo"), dll("x86_64", HASHED)),
            a_wheel(WIN64, importing("foo-0123456789abcdef0123456789abcdef.dll"), dll("x86_64", HASHED)),
            "imports foo.dll, which is in the wheel as foo-0123456789abcdef0123456789abcdef.dll",
            (DLL,),
        ),
        Twins(
            "WC505",
            "what delvewheel rewrote beside what it did not, under one name",
            a_wheel(WIN64, importing("foo"), importing(HASH_NAME, path="demo.libs/native.dll"), dll("x86_64", HASHED)),
            a_wheel(WIN64, importing(HASH_NAME), dll("x86_64", HASHED)),
            "imports foo.dll, which is in the wheel as foo-0123456789abcdef0123456789abcdef.dll",
            (DLL,),
            severity="warning",
        ),
        Twins(
            "WC505",
            "a required distribution whose name is another word of it may load it first",
            requiring("torch", importing("c10_torch")),
            a_wheel(WIN64, importing("c10_torch"), beside("c10_torch")),
            "imports c10_torch.dll, which neither Windows nor Python brings: bundle it, unless torch loads it first",
            (DLL,),
            severity="note",
        ),
        Twins(
            "WC505",
            "no distribution is of the same name because it is about libraries",
            requiring("load-dll", importing("zlib1")),
            requiring("load-dll", importing("zlib1"), beside("zlib1")),
            "imports zlib1.dll, which neither Windows nor Python brings: bundle it",
            (DLL,),
            severity="note",
        ),
        Twins(
            "WC505",
            "a required distribution of the same name may load it first",
            requiring("torch", importing("torch_cpu", "c10")),
            a_wheel(WIN64, importing("torch_cpu", "c10"), *map(beside, ("torch_cpu", "c10"))),
            "imports torch_cpu.dll, c10.dll, which neither Windows nor Python brings: bundle it, unless torch loads",
            (DLL,),
            severity="note",
        ),
        Twins(
            "WC505",
            "another requirement says nothing",
            requiring("numpy", importing("zlib1")),
            requiring("numpy", importing("KERNEL32")),
            "imports zlib1.dll",
            (DLL,),
            severity="note",
        ),
        Twins(
            "WC505",
            "a driver brings it",
            a_wheel(WIN64, importing("nvcuda")),
            a_wheel(WIN64, importing("opengl32")),
            "imports nvcuda.dll, which a graphics driver brings",
            (DLL,),
            severity="note",
        ),
        Twins(
            "WC505",
            "what is loaded with delay is needed by a call alone",
            delayed("zlib1.dll"),
            delayed("bcrypt.dll"),
            "imports zlib1.dll, which neither Windows nor Python brings: a call that needs it fails",
            (DLL,),
            severity="note",
        ),
        Twins(
            "WC505",
            "Python's runtime is not beside a program",
            a_wheel(WIN64, program_importing("VCRUNTIME140")),
            a_wheel(WIN64, program_importing("KERNEL32")),
            "imports VCRUNTIME140.dll, which is beside Python and not beside this program",
            ("demo/bin/tool.exe",),
            severity="note",
        ),
    ],
    ids=str,
)
def test_every_imported_dll_is_the_systems_pythons_or_in_the_wheel(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC505", "an API set is Windows' own", a_wheel(WIN64, importing("api-ms-win-crt-heap-l1-1-0"))),
        Silent("WC505", "a DLL that Windows 7 does not have", a_wheel(WIN64, importing("d3d12", "bluetoothapis"))),
        Silent("WC505", "the interpreter's own DLL is WC504's", a_wheel(CP312, module("python311")), ("WC504",)),
        Silent("WC505", "a debug runtime is WC503's", a_wheel(WIN64, importing("MSVCP140D")), ("WC503",)),
    ],
    ids=str,
)
def test_dlls_that_windows_brings_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def taken(library: str, name: str, path: str = MODULE) -> Recipe:
    """Return a wheel with a module that takes a function of a DLL, and a DLL of this name that has `answer`."""
    return a_wheel(CP312, taking(library, name, path=path), dll("x86_64", f"demo/{library}"))


def asking(first: str, second: str) -> tuple[File, ...]:
    """Return two modules that take a function each of one DLL, which has `answer`."""
    other = taking("ZLIB1.dll", second, path="demo/sub/_x.cp312-win_amd64.pyd")
    return (taking("zlib1.dll", first, path=MODULE), other, dll("x86_64", "demo/zlib1.dll"))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC423",
            "a DLL that does not belong to the import library",
            taken("zlib1.dll", "inflate"),
            taken("zlib1.dll", "answer"),
            "imports inflate from zlib1.dll, which this library of the wheel does not export",
            (MODULE,),
        ),
        Twins(
            "WC423",
            "of two modules that import from one DLL, only the one that asks for what it lacks",
            a_wheel(CP312, *asking("inflate", "answer")),
            a_wheel(CP312, *asking("answer", "answer")),
            "imports inflate from zlib1.dll, which this library of the wheel does not export",
            (MODULE,),
        ),
        Twins(
            "WC423",
            "a DLL that nothing in the wheel imports may be a plugin",
            taken("zlib1.dll", "inflate", "demo/plugin.dll"),
            taken("zlib1.dll", "answer", "demo/plugin.dll"),
            "imports inflate from zlib1.dll",
            ("demo/plugin.dll",),
            severity="warning",
        ),
        Twins(
            "WC423",
            "another copy of Visual C++'s runtime may be loaded before",
            taken("MSVCP140.dll", "init"),
            taken("MSVCP140.dll", "answer"),
            "imports init from MSVCP140.dll",
            (MODULE,),
            severity="warning",
        ),
        Silent("WC423", "a DLL of Windows is loaded in place of the wheel's", taken("version.dll", "init")),
    ],
    ids=str,
)
def test_a_dll_has_what_others_import_from_it(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
