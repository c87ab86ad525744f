"""Runs the project's build backend (PEP 517), for a whole wheel or only for the metadata of one.

It runs in a virtual environment of the Python that the wheel is for.

A backend knows which Python ABI it compiled for. A project whose wheels hold nothing but programs (maturin's
`bindings = "bin"`) needs no compiled code from it: the backend would build the same programs again, for this machine's
CPU and C library. `prepare_metadata_for_build_wheel` returns everything else.

This module imports the package `build`, which a cibuildwheel container does not have; `wheel` does not need it.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from subprocess import CalledProcessError
from zipfile import ZipFile

from build import BuildBackendException, BuildException, ProjectBuilder
from packaging.tags import parse_tag

from wheelcheck.builder import run as process
from wheelcheck.builder.installers import serves_others
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.facts.headers import headers_of
from wheelcheck.facts.toml import parse_toml, table
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelcheck.builder.interpreters import Interpreter
    from wheelcheck.builder.run import Log


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment of the Python that builds, with the requirements of a backend, as `build` wants one.

    What the backend requires runs on this machine, so it is installed with `env`, which knows of no other CPU.
    """

    folder: Path
    env: Mapping[str, str]
    log: Log

    @property
    def python_executable(self) -> str:
        """The Python in it."""
        return str(self.folder / "bin" / "python")

    def make_extra_environ(self) -> dict[str, str]:
        """Return the variables by which the backend finds the programs in it."""
        return {"PATH": os.pathsep.join([str(self.folder / "bin"), *filter(None, [self.env.get("PATH")])])}

    def make(self, python: Interpreter) -> None:
        """Make it, without the old setuptools that venv adds before Python 3.12. Raises BuildError."""
        if serves_others():
            self._run(python.executable, "-m", "venv", "--without-pip", str(self.folder))
            return
        self._run(python.executable, "-m", "venv", str(self.folder))
        self._pip("uninstall", "--yes", "setuptools")

    def install(self, requirements: set[str]) -> None:
        """Install what a backend requires. Raises BuildError."""
        if requirements:
            self._pip("install", "--no-warn-script-location", *sorted(requirements))

    def _pip(self, command: str, *words: str) -> None:
        """Run pip for it: the one of this Python, which is there already, or else its own."""
        own = (self.python_executable, "-m", "pip")
        pip = (sys.executable, "-m", "pip", "--python", self.python_executable) if serves_others() else own
        self._run(*pip, command, "--quiet", "--disable-pip-version-check", *words)

    def _run(self, *words: str) -> None:
        process.run(Command(words, self.folder.parent, self.env), self.log)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the backend of the sources in `tree`: in which environment, with which config_settings.

    `env` is the whole environment of the backend, which may compile for another CPU.
    """

    tree: Path
    environment: Environment
    env: Mapping[str, str]
    settings: Mapping[str, tuple[str, ...]]

    def wheel(self, out: Path) -> Path:
        """Return the backend's own wheel, in `out`. Raises BuildError."""
        with _explained(self.tree, "the build backend could not build a wheel"):
            return Path(self._prepared().build("wheel", out, self._settings))

    def metadata_only_wheel(self, out: Path) -> Path:
        """Return a wheel in `out` that holds the .dist-info which the backend prepares. Raises BuildError."""
        with _explained(self.tree, "the build backend could not prepare the metadata"):
            prepared = self._prepared().prepare("wheel", out, self._settings)
        if prepared is None:
            fix = 'remove wheel = "payload" from tool.wheelcheck.build'
            raise BuildError(self.tree, "its build backend has no prepare_metadata_for_build_wheel", fix)
        return _zipped(Path(prepared))

    def _prepared(self) -> ProjectBuilder:
        """Return the backend, after everything that it requires was installed."""
        builder = ProjectBuilder.from_isolated_env(self.environment, self.tree, runner=self._run)
        self.environment.install(builder.build_system_requires)
        self.environment.install(builder.get_requires_for_build("wheel", self._settings))
        return builder

    @property
    def _settings(self) -> dict[str, str | list[str]]:
        return {name: values[0] if len(values) == 1 else list(values) for name, values in self.settings.items()}

    def _run(self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        env = {**self.env, **(extra_environ or {})}
        process.run(Command(tuple(cmd), Path(cwd or self.tree), env), self.environment.log)


def name_of(tree: Path) -> str:
    """Return the build backend that a project names in its pyproject.toml, empty if it names none."""
    file = tree / "pyproject.toml"
    text = file.read_text("utf-8") if file.is_file() else ""
    return str(table(parse_toml(text), "build-system").get("build-backend", ""))


@contextmanager
def _explained(tree: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (BuildException, BuildBackendException, CalledProcessError) as problem:
        if isinstance(problem, BuildBackendException) and isinstance(problem.exception, BuildError):
            raise problem.exception from problem  # of a command that was run for it
        raise BuildError(tree, f"{what}: {problem}", "fix the build backend's configuration") from problem


def _zipped(folder: Path) -> Path:
    """Write a prepared .dist-info folder as a wheel beside it, named for the tags in its WHEEL file."""
    file = folder / "WHEEL"
    texts = headers_of(file.read_text("utf-8")).get_all("Tag", []) if file.is_file() else []
    tags = [tag for text in texts for tag in parse_tag(text)]
    if not tags:
        raise BuildError(folder, "the build backend prepared no WHEEL file with a Tag", "update the build backend")
    sets = (sorted({getattr(tag, part) for tag in tags}) for part in ("interpreter", "abi", "platform"))
    name = "-".join([folder.name.removesuffix(".dist-info"), *(".".join(one) for one in sets)])
    wheel = folder.with_name(f"{name}.whl")
    with ZipFile(wheel, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent).as_posix())
    return wheel
