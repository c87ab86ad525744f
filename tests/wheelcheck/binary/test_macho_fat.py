"""Universal Mach-O files: a slice for each CPU, and every way their table can lie."""

from __future__ import annotations

import struct

import pytest

from tests.support import native
from tests.support.macho_cases import big_endian, kinds, read
from tests.support.macho_fat_cases import ARM64, FAT_CASES, X86_64, chain, counted, entry, fat, second_at
from wheelcheck.binary import Slice


def test_a_universal_file_has_a_slice_for_each_cpu() -> None:
    for wide in (False, True):
        binary = read(native.universal(native.mac("x86_64"), native.mac("aarch64"), wide=wide))
        assert [slice_.arches for slice_ in binary.slices] == [("x86_64",), ("aarch64",)]
        assert [slice_.kind for slice_ in binary.slices] == ["executable", "executable"]
        assert binary.damage == ()


def test_a_universal_static_library_has_archives_for_slices() -> None:
    objects = {cpu: native.archive({"a.o": native.object_file(f"{cpu}-macos")}) for cpu in ("x86_64", "aarch64")}
    head = b"\xca\xfe\xba\xbe" + struct.pack(">I", 2)
    first = struct.pack(">5I", X86_64, 3, 4096, len(objects["x86_64"]), 12)
    second = struct.pack(">5I", ARM64, 0, 32768, len(objects["aarch64"]), 12)
    content = (head + first + second).ljust(4096, b"\0") + objects["x86_64"]
    binary = read(content.ljust(32768, b"\0") + objects["aarch64"])
    assert [(slice_.arches, slice_.kind, slice_.system, slice_.bits) for slice_ in binary.slices] == [
        (("x86_64",), "archive", "macos", 64),
        (("aarch64",), "archive", "macos", 64),
    ]
    assert binary.damage == ()


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("aarch64-macos", ""),
        ("x86_64-macos", "x86_64"),
        ("aarch64-linux-gnu", ""),
        ("x86_64-linux-gnu", "EM_X86_64"),
    ],
)
def test_the_objects_of_an_archive_in_a_universal_file_are_for_its_cpu(target: str, found: str) -> None:
    library = native.archive({"a.o": native.object_file(target)})
    content = b"\xca\xfe\xba\xbe" + struct.pack(">6I", 1, ARM64, 0, 4096, len(library), 12)
    binary = read(content.ljust(4096, b"\0") + library)
    said = f"the table says arm64, objects of the slice at 0x1000 are for {found}"
    assert [(damage.kind, damage.why) for damage in binary.damage] == ([("macho-fat", said)] if found else [])


@pytest.mark.parametrize(
    ("cputype", "machine", "bits"),
    [(7, "i386", 32), (X86_64, "x86_64 subtype 0x0", 64), (ARM64, "arm64", 64), (0x0200000C, "cputype 0x200000c", 32)],
)
def test_an_archive_in_a_universal_file_is_for_the_cpu_that_the_table_says(
    cputype: int, machine: str, bits: int
) -> None:
    archive = b"!<arch>\n"
    table = struct.pack(">6I", 1, cputype, 0, 28, len(archive), 0)
    (slice_,) = read(b"\xca\xfe\xba\xbe" + table + archive).slices
    assert slice_ == Slice(machine, slice_.arches, "archive", "macos", bits)


@pytest.mark.parametrize(
    ("content", "shown"), [(bytes(range(1, 9)), "starts with 01020304"), (b"\1", "starts with 01"), (b"", "is empty")]
)
def test_a_slice_that_is_no_macho_is_shown_by_its_first_bytes(content: bytes, shown: str) -> None:
    table = struct.pack(">7I", 0xCAFEBABE, 1, X86_64, 3, 28, len(content), 0)
    assert f"slice x86_64 {shown}: no Mach-O" in [damage.why for damage in read(table + content).damage]


@pytest.mark.parametrize("name", FAT_CASES)
def test_a_wrong_universal_file_is_damaged_in_the_kind_that_names_the_fault(name: str) -> None:
    edit, kind = FAT_CASES[name]
    assert kinds(fat()) == set()
    assert kind in kinds(edit(fat()))


def test_a_slice_that_begins_within_the_table_says_so() -> None:
    for offset in (0, 47):
        damage = read(entry(0, 2, offset)(fat())).damage
        assert f"a slice at {offset:#x} overlaps the table of slices" in [item.why for item in damage]


def test_slices_may_touch_one_another_and_the_table() -> None:
    assert kinds(entry(0, 3, second_at() - 0x4000)(fat())) == set()
    start = big_endian()
    table = struct.pack(">5I", 18, 0, 28, len(start), 0)
    assert read(b"\xca\xfe\xba\xbe" + struct.pack(">I", 1) + table + start).damage == ()


def test_a_table_may_end_where_the_file_does() -> None:
    table = struct.pack(">6I", 1, X86_64, 3, 28, 0, 0)
    assert kinds(b"\xca\xfe\xba\xbe" + table) == {"macho-fat"}  # nothing is no slice
    assert kinds(b"\xca\xfe\xba\xbe" + table[:-1]) == {"macho-truncated"}


def test_two_slices_of_one_cpu_may_differ_in_subtype() -> None:
    assert kinds(chain(entry(0, 0, ARM64), entry(0, 1, 1))(native.universal(native.mac(), native.mac()))) == set()


def test_a_cpu_may_not_be_there_twice() -> None:
    twice = read(native.universal(native.mac(), native.mac("x86_64"), native.mac()))
    assert [damage.why for damage in twice.damage] == ["arm64 (subtype 0) appears 2 times"]


def test_a_table_that_calls_arm64_code_arm64e_is_damage() -> None:
    """dyld chooses by the table: a process for arm64 takes no slice that is called arm64e."""
    assert kinds(entry(1, 1, 2)(native.universal(native.mac("x86_64"), native.mac()))) == {"macho-fat"}
    assert kinds(entry(1, 1, 1)(native.universal(native.mac("x86_64"), native.mac()))) == set()


def test_more_slices_than_the_cap_prove_nothing() -> None:
    table = b"".join(struct.pack(">5I", X86_64, 16 + n, 8192 + 64 * n, 64, 0) for n in range(33))
    start = big_endian(cputype=X86_64).ljust(64, b"\0")
    content = (b"\xca\xfe\xba\xbe" + struct.pack(">I", 33) + table).ljust(8192, b"\0") + start * 33
    assert [(damage.kind, damage.cap) for damage in read(content).damage] == [("macho-limit", True)]
    assert len(read(content).slices) == 32
    assert read(counted(32)(content)).damage == ()
