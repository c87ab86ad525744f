"""`[tool.wheelcheck]`: what a release must consist of and what its wheels must carry."""

from __future__ import annotations

import difflib
import re
import sys
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from wheelcheck import arch
from wheelcheck.ignores import Ignore
from wheelcheck.opening import open_regular
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
    "payload": ("name", "package", "kind", "path", "workspace", "source", "target"),
    "ignore": ("code", "path", "artifact", "reason"),
}


# Only CPython's ordinary ABI is called like the interpreter: the others are written out.
_PYTHON = re.compile(r"(?P<short>cp[0-9]+)|(?P<python>[a-z]+[0-9]+)-(?P<abi>[a-z][a-z0-9_]*)")
_PLATFORM = re.compile(r"[a-z0-9]\w*", re.ASCII)


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
        if self.slots and not slots:
            raise ConfigError(f"found no wheel for {wanted} among those promised, expected one of {self._served}")
        return replace(self, slots=slots, architectures=(wanted,))

    @property
    def _served(self) -> str:
        return ", ".join(sorted({name for slot in self.slots for name in parse_platform(slot.platform).arches}))


def read_table(path: Path) -> Table:
    """Return the `[tool.wheelcheck]` table of a TOML file, empty where it has none.

    Raises ConfigError for a file that cannot be read or is not TOML.
    """
    try:
        with open_regular(path) as file:
            document = tomllib.loads(file.read().decode("utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise ConfigError(f"{path}: cannot be read as TOML: {problem}") from problem
    tool = document.get("tool", {})
    table = tool.get("wheelcheck", {}) if isinstance(tool, dict) else {}
    return _table(table, str(path), "tool.wheelcheck")


def load(path: Path, *, required: bool = False) -> Config:
    """Read and validate the gate's part of `[tool.wheelcheck]`; an empty table may be required not to be."""
    table = read_table(path)
    where = f"{path}: tool.wheelcheck"
    if required and not table:
        raise ConfigError(f"{where}: found no such table, expected one that says what the release must hold")
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
    found = re.fullmatch(r"2\.([1-9][0-9]?)", value) if isinstance(value, str) else None
    if not found:
        raise ConfigError(f'{where}: found {value!r}, expected a glibc version in quotes such as "2.17"')
    return 2, int(found[1])


def parse_python(value: str, where: str) -> tuple[str, str]:
    """Return the interpreter and ABI tag of "cp311" (short for cp311-cp311) or "cp310-abi3". Raises ConfigError."""
    found = _PYTHON.fullmatch(value)
    if not found:
        raise ConfigError(f'{where}: found {value!r}, expected a pair such as "cp311", "cp310-abi3" or "py3-none"')
    return found["short"] or found["python"], found["short"] or found["abi"]


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
        tags = [_platform(tag, f"{where}.wheels.platforms") for tag in strings(entry, "platforms", where)]
        if not (pairs and tags):
            raise ConfigError(f"{where}.wheels: found {entry!r}, expected python and platforms, neither empty")
        slots |= {Slot(*pair, tag) for pair, tag in product(pairs, tags)}
    return slots


def _platform(tag: str, where: str) -> str:
    if not _PLATFORM.fullmatch(tag):
        raise ConfigError(f'{where}: found {tag!r}, expected one tag such as "manylinux_2_28_x86_64" or "win_amd64"')
    return tag


def _payload(entry: Table, where: str) -> Payload:
    check_keys(entry, KEYS["payload"], where)
    texts = {"package": "" if entry.get("source") else entry.get("name"), **entry}
    wrong = [key for key in ("name", "kind", "path", *entry) if not isinstance(texts.get(key), str) or not texts[key]]
    if wrong or entry["kind"] not in ("executable", "library", "object"):
        raise ConfigError(f"{where}: found {entry!r}, expected name, path and kind (executable, library or object)")
    _check_origin(entry, where)
    return Payload(**texts)


def _check_origin(entry: Table, where: str) -> None:
    """Refuse two origins for one payload, and one of an object for what a CPU of the release runs."""
    if "source" in entry and not {"package", "workspace", "target"}.isdisjoint(entry):
        raise ConfigError(f"{where}: found {entry!r}, expected a C source, or a package of a Cargo workspace")
    if entry["kind"] != "object" and not {"source", "target"}.isdisjoint(entry):
        raise ConfigError(f"{where}: found {entry!r}, expected source or target of an object alone")


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
