"""The order of the layers, read from every import, those for type checking and those inside functions included."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# From top to bottom: a module imports from its own package and from lines below its own, never from a neighbour.
LAYERS = (
    ("__main__",),  # python -m wheelcheck
    ("cli",),  # arguments to exit code
    ("__init__",),  # the Python API: read, judge, report as a value that writes itself
    ("survey",),  # many artifacts, one by one, here or on a cluster
    ("init", "report"),  # what is written into projects; what is said about a release
    ("builder",),  # builds what the gate will judge, and may ask the gate
    ("fix",),  # what is repaired in a wheel, and the wheel that this gives
    ("summary", "processes"),  # what is kept of a judged artifact, to be merged elsewhere; judging in several processes
    ("engine",),  # runs the rules and sets aside what is ignored
    ("kept",),  # how much of each artifact is kept in memory
    ("results",),
    ("ignored", "severities"),  # which findings a configuration sets aside, which it gives another severity
    ("rules",),  # facts to findings
    ("facts",),  # bytes to facts
    ("config",),  # what a release must hold
    ("locks",),  # which released files an install takes
    ("inputs",),  # which files a path, a folder or a requirement stands for; opens only regular files
    ("pypi",),  # published releases, which inputs asks for
    ("archive", "binary", "wheel_writer"),  # the readers, which know nothing of each other; what writes a wheel
    ("platforms",),  # the tables of CPUs, tags and policies
    ("source", "damage", "credentials", "toml_document"),  # bytes at an offset, damage; passwords in URLs; TOML
    (
        "records",
        "tuples",
        "patterns",
        "counting",
        "turn",
    ),  # what everything uses: fields, expressions, nouns, the turn of threads
    ("typed",),  # the names that annotations need
)
RANK = {unit: rank for rank, units in enumerate(LAYERS) for unit in units}


@cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the package, parsed, by its dotted name."""
    files = sorted((ROOT / "wheelcheck").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in files]
    return dict(zip(names, (ast.parse(path.read_text("utf-8")) for path in files), strict=True))


def imports(tree: ast.Module, known: dict[str, ast.Module]) -> set[str]:
    """Return the modules of ours that a module imports. Anyone may ask the package itself for its version."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else str(node.module) for name in names}
    return found & known.keys() - {"wheelcheck"}


def unit(module: str) -> str:
    """Return the package or top-level module that a module belongs to."""
    return [*module.split("."), "__init__"][1]


@cache
def graph() -> dict[str, set[str]]:
    """Return the imports of every module."""
    known = modules()
    return {name: imports(tree, known) for name, tree in known.items()}


def upward() -> set[str]:
    """Return the imports that do not run down."""
    pairs = ((name, other) for name, others in graph().items() for other in others if unit(name) != unit(other))
    return {f"{name} -> {other}" for name, other in pairs if RANK[unit(name)] >= RANK[unit(other)]}


def test_every_module_has_its_layer() -> None:
    assert {unit(name) for name in modules()} == RANK.keys()


def test_every_import_runs_down() -> None:
    assert upward() == set()


def test_no_imports_form_a_circle() -> None:
    TopologicalSorter(graph()).prepare()


def test_one_module_parses_toml_and_knows_which_keys_are_slow() -> None:
    parsers = ("tomllib", "tomli")
    assert {name for name, tree in modules().items() if imports(tree, dict.fromkeys(parsers, tree))} == {
        "wheelcheck.toml_document"
    }


def test_an_import_is_seen_anywhere_in_a_file() -> None:
    source = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from wheelcheck.rules import linux\n"
        "def f():\n    import wheelcheck.damage\n    from wheelcheck.config import Config\n"
        "    from wheelcheck import cli\n"
    )
    expected = {"wheelcheck.rules.linux", "wheelcheck.damage", "wheelcheck.config", "wheelcheck.cli"}
    assert imports(ast.parse(source), modules()) == expected
