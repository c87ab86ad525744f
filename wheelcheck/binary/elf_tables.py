"""The tables that dynamic entries point at, as far as the loader relies on them without looking.

glibc compares the sizes of entries and stops ("Inconsistency detected by ld.so", elf/get-dynamic-info.h); what it reads
where nothing is mapped, or writes where nothing may be written, ends the process in SIGSEGV. musl checks neither.
"""

from __future__ import annotations

from wheelcheck.counting import counted
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.elf_header import Header
    from wheelcheck.binary.elf_segments import Image
    from wheelcheck.binary.reader import Reading

    Tags = dict["str | int", int]
    Types = dict[str, set[int]]  # of relocations, by table

_NONE = 0  # R_*_NONE
_RELA, _REL = 7, 17  # the values of DT_PLTREL
_DF_TEXTREL, _DF_BIND_NOW, _DF_1_NOW = 4, 8, 1
# Each table, and the entry that states its size; a table without one states it itself.
_TABLES = {
    "DT_SYMTAB": "",
    "DT_HASH": "",
    "DT_GNU_HASH": "",
    "DT_VERSYM": "",
    "DT_RELA": "DT_RELASZ",
    "DT_REL": "DT_RELSZ",
    "DT_RELR": "DT_RELRSZ",
    "DT_JMPREL": "DT_PLTRELSZ",
    "DT_INIT_ARRAY": "DT_INIT_ARRAYSZ",
    "DT_FINI_ARRAY": "DT_FINI_ARRAYSZ",
}
_CODE = ("DT_INIT", "DT_FINI")
# What the loader reads together: each of these without the others is undefined.
_TOGETHER = (
    ("DT_RELA", "DT_RELASZ", "DT_RELAENT"),
    ("DT_REL", "DT_RELSZ", "DT_RELENT"),
    ("DT_RELR", "DT_RELRSZ", "DT_RELRENT"),
    ("DT_JMPREL", "DT_PLTRELSZ", "DT_PLTREL"),
)
# The relocations that glibc's loader knows (sysdeps/CPU/dl-machine.h), and of them those that it knows in DT_JMPREL,
# when they are called. R_*_NONE is known there only if all is bound at once. Those of other CPUs are not compared.
_RELOCATIONS = {
    "EM_X86_64": (frozenset({0, 1, 2, 5, 6, 7, 8, 10, 16, 17, 18, 32, 33, 36, 37, 38}), frozenset({7, 36, 37})),
    "EM_AARCH64": (frozenset({0, 256, 257, *range(1024, 1033)}), frozenset({1026, 1031, 1032})),
}
_COPY = {"EM_X86_64": 5, "EM_AARCH64": 1024}
DF_1_PIE = 0x08000000


def binds_at_once(tags: Tags) -> bool:
    """Return whether a file asks the loader to bind all that it calls when it is loaded."""
    is_now = tags.get("DT_FLAGS", 0) & _DF_BIND_NOW or tags.get("DT_FLAGS_1", 0) & _DF_1_NOW
    return bool(is_now) or "DT_BIND_NOW" in tags


def judge_relocations(header: Header, image: Image, tags: Tags, types: Types, targets: set[int]) -> Iterator[str]:
    """Yield what is wrong with relocations of these types, which change what is at these addresses.

    For a type that it does not know, glibc ends in "unexpected reloc type", musl in "unsupported relocation".
    """
    all_known, of_functions = _RELOCATIONS.get(header.machine_name, (None, None)) if header.bits == 64 else (None, None)
    ignored = {_NONE} if binds_at_once(tags) else set()
    for tag, found in types.items():
        known = of_functions if tag == "DT_JMPREL" else all_known
        if known is not None and (unknown := sorted(found - known - ignored)):
            yield f"a relocation of {tag} has type {unknown[0]}, which no loader knows there"
        if _COPY.get(header.machine_name) in found and not _is_program(header, image, tags):
            yield f"a relocation of {tag} copies a variable out of a library, expected it in programs only"
    texts = "DT_TEXTREL" in tags or tags.get("DT_FLAGS", 0) & _DF_TEXTREL
    for target in sorted(targets):
        if not image.is_mapped_at(target, writable=not texts):
            yield f"a relocation changes {target:#x}, which is in no {'' if texts else 'writable '}PT_LOAD"


def _is_program(header: Header, image: Image, tags: Tags) -> bool:
    return header.type == "ET_EXEC" or bool(tags.get("DT_FLAGS_1", 0) & DF_1_PIE or image.of("PT_INTERP"))


def judge_tables(reading: Reading, header: Header, image: Image, tags: Tags) -> None:
    """Record tables that a loader cannot use. Returns nothing; the kind of damage is elf-dynamic."""
    problems = [*_incomplete(tags), *_wrong_sizes(header, tags), *_outside(image, tags)]
    if not _has_descriptors(header):
        problems += _not_code(image, tags)
    for problem in problems:
        reading.damage("elf-dynamic", problem)


def _incomplete(tags: Tags) -> Iterator[str]:
    if "DT_SYMTAB" not in tags:
        yield "no DT_SYMTAB: the loader cannot look up any symbol"
    if "DT_HASH" not in tags and "DT_GNU_HASH" not in tags:
        yield "no DT_HASH and no DT_GNU_HASH: the loader finds none of its symbols"
    for group in _TOGETHER:
        missing = [tag for tag in group if tag not in tags]
        if missing and len(missing) < len(group):
            yield f"{next(tag for tag in group if tag in tags)} without {missing[0]}, which the loader reads with it"


def _wrong_sizes(header: Header, tags: Tags) -> Iterator[str]:
    """Yield entries whose size is not that of the ABI, and a DT_PLTREL that is none of its two values."""
    word = header.bits // 8
    sizes = {"DT_RELAENT": 3 * word, "DT_RELENT": 2 * word, "DT_RELRENT": word, "DT_SYMENT": 24 if word == 8 else 16}
    for tag, size in sizes.items():
        if tags.get(tag, size) != size:
            yield f"{tag} is {tags[tag]}, expected {size}"
    sizes["DT_PLTRELENT"] = sizes["DT_RELAENT" if tags.get("DT_PLTREL") == _RELA else "DT_RELENT"]
    for tag in ("DT_RELA", "DT_REL", "DT_RELR", "DT_PLTREL"):
        if tags.get(f"{tag}SZ", 0) % sizes[f"{tag}ENT"]:
            yield f"{tag}SZ is {tags[f'{tag}SZ']}, expected a multiple of {sizes[f'{tag}ENT']}"
    if tags.get("DT_PLTREL", _RELA) not in (_RELA, _REL):
        yield f"DT_PLTREL is {tags['DT_PLTREL']}, expected {_RELA} (DT_RELA) or {_REL} (DT_REL)"


def _outside(image: Image, tags: Tags) -> Iterator[str]:
    """Yield tables that are not in the mapped bytes of the file."""
    for tag, size_tag in _TABLES.items():
        size = tags.get(size_tag, 0) if size_tag else 1
        if tag in tags and size:
            place = image.locate(tags[tag])
            if place is None or place[1] < size:
                yield f"{tag} ({counted(size, 'byte')} at {tags[tag]:#x}) is outside every PT_LOAD's file bytes"


def _has_descriptors(header: Header) -> bool:
    """Return whether addresses of functions are those of descriptors, which are data: the first ABI of 64-bit Power."""
    return header.machine_name == "EM_PPC64" and header.flags & 3 != 2


def _not_code(image: Image, tags: Tags) -> Iterator[str]:
    for tag in _CODE:
        if tag in tags and not image.is_executable_at(tags[tag]):
            yield f"{tag} {tags[tag]:#x} is in no executable PT_LOAD"
