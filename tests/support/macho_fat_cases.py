"""Every way a universal Mach-O file can be wrong, each one edit from the good file."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.support import native
from tests.support.macho_cases import cut, field

if TYPE_CHECKING:
    from tests.support.macho_cases import Edit

X86_64, ARM64 = 0x01000007, 0x0100000C


def fat() -> bytes:
    return native.universal(native.mac("x86_64"), native.mac("aarch64"))


def entry(index: int, column: int, value: int) -> Edit:
    offset = 8 + 20 * index + 4 * column
    return lambda content: content[:offset] + struct.pack(">I", value) + content[offset + 4 :]


def second_at() -> int:
    """Return where the second slice begins."""
    return int(struct.unpack_from(">I", fat(), 8 + 20 + 8)[0])


def chain(*edits: Edit) -> Edit:
    def edit(content: bytes) -> bytes:
        for one in edits:
            content = one(content)
        return content

    return edit


def counted(count: int) -> Edit:
    return lambda content: content[:4] + struct.pack(">I", count) + content[8:]


FAT_CASES: dict[str, tuple[Edit, str]] = {
    "magic only": (cut(4), "macho-truncated"),
    "table cut off": (cut(20), "macho-truncated"),
    "slice cut off": (cut(40_000), "macho-truncated"),
    "2^32-1 slices": (counted(0xFFFFFFFF), "macho-truncated"),
    "no slice": (counted(0), "macho-fat"),
    "a slice at 2^32-1": (entry(1, 2, 0xFFFFFFFF), "macho-truncated"),
    "a slice of 2^32-1 bytes": (entry(1, 3, 0xFFFFFFFF), "macho-truncated"),
    "slices on one another": (entry(1, 2, 0x4004), "macho-fat"),
    "slices that share one byte": (entry(0, 3, second_at() - 0x4000 + 1), "macho-fat"),
    "a slice on the table": (entry(0, 2, 4), "macho-fat"),
    "a CPU twice": (chain(entry(1, 0, X86_64), entry(1, 1, 3)), "macho-fat"),
    "a CPU that its slice is not": (entry(0, 0, 7), "macho-fat"),
    "a slice of zeros": (lambda content: content[:0x4000] + bytes(0x4000) + content[0x8000:], "macho-fat"),
    "a wrong slice": (field(0x4000 + 12, 99), "macho-header"),
    "a slice of four bytes": (entry(0, 3, 4), "macho-truncated"),
}
