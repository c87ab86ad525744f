"""ELF files that mislead or exhaust a reader that trusts section headers and counts."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_editing import graft_dynamic, header

if TYPE_CHECKING:
    from collections.abc import Sequence


def endless() -> bytes:
    """Build 352 bytes whose version section claims 2^32-1 entries that never advance."""
    verneed = struct.pack("<HHIII", 1, 1, 0, 16, 0).ljust(32, b"\0")
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    head = ident + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, 96, 0, 64, 56, 0, 64, 4, 1)
    strings = struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, 80, 8, 0, 0, 1, 0)
    versions = struct.pack("<IIQQQQIIQQ", 0, 0x6FFFFFFE, 0, 0, 64, 16, 1, 0xFFFFFFFF, 1, 0)
    return head + verneed + bytes(64) + strings + versions + bytes(64)


def huge_names() -> bytes:
    """Build 300 kB in which 10,000 DT_NEEDED entries each name the same 140,000 bytes."""
    return _needing([1] * 10_000, 140_000)


def overlapping_names(count: int) -> bytes:
    """Build 40 kB whose DT_NEEDED entries are all different ends of one string of 4,000 bytes."""
    return _needing(range(1, 1 + count), 4_000)


def _needing(offsets: Sequence[int], length: int) -> bytes:
    """Build a library whose string table is one name, and with a DT_NEEDED for each offset."""
    added = [(elf.NEEDED, offset) for offset in offsets]
    needed = graft_dynamic(lambda entries: [*entries, *added])(native.library("x86_64", (2, 34)))
    strings = elf.offset_of(needed, elf.GRAFT_ADDRESS + 16 * len(added))
    start = len(needed)
    text = b"\0" + b"A" * length + b"\0"
    grown = needed + text
    load = elf.segments_at(grown, elf.LOAD)[-1]
    base = elf.get(grown, load, elf.SEGMENT["offset"])
    assert strings > base
    size = start + len(text) - base
    for field in ("filesz", "memsz"):
        grown = elf.put(grown, load, elf.SEGMENT[field], size)
    return elf.tag(elf.STRSZ, len(text))(elf.tag(elf.STRTAB, elf.GRAFT_ADDRESS + start - base)(grown))


def needs_2_34() -> bytes:
    return native.library("x86_64", (2, 34))


def sectionless() -> bytes:
    return header(shoff=0, shnum=0, shstrndx=0)(needs_2_34())


def decoy() -> bytes:
    """Point the section header table at a made-up version table that needs only GLIBC_2.5."""
    content = needs_2_34()
    start = len(content)
    strings = b"\0libc.so.6\0GLIBC_2.5\0.shstrtab\0.gnu.version_r\0".ljust(64, b"\0")
    needs = struct.pack("<HHIII", 1, 1, 1, 16, 0) + struct.pack("<IHHII", 0, 0, 2, 11, 0)
    table = bytes(64)
    table += struct.pack("<IIQQQQIIQQ", 21, 3, 2, 0, start, len(strings), 0, 0, 1, 0)
    table += struct.pack("<IIQQQQIIQQ", 31, 0x6FFFFFFE, 2, 0, start + 64, len(needs), 1, 1, 4, 0)
    return header(shoff=start + 96, shnum=3, shstrndx=1)(content + strings + needs + table)
