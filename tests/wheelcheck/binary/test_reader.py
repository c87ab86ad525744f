"""What is asked of a source is bounded in bytes, mostly forward, and survives a source that breaks its word."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import elf_editing as elf
from tests.support import native
from tests.support.elf_editing import graft_dynamic
from wheelcheck.binary import Binary, read_binary
from wheelcheck.binary.reader import (
    BLOCK,
    BYTE_BUDGET,
    DAMAGE_LIMIT,
    LONGEST_NAME,
    NAMES_LIMIT,
    Blocks,
    Reading,
    all_printable,
    printable,
)
from wheelcheck.damage import BINARY_KINDS
from wheelcheck.source import Bytes

MIB = 1024 * 1024
SEEDS = (
    native.library("x86_64", (2, 34)),
    native.program("s390x"),
    native.library("armv7l"),
    native.static_program("aarch64", "-fPIE", "-static-pie"),
    native.bpf_object(),
    native.mac("x86_64"),
    native.universal(native.mac("x86_64"), native.mac("x86_64", kind="library"), wide=True),
    native.windows("x86_64"),
    native.windows("i686", kind="library"),
    native.object_file("x86_64-windows-gnu"),
    native.archive({"a.o": native.object_file(), "b.o": native.object_file("aarch64-macos")}),
    native.wasm_module(),
)


@dataclass
class Counted:
    """A source that counts what is asked of it; with `lost`, one whose bytes end earlier than its size says."""

    content: bytes
    lost: int = 0
    bytes_read: int = 0
    backward: int = 0
    position: int = 0
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        found = self.content[: self.size - self.lost][offset : offset + length]
        self.asked.append((offset, length))
        self.backward += offset < self.position
        self.bytes_read += len(found)
        self.position = offset + len(found)
        return found


@dataclass
class Sparse:
    """A source of a huge size whose bytes come from a function: nothing is held."""

    head: bytes
    size: int
    fill: bytes
    bytes_read: int = 0

    def read(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        self.bytes_read += length
        real = self.head[offset : offset + length]
        return real + (self.fill * (length // len(self.fill) + 1))[: length - len(real)]


def assert_judged(binary: Binary | None) -> None:
    """Assert what holds of every answer, whatever the bytes were."""
    if binary is None:
        return
    assert {damage.kind for damage in binary.damage} <= BINARY_KINDS.keys()
    assert len(binary.damage) <= 65
    assert binary.slices or binary.damage or binary.format == "ar"
    if binary.damage == ():
        assert all(slice_.machine for slice_ in binary.slices)


mutations = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12)
SLOW_OK = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW_OK
@given(seed=st.sampled_from(SEEDS), changes=mutations, head=st.booleans())
def test_changed_bytes_never_raise_and_cost_little(
    seed: bytes, changes: list[tuple[float, int]], *, head: bool
) -> None:
    mutated = bytearray(seed)
    span = min(len(mutated), 1024) if head else len(mutated)
    for place, value in changes:
        mutated[int(place * span)] = value
    source = Counted(bytes(mutated))
    assert_judged(read_binary("x", source))
    assert source.bytes_read <= 64 * MIB


@SLOW_OK
@given(
    seed=st.sampled_from(SEEDS), place=st.floats(0, 1), value=st.sampled_from([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 62])
)
def test_words_set_to_extremes_never_raise_and_cost_little(seed: bytes, place: float, value: int) -> None:
    mutated = bytearray(seed)
    offset = int(place * min(len(mutated) - 8, 2048)) & ~3
    struct.pack_into("<Q" if value > 0xFFFFFFFF else "<I", mutated, offset, value)
    source = Counted(bytes(mutated))
    assert_judged(read_binary("x", source))
    assert source.bytes_read <= 64 * MIB


@SLOW_OK
@given(seed=st.sampled_from(SEEDS), length=st.floats(0, 1))
def test_a_file_cut_anywhere_never_raises(seed: bytes, length: float) -> None:
    assert_judged(read_binary("x", Bytes(seed[: int(length * len(seed))])))


@SLOW_OK
@given(seed=st.sampled_from(SEEDS), lost=st.floats(0, 1))
def test_a_source_that_gives_less_than_its_size_never_raises(seed: bytes, lost: float) -> None:
    assert_judged(read_binary("x", Counted(seed, lost=int(lost * len(seed)))))


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("kept", [4, 7, 8, 9, 28, 47])
def test_a_universal_file_whose_source_ends_within_its_table_is_truncated(kept: int, *, wide: bool) -> None:
    content = native.universal(native.mac("x86_64"), native.mac("aarch64"), wide=wide)
    binary = read_binary("x", Counted(content, lost=len(content) - kept))
    assert binary is not None
    assert [damage.kind for damage in binary.damage] == ["macho-truncated"]


@SLOW_OK
@given(magic=st.sampled_from([seed[:8] for seed in SEEDS]), rest=st.binary(max_size=600))
def test_noise_behind_a_magic_never_raises(magic: bytes, rest: bytes) -> None:
    assert_judged(read_binary("x", Bytes(magic + rest)))


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_a_sane_file_costs_little_and_few_steps_back(seed: bytes) -> None:
    source = Counted(seed)
    assert_judged(read_binary("x", source))
    assert source.backward <= 3
    assert source.bytes_read <= 128 * 1024


def test_a_large_library_is_read_in_few_blocks_and_few_steps_back() -> None:
    """The dynamic segment stands at the end of 20 MB, its strings at the start: one way there, one back."""
    large = graft_dynamic(lambda entries: entries)(native.library("x86_64", (2, 34)) + bytes(20 * MIB))
    source = Counted(large)
    binary = read_binary("x", source)
    assert binary is not None
    assert binary.damage == ()
    assert binary.slices[0].needed == ("libc.so.6",)
    assert source.backward <= 3
    assert source.bytes_read <= 256 * 1024


def test_more_bytes_than_the_budget_prove_nothing() -> None:
    """Version needs whose names lie a block apart in a string table of a gigabyte."""
    step, count = 16 * 1024, 3000
    names = [struct.pack("<IHHII", 0, 0, 2, step * n, 16 * (n < count)) for n in range(1, count + 1)]
    needs = struct.pack("<HHIII", 1, count, 1, 16, 0) + b"".join(names)
    library = elf.graft(needs)(native.library("x86_64", (2, 34)))
    load = elf.segments_at(library, elf.LOAD)[-1]
    start = elf.get(library, load, elf.SEGMENT["offset"])
    size = 1 << 30
    for name in ("filesz", "memsz"):
        library = elf.put(library, load, elf.SEGMENT[name], size)
    library = elf.tag(elf.VERNEED, elf.GRAFT_ADDRESS)(library)
    library = elf.tag(elf.STRTAB, elf.GRAFT_ADDRESS)(elf.tag(elf.STRSZ, size)(library))
    source = Sparse(library, start + size, b"a\0")
    binary = read_binary("x", source)
    assert binary is not None
    assert [(damage.kind, damage.cap) for damage in binary.damage] == [("elf-limit", True)]
    assert binary.slices == ()
    assert source.bytes_read <= BYTE_BUDGET


def test_blocks_are_asked_for_once() -> None:
    source = Counted(bytes(range(256)) * 256)
    blocks = Blocks(source)
    assert blocks.read(10, 20) == bytes(range(10, 30))
    assert blocks.read(16 * 1024 - 2, 4) == b"\xfe\xff\x00\x01"
    assert blocks.read(0, 100_000) == source.content
    assert source.asked == [(16 * 1024 * number, 16 * 1024) for number in range(4)]


@pytest.mark.parametrize(("offset", "length"), [(-1, 4), (65_536, 1), (1 << 70, 1), (0, 0), (0, -5)])
def test_reading_outside_gives_nothing(offset: int, length: int) -> None:
    blocks = Blocks(Bytes(bytes(65_536)))
    assert blocks.read(offset, length) == b""
    assert Reading("x", "elf", blocks).read(offset, length) == b""


def test_a_window_ends_where_it_says() -> None:
    whole = Reading("x", "macho", Blocks(Bytes(b"0123456789")))
    window = whole.apart(2, 5)
    assert (window.read(0, 100), window.read(4, 4), window.read(6, 1)) == (b"23456", b"6", b"")
    assert window.apart(1, 2).read(0, 9) == b"34"


def test_damage_found_apart_counts_only_once_adopted() -> None:
    whole = Reading("x", "elf", Blocks(Bytes(b"")))
    window = whole.apart(0, 0)
    window.damage("elf-header", "wrong")
    window.damage("elf-header", "wrong")
    assert (len(window.found), whole.found) == (1, [])
    whole.adopt(window)
    assert whole.found == window.found


_PARTS = st.sampled_from(
    [b"name", b"\xc3", b"\xc3\xa4", b"\xe2\x82", b"\xf0\x9f\x90", b"\x80", b"\xff", b"\xed\xa0\x80", b"\n"]
)


@given(st.lists(st.lists(_PARTS, max_size=4).map(b"".join), min_size=1, max_size=6))
def test_names_are_decoded_together_as_each_alone(names: list[bytes]) -> None:
    assert all_printable(names) == [printable(name) for name in names]


def taken(reading: Reading, strings: bytes, starts: list[int], *, by_table: bool) -> list[bytes] | None:
    """Return names by either way: from a table of strings that was read, or each from its place in the file."""
    reading.blocks.source = Bytes(strings)
    reading.size = len(strings)
    return reading.names_in(strings, starts) if by_table else reading.names_at(starts, 4096)


@pytest.mark.parametrize("by_table", [True, False])
@pytest.mark.parametrize(
    ("name", "cost"), [(b"x" * 4000, 4000), (b"x" * 3999 + b"\xff", 64_000), ("ä".encode() * 100, 3200)]
)
def test_names_that_overlap_count_as_often_as_they_are_asked_for(name: bytes, cost: int, *, by_table: bool) -> None:
    """A name that is not ASCII counts sixteen times: Python decodes it a byte at a time."""
    most = NAMES_LIMIT // cost
    for number, faults in ((most, []), (most + 1, [("elf-limit", True)])):
        reading = Reading("x", "elf", Blocks(Bytes(b"")))
        found = taken(reading, name + b"\0", [0] * number, by_table=by_table)
        assert found == (None if faults else [name] * number)
        assert [(damage.kind, damage.cap) for damage in reading.found] == faults
        assert faults or reading.blocks.name_bytes == most * cost


@pytest.mark.parametrize("by_table", [True, False])
def test_only_the_names_that_are_not_ascii_cost_more(*, by_table: bool) -> None:
    reading = Reading("x", "elf", Blocks(Bytes(b"")))
    assert taken(reading, b"abc\0\xff\0", [0, 4], by_table=by_table) == [b"abc", b"\xff"]
    assert reading.blocks.name_bytes == 3 + 16


def test_the_names_of_all_slices_count_together() -> None:
    whole = Reading("x", "macho", Blocks(Bytes(b"")))
    assert whole.apart(0, 0).names_in(b"x" * 60_000 + b"\0", [0] * (NAMES_LIMIT // 60_000))
    assert whole.apart(0, 0).names_in(b"x" * 60_000 + b"\0", [0]) is None


def test_a_name_that_is_longer_than_any_is_not_verified() -> None:
    strings = b"x" * (2 * LONGEST_NAME + 1) + b"\0"
    reading = Reading("x", "elf", Blocks(Bytes(b"")))
    assert reading.names_in(strings, [len(strings) - 1]) is None
    assert [(damage.kind, damage.cap) for damage in reading.found] == [("elf-limit", True)]


def code(pattern: str) -> bytes:
    """A library with these bytes of code 20,000 times."""
    source = f'__asm__(".text\\n.rept 20000\\n.byte {pattern}\\n.endr\\n");\n{native.PLAIN_C}'
    return native.compile_c(source, "x86_64-linux-gnu.2.17", "-shared", "-fPIC", "-nostdlib", "-s", name="libcode.so")


@pytest.mark.parametrize(
    ("pattern", "rows"), [("0x90,0x90,0x90,0x90", 78), ("0xc5,0xf8,0x77,0x90", 478), ("0xa2,0xa2,0xa2,0xa2", 78)]
)
def test_code_that_is_looked_through_counts_as_rows(pattern: str, rows: int) -> None:
    binary = read_binary("x", Bytes(code(pattern)))
    assert binary is not None
    assert rows <= binary.rows <= rows + 60


@pytest.mark.parametrize("count", [DAMAGE_LIMIT, DAMAGE_LIMIT + 1, DAMAGE_LIMIT + 9])
def test_the_first_faults_are_listed_each_once_and_then_that_there_are_more(count: int) -> None:
    reading = Reading("x", "elf", Blocks(Bytes(b"")))
    for number in (*range(count), *range(count)):
        reading.damage("elf-header", f"fault {number}")
    listed = [damage.why for damage in reading.found]
    assert listed[:DAMAGE_LIMIT] == [f"fault {number}" for number in range(DAMAGE_LIMIT)]
    assert listed[DAMAGE_LIMIT:] == [f"more than {DAMAGE_LIMIT} faults: not listed"] * (count > DAMAGE_LIMIT)


@pytest.mark.parametrize("edge", [BLOCK, 2 * BLOCK])
def test_a_read_over_the_edges_of_blocks_gives_each_byte(edge: int) -> None:
    content = bytes(number % 251 for number in range(3 * BLOCK))
    blocks = Blocks(Bytes(content))
    for start in (0, edge - 2, edge - 1, edge, edge + 1):
        for end in (start + 1, edge - 1, edge, edge + 1, edge + 2, 3 * BLOCK, 3 * BLOCK + 1):
            assert blocks.read(start, end - start) == content[start:end]


def test_nothing_is_read_outside_of_a_window() -> None:
    content = b"before\0" + b"inside" + b"behind\0"
    window = Reading("x", "elf", Blocks(Bytes(content))).apart(7, 6)
    assert [window.text(offset, 100) for offset in (0, 1, 5, 6, -1)] == [None] * 5
    assert (window.read(0, 100), window.read(5, 9), window.read(6, 9), window.read(-1, 9)) == (
        b"inside",
        b"e",
        b"",
        b"",
    )
    whole = Reading("x", "elf", Blocks(Bytes(content))).apart(7, 13)
    assert (whole.text(0, 100), whole.text(6, 6), whole.text(6, 7)) == (b"insidebehind", None, b"behind")
