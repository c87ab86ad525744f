"""Which names a Python source binds, as far as it can be known without running it."""

from __future__ import annotations

import ast
import re
import warnings
from functools import cached_property, lru_cache
from itertools import islice

from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFINITION = regex(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_WORD = regex(r"\w+")
_LEXEME = regex(r"\w+|[^\w\s]")
_STAR = regex(r"import[\s(\\]*\*")
_BIND_ANYTHING = frozenset({"*", "__getattr__", "exec", "globals", "locals", "setattr", "vars"})
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(slots=True)
class Parsing:
    """How many words and signs of modules are parsed yet: each may take 20 microseconds and two kilobytes.

    Those of the commands of a wheel are seldom parsed at all, because most define at the top what a command starts.
    """

    left: int = 30_000

    def lacking(self, text: str, references: tuple[str, ...]) -> frozenset[str]:
        """Return which of the references a module surely lacks; if it is too long, which it never mentions."""
        defined = frozenset(_DEFINITION.findall(text))
        doubtful = tuple(each for each in references if each not in defined)
        if not doubtful:
            return frozenset()
        self.left -= sum(1 for _ in islice(_LEXEME.finditer(text), self.left + 1))
        return lacking(text, doubtful) if self.left >= 0 else _never_mentioned(text, doubtful)


def _never_mentioned(text: str, references: tuple[str, ...]) -> frozenset[str]:
    """Return those of the references whose name is nowhere in a module that binds none by other means."""
    words = frozenset(_WORD.findall(text))
    if not text.isascii() or "modules" in words or _STAR.search(text) or not words.isdisjoint(_BIND_ANYTHING - {"*"}):
        return frozenset()
    return frozenset(each for each in references if each.partition(".")[0] not in words)


class ModuleNames:
    """The names of one module's source, found once for all that is asked of it.

    A module with a star import, `__getattr__`, `exec`, `globals()`, `sys.modules` or a syntax error may have any name.
    So may a class with bases, a metaclass or a decorator.
    """

    def __init__(self, text: str) -> None:
        self._tree = _parsed(text)
        self._bound = _bound(self._tree) if self._tree else set()
        self._classes: dict[str, list[ast.ClassDef]] = {}
        for node in _inside(self._tree) if self._tree else ():
            if isinstance(node, ast.ClassDef):
                self._classes.setdefault(node.name, []).append(node)
        self._known: dict[str, set[str] | None] = {}  # the attributes of classes; None where others are possible

    def lacks(self, reference: str) -> bool:
        """Return whether the module surely has no `main`, or no `App.main`, if that is the reference."""
        name, _, attribute = reference.partition(".")
        if self._tree is None or name not in self._bound:
            return self._tree is not None
        if name not in self._known:
            self._known[name] = self._attributes(name)
        known = self._known[name]
        return bool(attribute) and known is not None and attribute.partition(".")[0] not in known

    def _attributes(self, name: str) -> set[str] | None:
        definitions = self._classes.get(name, [])
        if len(definitions) != 1 or _is_open(definitions[0]):
            return None
        return _bound(definitions[0]) | self._assigned

    @cached_property
    def _assigned(self) -> set[str]:
        return _assigned_attributes(self._tree) if self._tree else set()


@lru_cache(maxsize=64)
def lacking(text: str, references: tuple[str, ...]) -> frozenset[str]:
    """Return which of the references a module surely lacks. The wheels of a release have the same modules."""
    names = ModuleNames(text)
    return frozenset(reference for reference in references if names.lacks(reference))


def _parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of a module; None if it is none, or may bind any name."""
    try:
        with warnings.catch_warnings():  # Python warns of escapes and literals that it will refuse one day
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "modules":  # sys.modules[__name__] = …
            return None
        if not _BIND_ANYTHING.isdisjoint(_names(node)):
            return None
    return tree


def _is_open(definition: ast.ClassDef) -> bool:
    """Return whether a class has attributes from elsewhere."""
    return bool(definition.bases or definition.keywords or definition.decorator_list)


def _bound(scope: ast.AST) -> set[str]:
    """Return the names that a module or class binds in whatever branch, and those that functions declare global."""
    names = {name for node in _inside(scope) for name in _names(node)}
    if isinstance(scope, ast.Module):
        names.update(name for node in ast.walk(scope) if isinstance(node, ast.Global) for name in node.names)
    return names


def _inside(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, including the definitions in it, and not what is inside of these."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting.extend(ast.iter_child_nodes(node))


def _names(node: ast.AST) -> list[str]:
    """Return the names that a node binds or, where that is cheaper to tell, mentions."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, (ast.MatchAs, ast.MatchStar)):
        return [node.name] if node.name else []
    return []


def _assigned_attributes(tree: ast.Module) -> set[str]:
    """Return the attributes that are assigned anywhere: `App.main = run`."""
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
