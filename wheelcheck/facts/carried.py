"""The names by which the native files of a wheel answer to code for one CPU."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from wheelcheck.platforms.paths import name_of

if TYPE_CHECKING:
    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Wheel

_Machine = tuple[str, int]  # its name and bits
_ANY: _Machine = ("", 0)  # of what may serve any code: a file that cannot be read, ARM64X


class Carried:
    """Which libraries a wheel brings along. No loader takes one that is for another CPU, whatever its name is."""

    def __init__(self, wheel: Wheel, *, ignore_case: bool = False) -> None:
        """Gather the names, in small letters for the loaders of Windows and of most Macs."""
        found: dict[_Machine, set[str]] = defaultdict(set)
        for member in wheel.natives:
            slices = member.binary.slices if member.binary else ()
            for slice_ in slices:
                found[_machine(slice_)] |= {name_of(member.path), slice_.soname} - {""}
            if not slices:
                found[_ANY].add(name_of(member.path))
        names = {machine: frozenset(map(str.lower, each) if ignore_case else each) for machine, each in found.items()}
        self.names = frozenset[str]().union(*names.values())
        self._for_any = names.get(_ANY, frozenset())
        self._beside = {machine: each | self._for_any for machine, each in names.items()}

    def beside(self, slice_: Slice) -> frozenset[str]:
        """Return the names of the files that a process with this code can load."""
        return self.names if slice_.hybrid else self._beside.get(_machine(slice_), self._for_any)


def _machine(slice_: Slice) -> _Machine:
    return _ANY if slice_.hybrid else (slice_.machine, slice_.bits)
