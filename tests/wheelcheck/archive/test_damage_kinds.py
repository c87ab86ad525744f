from __future__ import annotations

import ast
import inspect
import pkgutil
from importlib import import_module

import pytest

import wheelcheck.archive
from tests.support.name_cases import COLLISIONS, NAMES
from tests.support.tar_cases import TAR_CASES
from tests.support.zip_cases import ASKED_FOR_A_ZIP, ZIP_CASES
from wheelcheck.archive import POLICY
from wheelcheck.damage import ARCHIVE_KINDS

PRODUCED = {
    *(kind for case in (*ZIP_CASES, *ASKED_FOR_A_ZIP, *TAR_CASES, *COLLISIONS) for kind in case.kinds),
    *(kind for _, kinds, _ in NAMES for kind in kinds.split()),
    *("cap-held", "cap-reread"),  # test_inflate.py: no whole archive is needed
}


def literals() -> set[str]:
    """Return every string in the package's code that looks like a kind."""
    modules = [
        import_module(f"wheelcheck.archive.{info.name}") for info in pkgutil.iter_modules(wheelcheck.archive.__path__)
    ]
    trees = [ast.parse(inspect.getsource(module)) for module in modules if not module.__name__.endswith(".kinds")]
    values = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    prefixes = ("zip-", "tar-", "gzip-", "stream-", "name-", "entry-", "cap-")
    return {value for value in values if isinstance(value, str) and value.startswith(prefixes) and " " not in value}


def test_every_kind_is_produced_by_some_input() -> None:
    assert set(ARCHIVE_KINDS) - PRODUCED == set()


def test_every_kind_that_is_produced_is_listed() -> None:
    assert PRODUCED - set(ARCHIVE_KINDS) == set()


def test_every_kind_in_the_code_is_listed() -> None:
    assert literals() - set(ARCHIVE_KINDS) == set()


@pytest.mark.parametrize("kind", sorted(ARCHIVE_KINDS))
def test_a_kind_has_a_meaning_of_one_line(kind: str) -> None:
    meaning = ARCHIVE_KINDS[kind]
    assert meaning.strip() == meaning != ""
    assert "\n" not in meaning
    assert len(meaning) < 100


def test_policy_names_listed_kinds_only() -> None:
    assert set(ARCHIVE_KINDS) >= POLICY


def test_no_limit_of_ours_is_a_matter_of_policy() -> None:
    assert not any(kind.startswith("cap-") for kind in POLICY)
