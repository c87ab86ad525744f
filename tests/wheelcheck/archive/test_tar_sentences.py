"""What is said of a damaged tar: what was found, where, and with which numbers."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_cases import read
from tests.support.tar_cases import TAR_CASES
from tests.support.tars import BLOCK, header, tar
from wheelcheck.archive import Budget, walk
from wheelcheck.archive.formats import CONTENT
from wheelcheck.counting import counted

if TYPE_CHECKING:
    from wheelcheck.damage import Damage


@pytest.mark.parametrize(
    ("name", "path", "why"),
    [
        ("cut in a second header", "", "a header of 100 bytes, expected 512"),
        ("cut in a member", "pkg-1/setup.py", "the archive ends 5 bytes before the end of a member"),
        ("cut in the padding of a member", "pkg-1/setup.py", "the archive ends 412 bytes before the end of a member"),
        ("a wrong checksum", "pkg-1/setup.py", "a header whose checksum is not 12201 (octal)"),
        ("a user that no system has", "pkg-1/setup.py", "uid 4294967295, expected a number"),
        ("a header hidden in a directory", "pkg-1", "a directory that declares 1024 bytes of data"),
        ("a hard link of another mode to a hard link", "pkg-1/two", "mode 0o2755 to 'pkg-1/hard', whose mode is 0o644"),
        ("another size", "pkg-1/setup.py", "size 8 in the header and 4 in the extended one"),
        ("a negative size", "PaxHeaders/setup.py", "size '-8', expected a decimal number"),
        ("a prefix without a name", "", "the prefix b'pkg-1' and no name"),
        ("a path of 65 levels", ("d/" * 65)[:80], "a path 65 levels deep, expected at most 64"),
        ("a path of 2,000 bytes", "n" * 80, "a name of 2,000 bytes, expected at most 1,024"),
        ("an extended header of 1 GiB", "x", "an extended header of 1,073,741,824 bytes, expected at most 1,048,576"),
    ],
)
def test_damage_is_told_with_its_numbers(name: str, path: str, why: str) -> None:
    found = [fault for case in TAR_CASES if case.name == name for fault in read(case.hostile, case.budget()).damage]
    assert [fault for fault in found if fault.path == path and why in fault.why] != [], found


@pytest.mark.parametrize("missing", [1, 511, 300_000, 600_000, 999_999, 1_000_000])
def test_of_a_member_that_is_cut_off_it_is_said_how_much_is_missing(missing: int) -> None:
    content = tar(end=b"") + header(b"pkg-1/data", size=1_000_000) + bytes(1_000_000 - missing)
    (fault,) = read(content).damage
    expected = f"the archive ends {counted(missing, 'byte')} before the end of a member, expected it whole"
    assert (fault.kind, fault.path, fault.why) == ("tar-truncated", "pkg-1/data", expected)


@pytest.mark.parametrize("missing", [1, 447, 448])
def test_the_padding_of_a_member_is_a_part_of_it(missing: int) -> None:
    content = tar(end=b"") + header(b"pkg-1/data", size=1_000_000) + bytes(1_000_000 + 448 - missing)
    assert len(content) % BLOCK == -missing % BLOCK
    (fault,) = read(content).damage
    assert fault.why.startswith(f"the archive ends {counted(missing, 'byte')} before the end of a member")


FIELDS = {
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "mtime": (136, 12),
    "devmajor": (329, 8),
    "devminor": (337, 8),
}


@pytest.mark.parametrize("field", FIELDS)
def test_each_digit_of_a_number_that_installers_pass_over_counts(field: str) -> None:
    start, length = FIELDS[field]
    for at in (start, start + length - 2):
        block = bytearray(header())
        block[at] = ord("8")
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        faults = read(bytes(block) + tar()[2 * BLOCK :]).damage
        assert [fault.kind for fault in faults if fault.kind == "tar-number"] == ["tar-number"], (field, at)


@pytest.mark.parametrize("size", [0, 1, 1 << 18, (1 << 18) + 1, 600_000])
def test_what_is_compressed_alone_is_one_file_of_its_whole_size(size: int) -> None:
    (entry,) = read(gzip.compress(b"x" * size)).entries
    assert (entry.path, entry.kind, entry.size) == (CONTENT, "file", size)


def test_reading_past_what_is_kept_names_the_member() -> None:
    damage: list[Damage] = []
    budget = Budget(held_bytes=1_000, prefix_bytes=100)
    content = tar(header(b"pkg-1/data", size=600_000) + bytes(600_000) + bytes(-600_000 % BLOCK))
    for entry, source in walk(io.BytesIO(content), budget, damage):
        assert source.read(0, entry.size) == bytes(entry.size)[:100]
    expected = "only the first 100 of 600,000 bytes were kept, the rest is not examined"
    assert [(fault.path, fault.why) for fault in damage] == [("pkg-1/data", expected)]
