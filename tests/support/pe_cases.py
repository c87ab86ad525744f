"""Every way a PE file can be wrong, each one edit from the good file, and what reads it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.support.told import sole, told
from wheelcheck.binary import Binary, Slice, read_binary
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    Edit = Callable[[bytes], bytes]


def read(content: bytes) -> Binary:
    return told(read_binary("x", Bytes(content)))


def only(content: bytes) -> Slice:
    return sole(read(content))


def start(content: bytes) -> int:
    """Return where the COFF header begins."""
    return int(struct.unpack_from("<I", content, 0x3C)[0]) + 4


def put(code: str, offset: int, value: int) -> Edit:
    """Write a value at an offset from the COFF header."""

    def edit(content: bytes) -> bytes:
        edited = bytearray(content)
        struct.pack_into("<" + code, edited, start(content) + offset, value)
        return bytes(edited)

    return edit


def chain(*edits: Edit) -> Edit:
    def edit(content: bytes) -> bytes:
        for one in edits:
            content = one(content)
        return content

    return edit


MACHINE, SECTIONS, OPTIONAL_SIZE, FLAGS, MAGIC = 0, 2, 16, 18, 20
SUBSYSTEM, DIRECTORY_COUNT, DIRECTORIES = 20 + 68, 20 + 108, 20 + 112
FIRST_SECTION = 20 + 240
IMPORTS, LOAD_CONFIG, DELAY, CLR = 1, 10, 13, 14


def machine(value: int) -> Edit:
    return put("H", MACHINE, value)


def directory(number: int, address: int, size: int = 40) -> Edit:
    return chain(put("I", DIRECTORIES + 8 * number, address), put("I", DIRECTORIES + 8 * number + 4, size))


def grafted(extra: bytes) -> Edit:
    """Append bytes and let the last section grow over them, at address GRAFT."""

    def edit(content: bytes) -> bytes:
        count = struct.unpack_from("<H", content, start(content) + SECTIONS)[0]
        at = FIRST_SECTION + 40 * (count - 1)
        offset = len(content)
        moved = chain(put("I", at + 12, GRAFT), put("I", at + 16, len(extra)), put("I", at + 20, offset))
        return moved(content) + extra

    return edit


GRAFT = 0x100000


def descriptors(*names: int) -> bytes:
    return b"".join(struct.pack("<3I2I", 0, 0, 0, name, 1) for name in names)


def imports(table: bytes) -> Edit:
    return chain(grafted(table), directory(IMPORTS, GRAFT))


def named(*libraries: bytes) -> bytes:
    """Return an import table that ends, with the names behind it."""
    size, table, text = 20 * (len(libraries) + 1), [], b""
    for library in libraries:
        table.append(GRAFT + size + len(text))
        text += library + b"\0"
    return descriptors(*table) + bytes(20) + text


def cut(length: int) -> Edit:
    return lambda content: content[:length]


def cut_behind_header(length: int) -> Edit:
    return lambda content: content[: start(content) + length]


PE_CASES: dict[str, tuple[Edit, str]] = {
    "no executable image": (put("H", FLAGS, 0x2020), "pe-header"),
    "DOS stub only": (cut(0x70), "pe-truncated"),
    "e_lfanew past the end": (lambda content: content[:0x3C] + b"\xff\xff\xff\x7f" + content[0x40:], "pe-truncated"),
    "signature only": (cut_behind_header(0), "pe-truncated"),
    "cut in the COFF header": (cut_behind_header(19), "pe-truncated"),
    "cut in the optional header": (cut_behind_header(100), "pe-truncated"),
    "cut in the section table": (cut_behind_header(270), "pe-truncated"),
    "cut in a section": (cut(1600), "pe-truncated"),
    "no optional header": (put("H", OPTIONAL_SIZE, 0), "pe-header"),
    "optional header too short": (put("H", OPTIONAL_SIZE, 40), "pe-header"),
    "unknown magic": (put("H", MAGIC, 0x107), "pe-header"),
    "a header for 32 bits": (put("H", MAGIC, 0x10B), "pe-header"),
    "more directories than room": (chain(put("H", OPTIONAL_SIZE, 120), put("I", DIRECTORY_COUNT, 16)), "pe-header"),
    "no sections": (put("H", SECTIONS, 0), "pe-header"),
    "machine 0": (machine(0), "pe-machine"),
    "a section of 4 GB": (put("I", FIRST_SECTION + 16, 0xFFFFFFFF), "pe-truncated"),
    "imports in no section": (directory(IMPORTS, 0x7FFFFFFF), "pe-imports"),
    "imports without an end": (imports(named(b"a.dll")[:20]), "pe-imports"),
    "library name in no section": (imports(descriptors(0x7FFFFFFF) + bytes(20)), "pe-imports"),
    "library name without an end": (imports(descriptors(GRAFT + 40) + bytes(20) + b"a.dll"), "pe-imports"),
    "library name that is empty": (imports(named(b"")), "pe-imports"),
    "delayed imports in no section": (directory(DELAY, 0x7FFFFFFF), "pe-imports"),
}
