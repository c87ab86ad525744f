"""Runs cibuildwheel: builds one wheel per Python in containers, adds the staged payload there and tries the wheel.

build/wheelcheck/cibuildwheel/<target>/
  package/      the unpacked sdist: what cibuildwheel builds
  stage/        the staged payload and its manifest
  tools/        this package and the two it needs, for the container
  plan.json     target, date, tags and inventories
  gate.toml     the configuration that `audit-command` checks each wheel with
  out/          what was copied out of the container
"""

from __future__ import annotations

import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from wheelcheck.builder import cibuildwheel, dist, in_container, install, reproducible, run, sdist, toolchain
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.builder.up_to_date import content_hash
from wheelcheck.facts.toml import parse_toml
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.builder.pipeline import Build
    from wheelcheck.builder.stage import Stage
    from wheelcheck.builder.wheel import Pair

_TOOLS = ("wheelcheck", "elftools", "packaging")  # all that the container needs; they are pure Python


@dataclass(frozen=True, slots=True)
class Run:
    """One run of cibuildwheel for one CPU: the folder to start it in, and the variables that configure it."""

    folder: Path
    variables: Mapping[str, str]

    @property
    def argv(self) -> tuple[str, ...]:
        """The command. cibuildwheel copies the folder it is started in into the container."""
        out = ("--output-dir", str(self.folder / "out"))
        return (sys.executable, "-m", "cibuildwheel", "--platform", "linux", *out, "package")

    def script(self) -> list[str]:
        """Return the shell commands that run it."""
        assigned = [f"export {name}={shlex.quote(value)}" for name, value in self.variables.items()]
        return [f"cd {shlex.quote(str(self.folder))}", *assigned, shlex.join(self.argv)]


def prepare(build: Build, base: Mapping[str, str]) -> Run:
    """Fill the folder of a run from the stage and the sdist. Raises BuildError or ConfigError."""
    settings, target = build.settings, build.target
    pairs = cibuildwheel.identifiers(settings.python)
    file = settings.packed / "pyproject.toml"
    pyproject = file.read_text("utf-8")
    cibuildwheel.require_ours(pyproject, str(file))
    for name in pairs:
        cibuildwheel.require_selected(pyproject, str(file), f"{name}-manylinux_{target.arch.name}")
    images = {**cibuildwheel.own_images(parse_toml(pyproject)), **base}
    image = cibuildwheel.image(target, images, cibuildwheel.pinned_images(target.arch))
    stage = build.staged()
    folder = settings.folder / "cibuildwheel" / target.zigbuild
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "out").mkdir(parents=True)
    tree = sdist.unpack(dist.sdist(settings.dist), folder / "unpacked")
    build.require_complete(tree)
    plan(build, tree, stage, pairs).write(folder)
    tree.rename(folder / "package")
    shutil.copytree(stage.folder, folder / "stage")
    copy_tools(folder / "tools")
    (folder / "gate.toml").write_text(cibuildwheel.gate_configuration(settings.release), "utf-8")
    variables = cibuildwheel.variables(target, pairs, image, folder / "gate.toml")
    return Run(folder, {**variables, **cibuildwheel.for_backend(settings)})


def copy_tools(folder: Path) -> None:
    """Copy wheelcheck and the packages it needs, so that nothing is downloaded in the container."""
    for name in _TOOLS:
        shutil.copytree(_source_of(name), folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def plan(build: Build, tree: Path, stage: Stage, pairs: Mapping[str, Pair]) -> in_container.Plan:
    """Return everything that the container needs to know; nothing is decided there."""
    project = tree.name  # NAME-VERSION, which the names of the wheels begin with too
    names = [f"{project}-{'-'.join(pair)}-{build.target.platform_tag}.whl" for pair in pairs.values()]
    inventories = {
        name: {path: text.decode() for path, text in build.inventory(tree, name, stage).items()} for name in names
    }
    return in_container.Plan(
        arch=build.target.arch.name,
        floor=build.target.floor,
        source=stage.manifest.source,
        date=reproducible.zip_date(build.seconds),
        pairs=dict(pairs),
        inventories={name: inventory for name, inventory in inventories.items() if inventory},
        payload=build.settings.release.payload,
        commands=build.settings.commands,
        lacks={} if build.target.arch == toolchain.host() else install.EMULATION_LACKS,
    )


def build_wheels(build: Build, prepared: Run, base: Mapping[str, str]) -> tuple[Path, ...]:
    """Run cibuildwheel and publish its wheels to `dist/`, each compared with the stage. Raises BuildError.

    The evidence of each says that it was tried, if a smoke command ran in the container on these very bytes.
    """
    env = {**run.for_backend(base, {}, build.settings.keep_environment), **prepared.variables}
    said: list[str] = []

    def log(line: str) -> None:
        said.append(line.strip())
        build.log(line)

    run.follow(Command(prepared.argv, prepared.folder, env), log)
    built = sorted((prepared.folder / "out").glob("*.whl"))
    expected = len(prepared.variables["CIBW_BUILD"].split())
    if len(built) != expected:
        names = ", ".join(wheel.name for wheel in built) or "no wheel"
        problem = f"it built {names}, but {expected} wheels are configured, one per interpreter"
        raise BuildError("cibuildwheel", problem, "see its output above")
    for wheel in built:
        assembly.require_record(wheel, build.staged())
    published = tuple(dist.publish(wheel, build.settings.dist, build.log) for wheel in built)
    tried = {line.removeprefix(in_container.TRIED) for line in said if line.startswith(in_container.TRIED)}
    for wheel in published:
        build.prove("smoke" if content_hash(wheel) in tried else "", wheel)
    return published


def _source_of(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.origin:
        raise BuildError(name, "it is not installed in this Python", "install wheelcheck again")
    return Path(spec.origin).parent
