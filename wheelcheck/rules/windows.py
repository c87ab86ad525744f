"""WC503: PE code runs on every Windows that the tag promises, not only beside a compiler."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, without_known_cpu
from wheelcheck.facts.leftovers import Leftovers
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice

_DEBUG_RUNTIME = re.compile(
    r"(?:vcruntime\d+(?:_\d)?|msvc[pr]\d+|ucrtbase|mfc\d+u?|concrt\d+|vcomp\d+)d\.dll", re.IGNORECASE
)


@rule("WC503", on=Wheel, severity=("error", "warning"), needs=without_known_cpu)
def no_binary_needs_a_debug_runtime(wheel: Wheel) -> Iterator[Hit]:
    """No PE file imports a debug build of Microsoft's runtime.

    The debug runtime comes with Visual Studio, and its licence does not allow it to be redistributed. On other machines
    the load fails with "module not found". A library that no other file of the wheel links to, in a wheel with other
    native code that does without the debug runtime, is most likely a debug build left beside the release build; that is
    a warning.

    Source: Microsoft, "Redistributing Visual C++ Files".
    Remedy: build the Release configuration (/MD, not /MDd).
    """
    code = list(native_code(wheel, "windows"))
    leftovers = Leftovers(wheel)
    works_without = any(not _debug_runtimes(slice_) for _, slice_, _ in code)
    for member, slice_, _ in code:
        if debug := _debug_runtimes(slice_):
            is_imported = slice_.kind != "library" or is_extension_module(member.path)
            spare = works_without and not is_imported and not leftovers.is_linked_to(member)
            message = f"imports {debug[0]}, expected the release runtime"
            yield Hit(member.path, message, severity="warning" if spare else None)


def _debug_runtimes(slice_: Slice) -> list[str]:
    return [name for name in slice_.needed if _DEBUG_RUNTIME.fullmatch(name)]
