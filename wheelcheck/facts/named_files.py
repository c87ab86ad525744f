"""Which files pyproject.toml names that the build backend reads, and what it does if one is missing."""

from __future__ import annotations

from wheelcheck.facts.toml import table, texts
from wheelcheck.patterns import regex
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETUPTOOLS = "setuptools.build_meta"
# These refuse a name in `license-files` that matches nothing; setuptools, hatchling and maturin do not.
_WANT_LICENCES = frozenset(
    {"flit_core.buildapi", "poetry.core.masonry.api", "pdm.backend", "uv_build", "scikit_build_core.build", "mesonpy"}
)
_GLOB = regex(r"[*?\[]")


class NamedFile(NamedTuple):
    """A file or folder by its path from the top of the project, the key that names it, and whether the build fails."""

    path: str
    key: str
    stops: bool = True


def named_files(document: dict[str, Any]) -> Iterator[NamedFile]:
    """Yield what a pyproject.toml names. Each backend was tried with each kind of missing file."""
    project, tool = table(document, "project"), table(document, "tool")
    backend = str(table(document, "build-system").get("build-backend", _SETUPTOOLS))
    is_setuptools = backend.startswith(_SETUPTOOLS)
    for key in ("readme", "license"):
        value = project.get(key)
        named = value.get("file") if isinstance(value, dict) else value if key == "readme" else None
        if isinstance(named, str):
            yield NamedFile(named, f"project.{key}", not is_setuptools)
    for name in texts(project, "license-files") if backend in _WANT_LICENCES else ():
        if not _GLOB.search(name):
            yield NamedFile(name, "project.license-files")
    if is_setuptools:
        yield from _of_setuptools(table(tool, "setuptools"))
    elif backend == "hatchling.build":
        yield from _of_hatchling(table(tool, "hatch"))
    elif backend == "maturin" and isinstance(folder := table(tool, "maturin").get("python-source"), str):
        yield NamedFile(folder, "tool.maturin.python-source")


def _of_setuptools(settings: dict[str, Any]) -> Iterator[NamedFile]:
    """Yield the files of dynamic fields, without which the version is 0.0.0 and requirements are none."""
    dynamic = table(settings, "dynamic")
    groups = table(dynamic, "optional-dependencies")
    fields = [*dynamic.items(), *((f"optional-dependencies.{name}", value) for name, value in groups.items())]
    for field, value in fields:
        named = value.get("file") if isinstance(value, dict) else None
        for name in [named] if isinstance(named, str) else texts(value, "file"):
            yield NamedFile(name, f"tool.setuptools.dynamic.{field}", stops=False)
    if isinstance(folder := table(settings, "package-dir").get(""), str) and folder:
        yield NamedFile(folder, "tool.setuptools.package-dir")


def _of_hatchling(settings: dict[str, Any]) -> Iterator[NamedFile]:
    version = table(settings, "version")
    if version.get("source", "regex") == "regex" and isinstance(version.get("path"), str):
        yield NamedFile(version["path"], "tool.hatch.version.path")
    build = table(settings, "build")
    wheel = table(table(build, "targets"), "wheel")
    for holder, key in ((build, "tool.hatch.build"), (wheel, "tool.hatch.build.targets.wheel")):
        hooks = table(holder, "hooks")
        if "custom" in hooks:
            yield NamedFile(str(table(hooks, "custom").get("path", "hatch_build.py")), f"{key}.hooks.custom")
        for source in table(holder, "force-include"):
            yield NamedFile(source, f"{key}.force-include")
