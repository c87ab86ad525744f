"""What a platform tag promises: operating system, CPUs, C library and its oldest version."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from wheelcheck.platforms import arch

if TYPE_CHECKING:
    from collections.abc import Mapping

TagSystem = Literal["linux", "macos", "windows", "ios", "android", "wasm", "any", "other"]

# PEP 513, 571 and 599 under the names of PEP 600.
LEGACY_MANYLINUX = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12", "manylinux2014": "manylinux_2_17"}

_VERSIONED = re.compile(
    r"(?P<family>manylinux|musllinux|macosx|ios|android|pyodide|emscripten)_(?P<version>[0-9]{1,9}(?:_[0-9]{1,9}){0,2})_(?P<cpu>\w+)"
)
_FAMILIES: dict[str, tuple[TagSystem, str]] = {
    "manylinux": ("linux", "glibc"),
    "musllinux": ("linux", "musl"),
    "macosx": ("macos", ""),
    "ios": ("ios", ""),
    "android": ("android", "bionic"),
    "pyodide": ("wasm", ""),
    "emscripten": ("wasm", ""),
}
_FORMATS = {"macos": "Mach-O", "ios": "Mach-O", "windows": "PE", "wasm": "wasm", "any": ""}


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform tag, taken apart.

    `arches` are names of rows of the CPU table, every one of which the wheel promises to serve; it is empty for `any`
    and for a CPU the table does not hold. `floor` is the oldest C library (glibc, musl), macOS, iOS or Android API.
    """

    tag: str
    system: TagSystem
    arches: tuple[str, ...] = ()
    libc: str = ""
    floor: tuple[int, ...] = ()

    @property
    def binary_format(self) -> str:
        """The format of native code on this system; empty for `any`."""
        return _FORMATS.get(self.system, "ELF")

    @property
    def is_any(self) -> bool:
        """True for the tag that promises every platform."""
        return self.system == "any"


@lru_cache(maxsize=1024)
def parse_platform(tag: str) -> Platform:
    """Take a platform tag apart. Never raises: what is unknown comes back as system "other" or without a CPU."""
    if tag == "any":
        return Platform(tag, "any")
    for row in arch.ARCHES:
        if row.windows == tag != "":
            return Platform(tag, "windows", (row.name,))
    family, _, cpu = tag.partition("_")
    modern = f"{LEGACY_MANYLINUX[family]}_{cpu}" if family in LEGACY_MANYLINUX else tag
    if found := _VERSIONED.fullmatch(modern):
        system, libc = _FAMILIES[found["family"]]
        floor = tuple(int(part) for part in found["version"].split("_"))
        return Platform(tag, system, _cpus(system, found["cpu"]), libc, floor)
    if tag.startswith("linux_"):
        return Platform(tag, "linux", _cpus("linux", cpu))
    return Platform(tag, "other", _named_last(tag))


def _named_last(tag: str) -> tuple[str, ...]:
    """Return the CPU in which the tag of another system ends; Windows spells each of its tags in full."""
    names = () if tag.startswith("win") else tuple(row.name for row in arch.ARCHES)
    return next(((name,) for name in names if tag.endswith(f"_{name}")), ())


def _cpus(system: TagSystem, spelling: str) -> tuple[str, ...]:
    """Return the CPUs a tag's last part names: an exact spelling, never a guess."""
    if system == "macos" and spelling in arch.MACOS_GROUPS:
        return arch.MACOS_GROUPS[spelling]
    if system == "ios":
        spelling = spelling.removesuffix("_iphonesimulator").removesuffix("_iphoneos")
    if system == "android":
        spelling = arch.ANDROID_ABIS.get(spelling, spelling)
    for row in arch.ARCHES:
        if spelling == (row.macos if system in ("macos", "ios") else row.name) != "":
            return (row.name,)
    return ()


@dataclass(frozen=True, slots=True)
class LinuxPolicy:
    """What a wheel may expect of a Linux system under one tag: libraries, and the versions they offer.

    `newest` maps a symbol family (GLIBCXX, CXXABI, GCC, …) to its newest version, `others` to the names without number.
    """

    libraries: frozenset[str]
    newest: Mapping[str, tuple[int, ...]]
    others: frozenset[str]

    def offers(self, version: str) -> bool:
        """Return whether a version such as `GLIBCXX_3.4.21` is offered; an unknown family is not judged."""
        family, _, number = version.partition("_")
        if family not in self.newest:
            return True
        if not re.fullmatch(r"\d+(?:\.\d+)*", number):
            return version in self.others
        return tuple(int(part) for part in number.split(".")) <= self.newest[family]


@lru_cache(maxsize=256)
def linux_policy(platform: Platform) -> LinuxPolicy | None:
    """Return the policy of a manylinux or musllinux tag: of its floor or the nearest older; None without one."""
    family = {"glibc": "manylinux", "musl": "musllinux"}.get(platform.libc)
    if family is None or len(platform.arches) != 1:
        return None
    policies = {_version(name): policy for name, policy in _policy_data()[family].items()}
    served = [v for v, policy in policies.items() if v <= platform.floor and platform.arches[0] in policy["versions"]]
    if not served:
        return None
    policy = policies[max(served)]
    versions = policy["versions"][platform.arches[0]]
    return LinuxPolicy(
        frozenset(policy["libraries"]),
        {name: _numbers(summary["newest"]) for name, summary in versions.items()},
        frozenset(f"{name}_{other}" for name, summary in versions.items() for other in summary["others"]),
    )


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("_")[1:])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")) if version else ()


@lru_cache(maxsize=1)
def _policy_data() -> dict[str, Any]:
    """Return auditwheel's published policies as tools/policy.py wrote them."""
    text = resources.files("wheelcheck.platforms").joinpath("manylinux.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
