"""Wheels per Python, by cibuildwheel in containers: its folder prepared, its run, and what came out held to the stage.

build/wheelcheck/cibuildwheel/<target>/
  package/      the unpacked sdist: what cibuildwheel builds
  stage/        the staged payload and its record
  tools/        this package and the two it needs, for the container
  plan.json     target, date, tags and inventories
  gate.toml     what `audit-command` holds each wheel against
  out/          what was copied out of the container
"""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.build import assembly, cibuildwheel, dist, environment, layin, process, reproducible, sdist
from wheelcheck.build.failure import BenchError
from wheelcheck.build.process import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.build.bench import Bench
    from wheelcheck.build.staging import Stage
    from wheelcheck.build.wheels import Pair

_TOOLS = ("wheelcheck", "elftools", "packaging")  # all the container needs, pure Python


@dataclass(frozen=True, slots=True)
class Run:
    """One run of cibuildwheel for one CPU: the folder to start it in, and the variables that decide what it does."""

    folder: Path
    variables: Mapping[str, str]

    @property
    def argv(self) -> tuple[str, ...]:
        """The command: cibuildwheel copies the folder it is started in into the container."""
        out = ("--output-dir", str(self.folder / "out"))
        return (sys.executable, "-m", "cibuildwheel", "--platform", "linux", *out, "package")

    def script(self) -> list[str]:
        """Return the lines of a shell that run it."""
        assigned = [f"export {name}={shlex.quote(value)}" for name, value in self.variables.items()]
        return [f"cd {shlex.quote(str(self.folder))}", *assigned, shlex.join(self.argv)]


def prepare(bench: Bench, base: Mapping[str, str]) -> Run:
    """Lay out the folder of a run, from the stage and the sdist. Raises BenchError and ConfigError."""
    settings, target = bench.settings, bench.target
    pairs = cibuildwheel.identifiers(settings.python)
    file = settings.project / "pyproject.toml"
    cibuildwheel.require_ours(file.read_text("utf-8"), str(file))
    image = cibuildwheel.image(target, base, cibuildwheel.pinned_images(target.arch))
    stage = bench.staged()
    folder = settings.folder / "cibuildwheel" / target.zigbuild
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "out").mkdir(parents=True)
    tree = sdist.unpack(dist.sdist(settings.dist), folder / "unpacked")
    bench.require_complete(tree)
    plan(bench, tree, stage, pairs).write(folder)
    tree.rename(folder / "package")
    shutil.copytree(stage.folder, folder / "stage")
    copy_tools(folder / "tools")
    (folder / "gate.toml").write_text(cibuildwheel.gate_configuration(settings.release), "utf-8")
    return Run(folder, cibuildwheel.variables(target, pairs, image, folder / "gate.toml"))


def copy_tools(folder: Path) -> None:
    """Copy what lays the payload in, and the packages it needs: a container fetches nothing."""
    for name in _TOOLS:
        shutil.copytree(_source_of(name), folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def plan(bench: Bench, tree: Path, stage: Stage, pairs: Mapping[str, Pair]) -> layin.Plan:
    """Return what the container is told: it decides nothing."""
    project = tree.name  # an sdist's folder, NAME-VERSION, is what its wheels' names begin with
    names = [f"{project}-{'-'.join(pair)}-{bench.target.platform_tag}.whl" for pair in pairs.values()]
    inventories = {
        name: {path: text.decode() for path, text in bench.inventory(tree, name, stage).items()} for name in names
    }
    return layin.Plan(
        arch=bench.target.arch.name,
        floor=bench.target.floor,
        source=stage.record.source,
        date=reproducible.zip_date(bench.seconds),
        pairs=dict(pairs),
        inventories={name: inventory for name, inventory in inventories.items() if inventory},
    )


def build(bench: Bench, run: Run, base: Mapping[str, str]) -> tuple[Path, ...]:
    """Run cibuildwheel and publish its wheels to `dist/`, every one held against the stage. Raises BenchError."""
    env = {**environment.for_backend(base, {}, bench.settings.keep_environment), **run.variables}
    process.follow(Command(run.argv, run.folder, env), bench.log)
    built = sorted((run.folder / "out").glob("*.whl"))
    expected = len(run.variables["CIBW_BUILD"].split())
    if len(built) != expected:
        found = ", ".join(wheel.name for wheel in built) or "no wheel"
        raise BenchError("cibuildwheel", found, f"{expected}, one an interpreter", "look at what it wrote above")
    for wheel in built:
        assembly.require_record(wheel, bench.staged())
    return tuple(dist.publish(wheel, bench.settings.dist, bench.log) for wheel in built)


def _source_of(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.origin:
        raise BenchError(name, "no such package in this interpreter", "one to copy", "install wheelcheck anew")
    return Path(spec.origin).parent
