"""What C and C++ sources include, read without a preprocessor."""

from __future__ import annotations

import re

C_SUFFIXES = (".c", ".cc", ".cpp", ".cxx", ".c++", ".h", ".hh", ".hpp", ".hxx", ".inc", ".ipp")
_DIRECTIVE = re.compile(rb'^[ \t]*#[ \t]*(?:(if|ifdef|ifndef|endif)\b|include[ \t]*"([^"\n]{1,256})")', re.MULTILINE)
_MOST = 4096  # includes of one file


def local_includes(content: bytes) -> tuple[str, ...]:
    """Return what a source includes in quotation marks, outside of conditions; its include guard is none.

    A first condition `#ifndef X` that the whole file stands in is a guard. In doubt an include counts as conditional.
    """
    found: dict[str, None] = {}
    depth, guarded = 0, False
    for number, directive in enumerate(_DIRECTIVE.finditer(content)):
        word, name = directive.groups()
        if name is not None:
            if depth == int(guarded) and len(found) < _MOST:
                found[name.decode("utf-8", "surrogateescape")] = None
        elif word == b"endif":
            depth = max(depth - 1, 0)
        else:
            guarded = guarded or (number == 0 and word == b"ifndef")
            depth += 1
    return tuple(found)
