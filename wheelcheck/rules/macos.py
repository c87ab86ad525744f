"""WC50x: Mach-O code runs on every system that a macOS or iOS tag promises."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, without_known_cpu
from wheelcheck.facts.floors import needed, promised
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.platforms.tags import Platform
    from wheelcheck.rules import Severity

_SYSTEM_FOLDERS = ("/usr/lib/", "/System/")
_BUILDERS_FOLDERS = (
    *("/opt/", "/usr/local/", "/sw/", "/nix/", "/gnu/", "/Applications/", "/Volumes/"),
    *("/Users/", "/home/", "/root/", "/private/", "/var/", "/tmp/"),  # noqa: S108 - paths that binaries name
)
_PYTHON_LIBRARY = re.compile(r"libpython\d[\w.]*\.dylib")
_FIRST_YEARLY_MACOS = 11


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


@rule("WC501", on=Wheel, severity=("error", "warning", "note"), needs=without_known_cpu, fix="floor")
def no_binary_needs_a_newer_macos_than_the_tag(wheel: Wheel) -> Iterator[Hit]:
    """The minimum OS of every slice (LC_BUILD_VERSION, LC_VERSION_MIN) is at most that of every macOS or iOS tag.

    dyld does not compare the minimum with the system. What it means is that the linker may use what came with that
    version. With chained fixups (LC_DYLD_CHAINED_FIXUPS) the linker has: each version of the format has a first dyld
    that reads it, and older ones refuse the file. That is an error. With classic fixups a library loads, and only
    symbols that the older system lacks stop it ("Symbol not found"): a warning. sounddevice 0.5.6 asks for 10.9 under a
    10.6 tag, and nobody is harmed. A program stays an error with either, because its minimum is that of everything in
    it, the runtime of its language included: what Go 1.25 links does not start before macOS 12.

    No slice for Apple silicon can be older than macOS 11, so 11.0 is allowed there under any tag. From macOS 11 on a
    newer minor version is a note, because installers ask for `macosx_N_0` only, and no tag can name it. A simulator's
    code is held against the simulator's tags only.

    Source: PEP 425 macOS tags, PEP 730; Apple's <mach-o/loader.h> and <mach-o/fixup-chains.h>.
    Remedy: set MACOSX_DEPLOYMENT_TARGET for everything that is built or bundled, or raise the tag (`delocate-wheel
    --require-target-macos-version`).
    """
    for member, slice_, platform in native_code(wheel, "macos", "ios"):
        found, allowed = needed(slice_, platform), promised(slice_, platform)
        if found > allowed:
            severity = _severity_of(slice_, found, allowed, platform)
            message = f"{'/'.join(slice_.arches)} code needs {slice_.system} {_dotted(found)}"
            message += f", expected at most {_dotted(allowed)} for {platform.tag}: {_consequence(slice_, severity)}"
            fixable = severity == "error" and platform.system == "macos"
            yield Hit(member.path, message, severity=severity, fixable=fixable)


def _severity_of(slice_: Slice, found: tuple[int, ...], allowed: tuple[int, ...], platform: Platform) -> Severity:
    """Return how bad a newer minimum OS is."""
    if platform.system == "macos" and found[0] == allowed[0] >= _FIRST_YEARLY_MACOS:
        return "note"
    return "error" if slice_.chained_fixups or slice_.kind == "executable" else "warning"


def _consequence(slice_: Slice, severity: Severity) -> str:
    """Say what happens on the older system."""
    if severity == "note":
        return "no tag can name a minor version"
    if slice_.chained_fixups:
        return "an older dyld cannot read its chained fixups"
    if slice_.kind == "executable":
        return "a program is built for its minimum as a whole"
    return "it fails there if it uses a symbol that the older system lacks"


@rule("WC502", on=Wheel, severity=("warning", "error"), needs=without_known_cpu)
def every_needed_dylib_is_in_the_system_or_the_wheel(wheel: Wheel) -> Iterator[Hit]:
    """Each library that a Mach-O file loads is part of macOS, or is in the wheel and named relative to the file.

    A path such as /opt/homebrew/lib/libssl.dylib exists on the machine that built the wheel and on few others. dyld
    refuses the file where it is missing ("Library not loaded"), so an absolute path into Homebrew, MacPorts, /usr/local
    or somebody's home folder is an error; so is an extension module that loads libpython, which most interpreters have
    built in. Other libraries may come with another package or be there already (a framework in /Library), and a library
    that is loaded weakly (LC_LOAD_WEAK_DYLIB) may be missing: warnings.

    Source: dyld(1): @loader_path, @rpath; Apple's <mach-o/loader.h>.
    Remedy: bundle the library with `delocate-wheel`, or link it statically; link an extension module with
    `-undefined dynamic_lookup` instead of libpython.
    """
    carried = {PurePosixPath(member.path).name for member in wheel.natives}
    for member, slice_, _ in native_code(wheel, "macos", "ios"):
        outside = [name for name in slice_.needed if not _is_provided(name, carried)]
        fatal = [name for name in outside if name not in slice_.weak_needed and _is_fatal(name, member.path)]
        if outside:
            message = f"loads {(fatal or outside)[0]}, expected a system library or one in the wheel"
            yield Hit(member.path, message, severity="error" if fatal else None)


def _is_provided(name: str, carried: set[str]) -> bool:
    if name.startswith(_SYSTEM_FOLDERS):
        return True
    if "Python.framework/" in name:
        return not name.startswith(_BUILDERS_FOLDERS)
    return PurePosixPath(name).name in carried and not name.startswith("/")


def _is_fatal(name: str, member: str) -> bool:
    """Return whether no user's machine can be expected to have a library that is loaded by this name."""
    names_python = _PYTHON_LIBRARY.fullmatch(PurePosixPath(name).name) is not None
    return name.startswith(_BUILDERS_FOLDERS) or (names_python and is_extension_module(member))
