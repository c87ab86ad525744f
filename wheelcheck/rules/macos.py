"""WC50x: Mach-O code runs on every system that a macOS or iOS tag promises."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, without_known_cpu
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.platforms.manylinux import Platform

_SYSTEM_FOLDERS = ("/usr/lib/", "/System/")
# Apple silicon begins with macOS 11 and, in the simulator, with iOS 14: no slice for it can name an older system.
_SILICON = {"macos": (11, 0), "ios": (14, 0)}


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


@rule("WC501", on=Wheel, needs=without_known_cpu)
def no_binary_needs_a_newer_macos_than_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """The minimum OS of every slice (LC_BUILD_VERSION, LC_VERSION_MIN) is at most that of every macOS or iOS tag.

    dyld refuses symbols that the older system lacks. No slice for Apple silicon can be older than macOS 11, so 11.0 is
    allowed there under any tag. From macOS 11 on the minor version is not compared, because installers ask for
    `macosx_N_0` only, and no tag can name it.

    Source: PEP 425 macOS tags; Mach-O load commands.
    Remedy: set MACOSX_DEPLOYMENT_TARGET for everything that is built or bundled, or raise the tag (`delocate-wheel
    --require-target-macos-version`).
    """
    for member, slice_, platform in native_code(wheel, "macos", "ios"):
        found, allowed = _as_tagged(slice_.minimum_os[:2], platform), _newest_minimum(slice_, platform)
        if found > allowed:
            message = f"{'/'.join(slice_.arches)} code needs {slice_.system} {_dotted(found)}"
            yield Hit(member.path, f"{message}, expected at most {_dotted(allowed)} for {platform.tag}")


def _as_tagged(version: tuple[int, ...], platform: Platform) -> tuple[int, ...]:
    """Return the version that a tag can name: from macOS 11 on installers ask for macosx_N_0 only, whatever N.x is."""
    return (version[0], 0) if platform.system == "macos" and version >= (11, 0) else version


def _newest_minimum(slice_: Slice, platform: Platform) -> tuple[int, ...]:
    """Return the newest minimum OS that still serves every user whom the tag promises to serve."""
    floor = platform.floor[:2]
    simulator = platform.system == "ios" and platform.tag.endswith("simulator")
    silicon = "aarch64" in slice_.arches and (platform.system == "macos" or simulator)
    return max(floor, _SILICON[platform.system]) if silicon else floor


@rule("WC502", on=Wheel, severity="warning", needs=without_known_cpu)
def every_needed_dylib_is_in_the_system_or_the_wheel(wheel: Wheel) -> Iterator[Hit]:
    """Each library that a Mach-O file loads is part of macOS, or is in the wheel and named relative to the file.

    A path such as /opt/homebrew/lib/libssl.dylib exists on the machine that built the wheel and on few others.

    Source: dyld(1): @loader_path, @rpath.
    Remedy: bundle the library with `delocate-wheel`, or link it statically.
    """
    carried = {PurePosixPath(member.path).name for member in wheel.natives}
    for member, slice_, _ in native_code(wheel, "macos", "ios"):
        outside = [name for name in slice_.needed if not _is_provided(name, carried)]
        if outside:
            yield Hit(member.path, f"loads {outside[0]}, expected a system library or one in the wheel")


def _is_provided(name: str, carried: set[str]) -> bool:
    if name.startswith(_SYSTEM_FOLDERS) or "Python.framework/" in name:
        return True
    return PurePosixPath(name).name in carried and not name.startswith("/")
