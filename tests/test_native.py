"""The fixtures' own compiler: what it keeps is what zig made, and a failure shows what zig said."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.support import native

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_request_is_answered_from_the_cache_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "CACHE", tmp_path / "cache")
    made = native.compiled_c(native.PLAIN_C, "bpfel-freestanding", "-c", name="a.o")
    first = made.read_bytes()
    made.write_bytes(b"kept")
    assert native.compile_c(native.PLAIN_C, "bpfel-freestanding", "-c", name="a.o") == b"kept"
    assert native.compile_c(native.PLAIN_C, "bpfel-freestanding", "-c", name="b.o") == first


def test_another_source_target_or_flag_is_another_file() -> None:
    recipes = [
        (native.PLAIN_C, "bpfel-freestanding", "-c"),
        (native.START_C, "bpfel-freestanding", "-c"),
        (native.PLAIN_C, "bpfeb-freestanding", "-c"),
        (native.PLAIN_C, "bpfel-freestanding", "-c", "-O3"),
    ]
    assert len({native.compiled_c(*recipe) for recipe in recipes}) == len(recipes)


def test_what_zig_refuses_is_an_error_that_says_why() -> None:
    with pytest.raises(RuntimeError, match=r"undeclared identifier 'nonsense'"):
        native.compile_c("int answer(void) { return nonsense; }", "bpfel-freestanding", "-c")


def test_every_row_that_zig_can_build_for_is_covered() -> None:
    assert {row.name for row in native.ZIG_ROWS} >= {
        "x86_64",
        "aarch64",
        "i686",
        "armv7l",
        "ppc64le",
        "s390x",
        "riscv64",
        "loongarch64",
    }
    assert len(native.ZIG_ROWS) - len(native.GLIBC_ROWS) == 1


def test_a_universal_file_has_the_layout_that_lipo_writes() -> None:
    first, second = native.mac("x86_64"), native.mac("aarch64")
    fat = native.universal(first, second)
    magic, count, *fields = struct.unpack_from(">12I", fat)
    assert (magic, count) == (0xCAFEBABE, 2)
    assert fat[fields[2] :][: fields[3]] == first
    assert fat[fields[7] :][: fields[8]] == second
    assert fields[2] % 0x4000 == fields[7] % 0x4000 == 0


def test_an_archive_is_made_once_for_its_members() -> None:
    members = {"a.o": native.bpf_object()}
    assert native.archive(members) == native.archive(members)
    assert native.archive(members) != native.archive({"b.o": native.bpf_object()})
