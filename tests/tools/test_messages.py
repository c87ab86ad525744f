from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.messages import Site, sites, table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def printed() -> str:
    """What is printed for two small test modules."""
    paths = ("tests/wheelcheck/rules/test_release.py", "tests/wheelcheck/archive/test_decompress.py")
    command = [sys.executable, "-m", "tools.messages", *paths]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_rule_is_listed_with_a_message_that_a_test_provoked(printed: str) -> None:
    assert "rules/release.py:" in printed
    assert "    missing: the sdist, which the configuration declares\n" in printed


def test_a_reader_is_listed_where_it_noted_the_damage_and_not_where_damage_is_made(printed: str) -> None:
    place = next(line for line in printed.splitlines() if line.startswith("archive/decompress.py:"))
    assert "expected" in printed.partition(place)[2].splitlines()[1]


def test_what_these_tests_do_not_provoke_is_listed_too(printed: str) -> None:
    silent = printed.partition("that these tests do not provoke:")[2]
    assert "    rules/linux.py:" in silent
    assert "    rules/release.py:" not in silent


def test_every_kind_of_message_has_its_places() -> None:
    files = {site.file.partition("/")[0] for site in sites()}
    assert {"rules", "archive", "binary", "builder", "config", "inputs.py", "pypi", "locks"} <= files


def test_a_message_belongs_to_the_call_whose_lines_it_was_made_on() -> None:
    site = next(each for each in sites() if each.last > each.first)
    examples, silent = table({(site.file, site.last): "said"})
    assert examples == {site: "said"}
    assert Site(site.file, site.first, site.last) not in silent
