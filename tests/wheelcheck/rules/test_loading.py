from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts, elf_editing, native
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import (
    ANDROID_NOTE_C,
    LIBRARY,
    MODULE,
    edited,
    extension,
    library,
    linked_with,
    program,
    tags_of,
)
from tests.support.twins import Silent, Twins
from wheelcheck.binary.elf_versions import elf_hash
from wheelcheck.binary.model import VersionNeed
from wheelcheck.platforms import arch

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Wheel

SHAPE = ("-shared", "-fPIC", "-O2", "-nostdlib", "-s")


def paged(cpu: str, page: int, path: str = LIBRARY) -> File:
    """A library for Linux that is linked for pages of this size."""
    target, flags = native.linux_target(cpu), (*SHAPE, f"-Wl,-z,max-page-size={page}")
    return File(path, lambda: native.compile_c(native.PLAIN_C, target, *flags, name="libanswer.so"))


def paged_program(cpu: str, page: int) -> File:
    """A static program that is linked for pages of this size."""
    target, flags = arch.find(cpu).zig_target(None), ("-static", "-nostdlib", "-s", f"-Wl,-z,max-page-size={page}")
    return File("demo/bin/tool", lambda: native.compile_c(native.START_C, target, *flags, name="tool"), 0o100755)


def android(cpu: str, page: int) -> File:
    """A library for Android that is linked for pages of this size."""
    target, flags = arch.find(cpu).zig_target(None), (*SHAPE, f"-Wl,-z,max-page-size={page}")
    source = ANDROID_NOTE_C + native.PLAIN_C
    return File(LIBRARY, lambda: native.compile_c(source, target, *flags, name="libanswer.so"))


def shifted(file: File) -> File:
    """The same library, whose code begins elsewhere within a page of 64 KiB; its p_align says nothing of it."""

    def move(content: bytes) -> bytes:
        at = elf_editing.segments_at(content, elf_editing.LOAD)[1]
        address = elf_editing.get(content, at, elf_editing.SEGMENT["vaddr"])
        return elf_editing.segment(elf_editing.LOAD, 1, vaddr=address + 4096)(content)

    return edited(file, move)


def with_alignment(file: File, align: int) -> File:
    """The same library with another p_align in one of its segments."""
    return edited(file, elf_editing.segment(elf_editing.LOAD, 1, align=align))


def asking(version: str, library: str = "libc.so.6", *others: File, tags: str = X86_64) -> Wheel:
    """The facts of a wheel with a library that needs this version, and with other libraries."""
    needs = (VersionNeed(library, version), VersionNeed("libc.so.6", "GLIBC_2.17"))
    members = [artifacts.member(file.path, artifacts.elf("x86_64")) for file in others]
    return artifacts.wheel(tags, artifacts.member(LIBRARY, artifacts.elf("x86_64", versions=needs)), *members)


def renamed(version: bytes) -> File:
    """A library whose need of GLIBC_2.2.5 has another name of the same length."""

    def rename(content: bytes) -> bytes:
        old, new = (struct.pack("<I", elf_hash(name)) for name in (b"GLIBC_2.2.5", version))
        assert content.count(b"GLIBC_2.2.5\0") == 1
        return content.replace(b"GLIBC_2.2.5\0", version + b"\0").replace(old, new)

    return edited(library("x86_64"), rename)


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins(
                "WC403",
                f"{bad}, which no glibc offers",
                asking(bad, of),
                asking(good, of),
                f"needs {bad} of {of}, which no release of glibc defines",
                (LIBRARY,),
            )
            for bad, good, of in (
                ("GLIBC_2.017", "GLIBC_2.17", "libc.so.6"),
                ("GLIBC_2.17.", "GLIBC_2.17", "libc.so.6"),
                ("GLIBC_2.17.1", "GLIBC_2.3.4", "libc.so.6"),
                ("GLIBC_2.3.9", "GLIBC_2.2.5", "libm.so.6"),
                ("GLIBC_2", "GLIBC_2.2.5", "libpthread.so.0"),
                ("GLIBC_2.17", "GLIBC_2.18", "libm.so.6"),
                ("GLIBC_2.14", "GLIBC_2.12", "libpthread.so.0"),
                ("GLIBC_2.31", "GLIBC_2.32", "libc.so.6"),
                ("GLIBC_1.9", "GLIBC_2.3.4", "libdl.so.2"),
                ("glibc_2.17", "GLIBC_2.4", "librt.so.1"),
                ("GLIBC_FOO", "GLIBC_ABI_DT_RELR", "libc.so.6"),
                ("GLIBC_PRIVATE1", "GLIBC_2.3", "ld-linux-x86-64.so.2"),
                ("FOO", "GCC_3.0", "libc.so.6"),
                (" GLIBC_2.17", "GLIBC_2.2.5", "libutil.so.1"),
            )
        ),
        Twins(
            "WC403",
            "a library of glibc that is not in the wheel",
            asking("GLIBC_PRIVATE", "libresolv.so.2"),
            asking("GLIBC_PRIVATE", "libresolv.so.2", File("demo.libs/libresolv.so.2")),
            "needs GLIBC_PRIVATE of libresolv.so.2, which each release of glibc may change",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC403",
            "a real library whose version was renamed",
            a_wheel(X86_64, renamed(b"GLIBC_2.2.9")),
            a_wheel(X86_64, library("x86_64")),
            "needs GLIBC_2.2.9 of lib",
            (LIBRARY,),
            also=("WC421",),
        ),
    ],
    ids=str,
)
def test_every_version_of_a_need_is_one_that_glibc_defines(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC403", "another library has versions of its own", asking("LIBNSL_1.0", "libnsl.so.3")),
        Silent("WC403", "a library of glibc whose versions nobody listed", asking("GLIBC_2.3", "libnss_files.so.2")),
        Silent("WC403", "a release of glibc that is to come", asking("GLIBC_2.999", "libm.so.6")),
        Silent("WC403", "musl does not compare versions", asking("GLIBC_FOO", tags="cp311-cp311-musllinux_1_2_x86_64")),
    ],
    ids=str,
)
def test_what_is_not_glibc_has_versions_of_its_own(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def pages(sentence: str, bad: File, good: File, tags: str, found: str) -> Twins:
    return Twins("WC430", sentence, a_wheel(tags, bad), a_wheel(tags, good), found, (bad.path,))


@pytest.mark.parametrize(
    "row",
    [
        *(
            pages(
                f"a library for {cpu} with segments of 4 KiB",
                paged(cpu, 4096),
                paged(cpu, 65536),
                tags_of(cpu),
                "pages of 4 KiB, expected 64 KiB",
            )
            for cpu in ("aarch64", "ppc64le")
        ),
        pages(
            "pages of 16 KiB are not the largest that aarch64 has",
            paged("aarch64", 16384),
            paged("aarch64", 65536),
            "cp311-cp311-musllinux_1_2_aarch64",
            "pages of 16 KiB, expected 64 KiB",
        ),
        pages(
            "a static program",
            paged_program("aarch64", 4096),
            paged_program("aarch64", 65536),
            "py3-none-manylinux_2_17_aarch64.musllinux_1_1_aarch64",
            "pages of 4 KiB",
        ),
        pages(
            "one segment with a smaller alignment, as an old patchelf leaves it",
            with_alignment(paged("aarch64", 65536), 4096),
            paged("aarch64", 65536),
            tags_of("aarch64"),
            "pages of 4 KiB",
        ),
        pages(
            "an alignment that is no whole page of any CPU",
            with_alignment(paged("x86_64", 4096), 16),
            paged("x86_64", 4096),
            X86_64,
            "is linked for no pages of any size, expected 4 KiB",
        ),
        pages(
            "an address that is elsewhere within a large page than its offset",
            shifted(paged("aarch64", 65536)),
            paged("aarch64", 65536),
            tags_of("aarch64"),
            "pages of 4 KiB",
        ),
        pages(
            "a library for a 64-bit Android",
            android("aarch64", 4096),
            android("aarch64", 16384),
            "cp313-cp313-android_24_arm64_v8a",
            "pages of 4 KiB, expected 16 KiB",
        ),
    ],
    ids=str,
)
def test_segments_can_be_mapped_with_the_largest_pages_of_the_cpu(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC430", "x86 has pages of 4 KiB only", a_wheel(X86_64, paged("x86_64", 4096))),
        Silent("WC430", "so has ARM of 32 bits", a_wheel(tags_of("armv7l"), paged("armv7l", 4096))),
        Silent("WC430", "what zig links by default", a_wheel(tags_of("riscv64"), library("riscv64"))),
        Silent("WC430", "the kernel maps a program and reads no p_align", a_wheel(
            tags_of("x86_64"), library("x86_64", "demo/a.so"), edited(
                program("x86_64"), elf_editing.segment(elf_editing.LOAD, 1, align=1)))),
    ],
    ids=str,
)  # fmt: skip
def test_pages_that_no_kernel_of_the_cpu_has_are_not_asked_for(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def noted(level_bits: int, path: str = LIBRARY, align: int = 8) -> File:
    """A library with a property note of its own; lld drops one with the real section name, so that it gets it later."""
    source = (
        f'__attribute__((section(".note.gnu.propertx"), aligned({align}), used)) static const unsigned note[] =\n'
        f"{{4, 16, 5, 0x00554e47, 0xc0008002, 4, {level_bits}, 0}};\n{native.PLAIN_C}"
    )
    target = native.linux_target("x86_64")

    def make() -> bytes:
        return native.compile_c(source, target, *SHAPE, name="libanswer.so").replace(b"propertx\0", b"property\0")

    return File(path, make)


def pointers(path: str = LIBRARY) -> File:
    """A library with pointers in its data, which the loader must relocate."""
    source = f"static int a, b, c; int *volatile table[] = {{&a, &b, &c, &a}};\n{native.PLAIN_C}"
    target = native.linux_target("x86_64")
    return File(path, lambda: native.compile_c(source, target, *SHAPE, name="libanswer.so"))


def relr(file: File) -> File:
    """The same file with the dynamic entries of packed relative relocations."""
    retagged = ((7, 36), (8, 35), (9, 37), (0x6FFFFFF9, 21))  # DT_RELA, -SZ, -ENT and -COUNT
    return edited(file, *(elf_editing.retag(old, new) for old, new in retagged), elf_editing.tag(37, 8))


def needing_libc(version: str) -> File:
    """A library with pointers in its data that needs a version of libc.so.6."""
    return linked_with("libc.so.6", version=version, source="static int a, b; int *volatile table[] = {&a, &b};\n")


def on_android(level: int) -> str:
    return f"cp313-cp313-android_{level}_x86_64"


def android_library(*flags: str) -> File:
    """A library for Android with pointers in its data."""
    source = f"static int a, b; int *volatile table[] = {{&a, &b}};\n{ANDROID_NOTE_C}{native.PLAIN_C}"
    flags = (*SHAPE, "-Wl,-z,max-page-size=16384", *flags)
    target = arch.find("x86_64").zig_target(None)
    return File(LIBRARY, lambda: native.compile_c(source, target, *flags, name="libanswer.so"))


INITIAL_EXEC_C = 'static __thread char block[{size}] __attribute__((tls_model("{model}")));\n'
INITIAL_EXEC_C += "char *answer(int at) {{ return &block[at]; }}\n"


def thread_local(size: int = 16, model: str = "initial-exec", path: str = LIBRARY, libc: str = "gnu.2.17") -> File:
    """A library with a thread-local variable of this size and model."""
    source = INITIAL_EXEC_C.format(size=size, model=model)
    return File(path, lambda: native.compile_c(source, f"x86_64-linux-{libc}", *SHAPE, name="libanswer.so"))


DT_FLAGS_1, DF_1_NOW, DF_1_NOOPEN = 0x6FFFFFFB, 1, 0x40


def opened_by(flags: int, module: File | None = None) -> File:
    """A module with these flags of the dynamic section, which zig's linker cannot set."""
    return edited(
        module or library("x86_64", MODULE), elf_editing.graft_dynamic(lambda rows: [*rows, (DT_FLAGS_1, flags)])
    )


MUSL = "cp311-cp311-musllinux_1_2_x86_64"
MUSL_MODULE = "demo/_x.cpython-311-x86_64-linux-musl.so"
NEW = "cp311-cp311-manylinux_2_39_x86_64"


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC431",
            "a library that was linked for x86-64-v3",
            a_wheel(X86_64, noted(4)),
            a_wheel(X86_64, noted(1)),
            "asks for x86-64-v3 in a property note, expected v1",
            (LIBRARY,),
        ),
        Twins(
            "WC431",
            "of several levels the highest counts",
            a_wheel(X86_64, noted(1 | 2 | 8)),
            a_wheel(X86_64, noted(4, align=4)),  # glibc passes over a note that is not aligned to the width of the CPU
            "asks for x86-64-v4",
            (LIBRARY,),
        ),
        Twins(
            "WC431",
            "musl does not read the note",
            a_wheel(MUSL, noted(2)),
            a_wheel(MUSL, noted(1)),
            "asks for x86-64-v2",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC432",
            "packed relocations under an old glibc",
            a_wheel(X86_64, relr(pointers())),
            a_wheel(X86_64, pointers()),
            "which glibc reads from 2.36 on, expected none for manylinux_2_17_x86_64",
            (LIBRARY,),
        ),
        Twins(
            "WC432",
            "packed relocations under the last glibc that does not read them",
            a_wheel("cp311-cp311-manylinux_2_35_x86_64", relr(pointers())),
            a_wheel("cp311-cp311-manylinux_2_36_x86_64", relr(pointers())),
            "which glibc reads from 2.36 on, expected none for manylinux_2_35_x86_64",
            (LIBRARY,),
        ),
        Twins(
            "WC432",
            "packed relocations without the need that a new glibc asks for",
            a_wheel(NEW, relr(needing_libc("GLIBC_2.17"))),
            a_wheel(NEW, relr(needing_libc("GLIBC_ABI_DT_RELR"))),
            "without a need of GLIBC_ABI_DT_RELR",
            (LIBRARY,),
        ),
        Twins(
            "WC432",
            "an older musl than the first that reads packed relocations",
            a_wheel(MUSL, relr(pointers())),
            a_wheel(MUSL, pointers()),
            "which musl reads from 1.2.4 on",
            (LIBRARY,),
            severity="note",
        ),
        Twins(
            "WC432",
            "an older Android than the first that reads packed relocations",
            a_wheel(on_android(29), relr(android_library())),
            a_wheel(on_android(30), relr(android_library())),
            "which Android reads from API 30 on",
            (LIBRARY,),
        ),
        Twins(
            "WC432",
            "an older Android than the first that reads a lone DT_GNU_HASH",
            a_wheel(on_android(22), android_library("-Wl,--hash-style=gnu")),
            a_wheel(on_android(22), android_library("-Wl,--hash-style=both")),
            "has DT_GNU_HASH and no DT_HASH",
            (LIBRARY,),
        ),
        Twins(
            "WC433",
            "a variable that must have its place when the library is loaded",
            a_wheel(X86_64, thread_local()),
            a_wheel(X86_64, thread_local(model="global-dynamic")),
            "needs 16 bytes of static thread-local storage",
            (LIBRARY,),
            severity="note",
        ),
        Twins(
            "WC433",
            "more than glibc ever has for libraries that are loaded later",
            a_wheel(X86_64, thread_local(4000)),
            a_wheel(X86_64, thread_local(4000, "global-dynamic")),
            "and glibc keeps 1664 for all",
            (LIBRARY,),
            severity="warning",
        ),
        Twins(
            "WC433",
            "a module that needs more than any glibc has",
            a_wheel(X86_64, thread_local(200_000, path=MODULE)),
            a_wheel(X86_64, thread_local(200_000, "global-dynamic", path=MODULE)),
            "and glibc keeps 1664 for all",
            (MODULE,),
        ),
        Twins(
            "WC434",
            "a module that only a starting process may load",
            a_wheel(X86_64, opened_by(DF_1_NOOPEN)),
            a_wheel(X86_64, opened_by(DF_1_NOW)),
            "is linked with `-z nodlopen`",
            (MODULE,),
            everywhere=("WC413",),  # the edit takes the header of the stack
        ),
        Twins(
            "WC434",
            "a module by its function alone that only a starting process may load",
            a_wheel(X86_64, opened_by(DF_1_NOOPEN, extension("demo/_x.so", "PyInit__x", takes=()))),
            a_wheel(X86_64, opened_by(DF_1_NOOPEN, extension("demo/_y.so", "PyInit__x", takes=()))),
            "is linked with `-z nodlopen`",
            ("demo/_x.so",),
            everywhere=("WC413",),  # as above
        ),
        Twins(
            "WC433",
            "musl has no place for a module that is loaded later",
            a_wheel(MUSL, thread_local(path=MUSL_MODULE, libc="musl")),
            a_wheel(MUSL, thread_local(path=MUSL_MODULE, libc="musl", model="global-dynamic")),
            "musl has none for libraries that a running process loads",
            (MUSL_MODULE,),
        ),
        Twins(
            "WC433",
            "a library under musl may be loaded by a program that starts",
            a_wheel(MUSL, thread_local(libc="musl")),
            a_wheel(MUSL, thread_local(libc="musl", model="global-dynamic")),
            "musl has none for libraries that a running process loads",
            (LIBRARY,),
            severity="warning",
        ),
    ],
    ids=str,
)
def test_the_loader_of_the_tag_takes_the_file_on_each_of_its_cpus(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC432", "a glibc that reads packed relocations", a_wheel(NEW, relr(pointers()))),
        Silent("WC432", "a DT_HASH alone is read everywhere", a_wheel(
            on_android(22), android_library("-Wl,--hash-style=sysv"))),
        Silent("WC433", "a program has its place from the start", artifacts.wheel(
            X86_64, artifacts.member("demo/bin/tool", artifacts.elf("x86_64", "executable", static_tls=5000)))),
    ],
    ids=str,
)  # fmt: skip
def test_what_every_loader_of_the_tag_reads_is_no_fault(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


SUM_C = """
int sum(const int *at, int count) { int all = 0; for (int i = 0; i < count; i++) all += at[i] * 3; return all; }
"""
VECTOR_C = """
typedef float vector __attribute__((vector_size(32)));
void add(vector *to, const vector *from) { *to = *to + *from; }
"""
SHIFT_C = """
unsigned long long shift(unsigned long long x, int n) {
  return (x << n) ^ (x >> (n + 1)) ^ (x << (n + 2)) ^ (x >> (n + 3));
}
"""
ASKING_C = """
void ask(void) { int a = 0, b, c = 0, d; __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)); }
"""


def compiled_for(cpu: str, path: str = LIBRARY, source: str = SUM_C) -> File:
    """A library that is compiled for a CPU or a level of the psABI."""
    flags = (*SHAPE, "-O3", f"-mcpu={cpu}")
    return File(path, lambda: native.compile_c(source, "x86_64-linux-gnu.2.17", *flags, name="libsum.so"))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC439",
            f"code for {cpu}, {found}",
            a_wheel(X86_64, compiled_for(cpu, source=source)),
            a_wheel(X86_64, compiled_for("x86_64", source=source)),
            found,
            (LIBRARY,),
            severity="warning",
        )
        for cpu, source, found in (
            ("x86_64_v3", SUM_C, "AVX2 instructions and nothing in the wheel asks the CPU"),
            ("x86_64_v4", SUM_C, "instructions and nothing in the wheel asks the CPU, expected code for manylinux"),
            ("haswell", SHIFT_C, "has BMI2 instructions"),
            ("haswell", VECTOR_C, "has AVX"),
        )
    ],
    ids=str,
)
def test_code_for_newer_cpus_asks_first(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC439", "the same file asks", a_wheel(X86_64, compiled_for("haswell", source=SUM_C + ASKING_C))),
        Silent("WC439", "another file asks", a_wheel(
            X86_64, compiled_for("haswell"), compiled_for("x86_64", "demo/libask.so", ASKING_C))),
        Silent("WC439", "Python chooses a file by its name", a_wheel(X86_64, compiled_for("haswell", "demo/_avx2.so"))),
    ],
    ids=str,
)  # fmt: skip
def test_code_that_is_chosen_at_run_time_is_no_fault(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
