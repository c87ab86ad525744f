"""Extension module file names: which interpreter and platform import a module of this name (PEP 3149)."""

from __future__ import annotations

import re

from wheelcheck.patterns import regex
from wheelcheck.platforms import arch
from wheelcheck.platforms.paths import name_of
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from wheelcheck.platforms.tags import Platform

# Every suffix under which an interpreter looks for an extension module (Python/dynload_shlib.c, dynload_win.c).
# CPython names builds in two ways: `.cpython-311-x86_64-linux-gnu.so` on Unix, `.cp311-win_amd64.pyd` on Windows. Until
# 3.4 the Unix name had no platform, and on a Unix whose triplet CPython does not know, such as FreeBSD until 3.9, it
# still has none. The stable ABI is `.abi3.so`, from 3.15 on `.abi3t.so` and both with a platform as well, such as
# `.abi3-x86_64-linux-gnu.so`, and a plain `.pyd` on Windows. PyPy's names have held the platform since 3.6.
_NAME = regex(
    r"""(?P<module>.*?)
    (?:\.(?P<abi>
        cpython-(?P<cpython>\d+)(?P<flags>[a-z]*)
        | (?P<cp>cp\d+)(?P<letters>[a-z]*)
        | pypy(?P<pypy>\d+)-pp\d+
        | graalpy\d*(?:-(?P<graalpy>\d+))?
        | (?P<stable>abi3t?)
        | (?P<misspelled>cpython[\w-]*)
    )(?:-(?P<platform>[\w-]+))?)?
    \.(?P<end>so|pyd)""",
    re.VERBOSE | re.DOTALL,
)
_LINUX = regex(r"(?P<cpu>\w+?)-linux-(?P<libc>gnu|musl|android)(?P<abi>\w*)")
_STYLE = {"cp": "cpython", "py": "pypy", "gr": "graalpy", "ab": "abi3"}
_STABLE_WITH_PLATFORM = (3, 15)  # and `.abi3t.so`


@dataclass(frozen=True, slots=True)
class ModuleName:
    """An extension module's name: the interpreter tag it is for (`cp311`, `pp38`, `abi3`) and the platform part.

    The platform is empty for a name without one, `x.cpython-311.so`; `end` is `so` or `pyd`. `style` is the word before
    the version, empty where CPython's is misspelled, as in `x.cpython311.so`; `flags` are the letters behind it.
    """

    module: str
    interpreter: str
    platform: str
    free_threaded: bool = False
    end: str = "so"
    style: str = field(default="", compare=False)
    flags: str = field(default="", compare=False)

    @property
    def is_stable(self) -> bool:
        """Whether the name is that of the stable ABI."""
        return self.interpreter.startswith("abi3")


def parse_module_name(path: str) -> ModuleName | None:
    """Take `pkg/x.cpython-311-x86_64-linux-gnu.so` apart; None for a name without interpreter or that many import.

    Those are `x.so`, `x.pyd`, `x.abi3.so` and `x.abi3t.so`.
    """
    found = _NAME.fullmatch(name_of(path))
    if not found or "." in found["module"]:
        return None
    if found["abi"] is None or module_for_any_version(path):
        return None
    flags = found["flags"] or found["letters"] or ""
    free_threaded, style = "t" in flags, "" if found["misspelled"] else _style(found)
    return ModuleName(
        found["module"], _interpreter(found), found["platform"] or "", free_threaded, found["end"], style, flags
    )


def _style(found: re.Match[str]) -> str:
    return "cp" if found["cp"] else _STYLE[found["abi"][:2]]


def _interpreter(found: re.Match[str]) -> str:
    """Return the interpreter tag that a name is for, `abi3` or `abi3t`; the word alone if it lacks a version."""
    for group, word in (("cpython", "cp"), ("pypy", "pp"), ("graalpy", "graalpy")):
        if found[group]:
            return f"{word}{found[group]}"
    return found["cp"] or found["stable"] or str(found["abi"])


def is_extension_module(path: str) -> bool:
    """Return whether only an interpreter looks for the name, so that it cannot be payload for another platform.

    Interpreters import a plain `x.so` as well, but most files with such a name are libraries.
    """
    found = _NAME.fullmatch(name_of(path))
    return found is not None and (found["abi"] is not None or found["end"] == "pyd")


def module_of(path: str) -> str:
    """Return the module that interpreters import from a name that `is_extension_module` knows; empty for any other."""
    found = _NAME.fullmatch(name_of(path))
    return found["module"] if found and "." not in found["module"] and is_extension_module(path) else ""


def module_for_any_version(path: str) -> str:
    """Return the module that every version of an interpreter finds under such a name; empty for any other name.

    It is `x` for `x.abi3.so`, `x.abi3t.so`, `x.so` and `x.pyd`. On Windows a module of the stable ABI has no `.abi3`.
    """
    found = _NAME.fullmatch(name_of(path))
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


def is_spelled_for(name: ModuleName, platform: Platform) -> bool:
    """Return whether interpreters on `platform` spell suffixes in the same way, version and platform aside.

    CPython writes `.cp312-….pyd` on Windows and `.cpython-312-….so` elsewhere.
    """
    if not name.style:
        return False
    if platform.system in ("wasm", "other", "any"):
        return True
    is_windows = platform.system == "windows"
    return (name.end == "pyd") == is_windows and name.style != ("cpython" if is_windows else "cp")


def is_found_without_version(path: str, interpreters: Collection[str], platform: Platform) -> bool:
    """Return whether all of the CPythons look on `platform` for a name that `module_for_any_version` knows.

    None looks for a `.pyd` but on Windows, nor there for a `.so`; `.abi3t.so` is looked for from 3.15 on.
    """
    if platform.system not in ("wasm", "other", "any") and path.endswith(".pyd") != (platform.system == "windows"):
        return False
    return not path.endswith(".abi3t.so") or all(
        version_of(each) >= _STABLE_WITH_PLATFORM for each in interpreters if each.startswith("cp")
    )


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
        return _is_imported_on_linux(linux["cpu"], linux["libc"], linux["abi"], platform)
    if spelling == "darwin":
        return platform.system == "macos"
    if spelling in ("iphoneos", "iphonesimulator"):
        return platform.system == "ios" and platform.tag.endswith(f"_{spelling}")
    is_windows = platform.system == "windows"
    return (is_windows and spelling == platform.tag) or platform.system in ("wasm", "other")


def _is_imported_on_linux(cpu: str, libc: str, abi: str, platform: Platform) -> bool:
    """Judge `arm-linux-gnueabihf` in its three parts; the ABI is the CPU's usual one or unnamed."""
    if (libc == "android") != (platform.system == "android") or (libc == "musl" and platform.libc == "glibc"):
        return False
    rows = [row for row in arch.ARCHES if row.name in platform.arches and cpu in (*row.multiarch, row.pypy)]
    usual = {row.rust_abi.removeprefix("gnu") for row in rows}
    if libc == "android":
        usual = {each.removesuffix("hf") for each in usual}
    return bool(rows) and abi in {"", *usual}
