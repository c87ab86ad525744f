"""What runs whenever a package of a wheel is imported or a command of it is started, and which modules that needs."""

from __future__ import annotations

from wheelcheck.facts.dist_info import GROUPS, entry_points_among, parse_entry_points
from wheelcheck.facts.file_names import installed_path, is_package
from wheelcheck.facts.python_imports import OPEN, Import, Needed, imports_of_module
from wheelcheck.patterns import regex
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from wheelcheck.facts import Member

# Code that makes modules itself, under another name than its own.
_MAKES_MODULES = regex(r"meta_path|sys\.modules(?:\[(?!__name__\s*\])[^\n]{0,200}\]\s*=[^=]|\.(?:update|setdefault)\()")
_WORD = regex(r"\w+")
_MOST_STEPS = 50  # from one module to the next


class Source(NamedTuple):
    """What the source of a module says: what it imports, its words if others may take names from it, what it makes.

    The words are those of an `__init__.py` and None for another file. `makes_modules` is whether its code does.
    """

    imports: tuple[Import, ...]
    words: AbstractSet[str] | None
    makes_modules: bool


def source_of(place: str, text: str) -> Source:
    """Return what a source says; `place` is where it is installed."""
    words = _words(text) if place.endswith("/__init__.py") else None
    may_make = "meta_path" in text or "sys.modules" in text  # which is found faster than the expression
    return Source(imports_of_module(place, text), words, may_make and _MAKES_MODULES.search(text) is not None)


def first_files(texts: Mapping[str, str], places: Mapping[str, Member]) -> dict[str, str]:
    """Return the files that run first, with what starts them: packages at the top, their `__main__`, and commands.

    `texts` are the sources and metadata of the wheel that were kept, by path. A command of a package without
    `__init__.py` is left out: other distributions may bring a part of such a package.
    """
    found = {place: f"`import {place.partition('/')[0]}`" for place in map(installed_path, texts) if is_package(place)}
    for package in [place.partition("/")[0] for place in found]:
        if f"{package}/__main__.py" in places:
            found[f"{package}/__main__.py"] = f"`python -m {package}`"
    groups, _ = parse_entry_points(entry_points_among(texts))  # what cannot be parsed, WC222 reports
    scripts = (script for group, scripts in groups.items() if group in GROUPS for script in scripts.items())
    for name, reference in scripts:
        module, colon, _ = reference.partition(":")
        if colon and f"{module.partition('.')[0]}/__init__.py" in places:
            files = filter(None, _files(module.strip(), places))
            found |= {path: f"the command {name}" for path in files if path not in found}
    return found


def needed_modules(
    starts: Mapping[str, str],
    places: Mapping[str, Member],
    read: Callable[[Collection[str]], Mapping[str, Source]],
) -> tuple[Needed, ...]:
    """Follow the imports of the files that run first through their own packages.

    `starts` is what `first_files` found, and `places` are all members by where they are installed. `read` returns what
    the sources of some of them say, by place. What it leaves out is not followed.
    """
    needed: dict[Needed, None] = {}
    doubtful: list[Needed] = []
    makers: set[str] = set()  # packages with code that makes modules
    words: dict[str, AbstractSet[str]] = {}  # of each `__init__.py` that was read
    seen, waiting = dict(starts), dict(starts)
    for _ in range(_MOST_STEPS):
        if not waiting:
            break
        sure: list[Needed] = []
        for place, source in read(waiting).items():
            for named in source.imports:
                (doubtful if named.may_be_a_name else sure).append(Needed(place, waiting[place], named.module))
            if source.words is not None:
                words[place] = source.words
            if source.makes_modules:
                makers.add(place.partition("/")[0])
        sure += (each for each in doubtful if _can_only_be_a_module(each.module, words))
        doubtful = [each for each in doubtful if _init_of(each.module) not in words]
        waiting = {}
        for each in sure:
            *above, file = _files(each.module, places)
            if not file:
                needed[each] = None
            waiting.update((path, each.start) for path in (*above, file) if path and path not in seen)
        seen |= waiting
    kept = (each for each in needed if each.path in starts or each.path.partition("/")[0] not in makers)
    return tuple(each._replace(path=places[each.path].path) for each in kept)


def _files(module: str, places: Container[str]) -> Iterator[str]:
    """Yield the sources of the packages that a module lies in, and then its own; empty text for what is none."""
    parts = module.split(".")
    for count in range(2, len(parts) + 1):
        base = "/".join(parts[:count])
        yield next((path for path in (f"{base}/__init__.py", f"{base}.py") if path in places), "")


def _init_of(module: str) -> str:
    """Return the file that runs first in the package of a module."""
    return f"{module.rpartition('.')[0].replace('.', '/')}/__init__.py"


def _words(text: str) -> AbstractSet[str]:
    """Return the words of a source, and with them those of OPEN that are in it."""
    return {*_WORD.findall(text), *(word for word in OPEN if word in text)}


def _can_only_be_a_module(module: str, words: Mapping[str, AbstractSet[str]]) -> bool:
    """Return whether a package surely has nothing else of a name that is taken from it: it never mentions it."""
    mentioned = words.get(_init_of(module))
    return mentioned is not None and module.rpartition(".")[2] not in mentioned and mentioned.isdisjoint(OPEN)
