from __future__ import annotations

import random

import pytest

from wheelcheck.binary.elf_lookup import GnuHash, gnu_hash

WORDS = [
    "",
    "a",
    "b",
    "printf",
    "exit",
    "syscall",
    "flapenguin.me",
    "PyInit__x",
    *(f"name_{number}" for number in range(90)),
]


def built(names: list[bytes], buckets: int, bits: int, words: int, first: int) -> tuple[GnuHash, list[bytes]]:
    """Return the table that a linker writes for these names, and the names as it sorts them."""
    shift = 6
    ordered = sorted(names, key=lambda name: gnu_hash(name) % buckets)
    filters, heads, chain = [0] * words, [0] * buckets, []
    for at, name in enumerate(ordered):
        hash_ = gnu_hash(name)
        filters[hash_ // bits % words] |= 1 << hash_ % bits | 1 << (hash_ >> shift) % bits
        heads[hash_ % buckets] = heads[hash_ % buckets] or first + at
        is_last = at + 1 == len(ordered) or gnu_hash(ordered[at + 1]) % buckets != hash_ % buckets
        chain.append(hash_ & ~1 | is_last)
    return GnuHash(first, shift, bits, filters, heads, chain), ordered


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"", 0x1505),
        (b"printf", 0x156B2BB8),
        (b"exit", 0x7C967E3F),
        (b"syscall", 0xBAC212A0),
        (b"flapenguin.me", 0x8AE9F18E),
    ],
)
def test_the_hash_is_the_one_of_the_format(name: bytes, value: int) -> None:
    assert gnu_hash(name) == value


@pytest.mark.parametrize("length", [0, 1, 7, 511, 512, 513, 1024, 5000])
def test_the_hash_is_that_of_the_loop_over_bytes(length: int) -> None:
    name = random.Random(length).randbytes(length)  # noqa: S311 - any bytes
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    assert gnu_hash(name) == value


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("buckets", [1, 3, 17])
@pytest.mark.parametrize("first", [1, 5])
@pytest.mark.parametrize("words", [1, 4])
def test_every_name_of_a_table_is_found_and_no_other(bits: int, buckets: int, first: int, words: int) -> None:
    names = [word.encode() for word in WORDS]
    random.Random(first).shuffle(names)  # noqa: S311 - any order
    inside, outside = names[:60], names[60:]
    table, ordered = built(inside, buckets, bits, words, first)
    name_of = dict(enumerate(ordered, first)).__getitem__
    assert [name for name in inside if not table.leads_to(name, name_of)] == []
    assert [name for name in outside if table.leads_to(name, name_of)] == []


def test_a_name_of_the_same_hash_is_compared() -> None:
    table, ordered = built([b"a", b"b"], 1, 64, 1, 1)
    assert gnu_hash(b"bA") == gnu_hash(b"ab")  # 33 · 98 + 65 = 33 · 97 + 98
    twins, names = built([b"ab"], 1, 64, 1, 1)
    assert twins.leads_to(b"ab", dict(enumerate(names, 1)).__getitem__)
    assert not twins.leads_to(b"bA", dict(enumerate(names, 1)).__getitem__)
    assert table.leads_to(b"a", dict(enumerate(ordered, 1)).__getitem__)


@pytest.mark.parametrize("index", [0, 1, 2, 3, 4, 1 << 31])
def test_a_bucket_that_points_anywhere_is_an_answer_and_no_error(index: int) -> None:
    table, ordered = built([b"a", b"b"], 1, 64, 1, 2)
    found = table._replace(buckets=[index]).leads_to(b"b", dict(enumerate(ordered, 2)).__getitem__)
    assert found is (2 <= index <= 2 + ordered.index(b"b"))


@pytest.mark.parametrize("part", ["filter", "buckets", "chain"])
def test_a_table_without_one_of_its_parts_leads_nowhere(part: str) -> None:
    table, ordered = built([b"a"], 1, 64, 1, 1)
    assert not table._replace(**{part: []}).leads_to(b"a", dict(enumerate(ordered, 1)).__getitem__)  # type: ignore[arg-type]


def test_a_filter_that_lacks_one_of_two_bits_ends_the_lookup() -> None:
    table, ordered = built([b"printf"], 1, 64, 1, 1)
    hash_ = gnu_hash(b"printf")
    for bit in (hash_ % 64, (hash_ >> 6) % 64):
        lacking = table._replace(filter=[table.filter[0] & ~(1 << bit)])
        assert not lacking.leads_to(b"printf", dict(enumerate(ordered, 1)).__getitem__)


def test_a_chain_without_an_end_is_followed_to_the_end_of_the_table() -> None:
    table, ordered = built([b"a", b"b", b"c"], 1, 64, 1, 1)
    endless = table._replace(chain=[each & ~1 for each in table.chain], filter=[(1 << 64) - 1])
    assert not endless.leads_to(b"d", dict(enumerate(ordered, 1)).__getitem__)
    assert endless.leads_to(b"c", dict(enumerate(ordered, 1)).__getitem__)
