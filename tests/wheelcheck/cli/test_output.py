from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import native, zips
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, an_sdist
from tests.support.commandline import command, environment, run
from wheelcheck import cli

if TYPE_CHECKING:
    from pathlib import Path


TOOL = File("demo/bin/tool", native.program, EXECUTABLE)
ESCAPE = b"\x1b"


def test_a_report_that_goes_to_no_terminal_has_no_colour(tmp_path: Path, good: Path, bad: Path) -> None:
    for path in (good, bad):
        assert ESCAPE not in run(tmp_path, "check", path, TERM="xterm-256color").stdout


def _on_a_terminal(folder: Path, *arguments: str | Path, **changes: str) -> bytes:
    ours, theirs = pty.openpty()
    settings = environment(TERM="xterm-256color", **changes)
    child = subprocess.Popen(command(*arguments), cwd=folder, stdout=theirs, stderr=subprocess.DEVNULL, env=settings)
    os.close(theirs)
    shown = b""
    try:
        while slice_ := os.read(ours, 65_536):
            shown += slice_
    except OSError:
        pass  # how Linux says that the other end is closed
    child.wait(60)
    os.close(ours)
    return shown


def test_a_terminal_gets_colour_unless_it_asks_for_none(tmp_path: Path, bad: Path) -> None:
    assert b"\x1b[1;31m" in _on_a_terminal(tmp_path, "check", bad)
    assert b"\x1b[1;31m" not in _on_a_terminal(tmp_path, "check", bad, NO_COLOR="1")


# --- hostile names ---

HOSTILE = (
    "a\x1b[31mred",
    "a\x1b]8;;evil\x07",
    "a\nb",
    "a\r::error::b",
    "::error file=x::b",
    "##[add-mask]b",
    "a\u202ecod.exe",
    "a\u2066b",
    "a\x7fb",
    "a\x9b31m",
    "a\u2028b",
    "[bold]a[/bold]",
    "a\U000e0041",
    "é\u0301",
)


def _hostile_wheel(folder: Path, name: str) -> Path:
    members = [zips.named(f"{where}{name}", mode=EXECUTABLE) for where in ("", "demo/")]
    path = folder / "demo-1.0-py3-none-any.whl"
    path.write_bytes(zips.zipped(*members))
    return path


def _lines_a_runner_obeys(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def _raw_controls(output: str) -> set[str]:
    return {char for char in output if not char.isprintable()} - {"\n"}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_hostile_member_name_never_reaches_the_output_raw(tmp_path: Path, form: str, name: str) -> None:
    done = run(tmp_path, "check", _hostile_wheel(tmp_path, name), "--format", form)
    output = done.stdout.decode()
    assert done.returncode == 1
    assert (_raw_controls(output), _lines_a_runner_obeys(output), done.stderr) == (set(), [], b"")


@pytest.mark.parametrize("name", [name for name in HOSTILE if "/" not in name])
@pytest.mark.parametrize("form", ["text", "json"])
def test_nor_does_a_hostile_file_name(tmp_path: Path, form: str, name: str) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / f"{name}.whl").write_bytes(b"PK")
    (tmp_path / "dist" / f"{name}.txt").touch()
    (tmp_path / "dist" / name).mkdir()
    done = run(tmp_path, "check", "dist", "--format", form)
    output = done.stdout.decode()
    assert done.returncode == 1
    assert (_raw_controls(output), _lines_a_runner_obeys(output), done.stderr) == (set(), [], b"")


def test_markup_in_a_name_is_shown_as_it_is(tmp_path: Path) -> None:
    assert b"[bold]a[/bold]" in run(tmp_path, "check", _hostile_wheel(tmp_path, "[bold]a[/bold]")).stdout


def test_a_python_2_setup_py_prints_no_syntax_warning(tmp_path: Path) -> None:
    setup = b'print "x"\nRustExtension("a", "../out/Cargo.toml")\nx = "\\d"\n'
    done = run(tmp_path, "check", an_sdist(File("setup.py", setup)).write(tmp_path))
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"WC603" in done.stdout


# --- an output that is not as it should be ---


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_name_that_standard_output_cannot_encode_is_escaped(tmp_path: Path, form: str) -> None:
    path = _hostile_wheel(tmp_path, "日本語\x07")
    done = run(tmp_path, "check", path, "--format", form, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\\u65e5" in done.stdout


@pytest.mark.posix
@pytest.mark.parametrize("arguments", [("check", "."), ("check", ".", "--format", "json"), ("explain", "WC301")])
@pytest.mark.parametrize("settings", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_a_reader_who_leaves_changes_nothing_about_the_verdict(
    bad: Path, arguments: tuple[str, ...], settings: dict[str, str]
) -> None:
    expected = run(bad.parent, *arguments).returncode
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command(*arguments),
        cwd=bad.parent,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
        env=environment(**settings),
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (expected, b"")
    assert expected == (1 if "check" in arguments else 0)


@pytest.mark.posix
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_report_that_cannot_be_written_is_2(tmp_path: Path, good: Path, form: str) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            command("check", good, "--format", form),
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
            env=environment(),
        )
    assert done.returncode == 2
    said = f"wheelcheck: the {form} report cannot be written to standard output: No space left on device\n"
    assert done.stderr.decode() == said


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("inspect", "a.whl"), ("explain", "WC301")])
def test_a_closed_standard_output_is_not_an_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    a_wheel(X86_64, TOOL).write(tmp_path).rename(tmp_path / "a.whl")
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", *command(*arguments)]
    done = subprocess.run(shell, cwd=tmp_path, stderr=subprocess.PIPE, check=False, env=environment())
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


# --- credentials ---

SECRET = "s3cr3t-t0ken"  # noqa: S105  # no real one


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "pypi:demo==1.0", "--index-url", f"http://ci:{SECRET}@127.0.0.1:9/simple/"),
        ("check", "pypi:demo==1.0", "--index-url", f"http://{SECRET}@127.0.0.1:9/simple/"),
        ("check", "pypi:demo==1.0", "--index-url", f"http://ci:{SECRET}@[::/"),
        ("check", "pypi:demo==1.0", "--index-url", f"ftp://ci:{SECRET}@127.0.0.1/"),
        ("check", "pypi:demo==1.0", "--index-urll", f"http://ci:{SECRET}@127.0.0.1:9/simple/"),
        ("check", f"http://ci:{SECRET}@127.0.0.1:9/demo-1.0.tar.gz"),
        ("inspect", f"http://ci:{SECRET}@127.0.0.1:9/demo-1.0.tar.gz"),
        ("check", ".", "--config", f"https://ci:{SECRET}@127.0.0.1:9/wheelcheck.toml"),
        ("check", ".", "--report", f"https://ci:{SECRET}@127.0.0.1:9/x"),
        ("check", ".", "--report", f"html=https://ci:{SECRET}@127.0.0.1:9/x"),
    ],
)
def test_a_password_in_a_url_is_never_printed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, *arguments, PIP_INDEX_URL="", HTTP_PROXY="", http_proxy="")
    assert done.returncode == 2
    assert done.stderr
    assert SECRET.encode() not in done.stderr + done.stdout


def test_a_password_is_left_out_of_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(f"https://ci:{SECRET}@example.invalid/simple/")

    monkeypatch.setattr("wheelcheck.inputs.resolve", broken)
    assert cli.main(["check", "x"]) == 2
    said = capsys.readouterr().err
    assert "ZeroDivisionError: https://example.invalid/simple/" in said
    assert SECRET not in said
