"""Builds in containers, seen from outside: paths in there and here, and the run of cibuildwheel."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.builder import cibuildwheel, dist, in_container, reproducible, sdist
from wheelcheck.builder import run as environment
from wheelcheck.builder import run as process
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelcheck.builder.pipeline import Build
    from wheelcheck.builder.stage import Stage
    from wheelcheck.builder.wheel import Pair


# Where a container's paths are on this machine: a cargo that ran in one reports what it saw there.


@dataclass(frozen=True, slots=True)
class PathMap:
    """Pairs of a folder in the container and the same folder here."""

    pairs: tuple[tuple[PurePosixPath, Path], ...] = ()

    @classmethod
    def of(cls, words: Iterable[str]) -> PathMap:
        """Read `CONTAINER=HOST` words, the first absolute. Raises ConfigError."""
        pairs = []
        for word in words:
            inside, _, outside = word.partition("=")
            if not inside.startswith("/") or not outside:
                raise ConfigError(f"--map: {word!r} is not CONTAINER=HOST, such as /io=.")
            pairs.append((PurePosixPath(inside), Path(outside).resolve()))
        return cls(tuple(pairs))

    def to_host(self, path: Path) -> Path:
        """Return where a path of the container is here, by the longest folder that holds it; others stay."""
        holding = [(inside, outside) for inside, outside in self.pairs if path.is_relative_to(inside)]
        if not holding:
            return path
        inside, outside = max(holding, key=lambda pair: len(pair[0].parts))
        return outside / path.relative_to(inside)


# Wheels per Python, by cibuildwheel in containers: its folder prepared, its run, and what came out held to the stage.
#
# build/wheelcheck/cibuildwheel/<target>/
#   package/      the unpacked sdist: what cibuildwheel builds
#   stage/        the staged payload and its record
#   tools/        this package and the two it needs, for the container
#   plan.json     target, date, tags and inventories
#   gate.toml     what `audit-command` holds each wheel against
#   out/          what was copied out of the container

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


def prepare(bench: Build, base: Mapping[str, str]) -> Run:
    """Lay out the folder of a run, from the stage and the sdist. Raises BuildError and ConfigError."""
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


def plan(bench: Build, tree: Path, stage: Stage, pairs: Mapping[str, Pair]) -> in_container.Plan:
    """Return what the container is told: it decides nothing."""
    project = tree.name  # an sdist's folder, NAME-VERSION, is what its wheels' names begin with
    names = [f"{project}-{'-'.join(pair)}-{bench.target.platform_tag}.whl" for pair in pairs.values()]
    inventories = {
        name: {path: text.decode() for path, text in bench.inventory(tree, name, stage).items()} for name in names
    }
    return in_container.Plan(
        arch=bench.target.arch.name,
        floor=bench.target.floor,
        source=stage.manifest.source,
        date=reproducible.zip_date(bench.seconds),
        pairs=dict(pairs),
        inventories={name: inventory for name, inventory in inventories.items() if inventory},
    )


def build(bench: Build, run: Run, base: Mapping[str, str]) -> tuple[Path, ...]:
    """Run cibuildwheel and publish its wheels to `dist/`, every one held against the stage. Raises BuildError."""
    env = {**environment.for_backend(base, {}, bench.settings.keep_environment), **run.variables}
    process.follow(Command(run.argv, run.folder, env), bench.log)
    built = sorted((run.folder / "out").glob("*.whl"))
    expected = len(run.variables["CIBW_BUILD"].split())
    if len(built) != expected:
        names = ", ".join(wheel.name for wheel in built) or "no wheel"
        problem = f"it built {names}, but {expected} wheels are configured, one per interpreter"
        raise BuildError("cibuildwheel", problem, "see its output above")
    for wheel in built:
        assembly.require_record(wheel, bench.staged())
    return tuple(dist.publish(wheel, bench.settings.dist, bench.log) for wheel in built)


def _source_of(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.origin:
        raise BuildError(name, "it is not installed in this Python", "install wheelcheck again")
    return Path(spec.origin).parent
