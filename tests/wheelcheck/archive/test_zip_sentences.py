"""What is said of a damaged zip: what was found, where, and with which numbers."""

from __future__ import annotations

import pytest

from tests.support.archive_cases import assert_told, read
from tests.support.zip_cases import ASKED_FOR_A_ZIP, GOOD, ZIP_CASES
from wheelcheck.archive import walk_zip


def test_every_zip_case_says_what_was_found_and_what_was_expected() -> None:
    found = [read(case.hostile, case.budget()) for case in ZIP_CASES]
    found += [read(case.hostile, walker=walk_zip) for case in ASKED_FOR_A_ZIP]
    for reading in found:
        for fault in reading.damage:
            assert_told(fault)


@pytest.mark.parametrize(
    ("name", "kind", "path"),
    [
        ("bytes between members", "zip-gap", "b.py"),
        ("bytes before the directory", "zip-gap", ""),
        ("a member listed twice", "zip-overlap", "b.py"),
        ("a packed size too large", "zip-overlap", "b.py"),
        ("bytes before it that offsets count", "zip-prefix", "pkg/module.py"),
        ("bytes before it that offsets leave out", "zip-prefix", ""),
        ("a saturated size without a block", "zip-zip64", "pkg/module.py"),
        ("a block that no field asks for", "zip-zip64", "pkg/module.py"),
        ("a block for a value that fits", "zip-zip64-unneeded", "pkg/module.py"),
        ("a local block with another size", "zip-zip64", "pkg/module.py"),
        ("a member on disk 1", "zip-disk", "pkg/module.py"),
        ("too many bytes", "cap-unpacked", "pkg/module.py"),
        ("too many from too few", "cap-ratio", "pkg/module.py"),
    ],
)
def test_what_may_concern_the_whole_zip_names_the_member_where_it_concerns_one(name: str, kind: str, path: str) -> None:
    (case,) = (each for each in ZIP_CASES if each.name == name)
    found = read(case.hostile, case.budget()).damage
    assert (kind, path) in {(fault.kind, fault.path) for fault in found}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("a member that is not listed", "a member that the central directory does not list"),
        ("bytes between members", "bytes that belong to nothing"),
        ("bytes before the directory", "bytes that belong to nothing"),
    ],
)
def test_a_gap_is_called_what_it_is(name: str, what: str) -> None:
    (case,) = (each for each in ZIP_CASES if each.name == name)
    assert [what in fault.why for fault in read(case.hostile).damage] == [True]


@pytest.mark.parametrize(
    ("name", "path", "why"),
    [
        ("a comment", "", "an archive comment of 5 bytes"),
        ("a zip inside the comment", "", f"another end record begins {len(GOOD) + 22} bytes before the end"),
        ("a zip inside the comment", "", f"{len(GOOD)} bytes before the archive that its offsets leave out"),
        ("a comment longer than the file", "", "0 bytes of comment, expected 9"),
        ("a comment longer than it says", "", "5 bytes after the archive"),
        ("a comment shorter than declared by none", "", "9 bytes after the archive"),
        ("bytes before it that offsets count", "pkg/module.py", "10 bytes before the first member"),
        ("fewer members on this disk than in all", "", "disk 0 of a set, 0 of 1 members on it"),
        ("an entry count too high", "", "2 members, expected the 3 that"),
        ("a directory size that ends in a record", "", "9 bytes between the central directory and the end record"),
        ("a directory size that ends in a record", "", "a record cut short at byte 0 of the directory"),
        ("a directory that holds something else", "", "no central directory record at byte 59 of the directory"),
        ("another count", "", "entries is 7 in the end record and 1 in the zip64 one"),
        ("another size", "", "size is 7 in the end record and 59 in the zip64 one"),
        ("another offset", "", f"offset is 7 in the end record and {len(GOOD) - 81} in the zip64 one"),
        ("two saturated sizes without a block", "pkg/module.py", "size and packed size at the 32-bit limit"),
        ("a block that is too short", "pkg/module.py", "a zip64 extra block of 2 bytes, expected 8"),
        ("a block that no field asks for", "pkg/module.py", "a zip64 extra block of 16 bytes, expected 0"),
        ("65 extra blocks", "pkg/module.py", "the central directory has over 64 extra blocks"),
        ("65 extra blocks", "pkg/module.py", "the local header has over 64 extra blocks"),
        ("a second name of 200 letters", "pkg/module.py", f"the name '{'n' * 80}', expected 'pkg/module.py'"),
        ("no local header", "pkg/module.py", "no local header at byte 4"),
        ("a packed size too large", "b.py", "the data before the header of 'b.py' reaches 2 bytes into it"),
        ("bytes between members", "b.py", "1 byte before the header of 'b.py': bytes that"),
        ("a descriptor that is missing", "pkg/module.py", "0 bytes after the data and no descriptor"),
        ("a descriptor of nine bytes too many", "b.py", "25 bytes before the header of 'b.py': bytes that"),
        ("a file that is a folder for MS-DOS", "pkg/module.py", "MS-DOS attributes 0x10"),
    ],
)
def test_damage_is_told_with_its_numbers(name: str, path: str, why: str) -> None:
    found = [fault for case in ZIP_CASES if case.name == name for fault in read(case.hostile).damage]
    assert [fault for fault in found if fault.path == path and why in fault.why] != []
