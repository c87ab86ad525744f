"""What `init` writes into a project: the texts, and the change for each file.

`gate` is the gate alone, and guesses nothing; `builder` is a whole release, from what a survey found. A change is a new
file, or a section at the end of an existing one. Files are only opened to append, or to create a new file, so nothing
can be overwritten.
"""

from __future__ import annotations

import ast
import difflib
import re
from functools import partial

from wheelcheck import __version__
from wheelcheck.config.files import OWN, SHARED, ConfigError, text_of
from wheelcheck.facts import toml
from wheelcheck.init import workflows
from wheelcheck.init.configuration import configuration
from wheelcheck.init.repository import top_of
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelcheck.init.survey import Survey

# Patch releases keep what passes; a minor release may add rules, so the project decides when to update.
PINNED = f"=={'.'.join(__version__.split('.')[:2])}.*"
GATE = ".github/workflows/gate.yml"
BEGIN, END = "# >>> wheelcheck >>>", "# <<< wheelcheck <<<"
_HEAD = '"""The sessions of this project."""\n\nfrom __future__ import annotations\n\n'
_SITE = "https://wheelcheck.github.io/wheelcheck/"
_OTHER_CI = (".gitlab-ci.yml", ".circleci", "azure-pipelines.yml", "Jenkinsfile", ".woodpecker.yml", ".cirrus.yml")


def sessions(needs: workflows.Needs, before: str | None) -> str:
    """Return the sessions of a release that a project needs: a whole noxfile, or a section for the end of `before`."""
    standard = ["os"] * needs.elsewhere + ["platform"] + ["shutil"] * needs.sdist
    imports = [*(f"import {name}" for name in standard), *["from pathlib import Path"] * needs.elsewhere]
    filled = {
        "@SDIST@": workflows.template("sdist.txt") if needs.sdist else "",
        "@UNPACK@": '"build unpack bundles", ' if needs.sdist else "",
        "@EXTRAS@": "build,cibuildwheel" if needs.containers else "build",
        "@STEPS@": '"cibuildwheel",' if needs.containers else '"wheels", "smoke", "roundtrip"',
    }
    text = workflows.template("noxfile.txt") + (workflows.template("elsewhere.txt") if needs.elsewhere else "")
    for word, instead in filled.items():
        text = text.replace(word, instead)
    return _section(imports, text, before)


def gate_session(before: str | None) -> str:
    """Return the session of the gate alone, as `sessions` does."""
    return _section([], workflows.template("gate.txt"), before)


def _section(imports: list[str], text: str, before: str | None) -> str:
    """Return a section of a noxfile with those imports that are not in it yet: linters refuse a second one."""
    there = _imported(before or "")
    groups = ([line for line in group if line not in there] for group in (imports, ["import nox"]))
    head = "\n\n".join("\n".join(group) for group in groups if group)
    between = "\n\n" if text.startswith("#") else "\n\n\n"  # a comment is nearer to imports than a function
    pinned = (head + between * bool(head) + text).replace("@PINNED@", PINNED)
    return pinned if before else _HEAD + pinned


def _imported(source: str) -> set[str]:
    """Return the imports at the top level of a Python file, a line for each name."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return set()
    nodes = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {
        f"from {node.module} import {one.name}" if isinstance(node, ast.ImportFrom) else f"import {one.name}"
        for node in nodes
        for one in node.names
        if not one.asname
    }


def ignored() -> str:
    """Return the lines for .gitignore, so that the output of a build does not count as a source."""
    return "/build/wheelcheck/\n/dist/\n/bundles/\n"


@dataclass(frozen=True, slots=True)
class Change:
    """One file, `path` below `top`: its text (None if there is none), what is added, or in `kept` why nothing is."""

    top: Path
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
        file = self.top / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x" if self.before is None else "a", encoding="utf-8", newline="\n") as out:
            out.write(self.added)


def gate(project: Path) -> list[Change]:
    """Return one change per file for the gate alone. Raises ConfigError where there is no Python project."""
    if not any((project / name).is_file() for name in (SHARED, "setup.py")):
        raise ConfigError(
            f"{project}: there is no {SHARED} and no setup.py; run init in the folder of a Python project"
        )
    place = _Place(top_of(project), project)
    return [_promise(place), _sessions(place, gate_session), _gate_workflow(place)]


def builder(found: Survey) -> list[Change]:
    """Return one change per file for a whole release; those that add nothing say why."""
    place, needs = _Place(found.repository.top, found.home), workflows.Needs.of(found)
    return [
        _configuration(place, found),
        _sessions(place, partial(sessions, needs)),
        _ignored(place),
        *_workflows(place, needs),
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """A project and the root of its repository, to which all paths of changes are relative."""

    top: Path
    project: Path

    def shown(self, name: str) -> str:
        """Return the path of a file of the project."""
        return (self.project / name).relative_to(self.top).as_posix()

    def kept(self, name: str, why: str) -> Change:
        """Return that a file of the project is left as it is."""
        return Change(self.top, self.shown(name), _text(self.project / name), kept=why)

    def appended(self, name: str, section: str) -> Change:
        """Return a section at the end of a file of the project, or as a new file."""
        before = _text(self.project / name)
        lead = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        return Change(self.top, self.shown(name), before, f"{lead}{BEGIN}\n{section}{END}\n")

    def new(self, path: str, text: str, otherwise: str = "exists, and stays as it is") -> Change:
        """Return a new file below the root of the repository; if there is another one, that it stays."""
        before = _text(self.top / path)
        if before is None:
            return Change(self.top, path, None, text)
        return Change(self.top, path, before, kept="is there already" if before == text else otherwise)


def _promise(place: _Place) -> Change:
    """Return a comment that says where to write down what a release must contain: nobody but the project knows."""
    before = _text(place.project / SHARED)
    section = workflows.template("gate.toml") + (_audit() if _audits(place, before or "") else "")
    if (place.project / OWN).exists():
        return place.kept(OWN, "configures this project already")
    if before is None:
        why = f"not written: what a release must contain is for you to say, see {_SITE}configuration/"
        return place.kept(OWN, why)
    if "wheelcheck" in toml.table(toml.parse_toml(before), "tool"):
        return place.kept(SHARED, "has [tool.wheelcheck] already")
    if section in before:
        return place.kept(SHARED, "says already where to write what a release must contain")
    return place.appended(SHARED, section)


def _audit() -> str:
    return workflows.template("audit.toml").replace("@PINNED@", PINNED)


def _audits(place: _Place, pyproject: str) -> bool:
    """Return whether cibuildwheel builds wheels of this project and could run the gate for each of them."""
    settings = toml.table(toml.parse_toml(pyproject), "tool").get("cibuildwheel")
    if isinstance(settings, dict):
        return "audit-command" not in settings
    texts = (file.read_text("utf-8", "replace") for file in (place.top / ".github/workflows").glob("*.y*ml"))
    return any(re.search(r"\bcibuildwheel\b", text) for text in texts)


def _gate_workflow(place: _Place) -> Change:
    other = next((name for name in _OTHER_CI if (place.top / name).exists()), None)
    if other and not (place.top / ".github").exists():
        why = f"not written, because this project has {other}: see {_SITE}recipes/"
        return Change(place.top, GATE, None, kept=why)
    return place.new(GATE, workflows.gate(place.shown(".")))


def _configuration(place: _Place, found: Survey) -> Change:
    before = _text(place.project / SHARED)
    if before is None or place.project != found.project.folder:
        is_there = (place.project / OWN).exists()
        if is_there:
            return place.kept(OWN, "configures this project already")
        return place.new(place.shown(OWN), configuration(found))
    if (place.project / OWN).exists():
        return place.kept(SHARED, f"needs no [tool.wheelcheck] beside {OWN}")
    if "wheelcheck" in toml.table(toml.parse_toml(before or ""), "tool"):
        return place.kept(SHARED, "has [tool.wheelcheck] already")
    return place.appended(SHARED, configuration(found))


def _sessions(place: _Place, written: Callable[[str | None], str]) -> Change:
    before = _text(place.project / "noxfile.py")
    if before is None:
        return Change(place.top, place.shown("noxfile.py"), None, written(None))
    section = written(before)
    taken = sorted(set(_defined(section)) & set(_defined(before)))
    if taken:
        return place.kept("noxfile.py", f"defines {', '.join(taken)} already")
    return place.appended("noxfile.py", section)


def _ignored(place: _Place) -> Change:
    before = _text(place.project / ".gitignore") or ""
    missing = [line for line in ignored().splitlines() if line not in before.splitlines()]
    if not missing:
        return place.kept(".gitignore", "ignores what a build writes already")
    return place.appended(".gitignore", "\n".join(missing) + "\n")


def _workflows(place: _Place, needs: workflows.Needs) -> list[Change]:
    """Return the workflows. One that calls another calls only what init wrote, under a name that is free."""
    action = _free(place, workflows.ACTION, lambda path: workflows.texts(needs, action=path)[path])
    wheels = _free(place, workflows.WHEELS, lambda path: workflows.texts(needs, path, action)[path])
    texts = workflows.texts(needs, wheels, action)
    call = f"exists, and stays as it is: let its publishing job wait for a job that `uses: ./{wheels}`"
    return [place.new(path, text, call) for path, text in texts.items()]


def _free(place: _Place, path: str, text: Callable[[str], str]) -> str:
    """Return the path of a file that others call: this one, or with a prefix if the project has another file there."""
    folder, _, name = path.removesuffix("/action.yml").rpartition("/")
    rest = path.removeprefix(f"{folder}/{name}")
    for one in (path, f"{folder}/wheelcheck-{name}{rest}"):
        if _text(place.top / one) in (None, text(one)):
            return one
    problem = f"{path} and wheelcheck-{name} beside it are there already, and are not what init writes"
    raise ConfigError(f"{place.top}: {problem}; remove one of them")


def _text(file: Path) -> str | None:
    return text_of(file) if file.exists() else None


def _defined(source: str) -> list[str]:
    return re.findall(r"^def (\w+)", source, re.MULTILINE)


def _lines(text: str) -> list[str]:
    """Return lines as diff shows them, with a remark after one without a line end."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n\\ No newline at end of file\n"
    return lines
