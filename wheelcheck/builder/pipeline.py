"""The steps of a build in their order, as `wheelcheck build STEP` and noxfiles run them.

    build   compile every payload  →  build/wheelcheck/<target>/  (the stage)
    sdist   pack a clean copy of the sources  →  dist/
    wheels  build from that sdist, add the staged files  →  dist/
    smoke   install every wheel outside the checkout and run it

Each step checks the result of the previous one: no wheel is built from a stale stage, or from an sdist that lacks a
source.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from wheelcheck.builder import (
    cargo,
    dist,
    evidence,
    freshness,
    install,
    interpreters,
    payload,
    reproducible,
    run,
    sbom,
    sdist,
    smoke,
    sources,
    toolchain,
)
from wheelcheck.builder import stage as staging
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.backend_wheel import BackendWheel
from wheelcheck.builder.run import BuildError
from wheelcheck.config import is_built_by
from wheelcheck.config.builder import Settings, load
from wheelcheck.records import dataclass, replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelcheck.builder.cargo import PathMap
    from wheelcheck.builder.install import Machine
    from wheelcheck.builder.payload import Built
    from wheelcheck.builder.run import Log
    from wheelcheck.builder.smoke import Result
    from wheelcheck.builder.stage import Stage
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.builder.wheel import Pair
    from wheelcheck.config import Payload
    from wheelcheck.platforms.arch import Arch

_BACKEND = "see the build backend's output above"


@dataclass(frozen=True, slots=True)
class Build:
    """One project built for one CPU at one glibc floor. Every step raises BuildError if something is wrong."""

    settings: Settings
    target: Target
    log: Log
    epoch: int | None = None  # the date of everything built; None: the date of the sources
    interpreter: str = ""  # the one Python whose wheels are built, such as cp311; empty: all

    @classmethod
    def of(cls, project: Path, arch: Arch | None = None, log: Log = print) -> Build:
        """Read a project's configuration. Without `arch` the target is the CPU of this machine.

        Raises ConfigError, UnknownArchitectureError and BuildError.
        """
        settings = load(project)
        return cls(settings, toolchain.choose(arch or toolchain.host(), settings.release.glibc), log)

    def only_by(self, tag: str) -> Build:
        """Return the build of the wheels that one Python builds, such as cp311. Raises ConfigError if it has none."""
        python = tuple(pair for pair in self.settings.python if is_built_by(tag, pair))
        release = self.settings.release.for_interpreter(tag)
        return replace(self, settings=replace(self.settings, python=python, release=release), interpreter=tag)

    def of_copy(self, folder: Path) -> Build:
        """Return the same build of another folder, as the configuration in it says."""
        found = Build.of(folder, self.target.arch, self.log)
        return found.only_by(self.interpreter) if self.interpreter else found

    @property
    def stage_folder(self) -> Path:
        """The folder of this target's stage."""
        return self.settings.folder / self.target.zigbuild

    @property
    def seconds(self) -> int:
        """The date of everything built, in seconds since 1970."""
        given = self.epoch
        return reproducible.epoch(self.settings.project, os.environ) if given is None else given

    def build(self) -> Stage:
        """Compile every payload and stage it."""
        sources.require_checked_out(self.settings.project)
        before = self._before()
        return self._stage(payload.build(self.settings, self.target, self._environment(), self.log), before)

    def adopt(self, messages: str, places: PathMap) -> Stage:
        """Stage what cargo built in a container, by its JSON messages; `places` maps its folders to this machine."""
        before = self._before()
        done = payload.ContainerBuild(messages, places)
        return self._stage(payload.adopt(self.settings, self.target, done, self._environment(), self.log), before)

    def staged(self) -> Stage:
        """Return the stage. Raises BuildError if it is damaged or stale."""
        stage = staging.load(self.stage_folder, self.target)
        staging.require_fresh(stage, self.settings.project, payload.recipe(self.settings, self.target))
        return stage

    def sdist(self) -> Path:
        """Build the sdist from a clean copy of the sources and check its content."""
        with _scratch() as name:
            scratch = Path(name)
            sdist.copy_sources(self.settings.project, scratch / "tree")
            known = sdist.known_version(self.settings.packed)
            env = {**known, **run.for_backend(self._base(), {}, self.settings.keep_environment), **self._date()}
            folder = scratch / "tree" / self.settings.packed.relative_to(self.settings.project)
            run.run(sdist.build_command(folder, scratch / "out", env), self.log)
            built = dist.only(scratch / "out", "*.tar.gz", _BACKEND)
            restored = self._restored(sdist.unpack(built, scratch / "by-the-backend"))
            packed = reproducible.repack_sdist(built, scratch / built.name, self.seconds, restored)
            self.require_complete(sdist.unpack(packed, scratch / "unpacked"))
            published = self._publish(packed)
            evidence.record(self.settings, published)
            return published

    def _restored(self, tree: Path) -> dict[str, bytes]:
        """Return what the sdist must hold in place of the manifests that the backend rewrote in `tree`."""
        restored = sdist.rewritten_manifests(self.settings, tree)
        for path in restored:
            self.log(f"the build backend rewrote {path}; the sdist gets the project's own")
        return restored

    def wheels(self) -> tuple[Path, ...]:
        """Build a wheel for every configured Python from the sdist in `dist/` and the stage."""
        stage = self.staged()
        return tuple(self.wheel(pair, stage) for pair in self.settings.python)

    def smoke(self) -> tuple[Result, ...]:
        """Install every wheel for this target outside the checkout and test it. Raises BuildError if nothing ran."""
        results = self.smoke_results()
        smoke.require_executed(results)
        return results

    def smoke_results(self) -> tuple[Result, ...]:
        """Install every wheel for this target outside the checkout, and return the result of each smoke test."""
        return tuple(result for wheel in dist.wheels(self.settings.dist, self.target) for result in self.test(wheel))

    def test(self, wheel: Path) -> tuple[Result, ...]:
        """Install one wheel outside the checkout, on the machine for it, and return the result of each smoke test."""
        try:
            machine = install.for_wheel(wheel, self.target.arch, os.environ)
        except install.NotHereError as reason:
            return self._logged((smoke.Result(wheel.name, "skip", str(reason)),))
        return self.test_on(machine, wheel)

    def test_on(self, machine: Machine, wheel: Path) -> tuple[Result, ...]:
        """Install one wheel on a machine, outside the checkout, and return the result of each smoke test."""
        self.log(f"{wheel.name} on {machine}")
        try:
            with _scratch() as folder:
                installed = install.install(wheel, machine, Path(folder), os.environ, self.log)
                results = self._logged(smoke.run_tests(self.settings, installed, Path(folder)))
        except BuildError:  # it cannot be installed
            evidence.withdraw(self.settings, wheel, self.target.arch.name)
            raise
        self.state(wheel, results)
        return results

    def state(self, wheel: Path, results: Iterable[Result]) -> None:
        """Record a wheel as proven by smoke tests that passed; withdraw what was proven of one that fails now."""
        results = tuple(results)
        if any(result.verdict == "fail" for result in results):
            evidence.withdraw(self.settings, wheel, self.target.arch.name)
        elif smoke.was_executed(results):
            self.prove("smoke", wheel)

    def _logged(self, results: tuple[Result, ...]) -> tuple[Result, ...]:
        for result in results:
            self.log(str(result))
        return results

    def prove(self, proof: str, *wheels: Path) -> None:
        """Record that this step proved these wheels (default: all for this target) as they are; "": only built."""
        row = self.target.arch
        for wheel in wheels or dist.wheels(self.settings.dist, self.target):
            evidence.record(self.settings, wheel, proof, row.name, emulated=row != toolchain.host())

    def source_tree(self, scratch: Path, stage: Stage) -> Path:
        """Unpack the sdist in `dist/`, or copy the sources if the release has none; return that tree.

        Raises BuildError for an sdist that lacks what the stage was built from.
        """
        if not self.settings.builds_sdist:
            sdist.copy_sources(self.settings.project, scratch / "copy")
            return scratch / "copy"
        tree = sdist.unpack(dist.sdist(self.settings.dist), scratch / "unpacked")
        self.require_complete(tree, stage)
        return tree

    def wheel(self, pair: Pair, stage: Stage) -> Path:
        """Build the wheel for one Python from the sdist in `dist/` and the stage."""
        with _scratch() as name:
            scratch = Path(name)
            tree = self.source_tree(scratch, stage)
            built = self._by_backend(tree, pair, scratch)
            tagged = assembly.tagged_name(built.name, pair, self.target)
            inventory = self.inventory(tree, tagged, stage)
            date = reproducible.zip_date(self.seconds)
            wheel = assembly.assemble(built, tagged, stage, self.target, scratch, inventory, date)
            assembly.require_record(wheel, stage)
            return self._publish(wheel)

    def _by_backend(self, tree: Path, pair: Pair, scratch: Path) -> Path:
        """Return the backend's wheel, to which the staged files are added."""
        project = tree if self.settings.builds_sdist else tree / self.settings.packed.relative_to(self.settings.project)
        python, env = interpreters.find(pair, self._base()), self._environment()
        asked = BackendWheel(self.settings, self.target, pair, python, env, self.log)
        return (
            asked.metadata_only(project, scratch) if self.settings.payload_only else asked.build(tree, project, scratch)
        )

    def require_complete(self, tree: Path, stage: Stage | None = None) -> None:
        """Raise BuildError unless an unpacked sdist holds every source of the payload and nothing compiled.

        With a stage, that includes every file of the project that cargo and compilers read to build it.
        """
        project, below = self.settings.project, self.settings.packed.relative_to(self.settings.project)
        sdist.require_sources_only(tree)
        for workspace in self.settings.workspaces:
            sdist.require_rust_sources(workspace, sdist.place_of(workspace, tree, self.settings))
        c_sources = (file.relative_to(project) for file in payload.c_sources(self.settings))
        sdist.require_files(project, tree, c_sources, below)
        if stage:
            sdist.require_files(project, tree, stage.manifest.inputs.read_inside(project), below)

    def inventory(self, tree: Path, name: str, stage: Stage) -> dict[str, bytes]:
        """Return the inventory (SBOM) of a wheel's staged binaries by its path in .dist-info; empty without any."""
        if not stage.manifest.files:
            return {}
        features = {self.settings.workspace: cargo.feature_words(self.settings)}
        env = run.for_cargo(self._base(), self.settings.keep_environment)
        workspaces = {sdist.place_of(one, tree, self.settings): one for one in self.settings.workspaces}
        commands = [
            sbom.metadata_command(place, self.target, env, features.get(one, ())) for place, one in workspaces.items()
        ]
        graph = sbom.merged(sbom.read(run.run(command, lambda _: None)) for command in commands)
        locks = sbom.merged_locks((folder / "Cargo.lock").read_text("utf-8") for folder in workspaces)
        return {sbom.PATH: sbom.render(sbom.document(graph, locks, name, stage.manifest, self.seconds))}

    def _date(self) -> dict[str, str]:
        return {reproducible.VARIABLE: str(self.seconds)}

    def _environment(self) -> dict[str, str]:
        return {**self._base(), **self._date()}

    def _base(self) -> dict[str, str]:
        return self.settings.variables(os.environ)

    def _before(self) -> freshness.Before:
        by_command = any(payload.command for payload in self.settings.release.payload)
        everything = (self.settings.project,) if by_command else ()
        return freshness.Before.of(self.settings.project, (*self.settings.workspaces, *everything))

    def _stage(self, built: Built, before: freshness.Before) -> Stage:
        """Stage what was built, unless its sources have changed since `before`."""
        project, recipe = self.settings.project, payload.recipe(self.settings, self.target)
        written = before.written(built.read)
        for file in sorted(written - sources.written_files(project)):
            self.log(f"the build wrote {file.relative_to(project)} into the sources; it is one only if git tracks it")
        sources.record_written(project, written)
        inputs = freshness.Inputs.of(project, recipe, built.folders, built.read)
        freshness.require_unchanged(before.held, inputs)
        self.stage_folder.parent.mkdir(parents=True, exist_ok=True)
        promised = [one for one in self.settings.release.payload if one.from_backend]
        if not built.files:
            self.log(_nothing_to_build(promised))
        return staging.stage(built.files, self.target, inputs, self.stage_folder, promised)

    def _publish(self, built: Path) -> Path:
        return dist.publish(built, self.settings.dist, self.log)


def _nothing_to_build(promised: Iterable[Payload]) -> str:
    """Return what to say of a build without payload of its own."""
    names = ", ".join(payload.path for payload in promised)
    if names:
        return f"nothing to compile in this step: the build backend makes {names}"
    declare = "declare programs and libraries in [[tool.wheelcheck.payload]] (package, source, command or from)"
    return f"nothing was built: no payload is configured, and extension modules are the build backend's; {declare}"


def _scratch() -> tempfile.TemporaryDirectory[str]:
    """Return a folder outside the project: inside it, backends would find its .gitignore and cargo its workspace."""
    return tempfile.TemporaryDirectory(prefix="wheelcheck-")
