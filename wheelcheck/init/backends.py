"""Which build backend compiles what: one row per backend that init knows. Any other is "I do not know"."""

from __future__ import annotations

import re

from wheelcheck.facts import toml
from wheelcheck.init import maturin, scikit_build, setuptools
from wheelcheck.init.compiled import Compiled, stable
from wheelcheck.init.package import is_native
from wheelcheck.init.project import SETUPTOOLS
from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelcheck.init.project import Project

_FIX = "write [tool.wheelcheck] yourself"
_DECLARE = "declare them in [[tool.wheelcheck.payload]], and write the table yourself"
_MESON_PROGRAM = regex(r"\bexecutable\s*\((?:[^()]|\([^()]*\))*\binstall\s*:\s*true\b")
_HATCH_HOOKS = frozenset({"vcs", "version", "fancy-pypi-readme", "requirements_txt", "jupyter-builder", "autorun"})
CALLING_BUILDS = frozenset({"scikit_build_core.build", "mesonpy"})  # they know CMake and meson
_HATCH_COMPILERS = frozenset({"cython", "mypyc"})  # each makes extension modules for the Python that builds


def compiled(project: Project) -> Compiled:
    """Return what the project's build backend compiles. Raises UnknownError if init does not know that."""
    if toml.texts(toml.table(project.document, "build-system"), "backend-path"):
        raise project.unknown(f"what the project's own build backend {project.backend} builds", _FIX)
    if project.backend not in _BACKENDS:
        raise project.unknown(f"what the build backend {project.backend} builds", _FIX)
    return _BACKENDS[project.backend](project)


def _meson(project: Project) -> Compiled:
    """Return what meson-python builds: it tags wheels for the Python that builds, limited API or not."""
    files = [project.folder / "meson.build", *sorted(project.folder.glob("*/**/meson.build"))]
    texts = [re.sub(r"#.*", "", file.read_text("utf-8", "replace")) for file in files if file.is_file()]
    if not texts:
        raise project.unknown("what meson builds: there is no meson.build", "run init in the folder of the project")
    text = "\n".join(texts)
    calls = set(re.findall(r"\b(\w+)\s*\(", text))
    if _MESON_PROGRAM.search(text):
        raise project.unknown("which of the programs that meson.build makes are in the wheel", _DECLARE)
    if "extension_module" in calls:
        limited = project.tool("meson-python").get("limited-api") is True
        python = stable(project.oldest) if limited else project.pythons
        modules = re.findall(r"\bextension_module\s*\(\s*'([^']+)'", text)
        return Compiled(python=python, needs_each_python=True, module=project.name if project.name in modules else "")
    if calls & {"executable", "shared_library", "library", "shared_module", "custom_target", "both_libraries"}:
        raise project.unknown("which of the files that meson.build makes are in the wheel", _FIX)
    return Compiled()


def _hatchling(project: Project) -> Compiled:
    """Return what build hooks compile: nothing, or extension modules, if a hook must be switched on by a variable."""
    build = project.tool("hatch", "build")
    places = (build, toml.table(toml.table(build, "targets"), "wheel"))
    hooks = {name: hook for place in places for name, hook in toml.table(place, "hooks").items()}
    if unknown := sorted(hooks.keys() - _HATCH_HOOKS - _HATCH_COMPILERS):
        raise project.unknown(f"what the build hook {unknown[0]} of hatchling builds", _FIX)
    for place in places:
        _require_there(project, [*toml.texts(place, "artifacts"), *toml.table(place, "force-include")])
    compiling = [hook for name, hook in hooks.items() if name in _HATCH_COMPILERS]
    if not compiling:
        return Compiled()
    is_off = any(isinstance(hook, dict) and hook.get("enable-by-default") is False for hook in compiling)
    switched_on = (("HATCH_BUILD_HOOKS_ENABLE", "1"),) if is_off else ()
    return Compiled(python=project.pythons, needs_each_python=True, environment=switched_on)


def _require_there(project: Project, patterns: list[str]) -> None:
    """Raise UnknownError for files that are packed and do not exist yet: something else makes them."""
    for pattern in patterns:
        if pattern.startswith("!") or re.fullmatch(r"(.*/)?(_?version(_info)?\.py|\*\.(pyi?|typed|json|mo))", pattern):
            continue
        packed = [path for path in project.folder.glob(pattern.strip("/")) if path.is_dir() or not is_native(path)]
        if not packed:
            raise project.unknown(f"what makes the files {pattern!r} that hatchling packs", _DECLARE)


def _poetry(project: Project) -> Compiled:
    build = project.tool("poetry").get("build")
    if build and not (isinstance(build, dict) and not build.get("script")):
        raise project.unknown("what the build script of tool.poetry.build compiles", _FIX)
    return Compiled()


def _pdm(project: Project) -> Compiled:
    build = project.tool("pdm", "build")
    if build.get("run-setuptools") or build.get("custom-hook") or (project.folder / "pdm_build.py").is_file():
        raise project.unknown("what the build hook of pdm compiles", _FIX)
    return Compiled()


def _nothing(_project: Project) -> Compiled:
    return Compiled()


_BACKENDS: dict[str, Callable[[Project], Compiled]] = {
    "maturin": maturin.compiled,
    SETUPTOOLS: setuptools.compiled,
    "setuptools.build_meta:__legacy__": setuptools.compiled,
    "scikit_build_core.build": scikit_build.compiled,
    "mesonpy": _meson,
    "hatchling.build": _hatchling,
    "poetry.core.masonry.api": _poetry,
    "pdm.backend": _pdm,
    "flit_core.buildapi": _nothing,
    "uv_build": _nothing,
}
