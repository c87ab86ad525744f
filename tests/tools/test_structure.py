from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import X86_64, File, a_wheel
from tests.support.checkout import ROOT
from tests.support.crates import packed_probe
from tests.support.native_files import library
from tools import structure
from wheelcheck.builder.toolchain import host

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = '''"""A module.

Two lines more.
"""

import os  # code


# a comment
class A:
    """A class."""

    TEXT = """
a value, which is code

on four lines"""

    def f(self):
        """Return 1."""
        return (
            1
        )
'''


def test_lines_of_code_are_neither_blank_nor_comments_nor_docstrings() -> None:
    assert structure.code_lines(SOURCE) == 10
    assert structure.code_lines("") == 0


def test_the_command_prints_sizes_and_how_much_a_check_runs(tmp_path: Path) -> None:
    wheel = a_wheel(X86_64, library("x86_64"), File("demo/__init__.py")).write(tmp_path)
    command = [sys.executable, "-m", "tools.structure", "--wheel", str(wheel)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    sizes, check = done.stdout.splitlines()
    assert sizes.startswith(f"modules: {len(list((ROOT / 'wheelcheck').rglob('*.py')))}, median ")
    assert check == f"check of one wheel runs code of {len(structure.used_by_check(wheel))} modules"


def test_a_check_of_an_elf_wheel_runs_its_readers_and_no_other(tmp_path: Path) -> None:
    used = structure.used_by_check(a_wheel(X86_64, library("x86_64")).write(tmp_path))
    assert {"engine.py", "archive/zip.py", "binary/elf.py", "rules/linux.py", "report/text.py"} <= used
    assert not {name for name in used if name.startswith("builder/")}
    assert "archive/tar.py" not in used


@pytest.mark.skipif(host().name != "x86_64", reason="the sample project is for x86_64")
def test_a_build_runs_the_builder_and_no_rule(tmp_path: Path) -> None:
    used = structure.used_by_build(packed_probe(tmp_path / "probe"))
    assert {"builder/pipeline.py", "builder/cargo.py", "builder/sdist.py", "builder/wheel.py"} <= used
    assert not {name for name in used if name.startswith(("rules/", "report/html"))}


def test_a_command_that_fails_has_no_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert structure.main(["--project", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "modules: " in captured.out
    assert "run code of" not in captured.out
    assert captured.err.startswith("structure: wheelcheck build build --project ")
