"""What Python modules and scripts import whenever they run, read without running them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from wheelcheck.patterns import regex
from wheelcheck.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# A string that does not end, ends with the file, so that the time is linear.
_TEXT = regex(r"""\"{3}(?:[^\\"]+|\\.?|"(?!""))*(?:\"{3})?|'{3}(?:[^\\']+|\\.?|'(?!''))*(?:'{3})?""", re.DOTALL)
_IMPORT = regex(
    r"^from[ \t]+(?P<module>\.{0,16}[\w.]{0,256})[ \t]+import[ \t]+(?P<names>\([^)]{0,4096}\)|[^\n#;\\]{1,1024})"
    r"|^import[ \t]+(?P<modules>[\w., \t]{1,1024})",
    re.MULTILINE,
)
_COMMENT = regex(r"#[^\n]*")
_OPEN = ("__getattr__", "globals(", "import *", "sys.modules", "setattr(")  # such a module may have any name


# Modules of some Python and not of another, and pip, which some front ends have in the environment of a build.
_SOMETIMES = {"imp", "lib2to3", "pipes", "cgi", "asyncore", "asynchat", "smtpd", "tomllib", "compression", "pip"}
STANDARD = sys.stdlib_module_names | _SOMETIMES


class Import(NamedTuple):
    """A module that is imported, from the top of site-packages, and whether it may be only a name of the package."""

    module: str
    may_be_a_name: bool = False


def imports_of_package(package: str, text: str) -> Iterator[Import]:
    """Yield the modules of its own that a top-level package's `__init__.py` imports in any case.

    That is at the beginning of a line: what is in a function, an `if` or a `try` is not known to happen. Of
    `from . import x`, `x` may also be something that the file binds itself.
    """
    code = _TEXT.sub('""', text)
    for found in _IMPORT.finditer(code):
        if found["modules"]:
            named = (each.split()[0] for each in found["modules"].split(",") if each.split())
            yield from (Import(module) for module in named if module.startswith(f"{package}."))
            continue
        module = found["module"]
        if module.startswith("..") or not module:
            continue
        module = package + (f".{module[1:]}" if module != "." else "") if module.startswith(".") else module
        if module.startswith(f"{package}."):
            yield Import(module)
        elif module == package and not any(word in code for word in _OPEN):
            yield from (Import(f"{package}.{name}", _is_bound(name, code)) for name in _names(found["names"]))


def imports_of_script(text: str) -> Iterator[str]:
    """Yield the top-level modules that a script imports in any case, in their order; `a` of `import a.b as c`."""
    for found in _IMPORT.finditer(_TEXT.sub('""', text)):
        for named in (found["modules"] or found["module"]).split(","):
            if (module := named.strip().partition(" ")[0].partition(".")[0]).isidentifier():
                yield module


def _names(listed: str) -> Iterator[str]:
    for each in _COMMENT.sub("", listed).strip("() \t\n").split(","):
        words = each.split()
        if words and words[0].isidentifier() and not words[0].startswith("__"):  # every module has __name__
            yield words[0]


def _is_bound(name: str, code: str) -> bool:
    """Return whether the code may bind a name by something else than importing a module of that name."""
    word = re.escape(name)
    binding = rf"\b(?:def|class|as|for|with)\s+{word}\b|^\s*{word}\b[^\n]*=|\bglobal\b"
    return re.search(binding, code, re.MULTILINE) is not None
