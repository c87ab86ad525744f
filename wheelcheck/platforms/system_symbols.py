"""Which symbols the system libraries of a Linux tag offer, by its C library, floor and CPU.

The data is written by tools/system_symbols.py. What it does not hold is unknown: `offers` then returns None, never no.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache

from wheelcheck.patterns import regex
from wheelcheck.platforms import data
from wheelcheck.platforms.arch import find
from wheelcheck.platforms.loaders import c_library_of
from wheelcheck.platforms.manylinux import linux_policy
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.platforms.tags import Platform

# The files of glibc by their names in the data. `ld` is the loader itself, which is in every process.
_GLIBC = {
    "libc.so.6": "c",
    "libm.so.6": "m",
    "libpthread.so.0": "pthread",
    "libdl.so.2": "dl",
    "librt.so.1": "rt",
    "libutil.so.1": "util",
    "libresolv.so.2": "resolv",
}
# What every interpreter of CPython for glibc is itself linked with, so that its symbols are found without being needed.
OF_INTERPRETER = ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "libutil.so.1")
MUSL = "libc.so"  # one of the names of its only file
_WIDE_TIME = (1, 2)  # the musl that brought a time of 64 bits to CPUs with 32, by functions with names of their own
_TIME64 = regex(r"__\w+64(?:_r)?")  # __clock_gettime64, __stat_time64; musl has no others of this form
_LIKE_PYTHON = ("Py", "_Py", "pypy_", "GraalPy")  # pypy_init_embedded_cffi_module
_UNVERSIONED = "Base"  # Debian's word for the version of a symbol that has none


def offers(library: str, name: str, platform: Platform) -> bool | None:
    """Return whether a system library of the tag's oldest system offers a symbol; None if that is not known.

    Tags of Linux name one CPU, whose glibc is asked.
    """
    if platform.libc == "glibc" and (library in _GLIBC or c_library_of(library) == "glibc"):
        names = _glibc_names(platform.floor, platform.arches[0], _GLIBC.get(library, "ld"))
        return name in names if names else None
    if platform.libc == "musl" and is_musl(library):
        return name in _musl_names(platform)
    versions = _library_names(library)
    if versions is None or platform.libc not in ("glibc", "musl") or not _has_64_bits(platform):
        return None
    of_symbol, policy = versions.get(name, ()), linux_policy(platform)
    return any(policy is None or version == _UNVERSIONED or policy.offers(version) for version in of_symbol)


def not_offered(library: str, names: set[str], platform: Platform) -> set[str]:
    """Return which of the symbols a system library of the tag's oldest system does not offer, as far as is known."""
    if platform.libc == "glibc" and library in _GLIBC:
        known = _glibc_names(platform.floor, platform.arches[0], _GLIBC[library])
        return names - known if known else set()
    return {name for name in names if offers(library, name, platform) is False}


def _has_64_bits(platform: Platform) -> bool:
    """Return whether the lists of libraries hold for the CPU of a tag: `operator new` is _Znwm there and _Znwj else."""
    return all(find(cpu).bits == 64 for cpu in platform.arches)


@lru_cache(maxsize=64)
def always_offered(platform: Platform, *, to_program: bool) -> frozenset[str]:
    """Return what every process offers: the loader's own symbols, and to anything but a program the interpreter's.

    musl is one file, which is loader and C library. CPUs whose glibc is not in the data offer nothing that is known.
    """
    if platform.libc == "musl":
        return _musl_names(platform)
    files = ("ld", *(() if to_program else map(_GLIBC.__getitem__, OF_INTERPRETER)))
    return frozenset().union(*(_glibc_names(platform.floor, platform.arches[0], file) for file in files))


def is_musl(library: str) -> bool:
    """Return whether a library is musl's libc under one of its names."""
    return library == "libc.so" or library.startswith("libc.musl-") or c_library_of(library) == "musl"


def knows(library: str, platform: Platform) -> bool:
    """Return whether every symbol of a library on the tag's oldest system is known."""
    return offers(library, "", platform) is not None


def is_of_python(name: str) -> bool:
    """Return whether an interpreter may offer a symbol: it begins like a name of its API, or like a private one."""
    if not name.startswith(_LIKE_PYTHON):  # nearly always
        return False
    return not name.startswith("Py") or name.startswith("PyPy") or f"{name.partition('_')[0]}_" in _python_words()


@lru_cache(maxsize=1)
def _python_words() -> frozenset[str]:
    return frozenset(_data()["python"].split())


def is_of_a_system(name: str, cpu: str) -> bool:
    """Return whether some version of glibc, musl or another library of the data has a symbol of this name."""
    known = (_musl_names(), *_versions_on(cpu).values(), *filter(None, map(_library_names, _data()["libraries"])))
    return any(name in names for names in known)


@lru_cache(maxsize=64)
def _glibc_names(floor: tuple[int, ...], cpu: str, library: str) -> frozenset[str]:
    """Return what one file of a glibc offers, at least what the CPU's first glibc does; nothing for an unknown CPU."""
    rows = [row for row in _data()["glibc"] if row[0] == library and cpu in row[2].split()]
    oldest = max(floor, min((_numbers(row[1]) for row in rows), default=floor))
    return frozenset(name for row in rows if _numbers(row[1]) <= oldest for name in row[3].split())


def glibc_versions(library: str, cpu: str) -> frozenset[str]:
    """Return the numbers of the versions (2.17) that a file of glibc defines for a CPU; none where that is unknown."""
    return _versions_of(_GLIBC.get(library) or ("ld" if c_library_of(library) == "glibc" else ""), cpu)


@lru_cache(maxsize=64)
def _versions_of(file: str, cpu: str) -> frozenset[str]:
    return frozenset(row[1] for row in _data()["glibc"] if row[0] == file and cpu in row[2].split())


def without_version(library: str, names: set[str], version: str, cpu: str) -> set[str]:
    """Return which symbols glibc has not under this version (2.17); none where the file is not glibc's.

    Which of its files has the symbol does not matter: the loader compares versions, and functions have moved between
    files. A version that is newer than the data is not known not to be there.
    """
    known = _versions_on(cpu).get(version, frozenset())
    missing = names - known
    if not missing or not glibc_versions(library, cpu):
        return set()
    is_number = version.replace(".", "").isdigit()
    return missing if known or (is_number and _numbers(version) <= _newest(cpu)) else set()


@lru_cache(maxsize=64)
def _versions_on(cpu: str) -> Mapping[str, frozenset[str]]:
    """Return the symbols of glibc by version."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, version, cpus, names in _data()["glibc"]:
        if cpu in cpus.split():
            found[version].update(names.split())
    return {version: frozenset(names) for version, names in found.items()}


@lru_cache(maxsize=64)
def _newest(cpu: str) -> tuple[int, ...]:
    """Return the newest version of glibc that is in the data for a CPU, which must be there."""
    return max(map(_numbers, _versions_on(cpu)))


@lru_cache(maxsize=16)
def _musl_names(platform: Platform | None = None) -> frozenset[str]:
    """Return what musl offers on a tag's oldest system, or anywhere, with the old names for large files (`stat64`).

    The loader still knows those. A tag names no third number: what some release of musl 1.2 brought is in all of them.
    """
    names = frozenset(_data()["musl"].split())
    if platform and platform.floor < _WIDE_TIME:
        names -= frozenset(_data()["musl since 1.2"].split())
    if platform and (platform.floor < _WIDE_TIME or _has_64_bits(platform)):
        names = frozenset(name for name in names if not _TIME64.fullmatch(name))
    large = {f"{name.removesuffix('_r')}64{'_r' if name.endswith('_r') else ''}" for name in names}
    return names | large


def _library_names(library: str) -> Mapping[str, tuple[str, ...]] | None:
    """Return the versions of every symbol of one library; None for a library that is not in the data."""
    return _known_names(library) if library in _data()["libraries"] else None


@cache  # of the libraries in the data alone: a wheel may ask for any number of others
def _known_names(library: str) -> Mapping[str, tuple[str, ...]]:
    """Return the versions of every symbol of one library.

    A symbol has several where a newer one was added beside the old: `std::condition_variable::wait` has two.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for version, names in _data()["libraries"][library].items():
        for name in names.split():
            found[name].append(version)
    return {name: tuple(versions) for name, versions in found.items()}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    found: dict[str, Any] = data.load("system_symbols.json")
    return found
