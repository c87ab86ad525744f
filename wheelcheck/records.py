"""The part of `dataclasses` that this package uses, without its cost at import.

    from wheelcheck.records import dataclass, field, replace

The standard library compiles up to nine methods when a class is made: half a millisecond for a frozen class, and a
check makes a hundred. Here, `__init__` is compiled when a class has a few instances, which most do not get in a small
check, and the other methods compile nothing. Type checkers see the standard library's. `dataclasses.replace`, `fields`
and `asdict` work on these classes.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter, eq, ge, gt, le, lt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass, field, replace
    from typing import Any

__all__ = ["dataclass", "field", "replace"]
_MISSING: Any = object()
_FEW = 16  # instances that are made field by field; to compile costs as much as two dozen


class _Field:
    """What is special about one field; the arguments are those of `dataclasses.field`."""

    __slots__ = ("compare", "default", "default_factory", "init", "repr")

    def __init__(
        self,
        *,
        default: Any = _MISSING,
        default_factory: Any = _MISSING,
        init: bool = True,
        repr: bool = True,  # noqa: A002  # named as in dataclasses
        compare: bool = True,
    ) -> None:
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare = init, repr, compare


class _Standard:
    """What `dataclasses` keeps in a class, made when somebody asks for it: its own functions then work on records."""

    def __init__(self, name: str, *, frozen: bool) -> None:
        self.name, self.frozen = name, frozen

    def __get__(self, record: object, cls: Any) -> Any:
        import dataclasses  # noqa: PLC0415  # what this module avoids

        fields = [(name, object, _standard_field(how)) for name, how in cls.__record_fields__.items()]
        return getattr(dataclasses.make_dataclass(cls.__name__, fields, frozen=self.frozen), self.name)


def _standard_field(how: _Field) -> Any:
    from dataclasses import field as standard  # noqa: PLC0415

    given = {name: getattr(how, name) for name in _Field.__slots__}
    return standard(**{name: value for name, value in given.items() if value is not _MISSING})


def _dataclass(cls: Any = None, /, **options: bool) -> Any:
    """Make a class a record of its annotated fields. Options: `frozen`, `slots`, `order` and `repr`."""
    return (lambda made: _made(made, **options)) if cls is None else _made(cls)


def _replace(record: Any, /, **changes: Any) -> Any:
    """Return a copy of a record with some fields changed. Raises TypeError for a field that it does not take."""
    kept = {name: getattr(record, name) for name, how in record.__record_fields__.items() if how.init}
    return type(record)(**(kept | changes))


def _made(cls: Any, *, frozen: bool = False, slots: bool = False, order: bool = False, repr: bool = True) -> Any:  # noqa: A002
    own = {name: _described(cls, name) for name, kind in cls.__annotations__.items() if not kind.startswith("ClassVar")}
    inherited = {name: how for base in reversed(cls.__mro__[1:]) for name, how in _fields_of(base)}
    fields = inherited | own
    members = _comparisons(fields, frozen=frozen, order=order)
    members |= {"__repr__": _shown} if repr else {}
    members |= {"__setattr__": _refuse, "__delattr__": _refuse} if frozen else {}
    members |= {"__getstate__": _state, "__setstate__": _restore} if slots else {}
    members = {name: value for name, value in members.items() if name not in cls.__dict__}
    members |= {name: _Standard(name, frozen=frozen) for name in ("__dataclass_fields__", "__dataclass_params__")}
    members["__record_fields__"] = fields
    members["__match_args__"] = tuple(name for name, how in fields.items() if how.init)
    made = _with_slots(cls, own.keys(), own.keys() - inherited.keys()) if slots else _with_defaults(cls, own)
    for name, value in members.items():
        setattr(made, name, value)
    made.__init__ = _first_init(made, frozen=frozen)
    return made


def _fields_of(cls: Any) -> Any:
    return cls.__dict__.get("__record_fields__", {}).items()


def _described(cls: Any, name: str) -> _Field:
    value = cls.__dict__.get(name, _MISSING)
    return value if isinstance(value, _Field) else _Field(default=value)


def _with_slots(cls: Any, own: Any, new: Any) -> Any:
    """Return the class again with slots: Python fixes the layout of a class when it is made."""
    dropped = {*own, "__dict__", "__weakref__"}
    namespace = {name: value for name, value in cls.__dict__.items() if name not in dropped}
    namespace["__slots__"] = tuple(name for name in own if name in new)
    made = type(cls)(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    return made


def _with_defaults(cls: Any, own: dict[str, _Field]) -> Any:
    for name, how in own.items():
        if how.default is not _MISSING:
            setattr(cls, name, how.default)
        elif name in cls.__dict__:
            delattr(cls, name)
    return cls


def _first_init(cls: Any, *, frozen: bool) -> Any:
    """Return an `__init__` that makes a few instances, then puts the compiled one in its place and calls it.

    It stays where somebody has wrapped it.
    """
    compiled, made = cache(lambda: _compiled_init(cls, frozen=frozen)), 0

    def first(self: Any, *values: Any, **named: Any) -> None:
        nonlocal made
        made += 1
        if made <= _FEW and _filled(self, cls, values, named):
            return
        if cls.__init__ is first:
            cls.__init__ = compiled()
        compiled()(self, *values, **named)

    return first


def _filled(record: Any, cls: Any, values: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Set every field; return whether the arguments are right. If not, the compiled `__init__` says so best."""
    given = dict(zip(cls.__match_args__, values)) | named  # noqa: B905  # there may be fewer values, or too many
    known, taken = {}, 0
    for name, how in cls.__record_fields__.items():
        if how.init and name in given:
            known[name] = given[name]
            taken += 1
        elif how.default_factory is not _MISSING:
            known[name] = how.default_factory()
        elif how.init:
            known[name] = how.default
    if taken != len(values) + len(named) or any(value is _MISSING for value in known.values()):
        return False
    for name, value in known.items():
        object.__setattr__(record, name, value)
    if hasattr(cls, "__post_init__"):
        record.__post_init__()
    return True


def _compiled_init(cls: Any, *, frozen: bool) -> Any:
    known: dict[str, Any] = {"_set": object.__setattr__, "_MISSING": _MISSING}
    parameters, body = ["self"], []
    for name, how in cls.__record_fields__.items():
        made = how.default_factory is not _MISSING
        known |= {f"_default_{name}": how.default, f"_make_{name}": how.default_factory}
        if how.init:
            default = "_MISSING" if made else f"_default_{name}"
            parameters.append(name if how.default is _MISSING and not made else f"{name}={default}")
            value = f"_make_{name}() if {name} is _MISSING else {name}" if made else name
        elif made:
            value = f"_make_{name}()"
        else:  # __post_init__ sets it
            continue
        body.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    body += ["self.__post_init__()"] if hasattr(cls, "__post_init__") else ["pass"]
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(body), known)  # noqa: S102  # as dataclasses does
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return known["__init__"]


def _comparisons(fields: dict[str, _Field], *, frozen: bool, order: bool) -> dict[str, Any]:
    """Return the methods that compare and hash by the values of the fields; what is not frozen has no hash."""
    names = [name for name, how in fields.items() if how.compare]
    values: Any = attrgetter(*names) if names else lambda _: ()
    found = {"__eq__": _comparing(values, eq)}
    found["__hash__"] = (lambda self: hash(values(self))) if frozen else None
    if order:
        found |= {f"__{how.__name__}__": _comparing(values, how) for how in (lt, le, gt, ge)}
    return found


def _comparing(values: Any, how: Callable[[Any, Any], bool]) -> Any:
    return lambda self, other: how(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented


def _shown(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, how in self.__record_fields__.items() if how.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(_self: Any, name: str, *_: object) -> None:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415

    raise FrozenInstanceError(f"cannot set field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__record_fields__]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__record_fields__, state, strict=True):
        object.__setattr__(self, name, value)


if not TYPE_CHECKING:
    dataclass, field, replace = _dataclass, _Field, _replace
