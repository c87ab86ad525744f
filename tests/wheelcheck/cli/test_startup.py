"""What is not imported on the way of a short run: start-up is most of what a small wheel costs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import a_wheel
from tests.support.commandline import environment

if TYPE_CHECKING:
    from pathlib import Path

# What costs over a millisecond and is for something that a check of a sound wheel does not do.
NOT_FOR_A_CHECK = {
    "argparse",
    "ast",
    "bz2",
    "difflib",
    "elftools",
    "http.client",
    "lzma",
    "rich",
    "shutil",
    "ssl",
    "wheelcheck.archive.tar",
    "wheelcheck.config.fields",
    "wheelcheck.fix",
    "wheelcheck.pypi.http",
    "zipfile",
}


def _loaded(folder: Path, *words: str) -> set[str]:
    """Return the modules that a run of the command line in a process of its own has loaded, beyond Python's own."""
    script = (
        "import sys; before = {*sys.modules}; from wheelcheck import __main__\n"
        "try: __main__.main()\nfinally: print(*{*sys.modules} - before)"
    )
    command = [sys.executable, "-c", script, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment())
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_answered_before_anything_is_imported(tmp_path: Path, option: str) -> None:
    assert _loaded(tmp_path, option) <= {"wheelcheck", "wheelcheck.__main__", "__future__"}


def test_a_check_imports_only_what_it_uses(tmp_path: Path) -> None:
    wheel = a_wheel("py3-none-any").write(tmp_path)
    loaded = _loaded(tmp_path, "check", str(wheel))
    assert "wheelcheck.rules.catalogue" in loaded
    assert loaded & NOT_FOR_A_CHECK == set()
