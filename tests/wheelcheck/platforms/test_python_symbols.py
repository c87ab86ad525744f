from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from tools.python_symbols import exported
from wheelcheck.platforms.python_symbols import span_outside


@pytest.mark.parametrize(
    ("name", "minor", "when"),
    [
        ("PyUnicode_AsUnicode", 11, "None"),
        ("PyUnicode_AsUnicode", 12, "until 3.11"),
        ("PyUnicode_AsUnicode", 99, "until 3.11"),
        ("PyLong_AsInt", 12, "since 3.13"),
        ("PyLong_AsInt", 13, "None"),
        ("PyLong_AsInt", 14, "None"),
        ("PyFrame_BlockSetup", 12, "until 3.10"),
        ("_PyGen_Send", 10, "until 3.9"),
        ("_PyGen_Send", 99, "None"),  # of a newer version than those that were asked no private name is known
        ("_PyType_GetModuleByDef", 9, "None"),  # nor that a patch release did not get it
        ("_PyType_GetModuleByDef", 11, "3.10 to 3.10"),
        ("PyUnicode_AsUnicode", 5, "None"),
        ("PyList_New", 12, "None"),
        ("PyDemo_New", 12, "None"),
    ],
)
def test_a_version_lacks_what_was_removed_before_it_or_came_later(name: str, minor: int, when: str) -> None:
    assert str(span_outside(name, minor)) == when


@pytest.mark.posix
def test_this_interpreter_exports_nothing_that_its_version_is_said_to_lack() -> None:
    library = Path(str(sysconfig.get_config_var("LIBDIR")), str(sysconfig.get_config_var("LDLIBRARY")))
    names = exported(library if library.suffix != ".a" and library.exists() else Path(sys.executable).resolve())
    assert "PyList_New" in names
    wrong = {name: str(span) for name in names if (span := span_outside(name, sys.version_info.minor))}
    assert wrong == {}
