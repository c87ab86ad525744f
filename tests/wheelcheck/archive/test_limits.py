from __future__ import annotations

import bz2
import lzma
import os
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wheelcheck
from tests.support.archive_cases import read
from tests.support.tars import gz, header, member, pax, record, tar
from tests.support.zips import Member, Zip, block, zipped
from wheelcheck.archive import Budget
from wheelcheck.archive.limits import TAR_HEADER, Log, StopReadingError
from wheelcheck.damage import Damage

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1 << 20
CEILING = 128  # MiB
ZEROS = bytes(MIB)

# Reads a file as its argument says and tells its own peak of memory, which a parent's rusage would mix with its own.
CHILD = """
import sys
from wheelcheck.archive import Budget, walk
damage = []
with open(sys.argv[1], "rb") as file:
    for entry, source in walk(file, Budget(), damage):
        for offset in range(0, source.size, 1 << 20):
            source.read(offset, 16)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024, ",".join(sorted({fault.kind for fault in damage})))
"""


@cache
def nothing(mebibytes: int) -> bytes:
    return ZEROS * mebibytes


def bomb_in_a_zip() -> bytes:
    return zipped(Member(content=nothing(66)))


def bomb_of_native_code() -> bytes:
    return zipped(Member(content=b"\x7fELF" + nothing(63)))


def many_bombs_in_a_zip() -> bytes:
    one = Member(content=ZEROS)
    return zipped(*[Member(name=b"%d" % number, content=ZEROS, data=one.packed) for number in range(100)])


def members_over_one_another() -> bytes:
    one = Member(content=ZEROS)
    twins = [Member(name=b"%d" % number, content=ZEROS, data=one.packed, central={"offset": 0}) for number in range(99)]
    return Zip((one, *twins)).build()


def bomb_in_a_tar() -> bytes:
    return gz(tar(member(content=nothing(66))))


def tar_member_held_whole() -> bytes:
    return gz(tar(member(content=nothing(63))))


def zeros_after_the_end() -> bytes:
    return gz(tar() + nothing(66))


def bomb_of_xz() -> bytes:
    return lzma.compress(tar(member(content=nothing(63))), preset=9)


def bomb_of_bzip2() -> bytes:
    return bz2.compress(tar(member(content=nothing(66))))


def bomb_in_a_plain_gzip() -> bytes:
    return gz(nothing(66))


def headers_without_end() -> bytes:
    return gz(header(b"x") * 130_000)


def extended_headers_without_end() -> bytes:
    extended = pax(*[record(f"k{number}", "v") for number in range(40_000)])
    return gz(tar(*[extended + member(b"%d" % number) for number in range(50)]))


def end_records_without_end() -> bytes:
    return b"PK\5\6" * 16_000 + bytes(18)


def extra_blocks_without_end() -> bytes:
    extra = b"".join(block(number, b"") for number in range(2, 16_000))
    return zipped(*[Member(name=b"%d" % number, extra=extra) for number in range(50)])


BOMBS = (
    (bomb_in_a_zip, "cap-ratio"),
    (bomb_of_native_code, ""),
    (many_bombs_in_a_zip, "cap-ratio"),
    (members_over_one_another, "zip-overlap"),
    (bomb_in_a_tar, "cap-ratio"),
    (tar_member_held_whole, ""),
    (zeros_after_the_end, "cap-ratio"),
    (bomb_of_xz, "cap-held"),
    (bomb_of_bzip2, "cap-ratio"),
    (bomb_in_a_plain_gzip, "cap-ratio"),
    (headers_without_end, "cap-damage"),
    (extended_headers_without_end, "cap-steps"),
    (end_records_without_end, "zip-two-ends"),
    (extra_blocks_without_end, "zip-extra"),
)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize(("make", "kind"), BOMBS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_hostile_archive_is_answered_within_a_ceiling_of_memory(
    make: Callable[[], bytes], kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(make())
    root = Path(wheelcheck.__file__).parents[1]
    command = [sys.executable, "-c", CHILD, os.fspath(path)]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    peak, kinds = answer.stdout.rstrip("\n").split(" ", 1)
    assert int(peak) < CEILING
    assert kind in kinds.split(",")


def test_the_caps_are_those_that_are_published() -> None:
    budget = Budget()
    assert (budget.zip_members, budget.tar_members) == (65_535, 100_000)
    assert (budget.unpacked_bytes, budget.ratio_free_bytes, budget.ratio) == (4 << 30, 64 * MIB, 50)
    assert (budget.name_bytes, budget.name_depth, budget.pax_bytes) == (1_024, 64, MIB)


def test_a_budget_starts_unspent_and_is_not_shared_by_accident() -> None:
    one, other = Budget(), Budget()
    read(zipped(), one)
    assert one.unpacked > 0
    assert (other.packed, other.members, other.unpacked, other.reread, other.extended, other.spent) == (0,) * 6


def test_what_repeats_itself_below_the_free_bytes_is_not_a_bomb() -> None:
    content = nothing(2)
    assert read(zipped(Member(content=content)), Budget(ratio_free_bytes=2 * MIB)).damage == []
    assert read(zipped(Member(content=content)), Budget(ratio_free_bytes=2 * MIB - 1)).kinds == {"cap-ratio"}


def test_what_hardly_shrinks_is_not_a_bomb_whatever_its_size() -> None:
    content = b"".join(zlib.compress(b"%d" % number) for number in range(9_000))
    assert read(zipped(Member(content=content)), Budget(ratio_free_bytes=1_000)).damage == []


def test_a_nested_archive_does_not_widen_the_ratio_of_the_outermost() -> None:
    budget = Budget(ratio_free_bytes=MIB)
    outer = zipped(Member(content=nothing(1)))
    assert read(outer, budget).damage == []
    assert read(gz(tar(member(content=nothing(1)))), budget).kinds == {"cap-ratio"}


def test_the_walk_ends_at_the_cap_and_keeps_what_came_before() -> None:
    members = [Member(name=b"%d" % number, content=b"x" * 100) for number in range(5)]
    reading = read(zipped(*members), Budget(unpacked_bytes=250))
    assert reading.paths == ["0", "1"]
    assert [(fault.kind, fault.path, fault.cap) for fault in reading.damage] == [("cap-unpacked", "2", True)]


def test_what_is_large_has_more_steps_and_what_is_inside_it_has_none_of_its_own() -> None:
    budget, small = Budget(), Budget()
    small.open(16 * MIB)
    assert small.steps == Budget().steps
    budget.open(17 * MIB)
    budget.open(99 * MIB)  # a nested archive
    assert budget.steps == Budget().steps + MIB // 4


def test_deep_names_and_names_beyond_ascii_cost_more() -> None:
    plain, deep, odd = Budget(), Budget(), Budget()
    plain.check_name(b"a/b")
    deep.check_name(b"a/" * 20)
    odd.check_name("é".encode())
    assert 0 == plain.spent < min(deep.spent, odd.spent)


def unpack(length: int, **budget: int) -> Callable[[], object]:
    return lambda: Budget(**budget).count_unpacked(length, "a")


def members(count: int) -> None:
    budget = Budget()
    for _ in range(count):
        budget.count_member(2, 0, "")


def steps(count: int, of: int) -> None:
    budget = Budget(steps=of)
    budget.spend(count - 1)
    budget.require(1, "a")


def extended(*lengths: int) -> None:
    budget = Budget(extended_bytes=10)
    for length in lengths:
        budget.count_extended(length)


@pytest.mark.parametrize(
    ("most", "above", "kind", "path"),
    [
        (lambda: members(2), lambda: members(3), "cap-members", ""),
        (unpack(9, unpacked_bytes=9), unpack(10, unpacked_bytes=9), "cap-unpacked", "a"),
        (unpack(100, ratio_free_bytes=9, packed=2), unpack(101, ratio_free_bytes=9, packed=2), "cap-ratio", "a"),
        (unpack(9, ratio_free_bytes=9, packed=0), unpack(10, ratio_free_bytes=9, packed=0), "cap-ratio", "a"),
        (lambda: steps(9, of=9), lambda: steps(10, of=9), "cap-steps", "a"),
        (
            lambda: Budget(steps=9).count_member(1, 9, "a"),
            lambda: Budget(steps=9).count_member(1, 10, "a"),
            "cap-steps",
            "a",
        ),
        (lambda: extended(4, 6), lambda: extended(5, 6), "cap-pax", ""),
        (
            lambda: Budget().check_name(b"n" * 1024),
            lambda: Budget().check_name(b"n" * 1025),
            "cap-name",
            "n" * 80,
        ),
        (
            lambda: Budget().check_name(b"d/" * 64),
            lambda: Budget().check_name(b"d/" * 65),
            "cap-depth",
            "d/" * 40,
        ),
        (
            lambda: Budget().check_name(b"\xff" * 1024),
            lambda: Budget().check_name(b"\xff" * 1025),
            "cap-name",
            "�" * 80,
        ),
    ],
)
def test_a_cap_is_reached_before_it_is_passed(
    most: Callable[[], object], above: Callable[[], object], kind: str, path: str
) -> None:
    most()
    with pytest.raises(StopReadingError) as stopped:
        above()
    fault = stopped.value.damage
    assert (fault.kind, fault.path, fault.cap) == (kind, path, True)
    assert str(stopped.value) == fault.why


def test_a_ratio_is_told_with_both_sizes() -> None:
    with pytest.raises(StopReadingError, match="2,000 bytes unpack to over 100,000, expected at most 50 times"):
        Budget(ratio_free_bytes=9, packed=2_000).count_unpacked(100_001)


def test_rereading_may_cost_as_much_as_the_first_pass_and_an_allowance() -> None:
    assert Budget(reread_bytes=5, unpacked=3, reread=8).may_reread()
    assert not Budget(reread_bytes=5, unpacked=3, reread=9).may_reread()


def test_the_size_of_the_outermost_file_counts() -> None:
    budget = Budget()
    budget.open(7)
    budget.open(9)
    assert budget.packed == 7


def test_a_log_keeps_faults_up_to_the_cap() -> None:
    log = Log([], Budget(damages=2))
    log.note("zip-gap", "one", "a")
    with pytest.raises(StopReadingError) as stopped:
        log.note("zip-gap", "two")
    assert log.damage == [Damage("a", "zip-gap", "one"), Damage("", "zip-gap", "two")]
    assert stopped.value.damage == Damage("", "cap-damage", "more than 2 faults, the rest is not read", cap=True)
    log.note_limit("cap-held", "three", "b")
    assert log.damage[-1] == Damage("b", "cap-held", "three", cap=True)
    for end, cap in ((log.stop, False), (log.cap, True)):
        with pytest.raises(StopReadingError) as ended:
            end("cap-held", "why", "c")
        assert ended.value.damage == Damage("c", "cap-held", "why", cap=cap)


def test_extended_headers_cost_their_number_and_their_length() -> None:
    budget = Budget()
    budget.count_extended(0)
    fixed = budget.spent
    budget.count_extended(8000)
    assert (fixed, budget.spent) == (TAR_HEADER, 2 * TAR_HEADER + 1000)
    assert budget.extended == 8000


def test_extended_headers_of_exactly_the_most_bytes_are_read() -> None:
    budget = Budget(extended_bytes=100)
    budget.count_extended(100)
    with pytest.raises(StopReadingError):
        budget.count_extended(1)
