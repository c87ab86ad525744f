"""`[tool.wheelcheck]`: what a release must consist of and what its wheels must carry."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING, Literal

from wheelcheck.config.fields import OWN, ConfigError, boolean, check_keys, read, read_required, strings, tables
from wheelcheck.platforms import arch
from wheelcheck.platforms.tags import parse_platform

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.config.fields import Place, Table

__all__ = [
    "Config",
    "ConfigError",
    "Expected",
    "ExpectedWheel",
    "Ignore",
    "Payload",
    "PayloadKind",
    "load",
    "parse_glibc",
    "parse_python",
]
DEFAULT_GLIBC = "2.17"
PayloadKind = Literal["executable", "library", "object"]

KEYS = {
    "": ("glibc", "architectures", "python", "sdist", "wheels", "payload", "ignore", "build", "smoke"),
    "wheels": ("python", "platforms"),
    "payload": ("name", "package", "kind", "path", "workspace", "source", "target"),
    "ignore": ("code", "path", "artifact", "reason"),
}


# Only CPython's ordinary ABI is called like the interpreter: the others are written out.
_PYTHON = re.compile(r"(?P<short>cp[0-9]+)|(?P<python>[a-z]+[0-9]+)-(?P<abi>[a-z][a-z0-9_]*)")
_PLATFORM = re.compile(r"[a-z0-9]\w*", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class ExpectedWheel:
    """A wheel that the release must contain: its interpreter tag, its ABI tag and one of its platform tags."""

    python: str
    abi: str
    platform: str

    def __str__(self) -> str:
        return f"{self.python}-{self.abi}-{self.platform}"


@dataclass(frozen=True, slots=True)
class Payload:
    """One native file that every wheel must carry at `path`.

    Where it comes from matters to the bench alone: a binary of `package` in the Cargo workspace, in a nested
    `workspace` with a toolchain of its own, there for a `target` of its own; or a C `source`, for an object.
    """

    name: str
    kind: PayloadKind
    path: str
    package: str = ""
    workspace: str = ""
    source: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a release must contain. Without `wheels` and `sdist`, completeness is not checked.

    `built_elsewhere` are expected wheels that another machine builds: they may be present, and need not be.
    """

    wheels: tuple[ExpectedWheel, ...] = ()
    built_elsewhere: tuple[ExpectedWheel, ...] = ()
    sdist: bool | None = None
    payload: tuple[Payload, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Ignore:
    """One `[[tool.wheelcheck.ignore]]`: an exact rule code, globs over the member and the file name, and why."""

    code: str
    reason: str
    path: str = "*"
    artifact: str = "*"

    def covers(self, code: str, path: str, artifact: str) -> bool:
        """Return whether this ignore applies to a finding. The `*` of a glob also matches slashes."""
        return code == self.code and fnmatchcase(path, self.path) and fnmatchcase(artifact, self.artifact)

    @property
    def is_total(self) -> bool:
        """Whether the rule is ignored everywhere."""
        return not (self.path + self.artifact).strip("*")  # ** means the same as *


@dataclass(frozen=True, slots=True)
class Config(Expected):
    """Everything the gate reads of the configuration: what is expected, for which CPUs and glibc, what is ignored."""

    glibc: arch.Glibc = (2, 17)
    architectures: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()

    def for_architecture(self, name: str) -> Config:
        """Return what is expected where only the wheels for one CPU are built. Raises ConfigError if there are none."""
        wanted = arch.find(name).name
        wheels = tuple(wheel for wheel in self.wheels if wanted in parse_platform(wheel.platform).arches)
        if self.wheels and not wheels:
            raise ConfigError(f"no wheel is expected for {wanted}; the configuration has wheels for {self._served}")
        others = tuple(wheel for wheel in self.wheels if wheel not in wheels)
        return replace(self, wheels=wheels, built_elsewhere=others, architectures=(wanted,))

    @property
    def _served(self) -> str:
        return ", ".join(sorted({name for wheel in self.wheels for name in parse_platform(wheel.platform).arches}))


def load(path: Path, *, required: bool = False) -> Config:
    """Read and validate the gate's part of a configuration.

    An empty table is a mistake where it is `required`, and in a wheelcheck.toml. Raises ConfigError.
    """
    promise = "one that says what the release must hold"
    table, where = read_required(path, promise) if required or path.name == OWN else read(path)
    check_keys(table, KEYS[""], where)
    glibc = parse_glibc(table.get("glibc", DEFAULT_GLIBC), where / "glibc")
    names = strings(table, "architectures", where)
    return Config(
        wheels=tuple(sorted({*_derived_wheels(table, glibc, names, where), *_explicit_wheels(table, where)})),
        sdist=boolean(table, "sdist", where),
        payload=tuple(_payload(entry, where / "payload") for entry in tables(table, "payload", where)),
        glibc=glibc,
        architectures=tuple(_arch_name(name, where) for name in names),
        ignores=tuple(_ignore(entry, where / "ignore") for entry in tables(table, "ignore", where)),
    )


def parse_glibc(value: object, where: object) -> arch.Glibc:
    """Return (2, 17) for "2.17". Raises ConfigError."""
    found = re.fullmatch(r"2\.([1-9][0-9]?)", value) if isinstance(value, str) else None
    if not found:
        raise ConfigError(f'{where}: found {value!r}, expected a glibc version in quotes such as "2.17"')
    return 2, int(found[1])


def parse_python(value: str, where: object) -> tuple[str, str]:
    """Return the interpreter and ABI tag of "cp311" (short for cp311-cp311) or "cp310-abi3". Raises ConfigError."""
    found = _PYTHON.fullmatch(value)
    if not found:
        raise ConfigError(f'{where}: found {value!r}, expected a pair such as "cp311", "cp310-abi3" or "py3-none"')
    return found["short"] or found["python"], found["short"] or found["abi"]


def _derived_wheels(table: Table, glibc: arch.Glibc, names: tuple[str, ...], where: Place) -> set[ExpectedWheel]:
    pythons = [parse_python(value, where / "python") for value in strings(table, "python", where)]
    rows = [arch.find(_arch_name(name, where)) for name in names]
    return {ExpectedWheel(*pair, row.manylinux_tag(glibc)) for pair, row in product(pythons, rows)}


def _explicit_wheels(table: Table, where: Place) -> set[ExpectedWheel]:
    wheels = set()
    for entry in tables(table, "wheels", where):
        check_keys(entry, KEYS["wheels"], where / "wheels")
        pairs = [parse_python(value, where / "wheels" / "python") for value in strings(entry, "python", where)]
        tags = [_platform(tag, where / "wheels" / "platforms") for tag in strings(entry, "platforms", where)]
        if not (pairs and tags):
            raise ConfigError(f"{where / 'wheels'}: found {entry!r}, expected python and platforms, neither empty")
        wheels |= {ExpectedWheel(*pair, tag) for pair, tag in product(pairs, tags)}
    return wheels


def _platform(tag: str, where: Place) -> str:
    if not _PLATFORM.fullmatch(tag):
        raise ConfigError(f'{where}: found {tag!r}, expected one tag such as "manylinux_2_28_x86_64" or "win_amd64"')
    return tag


def _payload(entry: Table, where: Place) -> Payload:
    check_keys(entry, KEYS["payload"], where)
    texts = {"package": "" if entry.get("source") else entry.get("name"), **entry}
    wrong = [key for key in ("name", "kind", "path", *entry) if not isinstance(texts.get(key), str) or not texts[key]]
    if wrong or entry["kind"] not in ("executable", "library", "object"):
        raise ConfigError(f"{where}: found {entry!r}, expected name, path and kind (executable, library or object)")
    _check_origin(entry, where)
    return Payload(**texts)


def _check_origin(entry: Table, where: Place) -> None:
    """Refuse two origins for one payload, and one of an object for what a CPU of the release runs."""
    if "source" in entry and not {"package", "workspace", "target"}.isdisjoint(entry):
        raise ConfigError(f"{where}: found {entry!r}, expected a C source, or a package of a Cargo workspace")
    if entry["kind"] != "object" and not {"source", "target"}.isdisjoint(entry):
        raise ConfigError(f"{where}: found {entry!r}, expected source or target of an object alone")


def _ignore(entry: Table, where: Place) -> Ignore:
    check_keys(entry, KEYS["ignore"], where)
    for key, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise ConfigError(f"{where / key}: found {value!r}, expected text")
    for key in ("code", "reason"):
        if key not in entry:
            raise ConfigError(f"{where}: found no {key!r}, expected one: an ignore names an exact rule and says why")
    return Ignore(**entry)


def _arch_name(name: str, where: Place) -> str:
    try:
        return arch.find(name).name
    except arch.UnknownArchitectureError as problem:
        raise ConfigError(f"{where / 'architectures'}: {problem}") from problem
