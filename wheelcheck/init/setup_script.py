"""Reads a setup.py without executing it: what it tells setup(), as far as the text says so."""

from __future__ import annotations

import ast
from functools import cached_property

from wheelcheck.config.files import ConfigError, content_of
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Script:
    """A setup.py: its text and its syntax tree."""

    file: Path
    text: str
    tree: ast.Module

    @classmethod
    def read(cls, folder: Path) -> Script | None:
        """Read the setup.py of a folder; None if it has none. Raises ConfigError if it is not Python."""
        file = folder / "setup.py"
        if not file.is_file():
            return None
        content = content_of(file)
        try:
            text = content.decode("utf-8-sig")
            return cls(file, text, ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
            raise ConfigError(f"{file}: it is not Python: {problem}; correct it") from problem

    @cached_property
    def arguments(self) -> dict[str, list[ast.expr]]:
        """What setup() is given, by keyword: usually one expression each, several if it is called in several places.

        The key `**` holds mappings that are handed over whole and whose keys the text does not say.
        """
        found: dict[str, list[ast.expr]] = {}
        for keyword in (one for call in self.calls("setup") for one in call.keywords):
            given = [(keyword.arg, keyword.value)] if keyword.arg else self.pairs(keyword.value)
            for name, value in given:
                found.setdefault(name, []).append(value)
        return found

    def argument(self, name: str) -> ast.expr | None:
        """Return what setup() is given under a keyword; None if nothing, or not always the same."""
        found = self.arguments.get(name, [])
        return self.resolved(found[0]) if len(found) == 1 else None

    def calls(self, *names: str) -> list[ast.Call]:
        """Return the calls of functions of these names, whatever module they are from."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and called(node) in names]

    def resolved(self, value: ast.expr) -> ast.expr:
        """Return what a name stands for if it is assigned once and not added to, else the expression itself."""
        if not isinstance(value, ast.Name) or self._is_added_to(value.id):
            return value
        values = self.assigned(value.id)
        return values[0] if len(values) == 1 else value

    def assigned(self, name: str) -> list[ast.expr]:
        """Return everything that is assigned to a name, in order."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
                found.append(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
                found += [node.value] if node.value else []
        return found

    def _is_added_to(self, name: str) -> bool:
        """Return whether something is appended to the list of this name, or set in the dict."""
        for node in ast.walk(self.tree):
            place: ast.AST | None = None
            if isinstance(node, ast.AugAssign):
                place = node.target
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                place = node.func.value if node.func.attr in ("append", "extend", "insert", "update") else None
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                place = node.value
            if isinstance(place, ast.Name) and place.id == name:
                return True
        return False

    def class_named(self, value: ast.expr) -> ast.ClassDef | None:
        """Return the class of this file that a name stands for."""
        name = value.id if isinstance(value, ast.Name) else ""
        return next((one for one in ast.walk(self.tree) if isinstance(one, ast.ClassDef) and one.name == name), None)

    def guards(self, wanted: ast.AST) -> Iterator[ast.expr]:
        """Yield the conditions under which a node is evaluated; those of an `else` are left out."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.If | ast.IfExp):
                body = node.body if isinstance(node.body, list) else [node.body]
                if any(wanted is inner for part in body for inner in ast.walk(part)):
                    yield node.test

    def pairs(self, value: ast.expr, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, ast.expr]]:
        """Yield what a dict holds, however it is written; the key `**` stands for what the text does not say."""
        if isinstance(value, ast.Name):
            yield from self._pairs_of_name(value, seen)
        elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
            yield from self.pairs(value.left, seen)
            yield from self.pairs(value.right, seen)
        elif isinstance(value, ast.Call) and called(value) == "dict":
            for argument in value.args:
                yield from self.pairs(argument, seen)
            for inner in value.keywords:
                yield from [(inner.arg, inner.value)] if inner.arg else self.pairs(inner.value, seen)
        elif isinstance(value, ast.Dict):
            for key, one in zip(value.keys, value.values, strict=True):
                text = constant(key)
                yield from self.pairs(one, seen) if key is None else [(text if isinstance(text, str) else "**", one)]
        else:
            yield "**", value

    def _pairs_of_name(self, name: ast.Name, seen: frozenset[str]) -> Iterator[tuple[str, ast.expr]]:
        """Yield what any dict of this name holds, and what is set in it: which of them it is, only a run would say."""
        values, keys = self.assigned(name.id), list(self._keys_set(name.id))
        is_parameter = any(isinstance(node, ast.arg) and node.arg == name.id for node in ast.walk(self.tree))
        if not values or is_parameter or name.id in seen or None in (key for key, _ in keys):
            yield "**", name
            return
        for value in values:
            yield from self.pairs(value, seen | {name.id})
        yield from ((key, value) for key, value in keys if key)

    def _keys_set(self, name: str) -> Iterator[tuple[str | None, ast.expr]]:
        """Yield what is set in the dict of a name after it was made; the key None stands for one that is not said."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                for to in node.targets:
                    if isinstance(to, ast.Subscript) and isinstance(to.value, ast.Name) and to.value.id == name:
                        key = constant(to.slice)
                        yield key if isinstance(key, str) else None, node.value
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
                yield None, node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                on = node.func.value
                if isinstance(on, ast.Name) and on.id == name and node.func.attr in ("update", "setdefault"):
                    yield None, node


def called(node: ast.Call) -> str:
    """Return the last part of a called name: `Extension` for `setuptools.Extension(…)`."""
    function = node.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def constant(value: ast.expr | None) -> object:
    """Return the value of a literal; None for anything that must be evaluated."""
    try:
        return ast.literal_eval(value) if value is not None else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return a keyword argument of a call; None if it is not given."""
    return next((one.value for one in call.keywords if one.arg == name), None)
