"""Libraries and programs for another platform that a build left beside the wheel's own: nothing loads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelcheck.facts.fit import fit, native_slices
from wheelcheck.platforms import hints
from wheelcheck.platforms.paths import folder_of, name_of
from wheelcheck.platforms.suffixes import is_extension_module

if TYPE_CHECKING:
    from wheelcheck.facts import Member, Wheel


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
            if is_twin and fit(slices, wheel.platforms) == "home":
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
