"""WC5xx: what macOS and Windows ask of a binary."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import home_members
from wheelcheck.platforms import hints
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.platforms.manylinux import Platform

_SYSTEM_FOLDERS = ("/usr/lib/", "/System/")
_DEBUG_RUNTIME = re.compile(
    r"(?:vcruntime\d+(?:_\d)?|msvc[pr]\d+|ucrtbase|mfc\d+u?|concrt\d+|vcomp\d+)d\.dll", re.IGNORECASE
)
# Apple silicon begins with macOS 11 and, in the simulator, with iOS 14: no slice for it can name an older system.
_SILICON = {"macos": (11, 0), "ios": (14, 0)}


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


@rule("WC501", on=Wheel)
def no_binary_needs_a_newer_macos_than_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """The minimum OS of every slice (LC_BUILD_VERSION, LC_VERSION_MIN) is at most that of every macOS or iOS tag.

    dyld refuses symbols that the older system lacks. A slice for Apple silicon cannot be older than macOS 11, so 11.0
    is allowed there under any tag. From 11 on the minor version does not count, since no tag can name it.

    Source: PEP 425 macOS tags; Mach-O load commands.
    Remedy: set MACOSX_DEPLOYMENT_TARGET for everything that is built or bundled, or raise the tag (`delocate-wheel
    --require-target-macos-version`).
    """
    for platform in wheel.platforms:
        if platform.system not in ("macos", "ios"):
            continue
        for member, slice_ in home_members(wheel, platform):
            found, allowed = _as_tagged(slice_.minimum_os[:2], platform), _newest_minimum(slice_, platform)
            if found > allowed and not hints.is_fixture(member.path):
                message = f"{'/'.join(slice_.arches)} code needs {slice_.system} {_dotted(found)}"
                yield Hit(member.path, f"{message}, expected at most {_dotted(allowed)} for {platform.tag}")


def _as_tagged(version: tuple[int, ...], platform: Platform) -> tuple[int, ...]:
    """Return the version that a tag can name: from macOS 11 on installers ask for macosx_N_0 alone, whatever N.x is."""
    return (version[0], 0) if platform.system == "macos" and version >= (11, 0) else version


def _newest_minimum(slice_: Slice, platform: Platform) -> tuple[int, ...]:
    """Return the newest minimum OS that still serves everybody whom the tag promises to serve."""
    floor = platform.floor[:2]
    simulator = platform.system == "ios" and platform.tag.endswith("simulator")
    silicon = "aarch64" in slice_.arches and (platform.system == "macos" or simulator)
    return max(floor, _SILICON[platform.system]) if silicon else floor


@rule("WC502", on=Wheel, severity="warning")
def every_needed_dylib_is_the_systems_or_in_the_wheel(wheel: Wheel) -> Iterator[Hit]:
    """Each library a Mach-O file loads is part of macOS, or lies in the wheel and is named relative to the file.

    A path such as /opt/homebrew/lib/libssl.dylib exists on the machine that built the wheel and on few others.

    Source: dyld(1): @loader_path, @rpath.
    Remedy: bundle it with `delocate-wheel`, or link it statically.
    """
    carried = {PurePosixPath(member.path).name for member in wheel.natives}
    for platform in wheel.platforms:
        for member, slice_ in home_members(wheel, platform) if platform.system in ("macos", "ios") else ():
            outside = [name for name in slice_.needed if not _is_provided(name, carried)]
            if outside and not hints.is_fixture(member.path):
                yield Hit(member.path, f"loads {outside[0]}, expected a system library or one in the wheel")


def _is_provided(name: str, carried: set[str]) -> bool:
    if name.startswith(_SYSTEM_FOLDERS) or "Python.framework/" in name:
        return True
    return PurePosixPath(name).name in carried and not name.startswith("/")


@rule("WC503", on=Wheel)
def no_binary_needs_a_debug_runtime(wheel: Wheel) -> Iterator[Hit]:
    """No PE file imports a debug build of Microsoft's runtime.

    The debug runtime comes with Visual Studio and may not be given to others: elsewhere the load fails with "module not
    found".

    Source: Microsoft, "Redistributing Visual C++ Files".
    Remedy: build the Release configuration (/MD, not /MDd).
    """
    for platform in wheel.platforms:
        for member, slice_ in home_members(wheel, platform) if platform.system == "windows" else ():
            debug = [name for name in slice_.needed if _DEBUG_RUNTIME.fullmatch(name)]
            if debug and not hints.is_fixture(member.path):
                yield Hit(member.path, f"imports {debug[0]}, expected the release runtime")
