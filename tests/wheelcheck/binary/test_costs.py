"""What reading a native file takes is counted, and in proportion: hostile files repeat a row and not its bytes."""

from __future__ import annotations

import struct
from itertools import starmap
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.ar_cases import archive, member
from tests.support.macho_cases import command, read
from tests.support.pe_cases import imports
from wheelcheck.binary import Binary, read_binary
from wheelcheck.binary.elf_lookup import SysvHash
from wheelcheck.binary.model import Slice, Symbol, VersionNeed
from wheelcheck.binary.objects import MACHINE_LIMIT
from wheelcheck.binary.reader import DAMAGE_LIMIT, NAMES_LIMIT, Blocks, BudgetExceededError, Reading
from wheelcheck.damage import Damage
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LOAD, _DYNAMIC, _INTERP, _NOTE, _PHDR = 1, 2, 3, 4, 6
_STRTAB, _STRSZ, _NEEDED, _VERDEF = 5, 10, 1, 0x6FFFFFFC

Segment = tuple[int, int, int]  # type, offset, size


def elf(entries: Sequence[tuple[int, int]], strings: bytes, *segments: Segment, tail: bytes = b"") -> bytes:
    """Return a library of one PT_LOAD: header, segments, dynamic entries, `tail` at TAIL, then the strings.

    An entry's value of -1 stands for the address of `tail`.
    """
    dynamic = 64 + 56 * (2 + len(segments))
    at = dynamic + 16 * (len(entries) + 3)
    end = at + len(tail) + len(strings)
    rows = [(tag, at if value < 0 else value) for tag, value in entries]
    rows += [(_STRTAB, at + len(tail)), (_STRSZ, len(strings)), (0, 0)]
    placed = [(_LOAD, 0, end), (_DYNAMIC, dynamic, 16 * len(rows))]
    placed += [(kind, at if offset < 0 else offset, size) for kind, offset, size in segments]
    return (
        b"\x7fELF\2\1\1".ljust(16, b"\0")
        + struct.pack("<2HI3QI6H", 3, 62, 1, 0, 64, 0, 0, 64, 56, len(placed), 64, 0, 0)
        + b"".join(struct.pack("<2I6Q", kind, 7, where, where, where, size, size, 8) for kind, where, size in placed)
        + b"".join(starmap(struct.Struct("<2Q").pack, rows))
        + tail
        + strings
    )


def binary(content: bytes) -> Binary:
    found = read_binary("x", Bytes(content))
    assert found is not None
    return found


def with_needs(count: int, name: bytes = b"x" * 1000) -> bytes:
    return elf([(_NEEDED, 1 + at) for at in range(count)], b"\0" + name + b"\0")


def with_definitions(count: int) -> bytes:
    rows = b"".join(
        struct.pack("<4H3I2I", 1, 0, 1, 1, 0, 20, 28 if at < count - 1 else 0, 1 + at, 0) for at in range(count)
    )
    return elf([(_VERDEF, -1)], b"\0" + b"x" * 1000 + b"\0", tail=rows)


@pytest.mark.parametrize("made", [with_needs, with_definitions])
def test_names_of_libraries_and_versions_count_as_those_of_symbols(made: object) -> None:
    """1,500 small files with 30 names each took 700 MiB."""
    assert callable(made)
    assert binary(made(20)).name_bytes == sum(1000 - at for at in range(20))
    assert binary(made(40)).name_bytes == sum(1000 - at for at in range(40))


def test_a_name_that_is_not_ascii_counts_sixteen_times() -> None:
    name = "ä".encode() * 100
    assert binary(with_needs(1, name)).name_bytes == 16 * 200


def mac(*loaded: bytes) -> bytes:
    """Return a bundle whose load commands are LC_RPATH."""
    padded = (each.ljust(-(-(len(each) + 1) // 8) * 8 + 4, b"\0") for each in loaded)
    paths = b"".join(command(0x8000001C, struct.pack("<I", 12) + each) for each in padded)
    return struct.pack("<8I", 0xFEEDFACF, 0x0100000C, 0, 8, len(loaded), len(paths), 0x85, 0) + paths


def universal(slices: int, thin: bytes) -> bytes:
    """Return a universal file whose slices are all the same bytes."""
    rows = b"".join(struct.pack(">5I", 0x0100000C, number, 4096, len(thin), 12) for number in range(slices))
    return (struct.pack(">2I", 0xCAFEBABE, slices) + rows).ljust(4096, b"\0") + thin


def test_slices_may_overlap_and_their_search_paths_are_counted_each_time() -> None:
    """32 slices of the same 4,000 search paths, in 24 packed kilobytes, took two gigabytes."""
    one, two = (read(universal(slices, mac(*[b"x" * 3000] * 100))) for slices in (1, 2))
    assert (one.name_bytes, two.name_bytes) == (300_000, 600_000)
    assert read(universal(30, mac(*[b"x" * 3000] * 100))).slices
    many = read(universal(32, mac(*[b"x" * 3000] * 400)))
    assert many.slices == ()
    assert ("macho-limit", True) in [(damage.kind, damage.cap) for damage in many.damage]


def test_a_name_too_many_ends_the_reading() -> None:
    reading = Reading("x", "pe", Blocks(Bytes(b"")))
    for _ in range(NAMES_LIMIT // 2**20):
        assert reading.string(b"x" * 2**20) == "x" * 2**20
    with pytest.raises(BudgetExceededError, match="its names have more than"):
        reading.string(b"x")


def with_notes(count: int) -> bytes:
    """Return a library with as many empty notes, in one segment of which there are two."""
    return elf([], b"\0", *[(_NOTE, -1, 12 * count)] * 2, tail=struct.pack("<3I", 0, 0, 5) * count)


def with_headers(count: int) -> bytes:
    """Return a program with as many PT_PHDR as PT_LOAD."""
    loader = b"\0/lib64/ld-linux-x86-64.so.2\0"
    each = [(_PHDR, 64, 56), (_LOAD, 0, 64)] * count
    at = 64 + 56 * (3 + len(each)) + 16 * 3 + 1
    return elf([], loader, (_INTERP, at, len(loader) - 1), *each)


def with_descriptors(count: int) -> bytes:
    """Return a DLL with as many import descriptors that lead to nothing."""
    return imports(struct.pack("<5I", 0, 0, 0, 1 << 30, 0) * count + bytes(20))(native.windows())


def with_a_version(length: int) -> bytes:
    """Return a library that needs a version with a name of this length."""
    need = struct.pack("<2H3I", 1, 1, 1, 16, 0) + struct.pack("<I2H2I", 1, 0, 2, 3, 0)
    return elf([(0x6FFFFFFE, -1), (0x6FFFFFFF, 1)], b"\0a\0" + b"x" * length + b"\0", tail=need)


@pytest.mark.parametrize(
    ("made", "size", "power"),
    [(with_notes, 100, 1), (with_descriptors, 200, 1), (with_a_version, 1000, 1), (with_headers, 100, 2)],
)
def test_the_rows_that_are_walked_grow_as_the_work_does(made: object, size: int, power: int) -> None:
    """2,000 files of 5 kB took 17 s for their notes, 400 DLLs 27 s, 900 libraries 34 s for the hashes of versions."""
    assert callable(made)
    once, twice, four_times = (binary(made(size * factor)).rows for factor in (1, 2, 4))
    assert (four_times - twice) / (twice - once) == pytest.approx(2**power, rel=0.3)


def test_the_steps_of_a_lookup_are_counted() -> None:
    table = SysvHash([1], [0, *range(2, 100), 0])
    told: list[int] = []
    assert table.leads_to(b"n50", lambda index: b"n%d" % index, told.append)
    assert not table.leads_to(b"none", lambda index: b"n%d" % index, told.append)
    assert told[0] == 50
    assert told[1] >= 99


def test_faults_that_are_not_listed_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A symbol table of 240,000 faults took eleven seconds."""
    compared: list[int] = []

    def compare(one: Damage, other: Damage) -> bool:
        compared.append(1)
        return one.why == other.why

    monkeypatch.setattr(Damage, "__eq__", compare)
    reading = Reading("x", "elf", Blocks(Bytes(b"")))
    for number in range(10_000):
        reading.damage("elf-dynamic", str(number % 5_000))
    assert len(reading.found) == DAMAGE_LIMIT + 1
    assert len(compared) < DAMAGE_LIMIT


def test_an_archive_for_more_machines_than_any_is_not_verified() -> None:
    """65,000 members, each for a machine of its own, took six seconds."""
    objects = [struct.pack("<4s3I", b"\xcf\xfa\xed\xfe", 0x2000_0000 + number, 0, 1) for number in range(300)]
    members = [member(b"x.o/", each) for each in objects]
    good, bad = binary(archive(*members[:MACHINE_LIMIT])), binary(archive(*members))
    assert (len(good.slices), good.damage) == (MACHINE_LIMIT, ())
    assert [(damage.kind, damage.cap) for damage in bad.damage] == [("ar-limit", True)]


class _Counted(tuple[Symbol, ...]):  # noqa: SLOT001  # it has one value for all
    """Symbols that know how often they were gone through."""

    passes = 0

    def __iter__(self) -> Iterator[Symbol]:
        type(self).passes += 1
        return super().__iter__()


def test_the_symbols_of_many_versions_are_found_in_one_pass() -> None:
    """1,000 versions and 100,000 symbols took half a minute."""
    needs = [VersionNeed("libc.so.6", f"GLIBC_9.{number}") for number in range(10)]
    symbols = _Counted(Symbol(f"f{number}", needs[number % 10].version, "libc.so.6") for number in range(20))
    slice_ = Slice("EM_X86_64", ("x86_64",), "library", "linux", imports=symbols)
    assert slice_.symbols_of(*needs[:2]) == ["f0", "f1", "f10", "f11"]
    assert _Counted.passes == 1


def test_each_need_is_reported_once_with_its_symbols_found_in_one_pass() -> None:
    """`inspect` of such a file took a quarter of a minute; a need that is there a thousand times, gigabytes of JSON."""
    needs = [VersionNeed("libc.so.6", f"GLIBC_9.{number}") for number in range(10)]
    symbols = _Counted(Symbol(f"f{number}", needs[number % 9].version, "libc.so.6") for number in reversed(range(18)))
    slice_ = Slice("EM_X86_64", ("x86_64",), "library", "linux", versions=(*needs, *needs), imports=symbols)
    _Counted.passes = 0
    found = slice_.symbols_by_need()
    assert [need for need, _ in found] == needs
    assert (found[0][1], found[9][1]) == (["f0", "f9"], [])
    assert _Counted.passes == 1
