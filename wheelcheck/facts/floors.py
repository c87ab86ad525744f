"""The oldest system version that code needs, and the one that a tag promises: the same scale for both."""

from __future__ import annotations

from wheelcheck.platforms import arch
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.model import Slice
    from wheelcheck.platforms.tags import Platform

_APPLE = ("macos", "ios")


def needed(slice_: Slice, platform: Platform) -> tuple[int, ...]:
    """Return the version of glibc, macOS or iOS that the slice needs on the platform; empty if the file names none.

    Code for musl and Windows names none. On Apple's systems it is major and minor version.
    """
    if platform.system in _APPLE:
        return slice_.minimum_os[:2]
    need = slice_.glibc_need
    return need.glibc if need and platform.system == "linux" and platform.libc != "musl" else ()


def promised(slice_: Slice, platform: Platform) -> tuple[int, ...]:
    """Return the newest version that the slice may need and still serve every user whom the tag promises to serve.

    That is the tag's own version, or the first one that the slice's CPU has: no Apple silicon runs a macOS before 11.
    Empty if the tag names no version (`linux_x86_64`, `win_amd64`).
    """
    if platform.system not in _APPLE:
        return platform.floor
    rows = [arch.find(name) for name in slice_.arches]
    if platform.system == "macos":
        return max([platform.floor[:2], *(row.macos_since for row in rows)])
    simulated = [row.ios_simulator_since for row in rows if platform.tag.endswith("simulator")]
    return max([platform.floor[:2], *simulated])
