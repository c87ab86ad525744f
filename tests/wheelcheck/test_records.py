"""A record behaves as the standard library's dataclass of the same fields does."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import TYPE_CHECKING, ClassVar

import pytest

from wheelcheck import records

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


@records.dataclass(frozen=True, slots=True, order=True)
class Version:
    """A record that pickle can find."""

    major: int
    minor: int = 0
    note: str = records.field(default="", compare=False, repr=False)


def _classes(module: Any) -> list[Any]:
    """Return classes with every option and kind of field in use, made by `dataclasses` or by ours."""

    @module.dataclass(frozen=True, slots=True)
    class Plain:
        """One required field, one default, one made for each instance."""

        first: int
        second: str = "2"
        third: list[int] = module.field(default_factory=list)

    @module.dataclass(slots=True)
    class Open:
        """Its last field is no argument and is set afterwards; a constant of the class is no field."""

        first: int
        limit: ClassVar[int] = 7
        made: dict[str, int] = module.field(default_factory=dict, init=False)
        later: int = module.field(init=False)

        def __post_init__(self) -> None:
            self.later = self.first * 2

    @module.dataclass(frozen=True)
    class Loose:
        """No slots, so that it can remember what it worked out."""

        first: int = 1
        hidden: str = module.field(default="h", compare=False, repr=False)

    @module.dataclass(frozen=True, slots=True)
    class Longer(Plain):
        """Adds a field to those of its parent."""

        fourth: float = 0.5

    @module.dataclass(frozen=True)
    class Empty:
        """No field at all."""

    return [Plain, Open, Loose, Longer, Empty]


TIMES = 20  # the first instances are made in another way than those that follow
CALLS: list[tuple[tuple[object, ...], dict[str, object]]] = [
    ((), {}),
    ((1,), {}),
    ((1, "x"), {}),
    ((), {"first": 3}),
    ((1,), {"first": 2}),
    ((1,), {"unknown": 2}),
    ((1, 2, 3, 4, 5), {}),
]


def _said(cls: Any, arguments: tuple[object, ...], named: dict[str, object]) -> tuple[object, ...]:
    """Return what making an instance gives: its text, whether it equals its like, its fields; or the error's type."""
    try:
        made, twin = cls(*arguments, **named), cls(*arguments, **named)
    except TypeError as problem:
        return (type(problem),)
    return repr(made), made == twin, made == (1, 2), dataclasses.asdict(made), cls.__match_args__, cls.__hash__ is None


@pytest.mark.parametrize(("arguments", "named"), CALLS)
def test_a_record_is_made_shown_and_compared_as_a_dataclass_is(
    arguments: tuple[object, ...], named: dict[str, object]
) -> None:
    for standard, ours in zip(_classes(dataclasses), _classes(records), strict=True):
        expected = _said(standard, arguments, named)
        assert [_said(ours, arguments, named) for _ in range(TIMES)] == [expected] * TIMES


def test_a_wrong_call_is_refused_in_the_words_of_dataclasses_from_the_first_on() -> None:
    for arguments, named in CALLS:
        for standard, ours in zip(_classes(dataclasses), _classes(records), strict=True):
            assert [_refusal(ours, arguments, named) for _ in range(TIMES)] == [
                _refusal(standard, arguments, named)
            ] * TIMES


def _refusal(cls: Any, arguments: tuple[object, ...], named: dict[str, object]) -> str:
    try:
        cls(*arguments, **named)
    except TypeError as problem:
        return str(problem)
    return ""


def test_an_init_is_compiled_after_a_few_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[object] = []

    def noted(cls: object, **_: object) -> object:
        compiled.append(cls)
        return lambda *_: None

    monkeypatch.setattr(records, "_compiled_init", noted)
    loose = _classes(records)[0]
    for _ in range(16):
        assert loose(1).first == 1
    assert compiled == []
    loose(1)
    loose(1)
    assert compiled == [loose]


@pytest.mark.parametrize("module", [dataclasses, records], ids=["dataclasses", "records"])
def test_a_default_that_is_made_belongs_to_one_instance(module: ModuleType) -> None:
    plain = _classes(module)[0]
    plain(1).third.append(5)
    assert plain(1).third == []


def test_a_frozen_record_refuses_changes_and_has_a_hash() -> None:
    version = Version(1, 2, "a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        version.major = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del version.major
    assert {version, Version(1, 2, "b")} == {version}


def test_records_are_ordered_by_the_fields_that_are_compared() -> None:
    assert sorted([Version(2), Version(1, 5), Version(1, 2)]) == [Version(1, 2), Version(1, 5), Version(2)]
    assert Version(1, 0, "b") <= Version(1, 0, "a")
    with pytest.raises(TypeError):
        Version(1) < "1"  # type: ignore[operator]  # noqa: B015


@pytest.mark.parametrize("replace", [records.replace, dataclasses.replace], ids=["ours", "standard"])
def test_a_copy_with_changes_keeps_the_other_fields(replace: Any) -> None:
    changed = replace(Version(1, 2, "kept"), minor=3)
    assert (changed.major, changed.minor, changed.note) == (1, 3, "kept")
    with pytest.raises(TypeError):
        replace(changed, unknown=1)


def test_a_record_with_slots_has_no_dict_and_survives_pickle_and_copy() -> None:
    version = Version(1, 2, "kept")
    assert not hasattr(version, "__dict__")
    pickled = pickle.loads(pickle.dumps(version))  # noqa: S301  # our own bytes
    for again in (pickled, copy.copy(version), copy.deepcopy(version)):
        assert (again, again.note) == (version, "kept")


def test_a_dataclass_can_extend_a_record() -> None:
    @dataclasses.dataclass(frozen=True)
    class Signed(Version):
        by: str = "nobody"

    assert [field.name for field in dataclasses.fields(Signed)] == ["major", "minor", "note", "by"]
    assert Signed(1, by="me").by == "me"
