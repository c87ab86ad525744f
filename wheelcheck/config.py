"""`[tool.wheelcheck]`: what a release must consist of and what its wheels must carry."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from wheelcheck import arch
from wheelcheck.ignores import Ignore
from wheelcheck.policy import parse_platform

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_GLIBC = "2.17"
PayloadKind = Literal["executable", "library", "object"]
Table = dict[str, Any]

KEYS = {
    "": ("glibc", "architectures", "python", "sdist", "wheels", "payload", "ignore", "build", "smoke"),
    "wheels": ("python", "platforms"),
    "payload": ("name", "package", "kind", "path"),
    "ignore": ("code", "path", "artifact", "reason"),
}


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the key, what was found and what was expected."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One wheel a release must hold: its interpreter and ABI tag, and a platform tag of its compressed set."""

    python: str
    abi: str
    platform: str

    def __str__(self) -> str:
        return f"{self.python}-{self.abi}-{self.platform}"


@dataclass(frozen=True, slots=True)
class Payload:
    """One native file that every wheel must carry at `path`."""

    name: str
    kind: PayloadKind
    path: str
    package: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """What the gate reads of the configuration. No slots and no sdist setting: completeness is not judged."""

    slots: tuple[Slot, ...] = ()
    sdist: bool | None = None
    payload: tuple[Payload, ...] = ()
    glibc: arch.Glibc = (2, 17)
    architectures: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()

    def for_architecture(self, name: str) -> Config:
        """Return what is expected of the wheels for one CPU alone, as built on one host."""
        wanted = arch.find(name).name
        slots = tuple(slot for slot in self.slots if wanted in parse_platform(slot.platform).arches)
        return replace(self, slots=slots, architectures=(wanted,))


def read_table(path: Path) -> Table:
    """Return the `[tool.wheelcheck]` table of a TOML file, empty where it has none.

    Raises ConfigError for a file that cannot be read or is not TOML.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{path}: cannot be read as TOML: {problem}") from problem
    tool = document.get("tool", {})
    table = tool.get("wheelcheck", {}) if isinstance(tool, dict) else {}
    return _table(table, str(path), "tool.wheelcheck")


def load(path: Path) -> Config:
    """Read and validate the gate's part of `[tool.wheelcheck]`. Raises ConfigError."""
    table = read_table(path)
    where = f"{path}: tool.wheelcheck"
    check_keys(table, KEYS[""], where)
    glibc = parse_glibc(table.get("glibc", DEFAULT_GLIBC), f"{where}.glibc")
    names = strings(table, "architectures", where)
    return Config(
        slots=tuple(sorted({*_derived_slots(table, glibc, names, where), *_explicit_slots(table, where)})),
        sdist=_boolean(table, "sdist", where),
        payload=tuple(_payload(entry, f"{where}.payload") for entry in _tables(table, "payload", where)),
        glibc=glibc,
        architectures=tuple(_arch_name(name, where) for name in names),
        ignores=tuple(_ignore(entry, f"{where}.ignore") for entry in _tables(table, "ignore", where)),
    )


def parse_glibc(value: object, where: str) -> arch.Glibc:
    """Return (2, 17) for "2.17". Raises ConfigError."""
    major, _, minor = value.partition(".") if isinstance(value, str) else ("", "", "")
    if not (major.isdecimal() and minor.isdecimal()):
        raise ConfigError(f'{where}: found {value!r}, expected a glibc version in quotes such as "2.17"')
    return int(major), int(minor)


def parse_python(value: str, where: str) -> tuple[str, str]:
    """Return the interpreter and ABI tag of "cp311" (short for cp311-cp311) or "cp310-abi3". Raises ConfigError."""
    python, dash, abi = value.partition("-")
    if not python or (dash and not abi):
        raise ConfigError(f'{where}: found {value!r}, expected a pair such as "cp311", "cp310-abi3" or "py3-none"')
    return python, abi or python


def check_keys(table: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    """Raise ConfigError for a key that does not exist, naming the nearest one that does."""
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
            raise ConfigError(f"{where}: unknown key {key!r}: {hint}")


def strings(table: Table, key: str, where: str) -> tuple[str, ...]:
    """Return a list of strings, empty where the key is missing. Raises ConfigError."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}.{key}: found {value!r}, expected a list of strings")
    return tuple(value)


def _derived_slots(table: Table, glibc: arch.Glibc, names: tuple[str, ...], where: str) -> set[Slot]:
    pythons = [parse_python(value, f"{where}.python") for value in strings(table, "python", where)]
    rows = [arch.find(_arch_name(name, where)) for name in names]
    return {Slot(*pair, row.manylinux_tag(glibc)) for pair, row in product(pythons, rows)}


def _explicit_slots(table: Table, where: str) -> set[Slot]:
    slots = set()
    for entry in _tables(table, "wheels", where):
        check_keys(entry, KEYS["wheels"], f"{where}.wheels")
        pairs = [parse_python(value, f"{where}.wheels.python") for value in strings(entry, "python", where)]
        slots |= {Slot(*pair, tag) for pair, tag in product(pairs, strings(entry, "platforms", where))}
    return slots


def _payload(entry: Table, where: str) -> Payload:
    check_keys(entry, KEYS["payload"], where)
    name, kind, path = (entry.get(key) for key in ("name", "kind", "path"))
    if not isinstance(name, str) or not isinstance(path, str) or kind not in ("executable", "library", "object"):
        raise ConfigError(f"{where}: found {entry!r}, expected name, path and kind (executable, library or object)")
    return Payload(name, kind, path, str(entry.get("package", name)))


def _ignore(entry: Table, where: str) -> Ignore:
    check_keys(entry, KEYS["ignore"], where)
    for key, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise ConfigError(f"{where}.{key}: found {value!r}, expected text")
    for key in ("code", "reason"):
        if key not in entry:
            raise ConfigError(f"{where}: found no {key!r}, expected one: an ignore names an exact rule and says why")
    return Ignore(**entry)


def _arch_name(name: str, where: str) -> str:
    try:
        return arch.find(name).name
    except arch.UnknownArchitectureError as problem:
        raise ConfigError(f"{where}.architectures: {problem}") from problem


def _boolean(table: Table, key: str, where: str) -> bool | None:
    value = table.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise ConfigError(f"{where}.{key}: found {value!r}, expected true or false")


def _tables(table: Table, key: str, where: str) -> list[Table]:
    value = table.get(key, [])
    if not isinstance(value, list):
        raise ConfigError(f"{where}.{key}: found {value!r}, expected tables [[tool.wheelcheck.{key}]]")
    return [_table(item, where, key) for item in value]


def _table(value: object, where: str, key: str) -> Table:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: {key}: found {value!r}, expected a table")
    return value
