"""Which instructions are seen in x86-64 code, how many of them it takes, and what asks the CPU."""

from __future__ import annotations

import struct

import pytest

from wheelcheck.binary import Slice, read_binary
from wheelcheck.binary.x86_code import LIMIT
from wheelcheck.source import Bytes

CODE = {
    "AVX": b"\xc5\xfc\x28\x00",
    "AVX2": b"\xc4\xe2\x05\x00",
    "AVX-512": b"\x62\xf1\x7c\x48",
    "BMI2": b"\xc4\xe3\x7b\xf0",
}
NOP = b"\x90"
ADDRESS, HEADERS = 0x400000, 64 + 56


def program(code: bytes, flags: int = 5) -> Slice:
    """Return what is read of a static program of one segment, whose code this is."""
    ident, size = b"\x7fELF\2\1\1".ljust(16, b"\0"), HEADERS + len(code)
    head = struct.pack("<16s2HI3QI6H", ident, 2, 62, 1, ADDRESS + HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    load = struct.pack("<2I6Q", 1, flags, 0, ADDRESS, ADDRESS, size, size, 4096)
    binary = read_binary("x", Bytes(head + load + code))
    assert binary is not None
    assert (binary.damage, binary.slices[0].system) == ((), "linux")
    return binary.slices[0]


@pytest.mark.parametrize("name", CODE)
@pytest.mark.parametrize(("size", "least"), [(10, 2), (99_000, 2), (100_000, 3), (399_000, 5), (400_000, 6)])
def test_one_match_may_be_an_accident_and_more_in_more_code(name: str, size: int, least: int) -> None:
    for count, used in ((0, ()), (least - 1, ()), (least, (name,))):
        found = program(CODE[name] * count + NOP * size)
        assert (found.x86_extensions, found.asks_cpu) == (used, False)


def test_matches_of_all_kinds_are_counted_together() -> None:
    assert program(b"".join(CODE.values())).x86_extensions == tuple(CODE)
    assert program(CODE["AVX"] + CODE["BMI2"]).x86_extensions == ("AVX", "BMI2")


@pytest.mark.parametrize("name", CODE)
def test_a_pattern_needs_each_of_its_bytes(name: str) -> None:
    for at in range(4 if name in ("AVX-512", "BMI2") else 3):
        other = bytearray(CODE[name])
        other[at] = 0
        assert program(bytes(other) * 2).x86_extensions == ()


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        (b"\x0f\xa2", True),
        (NOP * 9 + b"\x0f\xa2" + NOP * 9, True),
        (b"\xa2\x0f", False),
        (b"\x0f", False),
        (b"\xa2", False),
        (b"\xa2" * 999, False),
        (b"\xa2" * 999 + b"\x0f\xa2", True),
        (b"\x0f\x90\xa2", False),
        (NOP * (LIMIT - HEADERS), False),
        (NOP * (LIMIT - HEADERS + 1), True),  # nobody looked
    ],
    ids=range(10),
)
def test_code_asks_the_cpu_where_it_has_the_instruction_or_is_not_looked_at(code: bytes, *, asks: bool) -> None:
    found = program(code)
    assert (found.asks_cpu, found.x86_extensions) == (asks, ())


def test_only_what_can_be_executed_is_code() -> None:
    assert program(CODE["AVX"] * 9, flags=4).x86_extensions == ()
