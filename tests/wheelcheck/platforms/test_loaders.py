from __future__ import annotations

import pytest

from wheelcheck.platforms.loaders import from_origin


@pytest.mark.parametrize(
    ("entry", "folder", "meant"),
    [
        ("$ORIGIN", "demo", "demo"),
        ("${ORIGIN}", "demo", "demo"),
        ("$ORIGIN/", "demo", "demo"),
        ("$ORIGIN/../demo.libs", "demo", "demo.libs"),
        ("${ORIGIN}/../demo.libs", "demo/sub", "demo/demo.libs"),
        ("$ORIGIN.libs", "demo", "demo.libs"),
        ("${ORIGIN}lib", "demo", "demolib"),
        ("$ORIGIN", "", "."),
        ("$ORIGIN/lib", "", "lib"),
        ("$ORIGIN/..", "", ".."),
        ("$ORIGIN/../..", "demo", ".."),
        ("$ORIGINlib", "demo", None),
        ("$ORIGIN_2", "demo", None),
        ("${ORIGIN", "demo", None),
        ("$ORIGI", "demo", None),
        ("/$ORIGIN", "demo", None),
        ("", "demo", None),
    ],
)
def test_an_entry_is_read_as_glibc_reads_it(entry: str, folder: str, meant: str | None) -> None:
    assert from_origin(entry, folder) == meant
