"""The bench's part of `[tool.wheelcheck]`, beside the part it shares with the gate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelcheck import config
from wheelcheck.builder.install import EMULATION_LACKS
from wheelcheck.config import fields
from wheelcheck.config.fields import ConfigError, boolean, check_keys, strings, subtable

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.config.fields import Place, Table

BUILD_KEYS = ("workspace", "keep-environment", "features", "default-features", "wheel")
SMOKE_KEYS = ("commands",)
COMMAND_KEYS = ("run", "expect", "status", "needs")


@dataclass(frozen=True, slots=True)
class SmokeCommand:
    """One command run from the installed wheel: its words, the exit status and a regex its output must match.

    `needs` names what it wants of the kernel (`ptrace`, `seccomp`, `bpf`): where there is none, it is skipped.
    """

    run: tuple[str, ...]
    expect: str
    status: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the bench reads of a project. `python` holds (interpreter, ABI) pairs.

    `workspace` is the folder of the Cargo.toml. `keep_environment` names variables that survive the scrubbing:
    an intentional RUSTC or RUSTFLAGS. `features` and `default_features` are cargo's, of that workspace. With
    `payload_alone` a wheel is the backend's metadata and the payload: the backend compiles nothing.
    """

    project: Path
    release: config.Config
    python: tuple[tuple[str, str], ...]
    workspace: Path
    keep_environment: tuple[str, ...]
    commands: tuple[SmokeCommand, ...]
    features: tuple[str, ...] = ()
    default_features: bool = True
    payload_alone: bool = False

    @property
    def folder(self) -> Path:
        """Where the bench works; never part of a source tree it packs."""
        return self.project / "build" / "wheelcheck"

    @property
    def workspaces(self) -> tuple[Path, ...]:
        """Every Cargo workspace that a payload comes from, in the order of the payload."""
        cargo = [payload for payload in self.release.payload if not payload.source]
        return tuple(dict.fromkeys(self.origin(payload) for payload in cargo))

    def origin(self, payload: config.Payload) -> Path:
        """Return where a payload comes from: its Cargo workspace, or its C source."""
        place = payload.source or payload.workspace
        return self.project / place if place else self.workspace

    @property
    def dist(self) -> Path:
        """Where finished artifacts go."""
        return self.project / "dist"


def load(project: Path) -> Settings:
    """Read the configuration in a project's folder. Raises ConfigError."""
    folder = project.resolve()
    file = fields.find(folder) or folder / fields.SHARED
    table, where = fields.read_required(file, "one that names architectures, python and payload")
    build, smoke = (subtable(table, key, where) for key in ("build", "smoke"))
    check_keys(build, BUILD_KEYS, where / "build")
    check_keys(smoke, SMOKE_KEYS, where / "smoke")
    return Settings(
        project=folder,
        release=config.load(file),
        python=tuple(config.parse_python(pair, where / "python") for pair in strings(table, "python", where)),
        workspace=_workspace(build, folder, where / "build" / "workspace"),
        keep_environment=strings(build, "keep-environment", where / "build"),
        commands=_commands(smoke, where / "smoke" / "commands"),
        features=strings(build, "features", where / "build"),
        default_features=boolean(build, "default-features", where / "build") is not False,
        payload_alone=_payload_alone(build, where / "build" / "wheel"),
    )


def _workspace(build: Table, project: Path, where: Place) -> Path:
    name = build.get("workspace", ".")
    if not isinstance(name, str):
        raise ConfigError(f"{where}: found {name!r}, expected a folder of the project")
    folder = (project / name).resolve()
    if not folder.is_relative_to(project):
        raise ConfigError(f"{where}: found {name!r}, expected a folder inside the project: an sdist cannot hold it")
    return folder


def _payload_alone(build: Table, where: Place) -> bool:
    value = build.get("wheel", "backend")
    if value not in ("backend", "payload"):
        raise ConfigError(f'{where}: found {value!r}, expected "backend" or "payload"')
    return bool(value == "payload")


def _commands(smoke: Table, where: Place) -> tuple[SmokeCommand, ...]:
    entries = smoke.get("commands", [])
    if not isinstance(entries, list):
        raise ConfigError(f"{where}: found {entries!r}, expected a list of tables with run and expect")
    return tuple(_command(entry, where) for entry in entries)


def _command(entry: object, where: Place) -> SmokeCommand:
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: found {entry!r}, expected a table with run and expect")
    check_keys(entry, COMMAND_KEYS, where)
    words, expect, status = strings(entry, "run", where), entry.get("expect"), entry.get("status", 0)
    if not words or not isinstance(expect, str) or not expect or type(status) is not int:
        raise ConfigError(f"{where}: found {entry!r}, expected run (words), expect (a regex) and status (a number)")
    try:
        re.compile(expect)
    except re.error as problem:
        raise ConfigError(
            f"{where / 'expect'}: found {expect!r}, expected a regular expression: {problem}"
        ) from problem
    return SmokeCommand(words, expect, status, _needs(entry, where))


def _needs(entry: Table, where: Place) -> tuple[str, ...]:
    needs = strings(entry, "needs", where)
    if unknown := [need for need in needs if need not in EMULATION_LACKS]:
        raise ConfigError(f"{where / 'needs'}: found {unknown[0]!r}, expected one of {', '.join(EMULATION_LACKS)}")
    return needs
