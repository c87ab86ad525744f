"""Dynamic loaders by path: the C library whose loader stands there, on any CPU."""

from __future__ import annotations

import re
from typing import Literal

CLibrary = Literal["glibc", "musl", "bionic", "uClibc"]

# By file name, in any folder: Nix, Guix and conda keep theirs elsewhere. ld-lsb is the Linux Standard Base's name for
# glibc's loader, ld-2.31.so the file that its other names were links to before glibc 2.34.
_LOADERS: tuple[tuple[CLibrary, re.Pattern[str]], ...] = (
    ("glibc", re.compile(r"ld-(?:linux|lsb)[\w.-]*|ld64\.so\.\d|ld-\d[\d.]*\.so")),
    ("musl", re.compile(r"ld-musl-[\w.-]+")),
    ("bionic", re.compile(r"linker(?:64)?(?:_\w+)?")),
    ("uClibc", re.compile(r"ld(?:64)?-uClibc[\w.-]*")),
)


def c_library_of(loader: str) -> CLibrary | None:
    """Return the C library of Linux or Android whose dynamic loader this is; None for that of another system."""
    name = loader.rpartition("/")[2]
    return next((library for library, pattern in _LOADERS if pattern.fullmatch(name)), None)
