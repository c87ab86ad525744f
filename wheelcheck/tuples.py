"""`typing.NamedTuple` without its cost at import.

    from wheelcheck.tuples import NamedTuple

The standard library compiles `__new__` when a class is made; a check makes forty. Here it is compiled when a class has
a few instances. Type checkers see the standard library's.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

try:
    from _collections import _tuplegetter  # type: ignore[import-not-found]  # what `namedtuple` gives each field
except ImportError:  # PyPy

    def _tuplegetter(index: int, _: str) -> Any:
        from operator import itemgetter  # noqa: PLC0415

        return property(itemgetter(index))


__all__ = ["NamedTuple"]
_FEW = 16  # instances that are made value by value; to compile costs as much as two dozen


def _made(name: str, _bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
    """Return the class of tuples with the annotated fields; what is assigned to them are the defaults."""
    fields = tuple(namespace.get("__annotations__", ()))
    defaults = {field: namespace.pop(field) for field in fields if field in namespace}
    members = {field: _tuplegetter(number, "") for number, field in enumerate(fields)}
    members |= {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields, "__slots__": ()}
    members |= {
        "__repr__": _shown,
        "__getnewargs__": _values,
        "_replace": _replaced,
        "_asdict": _as_dict,
    }
    members |= {"_make": classmethod(tuple.__new__), "__new__": _first_new()}
    return type(name, (tuple,), members | namespace)


def _first_new() -> Any:
    """Return a `__new__` that makes a few instances, then puts the compiled one in its place and calls it."""
    made = 0

    def first(cls: Any, /, *values: Any, **named: Any) -> Any:
        nonlocal made
        made += 1
        if made <= _FEW:
            given = dict(zip(cls._fields, values)) | named  # noqa: B905  # there may be fewer values, or too many
            whole = cls._field_defaults | given
            is_right = len(given) == len(values) + len(named) and whole.keys() == {*cls._fields}
            if is_right:
                return tuple.__new__(cls, map(whole.__getitem__, cls._fields))
        cls.__new__ = _compiled_new(cls)
        return cls(*values, **named)

    return first


def _compiled_new(cls: Any) -> Any:
    known: dict[str, Any] = {"_new": tuple.__new__, "_defaults": cls._field_defaults}
    parameters = [f"{name}=_defaults[{name!r}]" if name in cls._field_defaults else name for name in cls._fields]
    names = "".join(f"{name}, " for name in cls._fields)
    exec(f"def __new__(_cls, {', '.join(parameters)}): return _new(_cls, ({names}))", known)  # noqa: S102  # as namedtuple
    return known["__new__"]


def _shown(self: Any) -> str:
    fields = (f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
    return f"{type(self).__name__}({', '.join(fields)})"


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(self)


def _replaced(self: Any, /, **changes: Any) -> Any:
    return type(self)(**(dict(zip(self._fields, self, strict=True)) | changes))


def _as_dict(self: Any) -> dict[str, Any]:
    return dict(zip(self._fields, self, strict=True))


class _Base:
    """What stands for `NamedTuple` among the bases of a class."""

    def __mro_entries__(self, _bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (_OUR_BASE,)


class _Making(type):
    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        return _made(name, bases, namespace)


_OUR_BASE = type.__new__(_Making, "NamedTuple", (), {})
if not TYPE_CHECKING:
    NamedTuple = _Base()
