from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.commandline import run_here
from tests.support.init_files import FILES, GATE_FILES, contents
from tests.support.layouts import pyproject, tracer, write
from wheelcheck.cli import main

if TYPE_CHECKING:
    from pathlib import Path


class Terminal(io.StringIO):
    """Someone who sits there and types."""

    def isatty(self) -> bool:
        return True


def test_a_dry_run_shows_the_diff_of_everything_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(tracer(tmp_path))
    assert main(["init", "--builder", str(tmp_path), "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert contents(tmp_path) == before
    assert [name for name in FILES if f"+++ b/{name}\n" not in shown] == []
    assert '+name = "tool"\n' in shown
    assert f"\nTo be written: {', '.join(FILES)}\n" in shown


def test_yes_writes_what_was_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--builder", str(tracer(tmp_path)), "--yes"]) == 0
    assert set(FILES) <= set(contents(tmp_path))
    assert "--- a/pyproject.toml" in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("yes\n", 0), ("n\n", 2), ("\n", 2), ("", 2)])
def test_without_yes_it_asks_and_takes_only_a_yes_for_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: str, status: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert main(["init", "--builder", str(tracer(tmp_path))]) == status
    assert (tmp_path / "noxfile.py").exists() is (status == 0)
    said = capsys.readouterr()
    assert "Write this? [y/N]" in said.out
    assert ("nothing was written; --yes writes without asking" in said.err) is (status == 2)


def test_who_cannot_be_asked_has_not_agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["init", "--builder", str(tracer(tmp_path))]) == 2
    assert not (tmp_path / "noxfile.py").exists()


def test_a_project_that_has_everything_is_not_changed_and_the_output_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--builder", str(tracer(tmp_path)), "--yes"]) == 0
    before = contents(tmp_path)
    capsys.readouterr()
    assert main(["init", "--builder", str(tmp_path)]) == 0
    assert contents(tmp_path) == before
    said = capsys.readouterr().out
    assert "pyproject.toml: has [tool.wheelcheck] already\n" in said
    assert "Nothing to be written." in said


def test_the_project_is_that_of_this_folder_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--builder", "--dry-run"]) == 2
    assert "there is no pyproject.toml and no setup.py" in capsys.readouterr().err


@pytest.mark.parametrize("own", [True, False])
def test_what_to_read_next_is_the_file_that_holds_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, own: bool
) -> None:
    tracer(tmp_path)
    if own:
        (tmp_path / "wheelcheck.toml").write_text("sdist = true\n")
    assert main(["init", "--builder", str(tmp_path), "--yes"]) == 0
    name = "wheelcheck.toml" if own else "pyproject.toml"
    assert f"Next, read the smoke commands in {name}: " in capsys.readouterr().out


def test_without_builder_it_is_the_gate_alone_and_ends_with_the_next_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(tracer(tmp_path))
    assert main(["init", str(tmp_path), "--yes"]) == 0
    assert set(contents(tmp_path)) == {*before, *GATE_FILES}
    said = capsys.readouterr().out
    assert f"\nTo be written: {', '.join(GATE_FILES)}\nWritten. Next, build into dist/" in said
    assert "\n    wheelcheck check dist\n" in said
    assert "The first lines of .github/workflows/gate.yml say how the job that publishes waits for it." in said


def test_the_next_command_is_said_where_nothing_is_left_to_write_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tracer(tmp_path) / "dist").mkdir()
    assert main(["init", str(tmp_path), "--yes"]) == 0
    capsys.readouterr()
    assert main(["init", str(tmp_path)]) == 0
    assert "\nNothing to be written.\nNext, type:\n\n    wheelcheck check dist\n" in capsys.readouterr().out


@pytest.mark.posix
@pytest.mark.parametrize("more", [(), ("--builder",)])
def test_a_reader_of_the_diff_who_leaves_ends_it_in_silence(tmp_path: Path, more: tuple[str, ...]) -> None:
    words = [sys.executable, "-m", "wheelcheck", "init", str(tracer(tmp_path)), "--dry-run", *more]
    read, written = os.pipe()
    os.close(read)
    done = subprocess.run(words, stdout=written, stderr=subprocess.PIPE, check=False)
    os.close(written)
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_init_does_not_know_is_one_sentence_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(write(tmp_path, {"pyproject.toml": pyproject("enscons.api"), "demo/__init__.py": ""}))
    assert main(["init", "--builder", str(tmp_path), "--yes"]) == 2
    said = capsys.readouterr()
    what = "I do not know this: what the build backend enscons.api builds; write [tool.wheelcheck] yourself"
    assert (said.out, said.err) == ("", f"wheelcheck: {tmp_path}/pyproject.toml: {what}\n")
    assert contents(tmp_path) == before


def test_what_init_was_told_after_that_is_enough_for_the_rest(tmp_path: Path) -> None:
    table = '[tool.wheelcheck]\narchitectures = ["x86_64"]\npython = ["cp311-abi3"]\n'
    write(tmp_path, {"pyproject.toml": pyproject("enscons.api", more=table), "demo/__init__.py": ""})
    assert main(["init", "--builder", str(tmp_path), "--yes"]) == 0
    assert set(FILES) <= set(contents(tmp_path))


@pytest.mark.parametrize("builder", [(), ("--builder",)])
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("pyproject.toml", b"# \xff\n", "is not encoded as UTF-8: byte 0xff in line 1; save it as UTF-8"),
        ("pyproject.toml", b"#".ljust(2**20 + 1), "is larger than 1,048,576 bytes, and not read"),
    ],
    ids=["Latin-1", "large"],
)
def test_a_file_that_init_cannot_read_is_a_sentence(
    name: str, content: bytes, said: str, builder: tuple[str, ...], tmp_path: Path
) -> None:
    """It was the name of an exception, and a setup.py of 6 MB took 1.6 GB."""
    (tmp_path / name).write_bytes(content)
    done = run_here(tmp_path, "init", *builder, "--dry-run")
    assert (done.returncode, f"{name} {said}".encode() in done.stderr) == (2, True)
