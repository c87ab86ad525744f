"""Real programs, libraries and objects for every CPU that zig can build for, read as their loader reads them."""

from __future__ import annotations

import shutil
import struct
import subprocess
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from elftools.elf.elffile import ELFFile

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_cases import SYMTAB, only, read, without
from tests.support.elf_editing import both, byte, graft_dynamic, header, section, segment
from wheelcheck.binary.model import VersionNeed
from wheelcheck.platforms import arch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.elf_editing import Edit

ROWS = [row.name for row in native.ZIG_ROWS]
GLIBC_ROWS = [row.name for row in native.GLIBC_ROWS]
SONAME = "-Wl,-soname,libanswer.so.1"


@pytest.mark.parametrize("cpu", ROWS)
def test_a_library_is_read_for_what_it_is_on_every_cpu(cpu: str) -> None:
    row, slice_ = arch.find(cpu), only(native.library(cpu))
    assert row.elf is not None
    assert cpu in slice_.arches
    assert (slice_.kind, slice_.system, slice_.dynamic, slice_.abi_accepted) == ("library", "linux", True, True)
    assert (slice_.bits, slice_.little_endian) == (row.elf.bits, row.elf.little_endian)
    assert slice_.interpreter == ""
    assert any(name.startswith("libc.so") for name in slice_.needed)


@pytest.mark.parametrize("cpu", ROWS)
def test_a_program_asks_for_the_loader_of_its_cpu(cpu: str) -> None:
    row, slice_ = arch.find(cpu), only(native.program(cpu))
    libc = "glibc" if row in native.GLIBC_ROWS else "musl"
    assert (slice_.kind, slice_.system, slice_.dynamic) == ("executable", "linux", True)
    assert slice_.interpreter == row.loader(libc)


@pytest.mark.parametrize("cpu", ROWS)
def test_a_static_program_is_proven_static(cpu: str) -> None:
    slice_ = only(native.static_program(cpu))
    assert (slice_.kind, slice_.system, slice_.interpreter, slice_.needed) == ("executable", "linux", "", ())
    assert not slice_.dynamic


@pytest.mark.parametrize("cpu", ROWS)
def test_a_static_pie_has_a_dynamic_segment_that_needs_nothing(cpu: str) -> None:
    slice_ = only(native.static_program(cpu, "-fPIE", "-static-pie"))
    assert (slice_.kind, slice_.dynamic, slice_.needed, slice_.versions) == ("executable", True, (), ())


@pytest.mark.parametrize("cpu", GLIBC_ROWS)
def test_version_needs_show_the_floor_a_library_was_linked_for(cpu: str) -> None:
    floor = max(native.floor_of(arch.find(cpu)), (2, 34))
    versions = only(native.library(cpu, floor)).versions
    newest = max(tuple(map(int, need.version.removeprefix("GLIBC_").split("."))) for need in versions)
    assert newest[:2] == floor
    assert {need.library for need in versions} == {"libc.so.6"}


def test_a_library_names_itself_and_its_needs_in_order() -> None:
    slice_ = only(native.library("x86_64", (2, 17), SONAME))
    assert slice_.soname == "libanswer.so.1"
    assert slice_.needed == ("libc.so.6", "libpthread.so.0")
    assert VersionNeed("libpthread.so.0", "GLIBC_2.2.5") in slice_.versions


@pytest.mark.parametrize(
    ("flags", "rpath", "runpath"),
    [
        (("-Wl,-rpath,$ORIGIN/../lib:/opt/x", "-Wl,--disable-new-dtags"), ("$ORIGIN/../lib", "/opt/x"), ()),
        (("-Wl,-rpath,$ORIGIN", "-Wl,--enable-new-dtags"), (), ("$ORIGIN",)),
        ((), (), ()),
    ],
    ids=["DT_RPATH", "DT_RUNPATH", "neither"],
)
def test_search_paths_are_read_entry_by_entry(
    flags: tuple[str, ...], rpath: tuple[str, ...], runpath: tuple[str, ...]
) -> None:
    slice_ = only(native.library("x86_64", (2, 17), *flags))
    assert (slice_.rpath, slice_.runpath) == (rpath, runpath)


def test_an_empty_search_path_entry_stays_for_it_means_the_working_directory() -> None:
    empty = graft_dynamic(lambda entries: [*entries, (elf.RUNPATH, 0)])(native.library())
    assert only(empty).runpath == ("",)


@pytest.mark.parametrize("page", [4096, 65536])
def test_the_page_size_a_library_was_linked_for_is_known(page: int) -> None:
    slice_ = only(native.library("aarch64", (2, 17), f"-Wl,-z,max-page-size={page}"))
    assert slice_.largest_page == page


def test_musl_needs_no_versions() -> None:
    slice_ = only(native.musl_library())
    assert (slice_.needed, slice_.versions, slice_.dynamic) == (("libc.so",), (), True)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (native.library, "library"),
        (native.program, "executable"),
        (lambda: native.program("x86_64", (2, 17), "-no-pie"), "executable"),
        (native.object_file, "object"),
        (lambda: header(type=4)(native.object_file()), "core"),
        # Qt's libraries and libc.so.6 can be run: PT_INTERP and DT_SONAME
        (lambda: native.library("x86_64", (2, 17), SONAME, "-Wl,-dynamic-linker,/lib/ld.so"), "library"),
    ],
    ids=["library", "program", "fixed address", "object", "core", "library that can be run"],
)
def test_programs_and_libraries_are_distinguished_by_their_content(content: object, kind: str) -> None:
    assert callable(content)
    assert only(content()).kind == kind


def test_a_library_that_can_be_run_has_both_marks() -> None:
    both_marks = native.library("x86_64", (2, 17), SONAME)
    interpreted = segment(elf.STACK, type=elf.INTERP, offset=0x300, filesz=2)(both_marks)
    interpreted = interpreted[:0x300] + b"/\0" + interpreted[0x302:]
    assert (read(interpreted).slices[0].interpreter, read(interpreted).slices[0].kind) == ("/", "library")
    nameless = elf.retag(elf.SONAME, 0x6000000D)(interpreted)
    assert read(nameless).slices[0].kind == "executable"


def test_an_executable_stack_and_text_relocations_are_facts_not_damage() -> None:
    plain = native.library()
    assert not only(plain).executable_stack
    assert not only(plain).text_relocations
    assert only(segment(elf.STACK, flags=7)(plain)).executable_stack
    assert only(segment(elf.STACK, type=0)(plain)).executable_stack is None
    for entry in ((elf.TEXTREL, 0), (elf.FLAGS, 4)):
        changed = graft_dynamic(lambda entries, entry=entry: [*entries, entry])(plain)  # type: ignore[misc]
        assert only(changed).text_relocations


FOREIGN = {
    "x32": ("x86_64-linux-gnux32.2.34", "x32", (), "linux"),
    "big-endian ARM": ("aarch64_be-linux-gnu.2.34", "EM_AARCH64", (), "linux"),
    "MIPS without a loader": ("mips-linux-musleabi", "EM_MIPS", (), "bare"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_cpu_of_no_row_is_named_in_the_headers_words(name: str) -> None:
    target, machine, arches, system = FOREIGN[name]
    slice_ = only(native.compile_c(native.PLAIN_C, target, "-nostdlib", "-shared", "-fPIC", "-s"))
    assert (slice_.machine, slice_.arches, slice_.system) == (machine, arches, system)


def test_a_foreign_cpu_that_asks_for_a_loader_is_for_linux_all_the_same() -> None:
    slice_ = only(native.compile_c(native.PROGRAM_C, "mips-linux-musleabi", "-dynamic", "-s"))
    assert (slice_.machine, slice_.arches, slice_.system, slice_.kind) == ("EM_MIPS", (), "linux", "executable")


def test_soft_float_arm_is_an_abi_its_row_refuses() -> None:
    slice_ = only(native.compile_c(native.PLAIN_C, "arm-linux-gnueabi.2.34", "-nostdlib", "-shared", "-fPIC", "-s"))
    firm = only(native.compile_c(native.PLAIN_C, "arm-linux-gnueabihf.2.34", "-nostdlib", "-shared", "-fPIC", "-s"))
    assert (slice_.arches, slice_.abi_accepted, firm.abi_accepted) == (("armv7l", "armv6l"), False, True)
    program = only(native.compile_c(native.PROGRAM_C, "arm-linux-gnueabi.2.34", "-dynamic", "-s"))
    assert (program.abi_accepted, program.system) == (False, "linux")


BARE_OBJECTS = {
    "EM_BPF": "bpfel-freestanding",
    "EM_AVR": "avr-freestanding-none",
    "EM_MSP430": "msp430-freestanding-none",
}


@pytest.mark.parametrize("machine", BARE_OBJECTS)
def test_code_for_no_operating_system_is_bare(machine: str) -> None:
    slice_ = only(native.object_file(BARE_OBJECTS[machine], "-nostdlib"))
    assert (slice_.machine, slice_.arches, slice_.kind, slice_.system) == (machine, (), "object", "bare")


def test_big_endian_bpf_is_seen() -> None:
    assert not only(native.object_file("bpfeb-freestanding")).little_endian
    assert only(native.bpf_object()).little_endian


@pytest.mark.parametrize("machine", [224, 190, 0x1234])
def test_a_gpu_program_with_odd_segments_is_bare_and_undamaged(machine: int) -> None:
    odd = both(header(machine=machine, flags=3), graft_dynamic(lambda _: [(elf.STRTAB, 1 << 40)]), byte(12, 1))
    slice_ = only(odd(native.library()))
    assert (slice_.system, slice_.arches) == ("bare", ())


def test_a_machine_without_a_name_is_its_number() -> None:
    assert only(header(machine=0x1234)(native.object_file())).machine == "e_machine 4660"


def test_firmware_is_bare_and_a_linux_program_of_the_same_abi_is_not() -> None:
    firmware = native.compile_c(
        native.START_C, "thumb-freestanding-eabi", "-mcpu=cortex_m0", "-nostdlib", "-s", name="firmware.elf"
    )
    linux = native.compile_c(native.START_C, "arm-linux-musleabi", "-nostdlib", "-static", "-fPIE", "-static-pie")
    assert (only(firmware).system, only(linux).system) == ("bare", "linux")


def test_a_solaris_program_has_version_needs_without_versions_of_symbols() -> None:
    unversioned = without(elf.VERSYM)(native.library())
    assert [fault.kind for fault in read(unversioned).damage] == ["elf-versions"]
    assert read(byte(7, 6)(unversioned)).damage == ()


@pytest.mark.parametrize(("osabi", "system"), [(9, "other"), (6, "other"), (3, "linux"), (0, "linux")])
def test_the_osabi_of_another_unix_is_another_system(osabi: int, system: str) -> None:
    assert only(byte(7, osabi)(native.library())).system == system


def with_debug(*flags: str) -> Path:
    target = native.linux_target("x86_64")
    return native.compiled_c(native.LIBRARY_C, target, "-shared", "-fPIC", "-g", *flags, name="libanswer.so")


@pytest.mark.parametrize("tool", ["objcopy", "llvm-objcopy", "eu-strip"])
def test_split_debug_files_of_real_tools_are_debug_and_undamaged(tool: str, tmp_path: Path) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    made = tmp_path / "answer.debug"
    split = ["-f", str(made), "-o", str(tmp_path / "rest"), str(with_debug())]
    keep = ["--only-keep-debug", str(with_debug()), str(made)]
    subprocess.run([tool, *(split if tool == "eu-strip" else keep)], check=True, capture_output=True)
    slice_ = only(made.read_bytes())
    assert (slice_.kind, slice_.arches, slice_.system) == ("debug", ("x86_64",), "linux")


def all_nobits(content: bytes) -> bytes:
    """Declare every allocated section absent, as `objcopy --only-keep-debug` does."""
    file = ELFFile(BytesIO(content))
    edited = bytearray(content)
    for index, each in enumerate(file.iter_sections()):
        if each["sh_flags"] & 2 and each["sh_type"] != "SHT_NOTE":  # notes stay
            at = file["e_shoff"] + index * file["e_shentsize"] + 4
            struct.pack_into("<I" if file.little_endian else ">I", edited, at, 8)
    return bytes(edited)


def section_types(content: bytes) -> set[int]:
    """Return the types of the allocated sections."""
    start, count = elf.get(content, 0, elf.HEADER["shoff"]), elf.get(content, 0, elf.HEADER["shnum"])
    rows = (struct.unpack_from("<IQ", content, start + 64 * index + 4) for index in range(count))
    return {kind for kind, flags in rows if flags & 2}


@pytest.mark.parametrize(("flags", "kept"), [((), {8}), (("-Wl,--build-id",), {7, 8})], ids=["bare", "with a build ID"])
def test_a_file_cut_by_design_is_debug_and_one_cut_by_accident_is_damaged(
    flags: tuple[str, ...], kept: set[int]
) -> None:
    content = with_debug(*flags).read_bytes()
    beyond = both(*(segment(elf.LOAD, n, offset=1 << 30) for n in range(len(elf.segments_at(content, elf.LOAD)))))
    assert section_types(all_nobits(beyond(content))) == kept
    assert only(all_nobits(beyond(content))).kind == "debug"
    gpu = only(header(machine=0x1234)(all_nobits(beyond(content))))
    assert (gpu.kind, gpu.system, gpu.arches) == ("debug", "bare", ())
    assert "elf-truncated" in {damage.kind for damage in read(beyond(content)).damage}


@pytest.mark.parametrize(("count", "is_read"), [(4096, True), (4097, False)])
def test_debug_data_with_more_sections_than_are_read_is_not_verified(count: int, *, is_read: bool) -> None:
    content = segment(elf.LOAD, offset=1 << 30)(all_nobits(native.library()))
    start, own = elf.get(content, 0, elf.HEADER["shoff"]), elf.get(content, 0, elf.HEADER["shnum"])
    sections = content[start : start + 64 * own] + bytes(64 * (count - own))
    found = read(header(shoff=len(content), shnum=count)(content + sections))
    assert found.slices[0].kind == "debug"
    assert [damage.kind for damage in found.damage if damage.cap] == ([] if is_read else ["elf-limit"])


def test_a_file_cut_by_accident_is_damaged_also_where_it_has_no_section_that_is_loaded() -> None:
    content = with_debug().read_bytes()
    beyond = both(*(segment(elf.LOAD, n, offset=1 << 30) for n in range(len(elf.segments_at(content, elf.LOAD)))))
    bare = beyond(content)
    for index in range(elf.get(content, 0, elf.HEADER["shnum"])):
        bare = section(index, flags=0)(bare)
    assert section_types(bare) == set()
    for cut in (bare, header(shoff=0, shnum=0, shstrndx=0)(bare)):
        assert (read(cut).slices[0].kind, "elf-truncated" in {each.kind for each in read(cut).damage}) == (
            "library",
            True,
        )


@pytest.mark.parametrize("cpu", ROWS)
def test_a_loadable_library_stays_one_whatever_its_section_headers_say(cpu: str) -> None:
    decoy = all_nobits(native.library(cpu))
    assert decoy != native.library(cpu)
    assert only(decoy) == only(native.library(cpu))


@pytest.mark.parametrize("table", [elf.STRTAB, SYMTAB], ids=["strings", "symbols"])
def test_a_library_without_the_tables_that_a_loader_needs_may_be_split_debug_data(table: int) -> None:
    library = native.library()
    beyond = segment(elf.LOAD, offset=1 << 30)(library)  # the tables are in the first one
    elsewhere, none = elf.tag(table, 1 << 40)(library), elf.retag(table, 0x6000000D)(library)
    for content in (beyond, elsewhere, none):
        assert only(all_nobits(content)).kind == "debug"
        assert read(content).damage != ()


def test_the_last_of_two_dynamic_segments_tells_whether_a_loader_finds_its_tables() -> None:
    second = segment(elf.STACK, type=elf.DYNAMIC)(native.library())  # which the loader takes
    place = {name: elf.get(second, elf.segments_at(second, elf.DYNAMIC)[0], at) for name, at in elf.SEGMENT.items()}
    first_lost = both(segment(elf.DYNAMIC, 1, **place), segment(elf.DYNAMIC, 0, vaddr=1 << 40))(second)
    last_lost = both(segment(elf.DYNAMIC, 1, **place), segment(elf.DYNAMIC, 1, vaddr=1 << 40))(second)
    assert only(all_nobits(last_lost)).kind == "debug"
    assert read(all_nobits(first_lost)).slices[0].kind == "library"


@pytest.mark.parametrize(
    "broken",
    [
        elf.verneed("file.cnt", 9),
        elf.tag(elf.VERNEEDNUM, 7),
        elf.retag(elf.STRSZ, 0x6000000D),
        segment(elf.DYNAMIC, filesz=32),
        segment(elf.DYNAMIC, offset=64),
    ],
)
def test_damage_is_kept_where_section_headers_say_that_everything_is_absent(broken: Edit) -> None:
    """No loader reads what is broken here, so the library can be loaded."""
    library = native.library("x86_64", (2, 34))
    found = read(all_nobits(broken(library)))
    assert found.slices[0].kind == "library"
    assert found.damage == read(broken(library)).damage != ()


def test_a_static_program_cannot_claim_to_be_absent() -> None:
    program = native.static_program()
    broken = read(all_nobits(segment(elf.STACK, type=elf.INTERP)(program)))
    assert (broken.slices[0].kind, {fault.kind for fault in broken.damage}) == (
        "executable",
        {"elf-dynamic", "elf-interpreter"},
    )


def test_a_static_program_is_there_if_its_code_is() -> None:
    program = all_nobits(native.static_program())
    loads = elf.segments_at(program, elf.LOAD)
    executable = [number for number, at in enumerate(loads) if elf.get(program, at, elf.SEGMENT["flags"]) & 1]
    for number, at in enumerate(loads):
        cut = read(segment(elf.LOAD, number, offset=1 << 30)(program)).slices[0]
        assert cut.kind == ("debug" if number in executable else "executable")
        room = len(program) - elf.get(program, at, elf.SEGMENT["offset"])
        for more, kind in ((0, "executable"), (1, "debug" if number in executable else "executable")):
            longer = segment(elf.LOAD, number, filesz=room + more, memsz=room + more)(program)
            assert read(longer).slices[0].kind == kind


def test_without_section_headers_a_debug_claim_is_not_believed() -> None:
    content = both(header(shoff=0, shnum=0, shstrndx=0), segment(elf.LOAD, filesz=1 << 40, memsz=1 << 40))
    assert read(content(native.library())).damage


def test_a_string_table_over_two_seamless_segments_is_read_as_one() -> None:
    """Two runs of patchelf over one file leave such a table; the loader reads memory and sees no seam."""
    content = native.library("x86_64", (2, 34))
    strings = content[elf.offset_of(content, elf.value_of(content, elf.STRTAB)) :][: elf.value_of(content, elf.STRSZ)]
    grafted = elf.graft(strings)(content)
    moved = elf.tag(elf.STRTAB, elf.GRAFT_ADDRESS)(grafted)
    expected = only(segment(elf.STACK, type=0)(content))  # the graft takes the place of PT_GNU_STACK
    assert only(moved) == expected
    half = len(strings) // 2
    last = elf.segments_at(moved, elf.LOAD)[-1]
    start = elf.get(moved, last, elf.SEGMENT["offset"])
    spare = elf.segments_at(moved, 0x6474E552)[0]  # PT_GNU_RELRO stands before: the two parts change places
    first = {
        "type": 1,
        "flags": 4,
        "offset": start,
        "vaddr": elf.GRAFT_ADDRESS,
        "filesz": half,
        "memsz": half,
        "align": 4096,
    }
    for name, value in first.items():
        moved = elf.put(moved, spare, elf.SEGMENT[name], value)
    rest = {"offset": start + half, "vaddr": elf.GRAFT_ADDRESS + half, "filesz": len(strings) - half}
    for name, value in rest.items():
        moved = elf.put(moved, last, elf.SEGMENT[name], value)
    assert only(moved) == expected
    torn = elf.put(moved, last, elf.SEGMENT["vaddr"], elf.GRAFT_ADDRESS + 8192 + half)
    assert only(torn) == expected  # whole pages are mapped: the rest of this one shows the other half as well
    torn = elf.put(torn, spare, elf.SEGMENT["memsz"], half + 1)  # now zeroed memory follows
    assert "elf-dynamic" in {damage.kind for damage in read(torn).damage}


@pytest.mark.parametrize("style", ["both", "sysv"])
def test_the_wide_hash_table_of_s390x_is_read(style: str) -> None:
    content = bytearray(native.library("s390x", None, f"-Wl,--hash-style={style}"))
    section = ELFFile(BytesIO(content)).get_section_by_name(".hash")
    assert section is not None
    _, symbols = struct.unpack_from(">2I", content, section["sh_offset"])
    struct.pack_into(">2Q", content, section["sh_offset"], 1, symbols)  # as GNU ld writes them, with one bucket
    slice_ = only(bytes(content))
    assert slice_.symbols_known
    assert [symbol.name for symbol in slice_.imports] == ["pthread_create", "puts"]
    assert "answer" in slice_.exports
