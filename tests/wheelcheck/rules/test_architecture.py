from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, native
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import (
    ARM64,
    BOTH_CPUS,
    LIBRARY,
    MODULE,
    WIN64,
    WIN_ARM,
    bare_library,
    dll,
    exe,
    library,
    linked_with,
    mac_program,
    program,
    reflagged,
    tags_of,
)
from tests.support.twins import Silent, Twins
from wheelcheck.facts.file_names import parse_file_name
from wheelcheck.platforms.published import is_taken_by_pypi
from wheelcheck.platforms.tags import parse_platform

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


WRONG_CPU = (
    ("x86_64", "aarch64"),
    ("aarch64", "x86_64"),
    ("i686", "x86_64"),
    ("x86_64", "i686"),
    ("armv7l", "aarch64"),
    ("armv6l", "i686"),
    ("ppc64le", "ppc64"),
    ("ppc64", "ppc64le"),
    ("s390x", "ppc64"),
    ("riscv64", "loongarch64"),
    ("loongarch64", "riscv64"),
)


def refused_by_pypi(cpu: str) -> tuple[str, ...]:
    """Return the rule that finds an error in any wheel for this CPU, if one does."""
    (tag,) = parse_file_name(f"demo-1.0-{tags_of(cpu)}.whl").platforms
    return () if is_taken_by_pypi(parse_platform(tag)) else ("WC208",)


@pytest.mark.parametrize(("tagged", "other"), WRONG_CPU)
@pytest.mark.parametrize("make", [library, program])
def test_code_for_another_cpu_than_the_tag_is_found(
    tagged: str, other: str, make: Callable[[str], File], tmp_path: Path
) -> None:
    bad, good = a_wheel(tags_of(tagged), make(other)), a_wheel(tags_of(tagged), make(tagged))
    at = (make(other).path,)
    row = Twins(
        "WC301", f"{other} in {tagged}", bad, good, f"expected {tagged} for", at, everywhere=refused_by_pypi(tagged)
    )
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC301",
            "x32 is x86-64 in 32 bits, which no manylinux loader takes",
            a_wheel(X86_64, bare_library("x86_64-linux-gnux32")),
            a_wheel(X86_64, bare_library("x86_64-linux-gnu")),
            "found linux x32 code",
            (LIBRARY,),
        ),
        Twins(
            "WC301",
            "soft-float ARM differs from hard-float in a flag alone",
            a_wheel(tags_of("armv7l"), bare_library("arm-linux-gnueabi")),
            a_wheel(tags_of("armv7l"), bare_library("arm-linux-gnueabihf")),
            "with ABI flags 0x5000200",
            (LIBRARY,),
        ),
        Twins(
            "WC301",
            "RISC-V without doubles in registers is another ABI",
            a_wheel(tags_of("riscv64"), reflagged("riscv64", 0x3)),
            a_wheel(tags_of("riscv64"), reflagged("riscv64", 0x5)),
            "with ABI flags 0x3",
            (LIBRARY,),
        ),
        Twins(
            "WC301",
            "LoongArch without doubles in registers is another ABI",
            a_wheel(tags_of("loongarch64"), reflagged("loongarch64", 0x41)),
            a_wheel(tags_of("loongarch64"), reflagged("loongarch64", 0x43)),
            "with ABI flags 0x41",
            (LIBRARY,),
            everywhere=("WC208",),
        ),
        Twins(
            "WC301",
            "one tag of a compressed set lies",
            a_wheel(BOTH_CPUS, library("x86_64")),
            a_wheel("py3-none-manylinux_2_17_x86_64", library("x86_64")),
            "found linux x86_64 code, expected aarch64 + x86_64",
            (LIBRARY,),
        ),
        Twins(
            "WC301",
            "a wrong library beside a right one is seen",
            a_wheel(X86_64, library("x86_64"), library("aarch64", "demo/other.so")),
            a_wheel(X86_64, library("x86_64"), library("x86_64", "demo/other.so")),
            "found linux aarch64 code",
            ("demo/other.so",),
        ),
        Twins(
            "WC301",
            "a binary that RECORD does not list is read all the same",
            a_wheel(X86_64, library("aarch64"), record=lambda rows: rows[1:]),
            a_wheel(X86_64, library("x86_64")),
            "found linux aarch64 code",
            (LIBRARY,),
            also=("WC210",),
        ),
        Twins(
            "WC301",
            "no code fits a CPU that the table does not hold",
            a_wheel("cp311-cp311-manylinux_2_17_sparc64", library("x86_64")),
            a_wheel("cp311-cp311-manylinux_2_17_x86_64", library("x86_64")),
            "expected a CPU that wheelcheck knows for manylinux_2_17_sparc64",
            (LIBRARY,),
            also=("WC208",),
        ),
        Twins(
            "WC301",
            "a tag of a system that the table does not know still names its CPU",
            a_wheel("cp311-cp311-fenix_14_0_x86_64", library("aarch64")),
            a_wheel("cp311-cp311-fenix_14_0_x86_64", library("x86_64")),
            "found linux aarch64 code",
            (LIBRARY,),
            everywhere=("WC208",),
        ),
        Twins(
            "WC301",
            "an x86_64 program in an arm64 macOS wheel, as swig 4.1.1 had it",
            a_wheel(ARM64, mac_program("x86_64")),
            a_wheel(ARM64, mac_program("aarch64")),
            "found macos x86_64 code, expected aarch64",
            ("demo/bin/tool",),
        ),
        Twins(
            "WC301",
            "an arm64 program in a win_amd64 wheel: Windows does not emulate that way round",
            a_wheel(WIN64, exe("aarch64")),
            a_wheel(WIN64, exe("x86_64")),
            "found windows aarch64 code",
            ("demo/bin/tool.exe",),
        ),
        Twins(
            "WC301",
            "a 32-bit program runs on 64-bit Windows, so that is a warning",
            a_wheel(WIN64, exe("i686")),
            a_wheel(WIN64, exe("x86_64")),
            "found windows i686 code",
            ("demo/bin/tool.exe",),
            severity="warning",
        ),
        Twins(
            "WC301",
            "an x86_64 program and its DLL run on Windows on ARM, so that is a warning",
            a_wheel(WIN_ARM, exe("x86_64"), dll("x86_64")),
            a_wheel(WIN_ARM, exe("aarch64"), dll("aarch64")),
            "found windows x86_64 code",
            ("demo/bin/tool.exe", "demo/native.dll"),
            severity="warning",
        ),
        Twins(
            "WC301",
            "a DLL without a program of its own CPU is loaded into Python's process",
            a_wheel(WIN64, dll("i686")),
            a_wheel(WIN64, dll("x86_64")),
            "found windows i686 code",
            ("demo/native.dll",),
        ),
        Twins(
            "WC301",
            "only a path that names the CPU declares a foreign library",
            a_wheel(WIN64, dll("x86_64"), dll("aarch64", "demo/libs/x.dll")),
            a_wheel(WIN64, dll("x86_64"), dll("aarch64", "demo/libs/win-arm64/x.dll")),
            "found windows aarch64 code",
            ("demo/libs/x.dll",),
        ),
        Twins(
            "WC301",
            "a 64 in a name says nothing in a wheel that is 64-bit too",
            a_wheel(X86_64, library("x86_64"), library("aarch64", "demo/libbase64.so")),
            a_wheel(X86_64, library("x86_64"), library("i686", "demo/libbase32.so")),
            "found linux aarch64 code",
            ("demo/libbase64.so",),
        ),
        Twins(
            "WC301",
            "the 64 of a folder says nothing there either",
            a_wheel(X86_64, library("x86_64"), program("aarch64", "demo/linux64/tool")),
            a_wheel(X86_64, library("x86_64"), program("i686", "demo/linux32/tool")),
            "found linux aarch64 code",
            ("demo/linux64/tool",),
        ),
        Twins(
            "WC301",
            "an arm64 DLL with a 64 in its name, in a win_amd64 wheel",
            a_wheel(WIN64, dll("x86_64"), dll("aarch64", "demo/foo64.dll")),
            a_wheel(WIN64, dll("x86_64"), dll("aarch64", "demo/foo64-arm.dll")),
            "found windows aarch64 code",
            ("demo/foo64.dll",),
        ),
        Twins(
            "WC301",
            "a width counts where the other width's file has the same name otherwise",
            a_wheel(WIN_ARM, dll("aarch64"), dll("x86_64", "demo/foo64.dll"), dll("i686", "demo/bar32.dll")),
            a_wheel(WIN_ARM, dll("aarch64"), dll("x86_64", "demo/foo64.dll"), dll("i686", "demo/foo32.dll")),
            "found windows x86_64 code",
            ("demo/foo64.dll",),
        ),
        Twins(
            "WC301",
            "a 32 in a name says nothing in a wheel that is 32-bit too",
            a_wheel(tags_of("armv7l"), library("armv7l"), library("i686", "demo/libcrc32.so")),
            a_wheel(tags_of("armv7l"), library("armv7l"), library("x86_64", "demo/libcrc64.so")),
            "found linux i686 code",
            ("demo/libcrc32.so",),
        ),
        Twins(
            "WC301",
            "an extension module is imported, so its path declares nothing",
            a_wheel(X86_64, library("aarch64", f"aarch64/{MODULE}")),
            a_wheel(X86_64, library("x86_64", f"aarch64/{MODULE}")),
            "found linux aarch64 code",
            (f"aarch64/{MODULE}",),
        ),
        Twins(
            "WC301",
            "a DLL beside a native one of its name is left over, so that is a warning",
            a_wheel(WIN64, dll("x86_64", "demo/foo.dll"), dll("i686", "demo/libfoo.dll")),
            a_wheel(WIN64, dll("x86_64", "demo/foo.dll"), dll("x86_64", "demo/libfoo.dll")),
            "demo/foo.dll is the native one, and nothing links to this",
            ("demo/libfoo.dll",),
            severity="warning",
        ),
        Twins(
            "WC301",
            "a library that another file links to is not left over",
            a_wheel(
                X86_64, library("x86_64", "demo/libfoo.so"), library("aarch64", "demo/foo.so"), linked_with("foo.so")
            ),
            a_wheel(
                X86_64, library("x86_64", "demo/libfoo.so"), library("x86_64", "demo/foo.so"), linked_with("foo.so")
            ),
            "found linux aarch64 code, expected x86_64 for manylinux_2_17_x86_64",
            ("demo/foo.so",),
        ),
        Twins(
            "WC301",
            "ARM64X is native on ARM, plain x86-64 is not",
            artifacts.wheel(WIN_ARM, artifacts.member("demo/x.dll", artifacts.pe("x86_64"))),
            artifacts.wheel(WIN_ARM, artifacts.member("demo/x.dll", artifacts.pe("x86_64", hybrid=True))),
            "found windows x86_64 code",
            ("demo/x.dll",),
        ),
    ],
    ids=str,
)
def test_every_binary_matches_the_tag(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent(
            "WC301",
            "an eBPF object is for the kernel",
            a_wheel(X86_64, library("x86_64"), File("demo/probe.o", native.bpf_object)),
        ),
        Silent(
            "WC301", "WebAssembly is for no CPU", a_wheel(X86_64, library("x86_64"), File("x.wasm", native.wasm_module))
        ),
        Silent(
            "WC301",
            "a program under test data is data",
            a_wheel(X86_64, library("x86_64"), program("aarch64", "demo/tests/data/tool")),
        ),
        Silent(
            "WC301",
            "a pair of libraries, each named for its CPU, serves a tag for each",
            a_wheel(BOTH_CPUS, library("x86_64", "demo/x86_64/l.so"), library("aarch64", "demo/aarch64/l.so")),
        ),
        Silent(
            "WC301",
            "a GPU object has no CPU",
            artifacts.wheel(
                X86_64,
                artifacts.member("demo/kernel.co", artifacts.elf("EM_AMDGPU", system="bare", machine="EM_AMDGPU")),
            ),
        ),
        Silent(
            "WC301",
            "a .NET assembly says i386 and means any",
            artifacts.wheel(WIN64, artifacts.member("demo/x.dll", artifacts.pe("i686", managed=True))),
        ),
        Silent(
            "WC301",
            "one binary for v6 and v7 of ARM serves both tags",
            a_wheel("py3-none-manylinux_2_17_armv7l.linux_armv6l", library("armv7l")),
        ),
    ],
    ids=str,
)
def test_what_only_looks_like_code_for_another_cpu_passes(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
