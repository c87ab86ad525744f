"""What sources in C, Cython and Rust, and build files, take from other files, read without a compiler."""

from __future__ import annotations

import re

from wheelcheck.facts.build_files import BUILD_FILES, entered
from wheelcheck.facts.rust_sources import modules_and_files
from wheelcheck.patterns import regex
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.facts.text_limits import LexemeBudget

_C_SUFFIXES = (".c", ".cc", ".cpp", ".cxx", ".c++", ".h", ".hh", ".hpp", ".hxx", ".inc", ".ipp")
_CYTHON_SUFFIXES = (".pyx", ".pxd", ".pxi")
SUFFIXES = (*_C_SUFFIXES, *_CYTHON_SUFFIXES, ".rs", *(f"/{name}" for name in BUILD_FILES))
_DIRECTIVE = regex(rb'^[ \t]*#[ \t]*(?:(if|ifdef|ifndef|endif)\b|include[ \t]*"([^"\n]{1,256})")', re.MULTILINE)
_CYTHON = regex(
    rb"""^include[ \t]+["']([^"'\n]{1,256})["']
    |^from[ \t]+(\.{1,16}[\w.]{0,256})[ \t]+cimport[ \t]+(\w[\w, \t]{0,512})""",
    re.MULTILINE | re.VERBOSE,
)
_BYTES_PER_LEXEME = 256  # as much work as one, at least
_SOURCE_FOLDER = regex(rb'"(?:[^"\n]{0,80}/)?src(?:/[^"\n]{0,80})?"|"CARGO_MANIFEST_DIR"')


class Taken(NamedTuple):
    """What one source takes in any case. Names are as written; those of `cimports` and `modules` are no paths.

    `includes` are of C and Cython, `cimports` relative modules of Cython, `modules` those of Rust in files of their
    own, `files` what Rust includes. `may_generate` says that Rust code knows the folder of the sources. `entered` are
    the build files of CMake and Meson in the folders that one of them enters.
    """

    includes: tuple[str, ...] = ()
    cimports: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    may_generate: bool = False
    entered: tuple[str, ...] = ()


def taken(path: str, content: bytes, budget: LexemeBudget) -> Taken:
    """Return what the source at `path` takes: nothing unless it has one of SUFFIXES, and nothing beyond the budget."""
    budget.spend(len(content) // _BYTES_PER_LEXEME)
    if path.endswith(_C_SUFFIXES):
        return Taken(includes=_included(content, budget))
    if path.endswith(_CYTHON_SUFFIXES):
        return _of_cython(content, budget)
    if path.endswith(BUILD_FILES):
        return Taken(entered=entered(path, content, budget))
    if not path.endswith(".rs"):
        return Taken()
    modules, files = modules_and_files(content, budget)
    return Taken(modules=modules, files=files, may_generate=bool(_SOURCE_FOLDER.search(content)))


def _included(content: bytes, budget: LexemeBudget) -> tuple[str, ...]:
    """Return what a C source includes in quotation marks, outside of conditions; its include guard is none.

    A first condition `#ifndef X` that the whole file stands in is a guard. In doubt an include counts as conditional.
    """
    found: dict[str, None] = {}
    depth, guarded = 0, False
    for number, directive in enumerate(budget.within(_DIRECTIVE.finditer(content))):
        word, name = directive.groups()
        if name is not None:
            if depth == int(guarded):
                found[_text(name)] = None
        elif word == b"endif":
            depth = max(depth - 1, 0)
        else:
            guarded = guarded or (number == 0 and word == b"ifndef")
            depth += 1
    return tuple(found)


def _of_cython(content: bytes, budget: LexemeBudget) -> Taken:
    """Return what a Cython source takes at the top of a line, which is outside of `IF` and of functions."""
    includes: dict[str, None] = {}
    cimports: dict[str, None] = {}
    for included, module, names in (found.groups(b"") for found in budget.within(_CYTHON.finditer(content))):
        if included:
            includes[_text(included)] = None
        elif module.strip(b"."):
            cimports[_text(module)] = None
        else:
            listed = [name.split()[0] for name in names.split(b",") if name.strip()]
            budget.spend(len(listed))
            cimports.update({_text(module + name): None for name in listed})
    return Taken(includes=tuple(includes), cimports=tuple(cimports))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
