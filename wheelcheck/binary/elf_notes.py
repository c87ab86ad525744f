"""The notes of an ELF file: which system it was made for, and which CPU it says that it needs."""

from __future__ import annotations

import struct

from wheelcheck.binary.reader import printable
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.elf_segments import Image, Segment
    from wheelcheck.binary.reader import Reading

_NOTE_LIMIT = 16
_SIZE_LIMIT = 2**16  # bytes of one segment; real ones have a hundred, or thousands with what a package says
_NT_ABI_TAG, _GNU_ABI_TAG_SIZE = 1, 16
_GNU_SYSTEMS = {0: "Linux", 1: "Hurd", 2: "Solaris", 3: "FreeBSD", 4: "NetBSD"}
_SYSTEM_OWNERS = (b"Android", b"FreeBSD", b"NetBSD", b"OpenBSD", b"DragonFly")
_NT_GNU_PROPERTY = 5
_X86_ISA_NEEDED = 0xC0008002
_X86 = ("EM_X86_64", "EM_386")


class Notes(NamedTuple):
    """What the notes of a file say. `x86_level` is the level of the x86-64 psABI that it needs, 0 if it names none."""

    systems: tuple[str, ...] = ()
    x86_level: int = 0


def read_notes(reading: Reading, header: Header, image: Image) -> Notes:
    """Return what the notes of a program or library say.

    Compilers and linkers leave the name of the system in whatever they make for Android and the BSDs. glibc's start
    files leave one in each program, which names one of the systems that glibc or its fork runs on (gABI supplement of
    GNU, NT_GNU_ABI_TAG). No loader needs a note, so one that cannot be read says nothing.
    """
    systems: dict[str, None] = {}
    level = 0
    segments = image.of("PT_NOTE")
    if len(segments) > _NOTE_LIMIT or any(segment.filesz > _SIZE_LIMIT for segment in segments):
        reading.limit(f"more than {_NOTE_LIMIT} segments of notes, or one of more than {_SIZE_LIMIT:,} bytes")
    for segment in (*segments[:_NOTE_LIMIT], *image.of("PT_GNU_PROPERTY")[:1]):
        for owner, kind, content in _notes(reading, header, segment):
            if system := _system_of(owner, kind, content, header):
                systems[system] = None
            if owner == b"GNU" and kind == _NT_GNU_PROPERTY and segment.align == header.bits // 8:
                level = max(level, _x86_level(content, header))
    return Notes(tuple(systems), level)


def _notes(reading: Reading, header: Header, segment: Segment) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield owner, type and content of each note of a segment."""
    raw = reading.read(segment.offset, min(segment.filesz, _SIZE_LIMIT))
    layout, step, offset = f"{_order(header)}3I", 8 if segment.align == 8 else 4, 0
    while offset + 12 <= len(raw):
        reading.walk()
        owner_size, size, kind = struct.unpack_from(layout, raw, offset)
        start = offset + -(-(12 + owner_size) // step) * step
        yield raw[offset + 12 : offset + 12 + owner_size].rstrip(b"\0"), kind, raw[start : start + size]
        offset = start + -(-size // step) * step


def _order(header: Header) -> str:
    return "<" if header.little_endian else ">"


def _system_of(owner: bytes, kind: int, content: bytes, header: Header) -> str:
    """Return the system that one note names; empty text for a note about something else."""
    if kind != _NT_ABI_TAG:
        return ""
    if owner in _SYSTEM_OWNERS:
        return printable(owner)
    number = int.from_bytes(content[:4], "little" if header.little_endian else "big")
    return _GNU_SYSTEMS.get(number, "") if owner == b"GNU" and len(content) == _GNU_ABI_TAG_SIZE else ""


def _x86_level(content: bytes, header: Header) -> int:
    """Return the highest level in a property note, whose bit 0 means x86-64-v1 (x86-64 psABI, GNU_PROPERTY_X86_ISA_1).

    glibc reads a note only if it is aligned to the width of the CPU (sysdeps/x86/dl-prop.h).
    """
    if header.machine_name not in _X86:
        return 0
    level, step, offset = 0, header.bits // 8, 0
    while offset + 8 <= len(content):
        kind, size = struct.unpack_from(f"{_order(header)}2I", content, offset)
        if kind == _X86_ISA_NEEDED and size == 4 and offset + 12 <= len(content):
            level = max(level, int.from_bytes(content[offset + 8 : offset + 12], "little").bit_length())
        offset += 8 + -(-size // step) * step
    return level
