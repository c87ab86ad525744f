from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import pytest

from tests.support import native, schemas
from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.native_files import mac
from tests.support.reports import every_mark, examined, finding, hostile, many, real
from wheelcheck.binary import model
from wheelcheck.report import json as json_report
from wheelcheck.report.selection import CAP
from wheelcheck.report.sizes import KINDS
from wheelcheck.results import Report
from wheelcheck.rules import SeverityChange

if TYPE_CHECKING:
    from pathlib import Path


def document_of(report: Report) -> dict[str, Any]:
    """Return the report as a program reads it; it satisfies the schema."""
    text = json_report.render(report)
    document: dict[str, Any] = json.loads(text)
    assert text.isascii()
    assert schemas.faults(schemas.report(), document) == []
    return document


@pytest.mark.parametrize("report", [Report(), every_mark(), hostile()], ids=["nothing", "every mark", "hostile"])
def test_every_report_is_what_the_schema_says(report: Report) -> None:
    assert document_of(report)["verdict"] == report.verdict


def test_a_real_report_is_what_the_schema_says(tmp_path: Path) -> None:
    document = document_of(real(tmp_path))
    assert document["counts"]["error"] == sum(found["severity"] == "error" for found in document["findings"])


def test_a_changed_severity_is_there_with_the_one_before_and_the_reason() -> None:
    lowered = finding("a.whl", "x", severity="warning", severity_change=SeverityChange("error", "the launcher does it"))
    found = document_of(Report(findings=(lowered, finding("b.whl"))))["findings"]
    assert [each["severity"] for each in found] == ["warning", "error"]
    assert [each["severity_change"] for each in found] == [{"before": "error", "reason": "the launcher does it"}, None]


def test_a_binary_is_there_with_what_it_needs_and_where_it_looks(tmp_path: Path) -> None:
    code = partial(native.library, "x86_64", (2, 34), "-Wl,-rpath,$ORIGIN/../demo.libs", "-Wl,-soname,libx.so")
    (artifact,) = document_of(examined(a_wheel(X86_64, File("demo/libx.so", code)), tmp_path))["artifacts"]
    (slice_,) = artifact["binaries"][0]["slices"]
    assert "libc.so.6" in slice_["needs"]
    assert slice_["soname"] == "libx.so"
    assert [*slice_["rpath"], *slice_["runpath"]] == ["$ORIGIN/../demo.libs"]
    newest = {"library": "libc.so.6", "version": "GLIBC_2.34", "weak": False, "symbols": ["pthread_create"]}
    assert newest in slice_["versions"]
    assert artifact["floors"] == [
        {
            "path": "demo/libx.so",
            "system": "glibc",
            "cpu": "x86_64",
            "promised": "2.17",
            "needed": "2.34",
            "over": True,
        }
    ]


def test_the_bytes_by_kind_are_all_unpacked_bytes(tmp_path: Path) -> None:
    for artifact in document_of(real(tmp_path))["artifacts"]:
        assert sum(artifact["bytes_by_kind"].values()) == artifact["unpacked_bytes"] > 0


def test_macos_code_says_for_which_system_it_is_built(tmp_path: Path) -> None:
    wheel = a_wheel("py3-none-macosx_10_9_universal2", mac("x86_64", "aarch64"))
    (artifact,) = document_of(examined(wheel, tmp_path))["artifacts"]
    slices = artifact["binaries"][0]["slices"]
    assert [slice_["arches"] for slice_ in slices] == [["x86_64"], ["aarch64"]]
    assert all(slice_["minimum_os"].startswith("11.0") for slice_ in slices)
    assert [floor["promised"] for floor in artifact["floors"]] == ["10.9", "11.0"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"schema": 2}, "$.schema: 1 was expected"),
        ({"verdict": "ok"}, "$.verdict: 'ok' is not one of ['pass', 'fail', 'unverified']"),
        ({"findings": [{"code": "WC301"}]}, "$.findings[0]: 'name' is a required property"),
        ({"rules": ["X1"]}, "$.rules[0]: 'X1' does not match '^WC[0-9]{3}$'"),
    ],
)
def test_the_schema_refuses_what_is_not_a_report(change: dict[str, Any], fault: str) -> None:
    assert schemas.faults(schemas.report(), {**document_of(Report()), **change})[0] == fault


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (model.Format, ("binary", "format")),
        (model.Kind, ("slice", "kind")),
        (model.System, ("slice", "system")),
    ],
)
def test_the_schema_knows_every_word_of_the_model(words: object, place: tuple[str, str]) -> None:
    definition, name = place
    assert schemas.report_schema()["$defs"][definition]["properties"][name]["enum"] == list(get_args(words))


def test_the_schema_knows_every_kind_of_member() -> None:
    kinds = schemas.report_schema()["$defs"]["artifact"]["properties"]["bytes_by_kind"]["propertyNames"]["enum"]
    assert kinds == list(KINDS)


def test_the_schema_file_carries_the_number_reports_carry() -> None:
    assert schemas.report_schema()["properties"]["schema"]["const"] == json_report.SCHEMA


def test_above_the_cap_errors_stay_and_the_others_are_counted() -> None:
    document = document_of(Report(findings=(*many(CAP, "note"), *many(5, "error"))))
    assert document["counts"] == {"error": 5, "warning": 0, "note": CAP}
    assert (len(document["findings"]), document["findings_omitted"]) == (CAP, 5)
    assert [found["severity"] for found in document["findings"]].count("error") == 5


def test_at_the_cap_nothing_is_left_out() -> None:
    assert document_of(Report(findings=many(CAP)))["findings_omitted"] == 0


def test_what_is_ignored_is_listed_with_its_reason() -> None:
    report = replace(every_mark(), ignored=((finding("a.whl", "x"), "upstream's bug"),))
    assert [(found["path"], found["reason"]) for found in document_of(report)["ignored"]] == [("x", "upstream's bug")]
