"""Extension module file names: which interpreter and platform find a module of this name (PEP 3149)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.platforms import arch
from wheelcheck.rules import Hit

if TYPE_CHECKING:
    from collections.abc import Collection

    from wheelcheck.facts import Wheel
    from wheelcheck.platforms.tags import Platform

_NAME = re.compile(
    r"(?P<module>[^.]+)\.(?:cpython-(?P<cpython>\d+)(?P<flags>[a-z]*)|(?P<cp>cp\d+)(?P<letters>[a-z]*)|pypy(?P<pypy>\d+)-pp\d+)"
    r"-(?P<platform>[\w-]+)\.(?:so|pyd)"
)
_CPYTHON_ABI = re.compile(r"cp\d+[a-z]*")
_PYPY_ABI = re.compile(r"pypy(\d+)_pp\d+")
_LINUX = re.compile(r"(?P<cpu>\w+?)-linux-(?P<libc>gnu|musl|android)\w*")


@dataclass(frozen=True, slots=True)
class ModuleName:
    """An extension module's name: the interpreter tag it is for (`cp311`, `pp38`) and the platform part."""

    module: str
    interpreter: str
    platform: str
    free_threaded: bool = False


def parse_module_name(path: str) -> ModuleName | None:
    """Take `pkg/x.cpython-311-x86_64-linux-gnu.so` apart; None for a name without interpreter and platform."""
    found = _NAME.fullmatch(PurePosixPath(path).name)
    if not found:
        return None
    version = found["cpython"] or found["pypy"]
    interpreter = found["cp"] or (f"pp{version}" if found["pypy"] else f"cp{version}")
    flags = found["flags"] or found["letters"] or ""
    return ModuleName(found["module"], interpreter, found["platform"], "t" in flags)


def importable_problem(path: str, wheel: Wheel, names: Collection[str]) -> Hit | None:
    """Say why no interpreter that the wheel's tags name imports the module at `path`; None where one does.

    A module for another version beside one for the right version (among `names`) is stale, not wrong.
    """
    name = parse_module_name(path)
    if not name:
        return None
    if not any(_serves(name.platform, platform) for platform in wheel.platforms):
        tags = ".".join(wheel.name.platforms)
        return Hit(path, f"named for {name.platform}, expected a suffix that Python on {tags} imports")
    pythons = {tag.python for tag in wheel.name.tags} | _pypys(wheel)
    if name.interpreter in pythons and (problem := _threading_problem(name, wheel)):
        return Hit(path, problem)
    if name.interpreter in pythons or not any(python.startswith(("cp", "pp")) for python in pythons):
        return None
    if wheel_is_abi3(wheel) or any(_replaces(other, path, name, pythons) for other in names):
        return Hit(path, f"named for {name.interpreter}, which {_tags(pythons)} does not import", severity="warning")
    return Hit(path, f"named for {name.interpreter}, expected a suffix that {_tags(pythons)} imports")


def _threading_problem(name: ModuleName, wheel: Wheel) -> str:
    """Say why the ABI tags exclude a module built with or without the GIL; empty text where they do not."""
    abis = {tag.abi for tag in wheel.name.tags if tag.python == name.interpreter}
    if not abis or not all(_CPYTHON_ABI.fullmatch(abi) for abi in abis):
        return ""
    if any(abi.endswith("t") == name.free_threaded for abi in abis):
        return ""
    build = "a free-threaded" if name.free_threaded else "a GIL"
    return f"named for {build} build, expected a suffix that {_tags(abis)} imports"


def _pypys(wheel: Wheel) -> set[str]:
    """Return the PyPys that the ABI tags name: before 2020 the Python tag held PyPy's own version, as in pp373."""
    found = (_PYPY_ABI.fullmatch(tag.abi) for tag in wheel.name.tags)
    return {f"pp{match[1]}" for match in found if match}


def wheel_is_abi3(wheel: Wheel) -> bool:
    """Return whether the wheel serves later interpreters than its tag names."""
    return any(tag.abi in ("abi3", "none") for tag in wheel.name.tags)


def _tags(pythons: set[str]) -> str:
    return ".".join(sorted(pythons))


def _replaces(other: str, path: str, name: ModuleName, pythons: set[str]) -> bool:
    """Return whether `other` is the same module under a name that the wheel's interpreter does import."""
    if other == path or PurePosixPath(other).parent != PurePosixPath(path).parent:
        return False
    twin = parse_module_name(other)
    if twin:
        return twin.module == name.module and twin.interpreter in pythons
    return PurePosixPath(other).name in (f"{name.module}.abi3.so", f"{name.module}.so", f"{name.module}.pyd")


def _serves(spelling: str, platform: Platform) -> bool:
    """Return whether interpreters on `platform` have `spelling` in their EXT_SUFFIX.

    CPython said `linux-gnu` on musl too before bpo-43112, so that spelling serves both.
    """
    if linux := _LINUX.fullmatch(spelling):
        spellings = {cpu for row in arch.ARCHES if row.name in platform.arches for cpu in row.multiarch}
        right_libc = linux["libc"] != "musl" or platform.libc != "glibc"
        return linux["cpu"] in spellings and right_libc
    if spelling == "darwin":
        return platform.system == "macos"
    if spelling.startswith("iphone"):
        return platform.system == "ios"
    return spelling == platform.tag or platform.system in ("wasm", "other")
