"""Archives: members of every format told by their heads, names of every dialect skipped, damage seen."""

from __future__ import annotations

import struct

import pytest

from tests.support import native
from tests.support.ar_cases import CASES, GOOD, archive, member
from tests.support.told import told
from wheelcheck.binary import Binary, Slice, read_binary
from wheelcheck.source import Bytes

LONG = "a_member_whose_name_is_longer_than_sixteen_bytes.o"


def read(content: bytes) -> Binary:
    binary = told(read_binary("x", Bytes(content)))
    assert binary.format == "ar"
    return binary


def machines(content: bytes) -> list[tuple[str, str]]:
    binary = read(content)
    assert binary.damage == ()
    assert {slice_.kind for slice_ in binary.slices} <= {"archive"}
    return [(slice_.machine, slice_.system) for slice_ in binary.slices]


@pytest.mark.parametrize("dialect", ["gnu", "bsd", "darwin"])
def test_one_slice_for_each_distinct_machine_in_every_dialect(dialect: str) -> None:
    members = {
        "a.o": native.object_file(),
        LONG: native.object_file("aarch64-linux-musl"),
        "c.o": native.object_file(),
    }
    assert machines(native.archive(members, f"--format={dialect}")) == [("EM_X86_64", "linux"), ("EM_AARCH64", "linux")]


@pytest.mark.parametrize(
    ("subtype", "machine", "cpus"),
    [(0, "arm64", ("aarch64",)), (1, "arm64", ("aarch64",)), (2, "arm64e", ()), (0x80000002, "arm64e", ())],
)
def test_an_object_for_some_models_of_a_cpu_is_not_for_the_cpu(subtype: int, machine: str, cpus: tuple[str]) -> None:
    content = bytearray(native.object_file("aarch64-macos"))
    struct.pack_into("<I", content, 8, subtype)
    (slice_,) = read(archive(member(b"a.o/", bytes(content)))).slices
    assert (slice_.machine, slice_.arches) == (machine, cpus)


def test_objects_of_every_format_are_recognised() -> None:
    content = archive(
        member(b"elf.o/", native.object_file("s390x-linux-musl")),
        member(b"bpf.o/", native.bpf_object()),
        member(b"macho.o/", native.object_file("aarch64-macos")),
        member(b"coff.obj/", native.object_file("x86_64-windows-gnu")),
        member(b"wasm.o/", native.wasm_module()),
        member(b"bitcode.o/", b"BC\xc0\xde" + bytes(60)),
        member(b"lib.rmeta/", b"rust metadata"),
        member(b"empty/", b""),
        member(b"short/", b"\xcf\xfa\xed\xfe"),
    )
    assert machines(content) == [
        ("EM_S390", "linux"),
        ("EM_BPF", "bare"),
        ("arm64", "macos"),
        ("machine 0x8664", "windows"),
        ("wasm32", "bare"),
    ]


def test_flags_do_not_make_machines_distinct() -> None:
    hard = native.object_file("arm-linux-gnueabihf.2.34")
    soft = bytearray(hard)
    soft[36:40] = (0x05000000).to_bytes(4, "little")
    (slice_,) = read(archive(member(b"a.o/", hard), member(b"b.o/", bytes(soft)))).slices
    assert slice_.flags == 0


def test_the_cpu_of_a_windows_import_library_is_read() -> None:
    target = "aarch64-windows-gnu"
    made = native.compiled_c(
        native.WINDOWS_C, target, "-nostdlib", "-shared", "-lkernel32", "-Wl,--out-implib,answer.lib", name="answer.dll"
    )
    assert made.is_file()
    names = b"answer\0answer.dll\0"
    head = bytes.fromhex("0000ffff0000") + (0xAA64).to_bytes(2, "little") + bytes(4)
    short = head + len(names).to_bytes(4, "little") + bytes(4) + names
    assert machines(archive(member(b"/", bytes(4)), member(b"answer.dll/", short))) == [("machine 0xaa64", "windows")]


def test_a_thin_archive_holds_no_code() -> None:
    thin = native.archive({"a.o": native.object_file(), LONG: native.object_file()}, "--thin")
    assert thin.startswith(b"!<thin>\n")
    assert machines(thin) == []


def test_a_debian_package_is_an_archive_without_code() -> None:
    assert machines(archive(member(b"debian-binary", b"2.0\n"), member(b"data.tar.xz", b"\xfd7zXZ\0"))) == []


def test_an_empty_archive_is_whole() -> None:
    assert machines(b"!<arch>\n") == []


def test_the_good_twin_is_undamaged() -> None:
    assert machines(GOOD) == [("EM_X86_64", "linux")]


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_archive_is_damaged_in_the_kind_that_names_the_fault(name: str) -> None:
    content, kind = CASES[name]
    assert [damage.kind for damage in read(content).damage] == [kind]


def test_an_object_as_long_as_its_bsd_name_is_seen() -> None:
    """A linker reads no object there; who lists the archive's machines must not miss it."""
    content = native.object_file("aarch64-linux-musl")
    hidden = member(b"#1/%d" % len(content), content)
    assert machines(archive(hidden)) == [("EM_AARCH64", "linux")]
    assert machines(archive(member(b"#1/8", b"empty.o\0"))) == []


def test_more_members_than_the_cap_prove_nothing() -> None:
    below, above = archive(*[member(b"a/", b"")] * 65_000), archive(*[member(b"a/", b"")] * 65_537)
    assert read(below).damage == ()
    assert [(damage.kind, damage.cap) for damage in read(above).damage] == [("ar-limit", True)]


@pytest.mark.parametrize(("magic", "little"), [(b"\xce\xfa\xed\xfe", True), (b"\xfe\xed\xfa\xce", False)])
def test_a_mach_o_member_is_told_by_twelve_bytes_in_either_order(magic: bytes, little: bool) -> None:  # noqa: FBT001
    head = magic + struct.pack("<2I" if little else ">2I", 18, 0)
    (slice_,) = read(archive(member(b"a.o/", head))).slices
    assert slice_ == Slice("ppc", ("ppc",), "archive", "macos", 32, little_endian=little)
    assert read(archive(member(b"a.o/", head[:-1]))).slices == ()


def test_what_follows_a_member_is_not_its_head() -> None:
    """Between a short member with a BSD name and the next one there is nothing."""
    begun = b"\xcf\xfa\xed\xfe" + struct.pack("<I", 0x01000007)
    assert machines(archive(member(b"#1/8", b"short.o\0" + begun), member(b"b/", b"text"))) == []
