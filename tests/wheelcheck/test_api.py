from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import pytest

import wheelcheck
from tests.support import native, zips
from tests.support.artifacts import AARCH64, EXECUTABLE, X86_64, File, a_wheel, an_sdist
from tests.support.commandline import ROOT, environment, run
from wheelcheck.config import ConfigError
from wheelcheck.report import html
from wheelcheck.report import json as json_report

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    Paths = str | Path | Iterable[str | Path]

TOOL = File("demo/bin/tool", native.program, EXECUTABLE)
PROMISE = 'python = ["cp311"]\narchitectures = ["x86_64", "aarch64"]\n'


@pytest.fixture
def good(tmp_path: Path) -> Path:
    (tmp_path / "dist").mkdir()
    return a_wheel(X86_64, TOOL).write(tmp_path / "dist")


def test_a_sound_wheel_passes_and_the_report_says_what_was_examined(good: Path) -> None:
    report = wheelcheck.check([good])
    verdict: Literal["pass", "fail", "unverified"] = report.verdict  # a type checker knows the three
    assert (verdict, report.findings, report.gaps) == ("pass", (), ())
    assert [artifact.file for artifact in report.artifacts] == [good.name]
    assert "WC301" in report.rules


@pytest.mark.parametrize("shape", ["a path", "text", "a folder", "a tuple", "a generator"])
def test_one_path_or_many_of_either_kind_mean_the_same(good: Path, shape: str) -> None:
    paths: dict[str, Paths] = {
        "a path": good,
        "text": str(good),
        "a folder": good.parent,
        "a tuple": (str(good),),
        "a generator": (path for path in [good]),
    }
    assert wheelcheck.check(paths[shape]) == wheelcheck.check([good])


def test_an_error_is_a_finding_with_all_that_a_report_needs(tmp_path: Path) -> None:
    path = a_wheel(AARCH64, TOOL).write(tmp_path)
    report = wheelcheck.check(path)
    (found,) = report.findings
    assert report.verdict == "fail"
    assert (found.code, found.name, found.severity) == ("WC301", "every-binary-matches-the-tag", "error")
    assert (found.artifact, found.path) == (path.name, "demo/bin/tool")
    assert "found linux x86_64" in found.message


def test_what_cannot_be_read_is_a_gap_and_never_raises(tmp_path: Path) -> None:
    broken = tmp_path / f"demo-1.0-{X86_64}.whl"
    broken.write_bytes(zips.Zip().build()[:-4])
    assert wheelcheck.check(broken).verdict == "fail"
    for paths in ([], [tmp_path / "missing.whl"]):
        report = wheelcheck.check(paths)
        assert report.verdict == "unverified"
        assert report.gaps


@pytest.mark.parametrize("paths", ["", [""], ["dist", ""]])
def test_an_empty_path_does_not_mean_the_current_folder(paths: str | list[str]) -> None:
    with pytest.raises(ValueError, match="found an empty path, expected a file or a folder"):
        wheelcheck.check(paths)


@pytest.mark.parametrize(("name", "head"), [("wheelcheck.toml", ""), ("other.toml", "[tool.wheelcheck]\n")])
def test_a_release_is_compared_with_its_configuration(good: Path, tmp_path: Path, name: str, head: str) -> None:
    (tmp_path / name).write_text(head + PROMISE)
    report = wheelcheck.check(good, config=tmp_path / name)
    assert {found.code for found in report.findings} == {"WC701"}
    assert report == wheelcheck.check(good, str(tmp_path / name))


def test_no_configuration_is_looked_for(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wheelcheck.toml").write_text(PROMISE)
    monkeypatch.chdir(tmp_path)
    assert wheelcheck.check(good).verdict == "pass"


@pytest.mark.parametrize("text", ["", "[tool.wheelcheck]\n", "[tool.wheelcheck]\nglib = '2.17'\n", "a ="])
def test_a_configuration_that_cannot_be_used_raises(good: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"a\.toml"):
        wheelcheck.check(good, tmp_path / "a.toml")


def test_the_command_line_reports_the_same(good: Path, tmp_path: Path) -> None:
    an_sdist(File("demo/tool", native.program)).write(good.parent)
    report = wheelcheck.check(good.parent)
    done = run(tmp_path, "check", "dist", "--format", "json")
    assert done.stdout.decode() == json_report.render(report)
    assert {"pass": 0, "fail": 1, "unverified": 2}[report.verdict] == done.returncode


def test_nothing_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheelcheck.check(a_wheel(AARCH64, TOOL).write(tmp_path))
    wheelcheck.check("missing.whl")
    assert capsys.readouterr() == ("", "")


def test_the_import_is_light() -> None:
    script = "import sys, wheelcheck; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment())
    assert {"pathlib", "rich", "elftools", "packaging", "wheelcheck.engine"}.isdisjoint(done.stdout.split())


def test_the_package_says_that_it_is_typed_and_names_what_is_public() -> None:
    assert (files("wheelcheck") / "py.typed").is_file()
    assert wheelcheck.__all__ == ["__version__", "check", "check_artifact", "merge"]
    assert "stable within a major version" in (wheelcheck.__doc__ or "")


@pytest.mark.usefixtures("good")
def test_the_example_of_the_documentation_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(f"[tool.wheelcheck]\n{PROMISE}")
    command = [sys.executable, "-c", example]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment())
    python, abi, platform = AARCH64.split("-")
    said = f"error WC701   missing: a {python}-{abi} wheel for {platform}, which the configuration declares"
    assert done.stdout.startswith(said)


def test_a_strict_check_makes_an_error_of_a_warning_and_says_so(tmp_path: Path) -> None:
    path = a_wheel("py3-none-any", File("demo/x.py"), File("demo/__pycache__/x.cpython-311.pyc", b"\0")).write(tmp_path)
    assert wheelcheck.check(path).verdict == "pass"
    report = wheelcheck.check(path, strict=True)
    (found,) = report.findings
    assert (report.verdict, found.severity) == ("fail", "error")
    assert found.severity_change
    assert found.severity_change.before == "warning"


# --- what the report can do ---


def test_the_report_of_a_release_is_one_short_line(good: Path, tmp_path: Path) -> None:
    broken = a_wheel(AARCH64, TOOL).write(tmp_path)
    report = wheelcheck.check([good, broken])
    assert repr(report) == "<Report fail: artifacts=2, errors=1, warnings=0, notes=0, gaps=0>"
    assert len(repr(wheelcheck.check([]))) < 80


def test_the_report_is_written_as_the_command_line_writes_it(good: Path, tmp_path: Path) -> None:
    files = {form: tmp_path / f"out.{form}" for form in ("json", "html", "sarif")}
    options = [part for form, file in files.items() for part in ("--report", f"{form}={file}")]
    run(tmp_path, "check", str(good), *options)
    report = wheelcheck.check(good)
    written = {form: file.read_text("utf-8") for form, file in files.items()}
    assert json.loads(report.to_json())["artifacts"] == json.loads(written["json"])["artifacts"]
    assert json.loads(report.to_sarif())["runs"][0]["results"] == json.loads(written["sarif"])["runs"][0]["results"]
    assert report.to_html().count("<tr") == written["html"].count("<tr") > 0


def test_a_notebook_shows_verdict_totals_and_the_worst_findings(tmp_path: Path) -> None:
    tools = [File(f"demo/bin/<b>{name}", native.program, EXECUTABLE) for name in range(9)]
    report = wheelcheck.check(a_wheel(AARCH64, *tools).write(tmp_path))
    shown = report._repr_html_()  # the name that IPython asks for
    assert shown.startswith("<div><p><b>FAIL</b> demo 1.0: 9 errors")
    assert "WC301" in shown
    assert "<b>0" not in shown
    assert len(shown) < 2_000


def test_a_notebook_counts_what_it_does_not_show(tmp_path: Path) -> None:
    files = [File(f"demo/{number}.so", b"\x7fELF" + bytes(number)) for number in range(20)]
    shown = wheelcheck.check(a_wheel(X86_64, *files).write(tmp_path))._repr_html_()
    assert shown.count("<li>") <= html.BRIEF + 1


def test_the_empty_report_of_a_notebook_says_so() -> None:
    assert "COULD NOT VERIFY" in wheelcheck.check([])._repr_html_()
