"""What a wheel may expect from Windows and from the interpreter: which DLLs each of them brings.

The interpreters' names are those of CPython's PC layout, PyPy and GraalPy; the rest is in windows.json, which
tools/windows.py writes.
"""

from __future__ import annotations

from functools import lru_cache

from wheelcheck.patterns import regex
from wheelcheck.platforms import data
from wheelcheck.platforms.suffixes import version_of
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import re

    from wheelcheck.platforms.wheel_tags import WheelTag

Origin = Literal["Windows", "graphics driver", "Visual C++", "MinGW", "unknown"]

_CPYTHON = regex(r"python(\d)(\d*)(t?)(_d)?\.dll")
_PYPY = regex(r"libpypy(\d)(?:\.(\d+))?-c\.dll")
_GRAALPY = "python-native.dll"
_API_SET = regex(r"(?:api|ext)-ms-[\w-]+\.dll")
_VISUAL_C = regex(r"(?:vcruntime|vccorlib|msvc[pr]|concrt|vcamp|vcomp|mfcm?|mfcmifc)\d[\w.]*\.dll")
_MINGW = regex(
    r"(?:libgcc_s[\w-]*|lib(?:stdc\+\+|winpthread|gomp|gfortran|quadmath|ssp|atomic)-\d+|lib(?:c\+\+|unwind|omp))\.dll"
)
_DEBUG = regex(
    r"(?:vcruntime|vccorlib|msvc[pr]|concrt|vcamp|vcomp|mfcm?)\d+u?(?:_\d|_threads)?d(?:_\w+)?\.dll|ucrtbased\.dll|msvcrtd\.dll"
    r"|python\d+t?_d\.dll"
)
# They come with the driver of a graphics card. A module that needs one is for machines that have it.
_DRIVERS = regex(r"(?:nvcuda|nvml|nvcuvid|nvencodeapi\w*|nvapi\w*|opencl|vulkan-1|amdhip64\w*|ze_loader)\.dll")
_STABLE_ABIS = ("abi3", "abi3t")
_BOTH_STABLE = (3, 15)  # from here on builds with the GIL have python3t.dll too (PEP 803)
_SECOND_RUNTIME = (3, 9)  # from here on CPython for 64 bits brings vcruntime140_1.dll
_FIRST_UNIVERSAL = (3, 5)


class PythonLibrary(NamedTuple):
    """An interpreter's DLL: `version` is (3,) for CPython's stable ABI, and empty for GraalPy."""

    implementation: Literal["cp", "pp", "graalpy"]
    version: tuple[int, ...]
    free_threaded: bool = False

    @property
    def is_stable(self) -> bool:
        """Whether it is python3.dll or python3t.dll, which hand on what belongs to the stable ABI."""
        return self.implementation == "cp" and len(self.version) == 1

    def serves(self, tag: WheelTag) -> bool:
        """Return whether every interpreter that a tag names has this DLL and runs on it.

        A tag without a version (`py3-none`) names all of them, so that only the stable ABI serves it. A tag without an
        ABI (`cp313-none`) names builds with and without the GIL, and does not say which of them loads a file.
        """
        version = version_of(tag.python)
        if self.implementation != "cp" or not tag.python.startswith(("cp", "py")):
            return tag.python.startswith(self.implementation) and version[: len(self.version)] == self.version
        if self.is_stable:
            return version[:1] == self.version and self._has_gil_of(tag, version)
        return tag.abi not in _STABLE_ABIS and version == self.version and self._has_gil_of(tag, version)

    def _has_gil_of(self, tag: WheelTag, version: tuple[int, ...]) -> bool:
        """Return whether the DLL is of a build with the GIL where the tag's ABI has it, and the other way round."""
        if tag.abi == "none" or self.free_threaded == tag.abi.endswith("t"):
            return True
        return self.is_stable and self.free_threaded and version >= _BOTH_STABLE


def library_name(name: str) -> str:
    """Return a name as the loader compares it: in small letters, and with `.dll` if it has neither suffix nor dot."""
    lowered = name.lower()
    if lowered.endswith("."):  # which means that there is no suffix to add
        return lowered[:-1]
    return lowered if "." in lowered else f"{lowered}.dll"


def python_library(name: str) -> PythonLibrary | None:
    """Return what a DLL's name says if it is a release build of an interpreter."""
    lowered = library_name(name)
    if (found := _CPYTHON.fullmatch(lowered)) and not found[4]:
        version = (int(found[1]), int(found[2])) if found[2] else (int(found[1]),)
        return PythonLibrary("cp", version, bool(found[3]))
    if found := _PYPY.fullmatch(lowered):
        return PythonLibrary("pp", tuple(int(part) for part in found.groups() if part))
    return PythonLibrary("graalpy", ()) if lowered == _GRAALPY else None


def is_debug_runtime(name: str) -> bool:
    """Return whether a DLL is a debug build of Microsoft's runtime or of CPython."""
    return _DEBUG.fullmatch(library_name(name)) is not None


def comes_with_python(name: str, tag: WheelTag, bits: int) -> bool:
    """Return whether the interpreters of a tag bring this part of Visual C++'s runtime with them."""
    version = version_of(tag.python)
    exact = version if len(version) > 1 else _SECOND_RUNTIME
    lowered = library_name(name)
    if lowered == "vcruntime140.dll":
        return exact >= _FIRST_UNIVERSAL
    return lowered == "vcruntime140_1.dll" and bits == 64 and exact >= _SECOND_RUNTIME


def origin_of(name: str) -> Origin:
    """Return who brings a DLL that is no interpreter's."""
    lowered = library_name(name)
    if _API_SET.fullmatch(lowered) or lowered.removesuffix(".dll") in _of_windows():
        return "Windows"
    for origin, pattern in _PATTERNS.items():
        if pattern.fullmatch(lowered):
            return origin
    return "unknown"


_PATTERNS: dict[Origin, re.Pattern[str]] = {"graphics driver": _DRIVERS, "Visual C++": _VISUAL_C, "MinGW": _MINGW}


@lru_cache(maxsize=1)
def _of_windows() -> frozenset[str]:
    return frozenset(" ".join(data.load("windows.json")["libraries"]).split())
