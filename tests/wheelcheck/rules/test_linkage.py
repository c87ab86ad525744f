from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, elf_editing, native
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import LIBRARY, library
from tests.support.twins import Silent, Twins
from wheelcheck.binary.model import VersionNeed

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Member, Wheel

TEXT_RELOCATION_S = '__asm__(".text\\n.globl answer\\nanswer: .quad answer\\n");\n'


TARGET = "x86_64-linux-gnu.2.17"
SHAPE = ("-shared", "-fPIC", "-nostdlib", "-s")


def linked(*flags: str, source: str = native.PLAIN_C, path: str = LIBRARY) -> File:
    """A library linked with these flags."""
    return File(path, lambda: native.compile_c(source, TARGET, *SHAPE, *flags, name="libanswer.so"))


def with_executable_stack() -> File:
    """The same library as `linked` makes, but for one flag of one program header."""
    return File(LIBRARY, lambda: elf_editing.segment(elf_editing.STACK, flags=7)(linked().bytes))


def needing(version: str, library: str = "libstdc++.so.6", *, tags: str = X86_64, weak: bool = False) -> Wheel:
    need = VersionNeed(library, version, weak)
    return artifacts.wheel(tags, artifacts.member(LIBRARY, artifacts.elf("x86_64", versions=(need,))))


def against_libstdcxx(version: str) -> File:
    """A library that needs a version of libstdc++: linked against a stand-in that offers it."""

    def make() -> bytes:
        script = native.CACHE / f"stdcxx-{version}.map"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(f"GLIBCXX_{version} {{ newest; }};\n", "utf-8")
        flags = (*SHAPE, "-Wl,-soname,libstdc++.so.6", f"-Wl,--version-script={script}")
        stand_in = native.compiled_c("int newest(void) { return 1; }\n", TARGET, *flags, name="libstdc++.so.6")
        source = "extern int newest(void);\nint answer(void) { return newest(); }\n"
        return native.compile_c(source, TARGET, *SHAPE, str(stand_in), name="libanswer.so")

    return File(LIBRARY, make)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC410",
            "a C++ module of a new compiler under an old tag",
            a_wheel(X86_64, against_libstdcxx("3.4.30")),
            a_wheel(X86_64, against_libstdcxx("3.4.19")),
            "needs GLIBCXX_3.4.30 of libstdc++.so.6, which manylinux_2_17_x86_64 does not promise",
            (LIBRARY,),
        ),
        Twins(
            "WC410",
            "the C++ ABI library is held to the policy as well",
            needing("CXXABI_1.3.13"),
            needing("CXXABI_1.3.7"),
            "needs CXXABI_1.3.13",
            (LIBRARY,),
        ),
        Twins(
            "WC410",
            "a version without a number is promised by name",
            needing("CXXABI_FLOAT128"),
            needing("CXXABI_TM_1"),
            "needs CXXABI_FLOAT128",
            (LIBRARY,),
        ),
        Twins(
            "WC410",
            "a newer tag promises newer versions",
            needing("GLIBCXX_3.4.24"),
            needing("GLIBCXX_3.4.24", tags="cp311-cp311-manylinux_2_28_x86_64"),
            "needs GLIBCXX_3.4.24",
            (LIBRARY,),
        ),
    ],
    ids=str,
)
def test_no_binary_needs_a_newer_runtime_library_than_the_tag(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC410", "a weak need stops nobody", needing("GLIBCXX_3.4.30", weak=True)),
        Silent("WC410", "a library that the policy does not name answers for itself", needing("FOO_9", "libfoo.so.1")),
        Silent("WC410", "a version of no family that the policy names", needing("FOO_9")),
        Silent("WC410", "glibc is another rule's matter", needing("GLIBC_2.99", "libc.so.6")),
        Silent(
            "WC410",
            "test data",
            artifacts.wheel(
                X86_64,
                artifacts.member(
                    "tests/x.so", artifacts.elf("x86_64", versions=(VersionNeed("libstdc++.so.6", "GLIBCXX_3.4.30"),))
                ),
            ),
        ),
    ],
    ids=str,
)
def test_runtime_versions_that_stop_nobody_are_left_alone(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def with_needed(*names: str, path: str = LIBRARY) -> Member:
    return artifacts.member(path, artifacts.elf("x86_64", needed=names))


def stand_in(soname: str) -> File:
    """A library of this name, and nothing else."""
    return linked(f"-Wl,-soname,{soname}", path=f"demo.libs/{soname}")


def needing_foo() -> bytes:
    foo = native.compiled_c(native.PLAIN_C, TARGET, *SHAPE, "-Wl,-soname,libfoo.so.1", name="libfoo.so.1")
    source = "extern int answer(void);\nint ask(void) { return answer(); }\n"
    return native.compile_c(source, TARGET, *SHAPE, str(foo), name="libask.so")


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC411",
            "a library that is neither promised nor in the wheel",
            a_wheel(X86_64, File(LIBRARY, needing_foo)),
            a_wheel(X86_64, File(LIBRARY, needing_foo), stand_in("libfoo.so.1")),
            "needs libfoo.so.1, which manylinux_2_17_x86_64 does not promise: bundle it",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC411",
            "an extension module that is linked with libpython",
            artifacts.wheel(X86_64, with_needed("libpython3.11.so.1.0")),
            artifacts.wheel(X86_64, with_needed("libc.so.6", "ld-linux-x86-64.so.2")),
            "link an extension module without libpython",
            (LIBRARY,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_every_needed_library_is_promised_or_in_the_wheel(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def searching(path: str, *, rpath: bool = False, at: str = LIBRARY) -> File:
    tag = "-Wl,--disable-new-dtags" if rpath else "-Wl,--enable-new-dtags"
    return linked(f"-Wl,-rpath,{path}", tag, path=at)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC412",
            "a folder of the build machine",
            a_wheel(X86_64, searching("/home/me/target/release")),
            a_wheel(X86_64, searching("$ORIGIN/../demo.libs")),
            "found search path '/home/me/target/release', expected one relative to $ORIGIN",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC412",
            "the same in the old tag",
            a_wheel(X86_64, searching("/opt/lib", rpath=True)),
            a_wheel(X86_64, searching("${ORIGIN}", rpath=True)),
            "found search path '/opt/lib'",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC412",
            "a path that leaves site-packages",
            a_wheel(X86_64, searching("$ORIGIN/../../lib")),
            a_wheel(X86_64, searching("$ORIGIN/..")),
            "leaves the folder that packages are installed into",
            (LIBRARY,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_no_search_path_leaves_the_installation(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC413",
            "a library linked with -z execstack",
            a_wheel(X86_64, with_executable_stack()),
            a_wheel(X86_64, linked()),
            "found a request for an executable stack",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC413",
            "a member of several tags is named once",
            a_wheel("cp311-cp311-manylinux_2_17_x86_64.manylinux_2_28_x86_64", with_executable_stack()),
            a_wheel("cp311-cp311-manylinux_2_17_x86_64.manylinux_2_28_x86_64", library("x86_64")),
            "found a request for an executable stack",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC414",
            "code that must be written to before it runs",
            a_wheel(X86_64, linked("-Wl,-z,notext", source=TEXT_RELOCATION_S)),
            a_wheel(X86_64, linked()),
            "found text relocations",
            (LIBRARY,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_no_binary_asks_for_less_protection(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
