from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.package_index import PackageIndex
from tools import corpus
from tools.corpus_judging import Label, read_labels
from tools.corpus_page import MEASURES

if TYPE_CHECKING:
    from pathlib import Path

NOT_A_ZIP = "demo-1.0-py3-none-any.whl"
NOT_A_TAR = "demo-1.0.tar.gz"
FILES = {"demo": {NOT_A_ZIP: b"not a zip", NOT_A_TAR: b"not a tar"}}
LABELS = (
    Label("demo", NOT_A_ZIP, "clean", complete=True, popularity="pure"),
    Label("demo", NOT_A_TAR, "defect", expected=("sdist-prebuilt",), soft=("purelib-true",)),
    Label("demo", "demo-2.0.tar.gz", "trap", traps=("symlink",)),
)


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    path = tmp_path / "list.jsonl"
    rows = [
        {"project": "demo", "filename": NOT_A_ZIP, "category": "clean", "complete": True},
        {"project": "demo", "filename": NOT_A_TAR, "category": "defect", "expected": ["sdist-prebuilt"]},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def measure(
    releases: Path, monkeypatch: pytest.MonkeyPatch, *options: str, files: dict[str, dict[str, bytes]] = FILES
) -> int:
    with PackageIndex(files) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        cache = releases.parent / "cache"
        return corpus.main(["--list", str(releases), "--cache", str(cache), "--jobs", "2", *options])


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ([], [0, 1, 2]),
        (["clean"], [0]),
        (["pure"], [0]),
        (["sdist-prebuilt"], [1]),
        (["purelib-true"], [1]),
        (["symlink"], [2]),
        (["*.tar.gz"], [1, 2]),
        (["clean", "trap"], [0, 2]),
        (["nothing"], []),
    ],
)
def test_releases_are_chosen_by_category_popularity_kind_or_file_name(only: list[str], chosen: list[int]) -> None:
    assert corpus.select(LABELS, only) == tuple(LABELS[number] for number in chosen)


def test_a_disagreement_is_printed_and_fails_only_if_required(
    releases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(releases, monkeypatch) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == list(MEASURES)
    assert any(line.startswith("category ") for line in lines)
    assert any(line.startswith("wrongly flagged ") and line.endswith(NOT_A_ZIP) for line in lines)
    assert any(line.startswith(f"missed sdist-prebuilt: {NOT_A_TAR} ") for line in lines)
    assert measure(releases, monkeypatch, "--require") == 1


def test_a_release_that_cannot_be_obtained_is_named_and_fails_only_if_required(
    releases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(releases, monkeypatch, files={"demo": {}}) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("not obtained: ")] == [
        f"not obtained: {name}: not among the 0 files of 'demo' on the index" for name in (NOT_A_ZIP, NOT_A_TAR)
    ]
    assert measure(releases, monkeypatch, "--require", files={"demo": {}}) == 1


def test_the_tables_can_be_markdown_and_the_findings_json(
    releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "all.json"
    assert measure(releases, monkeypatch, "--markdown", "--json", str(written), "--only", "clean") == 0
    assert capsys.readouterr().out.startswith(f"| {' | '.join(MEASURES)} |\n|---|")
    (row,) = json.loads(written.read_text(encoding="utf-8"))
    assert row["filename"] == NOT_A_ZIP
    assert row["wrong"]
    assert row["verdict"] != "pass"


def test_measuring_nothing_is_refused(
    releases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(releases, monkeypatch, "--only", "nothing") == 2
    assert "nothing selected" in capsys.readouterr().err


def test_several_lists_are_measured_together(
    releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    second = tmp_path / "second.jsonl"
    second.write_text(json.dumps({"project": "demo", "filename": "demo-3.0.tar.gz"}), encoding="utf-8")
    assert measure(releases, monkeypatch, "--list", str(second), files={"demo": {}}) == 0
    assert capsys.readouterr().out.count("not obtained: ") == 3


def test_both_lists_of_the_repository_are_the_default() -> None:
    assert [path.name for path in corpus.LISTS] == ["releases.jsonl", "survey.jsonl"]
    assert all(read_labels(path) for path in corpus.LISTS)


def test_the_page_is_written_on_request_only(releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "corpus.md"
    monkeypatch.setattr(corpus, "PAGE", page)
    assert measure(releases, monkeypatch) == 0
    assert not page.exists()
    assert measure(releases, monkeypatch, "--write") == 0
    written = page.read_text(encoding="utf-8")
    assert "| sound releases with an error | 1 | 1 | 100 % | 0 % |" in written
    assert f"missed sdist-prebuilt: {NOT_A_TAR} " in written


def test_a_page_about_a_part_of_a_list_is_refused(
    releases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        measure(releases, monkeypatch, "--write", "--only", "clean")
    assert "--write is refused with --only" in capsys.readouterr().err


def test_a_command_that_ends_without_a_report_is_a_verdict_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = tmp_path / "no-python"
    absent.write_text("#!/bin/sh\necho broken >&2\nexit 70\n", encoding="utf-8")
    absent.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(absent))
    verdict, (finding,) = corpus.examine(tmp_path / "demo-1.0.tar.gz")
    assert verdict == corpus.NO_REPORT
    assert finding["message"] == "exit 70: broken"


def test_it_runs_as_a_file_from_anywhere(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, corpus.__file__, "--help"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"--require" in done.stdout
