from __future__ import annotations

from dataclasses import replace
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tests.support import native, zips
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, an_sdist, elf, member, wheel
from tests.support.commandline import run
from tests.support.reports import HOSTILE
from wheelcheck.damage import Damage
from wheelcheck.report import diff

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.facts import Artifact

TOOL = File("demo/bin/tool", native.program, EXECUTABLE)
RAISED = File("demo/bin/tool", partial(native.program, "x86_64", (2, 34)), EXECUTABLE)


def shown(artifact: Artifact) -> list[str]:
    file = StringIO()
    diff.show(artifact, Console(file=file, width=100, highlight=False))
    return file.getvalue().splitlines()


def compared(before: Artifact, after: Artifact) -> tuple[int, list[str]]:
    file = StringIO()
    comparison = diff.paired([before], [after])
    diff.show_comparison(comparison, Console(file=file, width=100, highlight=False))
    (pair,) = comparison.pairs
    count = len(pair.differences)
    return count, file.getvalue().splitlines()


def words(line: str) -> list[str]:
    return line.split()


# --- inspect ---


def test_a_wheel_is_shown_with_what_every_native_file_is(tmp_path: Path) -> None:
    path = a_wheel(X86_64, TOOL, File("demo/__init__.py")).write(tmp_path)
    done = run(tmp_path, "inspect", path.name)
    lines = done.stdout.decode().splitlines()
    assert (done.returncode, done.stderr, lines[0]) == (0, b"", path.name)
    assert ["project", "demo", "1.0"] in map(words, lines)
    assert ["tags", X86_64] in map(words, lines)
    assert "  demo/bin/tool" in lines
    assert ["code", "linux", "x86_64", "executable"] in map(words, lines)
    assert ["mode", "0o100755"] in map(words, lines)
    assert ["floor", "GLIBC_2.2.5"] in map(words, lines)
    assert ["loader", "/lib64/ld-linux-x86-64.so.2"] in map(words, lines)
    assert [line for line in lines if "__init__" in line or "damage" in line] == []


def test_an_sdist_has_no_tags_and_says_what_it_is(tmp_path: Path) -> None:
    path = an_sdist(File("a.py")).write(tmp_path)
    lines = run(tmp_path, "inspect", path.name).stdout.decode().splitlines()
    assert ["tags", "source", "distribution"] in map(words, lines)
    assert ["members", "3,"] in [line[:2] for line in map(words, lines)]


def test_a_file_that_is_neither_is_not_called_a_source_distribution(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    output = run(tmp_path, "inspect", "notes.txt").stdout.decode()
    assert "source distribution" not in output


def test_damage_is_shown_with_its_kind(tmp_path: Path) -> None:
    path = tmp_path / f"demo-1.0-{X86_64}.whl"
    path.write_bytes(b"junk" + zips.Zip().build())
    done = run(tmp_path, "inspect", path.name)
    assert done.returncode == 0
    assert b"  damage    zip-prefix: " in done.stdout


def test_what_a_slice_does_not_have_has_no_row() -> None:
    lines = shown(wheel(X86_64, member("demo/x.so", elf("x86_64"))))
    assert [line for line in lines if words(line)[:1] in (["floor"], ["loader"], ["needs"])] == []
    assert ["format", "ELF"] in map(words, lines)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_printed_raw(text: str) -> None:
    natives = (member(text, elf("x86_64", needed=(text,), interpreter=text)),)
    artifact = replace(wheel(X86_64, *natives), file=text, damage=(Damage(text, "zip-gap", text),))
    printed = "".join([*shown(artifact), *compared(artifact, wheel(X86_64))[1]])
    assert printed.isprintable()
    assert [line for line in shown(artifact) if line.lstrip().startswith("::")] == []


@pytest.mark.parametrize("name", ["missing.whl", "folder/below.whl"])
def test_what_is_not_a_file_is_2_with_the_reason(tmp_path: Path, name: str) -> None:
    done = run(tmp_path, "inspect", name)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"{name}: no such file" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


# --- diff ---


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """Two releases of a wheel: a tool whose floor rose, and a library that came."""
    (tmp_path / "new").mkdir()
    before = a_wheel(X86_64, TOOL).write(tmp_path)
    after = a_wheel(X86_64, RAISED, File("demo/lib.so", native.library), version="2.0").write(tmp_path / "new")
    return before.name, f"new/{after.name}"


def test_a_difference_is_1_and_shown_with_both_sides(tmp_path: Path, pair: tuple[str, str]) -> None:
    done = run(tmp_path, "diff", *pair)
    lines = done.stdout.decode().splitlines()
    assert (done.returncode, done.stderr) == (1, b"")
    assert lines[0] == f"{pair[0]} → {pair[1].removeprefix('new/')}"
    assert "~ demo/bin/tool" in lines
    assert ["floor", "GLIBC_2.2.5", "→", "GLIBC_2.34"] in map(words, lines)
    assert "+ demo/lib.so" in lines
    assert lines[-1] == "2 native differences"


def test_the_arrow_becomes_ascii_where_the_terminal_lacks_it(tmp_path: Path, pair: tuple[str, str]) -> None:
    output = run(tmp_path, "diff", *pair, PYTHONIOENCODING="cp1252").stdout.decode("cp1252")
    assert output.splitlines()[0] == f"{pair[0]} -> {pair[1].removeprefix('new/')}"


def test_the_other_way_round_what_came_is_gone(tmp_path: Path, pair: tuple[str, str]) -> None:
    assert b"- demo/lib.so" in run(tmp_path, "diff", pair[1], pair[0]).stdout


def test_no_difference_is_0(tmp_path: Path, pair: tuple[str, str]) -> None:
    done = run(tmp_path, "diff", pair[0], pair[0])
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[-1] == "0 native differences"


def test_one_side_that_cannot_be_read_is_2(tmp_path: Path, pair: tuple[str, str]) -> None:
    done = run(tmp_path, "diff", pair[0], "missing.whl")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"missing.whl: no such file" in done.stderr


def test_the_same_damage_on_both_sides_does_not_prove_that_files_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / f"demo-1.0-{X86_64}.whl"
    path.write_bytes(b"junk" + zips.Zip().build())
    done = run(tmp_path, "diff", path.name, path.name)
    assert done.returncode == 2
    assert b"0 native differences" in done.stdout
    assert f"wheelcheck: {path.name} is damaged: what cannot be read cannot be compared".encode() in done.stderr


def test_what_was_not_there_is_called_none_and_not_left_empty() -> None:
    plain, needy = (
        wheel(X86_64, member("x.so", elf("x86_64", needed=names), sha256=str(len(names))))
        for names in ((), ("libz.so",))
    )
    count, lines = compared(plain, needy)
    assert (count, words(lines[2])) == (1, ["needs", "none", "→", "libz.so"])
