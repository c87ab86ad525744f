from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support.artifacts import X86_64, File, a_wheel, elf, member, wheel
from tests.support.commandline import environment
from tests.support.reports import every_mark, finding
from wheelcheck import report
from wheelcheck.report import FORMATS, Output, github, html
from wheelcheck.results import Report

SOUND = Report((wheel(X86_64),))


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ("sarif=out.sarif", Output("sarif", "out.sarif")),
        ("json=-", Output("json", "-")),
        ("html=a=b.html", Output("html", "a=b.html")),
    ],
)
def test_an_output_is_a_format_and_a_file(value: str, output: Output) -> None:
    assert report.parse(value) == output


@pytest.mark.parametrize("value", ["html", "html=", "=x", "pdf=x", ""])
def test_anything_else_is_refused_with_what_was_expected(value: str) -> None:
    with pytest.raises(ValueError, match="expected FORMAT=FILE with one of text, json, sarif, github, junit, html"):
        report.parse(value)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (("a", "b", "-"), ""),
        (("a", "-", "a"), "two reports go to a, expected one"),
        (("-", "-"), "two reports go to standard output, expected one"),
    ],
)
def test_two_reports_cannot_go_to_one_place(files: tuple[str, ...], problem: str) -> None:
    assert report.check([Output("json", file) for file in files]) == problem


@pytest.mark.parametrize("spelled", ["a", "./a", "x/../a", "{folder}/a", pytest.param("link", marks=pytest.mark.posix)])
def test_two_reports_cannot_go_to_one_place_by_two_spellings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    if spelled == "link":
        (tmp_path / "link").symlink_to("a")
    second = spelled.format(folder=tmp_path)
    assert report.check([Output("json", "a"), Output("html", second)]) == f"two reports go to {second}, expected one"
    assert report.check([Output("json", "a"), Output("html", f"{second}2")]) == ""


@pytest.mark.parametrize(
    ("file", "replaces"),
    [
        ("wheelcheck.toml", True),
        ("./wheelcheck.toml", True),
        ("dist/demo-1.0.tar.gz", True),
        ("dist/demo-1.0-py3-none-any.whl", True),
        ("dist/report.json", False),
        ("wheelcheck.json", False),
    ],
)
def test_no_report_replaces_what_is_read(file: str, replaces: bool) -> None:  # noqa: FBT001
    problem = report.check([Output("json", file)], ["wheelcheck.toml", "dist"])
    assert problem == (
        f"the json report would replace {file}, which is an input; choose another file" if replaces else ""
    )


@pytest.mark.posix
def test_no_report_replaces_an_artifact_that_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "report.json").symlink_to("demo-1.0-py3-none-any.whl")
    assert "would replace" in report.check([Output("json", str(tmp_path / "report.json"))])


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("text", "configuration: "),
        ("json", "{"),
        ("sarif", "{"),
        ("github", "::error "),
        ("junit", "<?xml "),
        ("html", "<!doctype html>"),
    ],
)
def test_every_format_is_written_to_its_file(form: str, begins: str, tmp_path: Path) -> None:
    file = tmp_path / "report"
    assert report.write(every_mark(), [Output(form, str(file)), Output("text", "-")]) == []
    text = file.read_text("utf-8")
    assert text.startswith(begins)
    assert text.endswith("\n")
    assert "\x1b" not in text
    assert list(tmp_path.iterdir()) == [file]


def test_every_format_has_a_test_above() -> None:
    cases = next(mark for mark in test_every_format_is_written_to_its_file.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]
    assert [case[0] for case in cases.args[1]] == list(FORMATS)


@pytest.mark.posix
def test_a_report_replaces_the_old_one_and_is_as_readable_as_any_file(tmp_path: Path) -> None:
    file, plain = tmp_path / "report.json", tmp_path / "plain"
    file.write_text("old")
    plain.write_text("x")
    assert report.write(SOUND, [Output("json", str(file))]) == []
    assert json.loads(file.read_text())["verdict"] == "pass"
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.posix
def test_a_link_stays_and_its_target_gets_the_report(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    assert report.write(SOUND, [Output("json", str(link))]) == []
    assert link.is_symlink()
    assert target.read_text().startswith("{")


@pytest.mark.posix
def test_a_pipe_takes_the_report_as_it_comes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    assert report.write(SOUND, [Output("json", str(pipe))]) == []
    reader.join()
    assert json.loads(read[0])["verdict"] == "pass"
    assert pipe.is_fifo()


@pytest.mark.posix
def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PATIENCE", 0.0)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    why = "nobody has read this pipe for 0 seconds"
    assert report.write(SOUND, [Output("json", str(pipe))]) == [f"the json report cannot be written to {pipe}: {why}"]
    said = report.append_step_summary(SOUND, {report.STEP_SUMMARY: str(pipe)})
    assert said == [f"the step summary cannot be written to {pipe}: {why}"]


@pytest.mark.posix
def test_an_open_pipe_takes_the_report_by_its_number() -> None:
    """As `--report json=>(jq .)` does."""
    reading, writing = os.pipe()
    read: list[bytes] = []
    with os.fdopen(reading, "rb") as stream:
        reader = threading.Thread(target=lambda: read.append(stream.read()))
        reader.start()
        assert report.write(SOUND, [Output("json", f"/dev/fd/{writing}")]) == []
        os.close(writing)
        reader.join()
    assert json.loads(read[0])["verdict"] == "pass"


def test_a_file_that_cannot_be_written_is_a_sentence_and_the_others_are_written(tmp_path: Path) -> None:
    gone, good = tmp_path / "no" / "x.html", tmp_path / "good.json"
    wanted = [Output("html", str(gone)), Output("junit", str(tmp_path)), Output("json", str(good))]
    assert report.write(SOUND, wanted) == [
        f"the html report cannot be written to {gone}: No such file or directory",
        f"the junit report cannot be written to {tmp_path}: Is a directory",
    ]
    assert good.exists()


@pytest.mark.posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_a_sentence() -> None:
    (problem,) = report.write(SOUND, [Output("json", "/dev/full")])
    assert problem == "the json report cannot be written to /dev/full: No space left on device"


def test_the_old_report_stays_whole_where_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.json"
    file.write_text("old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", refuse)
    (problem,) = report.write(SOUND, [Output("json", str(file))])
    assert problem.endswith("No space left on device")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert file.read_text() == "old"


def test_a_bug_in_one_report_is_a_sentence_and_the_others_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: dict[str, str] = {}
    monkeypatch.setattr(html, "render", lambda _: nothing["bug"])
    wanted = [Output(form, str(tmp_path / form)) for form in ("html", "json")]
    assert report.write(SOUND, wanted) == ["the html report stopped at an internal error: KeyError: 'bug'"]
    assert [path.name for path in tmp_path.iterdir()] == ["json"]


def test_the_step_summary_is_appended_to_what_earlier_steps_said(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("earlier\n")
    assert report.append_step_summary(SOUND, {"GITHUB_STEP_SUMMARY": str(file)}) == []
    assert file.read_text().startswith("earlier\n## wheelcheck: PASS\n")


def test_without_a_step_summary_nothing_is_written() -> None:
    assert report.append_step_summary(SOUND, {}) == []


def test_a_step_summary_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    problems = report.append_step_summary(SOUND, {"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert problems == [f"the step summary cannot be written to {tmp_path}: Is a directory"]


def test_a_bug_in_the_step_summary_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: dict[str, str] = {}
    monkeypatch.setattr(github, "summary", lambda _: nothing["bug"])
    problems = report.append_step_summary(SOUND, {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})
    assert problems == ["the step summary stopped at an internal error: KeyError: 'bug'"]
    assert list(tmp_path.iterdir()) == []


def test_a_step_summary_of_a_name_that_is_not_unicode_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "summary.md"
    monkeypatch.setattr(github, "summary", lambda _: "lone \ud800\n")
    assert report.append_step_summary(SOUND, {"GITHUB_STEP_SUMMARY": str(file)}) == []
    assert file.read_bytes() == b"lone \\ud800\n"


# --- standard output ---

MACHINE = tuple(form for form in FORMATS if form != "text")
NON_ASCII = Report((wheel(X86_64, member("demo/café→日本.so", elf("x86_64")), sha256="1" * 64),), (finding("é.whl"),))


@pytest.mark.parametrize("form", MACHINE)
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "utf-16", "utf-8"])
def test_a_machine_s_format_is_utf_8_whatever_encoding_standard_output_has(form: str, encoding: str) -> None:
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, encoding, errors="strict", newline="\r\n")
    assert report.show(NON_ASCII, form, stdout) == []
    assert raw.getvalue().decode("utf-8") == report.render(NON_ASCII, form)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_text_is_escaped_where_standard_output_lacks_a_character(encoding: str) -> None:
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, encoding, errors="strict", newline="\n")
    broken = Report(NON_ASCII.artifacts, (finding("é.whl", "日本", "found x"),))
    assert report.show(broken, "text", stdout) == []
    assert "error   WC301  \\u65e5\\u672c: found x" in raw.getvalue().decode(encoding).splitlines()


@pytest.mark.parametrize("form", FORMATS)
def test_a_stream_without_bytes_gets_text(form: str) -> None:
    stdout = io.StringIO()
    assert report.show(every_mark(), form, stdout) == []
    assert stdout.getvalue()[:5] == report.render(every_mark(), form)[:5]


def a_closed_stream() -> io.TextIOWrapper:
    stdout = io.TextIOWrapper(io.BytesIO())
    stdout.close()
    return stdout


def a_detached_stream() -> io.TextIOWrapper:
    stdout = io.TextIOWrapper(io.BytesIO())
    stdout.detach()
    return stdout


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("stdout", [None, a_closed_stream(), a_detached_stream()], ids=["none", "closed", "detached"])
def test_standard_output_that_is_closed_is_a_sentence(form: str, stdout: io.TextIOWrapper | None) -> None:
    assert report.show(SOUND, form, stdout) == [f"the {form} report cannot be written to standard output: it is closed"]


@pytest.mark.posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("form", FORMATS)
def test_standard_output_on_a_full_disk_is_a_sentence(form: str) -> None:
    stdout = io.TextIOWrapper(io.FileIO("/dev/full", "w"), write_through=True)  # as python -u
    problems = report.show(every_mark(), form, stdout)
    stdout.detach().close()
    assert problems == [f"the {form} report cannot be written to standard output: No space left on device"]


@pytest.mark.posix
@pytest.mark.parametrize("form", MACHINE)
def test_a_reader_who_has_left_is_for_the_caller_to_judge(form: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stdout = io.TextIOWrapper(io.FileIO(writing, "w"), write_through=True)  # as python -u
    with pytest.raises(BrokenPipeError):
        report.show(every_mark(), form, stdout)
    stdout.close()


class Sip(io.RawIOBase):
    """A stream that takes three bytes at a time, as a pipe may."""

    def __init__(self) -> None:
        self.taken = b""

    def writable(self) -> bool:
        return True

    def write(self, data: memoryview) -> int:  # type: ignore[override]  # all that is written here
        self.taken += bytes(data[:3])
        return len(data[:3])


def test_a_stream_that_takes_a_part_at_a_time_gets_everything() -> None:
    stream = Sip()
    report.write_to(stream, SOUND, "json")  # type: ignore[arg-type]  # a raw stream
    assert stream.taken.decode() == report.render(SOUND, "json")


def test_a_bug_in_the_report_on_standard_output_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: dict[str, str] = {}
    monkeypatch.setattr(html, "render", lambda _: nothing["bug"])
    assert report.show(SOUND, "html", io.StringIO()) == [
        "the html report stopped at an internal error: KeyError: 'bug'"
    ]


# --- a real child process ---

CHILD = """
import sys
from pathlib import Path
from wheelcheck import report
from wheelcheck.engine import examine
sys.exit("; ".join(report.show(examine([Path(sys.argv[1])]), sys.argv[2], sys.stdout)) or 0)
"""


@pytest.fixture(scope="module")
def named_in_unicode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel with a broken member, the name of which cp1252 has only in part."""
    return a_wheel(X86_64, File("demo/café→日本.so", b"\x7fELF")).write(tmp_path_factory.mktemp("dist"))


def printed(dist: Path, form: str, **settings: str) -> bytes:
    """Return what a child process with these settings prints."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, dist, form], capture_output=True, check=True, env=environment(**settings)
    )
    assert done.stderr == b""
    return done.stdout


@pytest.mark.parametrize("settings", [{"PYTHONIOENCODING": "cp1252"}, {"PYTHONUTF8": "0", "LC_ALL": "C"}], ids=str)
@pytest.mark.parametrize("form", MACHINE)
def test_a_machine_s_format_can_be_parsed_whatever_the_encoding_of_the_process(
    named_in_unicode: Path, form: str, settings: dict[str, str]
) -> None:
    content = printed(named_in_unicode, form, **settings)
    if form == "junit":
        text = "".join(ET.fromstring(content).itertext())  # noqa: S314  # our own output; it declares UTF-8
    elif form in ("json", "sarif"):
        text = str(json.loads(content))
    else:
        text = content.decode("utf-8").replace("<wbr>", "")
    assert "demo/café→日本.so" in text


def test_text_on_a_windows_console_degrades_characters(named_in_unicode: Path) -> None:
    text = printed(named_in_unicode, "text", PYTHONIOENCODING="cp1252").decode("cp1252")
    assert "demo/café->\\u65e5\\u672c.so: " in text
    assert text.splitlines()[-1].startswith("FAIL  1 artifact")


def test_our_own_signs_become_ascii_where_the_encoding_lacks_them() -> None:
    stdout = io.TextIOWrapper(raw := io.BytesIO(), "ascii")
    assert report.show(Report(findings=(finding("a", "", "x" * 3_000),)), "text", stdout) == []
    assert b"x... and 1000 more characters\n" in raw.getvalue()
