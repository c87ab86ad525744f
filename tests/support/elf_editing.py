"""Edits of a real 64-bit little-endian ELF file, field by field: a bad file and its good twin differ in one of them.

Also a graft: new bytes at the end of the file, mapped by a PT_LOAD that takes the place of PT_GNU_STACK.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

HEADER = {
    "type": (16, "H"),
    "machine": (18, "H"),
    "version": (20, "I"),
    "phoff": (32, "Q"),
    "shoff": (40, "Q"),
    "flags": (48, "I"),
    "ehsize": (52, "H"),
    "phentsize": (54, "H"),
    "phnum": (56, "H"),
    "shentsize": (58, "H"),
    "shnum": (60, "H"),
    "shstrndx": (62, "H"),
}
SEGMENT = {
    "type": (0, "I"),
    "flags": (4, "I"),
    "offset": (8, "Q"),
    "vaddr": (16, "Q"),
    "filesz": (32, "Q"),
    "memsz": (40, "Q"),
    "align": (48, "Q"),
}
SECTION = {
    "type": (4, "I"),
    "flags": (8, "Q"),
    "offset": (24, "Q"),
    "size": (32, "Q"),
    "link": (40, "I"),
    "info": (44, "I"),
}
LOAD, DYNAMIC, INTERP, STACK = 1, 2, 3, 0x6474E551
NULL, NEEDED, STRTAB, STRSZ, SONAME, RPATH, TEXTREL, RUNPATH, FLAGS = 0, 1, 5, 10, 14, 15, 22, 29, 30
VERSYM, FLAGS_1, VERNEED, VERNEEDNUM = 0x6FFFFFF0, 0x6FFFFFFB, 0x6FFFFFFE, 0x6FFFFFFF
GRAFT_ADDRESS = 0x7000_0000

Edit = Callable[[bytes], bytes]
Entries = list[tuple[int, int]]


def get(content: bytes, base: int, layout: tuple[int, str]) -> int:
    return int(struct.unpack_from("<" + layout[1], content, base + layout[0])[0])


def put(content: bytes, base: int, layout: tuple[int, str], value: int) -> bytes:
    edited = bytearray(content)
    struct.pack_into("<" + layout[1], edited, base + layout[0], value)
    return bytes(edited)


def byte(offset: int, value: int) -> Edit:
    return lambda content: content[:offset] + bytes([value]) + content[offset + 1 :]


def header(**fields: int) -> Edit:
    def edit(content: bytes) -> bytes:
        for name, value in fields.items():
            content = put(content, 0, HEADER[name], value)
        return content

    return edit


def segments_at(content: bytes, kind: int) -> list[int]:
    """Return the offsets of the program headers of one type."""
    start, count = get(content, 0, HEADER["phoff"]), get(content, 0, HEADER["phnum"])
    return [at for at in range(start, start + 56 * count, 56) if get(content, at, SEGMENT["type"]) == kind]


def segment(kind: int, index: int = 0, **fields: int) -> Edit:
    def edit(content: bytes) -> bytes:
        at = segments_at(content, kind)[index]
        for name, value in fields.items():
            content = put(content, at, SEGMENT[name], value)
        return content

    return edit


def section(index: int, **fields: int) -> Edit:
    def edit(content: bytes) -> bytes:
        at = get(content, 0, HEADER["shoff"]) + 64 * index
        for name, value in fields.items():
            content = put(content, at, SECTION[name], value)
        return content

    return edit


def dynamic_at(content: bytes) -> int:
    return get(content, segments_at(content, DYNAMIC)[0], SEGMENT["offset"])


def entries(content: bytes) -> Entries:
    """Return the dynamic entries before DT_NULL."""
    found: Entries = []
    for tag, value in struct.iter_unpack("<qQ", content[dynamic_at(content) :][: 16 * 64]):
        if tag == NULL:
            break
        found.append((tag, value))
    return found


def value_of(content: bytes, tag: int) -> int:
    return dict(entries(content))[tag]


def offset_of(content: bytes, address: int) -> int:
    """Return the file offset behind an address."""
    for at in segments_at(content, LOAD):
        start = get(content, at, SEGMENT["vaddr"])
        if start <= address < start + get(content, at, SEGMENT["filesz"]):
            return address - start + get(content, at, SEGMENT["offset"])
    raise ValueError(address)


def tag(number: int, value: int) -> Edit:
    """Change the value of the first entry with this tag."""

    def edit(content: bytes) -> bytes:
        index = [found for found, _ in entries(content)].index(number)
        return put(content, dynamic_at(content) + 16 * index, (8, "Q"), value)

    return edit


def retag(old: int, new: int) -> Edit:
    """Give the first entry with a tag another tag."""

    def edit(content: bytes) -> bytes:
        index = [found for found, _ in entries(content)].index(old)
        return put(content, dynamic_at(content) + 16 * index, (0, "q"), new)

    return edit


def graft(extra: bytes) -> Edit:
    """Append bytes that are mapped at GRAFT_ADDRESS."""

    def edit(content: bytes) -> bytes:
        start = -(-len(content) // 4096) * 4096
        place = {"offset": start, "vaddr": GRAFT_ADDRESS, "filesz": len(extra), "memsz": len(extra), "align": 4096}
        mapped = segment(STACK, type=LOAD, flags=4, **place)
        return mapped(content).ljust(start, b"\0") + extra

    return edit


def graft_dynamic(change: Callable[[Entries], Sequence[tuple[int, int]]], *, ends: bool = True) -> Edit:
    """Append a changed copy of the dynamic entries and let PT_DYNAMIC point at it."""

    def edit(content: bytes) -> bytes:
        changed = [*change(entries(content)), *([(NULL, 0)] if ends else [])]
        table = b"".join(struct.pack("<qQ", *entry) for entry in changed)
        grafted = graft(table)(content)
        start = get(grafted, segments_at(grafted, LOAD)[-1], SEGMENT["offset"])
        return segment(DYNAMIC, offset=start, vaddr=GRAFT_ADDRESS, filesz=len(table), memsz=len(table))(grafted)

    return edit


def verneed(field: str, value: int) -> Edit:
    """Change the first version need (`file.*`) or its first auxiliary (`need.*`)."""
    layouts = {
        "file.version": (0, 0, "H"),
        "file.cnt": (0, 2, "H"),
        "file.file": (0, 4, "I"),
        "file.aux": (0, 8, "I"),
        "file.next": (0, 12, "I"),
        "need.hash": (1, 0, "I"),
        "need.flags": (1, 4, "H"),
        "need.name": (1, 8, "I"),
        "need.next": (1, 12, "I"),
    }
    level, at, code = layouts[field]

    def edit(content: bytes) -> bytes:
        base = offset_of(content, value_of(content, VERNEED))
        base += get(content, base, (8, "I")) if level else 0
        return put(content, base, (at, code), value)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(content: bytes) -> bytes:
        for one in edits:
            content = one(content)
        return content

    return edit
