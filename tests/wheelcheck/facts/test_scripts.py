from __future__ import annotations

import pytest

from wheelcheck.facts.dist_info import is_reserved, without_wrapper_suffix


@pytest.mark.parametrize(
    ("name", "reserved"),
    [
        *(
            (name, True)
            for name in ("python", "PYTHON3", "python3.9", "python3.255", "pythonw3.14t", "pypy2", "graalpy")
        ),
        *((name, True) for name in ("python.exe", "python.py", "python3.12.py", "python.py.exe")),
        *((name, False) for name in ("python2", "python3.", "pythonw3.14", "ipython", "python.sh", "pypy4", "")),
    ],
)
def test_the_names_of_interpreters_are_reserved_in_any_case_and_with_the_suffixes_of_windows(
    name: str, *, reserved: bool
) -> None:
    assert is_reserved(name) is reserved


@pytest.mark.parametrize(
    ("file", "entry_point"),
    [("tool.exe", "tool"), ("tool-script.py", "tool"), ("tool.pya", "tool"), ("tool.py", "tool.py"), ("tool", "tool")],
)
def test_the_launchers_of_setuptools_are_known_by_their_suffixes(file: str, entry_point: str) -> None:
    assert without_wrapper_suffix(file) == entry_point
