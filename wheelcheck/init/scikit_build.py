"""What scikit-build-core builds: `[tool.scikit-build]`, and CMakeLists.txt read as text."""

from __future__ import annotations

import re

from wheelcheck.facts import toml
from wheelcheck.init.compiled import Compiled, stable
from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.init.project import Project

_FIX = "write [tool.wheelcheck] yourself"
_DECLARE = 'declare them in [[tool.wheelcheck.payload]] with from = "backend", and write the table yourself'
_PY_API = regex(r"cp3(\d+)")
_MODULES = regex(
    r"\b(?:python3?_add_library|pybind11_add_module|nanobind_add_module|python_extension_module)\s*\(\s*([^\s()]+)",
    re.IGNORECASE,
)
_PROGRAMS = regex(r"\badd_executable\s*\(\s*([^\s()]+)", re.IGNORECASE)
# Without a type it is shared where BUILD_SHARED_LIBS says so, which can be decided anywhere.
_LIBRARIES = regex(
    r"\badd_library\s*\(\s*([^\s()]+)(?!\s+(?:STATIC|OBJECT|INTERFACE|MODULE|IMPORTED|ALIAS|UNKNOWN)\b)", re.IGNORECASE
)
_INSTALLED = regex(r"\binstall\s*\(\s*TARGETS\s+([^()]*)", re.IGNORECASE)
_FOLDERS = regex(r"\badd_subdirectory\s*\(\s*([^\s()]+)([^()]*)", re.IGNORECASE)
_MOST_SCRIPTS = 200  # of one project; a repository with a whole C++ library has a few dozen


def compiled(project: Project) -> Compiled:
    """Return what scikit-build-core builds: extension modules of CMake, for the Pythons that `wheel.py-api` says.

    Raises UnknownError where programs are in the wheel, or may be: CMake says where they go.
    """
    settings = project.tool("scikit-build")
    wheel = toml.table(settings, "wheel")
    for entry in toml.tables(settings, "overrides"):
        changed = toml.table(entry, "wheel")
        if {"py-api", "platlib", "cmake"} & changed.keys() and not _is_about_others(entry):
            raise project.unknown("which wheels to build, because tool.scikit-build.overrides changes them", _FIX)
    if wheel.get("cmake") is False or wheel.get("platlib") is False:
        return Compiled()
    scripts = _scripts(project)
    if _install_programs(scripts):
        raise project.unknown("which programs CMakeLists.txt installs into the wheel", _DECLARE)
    if not _installed(scripts).isdisjoint(_LIBRARIES.findall(scripts)):
        raise project.unknown("whether CMakeLists.txt installs shared libraries into the wheel", _DECLARE)
    module = project.name if project.name in _MODULES.findall(scripts) else ""
    api = str(wheel.get("py-api", ""))
    if not api:
        return Compiled(python=project.pythons, needs_each_python=True, module=module)
    if found := _PY_API.fullmatch(api):
        since = int(found[1])
        older = tuple(one for one in project.pythons if "-" not in one and int(one.removeprefix("cp3")) < since)
        return Compiled(python=(*older, *stable(since)), needs_each_python=bool(older), module=module)
    if re.fullmatch(r"py[23](\.py3)?", api):
        raise project.unknown("which programs or libraries CMakeLists.txt installs into the wheel", _DECLARE)
    raise project.unknown(f"which wheels tool.scikit-build.wheel.py-api = {api!r} gives", _FIX)


def _is_about_others(entry: dict[str, Any]) -> bool:
    """Return whether an override never holds for CPython on Linux, macOS or Windows."""
    condition = toml.table(entry, "if")
    others = {"implementation-name": ("pypy", "graalpy"), "platform-system": ("emscripten", "wasi", "android", "ios")}
    return any(re.search("|".join(words), str(condition.get(key, ""))) for key, words in others.items())


def _scripts(project: Project) -> str:
    """Return the text of the project's CMakeLists.txt and of those in folders that it adds, without comments."""
    source = toml.table(project.tool("scikit-build"), "cmake").get("source-dir", ".")
    waiting = [project.folder / str(source)]
    texts: dict[Path, str] = {}
    while waiting and len(texts) < _MOST_SCRIPTS:
        folder = waiting.pop().resolve()
        file = folder / "CMakeLists.txt"
        if folder in texts or not folder.is_relative_to(project.folder.resolve()) or not file.is_file():
            continue
        texts[folder] = re.sub(r"#.*", "", file.read_text("utf-8", "replace"))
        waiting += [folder / name for name in _added(texts[folder])]
    return "\n".join(texts.values())


def _added(script: str) -> list[str]:
    """Return the folders that a CMakeLists.txt adds, and whose install() commands count."""
    places = ((name.strip('"'), rest) for name, rest in _FOLDERS.findall(script))
    here = re.compile(r"^\$\{(CMAKE_CURRENT_SOURCE_DIR|CMAKE_CURRENT_LIST_DIR)\}/")
    return [here.sub("", name) for name, rest in places if "EXCLUDE_FROM_ALL" not in rest]


def _install_programs(scripts: str) -> bool:
    """Return whether CMake puts programs into the wheel, or may do so because it makes nothing else."""
    programs = set(_PROGRAMS.findall(scripts))
    is_alone = bool(programs) and not _MODULES.search(scripts)
    return "SKBUILD_SCRIPTS_DIR" in scripts or is_alone or not programs.isdisjoint(_installed(scripts))


def _installed(scripts: str) -> set[str]:
    """Return the words of all `install(TARGETS …)`, the targets among them."""
    return {word for words in _INSTALLED.findall(scripts) for word in words.split()}
