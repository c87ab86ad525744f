"""Universal Mach-O files: a slice for each CPU, and every way their table can lie."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.wheelcheck.binary.test_macho import big_endian, cut, field, kinds, read

if TYPE_CHECKING:
    from tests.wheelcheck.binary.test_macho import Edit

X86_64, ARM64 = 0x01000007, 0x0100000C


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
    assert [(slice_.arches, slice_.kind, slice_.bits) for slice_ in binary.slices] == [
        (("x86_64",), "archive", 64),
        (("aarch64",), "archive", 64),
    ]
    assert binary.damage == ()


def fat() -> bytes:
    return native.universal(native.mac("x86_64"), native.mac("aarch64"))


def entry(index: int, column: int, value: int) -> Edit:
    offset = 8 + 20 * index + 4 * column
    return lambda content: content[:offset] + struct.pack(">I", value) + content[offset + 4 :]


def chain(*edits: Edit) -> Edit:
    def edit(content: bytes) -> bytes:
        for one in edits:
            content = one(content)
        return content

    return edit


def counted(count: int) -> Edit:
    return lambda content: content[:4] + struct.pack(">I", count) + content[8:]


FAT_CASES: dict[str, tuple[Edit, str]] = {
    "magic alone": (cut(4), "macho-truncated"),
    "table cut off": (cut(20), "macho-truncated"),
    "slice cut off": (cut(40_000), "macho-truncated"),
    "2^32-1 slices": (counted(0xFFFFFFFF), "macho-truncated"),
    "no slice": (counted(0), "macho-fat"),
    "a slice at 2^32-1": (entry(1, 2, 0xFFFFFFFF), "macho-truncated"),
    "a slice of 2^32-1 bytes": (entry(1, 3, 0xFFFFFFFF), "macho-truncated"),
    "slices on one another": (entry(1, 2, 0x4004), "macho-fat"),
    "a slice on the table": (entry(0, 2, 4), "macho-fat"),
    "a CPU twice": (chain(entry(1, 0, X86_64), entry(1, 1, 3)), "macho-fat"),
    "a CPU that its slice is not": (entry(0, 0, 7), "macho-fat"),
    "a slice of zeros": (lambda content: content[:0x4000] + bytes(0x4000) + content[0x8000:], "macho-fat"),
    "a wrong slice": (field(0x4000 + 12, 99), "macho-header"),
    "a slice of four bytes": (entry(0, 3, 4), "macho-truncated"),
}


@pytest.mark.parametrize("name", FAT_CASES)
def test_a_wrong_universal_file_is_damaged_in_the_kind_that_names_the_fault(name: str) -> None:
    edit, kind = FAT_CASES[name]
    assert kinds(fat()) == set()
    assert kind in kinds(edit(fat()))


def test_two_slices_of_one_cpu_may_differ_in_subtype() -> None:
    assert kinds(chain(entry(0, 0, ARM64), entry(0, 1, 2))(native.universal(native.mac(), native.mac()))) == set()


def test_more_slices_than_the_cap_prove_nothing() -> None:
    table = b"".join(struct.pack(">5I", X86_64, n, 8192 + 64 * n, 64, 0) for n in range(33))
    start = big_endian(cputype=X86_64).ljust(64, b"\0")
    content = (b"\xca\xfe\xba\xbe" + struct.pack(">I", 33) + table).ljust(8192, b"\0") + start * 33
    assert [(damage.kind, damage.cap) for damage in read(content).damage] == [("macho-limit", True)]
    assert len(read(content).slices) == 32
    assert read(counted(32)(content)).damage == ()
