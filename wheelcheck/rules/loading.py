"""WC43x: the kernel and the dynamic loader of the tag's system map each file, on every machine with the tag's CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, served_cpus, without_known_cpu
from wheelcheck.platforms import arch
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.platforms.tags import Platform

_ANDROID_PAGE = 0x4000  # of 64-bit devices, since Android 15


@rule("WC430", on=Wheel, needs=without_known_cpu)
def segments_can_be_mapped_with_the_largest_pages_of_the_cpu(wheel: Wheel) -> Iterator[Hit]:
    """Every PT_LOAD can be mapped by kernels with the largest memory pages that the tag's CPU has.

    A kernel maps whole pages. Those for aarch64 and ppc64le have pages of 4, 16 or 64 KiB, those for loongarch64 of
    16 KiB, and those of Android 15 and later, on 64-bit devices, of 16 KiB. A file that was linked for pages of 4 KiB
    ends there in "ELF load command alignment not page-aligned", or its program in a crash. It works on the builder's
    machine and fails on a Raspberry Pi 5, on Asahi Linux and on RHEL 8.

    Each segment must be aligned to the page (p_align), its offset and its address must be at the same place within a
    page, and segments with different rights must not share one.

    Source: glibc's elf/dl-load.c (_dl_map_object_from_fd); Linux's fs/binfmt_elf.c; Android's "Support 16 KB page
    sizes".
    Remedy: link with `-z max-page-size=65536` (`-C link-arg=-Wl,-z,max-page-size=65536` for rustc), 16384 for Android.
    A recent patchelf keeps the alignment; releases before 0.14 reset it to 4 KiB.
    """
    for member, slice_, platform in native_code(wheel, "linux", "android"):
        page = _largest_page(slice_, platform)
        if slice_.largest_page < page:
            found = f"{slice_.largest_page // 1024} KiB" if slice_.largest_page else "no size of page"
            yield Hit(member.path, f"is linked for pages of {found}, expected {page // 1024} KiB for {platform.tag}")


def _largest_page(slice_: Slice, platform: Platform) -> int:
    """Return the largest page of memory among the kernels that the tag promises to serve."""
    if platform.system == "android" and slice_.bits == 64:
        return _ANDROID_PAGE
    return max((arch.find(cpu).largest_page for cpu in served_cpus(slice_, platform)), default=0)
