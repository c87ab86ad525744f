from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, record_row
from tests.support.fixable import (
    MODULE,
    NOT_EXECUTABLE,
    RECORD,
    TOOL,
    false_row,
    lib,
    plain,
    tool,
)
from tests.support.native_files import library
from wheelcheck import check
from wheelcheck.fix import Plan, plans
from wheelcheck.fix.rewrite import UnwritableError, rewrite
from wheelcheck.report.fixes import differences

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import Rows


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
    "uv": [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable],
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
