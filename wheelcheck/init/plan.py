"""What `init` writes into a project: the texts, and the change for each file.

`gate` is the gate alone, and guesses nothing; `builder` is a whole release, from what a survey found. A change is a new
file, or a section at the end of an existing one. Files are only opened to append, or to create a new file, so nothing
can be overwritten.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from wheelcheck import __version__
from wheelcheck.config.files import OWN, SHARED, ConfigError
from wheelcheck.facts import toml

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.config import Payload
    from wheelcheck.init.survey import Survey


# Patch releases keep what passes; a minor release may add rules, so the project decides when to update.
_PINNED = f"=={'.'.join(__version__.split('.')[:2])}.*"
REQUIREMENTS = {"noxfile.txt": f"wheelcheck[build]{_PINNED}", "gate.txt": f"wheelcheck{_PINNED}"}
GATE = ".github/workflows/gate.yml"
BEGIN, END = "# >>> wheelcheck >>>", "# <<< wheelcheck <<<"
_PAYLOAD = """
[[tool.wheelcheck.payload]]
name = {name}
package = {package}
kind = {kind}
path = {path}
"""
_HEAD = '"""The sessions of this project."""\n\nfrom __future__ import annotations\n\n'
_IMPORTS = {"noxfile.txt": "import platform\nimport shutil\n\nimport nox\n\n", "gate.txt": "import nox\n\n\n"}
_SITE = "https://wheelcheck.github.io/wheelcheck/"
_OTHER_CI = (".gitlab-ci.yml", ".circleci", "azure-pipelines.yml", "Jenkinsfile", ".woodpecker.yml", ".cirrus.yml")


def configuration(found: Survey) -> str:
    """Return `[tool.wheelcheck]` for a project: what was found, and the glibc and CPUs that most releases support."""
    names = ", ".join(json.dumps(name) for name in found.python)
    lines = [
        "[tool.wheelcheck]",
        'glibc = "2.17"',
        'architectures = ["x86_64", "aarch64"]',
        f"python = [{names}]",
        "sdist = true",
    ]
    payload = "".join(_table(one) for one in found.payload)
    build = f"\n[tool.wheelcheck.build]\nworkspace = {json.dumps(found.workspace)}\n" if found.workspace else ""
    return "\n".join(lines) + "\n" + payload + build + _smoke(found)


def sessions(name: str = "noxfile.txt", *, new: bool) -> str:
    """Return the sessions of a template: a whole noxfile (`new`), or a section for the end of one."""
    section = _IMPORTS[name] + template(name).replace("@REQUIREMENT@", REQUIREMENTS[name])
    return _HEAD + section if new else section


def workflows(dist: str = "dist") -> dict[str, str]:
    """Return the files of .github that build a release, by path; `dist` is the folder of what is finished."""
    return {
        ".github/workflows/wheels.yml": template("wheels.yml").replace("@DIST@", dist),
        ".github/workflows/release.yml": template("release.yml"),
        ".github/actions/build-binaries/action.yml": template("build-binaries.yml"),
    }


def ignored() -> str:
    """Return the lines for .gitignore, so that the output of a build does not count as a source."""
    return "/build/wheelcheck/\n/dist/\n/bundles/\n"


def template(name: str) -> str:
    """Return a template by its file name."""
    return (resources.files("wheelcheck.init") / "templates" / name).read_text("utf-8")


def _table(one: Payload) -> str:
    fields = {key: json.dumps(getattr(one, key)) for key in ("name", "package", "kind", "path")}
    return _PAYLOAD.format(**fields)


def _smoke(found: Survey) -> str:
    """Return a smoke test that imports the package; only the project knows how to test its programs."""
    code = json.dumps(f"import {found.package}; print('imported')")
    programs = [one.name for one in found.payload if one.kind == "executable"]
    advice = (
        f"# Add commands that prove that {', '.join(programs)} work, not only that they start.\n" if programs else ""
    )
    run = f'{{ run = ["python", "-c", {code}], expect = "imported" }}'
    return f"\n[tool.wheelcheck.smoke]\n{advice}commands = [\n  {run},\n]\n"


@dataclass(frozen=True, slots=True)
class Change:
    """One file: its text (None if it does not exist), what is added to it, or in `kept` why nothing is."""

    project: Path
    path: str
    before: str | None
    added: str = ""
    kept: str = ""

    def diff(self) -> str:
        """Return the unified diff, empty if nothing changes."""
        if not self.added:
            return ""
        old, name = self.before or "", "/dev/null" if self.before is None else f"a/{self.path}"
        lines = difflib.unified_diff(_lines(old), _lines(old + self.added), name, f"b/{self.path}")
        return "".join(lines)

    def write(self) -> None:
        """Write it. Raises FileExistsError if a new file has been created by another process in the meantime."""
        file = self.project / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x" if self.before is None else "a", encoding="utf-8", newline="\n") as out:
            out.write(self.added)


def gate(project: Path) -> list[Change]:
    """Return one change per file for the gate alone. Raises ConfigError where there is no Python project."""
    if not any((project / name).is_file() for name in (SHARED, "setup.py")):
        raise ConfigError(
            f"{project}: there is no {SHARED} and no setup.py; run init in the folder of a Python project"
        )
    return [_promise(project), _sessions(project, "gate.txt"), _gate_workflow(project)]


def builder(found: Survey) -> list[Change]:
    """Return one change per file for a whole release; those that add nothing say why."""
    return [
        _configuration(found),
        _sessions(found.project, "noxfile.txt"),
        _ignored(found.project),
        *(_new(found.project, path, text) for path, text in workflows().items()),
    ]


def _promise(project: Path) -> Change:
    """Return a comment that says where to write down what a release must contain: nobody but the project knows."""
    section = template("gate.toml")
    if (project / OWN).exists():
        return Change(project, OWN, None, kept="configures this project already")
    if not (project / SHARED).exists():
        return Change(
            project,
            OWN,
            None,
            kept=f"not written: what a release must contain is for you to say, see {_SITE}configuration/",
        )
    before = (project / SHARED).read_text("utf-8")
    if "wheelcheck" in toml.table(toml.parse_toml(before), "tool"):
        return Change(project, SHARED, before, kept="has [tool.wheelcheck] already")
    if section in before:
        return Change(project, SHARED, before, kept="says already where to write what a release must contain")
    return _appended(project, SHARED, before, section)


def _gate_workflow(project: Path) -> Change:
    other = next((name for name in _OTHER_CI if (project / name).exists()), None)
    if other and not (project / ".github").exists():
        return Change(project, GATE, None, kept=f"not written, because this project has {other}: see {_SITE}recipes/")
    return _new(project, GATE, template("gate.yml"))


def _configuration(found: Survey) -> Change:
    before = (found.project / SHARED).read_text("utf-8")
    if found.configuration == OWN:
        return Change(found.project, SHARED, before, kept=f"needs no [tool.wheelcheck] beside {OWN}")
    if "wheelcheck" in toml.table(toml.parse_toml(before), "tool"):
        return Change(found.project, SHARED, before, kept="has [tool.wheelcheck] already")
    return _appended(found.project, SHARED, before, configuration(found))


def _sessions(project: Path, name: str) -> Change:
    file = project / "noxfile.py"
    if not file.exists():
        return Change(project, file.name, None, sessions(name, new=True))
    before = file.read_text("utf-8")
    section = sessions(name, new=False)
    taken = sorted(set(_defined(section)) & set(_defined(before)))
    if taken:
        return Change(project, file.name, before, kept=f"defines {', '.join(taken)} already")
    return _appended(project, file.name, before, section)


def _ignored(project: Path) -> Change:
    file = project / ".gitignore"
    before = file.read_text("utf-8") if file.exists() else None
    missing = [line for line in ignored().splitlines() if line not in (before or "").splitlines()]
    if not missing:
        return Change(project, file.name, before, kept="ignores what a build writes already")
    return _appended(project, file.name, before, "\n".join(missing) + "\n")


def _new(project: Path, path: str, text: str) -> Change:
    file = project / path
    if not file.exists():
        return Change(project, path, None, text)
    before = file.read_text("utf-8")
    return Change(project, path, before, kept="is there already" if before == text else "exists, and stays as it is")


def _appended(project: Path, path: str, before: str | None, section: str) -> Change:
    lead = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    return Change(project, path, before, f"{lead}{BEGIN}\n{section}{END}\n")


def _defined(source: str) -> list[str]:
    return re.findall(r"^def (\w+)", source, re.MULTILINE)


def _lines(text: str) -> list[str]:
    """Return lines as diff shows them, with a remark after one without a line end."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n\\ No newline at end of file\n"
    return lines
