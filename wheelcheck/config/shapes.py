"""The shapes of values in the configuration.

Each shape reads a value that came out of TOML, and describes it as a JSON Schema and in words, so that the parser, the
schema and the documentation cannot disagree. The rows that use them are in `wheelcheck.config.fields`.
"""

from __future__ import annotations

import re

from wheelcheck.config.files import ConfigError
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wheelcheck.config.files import Place

Part = Literal["gate", "builder"]
_LONGEST = 60  # characters of a wrong value that a message repeats
_TYPES = ((bool, "the boolean"), (int, "the number"), (float, "the number"), (list, "an array"), (dict, "a table"))


class Shape(Protocol):
    """What a value must look like."""

    @property
    def words(self) -> str:
        """The type, for the documentation."""

    def read(self, value: object, where: Place, fix: str) -> Any:  # noqa: ANN401  # each shape returns its own type
        """Return the value as the program uses it. Raises ConfigError, whose message ends with `fix`."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string that matches `pattern`, a regular expression of JSON Schema: it may match anywhere.

    `convert` returns the value to use; it raises ValueError for what a pattern cannot tell.
    """

    what: str = "text that is not blank"
    pattern: str = r"\S"
    convert: Callable[[str], Any] = str

    @property
    def words(self) -> str:
        """The type, for the documentation."""
        return "string"

    def read(self, value: object, where: Place, fix: str) -> Any:  # noqa: ANN401  # what `convert` returns
        """Return the string, converted. Raises ConfigError."""
        # In Python `$` also matches before a newline at the end, in JSON Schema it does not.
        if not isinstance(value, str) or not re.search(self.pattern.replace("$", r"\Z"), value):
            raise wrong(value, where, self.what, fix)
        try:
            return self.convert(value)
        except ValueError as problem:
            raise ConfigError(f"{where}: {problem}") from problem

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "string", **({"pattern": self.pattern} if self.pattern else {})}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few strings."""

    options: tuple[str, ...]

    @property
    def words(self) -> str:
        """The type, for the documentation."""
        return _either([f'`"{option}"`' for option in self.options])

    def read(self, value: object, where: Place, fix: str) -> str:
        """Return the string if it is one of the options. Raises ConfigError."""
        if not isinstance(value, str) or value not in self.options:
            raise wrong(value, where, _either([f'"{option}"' for option in self.options]), fix)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"enum": list(self.options)}


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    words: str = "boolean"

    def read(self, value: object, where: Place, fix: str) -> bool:
        """Return the boolean. Raises ConfigError."""
        if not isinstance(value, bool):
            raise wrong(value, where, "true or false", fix)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number."""

    words: str = "integer"

    def read(self, value: object, where: Place, fix: str) -> int:
        """Return the number; TOML's booleans are none. Raises ConfigError."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(value, where, "a whole number", fix)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "integer"}


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array of values of one shape, read as a tuple. `what` names the entries; `minimum` of them are required."""

    item: Shape
    what: str
    minimum: int = 0

    @property
    def words(self) -> str:
        """The type, for the documentation."""
        return f"array of {self.what}"

    def read(self, value: object, where: Place, fix: str) -> tuple[Any, ...]:
        """Return the entries as a tuple. Raises ConfigError."""
        if not isinstance(value, list) or len(value) < self.minimum:
            raise wrong(value, where, f"an array of {self.what}", fix)
        return tuple(self.item.read(each, where.entry(number), fix) for number, each in enumerate(value, 1))

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        least = {"minItems": self.minimum} if self.minimum else {}
        return {"type": "array", **least, "items": self.item.schema()}


@dataclass(frozen=True, slots=True)
class Words(ListOf):
    """The words of a command, one of which contains `needed`."""

    needed: str = ""

    def read(self, value: object, where: Place, fix: str) -> tuple[Any, ...]:
        """Return the words as a tuple. Raises ConfigError."""
        words = ListOf.read(self, value, where, fix)
        if not any(self.needed in word for word in words):
            raise ConfigError(f"{where}: no word of the command contains {self.needed}; {fix}")
        return words

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {**ListOf.schema(self), "contains": {"type": "string", "pattern": re.escape(self.needed)}}


@dataclass(frozen=True, slots=True)
class OneOrMore:
    """A value of one shape or an array of them, read as a tuple."""

    item: Shape
    what: str

    @property
    def words(self) -> str:
        """The type, for the documentation."""
        return f"{self.item.words} or array of {self.what}"

    def read(self, value: object, where: Place, fix: str) -> tuple[Any, ...]:
        """Return the entries as a tuple. Raises ConfigError."""
        if isinstance(value, list):
            return ListOf(self.item, self.what).read(value, where, fix)
        return (self.item.read(value, where, fix),)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"anyOf": [self.item.schema(), {"type": "array", "items": self.item.schema()}]}


@dataclass(frozen=True, slots=True)
class Named:
    """A table of values of one shape under names that the project chooses, read as a tuple of (name, value) pairs."""

    item: Shape
    what: str

    @property
    def words(self) -> str:
        """The type, for the documentation."""
        return f"table of {self.what}"

    def read(self, value: object, where: Place, fix: str) -> tuple[tuple[str, Any], ...]:
        """Return the pairs in their order. Raises ConfigError."""
        if not isinstance(value, dict):
            raise wrong(value, where, f"a table of {self.what}", fix)
        return tuple((name, self.item.read(each, where / name, fix)) for name, each in value.items())

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "object", "additionalProperties": self.item.schema()}


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a table: everything that is said about it, once.

    `example` and `default` are TOML; `unset` says in words what holds without the key where no single value does.
    `excludes` names keys that cannot stand beside this one, `needs` a key that must, `only_for` the key and the value
    that this one needs.
    `part` is who reads a key of the top level.
    """

    key: str
    shape: Shape
    sentence: str
    example: str
    default: Any = None
    unset: str = ""
    required: bool = False
    excludes: tuple[str, ...] = ()
    needs: str = ""
    only_for: tuple[str, str] | None = None
    part: Part = "gate"

    def read(self, table: Mapping[str, object], where: Place) -> Any:  # noqa: ANN401  # each shape returns its own type
        """Return the value of this key, or its default. Raises ConfigError."""
        place = where / self.key
        value = table.get(self.key, self.default)
        return (
            None if value is None else self.shape.read(value, place, f"write for example {self.key} = {self.example}")
        )

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of this key."""
        default = {} if self.default in (None, [], {}) else {"default": self.default}
        return {"description": self.sentence, **default, **self.shape.schema()}


@dataclass(frozen=True, slots=True)
class Table:
    """A table with these keys and no others, read as a dict: hyphens in keys become underscores, None is unset."""

    fields: tuple[Field, ...]

    @property
    def words(self) -> str:
        """The type, for the documentation."""
        return "table"

    def read(self, value: object, where: Place, fix: str = "", parts: tuple[Part, ...] = ("gate", "builder")) -> Any:  # noqa: ANN401, ARG002  # the header is the fix of a table
        """Return the values of the keys that `parts` read; every key must be known. Raises ConfigError."""
        if not isinstance(value, dict):
            raise wrong(value, where, "a table", f"start it with [{where.header}]")
        self._check_keys(value, where)
        for field in self.fields:
            self._check_beside(field, value, where)
        return {field.key.replace("-", "_"): field.read(value, where) for field in self.fields if field.part in parts}

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        required = [field.key for field in self.fields if field.required]
        conditions = [condition for field in self.fields for condition in self._conditions(field)]
        return {
            "type": "object",
            "additionalProperties": False,
            **({"required": required} if required else {}),
            "properties": {field.key: field.schema() for field in self.fields},
            **({"allOf": conditions} if conditions else {}),
        }

    def _check_keys(self, table: Mapping[str, object], where: Place) -> None:
        known = [field.key for field in self.fields]
        for key in table:
            if key not in known:
                import difflib  # noqa: PLC0415  # slow to import

                near = difflib.get_close_matches(key, known, 1, 0.5)
                hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(known)}"
                raise ConfigError(f"{where}: unknown key {_cut(repr(key))}; {hint}")
        for field in self.fields:
            if field.required and field.key not in table:
                raise ConfigError(f"{where} has no {field.key!r}; add for example {field.key} = {field.example}")

    def _check_beside(self, field: Field, table: Mapping[str, object], where: Place) -> None:
        if field.key not in table:
            return
        if others := [key for key in field.excludes if key in table]:
            raise ConfigError(f"{where} has both {field.key!r} and {others[0]!r}; remove one of them")
        if field.needs and field.needs not in table:
            raise ConfigError(f"{where}: {field.key!r} is allowed only with {field.needs!r}; remove it")
        if field.only_for and table.get(field.only_for[0]) != field.only_for[1]:
            key, value = field.only_for
            raise ConfigError(f'{where}: {field.key!r} is allowed only with {key} = "{value}"; remove it')

    def _conditions(self, field: Field) -> list[dict[str, Any]]:
        """Return what `_check_beside` checks, as JSON Schema."""
        has = {"required": [field.key]}
        beside = [{"if": has, "then": {"properties": dict.fromkeys(field.excludes, False)}}] if field.excludes else []
        beside += [{"if": has, "then": {"required": [field.needs]}}] if field.needs else []
        if not field.only_for:
            return beside
        key, value = field.only_for
        return [*beside, {"if": has, "then": {"properties": {key: {"const": value}}}}]


@dataclass(frozen=True, slots=True)
class Tables:
    """An array of tables, read as a tuple. No two entries have the same value of the key `unique`."""

    table: Table
    unique: str = ""

    @property
    def words(self) -> str:
        """The type, for the documentation."""
        return "array of tables"

    def read(self, value: object, where: Place, fix: str) -> tuple[dict[str, Any], ...]:
        """Return the values of every entry. Raises ConfigError."""
        header = f"write each entry as [[{where.header}]] with {self._example}"
        if not isinstance(value, list):
            raise wrong(value, where, "an array of tables", header)
        for number, each in enumerate(value, 1):
            if not isinstance(each, dict):
                raise wrong(each, where.entry(number), "a table", header)
        entries = tuple(self.table.read(each, where.entry(number), fix) for number, each in enumerate(value, 1))
        self._check_unique(entries, where)
        return entries

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value, which cannot say that entries differ in one key."""
        return {"type": "array", "items": self.table.schema()}

    @property
    def _example(self) -> str:
        """The required keys of an entry, as a table's lines."""
        return " and ".join(f"{field.key} = {field.example}" for field in self.table.fields if field.required)

    def _check_unique(self, entries: tuple[dict[str, Any], ...], where: Place) -> None:
        if not self.unique:
            return
        first: dict[Any, int] = {}
        for number, entry in enumerate(entries, 1):
            value = entry[self.unique]
            if value in first:
                place = where.entry(number) / self.unique
                raise ConfigError(f"{place} is {value!r}, as in entry #{first[value]}; remove one, or correct it")
            first[value] = number


def wrong(value: object, where: Place, what: str, fix: str) -> ConfigError:
    """Return the error for a value that is not what it must be."""
    return ConfigError(f"{where} must be {what}, not {_shown(value)}; {fix}")


def _shown(value: object) -> str:
    """Return a wrong value as a message names it: with its type unless it is a string, and never at length."""
    if isinstance(value, str):
        return _cut(repr(value)) if value else "an empty string"
    name = next((name for kind, name in _TYPES if isinstance(value, kind)), "the date or time")
    if isinstance(value, (list, dict)):
        return name if value else f"an empty {name.partition(' ')[2]}"
    return f"{name} {_cut(str(value).lower() if isinstance(value, bool) else str(value))}"


def _either(options: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(options[:-1]), options[-1])))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
