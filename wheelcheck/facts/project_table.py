"""What build backends refuse in the `[project]` table of a pyproject.toml (PEP 621)."""

from __future__ import annotations

import re

from wheelcheck.facts.metadata_fields import IDENTIFIER
from wheelcheck.facts.requirements import is_requirement
from wheelcheck.facts.toml import table, texts
from wheelcheck.patterns import regex
from wheelcheck.platforms.usual import is_specifier, is_version
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# Those that read the table, each tried with each fault. Not pdm.pep517, which came before pdm.backend.
_BACKENDS = ("setuptools", "hatchling", "flit_core", "pdm.backend", "poetry", "scikit_build_core", "uv_build")
# Perhaps a setuptools before 61 or a poetry-core before 2, which do not read the table.
_OLDER = regex(r"\s*(?:setuptools|poetry(?:[-_.]core)?)(?![\w.-])[^;]*(?:<|==|~=)", re.IGNORECASE)
_SHOWN = 80  # characters of a value


def project_problems(document: dict[str, Any]) -> Iterator[str]:
    """Yield what the backend of a project refuses in its [project] table; nothing if it may not read the table."""
    system = table(document, "build-system")
    module = str(system.get("build-backend", "setuptools")).partition(":")[0]
    backend = next((each for each in _BACKENDS if f"{module}.".startswith(f"{each}.")), "")
    if "project" not in document or "backend-path" in system or not backend:
        return
    if any(map(_OLDER.match, texts(system, "requires"))):
        return
    project = document["project"]
    if not isinstance(project, dict):
        yield "a [project] that is no table"
        return
    yield from _identity_problems(project, is_poetry=backend == "poetry")
    if "requires-python" in project and not _is_text(project["requires-python"], is_specifier):
        yield f"requires-python {_shown(project['requires-python'])}, expected a version specifier"
    if "dependencies" in project:
        yield from _list_problems("dependencies", project["dependencies"])
    extras = project.get("optional-dependencies", {})
    if not isinstance(extras, dict):
        yield "optional-dependencies that are no table"
    for name, values in extras.items() if isinstance(extras, dict) else ():
        yield from _list_problems(f"optional-dependencies.{name}", values)


def _identity_problems(project: dict[str, Any], *, is_poetry: bool) -> Iterator[str]:
    """Yield what is wrong with name and version, and with the fields that the backend is to fill in."""
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or not all(isinstance(each, str) for each in dynamic):
        yield "a dynamic that is no list of fields"
        return
    if "name" in dynamic:
        yield "name in dynamic, which only the table itself can give"
    if not _is_text(project.get("name"), IDENTIFIER.fullmatch):
        yield f"name {_shown(project['name'])}, expected that of a project" if "name" in project else "no name"
    if "version" in project and not _is_text(project["version"], is_version):
        yield f"version {_shown(project['version'])}, expected a version"
    if is_poetry:  # takes it from [tool.poetry] as well
        return
    if "version" in project and "version" in dynamic:
        yield "a version that is given and in dynamic as well"
    if "version" not in project and "version" not in dynamic:
        yield "no version, given or in dynamic"


def _list_problems(key: str, values: object) -> Iterator[str]:
    if not isinstance(values, list):
        yield f"{key} that is no list of requirements"
        return
    for value in values:
        if not _is_text(value, is_requirement):
            yield f"the invalid requirement {_shown(value)} in {key}"


def _is_text(value: object, is_valid: Any) -> bool:  # noqa: ANN401  # a function of text, whatever it returns
    return isinstance(value, str) and bool(is_valid(value))


def _shown(value: object) -> str:
    return repr(value)[:_SHOWN]
