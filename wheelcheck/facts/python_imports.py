"""What Python modules and scripts import whenever they run, read without running them."""

from __future__ import annotations

import re
import sys
from functools import cached_property, lru_cache

from wheelcheck.patterns import regex
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A string that does not end, ends with the file, so that the time is linear.
_TEXT = regex(r"""\"{3}(?:[^\\"]+|\\.?|"(?!""))*(?:\"{3})?|'{3}(?:[^\\']+|\\.?|'(?!''))*(?:'{3})?""", re.DOTALL)
_IMPORT = regex(
    r"^from[ \t]+(?P<module>[\w.]{1,256})[ \t]+import[ \t]+(?P<names>\(|[^\n#;\\]{1,1024})"
    r"|^import[ \t]+(?P<modules>[\w., \t]{1,1024})",
    re.MULTILINE,
)
_LINE = regex(r"[^\n#;\\]{1,1024}")
_DEFINED = regex(r"\b(?:def|class|as|for|with)(?=\s+(\w+))")
_ASSIGNED = regex(r"^[^\S\n]*(\w+)\b[^\n]*=", re.MULTILINE)
_GLOBAL = regex(r"\bglobal\b")
_COMMENT = regex(r"#[^\n]*")
_OPEN = ("__getattr__", "globals(", "import *", "sys.modules", "setattr(")  # such a module may have any name


# Modules of some Python and not of another, and pip, which some front ends have in the environment of a build.
_SOMETIMES = {"imp", "lib2to3", "pipes", "cgi", "asyncore", "asynchat", "smtpd", "tomllib", "compression", "pip"}
STANDARD = sys.stdlib_module_names | _SOMETIMES


class Import(NamedTuple):
    """A module that is imported, from the top of site-packages, and whether it may be only a name of the package."""

    module: str
    may_be_a_name: bool = False


@lru_cache(maxsize=8)  # the wheels of one release have the same packages
def imports_of_package(package: str, text: str) -> tuple[Import, ...]:
    """Return the modules of its own that a top-level package's `__init__.py` imports in any case, each once.

    That is at the beginning of a line: what is in a function, an `if` or a `try` is not known to happen. Of
    `from . import x`, `x` may also be something that the file binds itself.
    """
    return tuple(dict.fromkeys(_imports_of_package(package, text)))


def _imports_of_package(package: str, text: str) -> Iterator[Import]:
    code = _TEXT.sub('""', text)
    is_open = any(word in code for word in _OPEN)
    bound = Bound(code)
    for found in _statements(code):
        if found.modules:
            named = (each.split()[0] for each in found.modules.split(",") if each.split())
            yield from (Import(module) for module in named if module.startswith(f"{package}."))
            continue
        module = found.module
        if module.startswith(".."):
            continue
        module = package + (f".{module[1:]}" if module != "." else "") if module.startswith(".") else module
        if module.startswith(f"{package}."):
            yield Import(module)
        elif module == package and not is_open:
            yield from (Import(f"{package}.{name}", name in bound) for name in _names(found.names))


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
