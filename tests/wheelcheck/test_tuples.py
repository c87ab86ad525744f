"""A named tuple of ours behaves as the standard library's with the same fields does."""

from __future__ import annotations

import copy
import pickle
import typing
from typing import Any

import pytest

from wheelcheck import tuples


class Place(tuples.NamedTuple):
    """One that pickle can find."""

    file: str
    line: int = 1

    @property
    def shown(self) -> str:
        """Where it is."""
        return f"{self.file}:{self.line}"


def _class(module: Any) -> Any:
    class Place(module.NamedTuple):  # type: ignore[misc]
        """Two fields, of which one has a default."""

        file: str
        line: int = 1

        def shown(self) -> str:
            return f"{self.file}:{self.line}"

    return Place


@pytest.mark.parametrize("before", [0, 20])
@pytest.mark.parametrize("arguments", [{"file": "a"}, {"file": "a", "line": 2}])
def test_it_is_the_standard_tuple(arguments: dict[str, Any], before: int) -> None:
    make = _class(tuples)
    _ = [make(**arguments) for _ in range(before)]  # the first instances are made in another way than the others
    ours, theirs = make(**arguments), _class(typing)(**arguments)
    assert ours == theirs == tuple(theirs)
    assert (repr(ours), hash(ours), ours.file, ours.line) == (repr(theirs), hash(theirs), theirs.file, theirs.line)
    assert ours.shown() == theirs.shown()
    assert ours._replace(line=5) == theirs._replace(line=5)
    assert ours._asdict() == theirs._asdict()
    assert type(ours)._make(["b", 3]) == type(theirs)._make(["b", 3])
    for name in ("_fields", "_field_defaults", "__match_args__", "__doc__", "__slots__", "__qualname__", "__module__"):
        assert getattr(type(ours), name) == getattr(type(theirs), name)


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), (("a", 1, 2), {}), (("a",), {"file": "b"}), (("a",), {"x": 1}), ((), {"x": 1})]
)
def test_wrong_arguments_are_refused_in_the_same_words(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    said = []
    for module in (tuples, typing):
        with pytest.raises(TypeError) as problem:
            _class(module)(*values, **named)
        said.append(str(problem.value).rpartition(".")[2])
    assert said[0] == said[1]


def test_no_field_can_be_set() -> None:
    with pytest.raises(AttributeError):
        Place("a").file = "b"  # type: ignore[misc]


def test_copies_and_pickles_are_equal() -> None:
    place = Place("a", 7)
    assert copy.deepcopy(place) == copy.copy(place) == pickle.loads(pickle.dumps(place)) == place  # noqa: S301
    assert type(pickle.loads(pickle.dumps(place))) is Place  # noqa: S301  # our own
    assert place.shown == "a:7"


def test_fields_are_matched_by_place() -> None:
    match Place("a", 7):
        case Place(file, line):
            assert (file, line) == ("a", 7)
        case _:
            pytest.fail("not matched")
