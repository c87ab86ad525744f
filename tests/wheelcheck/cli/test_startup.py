"""What is not imported on the way of a short run: start-up is most of what a small wheel costs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import native
from tests.support.artifacts import File, a_wheel
from tests.support.commandline import environment
from wheelcheck.rules.catalogue import OF_SDISTS

if TYPE_CHECKING:
    from pathlib import Path

# What costs time to import and is for something that a check of a sound Linux wheel does not do.
NOT_FOR_A_CHECK = {
    *("argparse", "ast", "base64", "bz2", "difflib", "elftools", "hashlib", "http.client", "json", "lzma"),
    *("packaging.tags", "rich", "shutil", "ssl", "tempfile", "threading", "tomllib", "typing", "zipfile"),
    *("wheelcheck.archive.by_content", "wheelcheck.archive.tar", "wheelcheck.archive.tar_headers"),
    *("wheelcheck.binary.macho", "wheelcheck.binary.pe", "wheelcheck.cli.parser", "wheelcheck.config.fields"),
    *("wheelcheck.facts.evidence", "wheelcheck.facts.rst", "wheelcheck.facts.source_files", "wheelcheck.fix"),
    *("wheelcheck.pypi", "wheelcheck.report.fixes", "wheelcheck.report.grid", "wheelcheck.report.sizes"),
    *(f"wheelcheck.rules.{name}" for name in OF_SDISTS),
    *(("glob",) if sys.version_info < (3, 13) else ()),  # since then pathlib needs it
}
# What a check of a sound small wheel needs today, and a little more: a module is a third of a millisecond, an
# expression and a class that is compiled a tenth. Whoever raises one of these makes every check slower.
MOST_MODULES, MOST_EXPRESSIONS, MOST_CLASSES = 121, 42, 8


LOADED = "{*sys.modules} - before"
# Records whose `__init__` is compiled, which happens once they have some instances.
COMPILED = (
    "[cls for cls in gc.get_objects() if isinstance(cls, type) and '__record_fields__' in vars(cls)"
    " and not cls.__init__.__qualname__.endswith('first')]"
)


def _seen(folder: Path, what: str, *words: str) -> list[str]:
    """Return the words that `what` is printed as, after a run of the command line in a process of its own."""
    script = (
        "import gc, sys; before = {*sys.modules}; from wheelcheck import __main__\n"
        f"try: __main__.main()\nfinally: print(*{what})"
    )
    command = [sys.executable, "-c", script, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment())
    return done.stdout.splitlines()[-1].split()


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_answered_before_anything_is_imported(tmp_path: Path, option: str) -> None:
    assert {*_seen(tmp_path, LOADED, option)} <= {"wheelcheck", "wheelcheck.__main__", "__future__"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sound wheel for Linux with an extension module, entry points aside as small as one gets."""
    module = File("demo/native.cpython-311-x86_64-linux-gnu.so", native.library)
    return a_wheel("cp311-cp311-manylinux_2_17_x86_64", module).write(tmp_path_factory.mktemp("wheel"))


def test_a_check_imports_only_what_it_uses(wheel: Path) -> None:
    loaded = {*_seen(wheel.parent, LOADED, "check", str(wheel))}
    assert {"wheelcheck.rules.catalogue", "wheelcheck.binary.elf"} <= loaded
    assert loaded & NOT_FOR_A_CHECK == set()
    assert len([name for name in loaded if name.startswith("wheelcheck")]) <= MOST_MODULES


def test_a_check_compiles_few_expressions_and_classes(wheel: Path) -> None:
    seen = f"(len(sys.modules['re']._cache), len({COMPILED}))"
    expressions, classes = map(int, _seen(wheel.parent, seen, "check", str(wheel)))
    assert 0 < expressions <= MOST_EXPRESSIONS
    assert 0 < classes <= MOST_CLASSES


def test_a_release_into_a_pipe_needs_no_rich(wheel: Path) -> None:
    other = a_wheel("py3-none-any").write(wheel.parent)
    loaded = {*_seen(wheel.parent, LOADED, "check", "--no-config", str(wheel), str(other))}
    assert "wheelcheck.report.text_grid" in loaded
    assert "rich" not in loaded
