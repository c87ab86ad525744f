from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, elf_editing, native
from tests.support.artifacts import AARCH64, X86_64, File, a_wheel
from tests.support.native_files import LIBRARY, MODULE, edited, library, linked_with, program
from tests.support.twins import Silent, Twins, judge
from wheelcheck.binary.model import Symbol, VersionNeed

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Member, Wheel


TEXT_RELOCATION_S = '__asm__(".text\\n.globl answer\\nanswer: .quad answer\\n");\n'


TARGET = "x86_64-linux-gnu.2.17"
SHAPE = ("-shared", "-fPIC", "-nostdlib", "-s")


def linked(*flags: str, source: str = native.PLAIN_C, path: str = LIBRARY) -> File:
    """A library linked with these flags."""
    return File(path, lambda: native.compile_c(source, TARGET, *SHAPE, *flags, name="libanswer.so"))


def with_executable_stack(file: File | None = None) -> File:
    """The same library as `linked` makes, or another file, but for one flag of one program header."""
    return edited(file or linked(), elf_editing.segment(elf_editing.STACK, flags=7))


def without_stack(file: File) -> File:
    """The same file without PT_GNU_STACK."""
    return edited(file, elf_editing.segment(elf_editing.STACK, type=0))


def needing(version: str, library: str = "libstdc++.so.6", *, tags: str = X86_64, weak: bool = False) -> Wheel:
    need = VersionNeed(library, version, weak)
    symbols = (Symbol("f", version, library, weak),)
    code = artifacts.elf("x86_64", versions=(need,), imports=symbols, symbols_known=True)
    return artifacts.wheel(tags, artifacts.member(LIBRARY, code))


def needing_all(*versions: str) -> Wheel:
    needs = tuple(VersionNeed("libstdc++.so.6", version) for version in versions)
    return artifacts.wheel(X86_64, artifacts.member(LIBRARY, artifacts.elf("x86_64", versions=needs)))


def against_libstdcxx(version: str) -> File:
    """A library that needs a version of libstdc++: linked against a stand-in that offers it."""

    def make() -> bytes:
        versions = native.versioned(f"GLIBCXX_{version} {{ newest; }};\n")
        flags = (*SHAPE, "-Wl,-soname,libstdc++.so.6", *versions)
        stand_in = native.compiled_c("int newest(void) { return 1; }\n", TARGET, *flags, name="libstdc++.so.6")
        source = "extern int newest(void);\nint answer(void) { return newest(); }\n"
        return native.compile_c(source, TARGET, *SHAPE, str(stand_in), name="libanswer.so")

    return File(LIBRARY, make)


PLAIN = "void *PyInit__x(void) { return 0; }\n"  # what makes demo/_x.so a module


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
            "a version of more digits than Python turns into a number",
            needing(f"GLIBCXX_3.4.{'1' * 5000}"),
            needing("GLIBCXX_3.4.19"),
            "needs GLIBCXX_3.4.111",
            (LIBRARY,),
        ),
        Twins(
            "WC410",
            "of several versions the newest is named, by number and not by spelling",
            needing_all("GLIBCXX_3.4.30", "GLIBCXX_3.4.100"),
            needing_all("GLIBCXX_3.4.9", "GLIBCXX_3.4.19"),
            "needs GLIBCXX_3.4.100",
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
def test_runtime_versions_that_stop_no_loader_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def with_needed(*names: str, path: str = LIBRARY) -> Member:
    return artifacts.member(path, artifacts.elf("x86_64", needed=names))


def stand_in(soname: str) -> File:
    """A library of this name, and nothing else."""
    return linked(f"-Wl,-soname,{soname}", path=f"demo.libs/{soname}")


IN_PREFIX = "demo-1.0.data/data/lib/libdemo.so"


def requiring(*names: str) -> dict[str, bytes]:
    """Return the METADATA of a wheel that requires these distributions."""
    lines = ("Metadata-Version: 2.1", "Name: demo", "Version: 1.0", *(f"Requires-Dist: {name}" for name in names), "")
    return {"METADATA": "\n".join(lines).encode()}


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
            "a library of this name for another CPU, which the loader passes over",
            a_wheel(X86_64, File(LIBRARY, needing_foo), library("aarch64", "demo/aarch64/libfoo.so.1")),
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
        Twins(
            "WC411",
            "a module by its function alone, linked with libpython",
            a_wheel(X86_64, linked_with("libc.so.6", "libpython3.11.so.1.0", source=PLAIN, path="demo/_x.so")),
            a_wheel(X86_64, linked_with("libc.so.6", source=PLAIN, path="demo/_x.so")),
            "needs libpython3.11.so.1.0, which manylinux_2_17_x86_64 does not promise: link an extension module",
            ("demo/_x.so",),
            everywhere=("WC421",),  # as below
        ),
        Twins(
            "WC411",
            "a module that only an interpreter loads, which has libpython built in",
            a_wheel(X86_64, linked_with("libc.so.6", "libpython3.11.so.1.0", path=MODULE)),
            a_wheel(X86_64, linked_with("libc.so.6", path=MODULE)),
            "needs libpython3.11.so.1.0, which manylinux_2_17_x86_64 does not promise: link an extension module",
            (MODULE,),
            everywhere=("WC421",),  # the stand-in for libc has a function of its own
        ),
        Twins(
            "WC411",
            "a path on the machine that built it",
            artifacts.wheel(X86_64, with_needed("/opt/foo/libfoo.so.1")),
            artifacts.wheel(X86_64, with_needed("libm.so.6")),
            "needs /opt/foo/libfoo.so.1, a path on the machine that built it",
            (LIBRARY,),
        ),
        Twins(
            "WC411",
            "a library that is in the wheel under the name that auditwheel gave it",
            a_wheel(X86_64, linked_with("libfoo.so.1"), stand_in("libfoo-1a2b3c4d.so.1.0.0")),
            a_wheel(X86_64, linked_with("libfoo-1a2b3c4d.so.1.0.0"), stand_in("libfoo-1a2b3c4d.so.1.0.0")),
            "needs libfoo.so.1, which is in the wheel as libfoo-1a2b3c4d.so.1.0.0: the needed name was not rewritten",
            (LIBRARY,),
        ),
        Twins(
            "WC411",
            "another version with a hash is another library",
            a_wheel(X86_64, linked_with("libfoo.so.1"), stand_in("libfoo-1a2b3c4d.so.10")),
            a_wheel(X86_64, linked_with("libfoo-1a2b3c4d.so.10"), stand_in("libfoo-1a2b3c4d.so.10")),
            "does not promise: bundle it",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC411",
            "a name with braces is a name",
            artifacts.wheel(X86_64, with_needed("lib{0}{x}.so")),
            artifacts.wheel(X86_64, with_needed("libc.so.6")),
            "needs lib{0}{x}.so, which",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC411",
            "a library of another name with a hash is another library",
            a_wheel(X86_64, linked_with("libfoo.so.1"), stand_in("libfoobar-1a2b3c4d.so.1")),
            a_wheel(X86_64, linked_with("libfoobar-1a2b3c4d.so.1"), stand_in("libfoobar-1a2b3c4d.so.1")),
            "does not promise: bundle it",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC411",
            "a library that a required distribution puts into the environment's lib folder",
            a_wheel(X86_64, linked_with("libfoo.so.1", path=IN_PREFIX), dist_info=requiring("foo", "bar")),
            a_wheel(X86_64, linked_with("libc.so.6", path=IN_PREFIX), dist_info=requiring("foo")),
            "does not promise: bundle it, unless it comes with foo or bar",
            (IN_PREFIX,),
            severity="note",
        ),
        Twins(
            "WC411",
            "a library of the environment's lib folder where nothing is required",
            a_wheel(X86_64, linked_with("libfoo.so.1", path=IN_PREFIX)),
            a_wheel(X86_64, linked_with("libc.so.6", path=IN_PREFIX)),
            "does not promise: bundle it",
            (IN_PREFIX,),
            severity="warning",
        ),
        Twins(
            "WC411",
            "a library of several required distributions: three are named",
            a_wheel(X86_64, linked_with("libfoo.so.1", path=IN_PREFIX), dist_info=requiring(*"abcde")),
            a_wheel(X86_64, linked_with("libc.so.6", path=IN_PREFIX), dist_info=requiring(*"abcde")),
            "unless it comes with a or b or c or 2 others",
            (IN_PREFIX,),
            severity="note",
        ),
        Twins(
            "WC411",
            "a requirement does not bring what is looked for in the wheel's own folder",
            a_wheel(X86_64, linked_with("libfoo.so.1"), dist_info=requiring("foo")),
            a_wheel(X86_64, linked_with("libc.so.6"), dist_info=requiring("foo")),
            "does not promise: bundle it",
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
            "the search path '/home/me/target/release' is a folder of the machine that built it",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC412",
            "the same in the old tag",
            a_wheel(X86_64, searching("/opt/lib", rpath=True)),
            a_wheel(X86_64, searching("${ORIGIN}", rpath=True)),
            "the search path '/opt/lib'",
            (LIBRARY,),
            severity="note",
        ),
        Twins(
            "WC412",
            "a folder of the build machine that only root can create elsewhere",
            a_wheel(X86_64, searching("/usr/local/lib64")),
            a_wheel(X86_64, searching("$ORIGIN/../demo.libs")),
            "the search path '/usr/local/lib64' is a folder of the machine that built it",
            (LIBRARY,),
            severity="note",
        ),
        Twins(
            "WC412",
            "an absolute path that ends in a folder of everybody",
            a_wheel(X86_64, searching("//usr/../tmp/lib")),
            a_wheel(X86_64, searching("$ORIGIN")),
            "the search path '//usr/../tmp/lib'",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC412",
            "a path that is relative to the current directory",
            a_wheel(X86_64, searching("demo/lib")),
            a_wheel(X86_64, searching("$ORIGIN/lib")),
            "the search path 'demo/lib' is below the current folder",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC412",
            "several entries, which are one fault of the file",
            a_wheel(X86_64, searching("/home/me/lib:$ORIGIN/lib:/tmp/lib:/home/me/lib")),
            a_wheel(X86_64, searching("$ORIGIN/lib")),
            "the search path '/home/me/lib:/tmp/lib' is a folder of the machine that built it",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC412",
            "a dollar sign that the build quoted twice, as Make asks for in some places and not in others",
            a_wheel(X86_64, searching(r"\$$ORIGIN/../lib")),
            a_wheel(X86_64, searching("$ORIGIN/../lib")),
            "in a form that no loader expands",
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
            "asks for an executable stack",
            (LIBRARY,),
        ),
        Twins(
            "WC413",
            "a member of several tags is named once",
            a_wheel("cp311-cp311-manylinux_2_17_x86_64.manylinux_2_28_x86_64", with_executable_stack()),
            a_wheel("cp311-cp311-manylinux_2_17_x86_64.manylinux_2_28_x86_64", library("x86_64")),
            "asks for an executable stack",
            (LIBRARY,),
        ),
        Twins(
            "WC413",
            "a program gets the stack that it asks for",
            a_wheel(X86_64, library("x86_64", "demo/a.so"), with_executable_stack(program("x86_64"))),
            a_wheel(X86_64, library("x86_64", "demo/a.so"), program("x86_64")),
            "asks for an executable stack",
            ("demo/bin/tool",),
            severity="warning",
        ),
        Twins(
            "WC413",
            "musl gives a library no such stack and loads it",
            a_wheel("cp311-cp311-musllinux_1_2_x86_64", with_executable_stack()),
            a_wheel("cp311-cp311-musllinux_1_2_x86_64", linked()),
            "asks for an executable stack",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC413",
            "a library without PT_GNU_STACK, as old assembly makes it",
            a_wheel(X86_64, without_stack(library("x86_64"))),
            a_wheel(X86_64, library("x86_64")),
            "has no PT_GNU_STACK",
            (LIBRARY,),
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


@pytest.mark.parametrize("name", ["libpthread.so.0", "libm.so.6", "libpthread.so", "libc.musl-x86_64.so.1"])
def test_musl_answers_for_the_parts_of_libc(name: str) -> None:
    assert judge(artifacts.wheel("cp311-cp311-musllinux_1_2_x86_64", with_needed(name)), "WC411") == []


@pytest.mark.parametrize(("platform", "hits"), [("android_24_x86_64", 0), ("manylinux_2_17_x86_64", 1)])
def test_an_app_of_android_brings_its_libpython(platform: str, hits: int) -> None:
    found = judge(artifacts.wheel(f"cp313-cp313-{platform}", with_needed("libpython3.11.so.1.0")), "WC411")
    assert len(found) == hits


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC413",
            "a file without PT_GNU_STACK has no executable stack on aarch64",
            a_wheel(AARCH64, without_stack(library("aarch64"))),
        ),
        Silent(
            "WC413",
            "musl reads no PT_GNU_STACK of a library",
            a_wheel("cp311-cp311-musllinux_1_2_x86_64", without_stack(linked())),
        ),
    ],
    ids=str,
)
def test_a_library_that_says_nothing_of_its_stack_is_loaded_by(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
