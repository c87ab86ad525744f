"""What the builder reads of `[tool.wheelcheck]`: the settings it shares with the gate, `build` and `smoke`."""

from __future__ import annotations

from wheelcheck import config
from wheelcheck.config import files
from wheelcheck.config.fields import SETTINGS, PayloadKind
from wheelcheck.config.files import ConfigError
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelcheck.config.files import Place


@dataclass(frozen=True, slots=True)
class SmokeCommand:
    """A command to run from the installed wheel: `run` holds its words, `expect` a regex that its output must match.

    `needs` names what it needs from the kernel (KERNEL_NEEDS); it is skipped on a machine that lacks it.
    """

    run: tuple[str, ...]
    expect: str
    status: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """A file that the build script of a Cargo package must have written: its path below OUT_DIR, and its kind."""

    package: str
    path: str
    kind: PayloadKind


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the builder reads of a project's configuration. `python` holds (interpreter, ABI) pairs.

    `python_project` is the folder of the pyproject.toml, in `project` or below it, `workspace` that of the Cargo.toml.
    `keep_environment` names environment variables that are not removed, such as RUSTFLAGS. `features` and
    `default_features` are Cargo's, in that workspace. With `payload_only` a wheel consists of the backend's metadata
    and the payload, and the backend compiles nothing.
    `config_settings` and `environment` are pairs: PEP 517's config_settings for a wheel, each with its values, and
    variables for every command of a build. `accepted_warnings` are regular expressions of bad news from build scripts.
    """

    project: Path
    release: config.Config
    python: tuple[tuple[str, str], ...]
    workspace: Path
    keep_environment: tuple[str, ...]
    commands: tuple[SmokeCommand, ...]
    features: tuple[str, ...] = ()
    default_features: bool = True
    payload_only: bool = False
    config_settings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    outputs: tuple[Output, ...] = ()
    accepted_warnings: tuple[str, ...] = ()
    python_project: Path | None = None

    @property
    def packed(self) -> Path:
        """The folder of the Python project, which the build backend packs."""
        return self.python_project or self.project

    @property
    def builds_sdist(self) -> bool:
        """Whether an sdist is built, and the wheels from it."""
        return self.release.sdist is not False

    @property
    def folder(self) -> Path:
        """The folder that the builder works in; it is never packed into an sdist."""
        return self.project / "build" / "wheelcheck"

    @property
    def workspaces(self) -> tuple[Path, ...]:
        """The Cargo workspaces that build payload, each once, in the order of the payload."""
        cargo = [payload for payload in self.release.payload if payload.from_cargo]
        return tuple(dict.fromkeys(self.workspace_of(payload) for payload in cargo))

    def workspace_of(self, payload: config.Payload) -> Path:
        """Return the Cargo workspace that builds a payload."""
        return self.project / payload.workspace if payload.workspace else self.workspace

    def variables(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return the environment `base` with the variables that the project sets."""
        return {**base, **dict(self.environment)}

    @property
    def dist(self) -> Path:
        """The folder of finished artifacts."""
        return self.project / "dist"


def load(project: Path) -> Settings:
    """Read the configuration of the project in a folder. Raises ConfigError."""
    folder = project.resolve()
    file = files.find(folder) or folder / files.SHARED
    table, where = files.read_required(file, "architectures, python and payload")
    settings = SETTINGS.read(table, where)
    build = settings["build"]
    return Settings(
        project=folder,
        release=config.from_settings(settings),
        python=tuple(dict.fromkeys(settings["python"])),
        workspace=_inside(build["workspace"], folder, where / "build" / "workspace"),
        python_project=_inside(build["directory"], folder, where / "build" / "directory"),
        keep_environment=(*build["keep_environment"], *(name for name, _ in build["environment"])),
        commands=tuple(SmokeCommand(**command) for command in settings["smoke"]["commands"]),
        features=build["features"],
        default_features=build["default_features"],
        payload_only=build["wheel"] == "payload",
        config_settings=build["config_settings"],
        environment=build["environment"],
        outputs=tuple(Output(**entry) for entry in settings["outputs"]),
        accepted_warnings=build["accept_warnings"],
    )


def _inside(name: str, project: Path, where: Place) -> Path:
    folder = (project / name).resolve()
    if not folder.is_relative_to(project):
        fix = f"move it inside, or configure with a {files.OWN} in a folder above both and build.directory"
        raise ConfigError(f"{where}: {name!r} is outside the project, and the sdist cannot contain it; {fix}")
    return folder
