"""What becomes a command of the environment, and under which names PyPI and installers refuse it."""

from __future__ import annotations

import re
from typing import Literal

GROUPS = frozenset({"console_scripts", "gui_scripts"})

# The names that uv's `reserved_script_name` refuses in any case: those of the interpreters in an environment.
_RESERVED = re.compile(
    r"(?:pythonw?|python3(?:\.[0-9]{1,3}t?)?|pythonw3\.[0-9]{1,3}t|graalpy|pypy[23]?)(?:\.py)?(?:\.exe)?", re.IGNORECASE
)
_PUBLISHED = re.compile(r"[\w.-]+")  # PyPI's own check of an uploaded wheel (warehouse, utils/wheel.py)
_DRIVE = re.compile(r"[A-Za-z]:")

NameProblem = Literal["", "a path", "characters", "reserved"]


def script_name_problem(name: str) -> NameProblem:
    """Return what is wrong with the name of a script: it is a path, has other characters, or is the interpreter's."""
    if "/" in name or "\\" in name or _DRIVE.match(name) or name in (".", ".."):
        return "a path"
    if not _PUBLISHED.fullmatch(name):
        return "characters"
    return "reserved" if is_reserved(name) else ""


def is_reserved(name: str) -> bool:
    """Return whether a script of this name would replace an environment's interpreter, here or on another system."""
    return _RESERVED.fullmatch(name) is not None


def without_wrapper_suffix(name: str) -> str:
    """Return the entry point whose launcher setuptools would call so; installers leave such a file of .data out."""
    for suffix in (".exe", "-script.py", ".pya"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name
