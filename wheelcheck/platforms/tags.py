"""Parses platform tags: operating system, CPUs, C library, and the oldest version that the tag promises to support."""

from __future__ import annotations

from functools import lru_cache

from wheelcheck.patterns import regex
from wheelcheck.platforms import arch
from wheelcheck.records import dataclass
from wheelcheck.typed import Literal

TagSystem = Literal["linux", "macos", "windows", "ios", "android", "wasm", "any", "other"]

SYSTEM_NAMES: dict[TagSystem, str] = {
    "linux": "Linux",
    "macos": "macOS",
    "windows": "Windows",
    "ios": "iOS",
    "android": "Android",
    "wasm": "WebAssembly",
    "any": "any platform",
    "other": "other",
}

# PEP 513, 571 and 599 under the names of PEP 600.
LEGACY_MANYLINUX = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12", "manylinux2014": "manylinux_2_17"}

_VERSIONED = regex(
    r"(?P<family>manylinux|musllinux|macosx|ios|android|pyodide|pyemscripten|emscripten)_(?P<version>[0-9]{1,9}(?:_[0-9]{1,9}){0,2})_(?P<cpu>\w+)"
)
_FAMILIES: dict[str, tuple[TagSystem, str]] = {
    "manylinux": ("linux", "glibc"),
    "musllinux": ("linux", "musl"),
    "macosx": ("macos", ""),
    "ios": ("ios", ""),
    "android": ("android", "bionic"),
    "pyodide": ("wasm", ""),
    "pyemscripten": ("wasm", ""),
    "emscripten": ("wasm", ""),
}
_OTHER_UNIXES = frozenset(
    {"freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "sunos", "aix", "hpux", "irix", "haiku", "gnu", "qnx"}
)
_FORMATS = {"macos": "Mach-O", "ios": "Mach-O", "windows": "PE", "wasm": "wasm", "any": ""}


@dataclass(frozen=True, slots=True)
class Platform:
    """One parsed platform tag.

    `arches` are names of rows of the CPU table, all of which the wheel promises to support; it is empty for `any` and
    for a CPU that is not in the table. `floor` is the oldest C library (glibc, musl), macOS, iOS or Android API.
    """

    tag: str
    system: TagSystem
    arches: tuple[str, ...] = ()
    libc: str = ""
    floor: tuple[int, ...] = ()

    @property
    def floor_name(self) -> str:
        """What `floor` is a version of: the C library on Linux (for `linux_*` glibc), elsewhere the system."""
        return (self.libc or "glibc") if self.system == "linux" else SYSTEM_NAMES[self.system]

    @property
    def binary_format(self) -> str:
        """The format of native code on this system; empty for `any`."""
        return _FORMATS.get(self.system, "ELF")

    @property
    def slice_system(self) -> str:
        """The system that native code for the tag is for, as binary.model names it; `other` for an unknown family."""
        return "ios-simulator" if self.system == "ios" and self.tag.endswith("simulator") else self.system

    @property
    def is_another_unix(self) -> bool:
        """True for the tag of a Unix that is not Linux, e.g. freebsd_14_0_release_amd64 (sysconfig.get_platform)."""
        return self.family in _OTHER_UNIXES

    @property
    def is_any(self) -> bool:
        """True for the tag that promises every platform."""
        return self.system == "any"

    @property
    def family(self) -> str:
        """The tag's first word: `manylinux` under its older names too, `win` for win32, `linux`, `macosx`, ..."""
        word = self.tag.partition("_")[0]
        return {"win32": "win"}.get(word, "manylinux" if word in LEGACY_MANYLINUX else word)


@lru_cache(maxsize=1024)
def parse_platform(tag: str) -> Platform:
    """Parse a platform tag. Never raises: what is unknown becomes the system "other", or a platform without CPU."""
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
    """Return the CPU at the end of the tag of another system; Windows has one fixed tag per CPU."""
    names = () if tag.startswith("win") else tuple(row.name for row in arch.ARCHES)
    return next(((name,) for name in names if tag.endswith(f"_{name}")), ())


def _cpus(system: TagSystem, spelling: str) -> tuple[str, ...]:
    """Return the CPUs that the last part of a tag names, by exact spelling."""
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
