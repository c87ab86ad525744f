"""Every way an ELF file can be wrong, each one edit away from the library or program that passes."""

from __future__ import annotations

import struct

import pytest

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_cases import (
    GNU_HASH,
    HASH,
    JMPREL,
    LIBRARY_CASES,
    LIMIT_CASES,
    OBJECT_CASES,
    PROGRAM_CASES,
    SYMTAB,
    last_section_plus,
    library,
    many,
    many_needs,
    number_in,
    relocation_type,
    without,
)
from tests.support.elf_editing import Edit, both, byte, graft_dynamic, header, section, segment, tag
from tests.support.told import told
from wheelcheck.binary import Binary, read_binary
from wheelcheck.binary.elf_lookup import gnu_hash
from wheelcheck.damage import BINARY_KINDS
from wheelcheck.source import Bytes


def elf_symbols(content: bytes) -> int:
    """Return how many symbols a file has, as DT_HASH says."""
    return elf.get(content, elf.offset_of(content, elf.value_of(content, HASH)), (4, "I"))


def read(content: bytes) -> Binary:
    binary = told(read_binary("x", Bytes(content)))
    assert binary.format == "ELF"
    return binary


def test_the_good_twin_of_every_case_is_undamaged() -> None:
    for good in (library(), native.program("x86_64", (2, 34)), native.object_file()):
        assert read(good).damage == ()
    assert read(library()).slices[0].dynamic


@pytest.mark.parametrize("name", LIBRARY_CASES)
def test_a_wrong_library_is_damaged_in_the_kind_that_names_the_fault(name: str) -> None:
    edit, kind = LIBRARY_CASES[name]
    assert kind in {damage.kind for damage in read(edit(library())).damage}


@pytest.mark.parametrize("name", PROGRAM_CASES)
def test_a_wrong_program_is_damaged_in_the_kind_that_names_the_fault(name: str) -> None:
    edit, kind = PROGRAM_CASES[name]
    assert kind in {damage.kind for damage in read(edit(native.program("x86_64", (2, 34)))).damage}


@pytest.mark.parametrize("name", OBJECT_CASES)
def test_a_wrong_object_is_damaged_in_the_kind_that_names_the_fault(name: str) -> None:
    edit, kind = OBJECT_CASES[name]
    assert kind in {damage.kind for damage in read(edit(native.object_file())).damage}


@pytest.mark.parametrize("name", LIMIT_CASES)
def test_a_reached_cap_proves_nothing_and_says_so(name: str) -> None:
    binary = read(LIMIT_CASES[name](library()))
    assert {damage.kind for damage in binary.damage if damage.cap} == {"elf-limit"}
    assert not any(slice_.dynamic for slice_ in binary.slices) or name == "1,025 program headers"


@pytest.mark.parametrize(
    "edit",
    [
        many(0x6000000D, 8191 - len(elf.entries(library()))),
        many(elf.NEEDED, 1023),
        many_needs(1024, 1),
        many_needs(1, 16384),
    ],
    ids=["dynamic entries", "DT_NEEDED", "files", "needs"],
)
def test_up_to_a_cap_all_is_read(edit: Edit) -> None:
    binary = read(edit(library()))
    assert binary.damage == ()
    assert binary.slices[0].dynamic


def test_damage_is_listed_up_to_a_limit_that_is_itself_recorded() -> None:
    offsets = graft_dynamic(lambda entries: [*entries, *((elf.NEEDED, (1 << 40) + n) for n in range(100))])
    damage = read(offsets(library())).damage
    assert len(damage) == 65
    assert damage[-1].cap
    assert {item.kind for item in damage} <= BINARY_KINDS.keys()


@pytest.mark.parametrize(
    "edit",
    [
        header(shoff=0, shnum=0, shstrndx=0),
        byte(7, 3),
        both(byte(7, 3), byte(8, 1)),
        segment(elf.STACK, flags=6),
        both(header(shstrndx=0xFFFF), section(0, link=1)),
        header(shnum=0, shstrndx=0),
        last_section_plus(0),
    ],
    ids=[
        *("no sections at all", "OSABI Linux", "ABI version of GNU", "stack", "extended e_shstrndx", "none counted"),
        "the last section",
    ],
)
def test_what_every_loader_accepts_is_not_damage(edit: Edit) -> None:
    assert read(edit(library())).damage == ()


@pytest.mark.parametrize(
    ("edits", "damaged"),
    [
        ((elf.verneed("need.hash", 0),), True),
        ((elf.verneed("need.hash", 0), header(shoff=0, shnum=0, shstrndx=0)), False),
        ((elf.verneed("need.hash", 0), header(shstrndx=0)), False),
        ((elf.verneed("need.hash", 1), header(shoff=0, shnum=0, shstrndx=0)), True),
    ],
    ids=["by a linker", "by hand", "by hand, with sections that have no names", "another hash by hand"],
)
def test_hashes_that_were_never_written_are_damage_only_in_a_linkers_file(
    edits: tuple[Edit, ...], *, damaged: bool
) -> None:
    kinds = [damage.kind for damage in read(both(*edits)(library())).damage]
    assert kinds == (["elf-versions"] if damaged else [])


def test_the_last_of_equal_tags_counts_as_for_the_loader() -> None:
    good = library()
    soname = elf.value_of(good, elf.SONAME)
    decoy = graft_dynamic(lambda entries: [(elf.STRTAB, 1 << 40), (elf.SONAME, 1), *entries])(good)
    assert dict(elf.entries(decoy))[elf.SONAME] == soname
    plain = elf.segment(elf.STACK, type=0)(good)  # whose place the graft takes
    assert read(decoy) == read(plain)


def test_of_two_dynamic_segments_the_last_counts_as_for_the_loader() -> None:
    good = library()
    (at,) = elf.segments_at(good, elf.DYNAMIC)
    offset, address = (elf.get(good, at, elf.SEGMENT[name]) for name in ("offset", "vaddr"))
    size = elf.get(good, at, elf.SEGMENT["filesz"])
    shorter = {"offset": offset + 16, "vaddr": address + 16, "filesz": size - 16}  # without its first entry
    assert elf.segments_at(good, elf.STACK)[0] > at
    assert [number for number, _ in elf.entries(good)].count(elf.NEEDED) == 1 == elf.entries(good)[0][0]
    assert read(good).slices[0].needed == ("libc.so.6",)
    assert read(segment(elf.STACK, type=elf.DYNAMIC, **shorter)(good)).slices[0].needed == ()


def test_version_needs_end_where_the_loader_ends_them() -> None:
    """A count of 1 that hides needs from pyelftools hides nothing here."""
    grafted = many_needs(3, 2)(library())
    lying = tag(elf.VERNEEDNUM, 1)(grafted)
    assert len(read(lying).slices[0].versions) == len(read(grafted).slices[0].versions) == 6
    assert [damage.kind for damage in read(lying).damage] == ["elf-versions"]


def test_a_weak_version_need_is_distinguished_from_a_weak_symbol() -> None:
    (weak, *_) = read(elf.verneed("need.flags", 2)(library())).slices[0].versions
    (strong, *_) = read(library()).slices[0].versions
    assert (weak.weak, strong.weak) == (True, False)


@pytest.mark.parametrize(("osabi", "said"), [(6, False), (0, True), (3, True)])
def test_only_the_linker_of_solaris_writes_version_needs_for_whole_files(osabi: int, *, said: bool) -> None:
    edit = both(LIBRARY_CASES["DT_VERNEED without DT_VERSYM"][0], byte(7, osabi))
    assert any("DT_VERNEED without DT_VERSYM" in damage.why for damage in read(edit(library())).damage) is said


RELA, RELASZ = 7, 8
OWN_C = "int own(void) { return 1; }\nint (*taken)(void) = own;\nint (**pointed)(void) = &taken;\n"


@pytest.mark.parametrize("cpu", ["x86_64", "aarch64", "i686", "s390x"])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_hash_table_that_does_not_lead_to_the_files_own_names_is_damage(cpu: str, *, damaged: bool) -> None:
    """The loader looks for its own `own` and `taken` through the table: it binds by name."""
    flags = ("-shared", "-fPIC", "-nostdlib", "-s", "-Wl,--hash-style=gnu")
    content = native.compile_c(OWN_C, native.linux_target(cpu), *flags, name="own.so")
    order = ">" if content[5] == 2 else "<"
    found = struct.pack(f"{order}I", gnu_hash(b"taken") & ~1)
    entry = next(hash_ for hash_ in (found, struct.pack(f"{order}I", gnu_hash(b"taken") | 1)) if hash_ in content)
    other = content.replace(entry, bytes(4)) if damaged else content
    assert [damage.kind for damage in read(other).damage] == (["elf-dynamic"] if damaged else [])


@pytest.mark.parametrize(
    ("machine", "flags", "damaged"), [(62, 0, True), (21, 2, True), (21, 1, False), (21, 0, False)]
)
def test_the_first_abi_of_power_calls_functions_through_descriptors_in_data(
    machine: int, flags: int, *, damaged: bool
) -> None:
    edit = both(LIBRARY_CASES["DT_INIT in data"][0], header(machine=machine, flags=flags))
    assert any("DT_INIT" in damage.why for damage in read(edit(library())).damage) is damaged


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("a function's relocation that does nothing", "has type 0, which no loader knows there"),
        ("relocations cut off", "DT_PLTRELSZ is 25, expected a multiple of 24"),
        ("DT_NULL behind the file bytes of its PT_LOAD", "no DT_NULL in the "),
        ("DT_NEEDED without a name", "DT_NEEDED names no library"),
        ("DT_FILTER outside the strings", "string 0x270f is outside the table"),
        ("DT_GNU_HASH without buckets", "DT_GNU_HASH has 0 buckets"),
        ("DT_GNU_HASH with three words", "and 3 words, expected some, a power of 2"),
        ("DT_GNU_HASH beyond its segment", "reach out of its PT_LOAD"),
        ("DT_GNU_HASH whose buckets reach beyond its segment", "reach out of its PT_LOAD"),
        ("DT_HASH beyond its segment", "reach out of its PT_LOAD"),
        ("PT_GNU_RELRO at 2^62", "PT_GNU_RELRO at 0x4000000000000000 is outside every PT_LOAD"),
        ("PT_LOAD of 2^41 bytes", "asks for 2199023255552 bytes of memory"),
        ("PT_TLS of 2^40 bytes", "PT_TLS has 1099511627776 bytes"),
        ("PT_TLS aligned to 2^40", "PT_TLS is aligned to 1099511627776"),
        ("a core file with PT_DYNAMIC", "e_type ET_CORE in a file with PT_DYNAMIC"),
    ],
)
def test_what_a_loader_ends_at_is_named(case: str, why: str) -> None:
    binary = read(LIBRARY_CASES[case][0](library()))
    assert [damage.why for damage in binary.damage if why in damage.why]


def test_a_need_without_a_name_is_damage_and_no_library() -> None:
    (slice_,) = read(LIBRARY_CASES["DT_NEEDED without a name"][0](library())).slices
    assert slice_.needed == read(library()).slices[0].needed != ()


def test_a_table_without_buckets_is_empty_for_glibc_and_a_division_by_zero_for_musl() -> None:
    emptied = both(without(GNU_HASH), number_in(HASH, 0, 0))
    own = native.compile_c(
        OWN_C,
        native.linux_target("x86_64"),
        "-shared",
        "-fPIC",
        "-nostdlib",
        "-lc",
        "-Wl,--hash-style=both",
        name="own.so",
    )
    found = [read(emptied(content)) for content in (library(), native.musl_library(), own)]
    assert [[damage.why for damage in each.damage] for each in found] == [
        [],
        ["DT_HASH has no buckets"],
        ["DT_HASH has no buckets", "the hash table does not lead to own, which the file itself has"],
    ]
    assert found[0].slices[0].imports == read(library()).slices[0].imports


@pytest.mark.parametrize(("buckets", "said"), [(2, []), (3, ["DT_GNU_HASH says that it has 36 bytes"])])
def test_a_hash_table_may_end_where_its_segment_does(buckets: int, said: list[str]) -> None:
    """At the end of a page there are 16 bytes, a filter of one word of 64 bits, and two buckets."""
    table = bytes(0x1000 - 32) + struct.pack("<4I4I", buckets, 1, 1, 6, 0, 0, 0, 0)
    moved = both(elf.graft(table), tag(GNU_HASH, elf.GRAFT_ADDRESS + 0x1000 - 32))
    binary = read(moved(native.program()))
    reasons = [damage.why for damage in binary.damage]
    assert [why[: why.index(",")] for why in reasons if "DT_GNU_HASH" in why] == said


def test_a_hash_table_that_no_loader_goes_by_may_be_anything() -> None:
    both_tables = native.compile_c(
        OWN_C, native.linux_target("x86_64"), "-shared", "-fPIC", "-nostdlib", "-Wl,--hash-style=both", name="own.so"
    )
    (expected,) = read(both_tables).slices
    for index in (0, 1):
        broken = read(number_in(HASH, index, 1 << 20)(both_tables))
        assert (broken.damage, broken.slices) == ((), (expected,))


def test_a_few_relocations_that_do_nothing_are_what_linkers_leave() -> None:
    source = "static int answers[15];\nint *table[] = {" + ", ".join(f"answers + {n}" for n in range(15)) + "};\n"
    flags = ("-shared", "-fPIC", "-s", "-nostdlib")
    library = native.compile_c(source, native.linux_target("x86_64"), *flags, name="pointers.so")
    start, size = elf.offset_of(library, elf.value_of(library, 7)), elf.value_of(library, 8)
    assert (size, read(library[:start] + bytes(size) + library[start + size :]).damage) == (15 * 24, ())


def test_a_relocation_that_does_nothing_is_taken_where_all_is_bound_at_once() -> None:
    assert elf.value_of(library(), elf.FLAGS) & 8
    assert read(relocation_type(0)(library())).damage == ()


@pytest.mark.parametrize(("at", "value"), [((4, "B"), 0x19), ((4, "B"), 0xC2), ((8, "Q"), 0)])
def test_an_own_symbol_that_a_lookup_does_not_take_is_damage_and_no_export(at: tuple[int, str], value: int) -> None:
    """The type 9, the binding 12, and no address: glibc says "undefined symbol", although the file defines it."""
    flags = ("-shared", "-fPIC", "-nostdlib", "-s", "-Wl,--hash-style=sysv")
    content = native.compile_c(OWN_C, native.linux_target("x86_64"), *flags, name="own.so")
    symbols = elf.offset_of(content, elf.value_of(content, SYMTAB))
    spoilt = [elf.put(content, symbols + 24 * index, at, value) for index in range(1, 4)]
    found = [read(each) for each in spoilt]
    exported = [set(each.slices[0].exports.beginning_with("")) for each in (read(content), *found)]
    assert [len(exported[0] - left) for left in exported[1:]] == [1, 1, 1]
    reasons = [damage.why for each in found for damage in each.damage]
    assert [why for why in reasons if "that loaders do not take" not in why] == []
    assert len(reasons) == 2  # `pointed` is asked for by nobody


@pytest.mark.parametrize("style", ["gnu", "sysv", "both"])
def test_a_file_does_not_answer_itself_by_a_name_that_its_hash_table_does_not_lead_to(style: str) -> None:
    source = 'int puts(const char *);\nint other(void) { return puts(""); }\n'
    flags = ("-shared", "-fPIC", "-s", f"-Wl,--hash-style={style}")
    content = native.compile_c(source, native.linux_target("x86_64"), *flags, name="own.so")
    symbols = elf.offset_of(content, elf.value_of(content, SYMTAB))
    strings = elf.offset_of(content, elf.value_of(content, 5))
    names = [elf.get(content, symbols + 24 * index, (0, "I")) for index in range(1, 3)]
    words = [content[strings + name :].partition(b"\0")[0] for name in names]
    assert sorted(words) == [b"other", b"puts"]
    renamed = elf.put(content, symbols + 24 * (1 + words.index(b"other")), (0, "I"), names[words.index(b"puts")])
    assert [damage.why for damage in read(renamed).damage] == [
        "the hash table does not lead to puts, which the file itself has"
    ]


def test_what_a_file_asks_for_is_read_where_its_hash_table_is_empty() -> None:
    """GNU ld writes such a table, whose first symbol is 1, for programs that export nothing."""
    program = native.compile_c(
        native.PROGRAM_C, native.linux_target("x86_64"), "-dynamic", "-s", "-Wl,--hash-style=gnu", name="answer"
    )
    table = elf.offset_of(program, elf.value_of(program, 0x6FFFFEF5))
    assert elf.get(program, table, (4, "I")) > 1
    emptied = elf.put(elf.put(program, table, (4, "I"), 1), table + 16 + 8, (0, "I"), 0)
    assert read(emptied).damage == ()
    (expected,), (found,) = read(program).slices, read(emptied).slices
    assert "pthread_create" in {symbol.name for symbol in found.imports}
    assert found.imports == expected.imports


@pytest.mark.parametrize("cpu", ["x86_64", "aarch64"])
def test_a_variable_that_a_program_copies_from_a_library_has_the_version_of_that_library(cpu: str) -> None:
    source = "extern char **environ;\nint main(void) { return environ != 0; }\n"
    flags = ("-dynamic", "-no-pie", "-fno-pie", "-s")
    assert read(native.compile_c(source, native.linux_target(cpu), *flags, name="copies")).damage == ()


@pytest.mark.parametrize(("kind", "damaged"), [(7, True), (0, False)])
def test_a_relocation_that_does_nothing_may_name_any_address(kind: int, *, damaged: bool) -> None:
    """Linkers leave R_ARM_NONE and R_PPC64_NONE behind, at address 0."""
    at = elf.offset_of(library(), elf.value_of(library(), JMPREL))
    edited = elf.put(elf.put(library(), at, (0, "Q"), 0), at, (8, "I"), kind)
    edited = edited if damaged else elf.put(edited, at, (12, "I"), 0)
    assert bool(read(edited).damage) is damaged


RELATIVE = "static int answers[16];\nint *table[] = {" + ", ".join(f"answers + {n}" for n in range(16)) + "};\n"
NAMED = "".join(f"extern int answer{n};\n" for n in range(16)) + (
    "int *table[] = {" + ", ".join(f"&answer{n}" for n in range(16)) + "};\n"
)


@pytest.mark.parametrize("source", [RELATIVE, NAMED, RELATIVE + NAMED.replace("table", "names")])
@pytest.mark.parametrize("cpu", ["x86_64", "aarch64", "riscv64"])
def test_zeros_in_place_of_a_table_of_relocations_are_damage(cpu: str, source: str) -> None:
    """The loader takes them for relocations that do nothing, and pointers stay as they are in the file."""
    flags = ("-shared", "-fPIC", "-s", "-nostdlib")
    library = native.compile_c(source, native.linux_target(cpu), *flags, name="pointers.so")
    start, size = elf.offset_of(library, elf.value_of(library, 7)), elf.value_of(library, 8)
    assert read(library).damage == ()

    def zeroed(begin: int, end: int) -> list[str]:
        spoilt = read(library[: start + begin] + bytes(end - begin) + library[start + end :])
        return [damage.why for damage in spoilt.damage]

    assert zeroed(0, size) == ["DT_RELA has zeros in place of relocations"]
    assert zeroed(24, size) == []  # as a linker leaves those that turn out to be of no use
    assert zeroed(0, size - 24) == []


@pytest.mark.parametrize("style", ["gnu", "sysv", "both"])
@pytest.mark.parametrize("cpu", ["x86_64", "aarch64", "s390x", "i686"])
def test_the_hash_tables_of_every_style_lead_to_what_is_exported(cpu: str, style: str) -> None:
    flags = ("-shared", "-fPIC", "-nostdlib", "-s", f"-Wl,--hash-style={style}")
    assert read(native.compile_c(OWN_C, native.linux_target(cpu), *flags, name="own.so")).damage == ()


def test_a_relocation_asks_for_a_symbol_that_there_is() -> None:
    at, symbols = elf.offset_of(library(), elf.value_of(library(), JMPREL)), elf_symbols(library())
    for index, said in ((symbols - 1, False), (symbols, True), (1 << 20, True)):
        reasons = [damage.why for damage in read(elf.put(library(), at, (12, "I"), index)).damage]
        assert (f"a relocation asks for symbol {index}, there are {symbols}" in reasons) is said


@pytest.mark.parametrize("name", [name for name, (_, kind) in PROGRAM_CASES.items() if kind == "elf-interpreter"])
def test_a_loader_that_cannot_be_read_has_no_name(name: str) -> None:
    assert read(PROGRAM_CASES[name][0](native.program())).slices[0].interpreter == ""


@pytest.mark.parametrize(("target", "said"), [(None, False), (1 << 40, True)])
def test_a_relocation_of_data_changes_what_is_mapped(target: int | None, said: bool) -> None:  # noqa: FBT001
    """Its type is 1 (R_X86_64_64); linkers sort by address, so the last one is looked at."""
    flags = ("-shared", "-fPIC", "-nostdlib", "-s", "-Wl,--hash-style=gnu")
    content = native.compile_c(OWN_C, native.linux_target("x86_64"), *flags, name="own.so")
    last = elf.offset_of(content, elf.value_of(content, RELA)) + elf.value_of(content, RELASZ) - 24
    assert elf.get(content, last, (8, "I")) == 1
    changed = content if target is None else elf.put(content, last, (0, "Q"), target)
    reasons = [damage.why for damage in read(changed).damage]
    assert (f"a relocation changes {target or 0:#x}, which is in no writable PT_LOAD" in reasons) is said
