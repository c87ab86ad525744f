"""What a path says about the platform of its content: `lib/win-arm64/x.dll`, `attach_x86.so`, `tool_64bit.exe`.

Packages with code for several platforms, of which they choose one at run time, name the platform in their paths. A
foreign binary whose path names its platform is there on purpose ("declared"); any other is a mistake.
"""

from __future__ import annotations

import re
from functools import lru_cache

from wheelcheck.patterns import regex
from wheelcheck.platforms import arch
from wheelcheck.platforms.paths import name_of, parts_of, suffix_of
from wheelcheck.typed import Protocol

_SYSTEM_WORDS = {
    "linux": "linux",
    "manylinux": "linux",
    "musllinux": "linux",
    "android": "linux",
    "freebsd": "other",
    "netbsd": "other",
    "openbsd": "other",
    "dragonfly": "other",
    "solaris": "other",
    "sunos": "other",
    "illumos": "other",
    "haiku": "other",
    "win": "windows",
    "windows": "windows",
    "mingw": "windows",
    "macos": "macos",
    "macosx": "macos",
    "osx": "macos",
    "mac": "macos",
    "darwin": "macos",
    "apple": "macos",
    "ios": "ios",
    "iphoneos": "ios",
    "iphonesimulator": "ios-simulator",
    "tvos": "tvos",
    "appletvos": "tvos",
    "appletvsimulator": "tvos-simulator",
    "watchos": "watchos",
    "watchsimulator": "watchos-simulator",
    "visionos": "visionos",
    "xros": "visionos",
    "xrsimulator": "visionos-simulator",
    "maccatalyst": "catalyst",
    "catalyst": "catalyst",
    "driverkit": "driverkit",
}
_SIMULATOR = regex(r"(?<![a-z])simulator(?![a-z])")
_SUFFIXES = {
    ".dll": "windows",
    ".exe": "windows",
    ".sys": "windows",
    ".lib": "windows",
    ".pyd": "windows",
    ".dylib": "macos",
}
_WORDS = "|".join(sorted(_SYSTEM_WORDS, key=len, reverse=True))
_SYSTEM = regex(rf"(?<![a-z])({_WORDS})(?![a-z])")
_HUMPS = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")  # OSX|Script|Launcher
_CPU_ROWS = {
    re.sub("[-_]", "", name): row.name
    for row in reversed(arch.ARCHES)
    for name in row.names
    if not name.startswith("win")
}
_CPU_WORDS = sorted(
    {re.escape(name).replace("_", "[-_]?").replace(r"\-", "[-_]?") for row in arch.ARCHES for name in row.names},
    key=len,
    reverse=True,
)
_WIDER = {"armv7l": "aarch64", "i686": "x86_64", "ppc": "ppc64"}  # what `arm`, `x86` and `powerpc` are with a 64
# linux64, winx64, darwinarm64: put a separator where the CPU begins
_GLUED = regex(rf"(?<![a-z])({_WORDS})(?=32|64|{'|'.join(_CPU_WORDS)})")
_CPU = regex(rf"(?<![a-z0-9])({'|'.join(_CPU_WORDS)})(?![a-z0-9])")
_BITS = regex(r"(?<![0-9])(32|64)(?:[-_]?bits?)?(?![0-9])")
# Instruction sets, and CPU models that stand for them in file names: other CPU families have no such code.
_INSTRUCTION_SETS = regex(
    r"""
    mmx | 3dnow | s?sse[234]?a? | sse4[-_.]?[12] | avx[0-9]*(?:[-_]?[a-z0-9]+)? | amx | fma[34]? | f16c | xop
    | bmi[12]? | adx | v?aes[-_]?ni | vaes | v?p?clmul(?:qdq)? | gfni | sha[-_]?ni | popcnt | lzcnt | rdrand | rdseed
    | neon | asimd | sve2? | sme2? | pmull | dotprod | i8mm | altivec | vsx[23]? | (?:power|pwr)(?:[789]|10|11) | rvv
    | lsx | lasx | nehalem | westmere | sandybridge | ivybridge | haswell | broadwell | skylake[x]? | cascadelake
    | cooperlake | icelake | alderlake | sapphirerapids | zen[1-9] | x86[-_]64[-_]v[2-4]""",
    re.VERBOSE,
)
_INSTRUCTIONS = regex(
    rf"(?<![a-z0-9])(?:{_INSTRUCTION_SETS.pattern} | armv[89](?:[-_.][0-9])?a?)(?![a-z0-9])", re.VERBOSE
)
_LIBRARY = regex(r"\.(?:so(?:\.\d+)*|dylib|pyd|dll)$", re.IGNORECASE)
_FIXTURE_FOLDERS = frozenset(
    {
        *("test", "tests", "testing", "test cases", "testdata", "test_data", "test-data", "test_files", "testfiles"),
        *("fixture", "fixtures", "samples"),
    }
)
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_SPECIMEN_FOLDERS = _FIXTURE_FOLDERS | {"examples", "example", "benches", "benchmarks", "inputs"}


class Code(Protocol):
    """What is known about native code: the operating system, the rows of the CPU table it can be, its width in bits."""

    @property
    def system(self) -> str:
        """`linux`, `windows`, `macos` and so on, which paths can name, or another."""

    @property
    def arches(self) -> tuple[str, ...]:
        """Names of rows of the CPU table."""

    @property
    def bits(self) -> int:
        """32 or 64."""


def names_system(path: str, system: str) -> bool:
    """Return whether a word or the suffix of `path` names the operating system."""
    return system in _systems(path) or _SUFFIXES.get(suffix_of(path.lower())) == system


def names_system_in_words(path: str, system: str) -> bool:
    """Return whether a word of `path` names the operating system, whatever its suffix says."""
    return system in _systems(path)


def names_cpu(path: str, code: Code) -> bool:
    """Return whether a word of `path` names the code's CPU, or its width in bits (`tool64.exe`, `lib_32bit.so`)."""
    return names_cpu_in_words(path, code) or code.bits in _widths(path)


def names_cpu_in_words(path: str, code: Code) -> bool:
    """Return whether a word of `path` names the code's CPU; a width may complete it, as in distlib's `t64-arm.exe`."""
    named = _cpus(path)
    if 64 in _widths(path):
        named |= {_WIDER[name] for name in named & _WIDER.keys()}
    return bool(named & set(code.arches))


def names_platform(path: str, code: Code) -> bool:
    """Return whether `path` names both the system and the CPU of native code."""
    return names_system(path, code.system) and names_cpu(path, code)


def names_instructions(path: str) -> bool:
    """Return whether the file's name contains an instruction set that only one CPU family has, or a folder is one.

    Examples are `_aesni.so`, `libx-avx2.so` and `glibc-hwcaps/x86-64-v3/libx.so`.
    """
    *folders, name = parts_of(path.lower())
    return bool(_INSTRUCTIONS.search(name)) or any(map(_INSTRUCTION_SETS.fullmatch, folders))


def is_library(path: str) -> bool:
    """Return whether the name is that of a library that a loader looks for."""
    return bool(_LIBRARY.search(name_of(path)))


def is_specimen(path: str) -> bool:
    """Return whether `path` is in a folder of test data, examples or benchmarks."""
    return not _SPECIMEN_FOLDERS.isdisjoint(parts_of(path.lower())[:-1])


def is_fixture(path: str) -> bool:
    """Return whether `path` is in a folder of test data."""
    folder, _, name = path.rpartition("/")
    if name in ("", "."):
        return not _FIXTURE_FOLDERS.isdisjoint(parts_of(path.lower())[:-1])
    return bool(folder) and _is_fixture_folder(folder)


@lru_cache(maxsize=4096)
def _is_fixture_folder(folder: str) -> bool:
    """Return whether a folder is one of test data, or below one; its files share the answer."""
    return not _FIXTURE_FOLDERS.isdisjoint(parts_of(folder.lower()))


def holds_debug_data(path: str) -> bool:
    """Return whether debuggers look here for what belongs to a file of this name: in `NAME.dSYM` or in `.debug`."""
    return any(folder == ".debug" or folder.endswith(".dSYM") for folder in parts_of(path)[:-1])


def is_test_data(path: str) -> bool:
    """Return whether `path` is in a folder for data among tests: a test imports no module from there."""
    folders = parts_of(path.lower())[:-1]
    first = next((place for place, folder in enumerate(folders) if folder in _FIXTURE_FOLDERS), len(folders))
    return any(folder == "data" or folder in _FIXTURE_FOLDERS - _TEST_FOLDERS for folder in folders[first:])


@lru_cache(maxsize=4096)
def _systems(path: str) -> frozenset[str]:
    spellings = (_GLUED.sub(r"\1-", spelling.lower()) for spelling in (path, _HUMPS.sub("-", path)))
    named = {_SYSTEM_WORDS[word] for spelling in spellings for word in _SYSTEM.findall(spelling)}
    if _SIMULATOR.search(path.lower()):  # as in XCFrameworks: ios-arm64_x86_64-simulator
        named |= {f"{system}-simulator" for system in named}
    return frozenset(named)


@lru_cache(maxsize=4096)
def _cpus(path: str) -> frozenset[str]:
    spaced = _GLUED.sub(r"\1-", path.lower())
    return frozenset(_CPU_ROWS[re.sub("[-_]", "", word)] for word in _CPU.findall(spaced) if not word.startswith("win"))


@lru_cache(maxsize=4096)
def _widths(path: str) -> frozenset[int]:
    """Return the widths in the file's name and in folders that name a system; the 64 of `x64` does not count."""
    stem = name_of(path).partition(".")[0]
    folders = [part for part in parts_of(path)[:-1] if _SYSTEM.search(_GLUED.sub(r"\1-", part.lower()))]
    return frozenset(int(width) for part in (stem, *folders) for width in _BITS.findall(without_cpu(part)))


def stem(path: str) -> str:
    """Return what the names of one library on several systems and CPUs have in common: `foo` of `lib/libfoo_x64.so`.

    That is the file name in lower case, up to the first dot, without `lib` in front, a CPU or a width in bits.
    """
    name = name_of(without_cpu(path)).partition(".")[0].removeprefix("lib")
    return _SYSTEM.sub("", _BITS.sub("", name)).strip("-_")


def without_cpu(path: str) -> str:
    """Remove CPU names from a path, in lower case, so that per-CPU copies of a file get the same name."""
    return _CPU.sub("", _GLUED.sub(r"\1-", path.lower()))


def without_width(path: str) -> str:
    """Remove widths in bits from a path, in lower case, so that copies for each width get the same name."""
    return _BITS.sub("", path.lower())
