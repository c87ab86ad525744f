from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, an_sdist, record_row
from tests.support.native_files import ARM64, library, linked_with
from wheelcheck import check
from wheelcheck.fix import Plan, Refusal, fixable, plans
from wheelcheck.fix.rewrite import UnwritableError, rewrite
from wheelcheck.report.fixes import differences, hint
from wheelcheck.rules import FIXES
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import Rows, WheelRecipe

TOOL, SCRIPT = "demo/bin/tool", "demo-1.0.data/scripts/start"
MODULE = File("demo/__init__.py", b"answer = 42\n")
RECORD = "demo-1.0.dist-info/RECORD"
ANY = "py3-none-any"
TWO_TAGS = "py3-none-manylinux_2_17_x86_64.manylinux_2_28_x86_64"
IMPURE = "Root-Is-Purelib: false\n"
JWS, P7S = "demo-1.0.dist-info/RECORD.jws", "demo-1.0.dist-info/RECORD.p7s"


def plain(tags: str, *files: File, wheel: str = "", **other: object) -> WheelRecipe:
    """A wheel with one module, these files and, if given, these last lines of WHEEL."""
    text = f"Wheel-Version: 1.0\nGenerator: tests\n{wheel}".encode()
    return a_wheel(tags, MODULE, *files, **({"dist_info": {"WHEEL": text}} if wheel else {}), **other)


def tool(mode: int, cpu: str = "x86_64", floor: tuple[int, int] = (2, 17)) -> File:
    return File(TOOL, partial(native.program, cpu, floor), mode)


def lib(*floor: int, cpu: str = "x86_64") -> File:
    return File(f"demo/lib{cpu}.so", partial(native.library, cpu, (floor[0], floor[1])))


def mac(minimum: str, cpu: str = "aarch64") -> File:
    return File(f"demo/bin/{cpu}", partial(native.mac, cpu, minimum), EXECUTABLE)


def universal(x86_64: str, aarch64: str) -> File:
    made = {"x86_64": x86_64, "aarch64": aarch64}
    return File(TOOL, lambda: native.universal(*(native.mac(cpu, least) for cpu, least in made.items())), EXECUTABLE)


def false_row(rows: Rows) -> Rows:
    return [
        (path, "sha256=" + "A" * 43, "1") if path == MODULE.path else (path, digest, size)
        for path, digest, size in rows
    ]


def md5_rows(rows: Rows) -> Rows:
    return [(path, digest and "md5=" + "A" * 22, size) for path, digest, size in rows]


def lost_and_added(rows: Rows) -> Rows:
    return [("demo/gone.py", "sha256=" + "A" * 43, "9"), *(row for row in rows if row[0] != MODULE.path)]


class Stream(io.BytesIO):
    """A stream that cannot go back, so that sizes are written behind the data."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise OSError(offset, whence)


def streamed(content: bytes) -> bytes:
    """Return the same zip, written by a tool that streams."""
    out = Stream()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info))
    return out.getvalue()


CRLF_RECORD = f"{MODULE.path},sha256={'A' * 43},12\r\n{RECORD},,\r\n".encode()


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


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_comment(content: bytes) -> bytes:
    return content[:-2] + b"\4\0" + b"more"


def twice(content: bytes) -> bytes:
    """Give the program the module's name, in both of its headers."""
    return content.replace(b"demo/__other__.py", b"demo/__init__2.py").replace(
        b"demo/__third__.py", b"demo/__init__2.py"
    )


NOT_EXECUTABLE = tool(0o100644)
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


def planned(tmp_path: Path) -> tuple[Plan, Path]:
    original = plain(X86_64, NOT_EXECUTABLE).write(tmp_path)
    (plan,) = plans(check([original]))
    assert isinstance(plan, Plan)
    return plan, original


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    plan, original = planned(tmp_path)
    made = rewrite(plan, [original], tmp_path / "fixed")
    assert rewrite(plan, [original], tmp_path / "fixed").read_bytes() == made.read_bytes()
    with pytest.raises(UnwritableError, match="is another file"):
        rewrite(plan, [original], tmp_path)
    assert check([original]).verdict == "fail"
    assert {path.name for path in (tmp_path / "fixed").iterdir()} == {original.name}


def test_an_original_that_changes_meanwhile_is_not_taken_for_the_one_that_was_judged(tmp_path: Path) -> None:
    plan, original = planned(tmp_path)
    changed = plain(X86_64, NOT_EXECUTABLE, File("demo/more.py")).write(tmp_path)
    assert changed == original
    with pytest.raises(UnwritableError, match="changed"):
        rewrite(plan, [original], tmp_path / "fixed")
    other = a_wheel(X86_64, File(MODULE.path, b"answer = 43\n"), NOT_EXECUTABLE)
    other.write(tmp_path)
    with pytest.raises(UnwritableError, match="did the original change"):
        rewrite(plan, [original], tmp_path / "fixed")
    assert list((tmp_path / "fixed").iterdir()) == []


def test_two_originals_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    plan, original = planned(tmp_path)
    with pytest.raises(UnwritableError, match="given 2 times"):
        rewrite(plan, [original, original], tmp_path / "fixed")


AUDITWHEEL = [sys.executable, "-m", "auditwheel", "show"]
INSTALLERS = {
    "pip": [sys.executable, "-m", "pip", "install"],
    "uv": ["uv", "pip", "install", "--python", sys.executable],
}


@pytest.mark.posix
@pytest.mark.parametrize("installer", INSTALLERS)
def test_installers_take_the_fixed_wheel_and_its_program_starts(installer: str, tmp_path: Path) -> None:
    original = plain("py3-none-manylinux_2_17_x86_64", NOT_EXECUTABLE, record=false_row).write(tmp_path)
    (plan,) = plans(check([original]))
    assert isinstance(plan, Plan)
    made = rewrite(plan, [original], tmp_path / "fixed")
    place = tmp_path / "site"
    command = [*INSTALLERS[installer], "--quiet", "--no-deps", "--target", str(place), str(made)]
    subprocess.run(command, check=True, capture_output=True)
    assert (place / MODULE.path).read_bytes() == MODULE.bytes
    assert (place / TOOL).read_bytes() == native.program("x86_64", (2, 17))
    assert (place / TOOL).stat().st_mode & 0o111 == 0o111
    with zipfile.ZipFile(made) as archive:
        rows = archive.read(RECORD).decode().splitlines()
    assert f"{MODULE.path},sha256={record_row(MODULE.path, MODULE.bytes)[1][7:]},{len(MODULE.bytes)}" in rows


@pytest.mark.posix
@pytest.mark.parametrize("file", [lib(2, 34), tool(EXECUTABLE, floor=(2, 34))], ids=lambda file: file.path)
def test_auditwheel_finds_no_lower_tag_and_asks_for_no_higher_one(file: File, tmp_path: Path) -> None:
    original = plain("cp311-cp311-manylinux_2_5_x86_64", file).write(tmp_path)
    (plan,) = plans(check([original]))
    assert isinstance(plan, Plan)
    made = rewrite(plan, [original], tmp_path / "fixed")
    shown = subprocess.run([*AUDITWHEEL, str(made)], check=True, capture_output=True, text=True).stdout
    tag = made.stem.rpartition("-")[2]
    assert f'consistent with the following platform tag: "{tag}"' in " ".join(shown.split())


def test_a_long_difference_is_cut_and_counted_and_takes_no_search(tmp_path: Path) -> None:
    def every_second(rows: Rows) -> Rows:
        return [
            (path, digest and "sha256=" + "A" * 43, size) if number % 2 else (path, digest, size)
            for number, (path, digest, size) in enumerate(rows)
        ]

    many = [File(f"demo/m{number}.py") for number in range(4000)]
    (plan,) = plans(check([plain(X86_64, library("x86_64"), *many, record=every_second).write(tmp_path)]))
    assert isinstance(plan, Plan)
    *_, last = lines = list(differences(plan))
    assert len(lines) == 62
    assert last.startswith("… and ")


def test_only_findings_that_would_be_fixed_are_counted_as_fixable(tmp_path: Path) -> None:
    report = check([plain(X86_64, NOT_EXECUTABLE, lib(2, 17, cpu="aarch64")).write(tmp_path)])
    assert [finding.code for finding in report.findings if finding.fix] == ["WC302"]
    assert (fixable(report), hint(report)) == ((), "")
