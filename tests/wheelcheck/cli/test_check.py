from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, Recipe, a_release, a_wheel, an_sdist
from tests.support.commandline import environment
from tests.support.reports import HOSTILE
from wheelcheck.report import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

SOUND = a_wheel("py3-none-any", File("demo/__init__.py"))
BROKEN = a_wheel(X86_64, File("demo/__init__.py"), File("demo/native.so", b"\x7fELF"))
HOSTILE_NAMES = tuple(name for name in HOSTILE if "\0" not in name and "\ud800" not in name)


def check(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run the command as a user would, in an empty folder; return its exit code and what it printed."""
    own = {
        "GITHUB_ACTIONS": "",
        "GITHUB_STEP_SUMMARY": "",
        "PYTHONPATH": os.getcwd(),  # noqa: PTH109
        "PYTHONIOENCODING": "utf-8",
    }  # text
    done = subprocess.run(
        [sys.executable, "-m", "wheelcheck", "check", *arguments],
        cwd=folder,
        env={**os.environ, **own, **environment},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode()


def test_several_reports_are_written_at_once_beside_the_text(tmp_path: Path) -> None:
    dist = BROKEN.write(tmp_path)
    wanted = [f"--report={form}=out.{form}" for form in FORMATS]
    code, said, complained = check(tmp_path, dist.name, *wanted)
    assert (code, complained) == (1, "")
    assert said.splitlines()[-1].startswith("FAIL  1 artifact")
    assert {path.name for path in tmp_path.iterdir()} == {dist.name, *(f"out.{form}" for form in FORMATS)}
    assert all((tmp_path / f"out.{form}").stat().st_size > 100 for form in FORMATS)


@pytest.mark.parametrize("arguments", [("--format", "json"), ("--report", "json=-")])
def test_the_short_form_and_the_long_one_print_the_same_and_nothing_else(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code, said, _ = check(tmp_path, BROKEN.write(tmp_path).name, *arguments)
    assert (code, json.loads(said)["verdict"]) == (1, "fail")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("--report", "pdf=x"),
            "found 'pdf=x', expected FORMAT=FILE with one of text, json, sarif, github, junit, html",
        ),
        (("--report", "html"), "found 'html', expected FORMAT=FILE"),
        (("--format", "json", "--report", "html=-"), "wheelcheck: two reports go to standard output, expected one"),
        (("--report", "json=x", "--report", "html=x"), "wheelcheck: two reports go to x, expected one"),
        (("--report", "json=./gone.whl"), "wheelcheck: the json report would replace ./gone.whl, which is an input"),
    ],
)
def test_reports_that_cannot_be_asked_for_are_refused_before_anything_is_read(
    tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    code, said, complained = check(tmp_path, "gone.whl", *arguments)
    assert (code, said) == (2, "")
    assert complaint in complained
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("recipe", "code", "verdict"), [(SOUND, 2, "PASS"), (BROKEN, 1, "FAIL")], ids=["sound", "broken"]
)
def test_a_report_that_cannot_be_written_is_not_a_pass_and_loses_no_verdict(
    tmp_path: Path, recipe: object, code: int, verdict: str
) -> None:
    file = recipe.write(tmp_path)  # type: ignore[attr-defined]  # a recipe
    ended, said, complained = check(tmp_path, file.name, "--report", "html=no/x.html", "--report", "json=x.json")
    assert ended == code
    assert said.splitlines()[-1].startswith(verdict)
    assert complained == "wheelcheck: the html report cannot be written to no/x.html: No such file or directory\n"
    assert (tmp_path / "x.json").exists()


def test_on_github_annotations_follow_the_text_and_the_summary_is_written(tmp_path: Path) -> None:
    dist = BROKEN.write(tmp_path)
    summary = tmp_path / "summary.md"
    _, plain, _ = check(tmp_path, dist.name)
    _, said, _ = check(tmp_path, dist.name, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert said.startswith(plain)
    annotations = said.removeprefix(plain).splitlines()
    assert annotations
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in annotations)
    assert summary.read_text().startswith("## wheelcheck: FAIL")


@pytest.mark.parametrize("spelling", ["{0}", "./{0}", "summary"])
def test_the_summary_of_a_step_is_not_appended_to_what_was_judged(tmp_path: Path, spelling: str) -> None:
    dist = SOUND.write(tmp_path)
    (tmp_path / "summary").symlink_to(dist.name)
    before = dist.read_bytes()
    given = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": spelling.format(dist.name)}
    code, _, complained = check(tmp_path, dist.name, **given)
    assert (code, dist.read_bytes()) == (2, before)
    assert "the step summary report would replace" in complained
    assert check(tmp_path, dist.name, **(given | {"GITHUB_STEP_SUMMARY": "summary.md"}))[0] == 0


def test_on_github_a_json_on_standard_output_stays_json(tmp_path: Path) -> None:
    _, said, _ = check(tmp_path, BROKEN.write(tmp_path).name, "--format=json", GITHUB_ACTIONS="true")
    assert json.loads(said)["verdict"] == "fail"


def test_annotations_asked_for_by_name_are_not_printed_twice(tmp_path: Path) -> None:
    dist = BROKEN.write(tmp_path)
    _, said, _ = check(tmp_path, dist.name, "--report=github=annotations", GITHUB_ACTIONS="true")
    assert "::error" not in said
    assert (tmp_path / "annotations").read_text().startswith("::error file=")


def test_a_terminal_that_cannot_show_a_name_is_not_a_reason_to_stop(tmp_path: Path) -> None:
    dist = a_wheel(X86_64, File("demo/Größe.so", b"\x7fELF")).write(tmp_path)
    code, said, complained = check(tmp_path, dist.name, PYTHONIOENCODING="ascii")
    assert (code, complained) == (1, "")
    assert "demo/Gr\\xf6\\xdfe.so" in said


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16"])
@pytest.mark.parametrize("form", [form for form in FORMATS if form != "text"])
def test_what_programs_read_is_utf_8_whatever_the_encoding_of_standard_output(
    tmp_path: Path, form: str, encoding: str
) -> None:
    dist = a_wheel(X86_64, File("demo/café_日本.so", b"\x7fELF")).write(tmp_path)
    words = [sys.executable, "-m", "wheelcheck", "check", dist.name, "--format", form, f"--report={form}=file"]
    plain = environment(PYTHONIOENCODING=encoding)
    done = subprocess.run(words, cwd=tmp_path, env=plain, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout == (tmp_path / "file").read_bytes()
    assert done.stdout.decode("utf-8")


# Breaks one function of a report, and runs the command line.
_BROKEN = """
import importlib, sys
module, name = sys.argv.pop(1).rsplit(".", 1)
setattr(importlib.import_module(module), name, None)
from wheelcheck.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(("recipe", "code"), [(SOUND, 2), (BROKEN, 1)], ids=["sound", "broken"])
@pytest.mark.parametrize(
    ("broken", "options"),
    [
        ("wheelcheck.report.text.render", ()),
        ("wheelcheck.report.json.render", ("--format", "json")),
        ("wheelcheck.report.html.render", ("--report", "html=x.html")),
        ("wheelcheck.report.github.summary", ()),
        ("wheelcheck.report.github.render", ()),
    ],
)
def test_a_bug_in_a_report_is_not_a_pass_and_loses_no_verdict(
    tmp_path: Path, recipe: Recipe, code: int, broken: str, options: tuple[str, ...]
) -> None:
    file = recipe.write(tmp_path)
    words = [sys.executable, "-c", _BROKEN, broken, "check", file.name, *options]
    plain = environment(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    done = subprocess.run(words, cwd=tmp_path, env=plain, capture_output=True, check=False)
    assert done.returncode == code
    assert b"stopped at an internal error: TypeError" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_full_disk_behind_standard_output_loses_no_verdict(tmp_path: Path, form: str) -> None:
    file = BROKEN.write(tmp_path)
    words = [sys.executable, "-m", "wheelcheck", "check", file.name, "--format", form]
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # no path of a file
        done = subprocess.run(words, cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, check=False)
    said = f"wheelcheck: the {form} report cannot be written to standard output: No space left on device\n"
    assert (done.returncode, done.stderr.decode()) == (1, said)


@pytest.mark.parametrize("form", FORMATS)
def test_but_for_date_and_durations_the_same_bytes_give_the_same_report_whatever_the_locale(
    tmp_path: Path, form: str
) -> None:
    recipe = a_release(BROKEN, SOUND, an_sdist(File("demo/tool", b"\x7fELF")), others=("notes.txt",))
    dist = tmp_path / "dist"
    dist.mkdir()
    recipe.write(dist)
    settings = [
        {"PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "C", "PYTHONUTF8": "0", "COLUMNS": "40"},
        {"PYTHONHASHSEED": "3", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Tokyo"},
    ]
    written = set()
    for setting in settings:
        check(tmp_path, "dist", f"--report={form}=out", **setting)
        text = (tmp_path / "out").read_text("utf-8")
        written.add(re.sub(r' time="[0-9.]+"|[0-9-]{10} [0-9:]{8} UTC', "", text))
    assert len(written) == 1


def test_no_name_out_of_an_archive_becomes_a_command_or_an_escape(tmp_path: Path) -> None:
    files = [File(f"{number}{name}.so", b"\x7fELF") for number, name in enumerate(HOSTILE_NAMES)]
    files += [File(f"{name}.so", b"\x7fELF") for name in HOSTILE_NAMES]
    dist = a_wheel(X86_64, *files).write(tmp_path)
    code, said, _ = check(tmp_path, dist.name, GITHUB_ACTIONS="true")
    lines = said.split("\n")
    assert code == 1
    assert all(line.isprintable() for line in lines)
    commands = [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
    assert commands
    assert all(
        line.startswith(
            (
                "::error file=demo-1.0-",
                "::error title=wheelcheck",
                "::warning file=demo-1.0-",
                "::notice file=demo-1.0-",
                "::notice title=wheelcheck",
            )
        )
        for line in commands
    )


RISKY = a_wheel("py3-none-any", File("demo/__init__.py"), File("demo/__pycache__/x.cpython-311.pyc", b"\0"))


@pytest.mark.parametrize(
    ("arguments", "settings", "code"),
    [((), "", 0), (("--strict",), "", 1), ((), "strict = true\n", 1), (("--strict",), "strict = false\n", 1)],
)
def test_a_warning_passes_and_fails_if_the_check_is_strict(
    tmp_path: Path, arguments: tuple[str, ...], settings: str, code: int
) -> None:
    (tmp_path / "wheelcheck.toml").write_text(f"sdist = false\n{settings}")
    ended, said, _ = check(tmp_path, RISKY.write(tmp_path).name, *arguments, "--format=json")
    assert ended == code
    (found,) = json.loads(said)["findings"]
    assert (found["code"], found["severity"]) == ("WC226", "error" if code else "warning")


def test_reports_name_the_configuration_that_was_found(tmp_path: Path) -> None:
    dist = SOUND.write(tmp_path)
    (tmp_path / "wheelcheck.toml").write_text("strict = true\n")
    reports = {form: tmp_path / f"out.{form}" for form in ("json", "html")}
    assert check(tmp_path, dist.name, *(f"--report={form}={file.name}" for form, file in reports.items()))[0] == 0
    assert json.loads(reports["json"].read_text("utf-8"))["configuration"] == "wheelcheck.toml"
    assert "<dd>wheelcheck.toml</dd>" in reports["html"].read_text("utf-8")


def test_the_page_shows_the_command_without_the_password_in_an_address(tmp_path: Path) -> None:
    dist = SOUND.write(tmp_path)
    address = "https://me:hunter2@index.example/simple"
    assert check(tmp_path, dist.name, "--index-url", address, "--report=html=out.html")[0] == 0
    page = (tmp_path / "out.html").read_text("utf-8")
    assert f"wheelcheck check {dist.name} --index-url https://index.example/simple" in page
    assert "hunter2" not in page
