"""The names of `typing` that annotations need, without the cost of importing it.

    from wheelcheck.typed import TYPE_CHECKING, Literal

A check of a small wheel spends a twenty-fifth of its time on importing the standard library's. Type checkers see those;
when the program runs, there are classes in their place that do nothing. `typing.get_args` works on these, too.
"""

from __future__ import annotations

from types import GenericAlias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import (
        IO,
        Any,
        BinaryIO,
        ClassVar,
        Generic,
        Literal,
        NoReturn,
        Protocol,
        TextIO,
        TypeVar,
        cast,
        overload,
    )

__all__ = [
    "IO",
    "TYPE_CHECKING",
    "Any",
    "BinaryIO",
    "ClassVar",
    "Generic",
    "Literal",
    "NoReturn",
    "Protocol",
    "TextIO",
    "TypeVar",
    "cast",
    "overload",
]


class _Name:
    """Stands for a name of `typing`: it can be a base class, and be subscripted."""

    __slots__ = ()
    __class_getitem__: Any = classmethod(GenericAlias)


class _Literal(_Name):
    """Holds its words, and those of other literals among them."""

    def __class_getitem__(cls, words: Any) -> GenericAlias:
        given = words if isinstance(words, tuple) else (words,)
        all_words = [word for each in given for word in (each.__args__ if isinstance(each, GenericAlias) else (each,))]
        return GenericAlias(cls, tuple(all_words))


def _type_variable(name: str, **_: object) -> str:
    return name


def _cast(_type: object, value: object) -> object:
    return value


def _overload(function: object) -> object:
    return function


if not TYPE_CHECKING:
    Any = BinaryIO = TextIO = NoReturn = object
    IO = ClassVar = Generic = Protocol = _Name
    Literal = _Literal
    TypeVar, cast, overload = _type_variable, _cast, _overload
