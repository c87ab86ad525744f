"""WC503 to WC505: PE code finds its DLLs on every Windows that the tag promises, not only beside a compiler."""

from __future__ import annotations

import re

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, without_known_cpu
from wheelcheck.facts.leftovers import Carried, Leftovers
from wheelcheck.patterns import regex
from wheelcheck.platforms.paths import name_of
from wheelcheck.platforms.suffixes import is_extension_module, parse_module_name
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.platforms.windows import (
    comes_with_python,
    is_debug_runtime,
    library_name,
    origin_of,
    python_library,
)
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wheelcheck.binary.model import Slice
    from wheelcheck.config.fields import Severity
    from wheelcheck.facts import Member
    from wheelcheck.platforms.tags import Platform
    from wheelcheck.platforms.windows import PythonLibrary

_HASHED = regex(r"(.+)-[0-9a-f]{32}\.dll")  # as delvewheel names it
# The worst first: a third party's library is on nobody's machine, Visual C++'s is on most, a driver's where it is used.
_ORDER = ("unknown", "MinGW", "Visual C++", "graphics driver")


@rule("WC503", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def no_binary_needs_a_debug_runtime(wheel: Wheel) -> Iterator[Hit]:
    """No PE file imports a debug build of Microsoft's runtime or of Python.

    The debug runtime comes with Visual Studio, and its licence does not allow it to be redistributed; python312_d.dll
    comes with a debug build of Python. On other machines the load fails with "module not found". A library that no
    other file of the wheel links to, in a wheel with other native code that does without the debug runtime, is most
    likely a debug build left beside the release build; that is a warning. A wheel whose ABI tag is that of a debug
    build (`cp312d`) may need both.

    Source: Microsoft, "Redistributing Visual C++ Files".
    Remedy: build the Release configuration (/MD, not /MDd).
    """
    if wheel.name.tags and all(tag.abi.endswith("d") and re.fullmatch(r"cp\d+t?d", tag.abi) for tag in wheel.name.tags):
        return
    code = list(native_code(wheel, "windows"))
    leftovers = Leftovers(wheel)
    works_without = any(not _debug_runtimes(slice_) for _, slice_, _ in code)
    for member, slice_, _ in code:
        if debug := _debug_runtimes(slice_):
            is_imported = slice_.kind != "library" or is_extension_module(member.path)
            spare = works_without and not is_imported and not leftovers.is_linked_to(member)
            message = f"imports {debug[0]}, expected the release runtime"
            yield Hit(member.path, message, severity="warning" if spare else None)


def _debug_runtimes(slice_: Slice) -> list[str]:
    return [name for name in slice_.needed if is_debug_runtime(name)]


@rule("WC504", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def no_binary_imports_the_dll_of_another_python(wheel: Wheel) -> Iterator[Hit]:
    """A PE file that imports an interpreter's DLL imports that of the interpreters that the tags name.

    Each version of CPython has a DLL of its own: python312.dll for builds with the GIL, python313t.dll for builds
    without. A cp312 module that imports python311.dll ends in "DLL load failed while importing", or, where 3.11 is on
    PATH, in two interpreters within one process. What an abi3 wheel imports is python3.dll, which every later version
    has: with python311.dll it works on 3.11 alone. PyPy's is libpypy3.11-c.dll, GraalPy's python-native.dll.

    An extension module that names its interpreter is held to that one, any other file to the tags. It is a warning
    where only some of the tags' interpreters have the DLL, where no tag names a version (`py3-none`: a program may
    choose a file by its path), and where the DLL is loaded with delay. A DLL that is in the wheel is not judged.

    Source: CPython's PC/layout and PCbuild/python.props; PEP 384, 703 and 803.
    Remedy: build with the interpreter of the tag. A build by CMake or for another CPU may find another Python first:
    name it (`Python_EXECUTABLE`, `PYO3_PYTHON`). Define Py_LIMITED_API for an abi3 wheel, or give it its version's tag.
    """
    carried = Carried(wheel, ignore_case=True)
    for member, slice_, platform in native_code(wheel, "windows"):
        tags = _tags_of(member, wheel, platform)
        for name in slice_.needed:
            library = python_library(name) if library_name(name) not in carried.beside(slice_) else None
            refusing = [tag for tag in tags if library and not library.serves(tag)]
            if library and refusing:
                message = f"imports {name}, expected {_expected(library, refusing[0])} for {refusing[0]}"
                is_open = len(refusing) < len(tags) or not _names_a_version(refusing[0]) or name in slice_.weak_needed
                yield Hit(member.path, message, severity="warning" if is_open else None)


def _tags_of(member: Member, wheel: Wheel, platform: Platform) -> list[WheelTag]:
    """Return the tags that a file is held to: that of its own name, or those of the wheel for this platform."""
    module = parse_module_name(member.path)
    if module and not module.is_stable and module.style:
        abi = f"{module.interpreter}{'t' if module.free_threaded else ''}"
        return [WheelTag(module.interpreter, abi, platform.tag)]
    tags = [tag for tag in wheel.name.tags if tag.platform == platform.tag]
    return [tag for tag in tags if not tag.python.startswith("py2")] or tags


def _names_a_version(tag: WheelTag) -> bool:
    return len(tag.python.lstrip("abcdefghijklmnopqrstuvwxyz")) > 1


def _expected(library: PythonLibrary, tag: WheelTag) -> str:
    """Return the DLL that the interpreters of a tag have."""
    version = tag.python.lstrip("abcdefghijklmnopqrstuvwxyz")
    if tag.python.startswith("pp"):
        return f"libpypy{version[:1]}.{version[1:]}-c.dll"
    if not tag.python.startswith(("cp", "py")):
        return "python-native.dll"
    flag = "t" if tag.abi.endswith("t") else ""
    stable = f"python{version[:1]}{flag}.dll"
    if tag.abi in ("abi3", "abi3t") or len(version) < 2 or library.is_stable:
        return stable
    return f"python{version}{flag}.dll or {stable}"


@rule("WC505", on=Wheel, severity=("warning", "error", "note"), needs=without_known_cpu, absence=True)
def every_imported_dll_is_the_systems_pythons_or_in_the_wheel(wheel: Wheel) -> Iterator[Hit]:
    """Each DLL that a PE file imports comes with Windows or with Python, or is a file of the wheel.

    Any other DLL is on the user's machine only by chance: "DLL load failed while importing: The specified module could
    not be found". Python brings vcruntime140.dll and, from 3.9 on for 64 bits, vcruntime140_1.dll. It does not bring
    MSVCP140.dll, which all C++ code needs and which is there after one of many programs has installed Visual C++'s
    redistributable, nor MFC, nor MinGW's libgcc, libstdc++ and libwinpthread.

    Where a file of the wheel has the DLL's name and a hash, delvewheel stored it and this file still asks for the old
    name: an error, because nothing can bring the library. It is a warning where the wheel has another file of this
    one's name, which was rewritten and may be loaded first (tables 3.11.1 loads libblosc2.dll from tables.libs). Notes
    are the cases in which the DLL is often there: Visual C++'s redistributable brings it, a graphics driver does, or a
    distribution that the wheel requires and that is named like the DLL (torch and torch_cpu.dll). So are those in which
    it may not be needed: only a call needs it (delay load), or only a DLL that no file of the wheel imports, which may
    be a plugin.

    A file in any folder of the wheel counts as found: which folders a package adds with os.add_dll_directory is not
    known.

    Source: delvewheel's list of what Windows and Python bring; MinGW's definitions of Windows' DLLs.
    Remedy: bundle it with `delvewheel repair`, or link it statically (/MT for a program, `-static-libgcc
    -static-libstdc++` for MinGW).
    """
    carried = Carried(wheel, ignore_case=True)
    hashed = {
        f"{found[1]}.dll": name
        for name in sorted(carried.names)
        if name.endswith(".dll") and (found := _HASHED.fullmatch(name))
    }
    by_word = {word: name for name in reversed(wheel.required.names) for word in _words(name)}
    imported = {library_name(name) for _, slice_, _ in native_code(wheel, "windows") for name in slice_.needed}
    rewritten = {
        _identity(member, slice_)
        for member, slice_, _ in native_code(wheel, "windows")
        if not _renamed(slice_.needed, hashed)
    }
    for member, slice_, platform in native_code(wheel, "windows"):
        tags = _tags_of(member, wheel, platform)
        outside = sorted(_outside(slice_, carried.beside(slice_), tags), key=lambda name: _ORDER.index(origin_of(name)))
        if renamed := _renamed(outside, hashed):
            file = hashed[library_name(renamed[0])]
            message = f"imports {renamed[0]}, which is in the wheel as {file}: the import was not rewritten"
            yield Hit(member.path, message, severity="warning" if _identity(member, slice_) in rewritten else "error")
        elif outside:
            is_plugin = library_name(name_of(member.path)) not in imported and _is_plain_dll(member, slice_)
            reason, severity = _judge_outside(outside, slice_, by_word, is_plugin=is_plugin)
            yield Hit(member.path, f"imports {', '.join(outside)}, which {reason}", severity=severity)


def _renamed(names: Iterable[str], hashed: Mapping[str, str]) -> list[str]:
    """Return those of the DLLs that delvewheel stored under a name with a hash, Visual C++'s aside."""
    return [name for name in names if library_name(name) in hashed and origin_of(name) != "Visual C++"]


def _identity(member: Member, slice_: Slice) -> tuple[str, str]:
    """Return what makes one DLL stand for another, once it is loaded: its name, for one CPU."""
    return name_of(member.path).lower(), slice_.machine


def _is_plain_dll(member: Member, slice_: Slice) -> bool:
    return slice_.kind == "library" and not is_extension_module(member.path)


def _outside(slice_: Slice, carried: Collection[str], tags: list[WheelTag]) -> Iterator[str]:
    """Yield the imported DLLs that neither Windows nor Python nor the wheel brings."""
    for name in slice_.needed:
        is_known = library_name(name) in carried or python_library(name) or is_debug_runtime(name)
        beside_python = slice_.kind == "library" and all(comes_with_python(name, tag, slice_.bits) for tag in tags)
        if not is_known and not beside_python and origin_of(name) != "Windows":
            yield name


def _judge_outside(
    names: list[str], slice_: Slice, by_word: Mapping[str, str], *, is_plugin: bool
) -> tuple[str, Severity | None]:
    """Say who may bring the DLLs, the worst of which is the first, and how bad it is that nobody has to.

    `by_word` are the required distributions by the words in their names. A plugin is a DLL that nothing here imports.
    """
    eager = [name for name in names if name not in slice_.weak_needed]
    if not eager:
        return "neither Windows nor Python brings: a call that needs it fails (delay-loaded)", "note"
    origin = origin_of(eager[0])
    if origin == "graphics driver":
        return "a graphics driver brings: without one the file cannot be loaded", "note"
    if origin == "Visual C++":
        if slice_.kind == "executable" and all(library_name(name).startswith("vcruntime140") for name in eager):
            return "is beside Python and not beside this program: link the runtime statically", "note"
        return "only Visual C++'s redistributable brings: bundle it", "note"
    words = (word for name in eager for word in _words(library_name(name).removesuffix(".dll")))
    if brings := next((by_word[word] for word in words if word in by_word), ""):
        return f"neither Windows nor Python brings: bundle it, unless {brings} loads it first", "note"
    maker = " (MinGW)" if origin == "MinGW" else ""
    return f"neither Windows nor Python brings{maker}: bundle it", "note" if is_plugin else None


def _words(name: str) -> list[str]:
    """Return the words in a name: torch and cpu for `torch_cpu`."""
    return re.findall(r"[a-z]{2,}", name.lower())
