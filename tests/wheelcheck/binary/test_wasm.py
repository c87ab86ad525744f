"""WebAssembly: whole, or damaged."""

from __future__ import annotations

import pytest

from tests.support import native
from tests.support.told import told
from tests.support.wasm_cases import CASES, HEADER
from wheelcheck.binary import Binary, read_binary
from wheelcheck.source import Bytes


def read(content: bytes) -> Binary:
    return told(read_binary("x", Bytes(content)))


@pytest.mark.parametrize(
    "content",
    [
        native.wasm_module(),
        HEADER,
        HEADER + b"\x00\x03\x02ab",
        HEADER + b"\x0d\x00",
        b"\0asm\x0d\0\x01\0",
        HEADER + b"\x00\x82\x80\x00\x01a",
    ],
    ids=["zig's", "empty module", "custom section", "the last known section", "component", "padded size"],
)
def test_a_whole_module_belongs_to_no_system_and_no_cpu_of_the_table(content: bytes) -> None:
    binary = read(content)
    (slice_,) = binary.slices
    assert binary.damage == ()
    assert (slice_.machine, slice_.arches, slice_.system, slice_.dynamic) == ("wasm32", (), "bare", True)


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_module_is_damaged(name: str) -> None:
    content, kind = CASES[name]
    binary = read(content)
    assert [damage.kind for damage in binary.damage] == [kind]
    assert not binary.slices[0].dynamic


def test_a_module_cut_anywhere_but_between_sections_is_damaged() -> None:
    whole = native.wasm_module()
    undamaged = [length for length in range(8, len(whole)) if not read(whole[:length]).damage]
    assert len(undamaged) < 16


def test_more_sections_than_the_cap_prove_nothing() -> None:
    below, above = HEADER + b"\x00\x00" * 65_535, HEADER + b"\x00\x00" * 65_537
    assert read(below).damage == ()
    assert [(damage.kind, damage.cap) for damage in read(above).damage] == [("wasm-limit", True)]
