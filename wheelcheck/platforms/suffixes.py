"""Extension module file names: which interpreter and platform import a module of this name (PEP 3149)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wheelcheck.platforms import arch

if TYPE_CHECKING:
    from wheelcheck.platforms.tags import Platform

# Every suffix under which an interpreter looks for an extension module (Python/dynload_shlib.c, dynload_win.c).
# CPython names builds in two ways: `.cpython-311-x86_64-linux-gnu.so` on Unix, `.cp311-win_amd64.pyd` on Windows. Until
# 3.4 the Unix name had no platform, and on a Unix whose triplet CPython does not know, such as FreeBSD until 3.9, it
# still has none. The stable ABI is `.abi3.so`, from 3.15 on `.abi3t.so` and both with a platform as well, such as
# `.abi3-x86_64-linux-gnu.so`, and a plain `.pyd` on Windows. PyPy's names have held the platform since 3.6.
_NAME = re.compile(
    r"""(?P<module>.*?)
    (?:\.(?P<abi>
        cpython-(?P<cpython>\d+)(?P<flags>[a-z]*)
        | (?P<cp>cp\d+)(?P<letters>[a-z]*)
        | pypy(?P<pypy>\d+)-pp\d+
        | graalpy\d+
        | (?P<stable>abi3t?)
    )(?:-(?P<platform>[\w-]+))?)?
    \.(?P<end>so|pyd)""",
    re.VERBOSE | re.DOTALL,
)
_LINUX = re.compile(r"(?P<cpu>\w+?)-linux-(?P<libc>gnu|musl|android)\w*")


_STABLE_WITH_PLATFORM = (3, 15)


@dataclass(frozen=True, slots=True)
class ModuleName:
    """An extension module's name: the interpreter tag it is for (`cp311`, `pp38`, `abi3`) and the platform part.

    The platform is empty for a name without one, `x.cpython-311.so`; `end` is `so` or `pyd`.
    """

    module: str
    interpreter: str
    platform: str
    free_threaded: bool = False
    end: str = "so"

    @property
    def is_stable(self) -> bool:
        """Whether the name is that of the stable ABI."""
        return self.interpreter.startswith("abi3")


def parse_module_name(path: str) -> ModuleName | None:
    """Take `pkg/x.cpython-311-x86_64-linux-gnu.so` apart; None for a name without interpreter or that many import.

    Those are `x.so`, `x.pyd`, `x.abi3.so` and `x.abi3t.so`.
    """
    found = _NAME.fullmatch(PurePosixPath(path).name)
    if not found or "." in found["module"]:
        return None
    flags = found["flags"] or found["letters"] or ""
    version = found["cpython"] or found["pypy"]
    interpreter = found["cp"] or (version and f"{'pp' if found['pypy'] else 'cp'}{version}") or found["stable"]
    if not interpreter or module_for_any_version(path):
        return None
    return ModuleName(found["module"], interpreter, found["platform"] or "", "t" in flags, found["end"])


def is_extension_module(path: str) -> bool:
    """Return whether only an interpreter looks for the name, so that it cannot be payload for another platform.

    Interpreters import a plain `x.so` as well, but most files with such a name are libraries.
    """
    found = _NAME.fullmatch(PurePosixPath(path).name)
    return found is not None and (found["abi"] is not None or found["end"] == "pyd")


def module_for_any_version(path: str) -> str:
    """Return the module that every version of an interpreter finds under such a name; empty for any other name.

    It is `x` for `x.abi3.so`, `x.abi3t.so`, `x.so` and `x.pyd`. On Windows a module of the stable ABI has no `.abi3`.
    """
    found = _NAME.fullmatch(PurePosixPath(path).name)
    if not found or found["platform"] or "." in found["module"]:
        return ""
    return found["module"] if found["abi"] is None or (found["stable"] and found["end"] == "so") else ""


def without_interpreter(path: str) -> str:
    """Remove interpreter and platform from an extension module's path: `x.cpython-311-darwin.so` becomes `x.so`."""
    folder, slash, name = path.rpartition("/")
    found = _NAME.fullmatch(name)
    if not found or found["abi"] is None or (found["stable"] and not found["platform"]):
        return path
    return f"{folder}{slash}{found['module']}.{found['end']}"


def lacks_its_platform(name: ModuleName, platform: Platform) -> bool:
    """Return whether no interpreter on `platform` has a suffix like that of a name without platform.

    That is so for CPython from 3.5 on, for PyPy, and for `.abi3.pyd` and every other tagged `.pyd`, wherever the
    triplet is known.
    """
    if name.platform or platform.system in ("wasm", "other", "any"):
        return False
    old = name.interpreter.startswith("cp3") and version_of(name.interpreter) < (3, 5) and name.end == "so"
    return not old


def is_imported_by(name: ModuleName, interpreter: str) -> bool:
    """Return whether an interpreter of this tag looks for the name, its platform aside.

    A name of the stable ABI with a platform is one that CPython looks for since 3.15.
    """
    if name.is_stable and name.platform:
        return interpreter.startswith("cp") and version_of(interpreter) >= _STABLE_WITH_PLATFORM
    return name.interpreter == interpreter


def version_of(interpreter: str) -> tuple[int, ...]:
    """Return the version in an interpreter tag, (3, 12) for `cp312`; empty if it has none."""
    digits = interpreter.lstrip("abcdefghijklmnopqrstuvwxyz")
    return tuple(int(part) for part in (digits[:1], digits[1:]) if part.isdecimal())


def is_imported_on(spelling: str, platform: Platform) -> bool:
    """Return whether interpreters on `platform` have `spelling`, such as `x86_64-linux-gnu`, in their EXT_SUFFIX.

    Before bpo-43112 CPython used `linux-gnu` on musl too, so that spelling is valid for both.
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
