"""WC611, WC621 and WC624: what compilers of extension modules read is in the sdist: sources, headers, Cython files."""

from __future__ import annotations

import fnmatch
import posixpath
import re

from wheelcheck.facts import Sdist
from wheelcheck.facts.setup_py import extension_sources
from wheelcheck.facts.source_files import Taken
from wheelcheck.facts.toml import table, tables, texts
from wheelcheck.patterns import regex
from wheelcheck.platforms.known_names import foreign_headers
from wheelcheck.rules import Hit, LimitReachedError, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wheelcheck.config.fields import Severity

_C_FILE = regex(r"""["']([\w./+-]{1,200}\.(?:c|cc|cpp|cxx|c\+\+|h|hpp|hxx|hh))["']""")
_GENERATES = regex(r"\b(?:subprocess|os\.system|cmdclass|build_ext|build_clib|cythonize|ffibuilder|pkg_?config)\b")
_LIBRARIES = regex(r"\blibraries\b|[\"']/(?:usr|opt)/")
_INCLUDE_DIRS, _FOUND_BY_CODE = regex(r"\binclude_dirs\b"), regex(r"get_include|environ|sysconfig")
_DECIDES = regex(r"^[^\S\n]*(?:if|elif|for|while|try)\b(?! __name__)", re.MULTILINE)
_COMPARED = 3  # parts of a path that an include may write, from the end
_HEADERS = (".h", ".hh", ".hpp", ".hxx")
_OUTSIDE = ("/", "../", "sys/", "linux/", "net/", "netinet/", "arpa/", "asm/", "mach/")  # of the system, if anything's
_TEMPLATES = (".in", ".tmpl", ".template", ".tp")
_GENERATORS = (*_TEMPLATES, ".pyx", ".py", ".c", ".cpp", ".cxx", ".cc", ".y", ".l", ".rl", ".i", ".re", ".f2py")
_CYTHON_FILE = regex(r"""["']([\w./*+-]{1,200}\.pyx)["']""")
_INCLUDED = (".pxi", ".pyx", ".pxd")
_MAGIC = frozenset("*?[")  # of patterns, which Cython takes for sources
_MOST_GLOBS = 50  # of Cython sources; each is compared with every one
_WRITES = regex(r"\b(?:subprocess|os\.system|cmdclass|exec|write|write_text|render|import_module|sys\.path)\b")


@rule("WC611", on=Sdist, severity=("error", "warning", "note"), absence=True)
def every_local_header_of_the_extension_is_in_the_sdist(sdist: Sdist) -> Iterator[Hit]:
    """What a C source includes in quotation marks is in the sdist, if the build of the extension surely compiles it.

    setuptools puts the sources of an extension into the sdist and not the headers beside them: everybody who has no
    wheel sees "fatal error: tables.h: No such file or directory". Judged are the sources that setup.py or
    pyproject.toml list by name and the headers that these include, outside of `#if`. A header may be anywhere in the
    sdist. Headers of CPython and of the system come from elsewhere. Where the build generates files or links with
    libraries of the system, the header may come from there: a warning. So is a header in a folder that is not in the
    sdist, and otherwise nothing is said of one in a folder (`numpy/arrayobject.h`). A note says that sources are too
    many to be read, for this rule, WC624 and WC625.

    Source: setuptools, "Building Extension Modules" (`depends`); MANIFEST.in.
    Remedy: list the headers in `depends=` of the extension, or `recursive-include src *.h` in MANIFEST.in.
    """
    if not sdist.is_taken_whole:
        yield Hit("", "the sources have too many words, and not all were read", "note")
    listed, script = _listed_sources(sdist)
    if not listed:
        return
    severity: Severity | None = "warning" if _GENERATES.search(script) or _uses_libraries(script) else None
    paths = {member.path for member in sdist.members}
    files = {posixpath.basename(path) for path in paths}
    folders = {end.partition("/")[0] for path in sdist.taken if path.endswith(_HEADERS) for end in _ends(path)} - files
    ends = {end for path in paths for end in _ends(path)}
    known = ends | {name.rpartition(".")[0] for name in files if name.endswith((*_TEMPLATES, ".cmake"))}
    waiting, seen = list(listed), set(listed)
    while waiting:
        path = waiting.pop()
        for name in sdist.taken[path].includes:
            found = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            if found in sdist.taken and found not in seen:
                seen.add(found)
                waiting.append(found)
            if found in paths or _end(name) in known or name in foreign_headers():
                continue
            if _is_own(name, path, sdist.top, folders):
                yield Hit(path, f'includes "{name}", which is not in the sdist', severity)
            elif severity is None and not name.startswith(_OUTSIDE):
                yield Hit(path, f'includes "{name}", which is not in the sdist', "warning")


def _uses_libraries(script: str) -> bool:
    """Return whether a build links with libraries of the system, or finds out where headers are."""
    found = ((line, _INCLUDE_DIRS.search(line)) for line in script.split("\n") if "include_dirs" in line)
    return bool(_LIBRARIES.search(script)) or any(at and _FOUND_BY_CODE.search(line, at.end()) for line, at in found)


def _is_own(name: str, path: str, top: str, folders: Collection[str]) -> bool:
    """Return whether an included file would be this project's: its folder is one that holds headers here."""
    first, slash, _ = name.partition("/")
    if first in (".", ".."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(path), name)).startswith(f"{top}/")
    return not slash or first in folders


@rule("WC621", on=Sdist, severity=("error", "note"), absence=True)
def every_source_that_an_extension_lists_is_in_the_sdist(sdist: Sdist) -> Iterator[Hit]:
    """The sources that setup.py or pyproject.toml lists for an extension module are in the sdist.

    The build of an sdist without them ends in "error: src/core.c: No such file or directory", for everybody who has no
    wheel. Judged are lists of literal names, without patterns. A file that Cython, a parser generator or a template may
    make counts as being there if what it is made from is. Where setup.py generates files or decides what to build, a
    missing one is a note: four of 85 sdists of well-known projects name a file that the build makes, or that is only
    there to ask for the compiler.

    Source: setuptools, "Building Extension Modules" (`sources`).
    Remedy: include the file in MANIFEST.in, or take it out of the list.
    """
    files = {member.path for member in sdist.members}
    stems = {_stem(path) for path in files if path.endswith(_GENERATORS)}
    script = sdist.texts.get(f"{sdist.top}/setup.py", "")
    severity: Severity | None = "note" if _GENERATES.search(script) or _DECIDES.search(script) else None
    modules = tables(table(table(sdist.pyproject, "tool"), "setuptools"), "ext-modules")
    listed = [*extension_sources(script), *(name for module in modules for name in texts(module, "sources"))]
    for name in dict.fromkeys(listed):
        path = posixpath.normpath(f"{sdist.top}/{name}")
        is_there = path in files or _stem(path) in stems
        if not is_there and not name.startswith("/") and _MAGIC.isdisjoint(name):
            yield Hit(path, "is listed as a source of an extension module, and is not in the sdist", severity)


@rule("WC624", on=Sdist, severity=("error", "warning"), absence=True)
def every_file_that_a_cython_module_takes_is_in_the_sdist(sdist: Sdist) -> Iterator[Hit]:
    """The files that a Cython source includes, and the modules of its package that it cimports, are in the sdist.

    setuptools puts the `.pyx` files of extensions into the sdist, and neither the `.pxd` nor the `.pxi` files beside
    them: everybody who has no wheel sees "'core.pxd' not found" or "'core.pxi' not found". Judged are the sources that
    setup.py or pyproject.toml name, as a pattern too, and what these take, if the build requires Cython. Only what
    stands at the beginning of a line and is of the same package (`from .core cimport x`) counts. A file that a template
    may become is there. It is a warning where setup.py writes files or starts programs, or where the C source that
    Cython would write is in the sdist.

    Source: Cython's documentation, "Sharing Declarations Between Cython Modules" and "The include statement".
    Remedy: `recursive-include src *.pxd *.pxi` in MANIFEST.in.
    """
    script = _script(sdist)
    if "cython" not in script.lower():
        return
    files = {member.path for member in sdist.members}
    stems = {_stem(path) for path in files if path.endswith(_TEMPLATES)}
    ends = {end for path in files if path.endswith(_INCLUDED) for end in _ends(path)}
    for path, spelled, places in _cython_files(sdist, files, script):
        if not any(place in files or place in ends or _stem(place) in stems for place in places):
            is_translated = any(f"{path.rpartition('.')[0]}.{suffix}" in files for suffix in ("c", "cpp"))
            is_made = _WRITES.search(script) or posixpath.basename(places[0]) in script
            severity: Severity | None = "warning" if is_translated or is_made else None
            yield Hit(path, f"{spelled}, and {places[0]} is not in the sdist", severity)


def _cython_files(sdist: Sdist, files: Collection[str], script: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield what Cython reads: the source, how it takes another file, and where that may be."""
    waiting = _cython_sources(sdist, script)
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        folder = posixpath.dirname(path)
        taken = sdist.taken.get(path, Taken())
        for name in taken.includes:
            yield path, f'includes "{name}"', _included(name, folder, sdist.top)
        for name in taken.cimports:
            yield path, f"cimports {name}", _declarations(name, folder)
        beside = f"{path.rpartition('.')[0]}.pxd"  # which Cython reads first
        if beside in files and beside not in seen:
            seen.add(beside)
            waiting.append(beside)


def _included(name: str, folder: str, top: str) -> tuple[str, ...]:
    """Return where Cython looks for an included file: beside the source, from the top, and wherever it is told to."""
    told = (_end(name),) if "/" in name else ()  # a bare name may be any file
    return (*(posixpath.normpath(posixpath.join(start, name)) for start in (folder, top)), *told)


def _declarations(name: str, folder: str) -> tuple[str, ...]:
    """Return the files that can declare the module `..a.b`, as seen from a source in a folder."""
    module = name.lstrip(".")
    for _ in range(len(name) - len(module) - 1):
        folder = posixpath.dirname(folder)
    place = posixpath.join(folder, module.replace(".", "/"))
    inits = (f"{place}/__init__.{suffix}" for suffix in ("pxd", "py", "pyx"))
    # `from . cimport x` may also name something that the package itself declares.
    return (f"{place}.pxd", *inits, f"{posixpath.dirname(place)}/__init__.pxd")


def _cython_sources(sdist: Sdist, script: str) -> list[str]:
    """Return the Cython sources that the build names, by name or by pattern."""
    sources = sorted(path for path in sdist.taken if path.endswith(".pyx"))
    named = dict.fromkeys(posixpath.normpath(f"{sdist.top}/{name}") for name in _CYTHON_FILE.findall(script))
    patterns = [regex(fnmatch.translate(name)) for name in named if "*" in name]
    if sources and len(patterns) > _MOST_GLOBS:
        raise LimitReachedError(f"the build names Cython sources by more than {_MOST_GLOBS} patterns")
    return [path for path in sources if path in named or any(pattern.match(path) for pattern in patterns)]


def _stem(path: str) -> str:
    """Return the path without its suffixes: `src/a.pyx.in` and `src/a.c` may be one made from the other."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def _ends(path: str) -> Iterator[str]:
    """Yield a file's name, and the name with its folders, as an include writes it."""
    parts = path.split("/")
    for count in range(1, min(len(parts), _COMPARED + 1)):
        yield "/".join(parts[-count:])


def _end(name: str) -> str:
    """Return the end of an included name to look for: which folder `../` begins in is the compiler's to know."""
    return "/".join([part for part in name.split("/") if part not in ("", ".", "..")][-_COMPARED:])


def _listed_sources(sdist: Sdist) -> tuple[list[str], str]:
    """Return the C sources that setup.py and pyproject.toml name and that are there, and both texts."""
    script = _script(sdist)
    paths = {posixpath.normpath(f"{sdist.top}/{name}") for name in _C_FILE.findall(script)}
    return sorted(path for path in paths if path in sdist.taken), script


def _script(sdist: Sdist) -> str:
    """Return the text of the files that say what is built."""
    names = ("setup.py", "pyproject.toml", "setup.cfg")
    return "\n".join(sdist.texts.get(f"{sdist.top}/{name}", "") for name in names)
