from __future__ import annotations

import pytest

from tests.support.artifacts import X86_64, sdist, wheel
from tests.support.reports import MISSING_WHEEL, every_mark, finding
from wheelcheck.config import Config
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.report.grid import MARKS, Cell, Column, build, is_worth_showing
from wheelcheck.results import Gap, Report


def grid_of(*tags: str, config: Config | None = None, **other: object) -> dict[tuple[str, str], str]:
    """Return the marks of the grid of these wheels by row and column."""
    table = build(Report(tuple(wheel(tag) for tag in tags), config=config or Config(), **other))  # type: ignore[arg-type]
    return {
        (row.label, column.label): cell.mark
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
        if cell
    }


@pytest.mark.parametrize(
    ("tags", "places"),
    [
        (X86_64, {("cp311-cp311", "Linux x86_64")}),
        ("cp310-abi3-musllinux_1_2_aarch64", {("cp310-abi3", "Linux musl aarch64")}),
        ("py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64", {("py3-none", "Linux x86_64")}),
        (
            "py3-none-manylinux_2_17_x86_64.musllinux_1_1_x86_64",
            {("py3-none", "Linux x86_64"), ("py3-none", "Linux musl x86_64")},
        ),
        ("cp312-cp312-macosx_11_0_arm64", {("cp312-cp312", "macOS arm64")}),
        ("py3-none-macosx_11_0_universal2", {("py3-none", "macOS arm64"), ("py3-none", "macOS x86_64")}),
        ("py3-none-win_amd64", {("py3-none", "Windows amd64")}),
        ("py3-none-win32", {("py3-none", "Windows win32")}),
        ("cp313-cp313-ios_13_0_arm64_iphoneos", {("cp313-cp313", "iOS arm64")}),
        ("cp313-cp313-android_24_arm64_v8a", {("cp313-cp313", "Android aarch64")}),
        ("cp312-cp312-pyodide_2024_0_wasm32", {("cp312-cp312", "WebAssembly pyodide_2024_0_wasm32")}),
        ("py3-none-any", {("py3-none", "any platform")}),
        ("py3-none-haiku_1_x86_64", {("py3-none", "other haiku_1_x86_64")}),
        ("py3-none-freebsd_14_aarch64", {("py3-none", "other freebsd_14_aarch64")}),
        ("py3-none-manylinux_2_17_mips64", {("py3-none", "Linux manylinux_2_17_mips64")}),
        ("py2.py3-none-any", {("py2.py3-none", "any platform")}),
    ],
)
def test_a_wheel_stands_in_every_place_its_tags_name(tags: str, places: set[tuple[str, str]]) -> None:
    assert grid_of(tags) == dict.fromkeys(places, "pass")


def test_rows_are_ordered_by_version_and_columns_by_system_and_the_cpu_table() -> None:
    platforms = ("win_amd64", "macosx_11_0_arm64", "manylinux_2_17_aarch64", "musllinux_1_1_x86_64", "any")
    pythons = ("pp310-pypy310_pp73", "cp310-cp310", "cp39-cp39", "cp313-cp313t", "cp313-cp313", "py3-none")
    wheels = [wheel(f"{pair}-{platform}") for pair in pythons for platform in platforms]
    table = build(Report((*wheels, wheel(X86_64))))
    assert [row.label for row in table.rows] == [
        "py3-none",
        "cp39-cp39",
        "cp310-cp310",
        "cp311-cp311",
        "cp313-cp313",
        "cp313-cp313t",
        "pp310-pypy310_pp73",
    ]
    assert [column.label for column in table.columns] == [
        "any platform",
        "Linux x86_64",
        "Linux aarch64",
        "Linux musl x86_64",
        "macOS arm64",
        "Windows amd64",
    ]


def test_a_column_names_every_expected_floor_in_it() -> None:
    table = build(
        Report((wheel(X86_64), wheel("cp312-cp312-manylinux_2_28_x86_64"), wheel("py3-none-musllinux_1_2_x86_64")))
    )
    assert table.columns == (
        Column("Linux", "x86_64", ("glibc 2.17", "glibc 2.28")),
        Column("Linux musl", "x86_64", ("1.2",)),
    )


def test_pythons_served_by_the_same_wheels_share_a_row_and_others_do_not() -> None:
    labels = [row.label for row in build(Report((wheel("py2.py3-none-any"), wheel("cp311-none-any")))).rows]
    assert labels == ["py2.py3-none", "cp311-none"]


def test_the_same_wheel_missing_for_two_pythons_leaves_two_holes() -> None:
    expected = tuple(WheelTag(python, "none", "any") for python in ("py2", "py3"))
    assert grid_of(config=Config(expected)) == {
        ("py2-none", "any platform"): "missing",
        ("py3-none", "any platform"): "missing",
    }


@pytest.mark.parametrize(
    ("severity", "code", "mark"),
    [("error", "WC301", "fail"), ("warning", "WC301", "warn"), ("note", "WC301", "pass")],
)
def test_the_worst_finding_marks_the_cell(severity: str, code: str, mark: str) -> None:
    findings = (finding(wheel(X86_64).file, severity="note"), finding(wheel(X86_64).file, severity=severity, code=code))
    assert grid_of(X86_64, findings=findings) == {("cp311-cp311", "Linux x86_64"): mark}


def test_one_broken_wheel_of_two_in_a_place_marks_it() -> None:
    older = "cp311-cp311-manylinux_2_28_x86_64"
    marks = grid_of(X86_64, older, findings=(finding(wheel(older).file),))
    assert marks == {("cp311-cp311", "Linux x86_64"): "fail"}


def test_a_wheel_with_a_newer_floor_leaves_the_hole_open_and_one_with_an_older_floor_fills_it() -> None:
    newer = "cp311-cp311-manylinux_2_28_x86_64"
    promised = Config((WheelTag("cp311", "cp311", "manylinux_2_17_x86_64"),))
    assert grid_of(newer, config=promised) == {("cp311-cp311", "Linux x86_64"): "missing"}
    raised = Config((WheelTag("cp311", "cp311", "manylinux_2_28_x86_64"),))
    assert grid_of(X86_64, config=raised) == {("cp311-cp311", "Linux x86_64"): "pass"}


def test_a_wheel_that_is_not_expected_is_extra_and_its_good_twin_is_sound() -> None:
    config = Config((WheelTag("cp311", "cp311", "manylinux_2_17_x86_64"),))
    assert grid_of(X86_64, "py3-none-any", config=config) == {
        ("py3-none", "any platform"): "extra",
        ("cp311-cp311", "Linux x86_64"): "pass",
    }


def test_every_mark_differs_from_the_others() -> None:
    table = build(every_mark())
    assert table.marks == MARKS
    assert ("sdist", Cell("pass", ("demo-1.0.tar.gz",))) in table.whole
    missing = next(row for row in table.rows if row.label == "cp312-cp312")
    assert [cell.missing for cell in missing.cells if cell] == [(str(MISSING_WHEEL),)]


@pytest.mark.parametrize(
    ("given", "wanted", "cells"),
    [
        ((), None, ()),
        ((), True, (("sdist", Cell("missing", missing=("sdist",))),)),
        ((), False, ()),
        ((sdist(),), None, (("sdist", Cell("pass", ("demo-1.0.tar.gz",))),)),
        ((sdist(),), True, (("sdist", Cell("pass", ("demo-1.0.tar.gz",))),)),
        ((sdist(),), False, (("sdist", Cell("extra", ("demo-1.0.tar.gz",))),)),
    ],
)
def test_an_sdist_has_a_row_of_its_own(given: tuple[object, ...], wanted: object, cells: object) -> None:
    assert build(Report(given, config=Config(sdist=wanted))).whole == cells  # type: ignore[arg-type]  # a table's columns


def test_a_file_that_could_not_be_read_stands_where_its_name_says() -> None:
    marks = grid_of(gaps=(Gap(wheel(X86_64).file, "", "cannot be read"), Gap("", "", "other"), Gap("x.txt", "", "y")))
    assert marks == {("cp311-cp311", "Linux x86_64"): "unverified"}


def test_a_wheel_whose_name_says_nothing_has_a_row_of_its_own() -> None:
    table = build(Report((wheel("bad"),)))
    assert (table.rows, table.whole) == ((), (("name cannot be read", Cell("pass", ("demo-1.0-bad.whl",))),))


@pytest.mark.parametrize(
    ("report", "worth"),
    [
        (Report(), False),
        (Report((wheel(X86_64),)), False),
        (Report((wheel(X86_64), sdist())), True),
        (Report((wheel(X86_64),), config=Config((MISSING_WHEEL,))), True),
    ],
)
def test_a_single_wheel_needs_no_grid(report: Report, worth: object) -> None:
    assert is_worth_showing(report) is worth
