from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tools import mutation

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("module", "tests"),
    [
        ("wheelcheck/binary/elf_lookup.py", "tests/wheelcheck/binary"),
        ("wheelcheck/rules/linux.py", "tests/wheelcheck/rules"),
    ],
)
def test_a_module_is_judged_by_the_tests_of_the_folder_that_mirrors_its_own(module: str, tests: str) -> None:
    assert mutation.tests_of(module) == tests
    written = tomllib.loads(mutation.configuration([module], []))["tool"]["mutmut"]
    assert (written["only_mutate"], written["pytest_add_cli_args_test_selection"]) == ([module], [tests])


def test_what_is_no_module_of_ours_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutation.main(["wheelcheck/nowhere.py"]) == 2
    assert "name a module such as" in capsys.readouterr().err


def test_a_copy_holds_all_that_tests_read(tmp_path: Path) -> None:
    mutation.copy(tmp_path)
    assert (tmp_path / "tests" / "support" / "native.py").is_file()
    assert (tmp_path / ".cache" / "native").samefile(mutation.ROOT / ".cache" / "native")


def test_a_module_whose_tests_are_exact_loses_every_mutant_but_equivalent_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("mutmut", reason="is installed by `nox -s mutation`")
    tests = ["--tests", "tests/wheelcheck/binary/test_elf_lookup.py"]
    mutation.main(["wheelcheck/binary/elf_lookup.py", *tests])
    last = capsys.readouterr().out.splitlines()[-1]
    count, share = int(last.split()[0]), int(last.split()[2])
    assert count > 40
    assert share >= 95, last
