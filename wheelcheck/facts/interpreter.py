"""What native code takes from the interpreter, and which versions of Python a wheel promises to serve."""

from __future__ import annotations

import re
from functools import lru_cache

from wheelcheck.patterns import regex
from wheelcheck.platforms.paths import name_of
from wheelcheck.platforms.suffixes import is_extension_module, version_of
from wheelcheck.platforms.usual import admits_any
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Wheel
    from wheelcheck.platforms.wheel_tags import WheelTag

Version = tuple[int, ...]

_INTERPRETER = regex(
    r"(?:.*[/\\])?(?:Python|libpython3[.\d]*t?\.(?:dylib|so[.\d]*)|python3\d*t?(?:_d)?\.dll)", re.IGNORECASE | re.DOTALL
)
STABLE = frozenset({"abi3", "abi3t"})  # ABI tags
HOOKS = ("PyInit_", "PyInitU_", "PyModExport_", "PyModExportU_")  # how a module's init function begins
_MAKERS = regex(r"(?:Py)?Py(?:Module(?:Def_Init|_(?:Create|From|New|Add|Exec))|_InitModule)\w*")
_FIRST = (3, 2)  # version with a stable ABI (PEP 384)
_ANY = (8,)  # a version newer than all, and older than what is in no version
_LAST_MINOR = 100
_PATCHES = range(40)  # no minor version of CPython had more patch releases


def init_functions(module: str) -> tuple[str, ...]:
    """Return the functions by which CPython 3 imports a module, of which one is enough (PEP 489 and 793)."""
    is_ascii = module.isascii()
    name = module if is_ascii else module.encode("punycode").decode("ascii").replace("-", "_")
    return tuple(hook + name for hook in HOOKS if hook.endswith("U_") != is_ascii)


def is_module(path: str, code: Slice) -> bool:
    """Return whether Python imports a file: no other has its name, or it is `x.so` and makes the module `x`."""
    if is_extension_module(path):
        return True
    stem, _, end = name_of(path).rpartition(".")
    return end == "so" and "." not in stem and bool(code.exports.among({*init_functions(stem)}))


def taken(slice_: Slice) -> Iterator[str]:
    """Yield the names that code takes from the interpreter, or from any library that it may find them in."""
    for symbol in slice_.imports:
        is_ours = symbol.name.startswith(("Py", "_Py")) and not symbol.name.startswith(HOOKS)
        if is_ours and not symbol.weak and (not symbol.library or _INTERPRETER.fullmatch(symbol.library)):
            yield symbol.name


def makes_module(slice_: Slice) -> bool:
    """Return whether code takes a function that makes or fills a module, as code that is imported does."""
    return any(_MAKERS.fullmatch(name) for name in taken(slice_))


def oldest_promised(wheel: Wheel) -> Version:
    """Return the oldest version that a tag of the stable ABI promises; one newer than all if no tag says any.

    A tag without a minor version (`cp3-abi3`) promises all since the first with a stable ABI.
    """
    return min((max(version_of(tag.python), _FIRST) for tag in wheel.name.tags if tag.abi in STABLE), default=_ANY)


def is_admitted(wheel: Wheel, versions: Iterable[Version]) -> bool:
    """Return whether Requires-Python admits some release of these minor versions; one that cannot be parsed does."""
    wanted = str(wheel.dist_info.metadata.get("Requires-Python", ""))
    return any(_admits(wanted, version) for version in versions)


@lru_cache(maxsize=1024)
def _admits(wanted: str, version: Version) -> bool:
    try:
        return admits_any(wanted, ((*version, patch) for patch in _PATCHES))
    except ValueError:  # InvalidSpecifier, or a number of too many digits, which WC220 reports
        return True


def promised_versions(tag: WheelTag) -> list[Version]:
    """Return the versions of Python that a tag is for; none where it names none. `py3` is for all of Python 3."""
    oldest = version_of(tag.python) if tag.python.startswith(("cp", "pp", "py")) else ()
    if oldest[:1] not in ((2,), (3,)):
        return []
    major, minor = (*oldest, 0)[:2]
    is_open = names_no_minor(tag) or tag.abi in STABLE or tag.python.startswith("py")
    return [(major, each) for each in range(minor, _LAST_MINOR if is_open else minor + 1)]


def names_no_minor(tag: WheelTag) -> bool:
    """Return whether a tag is for every minor version of a Python, as `py3` is."""
    return len(version_of(tag.python)) == 1
