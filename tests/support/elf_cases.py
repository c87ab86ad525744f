"""Every way an ELF file can be wrong, each one edit from the good file."""

from __future__ import annotations

import struct

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_editing import Edit, both, byte, graft, graft_dynamic, header, section, segment, tag
from tests.support.told import sole
from wheelcheck.binary import Binary, Slice, read_binary
from wheelcheck.binary.elf_versions import elf_hash
from wheelcheck.source import Bytes

BIG = 1 << 62
PLTRELSZ, HASH, SYMTAB, SYMENT, INIT, PLTREL, JMPREL, GNU_HASH = 2, 4, 6, 11, 12, 20, 23, 0x6FFFFEF5
FILTER, PHDR, RELRO = 0x7FFFFFFF, 6, 0x6474E552
SONAME = "-Wl,-soname,libanswer.so.1"


def read(content: bytes) -> Binary:
    """Return what is said of a file that is recognised."""
    binary = read_binary("x", Bytes(content))
    assert binary is not None
    return binary


def only(content: bytes) -> Slice:
    """Return the one slice of an undamaged file."""
    return sole(read(content))


def library() -> bytes:
    return native.library("x86_64", (2, 34), SONAME)


def cut(length: int) -> Edit:
    return lambda content: content[:length]


def string_at(offset: int, text: bytes) -> Edit:
    """Overwrite the string table of the library at an offset within it."""

    def edit(content: bytes) -> bytes:
        at = elf.offset_of(content, elf.value_of(content, elf.STRTAB)) + offset
        return content[:at] + text + content[at + len(text) :]

    return edit


def last_string_unterminated(content: bytes) -> bytes:
    size = elf.value_of(content, elf.STRSZ)
    return both(tag(elf.STRSZ, size - 1), tag(elf.NEEDED, size - 3))(content)


def interpreter_without_end(content: bytes) -> bytes:
    at = elf.segments_at(content, elf.INTERP)[0]
    return segment(elf.INTERP, filesz=elf.get(content, at, elf.SEGMENT["filesz"]) - 1)(content)


def empty_interpreter(content: bytes) -> bytes:
    at = elf.get(content, elf.segments_at(content, elf.INTERP)[0], elf.SEGMENT["offset"])
    return byte(at, 0)(content)


def overlapping_loads(content: bytes) -> bytes:
    at = elf.segments_at(content, elf.LOAD)[0]
    return segment(elf.LOAD, 1, vaddr=elf.get(content, at, elf.SEGMENT["vaddr"]) + 16)(content)


def first_bucket(symbol: int) -> Edit:
    """Let the first bucket of DT_GNU_HASH begin with this symbol."""

    def edit(content: bytes) -> bytes:
        words = elf.get(content, elf.offset_of(content, elf.value_of(content, GNU_HASH)), (8, "I"))
        return number_in(GNU_HASH, 4 + 2 * words, symbol)(content)

    return edit


def last_section_plus(number: int) -> Edit:
    """Let the names of sections be in the last section, or in one after it."""
    return lambda content: header(shstrndx=elf.get(content, 0, elf.HEADER["shnum"]) - 1 + number)(content)


def without(*tags: int) -> Edit:
    return graft_dynamic(lambda entries: [entry for entry in entries if entry[0] not in tags])


def many(number: int, count: int) -> Edit:
    return graft_dynamic(lambda entries: [*entries, *[(number, 1)] * count])


def decoy_dynamic(content: bytes) -> bytes:
    """Keep PT_DYNAMIC's address, which the loader follows, and change its offset."""
    return segment(elf.DYNAMIC, offset=elf.dynamic_at(content) - 16)(content)


def last_tag_behind_its_segment(content: bytes) -> bytes:
    """Let PT_DYNAMIC reach over the end of its PT_LOAD's file bytes, behind which the file has zeros."""
    grafted = graft_dynamic(lambda entries: entries, ends=False)(content)
    at = elf.segments_at(grafted, elf.DYNAMIC)[0]
    longer = elf.get(grafted, at, elf.SEGMENT["filesz"]) + 32
    reaching = both(segment(elf.DYNAMIC, filesz=longer, memsz=longer), segment(elf.LOAD, -1, memsz=longer))
    return reaching(grafted) + bytes(64)


def long_string(content: bytes) -> bytes:
    grafted = graft(b"A" * 5000 + b"\0")(content)
    return both(tag(elf.STRTAB, elf.GRAFT_ADDRESS), tag(elf.STRSZ, 5001))(grafted)


def many_needs(files: int, needs: int) -> Edit:
    """Graft a table that needs `needs` versions of `files` libraries: all of them are the one that is needed."""

    def edit(content: bytes) -> bytes:
        needed, start = elf.value_of(content, elf.NEEDED), elf.offset_of(content, elf.value_of(content, elf.STRTAB))
        name = content[start + needed : content.index(b"\0", start + needed)]
        step, table = 16 * (1 + needs), b""
        for file in range(files):
            table += struct.pack("<HHIII", 1, needs, needed, 16, step * (file + 1 < files))
            numbers = range(2 + file * needs, 2 + (file + 1) * needs)
            rows = ((elf_hash(name), 0, number, needed, 16 * (number + 1 in numbers)) for number in numbers)
            table += b"".join(struct.pack("<IHHII", *row) for row in rows)
        return both(graft(table), tag(elf.VERNEED, elf.GRAFT_ADDRESS), tag(elf.VERNEEDNUM, files))(content)

    return edit


def read_only(content: bytes) -> bytes:
    for index in range(len(elf.segments_at(content, elf.LOAD))):
        content = segment(elf.LOAD, index, flags=5)(content)
    return content


def relocates(index: int, target: int) -> Edit:
    """Let a relocation of a function change another address."""

    def edit(content: bytes) -> bytes:
        at = elf.offset_of(content, elf.value_of(content, JMPREL)) + 24 * index
        return elf.put(content, at, (0, "Q"), target)

    return edit


def relocation_type(kind: int) -> Edit:
    def edit(content: bytes) -> bytes:
        return elf.put(content, elf.offset_of(content, elf.value_of(content, JMPREL)), (8, "I"), kind)

    return edit


def version_index(number: int) -> Edit:
    """Give the symbol that the first relocation of a function asks for another version index."""

    def edit(content: bytes) -> bytes:
        symbol = elf.get(content, elf.offset_of(content, elf.value_of(content, JMPREL)), (12, "I"))
        return elf.put(
            content, elf.offset_of(content, elf.value_of(content, elf.VERSYM)) + 2 * symbol, (0, "H"), number
        )

    return edit


def unnamed(content: bytes) -> bytes:
    """Take the name from the symbol that the first relocation of a function asks for."""
    relocation = elf.offset_of(content, elf.value_of(content, JMPREL))
    symbol = elf.get(content, relocation, (12, "I"))
    return elf.put(content, elf.offset_of(content, elf.value_of(content, SYMTAB)) + 24 * symbol, (0, "I"), 0)


def number_in(tag_number: int, index: int, value: int) -> Edit:
    """Change one of the 32-bit numbers of the table that a dynamic entry points at."""

    def edit(content: bytes) -> bytes:
        table = elf.offset_of(content, elf.value_of(content, tag_number))
        return elf.put(content, table + 4 * index, (0, "I"), value)

    return edit


def hidden_overlap(content: bytes) -> bytes:
    """Let the first PT_LOAD reach over the second, which shows the same bytes, onto the third, which does not."""
    whole = len(content)
    same = segment(elf.LOAD, 1, vaddr=0x1000, offset=0x1000, filesz=16, memsz=16)
    reaching = both(segment(elf.LOAD, 0, filesz=0x4000, memsz=0x4000), same)
    return reaching(content).ljust(max(whole, 0x5000), b"\0")


# name of the case -> (edit of the good library, kind of damage)
LIBRARY_CASES: dict[str, tuple[Edit, str]] = {
    "two bytes of magic": (cut(2), "elf-truncated"),
    "three bytes of magic": (cut(3), "elf-truncated"),
    "four bytes of magic": (cut(4), "elf-truncated"),
    "fifteen bytes": (cut(15), "elf-truncated"),
    "sixty-three bytes": (cut(63), "elf-truncated"),
    "header only": (cut(64), "elf-truncated"),
    "cut within the dynamic segment": (lambda content: content[: elf.dynamic_at(content) + 20], "elf-truncated"),
    "magic then zeros": (lambda _: b"\x7fELF" + bytes(4096), "elf-header"),
    "class 0": (byte(4, 0), "elf-header"),
    "class 3": (byte(4, 3), "elf-header"),
    "byte order 0": (byte(5, 0), "elf-header"),
    "byte order 3": (byte(5, 3), "elf-header"),
    "ident version 2": (byte(6, 2), "elf-header"),
    "e_version 0": (header(version=0), "elf-header"),
    **{f"padding in byte {at} of e_ident": (byte(at, 1), "elf-header") for at in (9, 12, 15)},
    "e_ehsize 0": (header(ehsize=0), "elf-header"),
    "e_phentsize 0": (header(phentsize=0), "elf-header"),
    "type 0": (header(type=0), "elf-header"),
    "type 0xffff": (header(type=0xFFFF), "elf-header"),
    "no right to read what the loader reads": (segment(elf.LOAD, flags=0), "elf-dynamic"),
    "another system's OSABI": (byte(7, 255), "elf-osabi"),
    "an unassigned OSABI": (byte(7, 77), "elf-osabi"),
    "ABI version 1": (byte(8, 1), "elf-osabi"),
    "no machine": (header(machine=0), "elf-machine-none"),
    "program headers at 2^63": (header(phoff=1 << 63), "elf-truncated"),
    "65,534 program headers": (header(phnum=65534), "elf-truncated"),
    "no program headers": (header(phnum=0), "elf-segment"),
    "PT_LOAD of 2^62 bytes": (segment(elf.LOAD, filesz=BIG, memsz=BIG), "elf-truncated"),
    "PT_LOAD with more file than memory": (segment(elf.LOAD, memsz=1), "elf-segment"),
    "PT_LOAD beyond the address space": (segment(elf.LOAD, 2, vaddr=(1 << 64) - 16), "elf-segment"),
    "PT_LOADs out of order": (segment(elf.LOAD, vaddr=1 << 40), "elf-segment"),
    "PT_LOADs on one another": (overlapping_loads, "elf-segment"),
    "PT_LOADs on one another across a third": (hidden_overlap, "elf-segment"),
    "PT_LOAD at another place within its page": (segment(elf.LOAD, 1, offset=0x351), "elf-segment"),
    "two PT_DYNAMIC": (segment(elf.STACK, type=elf.DYNAMIC), "elf-segment"),
    "section headers past the end": (header(shoff=1 << 40), "elf-truncated"),
    "section headers at 2^64-1": (header(shoff=(1 << 64) - 1), "elf-truncated"),
    "e_shentsize 0": (header(shentsize=0), "elf-sections"),
    "e_shnum 0 with 2^58 sections": (both(header(shnum=0), section(0, size=1 << 58)), "elf-truncated"),
    "e_shnum 0 with a section 0 past the end": (header(shoff=1 << 40, shnum=0), "elf-truncated"),
    "e_shstrndx of the section behind the last": (last_section_plus(1), "elf-sections"),
    "e_shstrndx out of range": (header(shstrndx=200), "elf-sections"),
    "e_shstrndx out of range in section 0": (both(header(shstrndx=0xFFFF), section(0, link=99)), "elf-sections"),
    "sections counted, but nowhere": (header(shoff=0), "elf-sections"),
    "no PT_DYNAMIC": (segment(elf.DYNAMIC, type=4), "elf-dynamic"),
    "PT_DYNAMIC unmapped": (segment(elf.DYNAMIC, vaddr=1 << 40), "elf-dynamic"),
    "PT_DYNAMIC's offset is a decoy": (decoy_dynamic, "elf-dynamic"),
    "PT_DYNAMIC of no bytes": (segment(elf.DYNAMIC, filesz=0), "elf-dynamic"),
    "no DT_NULL": (graft_dynamic(lambda entries: entries, ends=False), "elf-dynamic"),
    "DT_NULL behind the file bytes of its PT_LOAD": (last_tag_behind_its_segment, "elf-dynamic"),
    "no DT_STRTAB": (without(elf.STRTAB), "elf-dynamic"),
    "no DT_STRSZ": (without(elf.STRSZ), "elf-dynamic"),
    "nothing but DT_NULL": (graft_dynamic(lambda _: []), "elf-dynamic"),
    "DT_STRTAB unmapped": (tag(elf.STRTAB, 1 << 40), "elf-dynamic"),
    "DT_STRSZ beyond its segment": (tag(elf.STRSZ, 1 << 40), "elf-dynamic"),
    "string offset 2^64-1": (tag(elf.NEEDED, (1 << 64) - 1), "elf-string"),
    "string without an end": (last_string_unterminated, "elf-string"),
    "string that is not UTF-8": (both(string_at(1, b"\xff\xfe"), tag(elf.NEEDED, 1)), "elf-string"),
    "version needs unmapped": (tag(elf.VERNEED, 1 << 40), "elf-versions"),
    "version needs of version 2": (elf.verneed("file.version", 2), "elf-versions"),
    "version needs that leave the segment": (elf.verneed("file.next", 1 << 30), "elf-versions"),
    "a need that leaves the segment": (elf.verneed("file.aux", 1 << 30), "elf-versions"),
    "vn_cnt is wrong": (elf.verneed("file.cnt", 9), "elf-versions"),
    "vn_cnt is too low": (elf.verneed("file.cnt", 0), "elf-versions"),
    "DT_VERNEEDNUM too high": (tag(elf.VERNEEDNUM, 9), "elf-versions"),
    "DT_VERNEEDNUM 0": (tag(elf.VERNEEDNUM, 0), "elf-versions"),
    "DT_VERNEEDNUM missing": (without(elf.VERNEEDNUM), "elf-versions"),
    "DT_VERNEED without DT_VERSYM": (without(elf.VERSYM), "elf-versions"),
    "DT_VERSYM without DT_VERNEED": (without(elf.VERNEED, elf.VERNEEDNUM), "elf-versions"),
    "the hash of another version": (elf.verneed("need.hash", 0x9691A79), "elf-versions"),
    "a version of a library that is not needed": (elf.verneed("file.file", 1), "elf-versions"),
    "no DT_SYMTAB": (without(SYMTAB), "elf-dynamic"),
    "symbols of another size": (tag(SYMENT, 16), "elf-dynamic"),
    "DT_JMPREL without its size": (without(PLTRELSZ), "elf-dynamic"),
    "DT_JMPREL without its kind": (without(PLTREL), "elf-dynamic"),
    "DT_PLTREL is neither kind": (tag(PLTREL, 9), "elf-dynamic"),
    "relocations unmapped": (tag(JMPREL, 1 << 40), "elf-dynamic"),
    "relocations beyond their segment": (tag(PLTRELSZ, 24 << 20), "elf-dynamic"),
    "relocations of what is read-only": (read_only, "elf-dynamic"),
    "relocations in place of code": (relocates(0, 1 << 40), "elf-dynamic"),
    "DT_INIT in data": (graft_dynamic(lambda entries: [*entries, (INIT, elf.GRAFT_ADDRESS)]), "elf-dynamic"),
    "a relocation of an unknown type": (relocation_type(99), "elf-dynamic"),
    "a variable's relocation in place of a function's": (relocation_type(6), "elf-dynamic"),
    "no hash table": (without(HASH, GNU_HASH), "elf-dynamic"),
    "a function's relocation that does nothing": (
        both(without(elf.FLAGS, elf.FLAGS_1), relocation_type(0)),
        "elf-dynamic",
    ),
    "relocations cut off": (tag(PLTRELSZ, 25), "elf-dynamic"),
    "DT_NEEDED without a name": (graft_dynamic(lambda entries: [*entries, (elf.NEEDED, 0)]), "elf-string"),
    "DT_FILTER outside the strings": (graft_dynamic(lambda entries: [*entries, (FILTER, 9999)]), "elf-string"),
    "a library that only DT_FILTER brings": (elf.retag(elf.NEEDED, FILTER), "elf-versions"),
    "DT_GNU_HASH without buckets": (number_in(GNU_HASH, 0, 0), "elf-dynamic"),
    "DT_GNU_HASH with three words": (number_in(GNU_HASH, 2, 3), "elf-dynamic"),
    "DT_GNU_HASH beyond its segment": (number_in(GNU_HASH, 2, 1 << 20), "elf-dynamic"),
    "DT_GNU_HASH whose buckets reach beyond its segment": (number_in(GNU_HASH, 0, 1 << 20), "elf-dynamic"),
    "DT_GNU_HASH that begins behind its buckets": (number_in(GNU_HASH, 1, 0x1006), "elf-dynamic"),
    "DT_GNU_HASH with a bucket before its beginning": (first_bucket(1), "elf-dynamic"),
    "DT_HASH beyond its segment": (both(without(GNU_HASH), number_in(HASH, 1, 1 << 20)), "elf-dynamic"),
    "PT_GNU_RELRO at 2^62": (segment(RELRO, vaddr=BIG), "elf-segment"),
    "PT_GNU_RELRO that reaches over the end": (segment(RELRO, memsz=BIG), "elf-segment"),
    "PT_LOAD of 2^41 bytes": (segment(elf.LOAD, 1, memsz=1 << 41), "elf-segment"),
    "PT_TLS of 2^40 bytes": (segment(elf.STACK, type=7, memsz=1 << 40), "elf-segment"),
    "PT_TLS aligned to 2^40": (segment(elf.STACK, type=7, memsz=8, align=1 << 40), "elf-segment"),
    "a core file with PT_DYNAMIC": (header(type=4), "elf-header"),
    "a core file of an unknown CPU with PT_DYNAMIC": (header(type=4, machine=0x103E), "elf-header"),
    "a version index that is of no need": (version_index(9), "elf-versions"),
    "a symbol without a name": (unnamed, "elf-string"),
}

PROGRAM_CASES: dict[str, tuple[Edit, str]] = {
    "an object file with PT_INTERP": (header(type=1), "elf-header"),
    "PT_PHDR at another place": (segment(PHDR, vaddr=0x80), "elf-segment"),
    "two PT_INTERP": (segment(elf.STACK, type=elf.INTERP), "elf-segment"),
    "PT_INTERP without NUL": (interpreter_without_end, "elf-interpreter"),
    "PT_INTERP that is empty": (empty_interpreter, "elf-interpreter"),
    "PT_INTERP of 20 MB": (segment(elf.INTERP, filesz=20_000_000), "elf-interpreter"),
    "PT_INTERP of one byte": (segment(elf.INTERP, filesz=1), "elf-interpreter"),
    "PT_INTERP at 2^63": (segment(elf.INTERP, offset=1 << 63), "elf-interpreter"),
    "PT_INTERP but no PT_DYNAMIC": (segment(elf.DYNAMIC, type=4), "elf-dynamic"),
    "fixed address, PT_INTERP but no PT_DYNAMIC": (
        both(header(type=2), segment(elf.DYNAMIC, type=4)),
        "elf-dynamic",
    ),
}

OBJECT_CASES: dict[str, tuple[Edit, str]] = {
    "an object without sections": (header(shoff=0, shnum=0), "elf-sections"),
    "an object that counts no sections": (header(shnum=0, shstrndx=0), "elf-sections"),
    "an object cut off": (cut(200), "elf-truncated"),
}

LIMIT_CASES: dict[str, Edit] = {
    "1,025 program headers": lambda content: header(phoff=len(content), phnum=1025)(
        content + content[64 : 64 + 56 * 6] + bytes(56 * 1019)
    ),
    "8,193 dynamic entries": many(0x6000000D, 8193),
    "1,025 DT_NEEDED": many(elf.NEEDED, 1025),
    "a string of 5,000 bytes": long_string,
    "1,025 files in the version needs": many_needs(1025, 1),
    "16,385 version needs": many_needs(1, 16385),
}
