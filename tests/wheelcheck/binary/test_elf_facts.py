"""What is said of an ELF file beyond its kind: the symbols of each hash table, debug information, what it lacks."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from elftools.elf.elffile import ELFFile

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_cases import only, read
from tests.support.elf_editing import both, byte, header, section
from wheelcheck.binary import Slice
from wheelcheck.binary.elf_dynamic import STRINGS_LIMIT
from wheelcheck.binary.model import Names, Symbol, VersionNeed
from wheelcheck.records import replace

MANY = "".join(
    f"extern int ask{number}(void);\nint answer{number}(void) {{ return ask{number}(); }}\n" for number in range(60)
)


def with_hash(style: str, cpu: str) -> bytes:
    flags = ("-shared", "-fPIC", "-O2", "-s", "-nostdlib", "-Wl,-z,undefs", f"-Wl,--hash-style={style}")
    return native.compile_c(MANY, native.linux_target(cpu), *flags, name="libmany.so")


@pytest.mark.parametrize("cpu", ["x86_64", "i686", "aarch64", "s390x"])
def test_the_symbols_are_the_same_by_whichever_hash_table_they_are_found(cpu: str) -> None:
    slices = [only(with_hash(style, cpu)) for style in ("gnu", "sysv", "both")]
    assert ["DT_HASH" in each.dynamic_tags for each in slices] == [False, True, True]
    for each in slices:
        assert each.symbols_known
        assert set(each.exports.beginning_with("")) == {f"answer{number}" for number in range(60)}
        assert {symbol.name for symbol in each.imports} == {f"ask{number}" for number in range(60)}


@pytest.mark.parametrize("style", ["gnu", "sysv", "both"])
def test_a_library_may_offer_and_ask_for_nothing(style: str) -> None:
    flags = ("-shared", "-fPIC", "-nostdlib", "-fvisibility=hidden", f"-Wl,--hash-style={style}")
    source = "int hidden(void) { return 1; }\n"
    slice_ = only(native.compile_c(source, native.linux_target("x86_64"), *flags, name="libnone.so"))
    assert (slice_.symbols_known, slice_.imports, slice_.exports.beginning_with("")) == (True, (), [])


@pytest.mark.parametrize("cpu", ["x86_64", "i686"])
def test_only_functions_are_looked_up_late_and_only_where_the_linker_was_told_so(cpu: str) -> None:
    source = "extern int call(void), data;\nint *place = &data;\nint ask(void) { return call(); }\n"
    for bound, lazy in (("now", {"call": False, "data": False}), ("lazy", {"call": True, "data": False})):
        flags = ("-shared", "-fPIC", "-nostdlib", f"-Wl,-z,{bound}", "-Wl,-z,undefs")
        slice_ = only(native.compile_c(source, native.linux_target(cpu), *flags, name="liblazy.so"))
        assert {symbol.name: symbol.lazy for symbol in slice_.imports} == lazy


def test_a_library_that_does_not_name_itself_has_none_of_the_names_that_it_needs() -> None:
    unnamed = elf.tag(elf.NEEDED, 1)(native.library())  # the first string
    (slice_,) = read(unnamed).slices
    assert (len(slice_.needed), slice_.needed[0] != "", slice_.soname) == (2, True, "")


def needing(total: int) -> tuple[bytes, int]:
    """Return a library that needs others whose names, ends of one run, have so many bytes together; how many."""
    content = native.musl_library()
    strings = content[elf.offset_of(content, elf.value_of(content, elf.STRTAB)) :][: elf.value_of(content, elf.STRSZ)]
    strings += b"x" * 2000 + b"\0"
    lengths = [2000]
    while sum(lengths) < total:
        lengths.append(min(lengths[-1] - 1, total - sum(lengths)))
    kept = [entry for entry in elf.entries(content) if entry[0] not in (elf.NEEDED, elf.STRTAB, elf.STRSZ)]
    kept += [(elf.STRTAB, elf.GRAFT_ADDRESS), (elf.STRSZ, len(strings))]
    kept += [(elf.NEEDED, len(strings) - 1 - length) for length in lengths]
    table = b"".join(struct.pack("<qQ", *entry) for entry in [*kept, (elf.NULL, 0)])
    skip = -(-len(strings) // 16) * 16
    made = elf.graft(strings.ljust(skip, b"\0") + table)(content)
    start = elf.get(made, elf.segments_at(made, elf.LOAD)[-1], elf.SEGMENT["offset"])
    place = {"offset": start + skip, "vaddr": elf.GRAFT_ADDRESS + skip, "filesz": len(table), "memsz": len(table)}
    return elf.segment(elf.DYNAMIC, **place)(made), len(lengths)


def test_names_are_read_up_to_so_many_bytes_of_all_together() -> None:
    content, count = needing(STRINGS_LIMIT)
    assert len(only(content).needed) == count
    content, count = needing(STRINGS_LIMIT + 1)
    (damage,) = read(content).damage
    assert (damage.kind, damage.cap, len(read(content).slices[0].needed)) == ("elf-limit", True, count - 1)


LIBC = ("libc.so.6", "GLIBC_2.2.5")
THREADS = ("libpthread.so.0", "GLIBC_2.2.5")
UNLINKED = Slice("EM_X86_64", ("x86_64",), "object", "linux", 64, little_endian=True)  # nothing else is read
PLAIN = Slice("EM_X86_64", ("x86_64",), "library", "linux", 64, little_endian=True, largest_page=4096, asks_cpu=False)


def test_a_slice_says_what_is_there_and_nothing_of_what_is_not() -> None:
    for content, expected in (
        (
            native.library("x86_64", (2, 17)),
            replace(
                PLAIN,
                needed=("libc.so.6", "libpthread.so.0"),
                versions=(VersionNeed(*LIBC), VersionNeed(*THREADS)),
                dynamic=True,
                imports=(Symbol("pthread_create", THREADS[1], THREADS[0]), Symbol("puts", LIBC[1], LIBC[0])),
                exports=Names.of([b"answer"]),
                symbols_known=True,
            ),
        ),
        (
            native.musl_library(),
            replace(
                PLAIN,
                needed=("libc.so",),
                dynamic=True,
                imports=(Symbol("pthread_create"), Symbol("puts")),
                exports=Names.of([b"answer"]),
                symbols_known=True,
            ),
        ),
        (native.static_program(), replace(PLAIN, kind="executable")),
        (native.object_file(), replace(UNLINKED, kind="object")),
        (header(type=4)(native.object_file()), replace(UNLINKED, kind="core")),
    ):
        found = only(content)
        assert replace(found, dynamic_tags=frozenset()) == expected


def test_the_flags_of_the_header_are_kept_as_they_are() -> None:
    for content in (native.musl_library(), native.object_file()):
        assert only(header(flags=0x0123_4567)(content)).flags == 0x0123_4567


@pytest.mark.parametrize(
    ("cpu", "layout", "numbers"),
    [
        ("x86_64", "<2I", (1 << 20, 9)),
        ("x86_64", "<2I", (9, 1 << 20)),
        ("s390x", ">2I", (1 << 20, 9)),
        ("s390x", ">2Q", (1 << 20, 9)),
        ("s390x", ">2Q", (9, 1 << 20)),
    ],
)
def test_a_hash_table_has_two_numbers_and_as_many_as_they_say(cpu: str, layout: str, numbers: tuple[int, int]) -> None:
    content = bytearray(with_hash("sysv", cpu))
    table = ELFFile(BytesIO(content)).get_section_by_name(".hash")
    assert table is not None
    struct.pack_into(layout, content, table["sh_offset"], *numbers)
    size = (8 if "Q" in layout else 4) * (2 + sum(numbers))
    found = f"DT_HASH says that it has {size} bytes, which reach out of its PT_LOAD"
    assert found in [damage.why for damage in read(bytes(content)).damage]


def test_a_string_begins_before_the_end_of_its_table() -> None:
    size = elf.value_of(native.library(), elf.STRSZ)
    for offset, why in (
        (size, f"string {size:#x} is outside the table of {size} bytes"),
        (size - 1, "names no library"),
    ):
        said = [damage.why for damage in read(elf.tag(elf.NEEDED, offset)(native.library())).damage]
        assert any(why in each for each in said), said


def test_debug_information_is_what_its_sections_hold_in_the_file() -> None:
    content = native.compile_c(MANY, native.linux_target("x86_64"), "-shared", "-fPIC", "-g", "-Wl,-z,undefs")
    sections = list(ELFFile(BytesIO(content)).iter_sections())
    sizes = {index: each["sh_size"] for index, each in enumerate(sections) if each.name.startswith(".debug_")}
    assert only(content).debug_size == sum(sizes.values()) > 1000
    largest = max(sizes, key=sizes.__getitem__)
    nowhere = section(largest, type=8)(content)  # SHT_NOBITS
    assert only(nowhere).debug_size == sum(sizes.values()) - sizes[largest]
    for unreadable in (header(shstrndx=0), header(shoff=0, shnum=0, shstrndx=0)):
        assert only(unreadable(content)).debug_size == 0
    assert only(section(largest, size=1 << 40)(content)).debug_size == len(content)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (byte(4, 3), "EI_CLASS 3, EI_DATA 1: expected class 1 or 2"),
        (byte(5, 4), "EI_CLASS 2, EI_DATA 4: expected class 1 or 2"),
        (byte(6, 5), "EI_VERSION 5: expected 1"),
        (byte(8, 6), "EI_ABIVERSION 6: System V has only version 0"),
        (both(byte(7, 3), byte(8, 4)), "EI_ABIVERSION 4: the newest of Linux is 3"),
        (byte(9, 7), "e_ident padding 07000000000000: the loader"),
        (byte(15, 7), "e_ident padding 00000000000007: the loader"),
        (header(ehsize=52), "e_ehsize 52: expected 64"),
        (header(version=2), "e_version 2: expected 1"),
        (header(shentsize=40), "e_shentsize 40: expected 64"),
        (header(shoff=0, shnum=3), "e_shoff 0 with e_shnum 3 in a file of type ET_DYN"),
        (header(shstrndx=900), "e_shstrndx 900: there are"),
        (lambda content: content[:63], "63 bytes: expected an ELF header of 64"),
        (lambda content: content[:15], "15 bytes: expected at least the 16 of e_ident"),
    ],
)
def test_a_wrong_header_is_told_with_its_numbers(edit: elf.Edit, why: str) -> None:
    assert [damage.why for damage in read(edit(native.library())).damage if why in damage.why] != []


def test_a_file_of_32_bits_has_the_shorter_header() -> None:
    small = native.library("i686")
    assert [damage.why for damage in read(small[:51]).damage] == ["51 bytes: expected an ELF header of 52"]
    assert only(small).bits == 32
