"""What the notes of an ELF file say: the system it was made for, and the level of x86-64 that it needs."""

from __future__ import annotations

import struct

import pytest

from tests.support import native
from wheelcheck.binary.elf_header import Header, read_header
from wheelcheck.binary.elf_notes import Notes, read_notes
from wheelcheck.binary.elf_segments import Image, Segment
from wheelcheck.binary.reader import Blocks, Reading
from wheelcheck.source import Bytes

ABI_TAG, BUILD_ID, PROPERTY = 1, 3, 5
ISA_NEEDED, ISA_USED = 0xC0008002, 0xC0010002


def note(owner: bytes, kind: int, content: bytes, step: int = 4, order: str = "<") -> bytes:
    head = struct.pack(f"{order}3I", len(owner), len(content), kind) + owner
    head += bytes(-len(head) % step)
    return head + content + bytes(-len(content) % step)


def gnu(number: int, order: str = "<") -> bytes:
    return note(b"GNU\0", ABI_TAG, struct.pack(f"{order}4I", number, 3, 2, 0), order=order)


def level(bits: int, kind: int = ISA_NEEDED, size: int = 4) -> bytes:
    return struct.pack("<3I", kind, size, bits) + bytes(4)


def properties(*each: bytes, owner: bytes = b"GNU\0") -> bytes:
    return note(owner, PROPERTY, b"".join(each), 8)


def header(content: bytes) -> Header:
    found = read_header(Reading("x", "elf", Blocks(Bytes(content))))
    assert found is not None
    return found


X86_64 = header(native.library("x86_64", (2, 34)))


def read(*blobs: bytes, align: int = 4, of: Header = X86_64, kind: str = "PT_NOTE", cut: int = 0) -> Notes:
    """Return what the notes say, each blob in a segment of its own."""
    return read_with_damage(*blobs, align=align, of=of, kind=kind, cut=cut)[0]


def read_with_damage(
    *blobs: bytes, align: int = 4, of: Header = X86_64, kind: str = "PT_NOTE", cut: int = 0
) -> tuple[Notes, list[str]]:
    segments, content = [], b"\x7fELF".ljust(64, b"\0")
    for blob in blobs:
        segments.append(Segment(kind, len(content), 0, len(blob) - cut, len(blob), 4, align))
        content += blob
    reading = Reading("x", "elf", Blocks(Bytes(content)))
    return read_notes(reading, of, Image(tuple(segments))), [damage.why for damage in reading.found]


@pytest.mark.parametrize(
    ("blob", "systems"),
    [
        (b"", ()),
        (gnu(0), ("Linux",)),
        (gnu(1), ("Hurd",)),
        (gnu(2), ("Solaris",)),
        (gnu(3), ("FreeBSD",)),
        (gnu(4), ("NetBSD",)),
        (gnu(9), ()),
        (note(b"GNU\0", BUILD_ID, bytes(16)), ()),
        (note(b"GNU\0", ABI_TAG, bytes(15)), ()),
        (note(b"GNU\0", ABI_TAG, bytes(20)), ()),
        (note(b"Android\0", ABI_TAG, struct.pack("<I", 21)), ("Android",)),
        (note(b"FreeBSD\0", ABI_TAG, struct.pack("<I", 1_300_000)), ("FreeBSD",)),
        (note(b"NetBSD\0", ABI_TAG, struct.pack("<I", 9)), ("NetBSD",)),
        (note(b"OpenBSD\0", ABI_TAG, struct.pack("<I", 0)), ("OpenBSD",)),
        (note(b"DragonFly\0", ABI_TAG, struct.pack("<I", 6)), ("DragonFly",)),
        (note(b"FreeBSD\0", 4, bytes(4)), ()),
        (note(b"Xen\0", ABI_TAG, bytes(16)), ()),
        (note(b"odd\0", 7, b"12345") + gnu(0), ("Linux",)),
        (gnu(3) + gnu(0) + gnu(3), ("FreeBSD", "Linux")),
    ],
)
def test_a_note_names_a_system(blob: bytes, systems: tuple[str, ...]) -> None:
    assert read(blob) == Notes(systems, 0)


def test_a_note_is_in_the_byte_order_of_its_file() -> None:
    big = header(native.library("s390x"))
    assert read(gnu(3, ">"), of=big).systems == ("FreeBSD",)
    assert read(gnu(3), of=big).systems == ()


def test_a_note_that_is_cut_off_says_nothing() -> None:
    assert read(gnu(3), cut=4).systems == ()
    assert read(gnu(3), cut=24).systems == ()
    assert read(gnu(0) + gnu(3), cut=1).systems == ("Linux",)


def test_sixteen_segments_of_notes_are_read() -> None:
    assert read_with_damage(*[b""] * 15, gnu(3)) == (Notes(("FreeBSD",), 0), [])
    notes, damage = read_with_damage(*[b""] * 16, gnu(3))
    assert (notes.systems, damage) == ((), ["more than 16 segments of notes, or one of more than 65,536 bytes"])


def test_notes_are_read_to_the_end_of_their_segment() -> None:
    """What packages say of themselves in a note was all that was read of some."""
    long = note(b"FDO\0", 0xCAFE1A7E, b"x" * 8_000)
    assert read_with_damage(long + gnu(3)) == (Notes(("FreeBSD",), 0), [])
    assert read_with_damage(note(b"FDO\0", 0xCAFE1A7E, b"x" * 2**16) + gnu(3))[1] != []


@pytest.mark.parametrize(
    ("blob", "found"),
    [
        (properties(level(0)), 0),
        (properties(level(1)), 1),
        (properties(level(2)), 2),
        (properties(level(4)), 3),
        (properties(level(8)), 4),
        (properties(level(0b111)), 3),
        (properties(level(8, ISA_USED)), 0),
        (properties(level(8, size=3)), 0),
        (properties(level(1, ISA_USED), level(4)), 3),
        (properties(level(4), level(1)), 3),
        (properties(level(4), level(8)), 4),
        (properties(struct.pack("<2I", 0xC0000002, 4) + bytes(8), level(2)), 2),
        (properties(struct.pack("<2I", 0xC0000002, 9) + bytes(16), level(2)), 2),
        (properties(level(8), owner=b"XNU\0"), 0),
        (properties(level(8)[:8]), 0),
        (properties(level(8)) + properties(level(2)), 4),
    ],
)
def test_the_level_of_x86_64_is_the_highest_that_is_needed(blob: bytes, found: int) -> None:
    assert read(blob, align=8) == Notes((), found)
    assert read(blob, align=8, kind="PT_GNU_PROPERTY") == Notes((), found)
    assert read(blob, align=4).x86_level == 0  # glibc does not read it


def test_only_code_for_x86_has_a_level_of_x86_64() -> None:
    arm = header(native.library("aarch64", (2, 34)))
    assert read(properties(level(8)), align=8, of=arm).x86_level == 0
    narrow = header(native.library("i686"))
    small = note(b"GNU\0", PROPERTY, struct.pack("<3I", ISA_NEEDED, 4, 2))
    assert (read(small, align=4, of=narrow).x86_level, read(small, align=8, of=narrow).x86_level) == (2, 0)


def test_of_several_property_segments_the_first_counts() -> None:
    two = (properties(level(2)), properties(level(8)))
    assert read(*two, align=8, kind="PT_GNU_PROPERTY").x86_level == 2
    assert read(*two, align=8, kind="PT_NOTE").x86_level == 4
