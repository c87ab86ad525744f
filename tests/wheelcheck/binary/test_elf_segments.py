"""How an address becomes an offset, and which pages of memory a file can be mapped with: to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_cases import PHDR, RELRO, library
from tests.support.elf_editing import both, segment
from wheelcheck.binary import read_binary
from wheelcheck.binary.elf_segments import Image, Segment
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable


def load(offset: int, vaddr: int, filesz: int, memsz: int | None = None, **rest: int) -> Segment:
    others = {"flags": 4, "align": 0x1000} | rest
    return Segment("PT_LOAD", offset, vaddr, filesz, filesz if memsz is None else memsz, **others)


ONE = Image((load(0x200, 0x10200, 0x300),))
ZEROED = Image((load(0x200, 0x10200, 0x300, 0x400, flags=6),))
SEAMLESS = Image((load(0, 0x10000, 0x1000), load(0x1000, 0x11000, 0x800)))
APART = Image((load(0, 0x10000, 0x1000), load(0x5000, 0x11000, 0x1000)))
OVER = Image((load(0, 0x10000, 0x2000), load(0x5000, 0x11000, 0x800)))
FAR = Image((load(0, 0x10000, 0x800), load(0x1000, 0x12000, 0x800)))


@pytest.mark.parametrize(
    ("image", "address", "place"),
    [
        (ONE, 0xFFFF, None),
        (ONE, 0x10000, (0, 0x1000)),
        (ONE, 0x10200, (0x200, 0xE00)),
        (ONE, 0x10FFF, (0xFFF, 1)),
        (ONE, 0x11000, None),
        (ZEROED, 0x104FF, (0x4FF, 1)),
        (ZEROED, 0x10500, None),
        (SEAMLESS, 0x10FF0, (0xFF0, 0x1010)),
        (SEAMLESS, 0x11000, (0x1000, 0x1000)),
        (SEAMLESS, 0x12000, None),
        (APART, 0x10FF0, (0xFF0, 0x10)),
        (APART, 0x11000, (0x5000, 0x1000)),
        (OVER, 0x10800, (0x800, 0x800)),
        (OVER, 0x11000, (0x5000, 0x1000)),
        (FAR, 0x10100, (0x100, 0xF00)),
        (FAR, 0x11000, None),
        (Image((load(0, 0x10000, 0),)), 0x10000, None),
    ],
)
def test_an_address_is_where_the_last_mapping_of_its_page_has_it(
    image: Image, address: int, place: tuple[int, int] | None
) -> None:
    assert image.locate(address) == place


RIGHTS = Image((load(0, 0x1000, 0x10, 0x20, flags=5), load(0x20, 0x2000, 0x10, 0x20, flags=6)))


@pytest.mark.parametrize(
    ("address", "mapped", "writable", "executable"),
    [
        (0xFFF, False, False, False),
        (0x1000, True, False, True),
        (0x101F, True, False, True),
        (0x1020, False, False, False),
        (0x2000, True, True, False),
        (0x201F, True, True, False),
        (0x2020, False, False, False),
    ],
)
def test_memory_has_the_rights_of_its_segment(address: int, *, mapped: bool, writable: bool, executable: bool) -> None:
    assert RIGHTS.is_mapped_at(address, writable=False) is mapped
    assert RIGHTS.is_mapped_at(address, writable=True) is writable
    assert RIGHTS.is_executable_at(address) is executable


@pytest.mark.parametrize(
    ("loads", "by_loader", "by_kernel"),
    [
        ((load(0, 0, 0x1000, align=0x10000),), 0x10000, 0x10000),
        ((load(0, 0, 0x1000, align=0x4000),), 0x4000, 0x10000),
        ((load(0x1000, 0x3000, 0x1000, align=0x10000),), 0x2000, 0x2000),
        ((load(0x10, 0x20, 0x1000, align=0x1000),), 0, 0),
        ((load(0x10, 0x20, 0, align=0x1000),), 0x1000, 0x10000),
        ((load(0, 0, 0x1000, flags=4), load(0x1000, 0x1000, 0x1000, flags=5)), 0x1000, 0x1000),
        ((load(0, 0, 0x1001, flags=4), load(0x1000, 0x1000, 0x1000, flags=5)), 0, 0),
        ((load(0, 0, 0x1001, flags=4), load(0x1000, 0x1000, 0x1000, flags=4)), 0x1000, 0x10000),
        ((load(0, 0, 0x1001, flags=6), load(0x1000, 0x1000, 0x1000, flags=4)), 0x1000, 0x10000),  # by patchelf
        ((load(0, 0, 0x1001, flags=6), load(0x1000, 0x1000, 0x1000, flags=5)), 0, 0),
        ((load(0, 0, 0x1001, flags=5), load(0x1000, 0x1000, 0x1000, flags=4)), 0, 0),
        ((load(0x1000, 0x1000, 0x1001, flags=6), load(0x2000, 0x2000, 0x1000, flags=4)), 0, 0),
    ],
)
def test_the_largest_page_holds_one_place_and_one_set_of_rights(
    loads: tuple[Segment, ...], by_loader: int, by_kernel: int
) -> None:
    image = Image(loads)
    assert (image.largest_page(by_loader=True), image.largest_page(by_loader=False)) == (by_loader, by_kernel)


def test_storage_of_threads_is_counted_and_an_absent_stack_is_unknown() -> None:
    tls, stack = Segment("PT_TLS", 0, 0, 4, 16, 4), Segment("PT_GNU_STACK", 0, 0, 0, 0, 6)
    executable = Segment("PT_GNU_STACK", 0, 0, 0, 0, 7)
    assert (Image((tls, tls)).tls_size, Image(()).tls_size) == (32, 0)
    found = [Image(each).has_executable_stack for each in ((), (stack,), (executable,), (stack, executable))]
    assert found == [None, False, True, True]


def reasons(content: bytes) -> str:
    binary = read_binary("x", Bytes(content))
    assert binary is not None
    return "\n".join(damage.why for damage in binary.damage)


@pytest.mark.parametrize(
    ("edit", "said", "by_one_more"),
    [
        (segment(elf.LOAD, 1, memsz=1 << 40), "more than any machine has", segment(elf.LOAD, 1, memsz=(1 << 40) + 1)),
        (
            segment(elf.STACK, type=7, memsz=1 << 30),
            "no thread can have as many",
            segment(elf.STACK, type=7, memsz=(1 << 30) + 1),
        ),
        (
            segment(elf.STACK, type=elf.LOAD, vaddr=(1 << 64) - 16, memsz=16),
            "ends beyond the 64-bit",
            segment(elf.STACK, type=elf.LOAD, vaddr=(1 << 64) - 16, memsz=17),
        ),
    ],
)
def test_a_bound_is_reached_before_it_is_passed(edit: elf.Edit, said: str, by_one_more: elf.Edit) -> None:
    assert said not in reasons(edit(library()))
    assert said in reasons(by_one_more(library()))


def page_end(content: bytes) -> int:
    """Return the end of the last page of memory that a file has."""
    places = elf.segments_at(content, elf.LOAD)
    ends = [elf.get(content, at, elf.SEGMENT["vaddr"]) + elf.get(content, at, elf.SEGMENT["memsz"]) for at in places]
    return -(-max(ends) // 0x1000) * 0x1000


@pytest.mark.parametrize(("before", "behind", "said"), [(0, 0, False), (1, 0, True), (0, 1, True), (-8, -8, False)])
def test_what_becomes_read_only_begins_in_the_first_page_and_ends_in_the_last(
    before: int, behind: int, *, said: bool
) -> None:
    fixed = native.compile_c(
        native.PROGRAM_C, native.linux_target("x86_64"), "-dynamic", "-no-pie", "-fno-pie", "-s", name="fixed"
    )
    start = elf.get(fixed, elf.segments_at(fixed, elf.LOAD)[0], elf.SEGMENT["vaddr"]) - before
    assert len(elf.segments_at(fixed, elf.LOAD)) > 1
    edited = segment(RELRO, vaddr=start, memsz=page_end(fixed) + behind - start)(fixed)
    assert ("PT_GNU_RELRO" in reasons(edited)) is said


@pytest.mark.parametrize(("content", "said"), [(native.program, True), (native.library, False)])
def test_only_what_the_kernel_starts_needs_its_program_headers_where_it_says(
    content: Callable[[], bytes], *, said: bool
) -> None:
    assert elf.segments_at(content(), PHDR)
    assert ("PT_PHDR" in reasons(segment(PHDR, vaddr=0x80)(content()))) is said


def test_one_program_header_is_read_as_many_are() -> None:
    huge = segment(PHDR, type=elf.LOAD, memsz=(1 << 40) + 1)(library())
    for count in (1, elf.get(huge, 0, elf.HEADER["phnum"])):
        assert "more than any machine has" in reasons(elf.header(phnum=count)(huge))
    assert "more than any machine has" not in reasons(elf.header(phnum=0)(huge))


@pytest.mark.parametrize("page", [0, 0x1000, 0x7FFF_FFFF_FFFF_F000])
def test_the_first_page_of_a_segment_is_exact_at_every_address(page: int) -> None:
    assert {load(0, page + offset, 1).first_page for offset in (0, 1, 0xFFF)} == {page}


def test_a_segment_may_end_where_the_file_ends() -> None:
    content = library()
    at = elf.segments_at(content, elf.LOAD)[-1]
    start = elf.get(content, at, elf.SEGMENT["offset"])
    whole = segment(elf.LOAD, -1, filesz=len(content) - start, memsz=1 << 20)
    more = segment(elf.LOAD, -1, filesz=len(content) - start + 1, memsz=1 << 20)
    assert ("ends at" in reasons(whole(content)), "ends at" in reasons(more(content))) == (False, True)


@pytest.mark.parametrize(("length", "said"), [(1, True), (2, False), (4096, False), (4097, True)])
def test_the_path_of_the_loader_has_2_to_4096_bytes(length: int, *, said: bool) -> None:
    program = native.program("x86_64", (2, 34))
    text = b"/" * (length - 1) + b"\0"
    edit = both(lambda content: content + text, segment(elf.INTERP, offset=len(program), filesz=length))
    assert ("the kernel takes 2 to 4096" in reasons(edit(program))) is said
    assert ("no NUL at its end" in reasons(edit(program)[:-1] + b"/")) is not said
