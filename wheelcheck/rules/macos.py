"""WC501, WC502 and WC506 to WC509: Mach-O code runs on every system that a macOS or iOS tag promises."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from pathlib import PurePosixPath

from wheelcheck.counting import dotted
from wheelcheck.facts import Wheel
from wheelcheck.facts.dyld import WALK_LIMIT, Dyld, Image, place_of
from wheelcheck.facts.file_names import installed_path
from wheelcheck.facts.fit import native_code, without_known_cpu
from wheelcheck.facts.floors import needed, promised
from wheelcheck.facts.interpreter import is_module
from wheelcheck.facts.leftovers import Carried
from wheelcheck.facts.python_imports import STANDARD, imports_of_script
from wheelcheck.patterns import regex
from wheelcheck.platforms.system_symbols import is_of_python
from wheelcheck.rules import Hit, LimitReachedError, listed, rule
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.config.fields import Severity
    from wheelcheck.platforms.tags import Platform

_SYSTEM_FOLDERS = ("/usr/lib/", "/System/")
_SHARED_FOLDERS = (*_SYSTEM_FOLDERS, "/Library/")  # users install frameworks in the last
_HOMES = ("/Users/", "/home/", "/private/", "/tmp/", "/var/", "/Volumes/")  # noqa: S108 - no user installs there
_PYTHON_LIBRARY = regex(r"libpython\d[\w.]*\.dylib|Python3?")
_FIRST_YEARLY_MACOS = 11
_SHOWN = 4  # names in a message


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
            message = f"{'/'.join(slice_.arches)} code needs {slice_.system} {dotted(found)}"
            message += f", expected at most {dotted(allowed)} for {platform.tag}: {_consequence(slice_, severity)}"
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


@rule("WC502", on=Wheel, severity=("warning", "error"), needs=without_known_cpu, absence=True)
def every_needed_dylib_is_in_the_system_or_the_wheel(wheel: Wheel) -> Iterator[Hit]:
    """Each library that a Mach-O file loads is part of macOS, or is in the wheel and named relative to the file.

    A path such as /opt/homebrew/lib/libssl.dylib exists on the machine that built the wheel and on few others. dyld
    refuses the file where it is missing ("Library not loaded"), so an absolute path into Homebrew, MacPorts, conda or
    any other folder that does not come with macOS is an error. So is an extension module that loads libpython, which
    most interpreters have built in, or `@rpath/Python`, as all of libcellml 0.3.2.dev1 do (cellml/libcellml issue
    1006): python.org's library has another name, and no other interpreter has one.

    It is an error as well if a program or an extension module loads a library by a relative name that is not in the
    wheel, the wheel requires no other distribution and imports none, and no search path leads to a folder in which
    users install libraries: nothing can bring it. Other libraries may come with another package or be there already (a
    framework in /Library), and what is loaded weakly (LC_LOAD_WEAK_DYLIB) may be missing: warnings.

    Source: dyld(1): @loader_path, @rpath; Apple's <mach-o/loader.h>.
    Remedy: bundle the library with `delocate-wheel`, or link it statically; link an extension module with
    `-undefined dynamic_lookup` instead of libpython.
    """
    carried = Carried(wheel, ignore_case=True)
    is_alone: bool | None = None
    for member, slice_, _ in native_code(wheel, "macos", "ios"):
        own = carried.beside(slice_)
        outside = [name for name in slice_.needed if not _is_provided(name, own) and not _is_systems(name, slice_)]
        weak = frozenset(slice_.weak_needed)
        strong = [name for name in outside if name not in weak]
        image = Image(member.path, place_of(member.path), slice_)
        lost = {name for name in strong if _has_no_source(name, image)}
        is_alone = _is_alone(wheel) if lost and is_alone is None else is_alone
        fatal = [name for name in strong if _is_fatal(name, image) or (is_alone and name in lost)]
        if outside:
            message = f"loads {(fatal or outside)[0]}, expected a system library or one in the wheel"
            yield Hit(member.path, message, severity="error" if fatal else None)


def _is_alone(wheel: Wheel) -> bool:
    """Return whether a wheel requires no other distribution, and no package imports one in any case.

    torchaudio requires none and imports torch.
    """
    if wheel.required.names:
        return False
    own = {installed_path(member.path).partition("/")[0].partition(".")[0] for member in wheel.members}
    known = STANDARD | own
    scripts = (text for path, text in wheel.texts.items() if path.endswith("/__init__.py"))
    return all(module in known for text in scripts for module in imports_of_script(text))


def _is_provided(name: str, carried: Collection[str]) -> bool:
    if posixpath.normpath(name).startswith(_SYSTEM_FOLDERS):
        return True
    if "Python.framework/" in name:
        return not _is_of_builder(name)
    return PurePosixPath(name).name.lower() in carried and not name.startswith("/")


def _is_systems(name: str, slice_: Slice) -> bool:
    """Return whether a search path leads to folders of the system, which Swift's libraries are found by."""
    return name.startswith("@rpath/") and any(entry.startswith(_SYSTEM_FOLDERS) for entry in slice_.rpath)


def _is_fatal(name: str, image: Image) -> bool:
    """Return whether no user's machine can be expected to have a library that is loaded by this name."""
    names_python = _PYTHON_LIBRARY.fullmatch(PurePosixPath(name).name) is not None
    return _is_of_builder(name) or (names_python and is_module(image.path, image.code))


def _is_of_builder(name: str) -> bool:
    """Return whether a path leads to a folder that no user's machine can be expected to have."""
    return name.startswith("/") and not posixpath.normpath(name).startswith(_SHARED_FOLDERS)


def _has_no_source(name: str, image: Image) -> bool:
    """Return whether a library that is not in the wheel is loaded by a name under which nobody else can bring it."""
    is_open = any(entry.startswith("/") and not entry.startswith(_HOMES) for entry in image.code.rpath)
    is_python = ".framework/" in name or _PYTHON_LIBRARY.fullmatch(PurePosixPath(name).name) is not None
    return name.startswith("@") and image.is_started and not is_open and not is_python


@rule("WC507", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def each_dylib_of_the_wheel_is_where_dyld_looks_for_it(wheel: Wheel) -> Iterator[Hit]:
    """What a Mach-O file needs of the wheel's own libraries is at the path that it asks for.

    `@loader_path/x` is relative to the file that loads, `@executable_path/x` to the program (for a module that is
    Python), and `@rpath/x` is looked for in the LC_RPATH entries of the file and of those that led to it. A bare name
    is relative to the current folder. If the library is elsewhere in the wheel, the import ends in "Library not
    loaded", but not on the machine that built it, where the library is installed as well.

    It is a warning for a library to which no program or module of the wheel leads, because whoever loads it may have
    loaded its needs; and where the name is also the library's own (LC_ID_DYLIB) and another file of the wheel does find
    it: once that one is loaded, dyld takes it for every file that asks for the name.

    Source: dyld(1); delocate's check of the same.
    Remedy: run `delocate-wheel` after everything is in the wheel, or `install_name_tool -add_rpath @loader_path/… FILE`
    and sign the file again.
    """
    has_code = any(native_code(wheel, "macos"))
    places = {place_of(member.path): member.path for member in wheel.members} if has_code else {}
    exhausted = False
    for dyld in _dyld_of_each_cpu(wheel, places):
        by_name = defaultdict(list)
        for image in dyld.images.values():
            by_name[PurePosixPath(image.place).name].append(image)
        for image, name in dyld.missed:
            others = by_name.get(PurePosixPath(name).name.lower(), ())
            if others and name not in image.code.weak_needed:
                is_taken = any(each.place in dyld.loaded and each.code.soname == name for each in others)
                message = f"loads {name}, which is in the wheel as {others[0].path}, where dyld does not look for it"
                is_certain = dyld.is_started(image) and not is_taken
                yield Hit(image.path, message, severity="error" if is_certain else "warning")
        exhausted |= dyld.is_exhausted
    if exhausted:
        raise LimitReachedError(f"dyld would look for more than {WALK_LIMIT:,} names, which are not all followed")


def _dyld_of_each_cpu(wheel: Wheel, places: Collection[str]) -> Iterator[Dyld]:
    """Yield the files of the wheel as dyld sees them on each CPU; those that cannot be read whole are left out."""
    images: defaultdict[str, dict[str, Image]] = defaultdict(dict)
    for member, slice_, _ in native_code(wheel, "macos"):
        if slice_.dynamic:
            images[slice_.machine][member.path] = Image(member.path, place_of(member.path), slice_)
    yield from (Dyld(each.values(), places) for each in images.values())


@rule("WC509", on=Wheel, severity=("error", "warning"), needs=without_known_cpu, absence=True)
def every_symbol_that_is_looked_for_anywhere_is_somewhere(wheel: Wheel) -> Iterator[Hit]:
    """What a module for macOS takes from no particular library is Python's, the system's, or in the wheel.

    Modules are linked with `-undefined dynamic_lookup`, so that they find the interpreter's functions wherever these
    are. The linker then lets every name pass: a library that was not linked, or only for another CPU, shows when the
    module is imported: "symbol not found in flat namespace '_mysql_init'".

    Judged are extension modules that link to nothing but the C, C++ and Objective-C runtimes and libraries of the
    wheel. Whatever another library of the system or of another package has may be in the process, too: such modules are
    not judged. Names that begin like Python's API, names of C++ and weak references are left out. It is a warning where
    the wheel requires other distributions, or a package of it loads something for all (RTLD_GLOBAL).

    Source: dyld(1); ld(1), `-undefined dynamic_lookup`; Apple's stub of libSystem, as ziglang has it.
    Remedy: link the library that has the symbol, for each CPU (`otool -L FILE`); list what may be undefined with
    `-Wl,-U,_name` in place of `-undefined dynamic_lookup`.
    """
    asked = list(_asked_of_all(wheel))
    wanted = {each.machine: set[str]() for each in asked}
    for each in asked:
        wanted[each.machine] |= each.names
    exported = {machine: wheel.exported(names, machine) for machine, names in wanted.items()}
    is_open = bool(asked and (wheel.required.names or wheel.loads_for_all))
    for each in asked:
        if names := each.names - exported[each.machine]:
            found = f"looks for {listed(sorted(names), _SHOWN)}, which neither the wheel nor {each.platform.tag} offers"
            yield Hit(each.path, f"{found}: loading it fails", "warning" if is_open else None)


class _Asked(NamedTuple):
    """The symbols that a module looks for anywhere, and which no system or interpreter has."""

    path: str
    machine: str
    platform: Platform
    names: set[str]


def _asked_of_all(wheel: Wheel) -> Iterator[_Asked]:
    own = Carried(wheel, ignore_case=True)
    for member, slice_, platform in native_code(wheel, "macos"):
        is_judged = is_module(member.path, slice_) and slice_.symbols_known and slice_.kind == "library"
        if not is_judged or not all(_is_followed(name, own.beside(slice_)) for name in slice_.needed):
            continue
        loose = {symbol.name for symbol in slice_.imports if not (symbol.library or symbol.weak)}
        names = {name for name in loose if not is_of_python(name)}
        names = {name for name in names if not _may_be_offered(name)} if names else names
        if names:
            yield _Asked(member.path, slice_.machine, platform, names)


def _is_followed(name: str, carried: Collection[str]) -> bool:
    """Return whether all is known that a needed library brings into the process."""
    from wheelcheck.platforms.macos_symbols import is_known  # noqa: PLC0415  # not for wheels for other systems

    return is_known(name) or (not name.startswith("/") and PurePosixPath(name).name.lower() in carried)


def _may_be_offered(name: str) -> bool:
    from wheelcheck.platforms.macos_symbols import may_be_offered  # noqa: PLC0415  # as above

    return may_be_offered(name)


@rule("WC508", on=Wheel, needs=without_known_cpu)
def no_search_path_is_there_twice(wheel: Wheel) -> Iterator[Hit]:
    """No Mach-O file has the same LC_RPATH twice.

    dyld of macOS 15.4 and later refuses such a file: "duplicate LC_RPATH '@loader_path'". Older versions load it, so
    that nobody notices before. Linkers other than Apple's own write an entry as often as they are told to, and build
    systems give `-rpath` both with the compiler's flags and with the linker's.

    Source: Apple's dyld, mach_o/Header.cpp (validSemanticsRPath).
    Remedy: `install_name_tool -delete_rpath ENTRY FILE` removes one of them; then sign the file again.
    """
    for member, slice_, _ in native_code(wheel, "macos"):
        if len(set(slice_.rpath)) < len(slice_.rpath):
            twice = next(entry for entry, count in Counter(slice_.rpath).items() if count > 1)
            yield Hit(
                member.path,
                f"found the search path {twice or repr(twice)} {slice_.rpath.count(twice)} times, expected once",
            )


@rule("WC506", on=Wheel, needs=without_known_cpu)
def code_for_apple_silicon_has_the_signature_of_its_bytes(wheel: Wheel) -> Iterator[Hit]:
    """Each arm64 program and library for macOS is signed, and the hashes in its signature are those of its pages.

    On Apple silicon the kernel runs no unsigned code, and it kills a process that touches a page whose hash is not the
    signed one: "killed: 9", and "Code Signature Invalid" in the crash report. Everything that edits a file after it was
    linked breaks the linker's signature: strip, install_name_tool, a patched path or version. x86_64 code needs none.
    Who signed does not matter; the linker's own ("ad-hoc") signature is enough.

    Source: XNU's bsd/kern/ubc_subr.c; Apple, "macOS Big Sur 11 Release Notes" (Code signing).
    Remedy: `codesign --force --sign - FILE` after the last edit (`rcodesign sign FILE` on other systems). delocate and
    Apple's own tools sign again by themselves; llvm-strip and llvm-install-name-tool do not.
    """
    for member, slice_, _ in native_code(wheel, "macos"):
        if slice_.signature_fault and "aarch64" in slice_.arches:
            yield Hit(member.path, f"{slice_.signature_fault}: macOS kills the process on Apple silicon")
