"""The commands of setuptools that a project replaces: which of them may build something, and how they tag wheels."""

from __future__ import annotations

import ast

from wheelcheck.facts import toml
from wheelcheck.init.project import UnknownError
from wheelcheck.init.setup_script import called, constant
from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.init.project import Project
    from wheelcheck.init.setup_script import Script

_COMPILING = frozenset({"build", "build_py", "build_clib", "build_scripts", "install", "install_lib", "egg_info"})
# What starts a compiler, or fetches what somebody else has compiled.
_STARTS = regex(r"\b(subprocess|os\.system|spawn|Popen|check_call|urllib|urlopen|urlretrieve|requests|httpx)\b")
_FIX = "write [tool.wheelcheck] yourself"


def require_known(project: Project) -> None:
    """Raise UnknownError for a command of the project's own that may build something or tags the wheels itself."""
    table = toml.table(project.tool("setuptools"), "cmdclass")
    if replaced := sorted(table.keys() & (_COMPILING | {"build_ext", "bdist_wheel"})):
        raise project.unknown(f"what the command {replaced[0]} of tool.setuptools.cmdclass builds", _FIX)
    if script := project.script:
        for key, command in _replaced(script):
            _require_known(script, key, command)


def own_tag(script: Script) -> str:
    """Return interpreter and ABI as the project's own bdist_wheel returns them; empty if its text does not say so."""
    own = next((script.class_named(command) for key, command in _replaced(script) if key == "bdist_wheel"), None)
    methods = {one.name: one for one in own.body if isinstance(one, ast.FunctionDef)} if own else {}
    returned = (
        [one.value for one in ast.walk(methods["get_tag"]) if isinstance(one, ast.Return)]
        if "get_tag" in methods
        else []
    )
    value = returned[0] if len(returned) == 1 else None
    parts = (
        [text for one in value.elts[:2] if isinstance(text := constant(one), str)]
        if isinstance(value, ast.Tuple)
        else []
    )
    return "-".join(parts) if len(parts) == 2 else ""


def _replaced(script: Script) -> Iterator[tuple[str, ast.expr]]:
    """Yield the commands that setup.py gives as `cmdclass`, by their names; `**` for those it does not name."""
    for value in script.arguments.get("cmdclass", []):
        yield from script.pairs(value)


def _require_known(script: Script, key: str, command: ast.expr) -> None:
    if key == "**":
        if isinstance(command, ast.Call) and called(command) == "get_cmdclass":  # versioneer
            return
        raise UnknownError(script.file, f"which commands cmdclass in line {command.lineno} replaces", _FIX)
    if key == "bdist_wheel" and not own_tag(script):
        raise UnknownError(script.file, "how its own command bdist_wheel tags the wheels", _FIX)
    if key in _COMPILING and _STARTS.search(_text_of(script, command)):
        raise UnknownError(script.file, f"what its own command {key} builds", _FIX)
    if key == "build_ext" and not script.arguments.keys() & {"ext_modules", "rust_extensions", "cffi_modules"}:
        raise UnknownError(script.file, "what its own command build_ext builds", _FIX)


def _text_of(script: Script, command: ast.expr) -> str:
    """Return setup.py, and the package of the project that the command is imported from, if it is from one."""
    place = script.file.parent.joinpath(*_module_of(script, command).split("."))
    files = [place.with_suffix(".py"), *(sorted(place.rglob("*.py")) if place != script.file.parent else ())]
    return "\n".join([script.text, *(file.read_text("utf-8", "replace") for file in files if file.is_file())])


def _module_of(script: Script, command: ast.expr) -> str:
    """Return the module that setup.py imports a name from, or the part before the dot; empty if it does not."""
    name = next((node.id for node in ast.walk(command) if isinstance(node, ast.Name)), "")
    for node in ast.walk(script.tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            for one in node.names:
                if name == (one.asname or one.name.partition(".")[0]):
                    return node.module or "" if isinstance(node, ast.ImportFrom) else one.name
    return ""
