"""What a loader is and offers: the C library that a loader's path belongs to, and Android's public libraries."""

from __future__ import annotations

import posixpath
from functools import lru_cache

from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import re

# The public libraries of the NDK, by API level: since level 24 the dynamic linker shows an app no other library of the
# system. Source: https://developer.android.com/ndk/guides/stable_apis; PEP 738 for the tags.

# name -> the first API level that has it
_SINCE = {
    **dict.fromkeys(("libc.so", "libm.so", "libdl.so", "libstdc++.so", "liblog.so", "libz.so", "libandroid.so"), 1),
    **dict.fromkeys(("libEGL.so", "libGLESv1_CM.so", "libGLESv2.so", "libGLESv3.so", "libjnigraphics.so"), 1),
    **dict.fromkeys(("libOpenSLES.so", "libOpenMAXAL.so", "libmediandk.so"), 21),
    **dict.fromkeys(("libcamera2ndk.so", "libvulkan.so", "libRS.so"), 24),
    **dict.fromkeys(("libaaudio.so", "libnativewindow.so", "libsync.so"), 26),
    "libneuralnetworks.so": 27,
    **dict.fromkeys(("libamidi.so", "libbinder_ndk.so"), 29),
    **dict.fromkeys(("libicu.so", "libnativehelper.so"), 31),
}


def ndk_libraries(api: int) -> frozenset[str]:
    """Return the names of the libraries that every device of this API level has for an app."""
    return frozenset(name for name, since in _SINCE.items() if since <= api)


# As glibc reads it (is_dst of elf/dl-load.c): letters behind the word are part of another name.
_ORIGIN = regex(r"\$(?:ORIGIN(?![A-Za-z0-9_])|\{ORIGIN\})")


def from_origin(entry: str, folder: str) -> str | None:
    """Return what an entry of a search path means for a file in a folder of site-packages, relative to that.

    None where the entry does not begin with $ORIGIN.
    """
    found = _ORIGIN.match(entry)
    return posixpath.normpath(f"{folder or '.'}{entry[found.end() :]}") if found else None


CLibrary = Literal["glibc", "musl", "bionic", "uClibc"]

# By file name, in any folder: Nix, Guix and conda keep theirs elsewhere. ld-lsb is the Linux Standard Base's name for
# glibc's loader, ld-2.31.so the file that its other names were links to before glibc 2.34.
_LOADERS: tuple[tuple[CLibrary, re.Pattern[str]], ...] = (
    ("glibc", regex(r"ld-(?:linux|lsb)[\w.-]*|ld64\.so\.\d|ld-\d[\d.]*\.so")),
    ("musl", regex(r"ld-musl-[\w.-]+")),
    ("bionic", regex(r"linker(?:64)?(?:_\w+)?")),
    ("uClibc", regex(r"ld(?:64)?-uClibc[\w.-]*")),
)


# Of FreeBSD, DragonFly, NetBSD, OpenBSD, Solaris and illumos, the Hurd, Haiku.
_OF_ANOTHER_UNIX = regex(r"ld-elf(?:32)?\.so\.\d|ld\.elf_so|ld\.so(?:\.\d)?|ld-x86-64\.so\.1|runtime_loader")


def is_of_another_unix(loader: str) -> bool:
    """Return whether this is the path of another system's dynamic loader, by its file name."""
    return _OF_ANOTHER_UNIX.fullmatch(loader.rpartition("/")[2]) is not None


@lru_cache(maxsize=256)  # it is asked for every symbol, of a few libraries
def c_library_of(loader: str) -> CLibrary | None:
    """Return the C library of Linux or Android whose dynamic loader this is; None for that of another system."""
    name = loader.rpartition("/")[2]
    if not name.startswith(("ld", "linker")):
        return None
    return next((library for library, pattern in _LOADERS if pattern.fullmatch(name)), None)
