from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import AARCH64, X86_64, File, a_release, a_wheel, an_sdist
from tests.support.native_files import library, program
from tests.support.package_index import PackageIndex
from tools import releases
from tools.releases import NO_REPORT, WHOLE, read_list

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.artifacts import ReleaseRecipe

SOURCE = File("src/native.c", b"int answer(void) { return 42; }\n")
SOUND = a_release(a_wheel(X86_64, library("x86_64")), a_wheel(AARCH64, library("aarch64")), an_sdist(SOURCE))
TORN = a_release(a_wheel(X86_64, library("x86_64"), program("x86_64")), a_wheel(AARCH64, library("aarch64")))


def measure(
    folder: Path, monkeypatch: pytest.MonkeyPatch, recipe: ReleaseRecipe, row: Mapping[str, object], *options: str
) -> int:
    """Publish a release of demo 1.0 on an index, and judge it by a list of one line."""
    dist = folder / "dist"
    dist.mkdir()
    recipe.write(dist)
    files = {path.name: path.read_bytes() for path in dist.iterdir()}
    listing = folder / "list.jsonl"
    listing.write_text(json.dumps({"project": "demo", "version": "1.0", **row}) + "\n", "utf-8")
    with PackageIndex({"demo": files}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        return releases.main(["--list", str(listing), "--cache", str(folder / "cache"), *options])


def test_all_files_of_a_release_are_judged_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.json"
    row = {"verdict": "fail", "errors": ["WC710"]}
    assert measure(tmp_path, monkeypatch, TORN, row, "--require", "--json", str(out)) == 0
    (judged,) = json.loads(out.read_text("utf-8"))
    assert (judged["files"], judged["verdict"], judged["errors"]) == (2, "fail", {"WC710": 1})


@pytest.mark.parametrize(
    "row",
    [
        {"verdict": "fail"},
        {"verdict": "pass", "errors": ["WC710"]},
        {"verdict": "pass", "warnings": ["WC710"]},
    ],
)
def test_a_release_that_is_judged_otherwise_is_named_and_fails_where_required(
    row: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(tmp_path, monkeypatch, SOUND, row, "--require") == 1
    assert f"**no**: {row['verdict']}, errors" in capsys.readouterr().out


def test_a_disagreement_alone_ends_with_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measure(tmp_path, monkeypatch, SOUND, {"verdict": "fail"}) == 0


def test_a_release_that_cannot_be_had_is_no_agreement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"version": "2.0", "verdict": "pass"}
    assert measure(tmp_path, monkeypatch, SOUND, row, "--require") == 1
    assert "**no**: pass" in capsys.readouterr().out


def test_the_page_says_what_was_found_and_what_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "PAGE", tmp_path / "releases.md")
    row = {"verdict": "fail", "errors": ["WC710"], "note": "no tool for aarch64"}
    assert measure(tmp_path, monkeypatch, TORN, row, "--write") == 0
    text = (tmp_path / "releases.md").read_text("utf-8")
    assert "| demo | 1.0 | 2 | fail | WC710 | none | yes | no tool for aarch64 |" in text
    assert "1 releases with 2 files; 1 are judged as expected." in text


def test_the_page_is_never_written_about_a_part_of_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        measure(tmp_path, monkeypatch, SOUND, {"verdict": "pass"}, "--write", "--only", "demo")


def test_a_list_of_which_nothing_is_selected_ends_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measure(tmp_path, monkeypatch, SOUND, {"verdict": "pass"}, "--only", "other*") == 2


def test_the_list_names_each_release_once_and_says_of_each_finding_why_it_is_true() -> None:
    known = read_list(WHOLE)
    assert len({(each.project, each.version) for each in known}) == len(known) >= 12
    assert [each.project for each in known if not each.note] == []
    assert [each.project for each in known if (each.verdict == "fail") != bool(each.errors)] == []
    assert NO_REPORT not in {each.verdict for each in known}
    unexplained = [
        (each.project, code) for each in known for code in (*each.errors, *each.warnings) if code not in each.note
    ]
    assert unexplained == []


def test_a_clean_release_of_the_list_has_at_most_one_warning() -> None:
    assert [each.project for each in read_list(WHOLE) if each.verdict == "pass" and len(each.warnings) > 1] == []
