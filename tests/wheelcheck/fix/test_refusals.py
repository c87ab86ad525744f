from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import EXECUTABLE, X86_64, File, an_sdist
from tests.support.fixable import (
    JWS,
    NOT_EXECUTABLE,
    P7S,
    SCRIPT,
    lib,
    plain,
)
from tests.support.native_files import linked_with
from wheelcheck import check
from wheelcheck.fix import Refusal, fixable, plans
from wheelcheck.report.fixes import hint

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_comment(content: bytes) -> bytes:
    return content[:-2] + b"\4\0" + b"more"


def twice(content: bytes) -> bytes:
    """Give the program the module's name, in both of its headers."""
    return content.replace(b"demo/__other__.py", b"demo/__init__2.py").replace(
        b"demo/__third__.py", b"demo/__init__2.py"
    )


REFUSED = [
    ("code for another CPU", plain(X86_64, NOT_EXECUTABLE, lib(2, 17, cpu="aarch64")), "WC301"),
    ("code for another CPU alone", plain(X86_64, lib(2, 17, cpu="aarch64")), "a new build is needed: WC301"),
    ("a zip that is cut short", plain(X86_64, NOT_EXECUTABLE, change=truncated), "the container must be sound"),
    ("a zip with a comment", plain(X86_64, NOT_EXECUTABLE, change=with_comment), "zip-comment"),
    (
        "a name twice",
        plain(X86_64, NOT_EXECUTABLE, File("demo/__other__.py"), File("demo/__third__.py", b"x"), change=twice),
        "zip-duplicate-name",
    ),
    ("a signed RECORD", plain(X86_64, NOT_EXECUTABLE, File(JWS)), "it is signed"),
    ("a signed RECORD of another kind", plain(X86_64, NOT_EXECUTABLE, File(P7S)), "it is signed"),
    ("no RECORD", plain(X86_64, NOT_EXECUTABLE, dist_info={"RECORD": None}), "WHEEL and RECORD"),
    (
        "a WHEEL with more than fields",
        plain(X86_64, NOT_EXECUTABLE, wheel=f"Root-Is-Purelib: false\nTag: {X86_64}\n\nmore text\n"),
        "lines that are no fields",
    ),
    ("an empty program beside it", plain(X86_64, NOT_EXECUTABLE, File("demo/bin/empty", b"", EXECUTABLE)), "WC305"),
    (
        "a script whose first line no kernel takes",
        plain(X86_64, NOT_EXECUTABLE, File(SCRIPT, b"#!/bin/sh\r\n", EXECUTABLE)),
        "WC302",
    ),
    ("a musl program under a glibc tag", plain(X86_64, lib(2, 34), File("demo/libm.so", native.musl_library)), "WC402"),
    ("another project inside", plain(X86_64, NOT_EXECUTABLE, file=f"other-1.0-{X86_64}.whl"), "WC2"),
]  # fmt: skip  # a row per wheel


@pytest.mark.parametrize(("recipe", "why"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_wheel_that_would_still_fail_or_must_not_change_is_not_touched(
    recipe: WheelRecipe, why: str, tmp_path: Path
) -> None:
    (decided,) = plans(check([recipe.write(tmp_path)]))
    assert isinstance(decided, Refusal)
    assert why in decided.why


def test_a_floor_is_not_raised_into_a_tag_that_lacks_a_library(tmp_path: Path) -> None:
    versioned = linked_with("libstdc++.so.6", version="GLIBCXX_9.9", path="demo/libother.so")
    (decided,) = plans(check([plain(X86_64, lib(2, 34), versioned).write(tmp_path)]))
    assert isinstance(decided, Refusal)
    assert "WC410" in decided.why


def test_an_sdist_is_never_fixed(tmp_path: Path) -> None:
    sound, setuid = an_sdist(File("demo.py")), an_sdist(File("demo.py", mode=0o104755))
    assert plans(check([sound.write(tmp_path)])) == ()
    (decided,) = plans(check([setuid.write(tmp_path)]))
    assert isinstance(decided, Refusal)
    assert "only wheels can be fixed" in decided.why


def test_only_findings_that_would_be_fixed_are_counted_as_fixable(tmp_path: Path) -> None:
    report = check([plain(X86_64, NOT_EXECUTABLE, lib(2, 17, cpu="aarch64")).write(tmp_path)])
    assert [finding.code for finding in report.findings if finding.fix] == ["WC302"]
    assert (fixable(report), hint(report)) == ((), "")
