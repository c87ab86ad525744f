"""What is said of a damaged compressed file: what was found, with which numbers."""

from __future__ import annotations

import pytest

from tests.support.archive_cases import read
from tests.support.gzip_cases import GOOD, GZIP_CASES

pytestmark = pytest.mark.usefixtures("each_codec")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("cut in the trailer", "7 bytes of trailer, expected 8"),
        ("a wrong size", "bytes unpacked, expected 1"),
        ("bytes after the end", "bytes that belong to nothing after the end of the gzip member"),
        ("zeros after the end", "zeros after the end of the gzip member"),
        ("another gzip member", "a second gzip member after the end of the gzip member"),
        ("reserved flags", "header flags 0x80, expected none of the reserved ones"),
        ("an extra field", "3 bytes of extra field in the gzip header"),
        ("a comment", "a comment of 6 bytes in the gzip header"),
        ("an extra field, a name, a comment and a checksum", "a comment of 6 bytes in the gzip header"),
        ("an endless name", "a name or comment of over 1024 bytes, expected it to end"),
        ("a wrong header checksum", "header CRC 0000, expected that of the header"),
        ("cut in the header", "it begins with 1f 8b 08 00"),
        ("an xz cut short", "the xz stream is cut short"),
        ("a bzip2 cut short", "the bzip2 stream is cut short"),
        ("an xz and more", "bytes after the end of the xz stream"),
        ("a bzip2 and more", "bytes after the end of the bzip2 stream"),
        ("an xz of a 128 MiB dictionary", "xz asks for over 80 MiB of memory"),
    ],
)
def test_damage_is_told_with_its_numbers(name: str, why: str) -> None:
    found = [fault.why for case in GZIP_CASES if case.name == name for fault in read(case.hostile).damage]
    assert [told for told in found if why in told] != [], found


@pytest.mark.parametrize("flag", [1 << bit for bit in range(8)])
def test_the_three_highest_flags_are_reserved(flag: int) -> None:
    fields = {2: b"\0\0", 4: b"\0\0"}.get(flag, b"\0" if flag in (8, 16) else b"")
    content = GOOD[:3] + bytes([flag]) + GOOD[4:10] + fields + GOOD[10:]
    assert any("reserved" in fault.why for fault in read(content).damage) is (flag >= 0x20)
