"""CPython's stable ABI: which names belong to it, and since which version (stable_abi.json)."""

from __future__ import annotations

from functools import lru_cache

from wheelcheck.platforms import data
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNSTABLE = "PyUnstable"  # the family of names that CPython may change in every release


@lru_cache(maxsize=1)
def added_in() -> Mapping[str, tuple[int, ...]]:
    """Return the version that brought each name of the stable ABI, as tools/stable_abi.py wrote them."""
    since = data.load("stable_abi.json")["since"].items()
    return {name: tuple(map(int, version.split("."))) for version, names in since for name in names.split()}


def is_of_cpython(name: str) -> bool:
    """Return whether a name that begins with Py is most likely CPython's, and not that of a project such as PySide.

    CPython's are `_Py…` and those of a family of the stable ABI: `PyUnicode_FromKindAndData` is not in it, but
    `PyUnicode_FromString` is.
    """
    return name.startswith("_Py") or _family(name) in _families()


def _family(name: str) -> str:
    return name.lstrip("_").partition("_")[0]


@lru_cache(maxsize=1)
def _families() -> frozenset[str]:
    return frozenset({_UNSTABLE, *map(_family, added_in())})
