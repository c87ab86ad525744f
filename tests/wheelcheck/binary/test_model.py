"""What a Binary tells of itself without another look at its bytes."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from tests.support import native
from wheelcheck.binary import Binary, Slice, model, read_binary, unread_binary
from wheelcheck.binary.model import Kind, Symbol, VersionNeed
from wheelcheck.damage import Damage
from wheelcheck.source import Bytes


def read(content: bytes) -> Binary:
    binary = read_binary("x", Bytes(content))
    assert binary is not None
    return binary


@pytest.mark.parametrize("kind", typing.get_args(model.Kind))
def test_only_programs_and_libraries_are_linked(kind: Kind) -> None:
    binary = Binary("ELF", (Slice("EM_X86_64", ("x86_64",), kind, "linux"),))
    assert binary.is_linked == (kind in ("executable", "library"))
    assert binary.kinds == {kind}


@pytest.mark.parametrize(
    ("content", "linked"),
    [
        (native.library(), True),
        (native.windows(), True),
        (native.universal(native.mac(), native.mac("x86_64")), True),
        (native.bpf_object(), False),
        (native.archive({"a.o": native.object_file()}), False),
        (b"\x7fELF", False),
    ],
    ids=["library", "PE", "universal", "BPF", "archive", "four bytes"],
)
def test_real_files_are_linked_or_not(content: bytes, *, linked: bool) -> None:
    assert read(content).is_linked is linked


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (native.library(), ("EM_X86_64", ("x86_64",), "library", "linux", 64, True, True)),
        (native.library("i686"), ("EM_386", ("i686",), "library", "linux", 32, True, True)),
        (native.library("s390x"), ("EM_S390", ("s390x",), "library", "linux", 64, False, True)),
        (native.object_file("powerpc64-linux-gnu"), ("EM_PPC64", ("ppc64",), "object", "linux", 64, False, False)),
        (native.bpf_object(), ("EM_BPF", (), "object", "bare", 64, True, False)),
        (native.wasm_module(), ("wasm32", (), "library", "bare", 32, True, True)),
        (native.object_file("x86-windows-gnu"), ("machine 0x014c", ("i686",), "object", "windows", 32, True, False)),
        (
            native.object_file("x86_64-windows-gnu"),
            ("machine 0x8664", ("x86_64",), "object", "windows", 64, True, False),
        ),
        (native.windows("i686", kind="library"), ("machine 0x014c", ("i686",), "library", "windows", 32, True, True)),
        (native.windows("aarch64"), ("machine 0xaa64", ("aarch64",), "executable", "windows", 64, True, True)),
        (native.mac(), ("arm64", ("aarch64",), "executable", "macos", 64, True, True)),
        (
            native.archive({"a.o": native.object_file()}),
            ("EM_X86_64", ("x86_64",), "archive", "linux", 64, True, False),
        ),
        (
            native.archive({"a.o": native.object_file("aarch64-macos")}),
            ("arm64", ("aarch64",), "archive", "macos", 64, True, False),
        ),
        (
            native.archive({"a.o": native.object_file("x86-windows-gnu")}),
            ("machine 0x014c", ("i686",), "archive", "windows", 32, True, False),
        ),
        (
            native.archive({"a.o": native.object_file("s390x-linux-gnu")}),
            ("EM_S390", ("s390x",), "archive", "linux", 64, False, False),
        ),
    ],
    ids=lambda each: " ".join(map(str, each)) if isinstance(each, tuple) else "",
)
def test_every_format_tells_cpu_kind_system_and_form(content: bytes, told: tuple[object, ...]) -> None:
    (code,) = read(content).slices
    form = (code.bits, code.little_endian, code.dynamic)
    assert (code.machine, code.arches, code.kind, code.system, *form) == told


@pytest.mark.parametrize(
    ("content", "name"), [(native.library(), "ELF"), (native.wasm_module(), "wasm"), (b"text" * 2000, "")]
)
def test_of_code_that_is_not_read_the_format_and_the_reason_are_known(content: bytes, name: str) -> None:
    why = Damage("x", "cap-reread", "enough", cap=True)
    binary = unread_binary(Bytes(content), why)
    assert (binary and (binary.format, binary.slices, binary.damage)) == ((name, (), (why,)) if name else None)


@pytest.mark.parametrize(
    ("version", "unknown"), [("GLIBC_ABI_NEW", True), ("GLIBC_ABI_DT_RELR", False), ("GLIBC_2.40", False)]
)
def test_a_marker_that_no_release_is_known_to_have_is_unknown(version: str, *, unknown: bool) -> None:
    assert VersionNeed("libc.so.6", version).is_unknown_marker is unknown


def test_versions_are_ordered_by_their_numbers() -> None:
    names = ["GLIBC_2.9", "GLIBC_2.17", "GLIBC_2.2.5", "GLIBC_10.1"]
    assert sorted(names, key=model.digits) == ["GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.17", "GLIBC_10.1"]


def test_facts_cannot_be_changed_and_compare_by_value() -> None:
    assert read(native.library()) == read(native.library())
    assert hash(read(native.library())) == hash(read(native.library()))
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(native.library()).slices[0].machine = "other"  # type: ignore[misc]


def test_version_needs_sort_by_library_then_version() -> None:
    needs = [VersionNeed("libm.so.6", "B"), VersionNeed("libc.so.6", "B", weak=True), VersionNeed("libc.so.6", "A")]
    assert [(need.library, need.version) for need in sorted(needs)] == [
        ("libc.so.6", "A"),
        ("libc.so.6", "B"),
        ("libm.so.6", "B"),
    ]


@pytest.mark.parametrize(
    ("needs", "newest"),
    [
        ([], ()),
        (["GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.9"], (2, 17)),
        (["GLIBC_2.4", "GLIBC_2.100"], (2, 100)),
        (["GLIBC_2.17", "~GLIBC_2.39"], (2, 17)),
        (["GLIBC_2.0"], (2, 0)),
        (["GLIBC_2.0 libgcc_s.so.1"], ()),
        (["GLIBC_2.0 libgcc_s.so.1", "GLIBC_2.0 libm.so.6"], (2, 0)),
        (["GLIBC_PRIVATE"], ()),
        (["GLIBC_PRIVATE", "GLIBC_2.3 ld-linux-x86-64.so.2"], (2, 3)),
        (["GLIBC_2.2.5", "GLIBC_ABI_DT_RELR"], (2, 36)),
        (["GLIBC_ABI_DT_RELR", "GLIBC_2.38"], (2, 38)),
        (["GLIBC_ABI_DT_RELR", "GLIBC_ABI_GNU2_TLS"], (2, 42)),
        (["GLIBC_ABI_OF_TOMORROW"], (2, 42)),
        (["GLIBC_", "GLIBC_2.", "GLIBC_2.17a", "xGLIBC_2.17", "GLIBCXX_3.4 libstdc++.so.6", "GCC_3.0"], ()),
        (["GLIBC_2." + "9" * 5000], (2, 999999999)),
    ],
)
def test_the_glibc_that_a_slice_needs_is_the_newest_that_the_loader_insists_on(
    needs: list[str], newest: tuple[int, ...]
) -> None:
    words = [need.split() for need in needs]
    versions = tuple(
        VersionNeed(library[0] if library else "libc.so.6", version.lstrip("~"), version.startswith("~"))
        for version, *library in words
    )
    symbols = tuple(Symbol("f", need.version, need.library, need.weak) for need in versions)
    code = Slice("EM_X86_64", ("x86_64",), "library", "linux", versions=versions, imports=symbols, symbols_known=True)
    need = code.glibc_need
    assert (need.glibc if need else ()) == newest


@pytest.mark.parametrize(
    ("library", "version", "said"),
    [
        ("libc.so.6", "GLIBC_2.34", "GLIBC_2.34 of libc.so.6"),
        ("", "GLIBC_2.99", "GLIBC_2.99 of a library without a name"),
        ("libc.so.6", "", "a version without a name of libc.so.6"),
    ],
)
def test_a_need_without_a_name_is_said_to_have_none(library: str, version: str, said: str) -> None:
    assert str(VersionNeed(library, version)) == said
