"""Mutants of a module: copies that differ from it in one small way, made by the operators of mutmut.

mutmut itself leaves out what has a decorator, which is every rule of ours, and every property. Here all functions are
mutated; annotations, decorators, texts in three quotes and what stands outside functions are not.
"""

from __future__ import annotations

import ast
import types
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider, WhitespaceInclusivePositionProvider
from mutmut.mutation.mutators import mutation_operators

Key = tuple[str, int]  # the name of a function and its first line
_NEVER = frozenset({"len", "isinstance"})  # as in mutmut: without its argument, such a call can only raise


@dataclass(frozen=True)
class Mutant:
    """One change: the function it is in, the lines of the statement it touches, the changed lines, and the new source.

    That holds the function or class that differs, at its place in the file, and empty lines above.
    """

    module: str
    function: str
    lines: range
    change: str
    source: str

    @property
    def name(self) -> str:
        """The function and the change, by which a page knows the mutant again."""
        return f"{self.function}: {self.change}"


def mutants_of(source: str, name: str) -> list[Mutant]:
    """Return all mutants of a module's text; `name` is its path for people."""
    wrapped = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    places = wrapped.resolve(WhitespaceInclusivePositionProvider)
    visitor = _Changes(wrapped.resolve(PositionProvider))
    wrapped.module.visit(visitor)
    starts = [0, *accumulate(map(len, source.splitlines(keepends=True)))]
    found: dict[str, Mutant] = {}
    for outermost, function, lines, node, changed in visitor.changes:
        at = starts[places[node].start.line - 1] + places[node].start.column if node in places else 0
        old, new = wrapped.module.code_for_node(node), wrapped.module.code_for_node(changed)
        if source.startswith(old, at) and node in places:
            text = source[:at] + new + source[at + len(old) :]
        else:  # an operator, or a statement with what is above it
            text = wrapped.module.deep_replace(node, changed).code
        if text != source and text not in found:
            first, last = places[outermost].start.line - 1, places[outermost].end.line
            piece = text[starts[first] : len(text) - len(source) + starts[min(last, len(starts) - 1)]]
            found[text] = Mutant(name, function, lines, _difference(source, text), "\n" * first + piece)
    return list(found.values())


def planted(source: str, name: str, old: str, new: str) -> Mutant:
    """Return the mutant that has `new` where the module has `old`, which stands there once."""
    first = source[: source.index(old)].count("\n") + 1
    return Mutant(
        name, "by hand", range(first, first + old.count("\n") + 1), f"{old} → {new}", source.replace(old, new)
    )


def _difference(old: str, new: str) -> str:
    """Return the lines that differ, old and new, each side in one line."""
    sides = old.splitlines(), new.splitlines()
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*sides, strict=False)))
    ends = zip(reversed(sides[0][same:]), reversed(sides[1][same:]), strict=False)
    last = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    return " → ".join(" ".join(line.strip() for line in side[same : len(side) - last]) for side in sides)


class _Changes(cst.CSTVisitor):
    """All changes that the operators offer for nodes in functions."""

    def __init__(self, positions: Any) -> None:  # noqa: ANN401  # a mapping of libcst
        super().__init__()
        self._positions = positions
        self._functions: list[str] = []
        self._statements: list[range] = []
        self._classes: list[str] = []
        self._open: list[cst.CSTNode] = []
        self.changes: list[tuple[cst.CSTNode, str, range, cst.CSTNode, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Offer the node to the operators, and say whether to look inside."""
        if isinstance(node, cst.Annotation | cst.Decorator) or _is_untouched_call(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._open.append(node)
        if isinstance(node, cst.FunctionDef):
            self._functions.append(".".join([*self._classes, node.name.value]))
        if isinstance(node, cst.ClassDef):
            self._classes.append(node.name.value)
        if isinstance(node, cst.BaseStatement):
            self._statements.append(self._header(node))
        if self._functions:
            self._offer(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Forget the function, class or statement that ends."""
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._open.pop()
        if isinstance(original_node, cst.FunctionDef):
            self._functions.pop()
        if isinstance(original_node, cst.ClassDef):
            self._classes.pop()
        if isinstance(original_node, cst.BaseStatement):
            self._statements.pop()

    def _header(self, node: cst.CSTNode) -> range:
        """Return the lines of a statement: of one with a body, those before it; of a function, all."""
        place = self._positions[node]
        body = getattr(node, "body", None)
        if isinstance(body, cst.BaseSuite) and not isinstance(node, cst.FunctionDef):
            return range(place.start.line, max(self._positions[body].start.line, place.start.line + 1))
        return range(place.start.line, place.end.line + 1)

    def _offer(self, node: cst.CSTNode) -> None:
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for changed in operator(node):
                    self.changes.append((self._open[0], self._functions[0], self._statements[-1], node, changed))


def _is_untouched_call(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in _NEVER


def functions_in(tree: ast.Module, path: str) -> dict[Key, types.CodeType]:
    """Return the code of all functions of a module by name and first line."""
    found: dict[Key, types.CodeType] = {}
    waiting = [compile(tree, path, "exec", annotations.compiler_flag, dont_inherit=True)]
    for code in waiting:
        inner = [value for value in code.co_consts if isinstance(value, types.CodeType)]
        found |= {(value.co_name, value.co_firstlineno): value for value in inner}
        waiting += inner
    return found


def apply(mutant: Mutant, path: str, functions: dict[Key, list[types.FunctionType]]) -> int:
    """Put the mutant's code into the living functions of its module, and return how many differ now."""
    changed = 0
    tree = ast.parse(mutant.source)
    for key, code in functions_in(tree, path).items():
        for function in functions.get(key, ()):
            if _meaning(function.__code__) != _meaning(code):
                function.__code__ = code
                changed += 1
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            changed += sum(_set_defaults(function, node) for function in functions.get((node.name, first), ()))
    return changed


def _meaning(code: types.CodeType) -> tuple[Any, ...]:
    """Return what a code does, without its places in the text."""
    constants = [_meaning(value) if isinstance(value, types.CodeType) else repr(value) for value in code.co_consts]
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_code, constants, names, code.co_argcount, code.co_kwonlyargcount, code.co_flags


def _set_defaults(function: types.FunctionType, node: ast.FunctionDef) -> bool:
    """Give a function the literal defaults that stand in its mutated source, and return whether one differs."""
    old = function.__defaults__ or (), function.__kwdefaults__ or {}
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    new = (
        tuple(_literal(value, kept) for value, kept in zip(node.args.defaults, old[0], strict=True)),
        {each.arg: _literal(value, old[1].get(each.arg)) for each, value in named if value is not None},
    )
    if repr(new) == repr(old):
        return False
    function.__defaults__, function.__kwdefaults__ = new
    return True


def _literal(node: ast.expr, otherwise: Any) -> Any:  # noqa: ANN401  # any default
    return node.value if isinstance(node, ast.Constant) else otherwise
