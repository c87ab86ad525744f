from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File
from tests.support.fixable import (
    ANY,
    CRLF_RECORD,
    IMPURE,
    SCRIPT,
    TOOL,
    TWO_TAGS,
    false_row,
    lib,
    lost_and_added,
    mac,
    md5_rows,
    plain,
    streamed,
    tool,
    universal,
)
from tests.support.native_files import ARM64, library, linked_with
from wheelcheck import check
from wheelcheck.fix import Plan, fixable, plans
from wheelcheck.fix.rewrite import rewrite
from wheelcheck.report.fixes import differences
from wheelcheck.rules import FIXES
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe


@dataclass(frozen=True)
class Fixed:
    """A wheel, the codes of what is fixed in it, and what the difference must say."""

    name: str
    recipe: WheelRecipe
    codes: set[str]
    says: tuple[str, ...]
    tags: str = ""  # of the file name, if they change
    others: set[str] = field(default_factory=set)  # codes that stay


FIXED = [
    Fixed("a program at 0644", plain(X86_64, tool(0o100644)), {"WC302"}, (f"mode 100644 → 100755 {TOOL}",)),
    Fixed("a program without file type", plain(X86_64, tool(0o755)), {"WC302"}, (f"mode 000755 → 100755 {TOOL}",)),
    Fixed("a program without mode", plain(X86_64, tool(0)), {"WC302"}, (f"mode 000000 → 100755 {TOOL}",)),
    Fixed(
        "a script of .data",
        plain(ANY, File(SCRIPT, b"#!python\n"), wheel=f"Root-Is-Purelib: true\nTag: {ANY}\n"),
        {"WC302"},
        (f"mode 100644 → 100755 {SCRIPT}",),
    ),
    Fixed("a setuid program", plain(X86_64, tool(0o104755)), {"WC112"}, (f"mode 104755 → 100755 {TOOL}",)),
    Fixed(
        "a file nobody can read",
        plain(X86_64, library("x86_64"), File("demo/data.txt", b"x", 0o100000)),
        {"WC112"},
        ("mode 100000 → 100644 demo/data.txt",),
    ),
    Fixed(
        "a false row of RECORD",
        plain(X86_64, library("x86_64"), record=false_row),
        {"WC212"},
        ("- demo/__init__.py,sha256=" + "A" * 43 + ",1",),
    ),
    Fixed(
        "a lost file and one that is not listed",
        plain(X86_64, library("x86_64"), record=lost_and_added),
        {"WC210", "WC211"},
        ("- demo/gone.py,sha256=" + "A" * 43 + ",9",),
    ),
    Fixed("md5 in RECORD", plain(X86_64, library("x86_64"), record=md5_rows), {"WC213"}, ()),
    Fixed(
        "the Tag lines of another name",
        plain(X86_64, library("x86_64"), wheel="Root-Is-Purelib: false\nTag: cp311-cp311-linux_x86_64\n"),
        {"WC205"},
        ("- Tag: cp311-cp311-linux_x86_64", f"+ Tag: {X86_64}"),
    ),
    Fixed(
        "no Tag line for the second tag",
        plain(TWO_TAGS, library("x86_64"), wheel=f"{IMPURE}Tag: py3-none-manylinux_2_17_x86_64\n"),
        {"WC205"},
        ("+ Tag: py3-none-manylinux_2_28_x86_64",),
    ),
    Fixed(
        "native code in purelib",
        plain(X86_64, library("x86_64"), wheel=f"Root-Is-Purelib: true\nTag: {X86_64}\n"),
        {"WC206"},
        ("- Root-Is-Purelib: true", "+ Root-Is-Purelib: false"),
    ),
    Fixed(
        "Root-Is-Purelib with a capital",
        plain(ANY, wheel=f"Root-Is-Purelib: True\nTag: {ANY}\n"),
        {"WC209"},
        ("+ Root-Is-Purelib: true",),
    ),
    Fixed(
        "a library that needs a newer glibc",
        plain(X86_64, lib(2, 34)),
        {"WC401"},
        (f"- Tag: {X86_64}", "+ Tag: cp311-cp311-manylinux_2_34_x86_64"),
        "cp311-cp311-manylinux_2_34_x86_64",
    ),
    Fixed(
        "two lower tags of one CPU",
        plain("py3-none-manylinux1_x86_64.manylinux_2_17_x86_64.manylinux_2_34_x86_64", lib(2, 34)),
        {"WC401"},
        (),
        "py3-none-manylinux_2_34_x86_64",
    ),
    Fixed(
        "one of two tags for macOS",
        plain("py3-none-macosx_10_9_x86_64.macosx_11_0_arm64", universal("10.13", "11.0")),
        {"WC501"},
        ("+ Tag: py3-none-macosx_10_13_x86_64",),
        "py3-none-macosx_10_13_x86_64.macosx_11_0_arm64",
    ),
    Fixed(
        "a library that needs a newer libstdc++",
        plain(X86_64, linked_with("libstdc++.so.6", version="GLIBCXX_3.4.29", path="demo/libcpp.so")),
        {"WC410"},
        ("+ Tag: cp311-cp311-manylinux_2_34_x86_64",),
        "cp311-cp311-manylinux_2_34_x86_64",
    ),
    Fixed(
        "RECORD with Windows line ends",
        plain(X86_64, tool(0o100755), dist_info={"RECORD": CRLF_RECORD}),
        {"WC210", "WC212"},
        ("  line ends CRLF → LF",),
    ),
    Fixed(
        "sizes that follow the data",
        plain(X86_64, tool(0o100644), change=streamed),
        {"WC302"},
        ("zip written again without zip-descriptor: sizes follow the data instead of preceding it",),
    ),
    Fixed("a program for macOS 13", plain(ARM64, mac("13.0")), {"WC501"}, (), "py3-none-macosx_13_0_arm64"),
    Fixed(
        "a program for macOS 13.3, which no tag can name",
        plain(ARM64, mac("13.3")),
        {"WC501"},
        (),
        "py3-none-macosx_13_0_arm64",
        {"WC501"},
    ),
    Fixed(
        "one half of a universal program",
        plain("py3-none-macosx_10_9_universal2", universal("10.13", "11.0")),
        {"WC501"},
        (),
        "py3-none-macosx_10_13_universal2",
    ),
    Fixed(
        "everything at once",
        plain(X86_64, tool(0o100644), lib(2, 34), wheel=f"Root-Is-Purelib: true\nTag: {X86_64}\n", record=false_row),
        {"WC206", "WC212", "WC302", "WC401"},
        (f"mode 100644 → 100755 {TOOL}",),
        "cp311-cp311-manylinux_2_34_x86_64",
    ),
]  # fmt: skip  # a row per wheel


@pytest.mark.parametrize("case", FIXED, ids=lambda case: case.name)
def test_what_the_bytes_prove_is_fixed_and_the_gate_accepts_it(case: Fixed, tmp_path: Path) -> None:
    original = case.recipe.write(tmp_path)
    bytes_before = original.read_bytes()
    report = check([original])
    (plan,) = plans(report)
    assert isinstance(plan, Plan)
    assert {finding.code for finding in fixable(report)} == case.codes
    made = rewrite(plan, [original], tmp_path / "fixed")
    assert made.name == f"demo-1.0-{case.tags or case.recipe.tags}.whl"
    after = check([made])
    assert after.verdict == "pass"
    assert {finding.code for finding in after.findings} == case.others
    assert set(case.says) <= set(differences(plan))
    assert plans(after) == ()
    assert original.read_bytes() == bytes_before


@pytest.mark.parametrize("case", FIXED, ids=lambda case: case.name)
def test_nothing_changes_but_what_the_difference_says(case: Fixed, tmp_path: Path) -> None:
    original = case.recipe.write(tmp_path)
    (plan,) = plans(check([original]))
    assert isinstance(plan, Plan)
    made = rewrite(plan, [original], tmp_path / "fixed")
    said = "\n".join(differences(plan))
    with zipfile.ZipFile(original) as old, zipfile.ZipFile(made) as new:
        assert new.testzip() is None
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            assert (before.filename, before.date_time, before.compress_type) == (
                *(after.filename, after.date_time, after.compress_type),
            )
            mode_changed = before.external_attr >> 16 != after.external_attr >> 16
            assert mode_changed == (f"{after.external_attr >> 16:06o} {after.filename}" in said)
            assert (old.read(before) != new.read(after)) == (f"text {after.filename}" in said)


def test_every_fix_has_rules_and_a_case_here() -> None:
    fixed = {rule.code: rule.fix for rule in all_rules() if rule.fix}
    assert set(fixed.values()) == FIXES.keys()
    assert set().union(*(case.codes for case in FIXED)) == fixed.keys()
