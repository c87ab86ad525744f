"""What init writes into a project, as values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.layouts import write
from wheelcheck.config import ConfigError, builder
from wheelcheck.facts import toml
from wheelcheck.init import plan, workflows
from wheelcheck.init.survey import survey

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.init.plan import Change

GATE_FILES = ("pyproject.toml", "noxfile.py", ".github/workflows/gate.yml")
FILES = (
    "pyproject.toml",
    "noxfile.py",
    ".gitignore",
    ".github/workflows/wheels.yml",
    ".github/workflows/release.yml",
    ".github/actions/build-binaries/action.yml",
)


def planned(project: Path) -> dict[str, Change]:
    """Return what `init --builder` would do."""
    return {change.path: change for change in plan.builder(survey(project))}


def applied(project: Path) -> None:
    for change in planned(project).values():
        if change.added:
            change.write()


@dataclass(frozen=True)
class Layout:
    """A project, and what is right for it: the keys of its configuration, or what init says that it does not know.

    `python` and `payload` are those of `[tool.wheelcheck]`, `build` is the table of that name, `package` what the smoke
    test imports. `each`: every Python of them is needed to build.
    """

    files: dict[str, str]
    python: tuple[str, ...] = ("py3-none",)
    payload: tuple[dict[str, str], ...] = ()
    build: dict[str, object] = field(default_factory=dict)
    package: str = ""
    each: bool = False
    unknown: str = ""

    def require_written(self, folder: Path) -> None:
        """Fail unless `init --builder` writes exactly this configuration, or says exactly what it does not know."""
        project = write(folder, self.files)
        if self.unknown:
            with pytest.raises(ConfigError) as refused:
                survey(project)
            assert self.unknown in str(refused.value)
            assert "\n" not in str(refused.value)
            return
        found = survey(project)
        applied(project)
        builder.load(project)
        written = toml.parse_toml((project / found.configuration).read_text())
        written = written["tool"]["wheelcheck"] if found.configuration == "pyproject.toml" else written
        smoke = written.pop("smoke")["commands"][0]["run"]
        imported = smoke[2].partition(";")[0].removeprefix("import ") if smoke[0] == "python" else ""
        assert written == {
            "glibc": "2.17",
            "architectures": ["x86_64", "aarch64"],
            "python": list(self.python),
            "sdist": True,
            **({"payload": list(self.payload)} if self.payload else {}),
            **({"build": self.build} if self.build else {}),
        }
        assert (imported, found.compiled.needs_each_python) == (self.package, self.each)
        versions = [re.sub(r"^(?:cp3\d+-)?cp3(\d+)(t?)(-abi3)?$", r"3.\1\2", one) for one in self.python if self.each]
        job = yaml.safe_load((found.repository.top / workflows.WHEELS).read_text())["jobs"]["build"]
        setup = next(step["with"] for step in job["steps"] if "setup-python" in step.get("uses", ""))
        assert set(versions) <= set(setup["python-version"].split())


def contents(project: Path) -> dict[str, str]:
    return {path.relative_to(project).as_posix(): path.read_text() for path in project.rglob("*") if path.is_file()}
