"""WC423: what import tables of macOS and Windows take from a library of the wheel is there."""

from __future__ import annotations

from collections import defaultdict

from wheelcheck.binary.model import Names
from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, without_known_cpu
from wheelcheck.facts.interpreter import is_module
from wheelcheck.platforms.paths import name_of
from wheelcheck.platforms.windows import origin_of
from wheelcheck.rules import Hit, listed, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelcheck.binary.model import Slice, Symbol

_SHOWN = 4  # names in a message
_Key = tuple[str, str]  # a library: its file name in lower case, and the CPU of its code


@rule("WC423", on=Wheel, severity=("error", "warning"), needs=without_known_cpu, absence=True)
def each_library_of_the_wheel_has_what_others_import_from_it(wheel: Wheel) -> Iterator[Hit]:
    """On macOS and Windows a library of the wheel exports every symbol that another file imports from it by name.

    Import tables say of each symbol which library it comes from. Where the wheel brings another build of that library,
    the import ends in "Symbol not found: _x, expected in: libfoo.dylib", or on Windows in "The specified procedure
    could not be found": with an import library that does not belong to the DLL, or a dylib that was replaced after
    linking. (For Linux this is WC421.)

    It is a warning for a file that nothing in the wheel loads, which may be a plugin, for what is bound at the first
    call only (delay load), and for a part of Visual C++'s runtime, of which another one may be loaded before. Not
    judged are DLLs with a name of Windows, dylibs that hand on what others have, and files whose symbols are not known.

    Source: dyld(1), two-level namespace; Apple's <mach-o/nlist.h>; the PE format (Microsoft), import table.
    Remedy: put the library into the wheel that the others were linked with, or link them again.
    """
    code = {
        (member.path, slice_.machine): slice_ for member, slice_, _ in native_code(wheel, "macos", "ios", "windows")
    }
    imports = {place: _by_library(slice_) for place, slice_ in code.items()}
    lacking = _lacking(imports, code)
    loaded = {_file_name(name) for slice_ in code.values() for name in slice_.needed}
    for place, slice_ in code.items():
        path, machine = place
        is_loaded = slice_.kind == "executable" or is_module(path, slice_) or _file_name(path) in loaded
        for library, symbols in imports[place].items():
            absent = lacking.get((_file_name(library), machine), frozenset())
            if missed := [symbol for symbol in symbols if symbol.name in absent]:
                is_certain = is_loaded and origin_of(library) != "Visual C++" and not all(each.lazy for each in missed)
                names = listed([symbol.name for symbol in missed], _SHOWN)
                message = f"imports {names} from {library}, which this library of the wheel does not export"
                yield Hit(path, message, None if is_certain else "warning")


def _file_name(path: str) -> str:
    """Return the last part of a path, as the loaders of Windows and of most Macs compare it."""
    return name_of(path).lower()


def _by_library(slice_: Slice) -> dict[str, list[Symbol]]:
    """Return the symbols that code imports by name, by the library that it names; none of a place of the system."""
    found: dict[str, list[Symbol]] = defaultdict(list)
    for symbol in slice_.imports:
        if symbol.library and not symbol.library.startswith("/") and not symbol.weak:
            found[symbol.library].append(symbol)
    return found


def _lacking(
    imports: Mapping[_Key, Mapping[str, Sequence[Symbol]]], code: Mapping[_Key, Slice]
) -> dict[_Key, frozenset[str]]:
    """Return which of the names that are imported from a library of the wheel it does not export.

    Several folders can have a library of one name; what any of them exports is there. All that is imported from one is
    looked for at once, because its names are taken apart for it.
    """
    holders: dict[_Key, list[Slice]] = defaultdict(list)
    for (path, machine), slice_ in code.items():
        holders[_file_name(path), machine].append(slice_)
    wanted: dict[_Key, set[str]] = defaultdict(set)
    for (_, machine), libraries in imports.items():
        for library, symbols in libraries.items():
            wanted[_file_name(library), machine].update(symbol.name for symbol in symbols)
    return {
        key: frozenset(names.difference(*(each.exports.among(names) for each in holders[key])))
        for key, names in wanted.items()
        if _is_known(key[0], holders.get(key, []))
    }


def _is_known(name: str, holders: Sequence[Slice]) -> bool:
    """Return whether all that files of one name export is known, and the loader takes no other file for them."""
    is_open = any(not each.symbols_known or each.hands_on or each.managed or each.hybrid for each in holders)
    has_some = any(each.exports != Names() for each in holders)
    return has_some and not is_open and origin_of(name) != "Windows"
