"""Which libraries a wheel brings along, and those for another platform that a build left beside: nothing loads them."""

from __future__ import annotations

from collections import defaultdict

from wheelcheck.facts.fit import fit, native_slices
from wheelcheck.platforms import hints
from wheelcheck.platforms.paths import folder_of, name_of
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Member, Wheel

_Machine = tuple[str, int]  # its name and bits
_ANY: _Machine = ("", 0)  # of what may serve any code: a file that cannot be read, ARM64X


class Carried:
    """The names of the libraries in a wheel, by the CPU of their code: no loader takes a library for another CPU."""

    def __init__(self, wheel: Wheel, *, ignore_case: bool = False) -> None:
        """Gather the names, in small letters for the loaders of Windows and of most Macs."""
        found: dict[_Machine, set[str]] = defaultdict(set)
        for member in wheel.natives:
            for slice_ in member.slices:
                found[_machine(slice_)] |= {name_of(member.path), slice_.soname} - {""}
            if not member.slices:
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


class Leftovers:
    """What the native files of a wheel link to, and which of its libraries are for its own platforms."""

    def __init__(self, wheel: Wheel) -> None:
        self._linked: set[str] = set()
        self._native: dict[tuple[str, str], str] = {}
        self._programs: dict[tuple[str, str], str] = {}
        for member in wheel.natives:
            slices = native_slices(member)
            self._linked |= {name_of(name).lower() for slice_ in slices for name in slice_.needed}
            is_twin = _is_program(member) or (_is_library(member) and not is_extension_module(member.path))
            if is_twin and fit(slices, wheel.platforms) == "native":
                found = self._native if _is_library(member) else self._programs
                found.setdefault(_place(member), member.path)

    def is_linked_to(self, member: Member) -> bool:
        """Return whether some native file of the wheel asks for a library of this file's name."""
        return name_of(member.path).lower() in self._linked

    def native_twin(self, member: Member) -> str:
        """Return the path of the native library that stands beside a foreign one of the same name.

        System, CPU, width, `lib` and suffix are no part of the name: `foo.dll` is a twin of `libfoo32.so`. Empty text
        where there is none, for what is imported or started, and for what another file of the wheel links to. An
        extension module is no library's twin.
        """
        if not _is_library(member) or is_extension_module(member.path) or self.is_linked_to(member):
            return ""
        return self._native.get(_place(member), "")

    def native_program(self, member: Member) -> str:
        """Return the path of the native program that stands beside a foreign one of the same name, or empty text."""
        return self._programs.get(_place(member), "") if _is_program(member) else ""


def _is_program(member: Member) -> bool:
    return member.binary is not None and member.binary.kinds == {"executable"}


def _is_library(member: Member) -> bool:
    return member.binary is not None and member.binary.kinds == {"library"}


def _place(member: Member) -> tuple[str, str]:
    return folder_of(member.path), hints.stem(member.path)
