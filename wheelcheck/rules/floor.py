"""WC4xx: nothing needs a newer or another C library than the platform tag promises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelcheck import arch, naming
from wheelcheck.facts import Wheel
from wheelcheck.placement import home_members
from wheelcheck.rule import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice, VersionNeed

_GLIBC = re.compile(r"GLIBC_(\d+(?:\.\d+)*)")
# Marker versions a linker writes for a feature instead of a symbol: the first glibc whose loader knows them.
_MARKERS = {"GLIBC_ABI_DT_RELR": (2, 36), "GLIBC_ABI_GNU2_TLS": (2, 42), "GLIBC_ABI_GNU_TLS": (2, 42)}


def glibc_of(need: VersionNeed) -> tuple[int, ...]:
    """Return the glibc that a version need names, e.g. (2, 17); empty for one that names none (GLIBC_PRIVATE)."""
    if need.library.startswith("libgcc_s"):
        return ()  # libgcc's own symbols carry GLIBC_2.0 on some CPUs, under musl too
    if need.version in _MARKERS:
        return _MARKERS[need.version]
    found = _GLIBC.fullmatch(need.version)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def highest_need(piece: Slice) -> VersionNeed | None:
    """Return the version need with the newest glibc that stops the loader; weak *needs* do not, weak symbols do."""
    needs = [need for need in piece.versions if not need.weak and glibc_of(need)]
    return max(needs, key=glibc_of, default=None)


@rule("WC401", on=Wheel)
def no_binary_needs_a_newer_glibc_than_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """The newest GLIBC_ version any executable or library needs is at most that of every manylinux tag.

    The dynamic loader refuses a file whose version needs the C library does not offer, even where only a weak symbol
    needs it: "version `GLIBC_2.39' not found". moraine's 2_17 wheels needed 2.39; microsandbox 0.6.9's 2_28 wheels too.
    Read from DT_VERNEED as the loader does, so stripped or forged section headers change nothing.

    Source: PEP 513, 571, 599 and 600; moraine#246.
    Remedy: build against the floor (`cargo zigbuild --target TRIPLE.2.17`, a manylinux container) or raise the tag.
    """
    for platform in wheel.platforms:
        if platform.libc != "glibc":
            continue
        for member, piece in home_members(wheel, platform):
            need = highest_need(piece)
            if need and glibc_of(need) > platform.floor and not naming.is_fixture(member.path):
                floor = ".".join(map(str, platform.floor))
                message = f"needs {need.version} of {need.library}, expected at most GLIBC_{floor} for {platform.tag}"
                yield Hit(member.path, message)


@rule("WC402", on=Wheel)
def every_binary_is_for_the_c_library_of_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """A musllinux wheel holds nothing that needs glibc, and a manylinux wheel nothing that needs musl.

    A program whose loader does not exist ends in "No such file or directory". fastfetch-bin 2.69.0 carries both tags on
    one glibc executable. A static program may carry both tags; a library that asks for `libc.so.6` without any GLIBC_
    version loads under musl, which answers to that name.

    Source: PEP 600, PEP 656; musl's reserved library names (ldso/dynlink.c).
    Remedy: build for the tag's C library, or link statically.
    """
    for platform in wheel.platforms:
        if platform.libc not in ("glibc", "musl"):
            continue
        for member, piece in home_members(wheel, platform):
            if found := _other_libc(piece, platform.libc):
                yield Hit(member.path, f"found {found}, expected nothing but {platform.libc} for {platform.tag}")


def _other_libc(piece: Slice, libc: str) -> str:
    """Name what ties the slice to the other C library; empty where nothing does."""
    other = "glibc" if libc == "musl" else "musl"
    loaders = {row.loader(other) for row in arch.ARCHES if row.loader(other)}
    if piece.interpreter in loaders:
        return f"the {other} loader {piece.interpreter}"
    if other == "glibc" and (need := highest_need(piece)):
        return f"a need of {need.version}"
    musl = [name for name in piece.needed if name.startswith("libc.musl-")]
    return f"a need of {musl[0]}" if other == "musl" and musl else ""
