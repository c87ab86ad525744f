from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import AARCH64, X86_64, File, a_release, a_wheel, elf, macho, member, wheel
from tests.support.native_files import LIBRARY, dll, library, mac
from tests.support.reports import examined
from wheelcheck.binary.model import VersionNeed
from wheelcheck.report.floors import Floor, floors, folded, step
from wheelcheck.results import Report

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.report.floors import Fold


def told(floor: Floor) -> tuple[str, str, tuple[int, ...], tuple[int, ...], bool, str]:
    return floor.system, floor.cpu, floor.promised, floor.needed, floor.over, floor.severity


def test_each_binary_of_a_release_has_a_row_with_both_versions(tmp_path: Path) -> None:
    new = File("demo/new.so", partial(native.library, "x86_64", (2, 34)))
    report = examined(a_release(a_wheel(X86_64, library("x86_64"), new), a_wheel(AARCH64)), tmp_path)
    old, over = floors(report)
    assert (old.member, told(old)) == (LIBRARY, ("glibc", "x86_64", (2, 17), (2, 2, 5), False, ""))
    assert (over.member, told(over)) == ("demo/new.so", ("glibc", "x86_64", (2, 17), (2, 34), True, "error"))
    assert over.excess == 17


def test_a_universal_file_has_a_row_for_each_cpu_and_apple_silicon_starts_at_macos_11(tmp_path: Path) -> None:
    wheel_ = a_wheel("py3-none-macosx_10_9_universal2", mac("x86_64", "aarch64"))
    rows = floors(examined(wheel_, tmp_path))
    assert [(row.system, row.cpu, row.promised) for row in rows] == [
        ("macOS", "x86_64", (10, 9)),
        ("macOS", "aarch64", (11, 0)),
    ]
    assert all(row.needed for row in rows)


def test_what_windows_runs_has_no_row(tmp_path: Path) -> None:
    assert floors(examined(a_wheel("py3-none-win_amd64", dll("x86_64")), tmp_path)) == ()


def test_test_data_and_declared_code_for_other_platforms_have_no_row(tmp_path: Path) -> None:
    files = (library("x86_64"), library("x86_64", "demo/tests/data/lib.so"), library("aarch64", "demo/linuxarm64/x.so"))
    assert [row.member for row in floors(examined(a_wheel(X86_64, *files), tmp_path))] == [LIBRARY]


@pytest.mark.parametrize(
    ("tags", "binary", "expected"),
    [
        ("cp311-cp311-linux_x86_64", "2.34", ("glibc", (), (2, 34))),
        ("cp311-cp311-musllinux_1_2_x86_64", "", ("musl", (1, 2), ())),
        ("cp311-cp311-android_24_x86_64", "", ("Android", (24,), ())),
        (X86_64, "", ("glibc", (2, 17), ())),
    ],
)
def test_what_only_one_side_names_is_not_over(tags: str, binary: str, expected: tuple[object, ...]) -> None:
    needs = (VersionNeed("libc.so.6", f"GLIBC_{binary}"),) if binary else ()
    (row,) = floors(Report((wheel(tags, member("x.so", elf("x86_64", versions=needs))),)))
    assert (row.system, row.promised, row.needed) == expected
    assert not row.over


def test_a_program_without_any_version_under_a_tag_without_one_has_no_row() -> None:
    assert floors(Report((wheel("cp311-cp311-linux_x86_64", member("x", elf("x86_64"))),))) == ()


def test_alias_tags_promise_once_and_two_c_libraries_promise_twice() -> None:
    aliases = "py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64"
    rows = floors(Report((wheel(aliases, member("x", elf("x86_64", kind="executable"))),)))
    assert [row.system for row in rows] == ["glibc", "musl"]


def of_versions(*needs: str) -> tuple[Fold, ...]:
    members = [member(need, elf("x86_64", versions=(VersionNeed("libc.so.6", f"GLIBC_{need}"),))) for need in needs]
    return folded(floors(Report((wheel(X86_64, *members),))))


def test_a_wheel_is_folded_to_its_furthest_binary() -> None:
    (fold,) = of_versions("2.5", "2.39", "2.28")
    assert (fold.worst.member, fold.binaries, fold.over) == ("2.39", 3, 2)


def test_a_static_program_does_not_stand_for_a_wheel_with_needs() -> None:
    (fold,) = of_versions("NONE", "2.5")
    assert (fold.worst.member, fold.binaries, fold.over) == ("2.5", 2, 0)


def test_the_wheel_with_a_finding_comes_first_then_the_one_furthest_above_its_promise() -> None:
    tags = [f"cp3{minor}-cp3{minor}-macosx_11_0_arm64" for minor in (10, 11, 12)]
    needs = [(10, 15), (14, 0), (12, 0)]
    wheels = [
        wheel(tag, member("x.dylib", macho("aarch64", minimum_os=need))) for tag, need in zip(tags, needs, strict=True)
    ]
    assert [fold.worst.needed for fold in folded(floors(Report(tuple(wheels))))] == [(14, 0), (12, 0), (10, 15)]


@pytest.mark.parametrize(
    ("system", "versions"),
    [
        ("glibc", ["2.5", "2.17", "2.28", "2.40"]),
        ("musl", ["1.1", "1.2"]),
        ("macOS", ["10.6", "10.9", "10.15", "11.0", "11.3", "12.0", "15.0", "26.0", "27.1"]),
        ("iOS", ["12.0", "13.4", "18.2", "26.0", "27.0"]),
        ("Android", ["21", "24", "35"]),
    ],
)
def test_later_versions_stand_further_on_the_scale(system: str, versions: list[str]) -> None:
    places = [step(system, tuple(map(int, version.split(".")))) for version in versions]
    assert all(before < after for before, after in pairwise(places))


@pytest.mark.parametrize(
    ("system", "before", "after"),
    [("macOS", (10, 15), (11, 0)), ("macOS", (15, 0), (26, 0)), ("iOS", (18, 0), (26, 0)), ("glibc", (2, 9), (2, 10))],
)
def test_one_release_is_one_step(system: str, before: tuple[int, ...], after: tuple[int, ...]) -> None:
    assert step(system, after) - step(system, before) == 1
