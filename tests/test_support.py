from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
FILES = sorted(path for path in TESTS.rglob("*.py") if "projects" not in path.parts)


def imported(source: str) -> set[str]:
    """Return every module that a source names in an import, in its own strings too (children are run from some)."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value:
            found |= {
                line.split()[1] for line in node.value.splitlines() if line.startswith(("from tests", "import tests"))
            }
    return found


def is_test(module: str) -> bool:
    """Return whether a module, or one it is in, is collected by pytest or configures it."""
    return any(name.startswith("test_") or name == "conftest" for name in module.split("."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_nothing_imports_a_test(path: Path) -> None:
    assert [name for name in sorted(imported(path.read_text("utf-8"))) if is_test(name)] == []


@pytest.mark.parametrize(
    "source",
    [
        "from tests.wheelcheck.test_api import X",
        "from tests.wheelcheck import test_api",
        "import tests.wheelcheck.test_api",
        "def f():\n    from tests.conftest import X",
        "CHILD = '''\nFROM tests.wheelcheck.test_api import X\n'''".replace("FROM", "from"),  # or this file would
    ],
)
def test_an_import_of_a_test_is_seen_in_every_form(source: str) -> None:
    assert any(map(is_test, imported(source)))


def test_the_page_names_every_module_and_no_other() -> None:
    page = (TESTS / "support" / "README.md").read_text("utf-8")
    present = {path.stem for path in (TESTS / "support").glob("[!_]*.py")}
    assert present - set(re.findall(r"`(\w+)", page)) == set()
    listed = {name for name in re.findall(r"`(\w+)\.\w+", page) if name != "conftest"}
    assert listed - present == set()
