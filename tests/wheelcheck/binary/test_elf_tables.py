"""Which entries of the dynamic segment belong together, how large their tables are, and where these must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_cases import library
from tests.support.elf_editing import GRAFT_ADDRESS, graft_dynamic, header, retag
from wheelcheck.binary import read_binary
from wheelcheck.binary.elf_header import Header, read_header
from wheelcheck.binary.elf_segments import Image, Segment
from wheelcheck.binary.elf_tables import binds_at_once, judge_relocations
from wheelcheck.binary.reader import Blocks, Reading
from wheelcheck.counting import counted
from wheelcheck.records import replace
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from wheelcheck.binary.elf_tables import Tags, Types

TAGS = {
    "DT_PLTRELSZ": 2,
    "DT_HASH": 4,
    "DT_SYMTAB": 6,
    "DT_RELA": 7,
    "DT_RELASZ": 8,
    "DT_RELAENT": 9,
    "DT_SYMENT": 11,
    "DT_INIT": 12,
    "DT_FINI": 13,
    "DT_REL": 17,
    "DT_RELSZ": 18,
    "DT_RELENT": 19,
    "DT_PLTREL": 20,
    "DT_JMPREL": 23,
    "DT_INIT_ARRAY": 25,
    "DT_FINI_ARRAY": 26,
    "DT_INIT_ARRAYSZ": 27,
    "DT_FINI_ARRAYSZ": 28,
    "DT_RELRSZ": 35,
    "DT_RELR": 36,
    "DT_RELRENT": 37,
    "DT_GNU_HASH": 0x6FFFFEF5,
    "DT_VERSYM": 0x6FFFFFF0,
}
GROUPS = (
    {"DT_RELA": GRAFT_ADDRESS, "DT_RELASZ": 24, "DT_RELAENT": 24},
    {"DT_REL": GRAFT_ADDRESS, "DT_RELSZ": 16, "DT_RELENT": 16},
    {"DT_RELR": GRAFT_ADDRESS, "DT_RELRSZ": 8, "DT_RELRENT": 8},
    {"DT_JMPREL": GRAFT_ADDRESS, "DT_PLTRELSZ": 24, "DT_PLTREL": 7},
)
SIZES = {tag: size for group in GROUPS for tag, size in group.items()} | {"DT_INIT_ARRAYSZ": 8, "DT_FINI_ARRAYSZ": 8}
SIZE_OF = {"DT_JMPREL": "DT_PLTRELSZ", **{tag: f"{tag}SZ" for tag in TAGS if f"{tag}SZ" in TAGS and tag != "DT_PLTREL"}}


def reasons(entries: dict[str, int], *edits: elf.Edit) -> list[str]:
    """Return what is said of the library when it has these entries and no others of their names."""
    numbers = {TAGS[name]: value for name, value in entries.items()}
    changed = graft_dynamic(lambda old: [*(row for row in old if row[0] not in numbers), *numbers.items()])
    binary = read_binary("x", Bytes(elf.both(changed, *edits)(library())))
    assert binary is not None
    return [damage.why for damage in binary.damage]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: next(iter(group)))
def test_what_the_loader_reads_together_is_there_together(group: dict[str, int]) -> None:
    assert not any(" without " in why for why in reasons(group))
    for missing in group:
        first = next(name for name in group if name != missing)
        said = f"{first} without {missing}, which the loader reads with it"
        assert said in reasons(group, retag(TAGS[missing], 0x6000000D))


@pytest.mark.parametrize(("tag", "size"), [("DT_RELAENT", 24), ("DT_RELENT", 16), ("DT_RELRENT", 8), ("DT_SYMENT", 24)])
def test_the_size_of_an_entry_is_that_of_the_abi(tag: str, size: int) -> None:
    for wrong in (0, size - 1, size + 1, 2 * size):
        assert f"{tag} is {wrong}, expected {size}" in reasons({tag: wrong})
    assert not any(why.startswith(f"{tag} is ") for why in reasons({tag: size}))


@pytest.mark.parametrize(
    ("entries", "size"),
    [
        ({"DT_RELASZ": 0}, 24),
        ({"DT_RELSZ": 0}, 16),
        ({"DT_RELRSZ": 0}, 8),
        ({"DT_PLTRELSZ": 0, "DT_PLTREL": 7}, 24),
        ({"DT_PLTRELSZ": 0, "DT_PLTREL": 17}, 16),
    ],
)
def test_a_table_has_a_whole_number_of_entries(entries: dict[str, int], size: int) -> None:
    tag = next(iter(entries))
    for length in (0, 1, size - 1, size, size + 8, 2 * size):
        said = f"{tag} is {length}, expected a multiple of {size}" in reasons(entries | {tag: length})
        assert said is bool(length % size), length


@pytest.mark.parametrize(("kind", "said"), [(7, False), (17, False), (0, True), (8, True)])
def test_the_relocations_of_functions_are_of_one_of_two_kinds(kind: int, *, said: bool) -> None:
    assert (f"DT_PLTREL is {kind}, expected 7 (DT_RELA) or 17 (DT_REL)" in reasons({"DT_PLTREL": kind})) is said


TABLES = [name for name in TAGS if name in SIZE_OF or name in ("DT_HASH", "DT_SYMTAB", "DT_GNU_HASH", "DT_VERSYM")]


@pytest.mark.parametrize("tag", TABLES)
def test_a_table_is_within_the_bytes_of_the_file(tag: str) -> None:
    size_tag = SIZE_OF.get(tag)
    size = SIZES[size_tag] if size_tag else 1
    entries = {size_tag: size} if size_tag else {}
    outside = f"{tag} ({counted(size, 'byte')} at 0x10000000000) is outside every PT_LOAD's file bytes"
    assert outside in reasons({tag: 1 << 40} | entries)
    assert not any(why.startswith(f"{tag} (") for why in reasons({tag: GRAFT_ADDRESS} | entries))
    if size_tag:  # nothing is read of a table of no bytes, and one may reach to the last byte of its page
        assert not any(why.startswith(f"{tag} (") for why in reasons({tag: 1 << 40, size_tag: 0}))
        last = {tag: GRAFT_ADDRESS + 0x1000 - size, size_tag: size}
        assert not any(why.startswith(f"{tag} (") for why in reasons(last))
        assert any(why.startswith(f"{tag} (") for why in reasons(last | {tag: last[tag] + 1}))


@pytest.mark.parametrize("tag", ["DT_INIT", "DT_FINI"])
def test_what_is_called_at_the_beginning_and_the_end_is_code(tag: str) -> None:
    said = f"{tag} {GRAFT_ADDRESS:#x} is in no executable PT_LOAD"
    assert said in reasons({tag: GRAFT_ADDRESS})
    assert said not in reasons({tag: GRAFT_ADDRESS}, header(machine=21, flags=1))  # ELFv1 of Power: descriptors
    code = next(
        elf.get(library(), at, elf.SEGMENT["vaddr"])
        for at in elf.segments_at(library(), elf.LOAD)
        if elf.get(library(), at, elf.SEGMENT["flags"]) & 1
    )
    assert not any(why.startswith(f"{tag} 0x") for why in reasons({tag: code}))


@pytest.mark.parametrize("tables", [{"DT_HASH"}, {"DT_GNU_HASH"}, {"DT_HASH", "DT_GNU_HASH"}, set()])
def test_one_hash_table_is_enough(tables: set[str]) -> None:
    away = [retag(TAGS[tag], 0x6000000D) for tag in ("DT_HASH", "DT_GNU_HASH") if tag not in tables]
    both_there = {"DT_HASH": GRAFT_ADDRESS, "DT_GNU_HASH": GRAFT_ADDRESS}
    said = "no DT_HASH and no DT_GNU_HASH: the loader finds none of its symbols"
    assert (said in reasons(both_there, *away)) is not bool(tables)


@pytest.mark.parametrize(
    ("tags", "at_once"),
    [
        ({}, False),
        ({"DT_FLAGS": 8}, True),
        ({"DT_FLAGS": 4}, False),
        ({"DT_FLAGS_1": 1}, True),
        ({"DT_FLAGS_1": 8}, False),
        ({"DT_FLAGS": 4, "DT_FLAGS_1": 1}, True),
        ({"DT_BIND_NOW": 0}, True),
    ],
)
def test_each_of_three_entries_asks_to_bind_at_once(tags: Tags, *, at_once: bool) -> None:
    assert binds_at_once(tags) is at_once


def header_of(content: bytes) -> Header:
    found = read_header(Reading("x", "elf", Blocks(Bytes(content))))
    assert found is not None
    return found


MAPPED = Image((Segment("PT_LOAD", 0, 0x1000, 16, 16, 5), Segment("PT_LOAD", 0, 0x2000, 16, 16, 6)))
UNKNOWN = "a relocation of {} has type {}, which no loader knows there"


@pytest.mark.parametrize(
    ("cpu", "tags", "types", "said"),
    [
        ("x86_64", {}, {"DT_JMPREL": {7}, "DT_RELA": {6, 8}}, []),
        ("x86_64", {}, {"DT_JMPREL": {6, 7, 8}}, [UNKNOWN.format("DT_JMPREL", 6)]),
        ("x86_64", {}, {"DT_RELA": {0, 8}}, []),
        ("x86_64", {}, {"DT_RELA": {8, 99}}, [UNKNOWN.format("DT_RELA", 99)]),
        ("x86_64", {}, {"DT_JMPREL": {0, 7}}, [UNKNOWN.format("DT_JMPREL", 0)]),
        ("x86_64", {"DT_BIND_NOW": 0}, {"DT_JMPREL": {0, 7}}, []),
        ("aarch64", {}, {"DT_JMPREL": {1026}, "DT_RELA": {1025}}, []),
        ("aarch64", {}, {"DT_JMPREL": {7}}, [UNKNOWN.format("DT_JMPREL", 7)]),
        ("s390x", {}, {"DT_JMPREL": {99}}, []),
        ("i686", {}, {"DT_JMPREL": {99}}, []),
    ],
)
def test_relocations_are_of_types_that_glibc_knows(cpu: str, tags: Tags, types: Types, said: list[str]) -> None:
    assert list(judge_relocations(header_of(native.library(cpu)), MAPPED, tags, types, set())) == said


@pytest.mark.parametrize(("cpu", "copy", "other"), [("x86_64", 5, 6), ("aarch64", 1024, 1025)])
def test_only_a_program_copies_variables_of_libraries(cpu: str, copy: int, other: int) -> None:
    """A library with such a relocation asks for a symbol that it must not find in itself: "symbol not found"."""
    said = ["a relocation of DT_RELA copies a variable out of a library, expected it in programs only"]
    header, program = header_of(native.library(cpu)), Image((*MAPPED.segments, Segment("PT_INTERP", 0, 0, 1, 1, 4)))
    assert list(judge_relocations(header, MAPPED, {}, {"DT_RELA": {copy}}, set())) == said
    assert not list(judge_relocations(header, MAPPED, {}, {"DT_RELA": {other}}, set()))
    assert not list(judge_relocations(header, MAPPED, {"DT_FLAGS_1": 0x08000000}, {"DT_RELA": {copy}}, set()))
    assert not list(judge_relocations(header, program, {}, {"DT_RELA": {copy}}, set()))
    fixed = replace(header, type="ET_EXEC")
    assert not list(judge_relocations(fixed, MAPPED, {}, {"DT_RELA": {copy}}, set()))


@pytest.mark.parametrize(
    ("tags", "target", "said"),
    [
        ({}, 0x2000, []),
        ({}, 0x200F, []),
        ({}, 0x2010, ["a relocation changes 0x2010, which is in no writable PT_LOAD"]),
        ({}, 0x1000, ["a relocation changes 0x1000, which is in no writable PT_LOAD"]),
        ({"DT_TEXTREL": 0}, 0x1000, []),
        ({"DT_FLAGS": 4}, 0x1000, []),
        ({"DT_FLAGS": 8}, 0x1000, ["a relocation changes 0x1000, which is in no writable PT_LOAD"]),
        ({"DT_TEXTREL": 0}, 0x3000, ["a relocation changes 0x3000, which is in no PT_LOAD"]),
    ],
)
def test_relocations_change_what_may_be_written(tags: Tags, target: int, said: list[str]) -> None:
    assert list(judge_relocations(header_of(library()), MAPPED, tags, {}, {target, 0x2008})) == said
