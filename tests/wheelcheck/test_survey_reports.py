"""What a survey says beside its rows: an HTML page, the tables of a database, and lines about its progress."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_wheel, an_sdist
from tests.support.commandline import run_here
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
    for _ in range(2):  # the second run replaces the tables
        assert (
            run_here(
                tree, "survey", ".", "--output", "s.jsonl", "--jobs", "1", "--report", "duckdb=s.duckdb"
            ).returncode
            == 0
        )
    rows = list(read(tree / "s.jsonl"))
    with duckdb.connect(str(tree / "s.duckdb")) as database:
        artifacts = database.execute("SELECT sha256, file, verdict, counts.error FROM artifacts").fetchall()
        findings = database.execute("SELECT sha256, code, path, message FROM findings").fetchall()
    assert sorted(artifacts) == sorted(
        (row["sha256"], row["file"], row["verdict"], row["counts"]["error"])
        for row in rows
        if row["type"] == "artifact"
    )
    assert sorted(findings) == sorted(
        (row["sha256"], row["code"], row["path"], row["message"]) for row in rows if row["type"] == "finding"
    )


@pytest.mark.parametrize("report", ["html", "pdf=x", "html=", "html=a.whl", "duckdb=s.jsonl"])
def test_a_report_that_cannot_be_written_is_refused_before_the_survey(tree: Path, report: str) -> None:
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
