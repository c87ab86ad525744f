from __future__ import annotations

import warnings

import pytest

from wheelcheck.facts.python_names import lacking


@pytest.mark.parametrize("line", ["pattern = '\\d'", "one = 1if True else 2", "one = 0 is 0", "assert (1, 'always')"])
def test_what_python_warns_of_in_a_module_is_not_said_to_the_user(line: str) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert lacking(f"{line}\nmain = 1\n", ("main", "other")) == {"other"}
    assert said == []
