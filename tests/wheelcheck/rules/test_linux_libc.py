from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, elf_editing, native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel
from tests.support.native_files import BOTH_CPUS, LIBRARY, edited, library, program, tags_of, with_loader
from tests.support.twins import Silent, Twins
from wheelcheck.binary.model import Symbol, VersionNeed

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Wheel

MUSL = "cp311-cp311-musllinux_1_2_x86_64"
UNDEFINED, WEAK = b"\x12\0\0\0" + bytes(16), b"\x22\0\0\0" + bytes(16)  # of a function in .dynsym
TOOL, SCRIPT = "demo/bin/tool", "demo-1.0.data/scripts/t"
STATIC, DYNAMIC = File(TOOL, native.static_program, EXECUTABLE), File(TOOL, native.program, EXECUTABLE)
BOTH_LIBCS = "py3-none-manylinux_2_17_x86_64.musllinux_1_2_x86_64"
GLIBC_CPUS = ("x86_64", "aarch64", "i686", "armv7l", "ppc64le", "s390x", "riscv64")
NEWER = "cp311-cp311-manylinux_2_28_x86_64"


def needing(cpu: str = "x86_64", *floor: int, path: str = LIBRARY) -> File:
    """A library that was linked against this glibc."""
    return File(path, lambda: native.library(cpu, (floor[0], floor[1])))


def asking(*needs: VersionNeed, tags: str = X86_64) -> Wheel:
    """The facts of a wheel with a library that has these version needs, each for one symbol, weak as the need is."""
    symbols = tuple(Symbol("f", need.version, need.library, need.weak) for need in needs)
    code = artifacts.elf("x86_64", versions=needs, imports=symbols, symbols_known=True)
    return artifacts.wheel(tags, artifacts.member(LIBRARY, code))


def started_by(loader: str) -> Wheel:
    """The facts of a manylinux wheel with a program that names this loader."""
    return artifacts.wheel(X86_64, artifacts.member(TOOL, artifacts.elf("x86_64", "executable", interpreter=loader)))


def weakly() -> bytes:
    """A library that can do without every function it names."""
    content = native.library("x86_64", (2, 34))
    assert content.count(UNDEFINED) == 2
    return content.replace(UNDEFINED, WEAK)


def flagged(file: File, flags: int) -> File:
    """The same library with other flags in every version need that it has of its first library."""

    def edit(content: bytes) -> bytes:
        base = elf_editing.offset_of(content, elf_editing.value_of(content, elf_editing.VERNEED))
        for number in range(1, elf_editing.get(content, base, (2, "H")) + 1):
            content = elf_editing.put(content, base + 16 * number, (4, "H"), flags)
        return content

    return edited(file, edit)


OPTIONAL = VersionNeed("libc.so.6", "GLIBC_2.34", weak=True)


def libc(version: str, *, weak: bool = False, of: str = "libc.so.6") -> VersionNeed:
    return VersionNeed(of, version, weak)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC401",
            "a library that needs GLIBC_2.34 under a 2_17 tag",
            a_wheel(X86_64, needing("x86_64", 2, 34)),
            a_wheel("cp311-cp311-manylinux_2_34_x86_64", needing("x86_64", 2, 34)),
            "needs GLIBC_2.34 of libc.so.6, expected at most GLIBC_2.17 for manylinux_2_17_x86_64",
            (LIBRARY,),
        ),
        Twins(
            "WC401",
            "manylinux2014 is 2_17 under its old name",
            a_wheel("cp311-cp311-manylinux2014_x86_64", needing("x86_64", 2, 34)),
            a_wheel("cp311-cp311-manylinux2014_x86_64", needing("x86_64", 2, 17)),
            "expected at most GLIBC_2.17 for manylinux2014_x86_64",
            (LIBRARY,),
        ),
        Twins(
            "WC401",
            "every tag of a compressed set is held to, not the newest",
            a_wheel("cp311-cp311-manylinux_2_17_x86_64.manylinux_2_34_x86_64", needing("x86_64", 2, 34)),
            a_wheel("cp311-cp311-manylinux_2_17_x86_64.manylinux_2_34_x86_64", needing("x86_64", 2, 17)),
            "for manylinux_2_17_x86_64",
            (LIBRARY,),
        ),
        Twins(
            "WC401",
            "a weak symbol's need stops the loader like any other",
            a_wheel(X86_64, File(LIBRARY, weakly)),
            a_wheel("cp311-cp311-manylinux_2_34_x86_64", File(LIBRARY, weakly)),
            "needs GLIBC_2.34",
            (LIBRARY,),
        ),
        Twins(
            "WC401",
            "only a need that carries VER_FLG_WEAK itself does not stop the loader",
            asking(libc("GLIBC_2.34")),
            asking(libc("GLIBC_2.34", weak=True)),
            "needs GLIBC_2.34",
            (LIBRARY,),
        ),
        *(
            Twins(
                "WC401",
                f"a need with flags {flags} that a symbol uses which is not weak: the loader ends the process there",
                a_wheel(X86_64, flagged(needing("x86_64", 2, 34), flags)),
                a_wheel(X86_64, flagged(File(LIBRARY, weakly), flags)),
                "needs GLIBC_2.34",
                (LIBRARY,),
            )
            for flags in (2, 3)
        ),
        Twins(
            "WC401",
            "the flag proves nothing without a weak symbol",
            artifacts.wheel(
                X86_64, artifacts.member(LIBRARY, artifacts.elf("x86_64", versions=(OPTIONAL,), symbols_known=True))
            ),
            asking(OPTIONAL),
            "needs GLIBC_2.34",
            (LIBRARY,),
        ),
        Twins(
            "WC401",
            "2.4 is older than 2.17 and 2.100 is newer",
            asking(libc("GLIBC_2.100")),
            asking(libc("GLIBC_2.4")),
            "needs GLIBC_2.100",
            (LIBRARY,),
        ),
        Twins(
            "WC401",
            "packed relative relocations need a loader of 2.36",
            asking(libc("GLIBC_2.2.5"), libc("GLIBC_ABI_DT_RELR")),
            asking(libc("GLIBC_2.2.5"), libc("GLIBC_2.17")),
            "needs GLIBC_ABI_DT_RELR",
            (LIBRARY,),
        ),
        Twins(
            "WC401",
            "a program in .data/scripts is held to the floor too",
            a_wheel(
                X86_64,
                library("x86_64"),
                File("demo-1.0.data/scripts/t", lambda: native.program("x86_64", (2, 34)), EXECUTABLE),
            ),
            a_wheel(
                X86_64,
                library("x86_64"),
                File("demo-1.0.data/scripts/t", lambda: native.program("x86_64", (2, 17)), EXECUTABLE),
            ),
            "needs GLIBC_2.34",
            (SCRIPT,),
        ),
    ],
    ids=str,
)
def test_no_binary_needs_a_newer_glibc_than_the_tag(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC401",
            "an older need than the tag's is fine",
            a_wheel(NEWER, library("x86_64")),
        ),
        Silent(
            "WC401",
            "a static program needs nothing",
            a_wheel(X86_64, library("x86_64"), STATIC),
        ),
        Silent("WC401", "libgcc's own GLIBC_ versions are not glibc's", asking(libc("GLIBC_2.0", of="libgcc_s.so.1"))),
        Silent(
            "WC401",
            "test data may need what it wants",
            a_wheel(X86_64, library("x86_64"), needing("x86_64", 2, 34, path="tests/x.so")),
        ),
        Silent(
            "WC401",
            "a payload for the other CPU is another tag's matter",
            a_wheel(X86_64, library("x86_64"), needing("aarch64", 2, 34, path="demo/aarch64/x.so")),
        ),
        Silent("WC401", "musl has no such versions", a_wheel(MUSL, File(LIBRARY, native.musl_library))),
    ],
    ids=str,
)
def test_needs_that_the_tags_glibc_meets_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC402",
            "a glibc library in a musllinux wheel",
            a_wheel(MUSL, library("x86_64")),
            a_wheel(MUSL, File(LIBRARY, native.musl_library)),
            "found a need of GLIBC_2.2.5, expected nothing but musl for musllinux_1_2_x86_64",
            (LIBRARY,),
        ),
        Twins(
            "WC402",
            "a glibc program under both tags, as fastfetch-bin 2.69.0 had it",
            a_wheel(BOTH_LIBCS, DYNAMIC),
            a_wheel(BOTH_LIBCS, STATIC),
            "found the glibc loader /lib64/ld-linux-x86-64.so.2",
            (TOOL,),
        ),
        Twins(
            "WC402",
            "a musl program in a manylinux wheel has no loader there",
            started_by("/lib/ld-musl-x86_64.so.1"),
            started_by("/lib64/ld-linux-x86-64.so.2"),
            "found the musl loader /lib/ld-musl-x86_64.so.1",
            (TOOL,),
        ),
        Twins(
            "WC402",
            "the loader of a Nix store is on no other system",
            a_wheel(X86_64, library("x86_64"), with_loader("/nix/store/a/lib/ld-linux-x86-64.so.2")),
            a_wheel(X86_64, library("x86_64"), with_loader("/usr/lib64/ld-linux-x86-64.so.2")),
            "found the loader /nix/store/a/lib/ld-linux-x86-64.so.2, expected /lib64/ld-linux-x86-64.so.2 for",
            (TOOL,),
        ),
        Twins(
            "WC402",
            "a loader in a folder of its own is on no other system",
            a_wheel(X86_64, library("x86_64"), with_loader("/opt/ld-linux-x86-64.so.2")),
            a_wheel(X86_64, library("x86_64"), with_loader("/usr/lib64/ld-linux-x86-64.so.2")),
            "found the loader /opt/ld-linux-x86-64.so.2, expected /lib64/ld-linux-x86-64.so.2 for",
            (TOOL,),
        ),
        Twins(
            "WC402",
            "the loader of another CPU",
            a_wheel(X86_64, library("x86_64"), with_loader("/lib/ld-linux-aarch64.so.1")),
            a_wheel(X86_64, library("x86_64"), with_loader("/usr/lib64/ld-linux-x86-64.so.2")),
            "found the loader /lib/ld-linux-aarch64.so.1, expected /lib64/ld-linux-x86-64.so.2 for",
            (TOOL,),
        ),
        Twins(
            "WC402",
            "the file that the loader's name was a link to is there with one glibc only",
            a_wheel(X86_64, library("x86_64"), with_loader("/lib64/ld-2.31.so")),
            a_wheel(X86_64, library("x86_64"), with_loader("/usr/lib64/ld-linux-x86-64.so.2")),
            "found the loader /lib64/ld-2.31.so, expected /lib64/ld-linux-x86-64.so.2 for",
            (TOOL,),
        ),
        *(
            Twins(
                "WC402",
                f"the path {bad} is no loader's",
                a_wheel(X86_64, library("x86_64"), with_loader(bad)),
                a_wheel(X86_64, library("x86_64"), with_loader(good)),
                f"found the loader {bad}, expected /lib64/ld-linux-x86-64.so.2 for",
                (TOOL,),
            )
            for bad, good in (
                ("/nowhere/../lib64/ld-linux-x86-64.so.2", "/lib64//ld-linux-x86-64.so.2"),
                ("/lib64/ld-linux-x86-64.so.2/", "/lib64/ld-linux-x86-64.so.2"),
                ("/lib32/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2"),
                ("/lib/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2"),
                ("/usr/lib/ld-linux-x86-64.so.2", "/usr/lib64/ld-linux-x86-64.so.2"),
            )
        ),
        Twins(
            "WC402",
            "the Linux Standard Base's loader is on few systems",
            a_wheel(X86_64, library("x86_64"), with_loader("/lib64/ld-lsb-x86-64.so.3")),
            a_wheel(X86_64, library("x86_64"), with_loader("/lib64/ld-linux-x86-64.so.2")),
            "found the loader /lib64/ld-lsb-x86-64.so.3, expected /lib64/ld-linux-x86-64.so.2 for",
            (TOOL,),
            severity="warning",
        ),
        Twins(
            "WC402",
            "a relative path is looked up from the current directory",
            a_wheel(X86_64, library("x86_64"), with_loader("ld-linux-x86-64.so.2")),
            a_wheel(X86_64, library("x86_64"), with_loader("/usr/lib64/ld-linux-x86-64.so.2")),
            "found the loader ld-linux-x86-64.so.2, expected /lib64/ld-linux-x86-64.so.2 for",
            (TOOL,),
        ),
        Twins(
            "WC402",
            "a library that Alpine's linker tied to musl",
            artifacts.wheel(
                X86_64, artifacts.member(LIBRARY, artifacts.elf("x86_64", needed=("libc.musl-x86_64.so.1",)))
            ),
            artifacts.wheel(X86_64, artifacts.member(LIBRARY, artifacts.elf("x86_64", needed=("libc.so.6",)))),
            "found a need of libc.musl-x86_64.so.1",
            (LIBRARY,),
        ),
    ],
    ids=str,
)
def test_every_binary_is_for_the_c_library_of_the_tag(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC402",
            "musl answers to libc.so.6 where no version is asked for",
            artifacts.wheel(MUSL, artifacts.member(LIBRARY, artifacts.elf("x86_64", needed=("libc.so.6",)))),
        ),
        Silent(
            "WC402",
            "a program whose loader is in the wheel can be started through it",
            a_wheel(
                X86_64, library("x86_64", "demo/lib/ld-linux-x86-64.so.2"), with_loader("/opt/ld-linux-x86-64.so.2")
            ),
        ),
        *(
            Silent("WC402", f"every {cpu} program names its ABI's loader", a_wheel(tags_of(cpu), program(cpu)))
            for cpu in GLIBC_CPUS
        ),
        Silent(
            "WC402",
            "each CPU of a set is held to its own tag",
            a_wheel(BOTH_CPUS, library("x86_64", "x86_64/l.so"), library("aarch64", "aarch64/l.so")),
        ),
        Silent(
            "WC402",
            "a linux_ tag names no C library",
            artifacts.wheel("py3-none-linux_armv7l", artifacts.member(LIBRARY, artifacts.elf("armv7l"))),
        ),
    ],
    ids=str,
)
def test_code_that_either_c_library_can_load_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
