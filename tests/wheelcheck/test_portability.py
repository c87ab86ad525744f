"""What differs on Windows and macOS, as far as it can be shown on Linux: encodings, shells, pipes and missing calls."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.commandline import environment, run
from wheelcheck import report
from wheelcheck.cli.exit_codes import reader_may_leave
from wheelcheck.inputs import resolve

# Runs the command line without what only POSIX has, and turns every text file opened in the locale's encoding into an
# error: that is cp1252 on Windows.
WINDOWS = """
import os, sys
import wheelcheck.cli
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
for name in ("fork", "geteuid", "getuid", "mkfifo", "killpg", "setsid", "O_NONBLOCK"):
    delattr(os, name)
sys.exit(wheelcheck.cli.main(sys.argv[1:]))
"""
STRICT = ("-X", "warn_default_encoding", "-W", "error::EncodingWarning")
CONFIGURATION = """
architectures = ["x86_64"]
[[wheels]]
python = ["cp311"]
platforms = ["manylinux_2_17_x86_64"]
"""


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder with a wheel that breaks a rule, and whose text no Western code page can hold."""
    folder = tmp_path / "dist"
    folder.mkdir()
    a_wheel(X86_64, File("demo/日本語.py"), record=lambda rows: rows[1:]).write(folder)
    (tmp_path / "wheelcheck.toml").write_text(CONFIGURATION, "utf-8")
    return folder


# --- missing calls ---


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("check", "dist"), 1),
        (("check", "dist", "--report", "json=out.json", "--report", "html=out.html", "--format", "junit"), 1),
        (("inspect", "dist/demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"), 0),
        (("diff", *["dist/demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"] * 2), 0),
        (("explain", "WC301"), 0),
        (("matrix",), 0),
    ],
    ids=lambda value: " ".join(value[:1]) if isinstance(value, tuple) else None,
)
def test_a_command_needs_no_call_that_only_posix_has(dist: Path, words: tuple[str, ...], code: int) -> None:
    command = [sys.executable, *STRICT, "-c", WINDOWS, *words]
    done = subprocess.run(command, cwd=dist.parent, capture_output=True, check=False, env=environment())
    assert (done.returncode, done.stderr) == (code, b"")


# --- encodings and line ends ---


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "html", "github"])
def test_a_machine_s_format_is_utf_8_with_unix_line_ends_whatever_the_code_page(dist: Path, form: str) -> None:
    here, there = (
        run(dist.parent, "check", dist, "--format", form, PYTHONIOENCODING=encoding).stdout.decode("utf-8")
        for encoding in ("utf-8", "cp1252")
    )
    assert _without_times(there) == _without_times(here)
    assert "日本語" in there or form in ("json", "sarif")
    assert "\r\n" not in there


def _without_times(text: str) -> str:
    return re.sub(r' time="[0-9.]+"|[0-9-]{10} [0-9:]{8} UTC', "", text)


def test_what_cp1252_delivers_is_parsed_by_its_readers(dist: Path) -> None:
    outputs = {
        form: run(dist.parent, "check", dist, "--format", form, PYTHONIOENCODING="cp1252").stdout
        for form in ("json", "junit")
    }
    assert json.loads(outputs["json"])["verdict"] == "fail"
    assert ET.fromstring(outputs["junit"]).tag == "testsuites"  # noqa: S314  # our own report


@pytest.mark.parametrize("words", [("check", "dist"), ("explain", "WC301"), ("inspect", "dist")])
def test_text_is_printed_on_a_code_page_that_lacks_its_characters(dist: Path, words: tuple[str, ...]) -> None:
    here = run(dist.parent, *words)
    there = run(dist.parent, *words, PYTHONIOENCODING="cp1252")
    assert there.returncode == here.returncode
    assert b"Traceback" not in there.stderr


# --- shells ---


def test_a_pattern_that_the_shell_did_not_expand_is_expanded(dist: Path) -> None:
    (wheel,) = dist.iterdir()
    assert resolve([str(dist / "*.whl")]) == resolve([str(dist / "*")]) == [wheel]
    assert run(dist.parent, "check", "dist/*.whl").returncode == 1


def test_a_pattern_that_matches_nothing_is_named_and_not_verified(dist: Path) -> None:
    assert resolve(["dist/*.zip"]) == [Path("dist/*.zip")]
    done = run(dist, "check", "../dist/*.zip")
    assert done.returncode == 2
    assert b"../dist/*.zip" in done.stdout


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    for name in ("a[1].whl", "a1.whl"):
        (tmp_path / name).touch()
    assert resolve([str(tmp_path / "a[1].whl")]) == [tmp_path / "a[1].whl"]


# --- pipes ---


def test_windows_names_a_reader_who_left_otherwise_and_the_verdict_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_ON_WINDOWS", True)
    with pytest.raises(BrokenPipeError), report.broken_pipe_named():
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    with reader_may_leave():
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def test_on_other_systems_that_error_is_raised() -> None:
    with pytest.raises(OSError, match="Invalid argument"), reader_may_leave():
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
