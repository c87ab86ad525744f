"""What Python modules and scripts import whenever they run, read without running them."""

from __future__ import annotations

import re
import sys
from functools import cached_property

from wheelcheck.patterns import regex
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A string that does not end, ends with the file, so that the time is linear.
_TEXT = regex(r"""\"{3}(?:[^\\"]+|\\.?|"(?!""))*(?:\"{3})?|'{3}(?:[^\\']+|\\.?|'(?!''))*(?:'{3})?""", re.DOTALL)
_IMPORT = regex(
    r"^from[ \t]+(?P<module>[\w.]{1,256})[ \t]+import[ \t]+(?P<names>\(|[^\n#;\\]{1,1024})"
    r"|^import[ \t]+(?P<modules>[\w., \t]{1,1024})",
    re.MULTILINE,
)
_LONGEST = 2048  # characters of an import in one line, and more
_LINE = regex(r"[^\n#;\\]{1,1024}")
_DEFINED = regex(r"\b(?:def|class|as|for|with)(?=\s+(\w+))")
_ASSIGNED = regex(r"^[^\S\n]*(\w+)\b[^\n]*=", re.MULTILINE)
_GLOBAL = regex(r"\bglobal\b")
_COMMENT = regex(r"#[^\n]*")
OPEN = ("__getattr__", "globals(", "import *", "sys.modules", "setattr(")  # such a module may have any name


# Modules of some Python and not of another, and pip, which some front ends have in the environment of a build.
_SOMETIMES = {"imp", "lib2to3", "pipes", "cgi", "asyncore", "asynchat", "smtpd", "tomllib", "compression", "pip"}
STANDARD = sys.stdlib_module_names | _SOMETIMES


class Import(NamedTuple):
    """A module that is imported, from the top of site-packages, and whether it may be only a name of the package."""

    module: str
    may_be_a_name: bool = False


class Needed(NamedTuple):
    """A module that is imported in any case and is no Python file of the wheel, with dots.

    `path` is the member that imports it, and `start` what makes that file run: `import demo`.
    """

    path: str
    start: str
    module: str


def imports_of_module(place: str, text: str) -> tuple[Import, ...]:
    """Return the modules of its own package that a module imports in any case, each once; `place` is where it is.

    That is at the beginning of a line: what is in a function, an `if` or a `try` is not known to happen. Of
    `from . import x`, `x` may also be something that the package binds itself, as far as its `__init__.py` shows it:
    always so where that is another file than this one.
    """
    return tuple(dict.fromkeys(_imports(place, text)))


def _imports(place: str, text: str) -> Iterator[Import]:
    *folders, file = place.split("/")
    own = ".".join(folders) if file == "__init__.py" else ""
    code = _TEXT.sub('""', text if own else _up_to_imports(text))
    is_open = any(word in code for word in OPEN)
    bound = Bound(code)
    for found in _statements(code):
        if found.modules:
            named = (each.split()[0] for each in found.modules.split(",") if each.split())
            yield from (Import(module) for module in named if module.startswith(f"{folders[0]}."))
            continue
        module = _absolute(found.module, folders)
        if module.partition(".")[0] != folders[0]:
            continue
        if "." in module:
            yield Import(module)
        if module != own or not is_open:
            yield from (Import(f"{module}.{name}", module != own or name in bound) for name in _names(found.names))


def _up_to_imports(text: str) -> str:
    """Return what the last import of a text may end in, and all before it: the rest need not be looked through."""
    last = max(text.rfind("\nfrom"), text.rfind("\nimport"))
    return text[: max(last + _LONGEST, text.find(")", max(last, 0)) + 1)]


def _absolute(module: str, folders: Sequence[str]) -> str:
    """Return a module by its full name; empty for one above the top of the package."""
    name = module.lstrip(".")
    level = len(module) - len(name)
    if not level:
        return name
    return ".".join([*folders[: len(folders) - level + 1], *([name] if name else ())]) if level <= len(folders) else ""


class _Statement(NamedTuple):
    """`import MODULES`, or `from MODULE import NAMES`, as written."""

    modules: str
    module: str
    names: str


def _statements(code: str) -> Iterator[_Statement]:
    """Yield the imports at the beginning of a line."""
    place, last = 0, code.rfind(")")
    while found := _IMPORT.search(code, place):
        place, names = found.end(), found["names"] or ""
        if names.startswith("("):
            start = found.start("names")
            end = code.find(")", start) + 1 if start < last else 0  # else each search would go to the end of the file
            line = _LINE.match(code, start)
            place = end or (line.end() if line else place)
            names = code[start:place]
        yield _Statement(found["modules"] or "", found["module"] or "", names)


def imports_of_script(text: str) -> Iterator[str]:
    """Yield the top-level modules that a script imports in any case, in their order; `a` of `import a.b as c`."""
    for found in _statements(_TEXT.sub('""', text)):
        for named in (found.modules or found.module).split(","):
            if (module := named.strip().partition(" ")[0].partition(".")[0]).isidentifier():
                yield module


def _names(listed: str) -> Iterator[str]:
    for each in _COMMENT.sub("", listed).strip("() \t\n").split(","):
        words = each.split()
        if words and words[0].isidentifier() and not words[0].startswith("__"):  # every module has __name__
            yield words[0]


class Bound:
    """The names that a source may bind by something else than importing a module of that name, found at one go."""

    def __init__(self, code: str) -> None:
        self._code = code

    @cached_property
    def _is_anything(self) -> bool:
        return _GLOBAL.search(self._code) is not None

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset((*_DEFINED.findall(self._code), *_ASSIGNED.findall(self._code)))

    def __contains__(self, name: str) -> bool:
        return self._is_anything or name in self._names
