"""Which C library an ELF file is tied to: glibc, Android's bionic, or musl."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelcheck.platforms.loaders import c_library_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wheelcheck.binary.model import Slice

# glibc's libraries have a version in their names, bionic's and musl's have none. musl answers to every name that begins
# with one of its reserved ones (`libc.`, `libm.`, …), whatever version follows (ldso/dynlink.c, load_library).
_RESERVED_BY_MUSL = "c|m|dl|pthread|rt|util|xnet"
_VERSIONED = re.compile(rf"lib(?:{_RESERVED_BY_MUSL})\.so\.[\d.]+")
_UNVERSIONED = re.compile(rf"lib(?:{_RESERVED_BY_MUSL})\.so")
_OTHER_LIBC = re.compile(r"libc\.so\.(?!6(?:\.1)?$)[\d.]+")  # libc.so.7 is FreeBSD's; 6.1 is glibc's on Alpha
_BIONIC_LIBRARIES = ("liblog.so", "libandroid.so")
_BIONIC_VERSION = re.compile(r"LIBC(?:_[A-Z]+)?")
_TERMUX = re.compile(r"/data/(?:data|user/\d+)/")


def foreign_tie(slice_: Slice, libc: str, carried: Collection[str] = ()) -> str:
    """Return what ties ELF code to another C library than `libc` (glibc, musl or bionic); empty if nothing does.

    `carried` are the names of the libraries in the wheel, which answer for themselves.
    """
    return next((what for accepted, what in _ties(slice_, carried) if libc not in accepted), "")


def is_answered_by_musl(name: str) -> bool:
    """Return whether musl's loader takes this library for itself."""
    return bool(_VERSIONED.fullmatch(name) or _UNVERSIONED.fullmatch(name) or name.startswith("libc.musl-"))


def _ties(slice_: Slice, carried: Collection[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the C libraries that take each mark the code bears, and what the mark is; the clearest first."""
    if slice_.interpreter and (owner := c_library_of(slice_.interpreter)):
        yield (owner,), f"the {owner} loader {slice_.interpreter}"
    if need := slice_.glibc_need:
        yield ("glibc",), f"a need of {need.version}"
    for version in slice_.versions:
        if version.library == "libc.so" and _BIONIC_VERSION.fullmatch(version.version):
            yield ("bionic",), f"a need of {version.version}, a version of bionic"
    if "Android" in slice_.named_systems:
        yield ("bionic",), "an Android note (.note.android.ident)"
    for entry in (*slice_.rpath, *slice_.runpath):
        if _TERMUX.match(entry):
            yield ("bionic",), f"the Android search path {entry}"
    yield from _library_ties(slice_, carried)


def _library_ties(slice_: Slice, carried: Collection[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    needed = [name for name in slice_.needed if name not in carried]
    names_glibc = bool(slice_.glibc_need) or any(_VERSIONED.fullmatch(name) for name in needed)
    for name in needed:
        if name.startswith("libc.musl-") or c_library_of(name) == "musl":
            yield ("musl",), f"a need of {name}"
        elif c_library_of(name) == "glibc":
            yield ("glibc",), f"a need of {name}"
        elif _OTHER_LIBC.fullmatch(name):
            yield ("musl",), f"a need of {name}, which no C library of Linux is"
        elif _VERSIONED.fullmatch(name):
            yield ("glibc", "musl"), f"a need of {name}"
        elif _UNVERSIONED.fullmatch(name) and not names_glibc:
            yield ("musl", "bionic"), f"a need of {name}, a name without glibc's version"
        elif name in _BIONIC_LIBRARIES and not names_glibc:
            yield ("bionic",), f"a need of {name}, a library of Android"
