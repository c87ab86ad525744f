from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_wheel, an_sdist, member, wheel
from tests.support.native_files import library
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe
    from wheelcheck.facts import Wheel


FOLDER = "demo-1.0.dist-info"
METADATA = f"{FOLDER}/METADATA"


def described(*lines: str, version: str = "2.1", files: tuple[File, ...] = ()) -> WheelRecipe:
    """A wheel whose METADATA has these further lines."""
    text = "\n".join((f"Metadata-Version: {version}", "Name: demo", "Version: 1.0", *lines, ""))
    return a_wheel(X86_64, library("x86_64"), *files, dist_info={"METADATA": text.encode("utf-8", "surrogateescape")})


def in_version(version: str, *lines: str) -> Wheel:
    """The facts of a wheel whose METADATA is of a version that no tool writes yet."""
    text = "\n".join((f"Metadata-Version: {version}", "Name: demo", "Version: 1.0", *lines, ""))
    folder = tuple(member(f"{FOLDER}/{name}") for name in ("METADATA", "WHEEL", "RECORD"))
    return wheel(X86_64, *folder, texts={METADATA: text})


LONG = "1" * 5000
DEEP = "(" * 4000 + "os_name == 'a'" + ")" * 4000


def in_metadata(sentence: str, bad: str, good: str, found: str) -> Twins:
    return Twins("WC220", sentence, described(bad), described(good), found, (METADATA,))


def in_pkg_info(line: str) -> File:
    return File("PKG-INFO", f"Metadata-Version: 2.2\nName: demo\nVersion: 1.0\n{line}\n".encode())


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC220",
            "a requirement of an sdist whose version is none",
            an_sdist(in_pkg_info("Requires-Dist: other ==2010i")),
            an_sdist(in_pkg_info("Requires-Dist: other ==2010")),
            "found Requires-Dist 'other ==2010i'",
            ("demo-1.0/PKG-INFO",),
        ),
        in_metadata(
            "a requirement that no installer can parse",
            "Requires-Dist: numpy (>1.0",
            "Requires-Dist: numpy (>1.0)",
            "found Requires-Dist 'numpy (>1.0'",
        ),
        in_metadata(
            "a Python specifier that is none",
            "Requires-Python: 3.8+",
            "Requires-Python: >=3.8",
            "found Requires-Python '3.8+', expected a version specifier",
        ),
        *(
            in_metadata(why, f"{field}: {value}", f"{field}: {good}", f"found {field}")
            for why, field, value, good in (
                ("a requirement with more digits than a number can have", "Requires-Dist", f"x=={LONG}", "x==1"),
                ("a requirement in too many parentheses", "Requires-Dist", f"x; {DEEP}", "x; (os_name == 'a')"),
                ("a Python version with more digits than a number can have", "Requires-Python", f">={LONG}", ">=3"),
            )
        ),
        in_metadata(
            "a letter and a byte that is not UTF-8",
            "Author: \u00e9\udcff",
            "Author: \u00e9",
            "bytes that are not UTF-8",
        ),
        in_metadata(
            "a space before the colon", "Requires-Dist : x", "Requires-Dist: x", "found the line 'Requires-Dist : x'"
        ),
        in_metadata(
            "a line without a colon", "Requires-Dist x", "Requires-Dist: x", "found the line 'Requires-Dist x' among"
        ),
        in_metadata("bytes that are not UTF-8", "Author: \udce9", "Author: \u00e9", "found bytes that are not UTF-8"),
        *(
            in_metadata(
                f"a {char!r}, where some readers end the line and others go on",
                f"Summary: one{char}Requires-Dist: other",
                "Summary: one  Requires-Dist: other",
                "found a control character in",
            )
            for char in ("\0", "\r", "\v", "\f", "\x1c", "\x85", "\u2028")
        ),
        *(
            in_metadata(
                f"a {char!r} in the text of a licence",
                f"License: one{char}Requires-Dist: other",
                f"License: one\n        {char}        \n        {char}Part 1: two{char}",
                "found a control character in",
            )
            for char in ("\v", "\f", "\x1c", "\x85")
        ),
        Twins(
            "WC220",
            "a version of the metadata that nobody knows",
            described(version="3.0"),
            described(version="2.4"),
            "found Metadata-Version 3.0, expected one of",
            (METADATA,),
        ),
        Twins(
            "WC221",
            "a field that came later than the version declared",
            described("License-Expression: MIT", version="2.3"),
            described("License-Expression: MIT", version="2.4"),
            "found license-expression in Metadata-Version 2.3, expected 2.4 or newer",
            (METADATA,),
        ),
        Twins(
            "WC221",
            "a field of an sdist that came later than the version declared",
            an_sdist(in_pkg_info("License-Expression: MIT")),
            an_sdist(in_pkg_info("Dynamic: License")),
            "found license-expression in Metadata-Version 2.2, expected 2.4 or newer",
            ("demo-1.0/PKG-INFO",),
        ),
        Twins(
            "WC221",
            "Dynamic came with 2.2",
            described("Dynamic: License", version="2.1"),
            described("Dynamic: License", version="2.2"),
            "found dynamic in Metadata-Version 2.1",
            (METADATA,),
        ),
        Twins(
            "WC221",
            "2.10 is newer than 2.4",
            described("License-Expression: MIT", version="2.3"),
            in_version("2.10", "License-Expression: MIT"),
            "found license-expression",
            (METADATA,),
        ),
        Twins(
            "WC223",
            "2.10 is newer than 2.4, so its licence files are promised",
            in_version("2.10", "License-File: LICENSE"),
            in_version("1.10", "License-File: LICENSE"),
            "found License-File 'LICENSE'",
            (METADATA,),
        ),
        Twins(
            "WC223",
            "a licence that is declared and not there",
            described("License-File: LICENSE", version="2.4"),
            described("License-File: LICENSE", version="2.4", files=(File(f"{FOLDER}/licenses/LICENSE"),)),
            "found License-File 'LICENSE', which is not in demo-1.0.dist-info/licenses",
            (METADATA,),
        ),
    ],
    ids=str,
)
def test_metadata_can_be_read_and_is_true(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC221", "an old version without new fields", described(version="1.0")),
        Silent("WC223", "before 2.4 the field had no fixed place", described("License-File: COPYING", version="2.3")),
    ],
    ids=str,
)
def test_fields_that_the_specification_allows_pass(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
