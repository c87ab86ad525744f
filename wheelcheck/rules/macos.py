"""WC50x: Mach-O code runs on every system that a macOS or iOS tag promises."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, without_known_cpu
from wheelcheck.platforms import arch
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.platforms.tags import Platform

_SYSTEM_FOLDERS = ("/usr/lib/", "/System/")


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
    rows = [arch.find(name) for name in slice_.arches]
    if platform.system == "macos":
        return max([platform.floor[:2], *(row.macos_since for row in rows)])
    simulated = [row.ios_simulator_since for row in rows if platform.tag.endswith("simulator")]
    return max([platform.floor[:2], *simulated])


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
