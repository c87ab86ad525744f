"""What the gate reads of `[tool.wheelcheck]`: what a release must contain, and how findings are judged."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

from wheelcheck.config.files import OWN, ConfigError, read, read_required
from wheelcheck.platforms import arch
from wheelcheck.platforms.published import is_interpreter
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.records import dataclass, replace
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelcheck.config.fields import PayloadKind, Severity

__all__ = [
    "Config",
    "ConfigError",
    "Expected",
    "Ignore",
    "Payload",
    "SeverityOverride",
    "load",
]


@dataclass(frozen=True, slots=True)
class Payload:
    """One native file that every wheel must contain at `path`.

    Only the builder needs to know where it comes from: from `package` of the Cargo workspace or of another `workspace`,
    which has its own toolchain; an object also for its own Rust `target`, or from a C `source`; from a `command` with a
    `directory` and an `environment` of its own; or from the wheel that the build backend makes.
    """

    name: str
    kind: PayloadKind
    path: str
    package: str = ""
    workspace: str = ""
    source: str = ""
    target: str = ""
    command: tuple[str, ...] = ()
    directory: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    from_backend: bool = False

    @property
    def from_cargo(self) -> bool:
        """Whether Cargo builds it."""
        return not (self.source or self.command or self.from_backend)


# Rules about what an index takes. They say nothing of files that it has taken, and PyPI was not always as strict.
OF_UPLOADS = ("WC221", "WC230", "WC231", "WC232", "WC234")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a release must contain. Without `wheels` and `sdist`, completeness is not checked.

    `built_elsewhere` are expected wheels that another machine builds: they may be present, and need not be. With `each`
    the artifacts given are no release: each one is judged alone, and none is missed.
    """

    wheels: tuple[WheelTag, ...] = ()
    built_elsewhere: tuple[WheelTag, ...] = ()
    sdist: bool | None = None
    payload: tuple[Payload, ...] = ()
    each: bool = False
    largest_file: int | None = None  # MiB that the index takes
    evidence: str = ""  # the folder of statements that prove the files; empty: none are asked for
    proofs: tuple[str, ...] = ("smoke",)  # what must be proven of every wheel
    native_proofs: bool = False  # an emulated CPU does not count


@dataclass(frozen=True, slots=True, order=True)
class Selector:
    """Which findings an entry of the configuration is about, and why.

    That is an exact rule code, with globs over the member and over the file name.
    """

    code: str
    reason: str
    path: str = "*"
    artifact: str = "*"

    def covers(self, code: str, path: str, artifact: str) -> bool:
        """Return whether this entry applies to a finding. The `*` of a glob also matches slashes."""
        return code == self.code and fnmatchcase(path, self.path) and fnmatchcase(artifact, self.artifact)

    @property
    def is_total(self) -> bool:
        """Whether the entry is about every finding of its rule."""
        return not (self.path + self.artifact).strip("*")  # ** means the same as *


@dataclass(frozen=True, slots=True, order=True)
class Ignore(Selector):
    """One `[[tool.wheelcheck.ignore]]`: findings that the project accepts."""


@dataclass(frozen=True, slots=True, order=True)
class SeverityOverride(Selector):
    """One `[[tool.wheelcheck.severity]]`: findings that get another severity than their rule gives them."""

    level: Severity = "error"


@dataclass(frozen=True, slots=True)
class Config(Expected):
    """Everything the gate reads of the configuration: what is expected, for which CPUs and glibc, and how to judge it.

    `strict` makes every warning an error. Only rules whose code begins with an entry of `select` run, and none of those
    of `deselect`.
    """

    glibc: arch.Glibc = (2, 17)
    architectures: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    severities: tuple[SeverityOverride, ...] = ()
    strict: bool = False
    select: tuple[str, ...] = ("WC",)
    deselect: tuple[str, ...] = ()

    def for_architecture(self, name: str) -> Config:
        """Return what is expected if only the wheels for one CPU are built. Raises ConfigError if there are none.

        One machine builds for one system: wheels for macOS and Windows are expected only if none for Linux are.
        """
        wanted = arch.find(name).name
        platforms = {wheel: parse_platform(wheel.platform) for wheel in self.wheels}
        of_cpu = tuple(wheel for wheel, platform in platforms.items() if wanted in platform.arches)
        wheels = tuple(wheel for wheel in of_cpu if platforms[wheel].libc == "glibc") or of_cpu
        if self.wheels and not wheels:
            raise ConfigError(f"no wheel is expected for {wanted}; the configuration has wheels for {self._served}")
        return replace(self._narrowed(wheels), architectures=(wanted,))

    def for_interpreter(self, tag: str) -> Config:
        """Return what is expected if only one Python builds, such as cp311.

        Raises ConfigError if it has no wheels, or there is no such Python: wheels of abi3 would fit any name.
        """
        if not is_interpreter(tag):
            raise ConfigError(f"--interpreter: {tag!r} is the tag of no Python; write for example cp311 or cp313t")
        wheels = tuple(wheel for wheel in self.wheels if is_built_by(tag, (wheel.python, wheel.abi)))
        if self.wheels and not wheels:
            known = ", ".join(sorted({wheel.python for wheel in self.wheels}))
            raise ConfigError(f"no wheel is expected for {tag}; the configuration has wheels for {known}")
        return self._narrowed(wheels)

    def _narrowed(self, wheels: tuple[WheelTag, ...]) -> Config:
        """Return it with these of its wheels required and the others allowed."""
        others = tuple(wheel for wheel in self.wheels if wheel not in wheels)
        return replace(self, wheels=wheels, built_elsewhere=(*self.built_elsewhere, *others))

    def runs(self, code: str) -> bool:
        """Return whether a rule is selected."""
        return code.startswith(self.select) and not code.startswith(self.deselect)

    @property
    def _served(self) -> str:
        return ", ".join(sorted({name for wheel in self.wheels for name in parse_platform(wheel.platform).arches}))


def is_built_by(tag: str, pair: tuple[str, str]) -> bool:
    """Return whether the Python `tag` builds the wheel of an interpreter and ABI tag: its own, none, or abi3.

    A free-threaded Python is named by its ABI, such as cp313t. No Python builds the abi3 of a later one.
    """
    python, abi = pair
    if abi == "abi3":
        minors = [one.removeprefix("cp3").rstrip("t") for one in (python, tag)]
        return not all(one.isdigit() for one in minors) or int(minors[0]) <= int(minors[1])
    return abi == "none" or tag == (abi if abi.startswith("cp") else python)


def load(path: Path, *, required: bool = False, judging: bool = False) -> Config:
    """Read and validate what the gate reads of a configuration; the settings of the builder are not looked at.

    A table that is empty is an error if it is `required`, and in a wheelcheck.toml. Where a release is judged by it
    (`judging`), so is one that names half of the Linux wheels. Raises ConfigError.
    """
    keys = "what the release must contain, such as python and architectures"
    from wheelcheck.config.fields import SETTINGS  # noqa: PLC0415  # what only a configuration needs

    table, where = read_required(path, keys) if required or path.name == OWN else read(path)
    settings = SETTINGS.read(table, where, parts=("gate",))
    if judging:
        _require_both(settings, where)
    return from_settings(settings)


def from_settings(settings: Mapping[str, Any]) -> Config:
    """Return the configuration that the values of the table's keys make up."""
    return Config(
        wheels=tuple(sorted({*_derived_wheels(settings), *_explicit_wheels(settings)})),
        sdist=settings["sdist"],
        payload=tuple(_payload(entry) for entry in settings["payload"]),
        glibc=settings["glibc"],
        architectures=tuple(dict.fromkeys(settings["architectures"])),
        ignores=tuple(Ignore(**entry) for entry in settings["ignore"]),
        severities=tuple(SeverityOverride(**entry) for entry in settings["severity"]),
        strict=settings["strict"],
        largest_file=settings["max_file_size"],
        evidence=settings["evidence"]["folder"] or "",
        proofs=tuple(settings["evidence"]["proofs"]),
        native_proofs=settings["evidence"]["native"],
    )


def _require_both(settings: Mapping[str, Any], where: object) -> None:
    """Refuse one of the two keys that name the Linux wheels: they would expect none, and nobody would notice."""
    given, lacking = ("python", "architectures") if settings["python"] else ("architectures", "python")
    if settings[given] and not settings[lacking] and not settings["wheels"]:
        example = {"python": '["cp311", "cp312"]', "architectures": '["x86_64", "aarch64"]'}[lacking]
        raise ConfigError(
            f"{where}: {given} without {lacking} names no wheel, so none would be missed; "
            f"add for example {lacking} = {example}"
        )


def _derived_wheels(settings: Mapping[str, Any]) -> set[WheelTag]:
    tags = [arch.find(name).manylinux_tag(settings["glibc"]) for name in settings["architectures"]]
    return {WheelTag(python, abi, tag) for (python, abi), tag in product(settings["python"], tags)}


def _explicit_wheels(settings: Mapping[str, Any]) -> set[WheelTag]:
    return {
        WheelTag(python, abi, tag)
        for entry in settings["wheels"]
        for (python, abi), tag in product(entry["python"], entry["platforms"])
    }


def _payload(entry: Mapping[str, Any]) -> Payload:
    said = {key: value for key, value in entry.items() if value is not None and key != "from"}
    one = Payload(**said, from_backend=entry["from"] == "backend")
    return one if one.package or not one.from_cargo else replace(one, package=one.name)
