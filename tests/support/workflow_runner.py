"""A GitHub runner in small: executes the very commands of a workflow, each job in a fresh copy of the project.

What it imitates: `needs`, a matrix, outputs, `env`, composite actions of the repository, checkout, the cache, and the
artifact store, which drops mode bits as the real one does, and can refuse an upload without files.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Values = dict[str, Any]
_HASH = re.compile(r"\$\{\{ hashFiles\((.+?)\) \}\}")
_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
# Sessions run in the interpreter of the tests, which has everything: what they install is what users' machines lack.
_PIPX = """\
#!/bin/sh
[ "$1 $2 $3 $4 $5 $6" = "run --python python3 --spec nox>=2025.5,<2027 nox" ] || exit 64
shift 6
exec {python} -m nox --no-venv --no-install "$@"
"""
_PYTHON = '#!/bin/sh\nexec {python} "$@"\n'
_WHEELCHECK = '#!/bin/sh\nexec {python} -m wheelcheck "$@"\n'


class CommandFailedError(Exception):
    """A step's command failed; the text is everything it said."""


@dataclass
class Runner:
    """Runs workflows of a checkout. `before` is called with a job's name and folder before its last command.

    `signed` and `published` are what `actions/attest` and the publishing action are given: names of files, and for the
    first one the predicate, too. `kept` holds the cache by its keys; `tag` is whether the run is one for a tag;
    `programs` are scripts on PATH.
    """

    checkout: Path
    home: Path
    workflow: Values
    before: Callable[[str, Path], None] = lambda _job, _folder: None
    store: dict[str, Path] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    kept: dict[str, Path] = field(default_factory=dict)
    signed: dict[str, Values] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    tag: bool = False
    programs: dict[str, str] = field(default_factory=dict)

    def run(self, *names: str) -> Path:
        """Run these jobs in turn, each as often as its matrix says; return the last one's folder."""
        for name in names:
            job = self.workflow["jobs"][name]
            assert set(_needs(job)) <= set(self.outputs), f"{name} before what it needs"
            self.outputs.setdefault(name, {})
            for values in self._matrix(job):
                folder = self._run_job(name, job, values)
        return folder

    def _matrix(self, job: Values) -> list[Values]:
        if "strategy" not in job:
            return [{}]
        return list(json.loads(self._expand(job["strategy"]["matrix"], {})["include"]))

    def _run_job(self, name: str, job: Values, matrix: Values) -> Path:
        folder = self.home / f"{name}-{len(self.ran)}"
        values = {f"matrix.{key}": value for key, value in matrix.items()}
        steps = job["steps"]
        commands = [step for step in steps if "run" in step]
        for step in steps:
            if commands and step is commands[-1]:
                self.before(name, folder)
            self._run_step(step, folder, values)
        for step in steps:
            if step.get("uses", "").startswith("actions/cache@") and not self.tag:
                self._keep(self._given(step, folder, values), folder)
        for key, expression in job.get("outputs", {}).items():
            self.outputs[name][f"needs.{name}.outputs.{key}"] = str(self._expand(expression, values))
        return folder

    def _run_step(self, step: Values, folder: Path, values: Values) -> None:
        action = step.get("uses", "").partition("@")[0]
        if action == "actions/setup-python":
            return  # sessions run in the interpreter of the tests
        if "if" in step:
            assert step["if"] == "github.ref_type != 'tag'"
            if self.tag:
                return
        given = self._given(step, folder, values)
        actions = {
            "actions/attest": self._attest,
            "actions/cache": self._restore,
            "actions/checkout": self._check_out,
            "actions/download-artifact": self._download,
            "actions/upload-artifact": self._upload,
            "pypa/gh-action-pypi-publish": self._publish,
        }
        if action in actions:
            actions[action](given, folder)
        elif action.startswith("./"):
            inside = yaml.safe_load((folder / action / "action.yml").read_text())
            for inner in inside["runs"]["steps"]:
                self._run_step(inner, folder, {f"inputs.{key}": value for key, value in given.items()})
        else:
            assert "run" in step, action
            self._command(step, folder, values)

    def _check_out(self, _given: Values, folder: Path) -> None:
        shutil.copytree(self.checkout, folder, symlinks=True)

    def _attest(self, given: Values, folder: Path) -> None:
        predicate = json.loads((folder / given["predicate-path"]).read_text("utf-8"))
        self.signed |= {file.name: predicate for file in folder.glob(given["subject-path"])}

    def _publish(self, given: Values, folder: Path) -> None:
        self.published += sorted(file.name for file in (folder / given["packages-dir"]).iterdir())

    def _given(self, step: Values, folder: Path, values: Values) -> Values:
        def hashed(found: re.Match[str]) -> str:
            files = sorted({file for pattern in re.findall(r"'(.+?)'", found[1]) for file in folder.glob(pattern)})
            return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest() if files else ""

        texts = {
            key: _HASH.sub(hashed, text) if isinstance(text, str) else text
            for key, text in step.get("with", {}).items()
        }
        return {key: self._expand(value, values) for key, value in texts.items()}

    def _restore(self, given: Values, folder: Path) -> None:
        """Copy what was kept by this key, else by the first whose beginning is that of `restore-keys`."""
        keys = [key for key in self.kept if key == given["key"] or key.startswith(given["restore-keys"])]
        for kept in [self.kept[given["key"]]] if given["key"] in keys else [self.kept[key] for key in keys[:1]]:
            if kept.is_dir():
                shutil.copytree(kept, folder, dirs_exist_ok=True, symlinks=True)

    def _keep(self, given: Values, folder: Path) -> None:
        """Keep the folders of a job by the key, unless it is taken; those of the machine (`~`) stay there anyway."""
        if given["key"] in self.kept:
            return
        self.kept[given["key"]] = self.home / "kept" / str(len(self.kept))
        for pattern in (path for path in given["path"].split() if not path.startswith("~")):
            for place in folder.glob(pattern):
                shutil.copytree(place, self.kept[given["key"]] / place.relative_to(folder), symlinks=True)

    def _command(self, step: Values, folder: Path, values: Values) -> None:
        assert "${{" not in step["run"]
        env = {key: str(self._expand(value, values)) for key, value in step.get("env", {}).items()}
        output = self.home / "output"
        output.write_text("")
        path = os.pathsep.join([str(self._programs()), os.environ["PATH"]])
        clean = {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder / self._where(step),
            env={**clean, **env, "PATH": path, "GITHUB_OUTPUT": str(output), "CI": "true", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.ran.append(step["run"])
        if done.returncode:
            raise CommandFailedError(f"$ {step['run']}\n{done.stdout}{done.stderr}")
        for line in output.read_text().splitlines():
            key, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{key}"] = value

    def _where(self, step: Values) -> str:
        """Return the folder of a command: its own, or the one that the workflow gives to all."""
        everywhere = self.workflow.get("defaults", {}).get("run", {})
        return str(step.get("working-directory", everywhere.get("working-directory", ".")))

    def _programs(self) -> Path:
        folder = self.home / "bin"
        folder.mkdir(exist_ok=True)
        ours = {"pipx": _PIPX, "python": _PYTHON, "wheelcheck": _WHEELCHECK}
        texts = {name: text.format(python=sys.executable) for name, text in ours.items()}
        for name, text in {**texts, **self.programs}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        return folder

    def _upload(self, given: Values, folder: Path) -> None:
        source, kept = folder / given["path"], self.home / "store" / given["name"]
        files = [file for file in sorted(source.rglob("*")) if file.is_file()] if source.is_dir() else [source]
        assert given["if-no-files-found"] == "error"
        assert given["name"] not in self.store, "an artifact is never overwritten"
        kept.mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, kept / file.name)  # only the bytes: the mode is lost
        self.store[given["name"]] = kept

    def _download(self, given: Values, folder: Path) -> None:
        wanted = [name for name in self.store if name == given.get("name") or fnmatch(name, given.get("pattern", ""))]
        assert wanted, given
        for name in wanted:
            shutil.copytree(self.store[name], folder / given["path"], dirs_exist_ok=True)

    def _expand(self, value: Any, values: Values) -> Any:  # noqa: ANN401  (YAML)
        known = {**values, **{key: text for job in self.outputs.values() for key, text in job.items()}}
        if not isinstance(value, str):
            return value
        whole = re.fullmatch(r"\$\{\{ fromJSON\((.*)\) \}\}", value)
        if whole:
            return {"include": json.dumps(json.loads(known[whole[1]])["include"])}
        return _EXPRESSION.sub(lambda found: str(known[found[1]]), value)


def _needs(job: Values) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else list(needs)
