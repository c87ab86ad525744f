"""Extension module file names: which interpreter and platform import a module of this name (PEP 3149)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.platforms import arch

if TYPE_CHECKING:
    from wheelcheck.platforms.tags import Platform

# Every suffix under which an interpreter looks for an extension module. CPython names builds in two ways:
# `.cpython-311-x86_64-linux-gnu.so` on Unix, `.cp311-win_amd64.pyd` on Windows.
_NAME = re.compile(
    r"""(?P<module>.*?)
    (?:\.(?P<abi>
        cpython-(?P<cpython>\d+)(?P<flags>[a-z]*)
        | (?P<cp>cp\d+)(?P<letters>[a-z]*)
        | pypy(?P<pypy>\d+)-pp\d+
        | graalpy\d+
        | abi3
    )(?:-(?P<platform>[\w-]+))?)?
    \.(?P<end>so|pyd)""",
    re.VERBOSE | re.DOTALL,
)
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
    if not found or not found["platform"] or "." in found["module"]:
        return None
    flags = found["flags"] or found["letters"] or ""
    version = found["cpython"] or found["pypy"]
    interpreter = found["cp"] or (version and f"{'pp' if found['pypy'] else 'cp'}{version}")
    return ModuleName(found["module"], interpreter, found["platform"], "t" in flags) if interpreter else None


def is_extension_module(path: str) -> bool:
    """Return whether the name is one that only an interpreter looks for: it is not payload for another platform.

    Interpreters import a plain `x.so` as well, but most files of such a name are libraries.
    """
    found = _NAME.fullmatch(PurePosixPath(path).name)
    return found is not None and (found["abi"] is not None or found["end"] == "pyd")


def module_for_any_version(path: str) -> str:
    """Return the module that every version of an interpreter finds under such a name; empty for any other name.

    It is `x` for `x.abi3.so`, `x.so` and `x.pyd`. On Windows a module of the stable ABI has no `.abi3`.
    """
    found = _NAME.fullmatch(PurePosixPath(path).name)
    if not found or found["platform"] or "." in found["module"]:
        return ""
    return found["module"] if found["abi"] is None or (found["abi"], found["end"]) == ("abi3", "so") else ""


def without_interpreter(path: str) -> str:
    """Remove interpreter and platform from an extension module's path: `x.cpython-311-darwin.so` becomes `x.so`."""
    folder, slash, name = path.rpartition("/")
    found = _NAME.fullmatch(name)
    if not found or found["abi"] in (None, "abi3"):
        return path
    return f"{folder}{slash}{found['module']}.{found['end']}"


def is_imported_on(spelling: str, platform: Platform) -> bool:
    """Return whether interpreters on `platform` have `spelling`, such as `x86_64-linux-gnu`, in their EXT_SUFFIX.

    Before bpo-43112 CPython said `linux-gnu` on musl too, so that spelling serves both.
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
