"""Which package a project's wheel is imported as, and where its Python code says that a program is."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from wheelcheck.facts import toml
from wheelcheck.platforms import magic
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelcheck.init.project import Project

_SOURCES = ("src", "python", "", "lib", "py_src")
_NOT_PACKAGED = frozenset(
    {"tests", "test", "docs", "doc", "examples", "benchmarks", "tools", "scripts", "build", "dist"}
)


def found(project: Project, module: str) -> tuple[str, Path | None]:
    """Return the name to import and the package's folder, None for a module without one.

    `module` is what the backend's settings name. Raises UnknownError if nothing says which of several packages it is.
    """
    known = folders(project)
    by_name = {name.lower(): name for name in known}
    if module and (module in known or project.name not in by_name):
        return module, known.get(module)
    if project.name in by_name:
        name = by_name[project.name]
        return name, known[name]
    if len(known) == 1:
        return next(iter(known.items()))
    if any((project.folder / place / f"{project.name}.py").is_file() for place in _SOURCES):
        return project.name, None
    listed = ", ".join(sorted(known)) or "none"
    what = f"which package to import, for the smoke test (there is {listed}, and the project is {project.name or '?'})"
    raise project.unknown(what, "write [tool.wheelcheck] yourself")


def importable(project: Project, module: str, *sources: str) -> str:
    """Return what to import so that a compiled module is near: its first package, or the module in a namespace package.

    A folder without `__init__.py` is a namespace: importing it alone always works, whatever the wheel holds.
    """
    parts = module.split(".")
    for place in sources or _SOURCES:
        folder = project.folder / place
        if folder.joinpath(parts[0]).is_dir():
            packages = (n for n in range(1, len(parts)) if folder.joinpath(*parts[:n], "__init__.py").is_file())
            return ".".join(parts[: next(packages, len(parts))])
    return parts[0]


def folders(project: Project) -> dict[str, Path]:
    """Return the packages of the project by name: those that the backend's settings name, else those that are there."""
    return {path.name: path for path in _declared(project)} or {path.name: path for path in _packages(project)}


def place_of(project: Project, folder: Path, file: str) -> str:
    """Return the folder of the wheel in which the package's code looks for a file; empty if it does not say.

    Raises UnknownError if it looks in several.
    """
    places = {place for source in sorted(folder.rglob("*.py")) for place in _mentions(folder, source, file)}
    if len(places) > 1:
        what = f"where {file} belongs: the code looks for it in {' and in '.join(sorted(places))}"
        raise project.unknown(what, "write [tool.wheelcheck] yourself")
    return next(iter(places), "")


def is_native(file: Path) -> bool:
    """Return whether a file is a program or library of Linux, macOS or Windows, by its first bytes."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(8).startswith((magic.ELF, magic.PE, *magic.MACHO, *magic.FAT))


def native_in(folder: Path) -> str:
    """Return the path of a native file in a package, empty if there is none."""
    files = (path for path in sorted(folder.rglob("*")) if path.suffix not in (".py", ".pyi", ".pyc"))
    return next((path.relative_to(folder.parent).as_posix() for path in files if is_native(path)), "")


def names_in(folder: Path) -> frozenset[str]:
    """Return the last part of every path or name that the package's code spells out as text."""
    trees = (_tree(source) for source in sorted(folder.rglob("*.py")))
    nodes = (node for tree in trees if tree for node in ast.walk(tree))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return frozenset(text.rpartition("/")[2] for text in texts)


def _declared(project: Project) -> list[Path]:
    """Return the packages that the backend's settings name."""
    hatch = toml.texts(toml.table(toml.table(project.tool("hatch", "build"), "targets"), "wheel"), "packages")
    cmake = toml.table(project.tool("scikit-build"), "wheel")
    named = [*hatch, *toml.texts(cmake, "packages")]
    return [path for one in named if (path := project.folder / one).is_dir()]


def _packages(project: Project) -> list[Path]:
    found = [file.parent for place in _SOURCES for file in sorted((project.folder / place).glob("*/__init__.py"))]
    return [path for path in found if path.name not in _NOT_PACKAGED]


def _mentions(folder: Path, source: Path, file: str) -> Iterator[str]:
    """Yield the folder of each path to `file` that a source spells out, relative to the root of the wheel."""
    tree = _tree(source)
    here = PurePosixPath(folder.name, source.parent.relative_to(folder).as_posix())
    for node in ast.walk(tree) if tree else ():
        parts = _parts(node)
        if (
            len(parts) > 1
            and isinstance(parts[0], ast.expr)
            and parts[-1] == file
            and all(isinstance(one, str) for one in parts[1:])
        ):
            root = ast.unparse(parts[0])
            ups = root.count(".parent") + root.count("dirname(") if "__file__" in root else 0
            base = here.joinpath(*[".."] * max(ups - 1, 0)) if "__file__" in root else PurePosixPath(folder.name)
            yield _normal(base.joinpath(*(str(one) for one in parts[1:-1])))


def _tree(source: Path) -> ast.Module | None:
    try:
        return ast.parse(source.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        return None


def _parts(node: ast.AST) -> list[ast.expr | str]:
    """Return a path expression as its root and its names: `root / "bin" / "tool"`, `join(root, "bin", "tool")`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        left = _parts(node.left) or [node.left]
        return [*left, *_names(node.right)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("join", "joinpath"):
        is_method = node.func.attr == "joinpath"
        root = node.func.value if is_method else node.args[0] if node.args else None
        rest = node.args if is_method else node.args[1:]
        return [*(_parts(root) or [root]), *(name for one in rest for name in _names(one))] if root is not None else []
    return []


def _names(value: ast.expr) -> list[ast.expr | str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return [part for part in value.value.split("/") if part]
    return [value]


def _normal(path: PurePosixPath) -> str:
    kept: list[str] = []
    for part in path.parts:
        if part == "..":
            kept[-1:] = []
        elif part != ".":
            kept.append(part)
    return "/".join(kept)
