"""What every process of macOS offers to code that looks for a symbol in whatever library is there."""

from __future__ import annotations

from functools import lru_cache

from wheelcheck.patterns import regex
from wheelcheck.platforms import data

# libSystem is in every process; so may be the runtimes of C++, Objective-C and Swift and CoreFoundation, which Python
# itself is linked with, and their names are not in the data. What a program's first object file defines is not either.
_OF_OTHERS = regex(
    r"_?_Z.*|__?cxa_.*|__gxx_.*|_?objc_.*|OBJC_.*|_?swift_.*|\$s.*|k?(?:CF|SC)[A-Z].*|environ|NXArg[cv]|_mh_\w+_header"
)
_LIBRARIES = regex(r"/usr/lib/(?:libSystem\.B|libc\+\+(?:abi)?\.1|libobjc\.A|libgcc_s\.1)\.dylib")


def may_be_offered(name: str) -> bool:
    """Return whether libSystem of some macOS has a symbol, or another library that a process of Python may have."""
    return name in _names() or _OF_OTHERS.fullmatch(name) is not None


def is_known(library: str) -> bool:
    """Return whether it is known what a library of the system offers beyond what `may_be_offered` passes."""
    return _LIBRARIES.fullmatch(library) is not None


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(data.load("macos_symbols.json")["libSystem"].split())
