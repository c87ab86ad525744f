"""WC420 to WC422: ld.so finds every library of the wheel, and every symbol that code asks for."""

from __future__ import annotations

from collections import defaultdict

from wheelcheck.binary.model import VersionNeed
from wheelcheck.facts import Wheel
from wheelcheck.facts.file_names import place_of
from wheelcheck.facts.fit import is_answered_by_musl, native_code, without_known_cpu
from wheelcheck.facts.interpreter import is_module
from wheelcheck.facts.ld_so import WALK_LIMIT, Loadable, Loader
from wheelcheck.patterns import regex
from wheelcheck.platforms.system_symbols import (
    MUSL,
    OF_INTERPRETER,
    always_offered,
    is_of_a_system,
    is_of_python,
    knows,
    not_offered,
    offers,
    without_version,
)
from wheelcheck.rules import Hit, LimitReachedError, listed, rule
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wheelcheck.binary.model import Slice, Symbol
    from wheelcheck.config.fields import Severity
    from wheelcheck.facts.ld_so import Found
    from wheelcheck.platforms.tags import Platform

_SHOWN = 4  # names in a message
_LOADING = regex(r"\b(?:CDLL|PyDLL|LoadLibrary|dlopen)\b")
_LISTING = ("glob", "listdir", "iterdir", "scandir", "os.walk")


def _loaders(wheel: Wheel) -> Iterator[tuple[Platform, Loader]]:
    """Yield the Linux files of the wheel as the loader of each promise sees them."""
    files: dict[Platform, list[Loadable]] = defaultdict(list)
    for member, slice_, platform in native_code(wheel, "linux"):
        if slice_.system == "linux" and platform.libc in ("glibc", "musl"):
            files[platform].append(Loadable(member.path, place_of(member.path), slice_))
    for platform, served in files.items():
        yield platform, Loader(served, is_musl=platform.libc == "musl")


def _is_started(file: Loadable) -> bool:
    """Return whether Python or the user loads a file, and not another file of the wheel."""
    return file.code.kind == "executable" or _is_module(file)


def _is_module(file: Loadable) -> bool:
    return is_module(file.path, file.code) or bool(file.code.exports.beginning_with("PyInit_"))


@rule("WC420", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def each_library_of_the_wheel_is_on_the_search_path_of_those_that_need_it(wheel: Wheel) -> Iterator[Hit]:
    """What an extension module or program needs of the wheel's own libraries is where the loader looks for it.

    The loader looks in the folders of DT_RUNPATH, or of DT_RPATH here and in the files that led to this one, and then
    in those of the system. It does not look in `NAME.libs` or beside the file by itself. It looks for the name that
    DT_NEEDED gives: `libfoo.so.1` is not found in `libfoo.so.1.2.3`, because a wheel holds no symbolic links. The
    import ends in "libfoo.so.1: cannot open shared object file", but not on the machine that built it, where the
    library is installed as well.

    DT_RUNPATH counts for the needs of its own file alone: a library that the module finds needs one itself.

    It is a warning where something else may have loaded the library first:

    - Another file of the wheel does find it: the loader then takes it for every file that needs its name.
    - The package's `__init__.py` loads libraries by their path (`ctypes.CDLL`) and names this one or lists a folder, as
      pyxel does with SDL; musl does not take such a library for the name.
    - A program among the package's files needs it, and the wheel's sources set LD_LIBRARY_PATH, as those of
      cppyy-cling's commands do before they start it.

    A library that no module or program leads to is not judged; who loads it may have loaded its needs.

    Source: ld.so(8); glibc's elf/dl-load.c; musl's ldso/dynlink.c.
    Remedy: run `auditwheel repair` after everything is in the wheel, or `patchelf --set-rpath '$ORIGIN/../NAME.libs'`.
    """
    exhausted = False
    for _, loader in _loaders(wheel):
        missed = _out_of_reach(loader)
        reached = _reached(loader) if missed else frozenset()
        by_path = _loaded_by_path(wheel, {needed for _, needed in missed}, loader) if missed else set()
        sets_path = bool(missed) and _sets_library_path(wheel)
        for file, needed in missed:
            candidates = loader.by_name[needed]
            is_reached = any(each.place in reached for each in candidates)
            is_loaded = needed in by_path and any(each.code.soname == needed for each in candidates)
            is_told = sets_path and _is_started_by_package(file)
            severity: Severity | None = "warning" if is_reached or is_loaded or is_told else None
            where = f"is in the wheel as {candidates[0].path}, where the loader does not look for it"
            unless = ", unless the package has loaded it before" if is_loaded else ""
            unless = ", unless LD_LIBRARY_PATH leads there" if is_told else unless
            yield Hit(file.path, f"needs {needed}, which {where}{unless}: {_search_path(file.code)}", severity)
        exhausted |= loader.is_exhausted
    _require_all(exhausted)


def _require_all(exhausted: bool) -> None:  # noqa: FBT001  # its only argument
    """Raise LimitReachedError if a loader did not follow all that it was asked for."""
    if exhausted:
        raise LimitReachedError(f"the loader would follow more than {WALK_LIMIT:,} needs, which are not all followed")


def _sets_library_path(wheel: Wheel) -> bool:
    return any("LD_LIBRARY_PATH" in text for path, text in wheel.texts.items() if path.endswith(".py"))


def _is_started_by_package(file: Loadable) -> bool:
    """Return whether a program is no command of the users, so that the package can set its environment."""
    return file.code.kind == "executable" and ".data/" not in file.path


def _loaded_by_path(wheel: Wheel, libraries: set[str], loader: Loader) -> set[str]:
    """Return those of the libraries that a package may load by their paths when it is imported."""
    texts = [] if loader.is_musl else [text for text in wheel.texts.values() if _LOADING.search(text)]
    if any(word in text for text in texts for word in _LISTING):
        return libraries
    return {library for library in libraries if any(library.partition(".so")[0] in text for text in texts)}


def _out_of_reach(loader: Loader) -> list[tuple[Loadable, str]]:
    """Return each file that is loaded for a module or program, with a library of the wheel that it does not find."""
    doubtful = any(
        needed in loader.by_name and loader.find(needed, file) is None
        for file in loader.files
        for needed in file.code.needed
    )
    missed: dict[tuple[str, str], tuple[Loadable, str]] = {}
    for root in filter(_is_started, loader.files) if doubtful else ():
        for needed, file in loader.closure(root).outside.items():
            if needed in loader.by_name:
                missed.setdefault((file.place, needed), (file, needed))
    return list(missed.values())


def _reached(loader: Loader) -> frozenset[str]:
    """Return where the libraries are that some file of the wheel finds."""
    return frozenset(
        found.place
        for file in loader.files
        for needed in file.code.needed
        if (found := loader.find(needed, file)) is not None
    )


def _search_path(code: Slice) -> str:
    entries = code.runpath or code.rpath
    return f"the search path is {':'.join(entries)}" if entries else "the file has no search path"


@rule("WC422", on=Wheel, severity=("error", "warning"), needs=without_known_cpu, absence=True)
def each_library_defines_the_symbol_versions_that_others_need_of_it(wheel: Wheel) -> Iterator[Hit]:
    """A library of the wheel defines every symbol version that a file of the wheel needs of it.

    glibc's loader compares them at load, before any symbol: the import ends in "version `FOO_2' not found (required by
    …)". It happens when a library is replaced by another build of the same name. A library that defines no versions is
    taken, unless it has no version information at all (DT_VERSYM): then the loader ends the process. musl does not
    compare versions.

    It is a warning for a library that no module or program of the wheel leads to.

    Source: glibc's elf/dl-version.c (match_symbol) and elf/dl-lookup.c (check_match).
    Remedy: put the library into the wheel that the others were linked with.
    """
    for _, loader in _loaders(wheel):
        reached: frozenset[str] | None = None
        for file in () if loader.is_musl else loader.files:
            for library, version in _undefined_versions(file, loader):
                reached = _reached(loader) if reached is None else reached
                is_loaded = _is_started(file) or file.place in reached
                message = f"needs the version {version} of {library.names[-1]}, which {library.path} does not define"
                yield Hit(file.path, message, None if is_loaded else "warning")


def _undefined_versions(file: Loadable, loader: Loader) -> Iterator[tuple[Loadable, str]]:
    """Yield the libraries of the wheel that a file finds, with a version that it needs and they do not define."""
    for need in file.code.binding_versions:
        found = loader.find(need.library, file) if need.library in loader.by_name else None
        if found is None or need.version in found.code.defined_versions:
            continue
        if found.code.defined_versions or "DT_VERSYM" not in found.code.dynamic_tags:
            yield found, need.version


def _without_known_names(wheel: Wheel) -> str:
    """Say why no symbol can be looked for: the data has neither the CPU nor the C API of Python 2."""
    if any(tag.python.startswith(("cp2", "pp2")) for tag in wheel.name.tags):
        return "the C API of Python 2 is not known"
    return without_known_cpu(wheel)


class _Missing(NamedTuple):
    """The symbols of one file that nothing in its scope offers, and why that is not certain, if so."""

    symbols: tuple[Symbol, ...] = ()
    unknown: str = ""


@rule("WC421", on=Wheel, severity=("error", "warning", "note"), needs=_without_known_names, absence=True)
def every_symbol_is_offered_by_what_the_loader_finds(wheel: Wheel) -> Iterator[Hit]:
    """Each strong undefined symbol is offered by a library in scope, the tag's oldest C library, or the interpreter.

    In scope are the wheel's libraries that the file leads to, the system's libraries that it needs, and for everything
    but programs what the interpreter is linked with: libc, libm, libpthread, libdl and libutil. A symbol that no one
    offers ends the import in "undefined symbol". Symbols without a version count most: nothing compares them with the
    floor. glibc offers a symbol only under the versions that it has: `puts@GLIBC_2.34` is found nowhere. `stat` is a
    function of glibc only since 2.33, `shm_open` was in librt until 2.34, musl has `reallocarray` since 1.2, `__time64`
    on CPUs with 32 bits only, and never had `__cxa_thread_atexit_impl`. A tag of musl names no third number, so every
    release of its minor version counts. Names that begin like the C API of Python are the interpreter's, others that
    begin with `Py` are not.

    It is an error in an extension module, because Python loads it with RTLD_NOW (`sys.getdlopenflags()`), which binds
    even what was linked with `-z lazy`. In a program it is an error for a variable, and for a function with `-z now`.
    Warnings are

    - a function in a program that is looked up when it is first called: the program ends then;
    - a symbol that another library of the wheel has to which this file has no link, because a package can load that one
      first;
    - a symbol that no system has, if the package loads something for all (RTLD_GLOBAL), as usearch does with numkong;
    - one in a library that no file of the wheel leads to, which may be a plugin; a note if a library of the system has
      the symbol.

    A library may take its symbols from what each module that needs it needs as well, as GSL takes those of cblas. A
    file that needs a library whose symbols are not known (another package's, CUDA's) is not judged, which a note says.

    Source: ld.so(8); dlopen(3); CPython's Python/dynload_shlib.c; System V ABI, "Shared Object Dependencies"; ziglang's
    lists of glibc and musl; Debian's symbols files of libstdc++, libgcc, libatomic, zlib and expat; the declarations of
    abi3info and pyo3-ffi.
    Remedy: link the library that has the symbol (`-l…`, and `-Wl,-z,defs` to have the linker say so), or build on the
    floor of the tag.
    """
    exhausted = False
    for platform, loader in _loaders(wheel):
        missed = {file: each for file in loader.files if any(each := _missing(file, loader, platform))}
        groups = [_Group(loader.closure(root).loaded) for root in loader.files if _is_started(root)] if missed else []
        missed = {file: each for file, each in missed.items() if not _is_served(file, each.symbols, groups, loader)}
        if loader.is_exhausted:  # then groups are incomplete, and so is what files are said to find
            exhausted, missed = True, {file: each for file, each in missed.items() if _is_certain(file, each)}
        holders = loader.holders({symbol.name for each in missed.values() for symbol in each.symbols}) if missed else {}
        for file, (symbols, unknown) in missed.items():
            if unknown:
                yield Hit(file.path, f"its symbols were not checked: {unknown}", "note")
                continue
            is_open = wheel.loads_for_all and not any(is_of_a_system(each.name, platform.arches[0]) for each in symbols)
            yield _judge(file, symbols, holders, platform, is_open=is_open)
    _require_all(exhausted)


def _is_certain(file: Loadable, missing: _Missing) -> bool:
    """Return whether it is known of a file by itself that nothing offers its symbols."""
    return _is_started(file) and not missing.unknown


def _missing(file: Loadable, loader: Loader, platform: Platform) -> _Missing:
    """Return what nothing in the scope of a file offers. A file that asks for nothing doubtful needs no search."""
    if not file.code.symbols_known:
        return _Missing(unknown="the file's own table cannot be read" if file.code.dynamic and file.code.needed else "")
    names, bound = _doubtful(file, loader, platform)
    names -= always_offered(platform, to_program=file.code.kind == "executable") - bound
    if file.code.kind != "executable":
        names = {name for name in names if not is_of_python(name)}
    names = _without(names, [file], loader) if names else names
    if not names:
        return _Missing()
    found = loader.closure(file)
    names = _without(names, found.loaded[1:], loader)
    system = {MUSL if loader.is_musl and is_answered_by_musl(name) else name for name in found.outside}
    names -= {name for name in names - bound if any(offers(library, name, platform) for library in system)}
    if not names:
        return _Missing()
    symbols = tuple(symbol for symbol in file.code.imports if symbol.name in names)
    return _Missing(symbols, _unknown(found, system, platform))


class _Group:
    """The files that the loader loads together for one module or program."""

    def __init__(self, files: tuple[Loadable, ...]) -> None:
        self.files = files
        self.places = frozenset(file.place for file in files)


def _is_served(file: Loadable, symbols: tuple[Symbol, ...], groups: list[_Group], loader: Loader) -> bool:
    """Return whether every module or program that leads to a library leads to what has its symbols, too.

    The loader looks in each of the groups that it loads together, and GSL is made for this: it comes with one cblas,
    and takes any.
    """
    if _is_started(file) or not symbols:
        return False
    names = {symbol.name for symbol in symbols}
    leading = [group for group in groups if file.place in group.places]
    return bool(leading) and not any(_without(names, group.files, loader) for group in leading)


def _doubtful(file: Loadable, loader: Loader, platform: Platform) -> tuple[set[str], set[str]]:
    """Return the symbols that have to be looked for, and those of them that glibc has under other versions.

    They are strong and neither bound to a library, which WC401 and WC410 judge, nor always there.
    """
    cpu = platform.arches[0]
    asked: dict[tuple[str, str], set[str]] = defaultdict(set)  # strong names by library and version
    for name, version, library, weak, _ in file.code.imports:
        if not weak:
            asked[library, version].add(name)
    names: set[str] = set()
    bound: set[str] = set()
    for (library, version), wanted in asked.items():
        if not library or library in loader.by_name:
            names |= wanted
        elif _is_judged(library, version, loader, platform):
            bound |= without_version(library, wanted, version.removeprefix("GLIBC_"), cpu)
            names |= not_offered(library, wanted, platform)
    return names | bound, bound


def _is_judged(library: str, version: str, loader: Loader, platform: Platform) -> bool:
    """Return whether the floor's glibc has that version of that library."""
    since = () if loader.is_musl else VersionNeed(library, version).glibc
    return bool(since) and since <= platform.floor


def _without(names: set[str], files: Iterable[Loadable], loader: Loader) -> set[str]:
    """Return those of the names that none of the files exports."""
    encoded = {name.encode(): name for name in names}
    left = set(encoded)
    for file in files:
        exported = loader.exported(file)
        if len(exported) < len(left):  # a difference of sets goes through one of them, and not always the smaller
            left.difference_update(exported)
        else:
            left = {name for name in left if name not in exported}
    return {encoded[raw] for raw in left}


def _unknown(found: Found, system: set[str], platform: Platform) -> str:
    """Say what in the scope of a file is not known; empty text if all of it is."""
    if not found.whole:
        return "more libraries are needed than are followed"  # which the rule says of the wheel, once
    if libraries := sorted(name for name in system if not knows(name, platform)):
        return f"the symbols of {', '.join(libraries[:_SHOWN])} are not known"
    if unread := [file.path for file in found.loaded if not file.code.symbols_known]:
        return f"the symbols of {unread[0]} cannot be read"
    return ""


def _judge(
    file: Loadable, symbols: tuple[Symbol, ...], holders: Mapping[str, Loadable], platform: Platform, *, is_open: bool
) -> Hit:
    """Say what is missing, and how bad it is.

    `holders` are the files of the wheel that have symbols; `is_open` says that something may be loaded for all.
    """
    nowhere = tuple(symbol for symbol in symbols if symbol.name not in holders)
    if not nowhere:
        holder = holders[symbols[0].name].path
        return Hit(file.path, f"asks for {_listed(symbols)}, which {holder} has, and is not linked to it", "warning")
    asked = f"asks for {_listed(nowhere)}, which neither the wheel nor {platform.tag} offers"
    if not _is_started(file):
        is_systems = all(_some_library_offers(symbol.name, platform) for symbol in nowhere)
        return Hit(file.path, f"{asked} through what it is linked to", "note" if is_systems else "warning")
    is_lazy = not _is_module(file) and all(symbol.lazy for symbol in nowhere)
    when = "calling it ends the process" if is_lazy else "loading it fails"
    when += ", unless the package loads a library that has it with RTLD_GLOBAL" if is_open else ""
    return Hit(file.path, f"{asked}: {when}", "warning" if is_lazy or is_open else None)


def _some_library_offers(name: str, platform: Platform) -> bool:
    return any(offers(library, name, platform) for library in (*OF_INTERPRETER, "libstdc++.so.6", "libgcc_s.so.1"))


def _listed(symbols: tuple[Symbol, ...]) -> str:
    names = [f"{symbol.name}@{symbol.version}" if symbol.version else symbol.name for symbol in symbols]
    return listed(names, _SHOWN)
