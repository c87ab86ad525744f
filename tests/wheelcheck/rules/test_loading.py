from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import elf_editing, native
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import ANDROID_NOTE_C, LIBRARY, edited, library, program, tags_of
from tests.support.twins import Silent, Twins
from wheelcheck.platforms import arch

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = ("-shared", "-fPIC", "-nostdlib", "-s")


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
