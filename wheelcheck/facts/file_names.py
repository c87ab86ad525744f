"""Parses the file names of release artifacts (the binary distribution format and PEP 625), and where members are put.

An installer puts files below the folder of an environment, which has bin, lib and site-packages. Search paths lead from
one to another, as from `.data/scripts` (bin) to `.data/data/lib` (lib) or to site-packages.
"""

from __future__ import annotations

import posixpath
import re

from wheelcheck.patterns import regex
from wheelcheck.platforms.usual import canonicalize_name, canonicalize_version, sdist_name, wheel_name
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.records import dataclass

DATA = ".data/"  # begins a configured path that is below the .data folder of each wheel, whatever its version
_IN_LIB = "lib/python3/site-packages"  # as deep below the environment as the real one
_FOLDERS = {"data": "", "scripts": "bin", "purelib": _IN_LIB, "platlib": _IN_LIB}
_SCHEME = regex(r"[^/]+\.data/(data|scripts|purelib|platlib)/(.*)", re.DOTALL)
_OF_A_VERSION = regex(r"lib(?:64)?/python3\.\d+t?/site-packages(?=/|$)")
_SITE_PACKAGES = regex(r"[^/]+\.data/(?:purelib|platlib)/")


@dataclass(frozen=True, slots=True)
class FileName:
    """What an artifact's file name says. `tags` is empty for an sdist; `error` is set if it cannot be parsed."""

    project: str
    version: str
    tags: tuple[WheelTag, ...] = ()
    error: str = ""
    build: tuple[()] | tuple[int, str] = ()  # the build tag of a wheel: of two that are equal otherwise the higher wins

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags of the compressed set, sorted, each once."""
        return tuple(sorted({tag.platform for tag in self.tags}))


def parse_file_name(name: str) -> FileName:
    """Parse the file name of a wheel (`.whl`) or an sdist (`.tar.gz`). Never raises."""
    try:
        if name.endswith(".whl"):
            project, version, build, tags = wheel_name(name)
            return FileName(project, version, tuple(WheelTag(*tag) for tag in sorted(tags)), build=build)
        project, version = sdist_name(name)
    except ValueError as problem:  # InvalidWheelFilename or InvalidSdistFilename
        return FileName(canonicalize_name(name.partition("-")[0]), "", error=str(problem))
    return FileName(project, version)


def member_path(path: str, wheel: str) -> str:
    """Return the path of a configured file in the wheel of that file name: `.data/…` is below NAME-VERSION.data."""
    return f"{'-'.join(wheel.split('-')[:2])}{path}" if path.startswith(DATA) else path


def installed_path(path: str) -> str:
    """Return where a member of a wheel is in site-packages: `NAME-VERSION.data/purelib/x` is installed as `x`."""
    return _SITE_PACKAGES.sub("", path) if DATA in path else path


def is_package(path: str) -> bool:
    """Return whether a member of a wheel is the `__init__.py` of a package at the top of site-packages."""
    return path.endswith("/__init__.py") and installed_path(path).count("/") == 1


def place_of(path: str) -> str:
    """Return where a member is installed, relative to the environment."""
    found = _SCHEME.fullmatch(path) if ".data/" in path else None
    if not found and _is_normal(path):
        return f"{_IN_LIB}/{path}"
    folder, rest = (_FOLDERS[found[1]], found[2]) if found else (_IN_LIB, path)
    return joined(folder, rest)


def _is_normal(path: str) -> bool:
    """Return whether `normpath` surely changes nothing."""
    return path[:1] not in ("", ".", "/") and "//" not in path and "/." not in path and not path.endswith("/")


def joined(folder: str, rest: str) -> str:
    """Return a path from a folder of the environment on; the site-packages of each version are one folder."""
    path = posixpath.normpath(posixpath.join(folder, rest.lstrip("/")))
    return _OF_A_VERSION.sub(_IN_LIB, path) if path.startswith("lib") else path


def canonical_version(version: str) -> str:
    """Return text that is equal for equal versions (in PEP 440, 1.0 equals 1.0.0); an invalid version is unchanged.

    Python refuses to convert more than 4,300 digits to a number, so such a text is not a version either.
    """
    try:
        return canonicalize_version(version)
    except ValueError:
        return version
