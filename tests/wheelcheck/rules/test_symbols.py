from __future__ import annotations

import platform
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import elf_editing, native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel
from tests.support.native_files import LIBRARY, MODULE, linked_with
from tests.support.twins import ERROR, WARNING, Silent, Twins
from wheelcheck import check

if TYPE_CHECKING:
    from pathlib import Path

MUSL, OLD_MUSL = "cp311-cp311-musllinux_1_2_x86_64", "cp311-cp311-musllinux_1_1_x86_64"
AARCH64 = "cp311-cp311-manylinux_2_17_aarch64"
SHAPE = ("-shared", "-fPIC", "-nostdlib", "-s", "-Wl,-z,undefs")
INIT = "void *PyInit__x(void) { return 0; }\n"


LOADING = File("demo/__init__.py", b"import ctypes\nimport other\nctypes.CDLL(other.PATH, mode=ctypes.RTLD_GLOBAL)\n")


def asking(  # noqa: PLR0913 - a name for each thing that a row may vary
    *names: str,
    path: str = MODULE,
    lazy: bool = False,
    data: bool = False,
    weak: bool = False,
    needed: str = "",
    rpath: str = "",
    is_module: bool = False,
) -> File:
    """An extension module that asks for these symbols, without any version; `needed` is a library that it needs.

    Under the path of a library it exports no PyInit_, unless it `is_module`.
    """
    mark = " __attribute__((weak))" if weak else ""
    if data:
        declared = "".join(f"extern int {name}{mark};\n" for name in names)
        used = "".join(f"void *at_{name}(void) {{ return &{name}; }}\n" for name in names)
    else:
        declared = "".join(f"extern int {name}(void){mark};\n" for name in names)
        used = "".join(f"int call_{name}(void) {{ return {name}(); }}\n" for name in names)
    flags = (*SHAPE, "-Wl,-z,lazy" if lazy else "-Wl,-z,now")
    target = "x86_64-linux-gnu.2.17"

    def make() -> bytes:
        stand_in = []
        if needed:
            soname = f"-Wl,-soname,{needed}"
            stand_in = [str(native.compiled_c("int unused;\n", target, *SHAPE, soname, name="stand-in.so"))]
        keep = ("-Wl,--no-as-needed", *stand_in, *([f"-Wl,-rpath,{rpath}"] if rpath else []))
        return native.compile_c(
            (INIT if path == MODULE or is_module else "") + declared + used, target, *flags, *keep, name="asking.so"
        )

    return File(path, make)


def offering(*names: str, path: str = "demo.libs/libhelp.so.1", soname: str = "libhelp.so.1") -> File:
    """A library that exports these functions."""
    source = "".join(f"int {name}(void) {{ return 1; }}\n" for name in names)
    flags = (*SHAPE, f"-Wl,-soname,{soname}")
    return File(path, lambda: native.compile_c(source, "x86_64-linux-gnu.2.17", *flags, name="offering.so"))


UNLESS = ", unless the package has loaded it before"
UNLESS_TOLD = ", unless LD_LIBRARY_PATH leads there"
SETS_PATH = b'import os\nos.environ["LD_LIBRARY_PATH"] = "lib"\n'
TOOL, SCRIPT = "demo/bin/tool", "demo-1.0.data/scripts/tool"
OTHERWISE = offering("answer0", soname="libown.so.1")
LOADING_HELP = File("demo/__init__.py", b'ctypes.CDLL("libhelp.so.1")\n')


def program(name: str, *options: str) -> File:
    """A program that asks for a function, which it was linked with under the name of libm."""
    target, flags = "x86_64-linux-gnu.2.17", (*SHAPE, "-Wl,-soname,libm.so.6")
    source = f"extern int {name}(void);\nint main(void) {{ return {name}(); }}\n"

    def make() -> bytes:
        stand_in = native.compiled_c(f"int {name}(void) {{ return 1; }}\n", target, *flags, name="libm.so.6")
        return native.compile_c(source, target, "-s", "-dynamic", *options, str(stand_in), name="tool")

    return File("demo/bin/tool", make, EXECUTABLE)


def needing(soname: str, rpath: str = "", path: str = MODULE) -> File:
    return linked_with(soname, path=path, rpath=rpath)


def program_needing_help(rpath: str = "", path: str = TOOL) -> File:
    """A program that needs libhelp.so.1, with this search path."""
    source = "extern int answer0(void);\nint main(void) { return answer0(); }\n"
    target, flags = "x86_64-linux-gnu.2.17", (*SHAPE, "-Wl,-soname,libhelp.so.1")

    def make() -> bytes:
        stand_in = native.compiled_c("int answer0(void) { return 1; }\n", target, *flags, name="libhelp.so.1")
        options = ["-s", str(stand_in), *([f"-Wl,-rpath,{rpath}"] if rpath else [])]
        return native.compile_c(source, target, *options, name="tool")

    return File(path, make, EXECUTABLE)


TO_LIBS = "$ORIGIN/../demo.libs"
TO_HELP = {TOOL: "$ORIGIN/../../demo.libs", SCRIPT: "$ORIGIN/../lib/python3.11/site-packages/demo.libs"}
MIDDLE = "demo.libs/libmid.so.1"


def middle(rpath: str = "") -> File:
    """A library that needs another one of the wheel."""
    return linked_with("libhelp.so.1", path=MIDDLE, rpath=rpath)


def needing_by_rpath(soname: str) -> File:
    return linked_with(soname, path=MODULE, rpath=TO_LIBS, flags=("-Wl,--disable-new-dtags",))


def defining(version: str, *, with_libc: bool = False) -> File:
    """The library libhelp.so.1, whose function answer0 has this symbol version; without one, it has no version.

    With libc it needs versions itself, so it has the table that the loader looks into (DT_VERSYM).
    """
    flags = ("-shared", "-fPIC", "-s") if with_libc else SHAPE

    def make() -> bytes:
        versions = native.versioned(f"{version} {{ *; }};\n" if version else "")
        code = f"int answer0(void) {{ return {'rand()' if with_libc else 1}; }}\n"
        return native.compile_c(
            f"int rand(void);\n{code}", GLIBC, *flags, "-Wl,-soname,libhelp.so.1", *versions, name="libhelp.so.1"
        )

    return File("demo.libs/libhelp.so.1", make)


def needing_version(version: str, path: str = MODULE) -> File:
    return linked_with("libhelp.so.1", path=path, rpath=TO_LIBS, version=version)


TAKING = asking("help_me", path=MIDDLE)
TAKEN = offering("help_me", "answer0", "answer1")


def with_both(path: str = MODULE) -> File:
    """A module that needs a library, and what has the symbols of that library."""
    return linked_with("libmid.so.1", "libhelp.so.1", path=path, rpath=TO_LIBS)


def with_one(path: str = MODULE) -> File:
    return asking("puts", path=path, needed="libmid.so.1", rpath=TO_LIBS)


GLIBC = "x86_64-linux-gnu.2.17"
ANSWER = offering("answer0")
HERE, IN_LIB = "demo/libhelp.so.1", "demo-1.0.data/data/lib/libhelp.so.1"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC420",
            "a library in NAME.libs, and a module without any search path",
            a_wheel(X86_64, needing("libhelp.so.1"), ANSWER),
            a_wheel(X86_64, needing("libhelp.so.1", TO_LIBS), ANSWER),
            "which is in the wheel as demo.libs/libhelp.so.1, where the loader does not look for it: the file has no",
            (MODULE,),
        ),
        Twins(
            "WC420",
            "two modules, of which neither finds the library",
            a_wheel(X86_64, needing("libhelp.so.1"), needing("libhelp.so.1", path="demo/_y.abi3.so"), ANSWER),
            a_wheel(
                X86_64, needing("libhelp.so.1", TO_LIBS), needing("libhelp.so.1", TO_LIBS, "demo/_y.abi3.so"), ANSWER
            ),
            "needs libhelp.so.1, which is in the wheel as demo.libs/libhelp.so.1",
            ("demo/_y.abi3.so", MODULE),
        ),
        Twins(
            "WC420",
            "a search path that leads beside the folder",
            a_wheel(X86_64, needing("libhelp.so.1", "$ORIGIN/demo.libs"), ANSWER),
            a_wheel(X86_64, needing("libhelp.so.1", "${ORIGIN}/../demo.libs"), ANSWER),
            "the search path is $ORIGIN/demo.libs",
            (MODULE,),
        ),
        Twins(
            "WC420",
            "a library under its whole version, whose symbolic link the wheel lacks",
            a_wheel(X86_64, needing("libhelp.so.1", TO_LIBS), offering("answer0", path="demo.libs/libhelp.so.1.2.3")),
            a_wheel(X86_64, needing("libhelp.so.1", TO_LIBS), ANSWER),
            "in the wheel as demo.libs/libhelp.so.1.2.3",
            (MODULE,),
        ),
        Twins(
            "WC420",
            "a library that another module finds, so that the order of the imports decides",
            a_wheel(X86_64, needing("libhelp.so.1"), needing("libhelp.so.1", TO_LIBS, "demo/_y.abi3.so"), ANSWER),
            a_wheel(
                X86_64,
                needing("libhelp.so.1", "$ORIGIN/../demo.libs"),
                needing("libhelp.so.1", TO_LIBS, "demo/_y.abi3.so"),
                ANSWER,
            ),
            "needs libhelp.so.1",
            (MODULE,),
            "warning",
        ),
        *(
            Twins(
                "WC420",
                f"a package that {sentence}",
                a_wheel(tags, needing("libhelp.so.1"), ANSWER, File("demo/__init__.py", text.encode())),
                a_wheel(tags, needing("libhelp.so.1", TO_LIBS), ANSWER, File("demo/__init__.py", text.encode())),
                f"which is in the wheel as demo.libs/libhelp.so.1, where the loader does not look for it{unless}: the",
                (MODULE,),
                "warning" if unless else "error",
            )
            for sentence, text, tags, unless in (
                ("loads it by its path", 'ctypes.CDLL(folder / "libhelp.so.1")\n', X86_64, UNLESS),
                ("loads it by cdll", 'cdll.LoadLibrary(f"{folder}/libhelp.so.1")\n', X86_64, UNLESS),
                ("loads it by a name that it completes", 'ctypes.CDLL(folder / f"libhelp{ending}")\n', X86_64, UNLESS),
                ("loads what is in a folder", "for each in folder.glob('*.so*'):\n    CDLL(each)\n", X86_64, UNLESS),
                ("loads it by its path, which musl forgets", 'ctypes.CDLL("libhelp.so.1")\n', MUSL, ""),
                ("loads another one", 'ctypes.CDLL("libother.so.1")\n', X86_64, ""),
                ("names it", '"libhelp.so.1"\n', X86_64, ""),
                ("lists a folder", "import glob\n", X86_64, ""),
            )
        ),
        *(
            Twins(
                "WC420",
                f"a program {sentence}",
                a_wheel(X86_64, program_needing_help("", path), ANSWER, File("demo/__init__.py", text)),
                a_wheel(X86_64, program_needing_help(TO_HELP[path], path), ANSWER, File("demo/__init__.py", text)),
                f"where the loader does not look for it{unless}: the file has no search path",
                (path,),
                severity,
            )
            for sentence, path, text, unless, severity in (
                ("that the package starts in an environment", TOOL, SETS_PATH, UNLESS_TOLD, WARNING),
                ("that the package starts as it is", TOOL, b"import os\n", "", ERROR),
                ("that users start themselves", SCRIPT, SETS_PATH, "", ERROR),
            )
        ),
        Twins(
            "WC420",
            "a package that loads the library, which has another name of its own",
            a_wheel(X86_64, needing("libhelp.so.1"), OTHERWISE, LOADING_HELP),
            a_wheel(X86_64, needing("libhelp.so.1", TO_LIBS), OTHERWISE, LOADING_HELP),
            "where the loader does not look for it: the file has no search path",
            (MODULE,),
        ),
        Twins(
            "WC420",
            "a program among the scripts and a library in the environment's own lib",
            a_wheel(X86_64, program_needing_help("$ORIGIN/lib", SCRIPT), offering("answer0", path=IN_LIB)),
            a_wheel(X86_64, program_needing_help("$ORIGIN/../lib", SCRIPT), offering("answer0", path=IN_LIB)),
            f"which is in the wheel as {IN_LIB}, where the loader does not look for it: the search path is $ORIGIN/lib",
            (SCRIPT,),
        ),
        Silent(
            "WC420",
            "a library of .data/platlib is installed beside the package",
            a_wheel(
                X86_64,
                needing("libhelp.so.1", "$ORIGIN"),
                offering("answer0", path="demo-1.0.data/platlib/demo/libhelp.so.1"),
            ),
        ),
        Twins(
            "WC420",
            "what a library needs that a module finds by DT_RUNPATH, which is not handed on",
            a_wheel(X86_64, needing("libmid.so.1", TO_LIBS), middle(), ANSWER),
            a_wheel(X86_64, needing("libmid.so.1", TO_LIBS), middle("$ORIGIN"), ANSWER),
            "needs libhelp.so.1, which is in the wheel as demo.libs/libhelp.so.1",
            (MIDDLE,),
        ),
        Silent(
            "WC420",
            "what a library needs that a module finds by DT_RPATH, which is handed on",
            a_wheel(X86_64, needing_by_rpath("libmid.so.1"), middle(), ANSWER),
        ),
        Twins(
            "WC421",
            "what a library takes from one that it finds by the DT_RPATH of the module",
            a_wheel(X86_64, needing("libmid.so.1", TO_LIBS), middle(), ANSWER),
            a_wheel(X86_64, needing_by_rpath("libmid.so.1"), middle(), ANSWER),
            "its symbols were not checked: the symbols of libhelp.so.1 are not known",
            (MIDDLE, MODULE),
            "note",
            also=("WC420",),
        ),
        Silent(
            "WC420",
            "a plain library, whose needs somebody may have loaded before",
            a_wheel(X86_64, needing("libhelp.so.1", path=LIBRARY), ANSWER),
        ),
        *(
            Twins(
                "WC421",
                f"a symbol that exists nowhere, {how}",
                a_wheel(X86_64, asking("demo_backend", data=how == "a variable")),
                a_wheel(X86_64, asking("demo_backend", data=how == "a variable", weak=True)),
                "asks for demo_backend, which neither the wheel nor manylinux_2_17_x86_64 offers: loading it fails",
                (MODULE,),
            )
            for how in ("a function that is bound at load", "a variable")
        ),
        Twins(
            "WC421",
            "a function that exists nowhere, in a module linked with -z lazy, which Python binds at load",
            a_wheel(X86_64, asking("demo_backend", lazy=True)),
            a_wheel(X86_64, asking("puts", lazy=True)),
            "asks for demo_backend, which neither the wheel nor manylinux_2_17_x86_64 offers: loading it fails",
            (MODULE,),
        ),
        Twins(
            "WC421",
            "a function that exists nowhere, in a program that is linked for lookup at the first call",
            a_wheel(X86_64, program("PyUnicode_New", "-Wl,-z,lazy")),
            a_wheel(X86_64, program("rand", "-Wl,-z,lazy")),
            "calling it ends the process",
            ("demo/bin/tool",),
            "warning",
        ),
        Twins(
            "WC421",
            "a project's own name that begins with Py is not the interpreter's",
            a_wheel(X86_64, asking("PyDemo_Start")),
            a_wheel(X86_64, asking("PyUnicode_New")),
            "asks for PyDemo_Start",
            (MODULE,),
        ),
        Twins(
            "WC421",
            "a function that glibc has since 2.36, without a version that would say so",
            a_wheel(X86_64, asking("arc4random")),
            a_wheel("cp311-cp311-manylinux_2_36_x86_64", asking("arc4random")),
            "asks for arc4random, which neither",
            (MODULE,),
        ),
        Twins(
            "WC421",
            "shm_open of librt, which is not needed",
            a_wheel(X86_64, asking("shm_open")),
            a_wheel(X86_64, asking("shm_open", needed="librt.so.1")),
            "asks for shm_open",
            (MODULE,),
        ),
        *(
            Twins(
                "WC421",
                f"a symbol that musl {sentence}",
                a_wheel(bad, asking(name)),
                a_wheel(good, asking(other)),
                f"asks for {name}, which neither the wheel nor {bad[12:]} offers: loading it fails",
                (MODULE,),
            )
            for sentence, name, other, bad, good in (
                ("has since 1.2", "reallocarray", "reallocarray", OLD_MUSL, MUSL),
                ("has since 1.2, beside one that it had", "gettid", "secure_getenv", OLD_MUSL, OLD_MUSL),
                ("has on CPUs with 32 bits", "__clock_gettime64", "clock_gettime", MUSL, MUSL),
            )
        ),
        Twins(
            "WC421",
            "a function that only glibc has, in a wheel for musl",
            a_wheel(MUSL, asking("__cxa_thread_atexit_impl", "malloc")),
            a_wheel(MUSL, asking("malloc")),
            "asks for __cxa_thread_atexit_impl, which neither",
            (MODULE,),
        ),
        Twins(
            "WC421",
            "a symbol of a library that the file does not need",
            a_wheel(X86_64, asking("help_me"), offering("help_me")),
            a_wheel(
                X86_64,
                asking("help_me", needed="libhelp.so.1", rpath="$ORIGIN"),
                offering("help_me", path="demo/libhelp.so.1"),
            ),
            "asks for help_me, which demo.libs/libhelp.so.1 has, and is not linked to it",
            (MODULE,),
            "warning",
        ),
        Twins(
            "WC421",
            "a library whose symbols one module brings along, and another one does not",
            a_wheel(X86_64, TAKING, TAKEN, with_both(), with_one("demo/_y.cpython-311-x86_64-linux-gnu.so")),
            a_wheel(X86_64, TAKING, TAKEN, with_both(), with_both("demo/_y.cpython-311-x86_64-linux-gnu.so")),
            "asks for help_me, which demo.libs/libhelp.so.1 has, and is not linked to it",
            ("demo.libs/libmid.so.1",),
            "warning",
        ),
        Twins(
            "WC421",
            "a library whose symbols no module brings along",
            a_wheel(X86_64, TAKING, TAKEN, with_one()),
            a_wheel(X86_64, TAKING, TAKEN, with_both()),
            "asks for help_me, which demo.libs/libhelp.so.1 has, and is not linked to it",
            ("demo.libs/libmid.so.1",),
            "warning",
        ),
        Twins(
            "WC421",
            "a symbol that a package may load from another distribution",
            a_wheel(X86_64, asking("demo_backend"), LOADING),
            a_wheel(X86_64, asking("demo_backend", weak=True), LOADING),
            "loading it fails, unless the package loads a library that has it with RTLD_GLOBAL",
            (MODULE,),
            "warning",
        ),
        Twins(
            "WC421",
            "a symbol of a newer glibc, whatever the package loads",
            a_wheel(X86_64, asking("arc4random"), LOADING),
            a_wheel(X86_64, asking("arc4random", weak=True), LOADING),
            "asks for arc4random, which neither",
            (MODULE,),
        ),
        Twins(
            "WC421",
            "a plain library that asks for what exists nowhere",
            a_wheel(X86_64, asking("demo_backend", path="demo/libhook.so")),
            a_wheel(X86_64, asking("puts", path="demo/libhook.so")),
            "asks for demo_backend",
            ("demo/libhook.so",),
            "warning",
        ),
        *(
            Twins(
                "WC421",
                f"a plain library that asks for {name} of {library}, which it does not need",
                a_wheel(X86_64, asking(name, path="demo/libhook.so")),
                a_wheel(X86_64, asking(name, path="demo/libhook.so", needed=library)),
                f"asks for {name}, which neither the wheel nor manylinux_2_17_x86_64 offers through",
                ("demo/libhook.so",),
                "note",
            )
            for name, library in (("_Unwind_Resume", "libgcc_s.so.1"), ("_ZSt9terminatev", "libstdc++.so.6"))
        ),
        Twins(
            "WC421",
            "a module in a file that is named as a library is one for Python all the same",
            a_wheel(X86_64, asking("demo_backend", path="demo/libmodule.so", lazy=True, is_module=True)),
            a_wheel(X86_64, asking("puts", path="demo/libmodule.so", lazy=True, is_module=True)),
            "asks for demo_backend, which neither the wheel nor manylinux_2_17_x86_64 offers: loading it fails",
            ("demo/libmodule.so",),
        ),
        *(
            Twins(
                "WC421",
                f"{count} symbols that exist nowhere",
                a_wheel(X86_64, asking(*(f"demo_{number}" for number in range(count)))),
                a_wheel(X86_64, asking("puts")),
                f"asks for {listed}, which neither",
                (MODULE,),
            )
            for count, listed in (
                (5, "demo_0, demo_1, demo_2, demo_3, demo_4"),
                (6, "demo_0, demo_1, demo_2, demo_3 and 2 others"),
            )
        ),
        Twins(
            "WC421",
            "a program has no interpreter that offers it anything",
            a_wheel(X86_64, program("PyUnicode_New")),
            a_wheel(X86_64, program("rand")),
            "asks for PyUnicode_New",
            ("demo/bin/tool",),
        ),
        Twins(
            "WC421",
            "a file that needs a library whose symbols are not known is not judged",
            a_wheel(X86_64, asking("demo_backend", needed="libX11.so.6")),
            a_wheel(X86_64, asking("puts", needed="libX11.so.6")),
            "its symbols were not checked: the symbols of libX11.so.6 are not known",
            (MODULE,),
            "note",
        ),
    ],
    ids=str,
)
def test_symbols_and_libraries(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


VERSIONED = [
    Twins(
        "WC422",
        "a library of the version before",
        a_wheel(X86_64, needing_version("HELP_2"), defining("HELP_1")),
        a_wheel(X86_64, needing_version("HELP_2"), defining("HELP_2")),
        "needs the version HELP_2 of libhelp.so.1, which demo.libs/libhelp.so.1 does not define",
        (MODULE,),
    ),
    Twins(
        "WC422",
        "a library of the version before, for a library that nothing leads to",
        a_wheel(X86_64, needing_version("HELP_2", LIBRARY), defining("HELP_1")),
        a_wheel(X86_64, needing_version("HELP_2", LIBRARY), defining("HELP_2")),
        "needs the version HELP_2",
        (LIBRARY,),
        "warning",
    ),
    Twins(
        "WC422",
        "a library without any version information, unless it has a table of versions",
        a_wheel(X86_64, needing_version("HELP_2"), defining("")),
        a_wheel(X86_64, needing_version("HELP_2"), defining("", with_libc=True)),
        "needs the version HELP_2",
        (MODULE,),
    ),
]


@pytest.mark.parametrize("row", VERSIONED, ids=str)
def test_a_library_has_the_versions_that_others_need_of_it(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="asks ld.so of Linux on x86_64")
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((needing_version("HELP_2"), defining("HELP_1")), "version `HELP_2' not found"),
        ((needing_version("HELP_2"), defining("HELP_2")), ""),
        ((needing_version("HELP_2"), defining("")), "Assertion"),
        ((needing_version("HELP_2"), defining("", with_libc=True)), ""),
        ((needing("libmid.so.1", TO_LIBS), middle(), ANSWER), "libhelp.so.1: cannot open shared object file"),
        ((needing("libmid.so.1", TO_LIBS), middle("$ORIGIN"), ANSWER), ""),
        ((needing_by_rpath("libmid.so.1"), middle(), ANSWER), ""),
    ],
)
def test_the_loader_itself_says_so(files: tuple[File, ...], said: str, tmp_path: Path) -> None:
    for file in files:
        place = tmp_path / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content if isinstance(file.content, bytes) else file.content())
    code = f"import ctypes; ctypes.CDLL({str(tmp_path / MODULE)!r}, 2)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said in done.stderr
    assert said or not done.stderr


@pytest.mark.parametrize("version", ["GLIBC_2.x", "GLIBC_2.", "GLIBC_2.1_7", "GLIBC_2"])
def test_a_version_that_is_no_number_is_judged_and_not_read_as_one(version: str, tmp_path: Path) -> None:
    report = check([a_wheel(X86_64, linked_with("libc.so.6", version=version, path=MODULE)).write(tmp_path)])
    assert report.verdict == "fail"
    assert report.gaps == ()


NEWER = "cp311-cp311-manylinux_2_34_x86_64"


def exchanged(content: bytes) -> bytes:
    """Exchange the versions of puts (2.2.5) and pthread_create (2.34): each asks for one that it does not have."""
    versym = elf_editing.offset_of(content, elf_editing.value_of(content, elf_editing.VERSYM))
    one, other = (elf_editing.get(content, versym + 2 * index, (0, "H")) for index in (1, 2))
    assert {one, other} == {2, 3}
    content = elf_editing.put(content, versym + 2, (0, "H"), other)
    return elf_editing.put(content, versym + 4, (0, "H"), one)


def test_a_symbol_under_a_version_that_glibc_does_not_give_it_is_not_offered(tmp_path: Path) -> None:
    sound = native.library("x86_64", (2, 34))
    good, bad = (File(MODULE, content) for content in (sound, exchanged(sound)))
    assert "WC421" not in {each.code for each in check([a_wheel(NEWER, good).write(tmp_path)]).findings}
    (found,) = (each for each in check([a_wheel(NEWER, bad).write(tmp_path)]).findings if each.code == "WC421")
    assert "pthread_create@GLIBC_2.2.5" not in found.message  # libc.so.6 keeps it for old programs
    assert "puts@GLIBC_2.34" in found.message


def test_a_symbol_of_a_library_that_is_not_needed_any_more_is_not_offered_to_a_program(tmp_path: Path) -> None:
    """pthread_create was in libpthread.so.0 until glibc 2.34, and a program finds only what it is linked with."""
    sound = native.program("x86_64", (2, 17))
    assert sound.count(b"libpthread.so.0\0") == 1
    bad = sound.replace(b"libpthread.so.0\0", b"libc.so.6".ljust(16, b"\0"))
    path = "demo/bin/tool"
    assert check([a_wheel(X86_64, File(path, sound, EXECUTABLE)).write(tmp_path)]).verdict == "pass"
    found = check([a_wheel(X86_64, File(path, bad, EXECUTABLE)).write(tmp_path)]).findings
    assert "pthread_create@GLIBC_2.2.5" in next(each.message for each in found if each.code == "WC421")
