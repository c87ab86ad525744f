"""WC503: PE code runs on every Windows that the tag promises, not only beside a compiler."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import native_code, without_known_cpu
from wheelcheck.rules import Hit, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEBUG_RUNTIME = re.compile(
    r"(?:vcruntime\d+(?:_\d)?|msvc[pr]\d+|ucrtbase|mfc\d+u?|concrt\d+|vcomp\d+)d\.dll", re.IGNORECASE
)


@rule("WC503", on=Wheel, needs=without_known_cpu)
def no_binary_needs_a_debug_runtime(wheel: Wheel) -> Iterator[Hit]:
    """No PE file imports a debug build of Microsoft's runtime.

    The debug runtime comes with Visual Studio, and its licence does not allow it to be redistributed. On other machines
    the load fails with "module not found".

    Source: Microsoft, "Redistributing Visual C++ Files".
    Remedy: build the Release configuration (/MD, not /MDd).
    """
    for member, slice_, _ in native_code(wheel, "windows"):
        debug = [name for name in slice_.needed if _DEBUG_RUNTIME.fullmatch(name)]
        if debug:
            yield Hit(member.path, f"imports {debug[0]}, expected the release runtime")
