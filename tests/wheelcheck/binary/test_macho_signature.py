"""Code signatures: what the linker writes is sound, and every byte and number that the kernel compares counts."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import lief
import pytest

from tests.support import native
from tests.support.macho_cases import (
    LC_CODE_SIGNATURE,
    code_directory,
    only,
    read,
    signature_of,
    signed,
    superblob,
    without,
)
from wheelcheck.binary import read_binary
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable


def fault(content: bytes) -> str:
    """Return what is wrong with the signature of a thin file."""
    return read(content).slices[0].signature_fault


def place() -> tuple[int, int]:
    found = signature_of(native.mac())
    assert found is not None
    return found


def changed(content: bytes, offset: int) -> bytes:
    """Return the file with another byte at an offset."""
    return content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :]


@pytest.mark.parametrize("kind", ["executable", "library"])
def test_what_the_linker_signs_is_sound(kind: str) -> None:
    assert only(native.mac(kind=kind)).signature_fault == ""


SIGNATURES: dict[str, Callable[[bytes], bytes]] = {
    "SHA-256 over pages of 4 KiB": lambda code: superblob(code_directory(code)),
    "SHA-256 over pages of 16 KiB": lambda code: superblob(code_directory(code, page=14)),
    "SHA-1 alone": lambda code: superblob(code_directory(code, "sha1", kind=1)),
    "SHA-384": lambda code: superblob(code_directory(code, "sha384", kind=4)),
    "SHA-1 and SHA-256": lambda code: superblob(code_directory(code, "sha1", kind=1), code_directory(code)),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_every_hash_and_page_size_of_the_kernel_is_compared(name: str) -> None:
    sound = signed(native.mac(), SIGNATURES[name])
    assert fault(sound) == ""
    code = signature_of(sound)
    assert code is not None
    for offset in (code[0] - 1, code[0] // 2, 8000):
        assert "1 of" in fault(changed(sound, offset)), f"a change at {offset}"


@pytest.mark.parametrize(("more", "is_read"), [(63, True), (64, False)])
def test_a_signature_of_more_parts_than_are_read_is_not_verified(more: int, *, is_read: bool) -> None:
    found = read(signed(native.mac(), lambda code: superblob(code_directory(code), *[bytes(8)] * more)))
    assert found.slices[0].signature_fault == ""
    assert [damage.kind for damage in found.damage if damage.cap] == ([] if is_read else ["macho-limit"])


@pytest.mark.parametrize("page", [12, 14])
def test_the_pages_that_do_not_fit_are_counted_and_the_first_is_named(page: int) -> None:
    sound, size = signed(native.mac(), lambda code: superblob(code_directory(code, page=page))), 1 << page
    end = signature_of(sound)
    assert end is not None
    pages = -(-end[0] // size)
    last = (pages - 1) * size
    for offsets, count, first in (
        ((size, size + 1), 1, size),
        ((size - 1, size), 2, size - size),
        ((2 * size, 3 * size - 1, last), 2 if last != 2 * size else 1, 2 * size),
        ((end[0] - 1,), 1, last),
        ((), 0, 0),
    ):
        edited = sound
        for offset in offsets:
            edited = changed(edited, offset)
        unfit = f"{count} of its {pages} pages differ from its code signature, the first at {first:#x}"
        assert fault(edited) == (unfit if count else "")


def test_a_signature_with_too_few_hashes_is_told_with_its_numbers() -> None:
    def short(code: bytes) -> bytes:
        directory = bytearray(code_directory(code))
        (slots,) = struct.unpack_from(">I", directory, 28)
        struct.pack_into(">I", directory, 28, slots - 1)
        return superblob(bytes(directory))

    content = signed(native.mac(), short)
    end = signature_of(content)
    assert end is not None
    pages = -(-end[0] // 4096) - 1
    found = f"has a code signature of {pages} pages up to {end[0]:#x}, and {len(content):#x} bytes of code"
    assert fault(content) == found


def numbered(**numbers: int) -> bytes:
    """Return a signed library with other numbers at the named places of its CodeDirectory."""
    places = {"name": 20, "special": 24, "slots": 28, "limit": 32}

    def sign(code: bytes) -> bytes:
        directory = bytearray(code_directory(code))
        for key, number in numbers.items():
            struct.pack_into(">I", directory, places[key], number)
        return superblob(bytes(directory))

    return signed(native.mac(), sign)


@pytest.mark.parametrize(
    ("bad", "good", "found"),
    [
        ({"name": 5000}, {"name": 0}, "without a CodeDirectory that the kernel can read"),
        ({"name": 2**32 - 1}, {"name": 89}, "without a CodeDirectory that the kernel can read"),
        ({"special": 3}, {"special": 2}, "without a CodeDirectory that the kernel can read"),
        ({"special": 2**32 - 1}, {}, "without a CodeDirectory that the kernel can read"),
        ({"slots": 0, "limit": 0}, {}, "has a code signature of 0 pages up to 0x0"),
        ({"slots": 1, "limit": 4096}, {}, "has a code signature of 1 pages up to 0x1000"),
    ],
)
def test_the_kernel_takes_a_code_directory_that_is_whole_and_covers_the_code(
    bad: dict[str, int], good: dict[str, int], found: str
) -> None:
    assert fault(numbered(**good)) == ""
    assert found in fault(numbered(**bad))


@pytest.mark.parametrize("blobs", [2, 9, 17])
def test_only_the_blobs_that_are_counted_are_read(blobs: int) -> None:
    def sign(code: bytes, count: int) -> bytes:
        weak, wrong = code_directory(code, "sha1", kind=1), code_directory(bytes(len(code)))
        made = bytearray(superblob(*[weak] * (blobs - 1), wrong))
        struct.pack_into(">I", made, 8, count)
        struct.pack_into(">I", made, 12 + 8 * (blobs - 1), 0x1000)  # an alternate, as the first behind the usual one
        return bytes(made)

    assert fault(signed(native.mac(), lambda code: sign(code, blobs - 1))) == ""
    assert "differ from" in fault(signed(native.mac(), lambda code: sign(code, blobs)))


def test_the_strongest_hash_is_the_one_that_counts() -> None:
    def weak_is_wrong(code: bytes) -> bytes:
        return superblob(code_directory(bytes(len(code)), "sha1", kind=1), code_directory(code))

    def strong_is_wrong(code: bytes) -> bytes:
        return superblob(code_directory(code, "sha1", kind=1), code_directory(bytes(len(code))))

    assert fault(signed(native.mac(), weak_is_wrong)) == ""
    assert "pages differ from its code signature, the first at 0x0" in fault(signed(native.mac(), strong_is_wrong))


def test_a_change_of_the_header_is_a_change_of_the_first_page() -> None:
    assert fault(changed(native.mac(), 24)).endswith("the first at 0x0")


def test_code_without_a_signature_is_refused_on_apple_silicon_alone() -> None:
    assert fault(without(LC_CODE_SIGNATURE)(native.mac())) == "has no code signature"
    assert fault(native.mac("x86_64")) == ""
    assert fault(native.object_file("aarch64-macos")) == ""


def number(offset: int, layout: str, value: int) -> Callable[[bytes], bytes]:
    """Return a signature whose CodeDirectory has another number at an offset."""

    def sign(code: bytes) -> bytes:
        directory = bytearray(code_directory(code))
        struct.pack_into(layout, directory, offset, value)
        return superblob(bytes(directory))

    return sign


UNREADABLE = "has a code signature without a CodeDirectory that the kernel can read"
REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no superblob": (lambda code: code_directory(code)[:12] + bytes(600), UNREADABLE),
    "a superblob of nothing": (lambda _: superblob(), UNREADABLE),
    "another magic": (number(0, ">I", 0xFADE0C01), UNREADABLE),
    "length beyond the signature": (number(4, ">I", 0xFFFFFFFF), UNREADABLE),
    "length of nothing": (number(4, ">I", 0), UNREADABLE),
    "hashes beyond the signature": (number(16, ">I", 0xFFFFFFF0), UNREADABLE),
    "four billion hashes": (number(28, ">I", 0xFFFFFFFF), UNREADABLE),
    "a hash for no page": (number(28, ">I", 0), "has a code signature of 0 pages"),
    "a limit beyond the file": (number(32, ">I", 0xFFFFFFF0), "has a code signature of"),
    "another length of hash": (number(36, "B", 20), UNREADABLE),
    "an unknown hash": (number(37, "B", 9), UNREADABLE),
    "pages of 1 byte": (number(39, "B", 0), UNREADABLE),
    "pages of 64 KiB": (number(39, "B", 16), UNREADABLE),
    "a 64-bit limit beyond the file": (number(56, ">Q", 1 << 60), "has a code signature of"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_numbers_that_the_kernel_refuses_are_a_fault(name: str) -> None:
    sign, found = REFUSED[name]
    said = fault(signed(native.mac(), sign))
    assert said == found if found == UNREADABLE else said.startswith(found)


def test_a_64_bit_limit_counts_where_there_is_one() -> None:
    def sign(code: bytes) -> bytes:
        directory = bytearray(code_directory(code))
        struct.pack_into(">I", directory, 32, 0xFFFFFFFF)
        struct.pack_into(">Q", directory, 56, len(code))
        return superblob(bytes(directory))

    assert fault(signed(native.mac(), sign)) == ""


def test_a_signature_past_the_end_of_the_file_is_a_fault() -> None:
    offset, _ = place()
    content = native.mac()
    moved = content.replace(
        struct.pack("<4I", LC_CODE_SIGNATURE, 16, *place()), struct.pack("<4I", 0x1D, 16, offset, 1 << 20)
    )
    assert fault(moved).startswith(f"has a code signature that ends at {offset + (1 << 20):#x}, and the code ends at")


def test_a_file_that_is_cut_off_is_not_held_to_its_signature() -> None:
    binary = read(native.mac()[:-8])
    assert binary.slices[0].signature_fault == ""
    assert {damage.kind for damage in binary.damage} == {"macho-truncated"}


def test_a_signature_with_a_million_blobs_ends() -> None:
    offset, _ = place()
    content = native.mac()[: offset + 8] + b"\xff\xff\xff\xff" + native.mac()[offset + 12 :]
    assert fault(content) == ""


def test_each_slice_of_a_universal_file_has_a_signature_of_its_own() -> None:
    both = native.universal(native.mac("x86_64"), native.mac())
    assert [slice_.signature_fault for slice_ in read(both).slices] == ["", ""]
    broken = native.universal(native.mac("x86_64"), changed(native.mac(), 8000))
    assert [bool(slice_.signature_fault) for slice_ in read(broken).slices] == [False, True]


def test_slices_that_share_their_bytes_are_not_hashed_again_and_again() -> None:
    thin = native.mac()
    row = struct.pack(">5I", 0x0100000C, 0, 0x4000, len(thin), 14)
    table = struct.pack(">2I", 0xCAFEBABE, 30) + row * 30
    binary = read_binary("x", Bytes(table.ljust(0x4000, b"\0") + thin))
    assert binary is not None
    assert "macho-limit" in {damage.kind for damage in binary.damage}


def test_lief_reads_the_same_signature() -> None:
    content = native.mac()
    theirs = lief.MachO.parse(list(content))
    assert isinstance(theirs, lief.MachO.FatBinary)
    thin = theirs.at(0)
    assert thin is not None
    command = thin.code_signature
    assert isinstance(command, lief.MachO.CodeSignature)
    assert (command.data_offset, command.data_size) == place()


@pytest.mark.parametrize(
    ("cpu", "subtype", "machine", "runs"),
    [
        ("x86_64", 3, "x86_64", True),
        ("x86_64", 0x80000003, "x86_64", True),
        ("x86_64", 8, "x86_64h", False),
        ("x86_64", 4, "x86_64 subtype 0x4", False),
        ("aarch64", 1, "arm64", True),
        ("aarch64", 2, "arm64e", False),
        ("aarch64", 7, "arm64 subtype 0x7", False),
    ],
)
def test_a_subtype_that_only_some_macs_run_is_for_no_cpu(cpu: str, subtype: int, machine: str, *, runs: bool) -> None:
    content = bytearray(native.mac(cpu))
    struct.pack_into("<I", content, 8, subtype)
    slice_ = only(signed(bytes(content)))
    assert (slice_.machine, slice_.arches) == (machine, (cpu,) if runs else ())


def test_the_kernel_starts_no_unsigned_program_whatever_its_segments_are() -> None:
    def without_linkedit(content: bytes) -> bytes:
        return without(LC_CODE_SIGNATURE)(content).replace(b"__LINKEDIT", b"__NOTHING\0")

    assert fault(without_linkedit(native.mac(kind="executable"))) == "has no code signature"
    assert fault(without_linkedit(native.mac(kind="library"))) == ""


def test_arm64e_is_no_arm64() -> None:
    content = bytearray(native.mac())
    struct.pack_into("<I", content, 8, 0x80000002)  # pointer authentication, with a version of its ABI
    slice_ = only(signed(bytes(content)))
    assert (slice_.machine, slice_.arches) == ("arm64e", ())
    struct.pack_into("<I", content, 8, 1)  # arm64v8
    assert only(signed(bytes(content))).arches == ("aarch64",)
