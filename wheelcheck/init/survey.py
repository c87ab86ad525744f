"""Finds out about an existing project what the builder must know, or says which of it init does not know."""

from __future__ import annotations

from wheelcheck.config import builder
from wheelcheck.config.files import OWN, ConfigError
from wheelcheck.init import backends, cibuildwheel, package
from wheelcheck.init import payload as cargo
from wheelcheck.init.compiled import Compiled
from wheelcheck.init.project import Project
from wheelcheck.init.repository import Repository
from wheelcheck.platforms.arch import find
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.records import dataclass, replace
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.config import Config, Payload


@dataclass(frozen=True, slots=True)
class Survey:
    """A project: what its backend compiles, what wheelcheck adds, and the repository that it is in.

    `package` is the name to import, empty for wheels that hold only programs; `workspace` is the folder of the
    Cargo.toml of the payload, "." without any. `release` is what a configuration says that was there before.
    """

    project: Project
    compiled: Compiled
    package: str
    payload: tuple[Payload, ...]
    workspace: str
    repository: Repository
    release: Config | None = None

    @property
    def home(self) -> Path:
        """The folder that the configuration is in and that everything is run in."""
        return self.compiled.root or self.project.folder

    @property
    def configuration(self) -> str:
        """The name of the file that configures wheelcheck, or will configure it."""
        return self.project.configuration if self.home == self.project.folder else OWN

    @property
    def needs_rust(self) -> bool:
        """Whether a build of this project calls cargo."""
        return self.compiled.rust or any(payload.from_cargo for payload in self.payload)

    @property
    def in_containers(self) -> bool:
        """Whether wheels are built by cibuildwheel: one per Python, in containers that the project prepares.

        What it installs there, such as the headers of a library, no other machine has.
        """
        return self.compiled.needs_each_python and cibuildwheel.prepares_containers(self.project)

    @property
    def cross_builds(self) -> bool:
        """Whether a CPU of the release has no hosted runner."""
        return any(not find(name).runner for name in (self.release.architectures if self.release else ()))

    @property
    def builds_sdist(self) -> bool:
        """Whether the release has an sdist, unless a configuration says otherwise."""
        return self.release is None or self.release.sdist is not False

    @property
    def builds_elsewhere(self) -> bool:
        """Whether the configuration promises wheels that the builder cannot make, and the backend alone can."""
        wheels = self.release.wheels if self.release else ()
        others = any(parse_platform(wheel.platform).libc != "glibc" for wheel in wheels if wheel.platform != "any")
        return others and self.builds_sdist and all(payload.from_backend for payload in self.payload)


def survey(folder: Path) -> Survey:
    """Survey a project; one that is configured already has said everything itself.

    Raises ConfigError if there is no project, UnknownError if init cannot find something out.
    """
    project = Project.read(folder)
    if project.is_configured:
        return _configured(project)
    compiled = backends.compiled(project)
    name, home = ("", None) if compiled.payload and not compiled.module else package.found(project, compiled.module)
    if compiled.is_nothing and home and (file := package.native_in(home)):
        fix = 'declare it in [[tool.wheelcheck.payload]] with from = "backend", and write the table yourself'
        raise project.unknown(f"what makes {file}, which the build backend packs and does not build", fix)
    added = () if compiled.rust else cargo.found(project, name, home)
    if compiled.is_nothing and not added:
        if project.backend not in backends.CALLING_BUILDS:
            cargo.require_nothing_else(project)
        problem = "no part of it is native, so there is nothing for the builder to build"
        raise ConfigError(f"{project.file}: {problem}; `wheelcheck init` without --builder adds the gate")
    if compiled.needs_each_python:
        compiled = replace(compiled, python=cibuildwheel.selected(project, compiled.python))
        cibuildwheel.require_buildable(project)
    if not compiled.is_nothing:
        told = dict((*compiled.environment, *cibuildwheel.environment(project)))
        compiled = replace(compiled, environment=tuple(told.items()))
    first = added[0].workspace if added else compiled.workspace
    payload = tuple(replace(one, workspace="" if one.workspace == first else one.workspace) for one in added)
    return Survey(project, compiled, name, compiled.payload or payload, first, Repository.around(project))


def _configured(project: Project) -> Survey:
    """Return what the configuration of a project says. Raises ConfigError if it is wrong."""
    settings = builder.load(project.folder)
    compiled = Compiled(
        python=tuple("-".join(pair) for pair in settings.python),
        payload=settings.release.payload,
        needs_each_python=any(abi not in ("abi3", "none") for _, abi in settings.python),
        rust=(settings.workspace / "Cargo.toml").is_file(),
    )
    place = settings.workspace.relative_to(project.folder.resolve()).as_posix()
    return Survey(project, compiled, "", settings.release.payload, place, Repository.around(project), settings.release)
