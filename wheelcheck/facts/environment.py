"""Where an installer puts the files of a wheel: below the folder of an environment, with its bin, lib, site-packages.

Search paths lead from one to another, as from `.data/scripts` (bin) to `.data/data/lib` (lib) or to site-packages.
"""

from __future__ import annotations

import posixpath
import re

from wheelcheck.patterns import regex

SITE_PACKAGES = "lib/python3/site-packages"  # as deep below the environment as the real one
_FOLDERS = {"data": "", "scripts": "bin", "purelib": SITE_PACKAGES, "platlib": SITE_PACKAGES}
_SCHEME = regex(r"[^/]+\.data/(data|scripts|purelib|platlib)/(.*)", re.DOTALL)
_OF_A_VERSION = regex(r"lib(?:64)?/python3\.\d+t?/site-packages(?=/|$)")


def place_of(path: str) -> str:
    """Return where a member is installed, relative to the environment."""
    found = _SCHEME.fullmatch(path) if ".data/" in path else None
    folder, rest = (_FOLDERS[found[1]], found[2]) if found else (SITE_PACKAGES, path)
    return joined(folder, rest)


def joined(folder: str, rest: str) -> str:
    """Return a path from a folder of the environment on; the site-packages of each version are one folder."""
    path = posixpath.normpath(posixpath.join(folder, rest.lstrip("/")))
    return _OF_A_VERSION.sub(SITE_PACKAGES, path) if path.startswith("lib") else path
