"""The machine that an install is for: which tags it takes, in which order, and what markers say there."""

from __future__ import annotations

import platform
import sys
from functools import cached_property

from packaging.markers import Marker, default_environment
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms, sys_tags

from wheelcheck.inputs import UnreachableError
from wheelcheck.patterns import regex
from wheelcheck.platforms.tags import LEGACY_MANYLINUX, Platform, parse_platform
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PYTHON = regex(r"3\.(\d{1,2})(?:\.\d+)?")
_SYSTEMS = {
    "linux": ("linux", "Linux", "posix"),
    "macos": ("darwin", "Darwin", "posix"),
    "windows": ("win32", "Windows", "nt"),
}
_WINDOWS_MACHINES = {"x86_64": "AMD64", "aarch64": "ARM64", "i686": "x86"}
_OLDEST_GLIBC = {"x86_64": 5, "i686": 5}  # the minor version of the first manylinux for the CPU; 17 for the others
_NEWEST_MUSL = 2


@dataclass(frozen=True)
class Target:
    """A platform tag such as manylinux_2_28_aarch64 and a Python such as 3.12; empty text means what runs here."""

    platform: str = ""
    python: str = ""

    def __post_init__(self) -> None:
        """Raise UnreachableError for a platform or a Python that is none."""
        if self.platform and not list(self._platforms()):
            raise UnreachableError(
                f"--platform: {self.platform!r} is no platform tag; write for example manylinux_2_28_aarch64"
            )
        if self.python and not _PYTHON.fullmatch(self.python):
            raise UnreachableError(f"--python: {self.python!r} is no version of Python; write for example 3.12")

    def __str__(self) -> str:
        return f"{self.platform or platform.machine()}, Python {self._version}"

    @cached_property
    def ranks(self) -> dict[Tag, int]:
        """The tags that an installer takes, each with its place in the order of preference: 0 is the best."""
        if not self.platform and not self.python:
            found: Iterator[Tag] = sys_tags()
        else:
            platforms = list(self._platforms()) or list(
                dict.fromkeys(tag.platform for tag in sys_tags() if tag.platform != "any")
            )
            interpreter = f"cp3{self._minor}"
            wheels = [
                *cpython_tags((3, self._minor), platforms=platforms),
                *compatible_tags((3, self._minor), interpreter, platforms),
            ]
            found = iter(wheels)
        return {tag: rank for rank, tag in reversed(list(enumerate(found)))}

    def takes(self, marker: str, extras: frozenset[str] = frozenset()) -> bool:
        """Return whether an environment marker holds there, for one of these extras. Raises UnreachableError."""
        if not marker:
            return True
        try:
            parsed = Marker(marker)
            return any(parsed.evaluate(self.environment | {"extra": extra}) for extra in (extras or {""}))
        except (ValueError, RecursionError) as problem:
            raise UnreachableError(f"the marker {marker[:200]!r} cannot be evaluated: {problem}") from problem

    def runs(self, requires_python: str) -> bool:
        """Return whether its Python is one that a project supports. Raises UnreachableError."""
        try:
            return SpecifierSet(requires_python).contains(self.environment["python_full_version"], prereleases=True)
        except InvalidSpecifier as problem:
            raise UnreachableError(f"requires-python {requires_python[:200]!r} is no set of versions") from problem

    @cached_property
    def environment(self) -> dict[str, str]:
        """The values of PEP 508's markers there."""
        found = {name: str(value) for name, value in default_environment().items()}
        if self.python:
            found |= {"python_version": f"3.{self._minor}", "python_full_version": self._version}
            found |= {"implementation_version": self._version}
        if self.platform:
            parsed = parse_platform(self.platform)
            sys_platform, system, os_name = _SYSTEMS[parsed.system]
            found |= {"sys_platform": sys_platform, "platform_system": system, "os_name": os_name}
            found |= {"platform_machine": _machine(parsed), "platform_release": "", "platform_version": ""}
        return found | {"implementation_name": "cpython", "platform_python_implementation": "CPython"}

    @property
    def _minor(self) -> int:
        found = _PYTHON.fullmatch(self.python)
        return int(found[1]) if found else sys.version_info.minor

    @property
    def _version(self) -> str:
        return self.python if self.python.count(".") == 2 else f"3.{self._minor}.{_patch(self.python)}"

    def _platforms(self) -> Iterator[str]:
        """Yield the platform tags that the platform takes, the best first; none for what is no platform."""
        parsed = parse_platform(self.platform)
        cpu = parsed.arches[0] if parsed.arches else ""
        if parsed.system not in _SYSTEMS or not cpu:
            return
        if parsed.libc == "glibc":
            yield from _manylinux(parsed, cpu)
        elif parsed.libc == "musl":
            yield from (f"musllinux_1_{minor}_{cpu}" for minor in range(parsed.floor[1], -1, -1))
        elif parsed.system == "macos":
            yield from mac_platforms((parsed.floor[0], parsed.floor[1]), "arm64" if cpu == "aarch64" else cpu)
        else:
            yield self.platform


def _manylinux(parsed: Platform, cpu: str) -> Iterator[str]:
    names = {modern.removeprefix("manylinux_2_"): old for old, modern in LEGACY_MANYLINUX.items()}
    for minor in range(parsed.floor[1], _OLDEST_GLIBC.get(cpu, 17) - 1, -1):
        yield f"manylinux_2_{minor}_{cpu}"
        if old := names.get(str(minor)):
            yield f"{old}_{cpu}"
    yield f"linux_{cpu}"


def _machine(parsed: Platform) -> str:
    cpu = parsed.arches[0]
    if parsed.system == "windows":
        return _WINDOWS_MACHINES.get(cpu, cpu)
    return "arm64" if parsed.system == "macos" and cpu == "aarch64" else cpu


def _patch(python: str) -> int:
    """Return the patch release that a version without one stands for: the one at hand, else 0."""
    return 0 if python else sys.version_info.micro
