from __future__ import annotations

import re
import subprocess
import sys
from typing import NamedTuple

import pytest

from tools import mutation
from tools.mutant_samples import drawn, in_turn
from tools.mutation_page import MARK, NO_REASON, updated

LOOKUP = "wheelcheck/binary/elf_lookup.py"
DECORATED = '''
from functools import cached_property


class Table:
    """A text that no mutant changes."""

    @cached_property
    def size(self, most: int = 7) -> int:
        return 1 if most > 5 else 2


OUTSIDE = 3
# the end
'''


class Mutant(NamedTuple):
    module: str
    name: str


class Judged(NamedTuple):
    mutant: Mutant
    end: str


def judged(*ends: tuple[str, str], module: str = "a.py") -> list[Judged]:
    return [Judged(Mutant(module, name), end) for name, end in ends]


def page(old: str, found: list[Judged], date: str = "2026-01-02") -> str:
    made = {each.mutant.module: 9 for each in found}
    return updated(old, found, made, date)  # type: ignore[arg-type]  # what the page reads of each


@pytest.mark.parametrize(
    ("module", "tests"), [(LOOKUP, "tests/wheelcheck/binary"), ("wheelcheck/rules/linux.py", "tests/wheelcheck/rules")]
)
def test_a_module_is_judged_by_the_tests_of_the_folder_that_mirrors_its_own(module: str, tests: str) -> None:
    assert mutation.tests_of(module) == tests


def test_what_is_no_module_of_ours_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutation.main(["wheelcheck/nowhere.py"]) == 2
    assert "name a module such as" in capsys.readouterr().err


@pytest.mark.parametrize("old", ["no such text", "self."])
def test_a_text_to_change_stands_in_the_module_once(old: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert mutation.main([LOOKUP, "--change", old, "x"]) == 2
    assert f"{LOOKUP}: {old!r} stands there " in capsys.readouterr().err


def test_the_page_counts_what_is_not_noticed_against_us_and_leaves_out_what_is_the_same_code() -> None:
    ends = ("killed", "killed", "timeout", "survived", "error", "no test", "same code")
    text = page(f"# Intro\n\n{MARK}\n", judged(*((f"f: {number}", end) for number, end in enumerate(ends))))
    assert text.startswith(f"# Intro\n\n{MARK}\n")
    assert "| `a.py` | 2026-01-02 | 8 | 6 | 3 | 50.0 % | 2 | 1 |" in text
    assert "| all |  | 8 | 6 | 3 | 50.0 % ± 20.0 | 2 | 1 |" in text
    assert [line for line in text.splitlines() if NO_REASON in line] == [
        f"- ``f: {number}``: {NO_REASON}" for number in (3, 4, 5)
    ]


def test_a_survivor_that_is_found_again_keeps_its_reason_and_other_modules_keep_their_rows() -> None:
    first = page(MARK, judged(("f: x ``y`` | z", "survived"), ("g: y", "survived")))
    first = page(first, judged(("h: z", "survived"), module="b.py"))
    reasoned = first.replace(f"z``: {NO_REASON}", "z``: equivalent", 1)
    again = page(reasoned, judged(("f: x ``y`` | z", "survived"), ("g: y", "killed")), "2026-02-03")
    assert "- ``f: x ` `y` ` | z``: equivalent" in again
    assert "g: y" not in again
    assert "| `a.py` | 2026-02-03 | 9 | 2 | 1 | 50.0 % | 1 | 0 |" in again
    assert "| `b.py` | 2026-01-02 | 9 | 1 | 0 | 0.0 % | 1 | 0 |" in again
    assert "| all |  | 18 | 3 | 1 | 33.3 % ± 48.7 | 2 | 0 |" in again
    assert page(again, []) == again


def test_each_package_has_a_sum_and_a_share_without_a_margin_where_all_mutants_were_tried() -> None:
    ends = [(f"f: {number}", "killed") for number in range(9)]
    text = page(page(MARK, judged(*ends, module="a/b.py")), judged(*ends[:8], ("g", "survived"), module="c/d.py"))
    assert "| all of `a` |  | 9 | 9 | 9 | 100.0 % | 0 | 0 |" in text
    assert "| all of `c` |  | 9 | 9 | 8 | 88.9 % | 1 | 0 |" in text
    assert "| all |  | 18 | 18 | 17 | 94.4 % | 1 | 0 |" in text
    assert page(text, []) == text


def some(count: int, module: str = "a.py") -> list[Mutant]:
    return [Mutant(module, f"f: {number}") for number in range(count)]


@pytest.mark.parametrize(("sample", "count"), [(0, 40), (7, 7), (90, 40), (0.1, 4), (0.01, 1)])
def test_a_sample_is_a_number_or_a_share_or_all(sample: float, count: int) -> None:
    assert len(drawn(some(40), sample)) == count


def test_a_larger_sample_holds_the_smaller_and_does_not_change_with_other_places_of_the_module() -> None:
    found = drawn(some(40), 9)
    assert found == drawn(some(40), 20)[:9]
    assert found == [each for each in drawn([Mutant("a.py", "g: new"), *some(40)], 0) if each in found]
    assert [each.name for each in found] != [each.name for each in drawn(some(40, "b.py"), 9)]


def test_another_text_draws_another_sample() -> None:
    first, second = (drawn(some(40), 20, draw) for draw in ("a", "b"))
    assert first == drawn(some(40), 20, "a") != second
    assert first != drawn(some(40), 20)


def test_each_beginning_of_a_run_has_the_same_share_of_every_module() -> None:
    turns = [each.module for each in in_turn([some(4, "a.py"), some(8, "b.py")])]
    assert [(turns[:size].count("a.py"), turns[:size].count("b.py")) for size in (3, 6, 9)] == [(1, 2), (2, 4), (3, 6)]


def test_what_has_a_decorator_is_mutated_and_what_stands_outside_functions_is_not() -> None:
    pytest.importorskip("mutmut", reason="is installed by `nox -s mutation`")
    from tools.mutants import mutants_of  # noqa: PLC0415

    changes = {each.name for each in mutants_of(DECORATED, "table.py")}
    assert "Table.size: return 1 if most > 5 else 2 → return 1 if most >= 5 else 2" in changes
    assert "Table.size: def size(self, most: int = 7) -> int: → def size(self, most: int = 8) -> int:" in changes
    assert not [change for change in changes if "OUTSIDE" in change or "text" in change]


def lookup(*options: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("mutmut", reason="is installed by `nox -s mutation`")
    command = [sys.executable, "-m", "tools.mutation", LOOKUP, "--tests", "tests/wheelcheck/binary/test_elf_lookup.py"]
    return subprocess.run([*command, *options], cwd=mutation.ROOT, capture_output=True, text=True, check=False)


def test_exact_tests_notice_every_mutant_but_equivalent_ones() -> None:
    done = lookup("--only", "GnuHash.leads_to:")
    found = re.search(r"(\d+) mutants, (\S+) % killed", done.stdout)
    assert found, done.stdout + done.stderr
    assert (int(found[1]) > 40, float(found[2]) >= 95) == (True, True), done.stdout


@pytest.mark.parametrize(("new", "code"), [("self.filter else 1", 1), ("self.filter else  0", 0)])
def test_a_change_by_hand_is_judged_alone_and_the_module_stays_as_it_was(new: str, code: int) -> None:
    before = (mutation.ROOT / LOOKUP).read_bytes()
    done = lookup("--change", "self.filter else 0", new)
    assert (done.returncode, (mutation.ROOT / LOOKUP).read_bytes()) == (code, before), done.stdout
