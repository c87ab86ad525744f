"""PE: real files of zig, .NET and ARM64EC marks, and every way they can be wrong."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.pe_cases import (
    CLR,
    DELAY,
    DIRECTORIES,
    DIRECTORY_COUNT,
    FIRST_SECTION,
    FLAGS,
    GRAFT,
    IMPORTS,
    LOAD_CONFIG,
    PE_CASES,
    SECTIONS,
    SUBSYSTEM,
    chain,
    descriptors,
    directory,
    grafted,
    imports,
    machine,
    named,
    only,
    put,
    read,
    start,
)
from wheelcheck.binary.reader import STRING_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    Edit = Callable[[bytes], bytes]


def kinds(content: bytes) -> set[str]:
    return {damage.kind for damage in read(content).damage}


@pytest.mark.parametrize(("cpu", "bits"), [("x86_64", 64), ("aarch64", 64), ("i686", 32)])
@pytest.mark.parametrize("kind", ["executable", "library"])
def test_programs_and_dlls_are_read_for_what_they_are(cpu: str, bits: int, kind: str) -> None:
    slice_ = only(native.windows(cpu, kind=kind))
    assert (slice_.arches, slice_.bits, slice_.kind, slice_.system) == ((cpu,), bits, kind, "windows")
    assert (slice_.needed, slice_.dynamic, slice_.managed, slice_.hybrid) == (("KERNEL32.dll",), True, False, False)


READY_TO_RUN = {0xFD1D: "x86_64", 0xD11D: "aarch64", 0xEC20: "aarch64", 0xC020: "x86_64"}


@pytest.mark.parametrize("number", READY_TO_RUN)
def test_ready_to_run_numbers_are_decoded_only_in_a_dotnet_file(number: int) -> None:
    managed = chain(machine(number), directory(CLR, 0x2000))(native.windows())
    slice_ = only(managed)
    assert (slice_.arches, slice_.managed) == ((READY_TO_RUN[number],), True)
    assert read(machine(number)(native.windows())).slices[0].arches == ()


@pytest.mark.parametrize(("count", "managed"), [(14, False), (15, True), (16, True)])
def test_the_last_of_the_data_directories_counts(count: int, *, managed: bool) -> None:
    fewer = chain(directory(CLR, 0x2000), put("I", DIRECTORY_COUNT, count))(native.windows())
    assert read(fewer).slices[0].managed is managed


def test_another_number_in_a_dotnet_file_stays_what_it_is() -> None:
    managed = only(chain(machine(0x1234), directory(CLR, 0x2000))(native.windows()))
    assert (managed.machine, managed.arches, managed.managed) == ("machine 0x1234", (), True)


def test_any_cpu_assemblies_are_managed_whatever_their_header_says() -> None:
    slice_ = only(directory(CLR, 0x2000)(native.windows("x86_64")))
    assert (slice_.managed, slice_.arches) == (True, ("x86_64",))
    assert (slice_.symbols_known, only(native.windows("x86_64")).symbols_known) == (False, True)


def test_an_unknown_machine_is_its_number() -> None:
    slice_ = only(machine(0x0EBC)(native.windows()))
    assert (slice_.machine, slice_.arches) == ("machine 0x0ebc", ())


@pytest.mark.parametrize(
    ("subsystem", "kind", "system"),
    [(3, "executable", "windows"), (1, "library", "windows"), (10, "executable", "bare")],
)
def test_drivers_are_loaded_and_efi_is_not_windows(subsystem: int, kind: str, system: str) -> None:
    slice_ = only(put("H", SUBSYSTEM, subsystem)(native.windows()))
    assert (slice_.kind, slice_.system) == (kind, system)


def test_an_image_that_is_not_executable_is_an_object() -> None:
    binary = read(put("H", FLAGS, 0)(native.windows()))
    assert [slice_.kind for slice_ in binary.slices] == ["object"]
    assert [damage.kind for damage in binary.damage] == ["pe-header"]


def load_config(size: int, pointer: int) -> Edit:
    table = struct.pack("<I", size).ljust(0xC8, b"\0") + struct.pack("<2Q", pointer, 0)
    return chain(grafted(table), directory(LOAD_CONFIG, GRAFT), directory(IMPORTS, 0))


@pytest.mark.parametrize(
    ("size", "pointer", "hybrid"),
    [
        (0x140, 0x180001000, True),
        (0x140, 0, False),
        (0xD0, 1, True),  # the pointer is the last field
        (0xCF, 1, False),
        (0x70, 0x180001000, False),
    ],
)
@pytest.mark.parametrize("cpu", ["x86_64", "aarch64"])
def test_arm64ec_and_arm64x_are_proven_by_their_metadata(cpu: str, size: int, pointer: int, *, hybrid: bool) -> None:
    assert only(load_config(size, pointer)(native.windows(cpu))).hybrid is hybrid


@pytest.mark.parametrize("length", [8, 0xC8, 0xCF])
def test_a_load_configuration_cut_off_proves_no_hybrid(length: int) -> None:
    table = (struct.pack("<I", 0x140) + b"\1" * 0xD0)[:length]
    assert not only(
        chain(grafted(table), directory(LOAD_CONFIG, GRAFT), directory(IMPORTS, 0))(native.windows())
    ).hybrid


def test_imports_are_read_in_order_and_once() -> None:
    slice_ = only(imports(named(b"b.dll", b"a.dll", b"b.dll"))(native.windows()))
    assert slice_.needed == ("b.dll", "a.dll")


@pytest.mark.parametrize(("length", "faults"), [(STRING_LIMIT, []), (STRING_LIMIT + 1, ["pe-imports"])])
def test_the_name_of_a_library_has_a_limit(length: int, faults: list[str]) -> None:
    binary = read(imports(named(b"n" * length))(native.windows()))
    assert [damage.kind for damage in binary.damage] == faults


def test_what_is_needed_at_once_is_no_late_need() -> None:
    both = named(b"late.dll") + struct.pack("<8I", 1, GRAFT + 40, *[0] * 6) + bytes(32)
    behind = GRAFT + len(named(b"late.dll"))
    slice_ = only(chain(imports(both), directory(DELAY, behind))(native.windows()))
    assert (slice_.needed, slice_.weak_needed) == (("late.dll",), ())


def delayed(attributes: int, base: int) -> Edit:
    table = struct.pack("<8I", attributes, base + GRAFT + 64, *[0] * 6) + bytes(32) + b"late.dll\0"
    return chain(grafted(table), directory(DELAY, GRAFT), directory(IMPORTS, 0))


def test_delayed_imports_are_needs_too() -> None:
    late = only(delayed(1, 0)(native.windows()))
    assert (late.needed, late.weak_needed) == (("late.dll",), ("late.dll",))
    old = native.windows("i686")
    image_base = struct.unpack_from("<I", old, start(old) + 20 + 28)[0]
    shift = -16  # data directories of PE32 stand 16 bytes earlier, and so do its sections
    table = struct.pack("<8I", 0, image_base + GRAFT + 64, *[0] * 6) + bytes(32) + b"late.dll\0"
    count = struct.unpack_from("<H", old, start(old) + SECTIONS)[0]
    at = FIRST_SECTION + shift + 40 * (count - 1)
    edit = chain(
        put("I", at + 12, GRAFT),
        put("I", at + 16, len(table)),
        put("I", at + 20, len(old)),
        put("I", DIRECTORIES + shift + 8 * DELAY, GRAFT),
        put("I", DIRECTORIES + shift + 8 * IMPORTS, 0),
    )
    assert only(edit(old) + table).needed == ("late.dll",)


def test_a_file_without_imports_needs_nothing_and_that_is_proven() -> None:
    slice_ = only(directory(IMPORTS, 0)(native.windows()))
    assert (slice_.needed, slice_.dynamic) == ((), True)


def test_a_file_with_few_data_directories_is_fine() -> None:
    assert only(put("I", DIRECTORY_COUNT, 1)(native.windows())).needed == ()


def test_an_overlay_is_tolerated() -> None:
    assert only(native.windows() + b"PK\x03\x04 a self-extracting archive").needed == ("KERNEL32.dll",)


def test_a_file_whose_optional_header_is_unknown_is_taken_for_64_bits() -> None:
    (slice_,) = read(put("H", 20, 0x107)(native.windows())).slices
    assert (slice_.bits, slice_.dynamic, slice_.symbols_known) == (64, False, False)


def section_headers(content: bytes) -> int:
    return start(content) + FIRST_SECTION


def split_debug(content: bytes) -> bytes:
    """Take away the bytes of every section, as `objcopy --only-keep-debug` does."""
    count = struct.unpack_from("<H", content, start(content) + SECTIONS)[0]
    emptied = (put("I", FIRST_SECTION + 40 * n + 20, 0) for n in range(count))
    return chain(*emptied)(content)


def test_split_debug_data_is_debug() -> None:
    slice_ = only(split_debug(native.windows()))
    assert (slice_.kind, slice_.arches) == ("debug", ("x86_64",))


@pytest.mark.parametrize("name", PE_CASES)
def test_a_wrong_file_is_damaged_in_the_kind_that_names_the_fault(name: str) -> None:
    edit, kind = PE_CASES[name]
    assert kinds(native.windows()) == set()
    assert kind in kinds(edit(native.windows()))


def test_a_name_that_only_maps_within_the_headers_is_read_there() -> None:
    in_header = imports(descriptors(0x4E) + bytes(20))(native.windows())
    assert only(in_header).needed[0].startswith("This program")


def test_more_sections_or_imports_than_the_caps_prove_nothing() -> None:
    many = put("H", SECTIONS, 97)(native.windows() + bytes(8000))
    assert ("pe-limit", True) in {(damage.kind, damage.cap) for damage in read(many).damage}
    most = read(put("H", SECTIONS, 96)(native.windows() + bytes(8000)))
    assert [damage for damage in most.damage if damage.cap] == []
    below, above = imports(named(*[b"a.dll"] * 1023)), imports(named(*[b"a.dll"] * 1024))
    assert read(below(native.windows())).damage == ()
    assert [(item.kind, item.cap) for item in read(above(native.windows())).damage] == [("pe-limit", True)]


@pytest.mark.parametrize("cpu", ["x86_64", "aarch64", "i686"])
@pytest.mark.parametrize("subsystem", ["console", "windows"])
def test_a_launcher_stub_is_recognised_by_what_it_imports(cpu: str, subsystem: str) -> None:
    assert only(native.launcher(cpu, f"-Wl,--subsystem,{subsystem}")).launcher


SIGNATURE = bytes(512)


def signed(content: bytes) -> bytes:
    """Append certificates where the header says they are."""
    place = chain(put("I", DIRECTORIES + 8 * 4, len(content)), put("I", DIRECTORIES + 8 * 4 + 4, len(SIGNATURE)))
    return place(content) + SIGNATURE


def test_a_signature_is_nothing_that_a_launcher_starts() -> None:
    assert only(signed(native.launcher())).launcher


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("something is appended that it starts", lambda: native.launcher() + b"#!python.exe\nPK"),
        ("something is appended behind a signature", lambda: signed(native.launcher()) + b"PK"),
        ("it has no use for the exit code", lambda: native.launcher("x86_64", "-DFORGETS")),
        ("it starts nothing", native.windows),
        ("it is a driver", lambda: put("H", SUBSYSTEM, 1)(native.launcher())),
        ("it is managed", lambda: directory(CLR, 0x2000)(native.launcher())),
        ("it is a DLL", lambda: put("H", FLAGS, 0x2022)(native.launcher())),
        ("it is large", lambda: native.launcher("x86_64", "-DICON=600000")),
        ("it has libraries of its own", lambda: native.launcher().replace(b"KERNEL32.dll", b"OWNLIB32.dll")),
        ("its imports lie outside", lambda: directory(IMPORTS, 0x7FFF_0000)(native.launcher())),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_program_is_not_a_launcher_stub_where(what: str, content: Callable[[], bytes]) -> None:
    assert what
    (slice_,) = read(content()).slices
    assert not slice_.launcher
