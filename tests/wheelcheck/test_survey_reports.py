"""What a survey says beside its rows: an HTML page, the tables of a database, and lines about its progress."""

from __future__ import annotations

import html
import io
import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_wheel, an_sdist
from tests.support.commandline import run_here
from wheelcheck.survey.page import key_of
from wheelcheck.survey.progress import Progress
from wheelcheck.survey.rows import read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with a sound sdist and wheel, and a wheel whose RECORD lacks a file that is named like markup."""
    an_sdist().write(tmp_path)
    a_wheel("py3-none-any", File("demo/data.txt")).write(tmp_path)
    a_wheel(X86_64, File("demo/<b>x</b>.py"), record=lambda listed: listed[1:]).write(tmp_path)
    return tmp_path


def test_the_page_counts_every_artifact_and_shows_those_that_do_not_pass(tree: Path) -> None:
    assert (
        run_here(tree, "survey", ".", "--output", "s.jsonl", "--jobs", "1", "--report", "html=s.html").returncode == 0
    )
    page = (tree / "s.html").read_text("utf-8")
    rows = [row for row in read(tree / "s.jsonl") if row["type"] == "artifact"]
    bad = {row["sha256"] for row in rows if row["verdict"] != "pass"}
    assert 0 < len(bad) < len(rows)
    assert set(re.findall(r'id="sha256-(\w+)"', page)) == bad
    assert f"Survey of {len(rows)} artifacts" in page
    assert ("<b>x</b>" in page, "&lt;b&gt;x&lt;/b&gt;" in page) == (False, True)
    assert "default-src 'none'" in page


def test_the_page_is_about_the_rows_of_this_rule_set(tree: Path) -> None:
    run_here(tree, "survey", ".", "--output", "s.jsonl", "--jobs", "1")
    text = (tree / "s.jsonl").read_text("ascii")
    other = re.sub(r'"rules": "[^"]*"', '"rules": "another"', text.partition("\n")[2])
    (tree / "s.jsonl").write_text(text + other, "ascii", newline="\n")
    run_here(tree, "survey", ".", "--output", "s.jsonl", "--jobs", "1", "--report", "html=s.html")
    assert "Survey of 3 artifacts" in (tree / "s.html").read_text("utf-8")


def test_the_tables_hold_a_row_for_each_of_the_survey(tree: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra `survey` is not installed")
    if sys.platform == "linux":  # a name that is no UTF-8
        (tree / os.fsdecode(b"caf\xe9-1.0.tar.gz")).write_bytes(b"no gzip")
    for judged in (len(list(tree.iterdir())), 0):  # the second run replaces the tables
        reports = ("--report", "duckdb=s.duckdb", "--report", "parquet=s.parquet")
        done = run_here(tree, "survey", ".", "--output", "s.jsonl", "--jobs", "1", *reports)
        assert (done.returncode, f", {judged} of them judged now".encode() in done.stderr) == (0, True)
    rows = [
        (row["type"], row["file"], row.get("verdict"), row.get("platforms"), row.get("code"), row.get("message"))
        for row in read(tree / "s.jsonl")
        if row["type"] != "survey"
    ]
    parquet = (str(tree / "s.parquet"),)
    with duckdb.connect(str(tree / "s.duckdb")) as database:
        columns = "type, file, verdict, platforms, code, message"
        one = database.execute(f"SELECT {columns} FROM read_parquet(?)", parquet).fetchall()  # noqa: S608  # ours
        artifacts = database.execute(
            "SELECT 'artifact', file, verdict, platforms, NULL, NULL FROM artifacts"
        ).fetchall()
        findings = database.execute("SELECT 'finding', file, NULL, NULL, code, message FROM findings").fetchall()
        errors = database.execute("SELECT sum(counts.error) FROM read_parquet(?)", parquet).fetchone()
    assert one == rows
    assert sorted(artifacts + findings, key=str) == sorted(rows, key=str)
    assert errors == (sum(row["counts"]["error"] for row in read(tree / "s.jsonl") if row["type"] == "artifact"),)


def test_the_pages_lead_to_that_of_each_artifact_with_its_findings(tree: Path) -> None:
    a_wheel("py3-none-win_amd64", File("demo/evil.exe", b"no program")).write(tree)
    for _ in range(2):  # the second run replaces the pages
        done = run_here(tree, "survey", ".", "--output", "s.jsonl", "--jobs", "1", "--report", "pages=p")
        assert done.returncode == 0
    pages = {file: file.read_text("utf-8") for file in (tree / "p").rglob("*.html")}
    links = {file: re.findall(r'<a href="(?!https:|#)([^"]*)"', page) for file, page in pages.items()}
    assert {(file.parent / link).resolve() for file, found in links.items() for link in found} == set(pages)
    found = [row for row in read(tree / "s.jsonl") if row["type"] == "finding"]
    for row in found:
        (own,) = [page for file, page in pages.items() if file.name.startswith(row["sha256"])]
        assert row["code"] in own
        assert row["file"] in html.unescape(pages[tree / "p/rules" / f"{row['code']}.html"].replace("<wbr>", ""))
    assert len({row["file"] for row in found}) > 1
    assert not any("<b>x</b>" in page for page in pages.values())
    assert any("&lt;b&gt;x&lt;/b&gt;" in page for page in pages.values())


def test_without_a_source_the_reports_show_what_the_output_holds(tree: Path) -> None:
    words = ("survey", "--output", "s.jsonl", "--report", "html=s.html")
    assert run_here(tree, "survey", ".", *words[1:], "--jobs", "1").returncode == 0
    before, rows = (tree / "s.html").read_bytes(), (tree / "s.jsonl").read_bytes()
    (tree / "s.html").unlink()
    for file in (*tree.glob("*.whl"), *tree.glob("*.tar.gz")):
        file.unlink()
    assert run_here(tree, *words).returncode == 0
    assert ((tree / "s.html").read_bytes(), (tree / "s.jsonl").read_bytes()) == (before, rows)
    assert run_here(tree, *words[:3]).returncode == 2
    for output, content in (("none.jsonl", None), ("notes.txt", "notes\n")):
        (tree / output).write_text(content) if content else None
        done = run_here(tree, "survey", "--output", output, "--report", "parquet=x.parquet")
        assert (done.returncode, output.encode() in done.stderr, (tree / "x.parquet").exists()) == (2, True, False)


def test_pages_are_not_mixed_with_other_files(tree: Path) -> None:
    (tree / "notes").mkdir()
    (tree / "notes" / "today.txt").touch()
    done = run_here(tree, "survey", ".", "--output", "s.jsonl", "--jobs", "1", "--report", "pages=notes")
    assert (done.returncode, b"name a new or empty one" in done.stderr, (tree / "s.jsonl").exists()) == (2, True, False)


@pytest.mark.parametrize("row", [{"sha256": "../../x"}, {"sha256": ""}, {"file": "/etc/x"}, {"source": "../x"}])
def test_the_page_of_an_artifact_has_a_name_of_its_own_whatever_the_rows_say(row: dict[str, str]) -> None:
    plain = {"sha256": "a" * 64, "file": "x.whl", "source": "y/x.whl"}
    name = key_of(plain | row)
    assert re.fullmatch(r"(unread|[0-9a-f]{64})-[0-9a-f]{8}", name)
    assert (name != key_of(plain)) == ("source" not in row)


def test_no_report_replaces_the_survey_or_what_it_reads(tree: Path) -> None:
    (tree / "list.txt").write_text(".\n", "utf-8")
    (tree / "link").symlink_to(tree / "survey")
    for report in ("html=survey", "html=./link", "html=list.txt", "html=other", "parquet=other"):
        words = ("--report", "html=other", "--report", report)
        done = run_here(tree, "survey", "--files-from", "list.txt", "--output", "survey", *words)
        assert (done.returncode, (tree / "survey").exists(), (tree / "other").exists()) == (2, False, False)


@pytest.mark.parametrize("report", ["html", "pdf=x", "html=", "html=-", "html=a.whl", "duckdb=s.jsonl", "pages=list"])
def test_a_report_that_cannot_be_written_is_refused_before_the_survey(tree: Path, report: str) -> None:
    (tree / "list").touch()
    done = run_here(tree, "survey", ".", "--output", "s.jsonl", "--report", report)
    assert (done.returncode, (tree / "s.jsonl").exists()) == (2, False)


def test_a_line_says_files_bytes_rate_time_left_and_what_is_slow(tmp_path: Path) -> None:
    file = tmp_path / "demo-1.0-py3-none-any.whl"
    file.write_bytes(bytes(1000))
    log = io.StringIO()
    progress = Progress(log, total=4, size=4000)
    progress.show([file])
    progress.judged(file, "unverified", ("it\x1b[2J crashed",))
    start = progress.start
    progress.ended(file)
    slow = tmp_path / "slow-1.0.tar.gz"
    progress.show([slow])
    line = progress.line(start + 100)
    assert line.startswith(
        "1 of 4 files, 1.0 kB of 4.0 kB, 0.0 files/s, 10 B/s, 0:05:00 left, 1 not verified, slow: slow-"
    )
    assert log.getvalue() == "wheelcheck: 1 of 4: demo-1.0-py3-none-any.whl: unverified, it\\x1b[2J crashed\n"
