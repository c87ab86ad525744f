"""The steps of a build, each run only if something that it depends on has changed since it last succeeded.

What a step depends on: the sources, the whole configuration, the artifact that the step before made, the tools and the
variables that tell them what to do, and wheelcheck's own code. Not known here are newer versions of what the build
backend requires, and the libraries of the system. In CI every step runs, so that no restored cache is evidence.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from functools import cached_property, lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import wheelcheck
from wheelcheck.builder import dist, evidence, install, interpreters, run, smoke
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.builder.stage import MANIFEST
from wheelcheck.builder.up_to_date import FOLDER, Outcome, Step, content_hash
from wheelcheck.config.builder import load
from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wheelcheck.builder.install import Machine
    from wheelcheck.builder.pipeline import Build
    from wheelcheck.builder.smoke import Result
    from wheelcheck.builder.stage import Stage
    from wheelcheck.builder.wheel import Pair

_TOOLS = ("build", "cargo-zigbuild", "ziglang")
# Variables by which people tell compilers, cargo and build backends what to do.
_TELLING = regex(
    r"""
    CC | CXX | CPP | AR | AS | LD | NM | RANLIB | \w*FLAGS(?:_.+)? | LD_PRELOAD | LD_LIBRARY_PATH | SOURCE_DATE_EPOCH
    | (?: CARGO | CGO | CMAKE | MATURIN | PKG_CONFIG | PYO3 | RUSTUP | SETUPTOOLS | ZIG )_.+ | RUSTC | GO[A-Z0-9]+
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Incremental:
    """The steps of one build. With `fresh` all of them run. Each raises BuildError as the step itself does."""

    build: Build
    fresh: bool = False

    def stage(self) -> Stage:
        """Return the stage, compiled unless it is up to date."""
        target = self.build.target.zigbuild
        step = self._step(f"native files for {target}", f"stage-{target}", self._tools())
        step.outcome(lambda: Outcome((self.build.build().folder / MANIFEST,)), self._invalid_stage)
        return self.build.staged()

    def sdist(self) -> Path:
        """Return the sdist, built unless it is up to date."""
        sources = evidence.source_hash(self.build.settings.project)
        made = self._artifact("sdist", "sdist", {"sources": sources, **self._tools()}, self.build.sdist)
        evidence.record(self.build.settings, made)
        return made

    def wheels(self) -> tuple[Path, ...]:
        """Return a wheel for every configured Python, each built unless it is up to date."""
        stage, common = self.build.staged(), self._tools()
        return tuple(self._wheel(pair, stage, common) for pair in self.build.settings.python)

    def smoke_results(self) -> tuple[Result, ...]:
        """Return the result of each smoke test. A wheel that passed here before, byte for byte, is not tried again."""
        wheels = dist.wheels(self.build.settings.dist, self.build.target)
        return tuple(result for wheel in wheels for result in self._tested(wheel))

    def _wheel(self, pair: Pair, stage: Stage, common: Mapping[str, str]) -> Path:
        settings, target, name = self.build.settings, self.build.target.zigbuild, "-".join(pair)
        sources = dist.sdist(settings.dist) if settings.builds_sdist else None
        python = interpreters.find(pair, os.environ)
        inputs = {
            "sources": content_hash(sources) if sources else evidence.source_hash(settings.project),
            "native files": content_hash(stage.folder / MANIFEST),
            "Python": f"{python.executable} {python.build}",
            **common,
        }
        label = f"wheel {name} for {target}"
        return self._artifact(label, f"wheel-{name}-{target}", inputs, lambda: self.build.wheel(pair, stage))

    def _tested(self, wheel: Path) -> tuple[Result, ...]:
        try:
            machine = install.for_wheel(wheel, self.build.target.arch, os.environ)
        except install.NotHereError:
            return self.build.test(wheel)
        settings = self.build.settings
        inputs = {
            "machine": f"{machine} {platform.release()}",
            "Python": _python_of(machine),
            "commands": f"{settings.commands} {settings.release.payload}",
            "wheelcheck": _own_code(),
        }

        def tried() -> Outcome:
            results = self.build.test_on(machine, wheel)
            passed = all(result.verdict != "fail" for result in results)
            return Outcome((wheel,), tuple(result.row for result in results), lasting=passed)

        done = self._step(f"smoke tests of {wheel.name}", f"smoke-{wheel.name}", inputs).outcome(tried)
        results = tuple(smoke.Result.of(row) for row in done.rows)
        self.build.state(wheel, results)  # of other sources, if these have changed without the wheel
        return results

    def _artifact(self, label: str, name: str, inputs: Mapping[str, str], make: Callable[[], Path]) -> Path:
        """Return an artifact in `dist/`. It is made again if something else is there that it would replace."""
        step = self._step(label, name, inputs)
        (made,) = step.outcome(lambda: Outcome((make(),)), self._replaced).files
        return made

    def _step(self, label: str, name: str, inputs: Mapping[str, str]) -> Step:
        return Step(label, self.build.settings.folder / FOLDER / f"{name}.json", inputs, self.build.log, self.fresh)

    def _tools(self) -> dict[str, str]:
        """Return what every step that makes something depends on, beside its sources."""
        settings = self.build.settings
        environment = {name: value for name, value in sorted(os.environ.items()) if _TELLING.fullmatch(name)}
        kept = {name: os.environ.get(name, "") for name in settings.keep_environment}
        programs = [payload.command[0] for payload in settings.release.payload if payload.command]
        return {
            "configuration": repr(load(settings.project)),  # of every Python, even if only one is asked for
            "date": str(self.build.seconds),
            "commit": run.ask(settings.packed, "describe", "--always", "--long", "--tags", "--dirty"),
            "toolchain": "\n".join([*self._rust, *map(_identity, programs)]),
            "tools": f"{sys.version} {[(name, version(name)) for name in _TOOLS]}",
            "environment": f"{environment} {kept} {_cargo_configuration()}",
            "wheelcheck": _own_code(),
        }

    @cached_property
    def _rust(self) -> tuple[str, ...]:
        """What rustc and cargo are in every folder where cargo may run, which may pin its own; asked once a run."""
        settings = self.build.settings
        env = run.for_cargo(settings.variables(os.environ), settings.keep_environment)
        folders = dict.fromkeys((*settings.workspaces, settings.packed))
        questions = ((env.get("RUSTC", "rustc"), "-vV"), ("cargo", "-V"))
        return tuple(
            run.observe(Command(question, folder, env)).output
            for folder in folders
            for question in questions
            if shutil.which(question[0], path=env["PATH"])
        )

    def _replaced(self, made: Outcome) -> str:
        others = (file.name for file in sorted(self.build.settings.dist.iterdir()))
        names = [file.name for file in made.files]
        found = (other for other in others for name in names if other != name and dist.is_replaced(other, name))
        return next((f"{other} is there too" for other in found), "")

    def _invalid_stage(self, _: Outcome) -> str:
        try:
            self.build.staged()
        except BuildError as problem:
            return str(problem)
        return ""


def _cargo_configuration() -> str:
    """Return the content hash of the settings that cargo takes from the user's own folder."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    return "".join(content_hash(home / name) for name in ("config", "config.toml"))


def _identity(program: str) -> str:
    """Return which program a command starts: its path, size and time; empty if it is not on PATH."""
    if not (found := shutil.which(program)):
        return ""
    status = Path(found).stat()
    return f"{found} {status.st_size} {status.st_mtime_ns}"


def _python_of(machine: Machine) -> str:
    found = interpreters.ask(machine.python, {**os.environ, **machine.env}) if machine.python else None
    return f"{machine.python} {found.build if found else ''}"


@lru_cache(maxsize=1)
def _own_code() -> str:
    """Return one hash of wheelcheck's modules and tables, since a checkout of it changes without its version."""
    folder, total = Path(wheelcheck.__file__).parent, sha256()
    for file in sorted(folder.rglob("*.py")) + sorted(folder.rglob("*.json")):
        total.update(f"{file.relative_to(folder)} {content_hash(file)}\n".encode())
    return total.hexdigest()
