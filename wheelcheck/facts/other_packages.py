"""What a wheel's own files say about libraries that other distributions bring."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

if TYPE_CHECKING:
    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Member, Wheel

_PREFIX = re.compile(r"[^/]+\.data/data/")
_SITE_PACKAGES = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")
_ORIGIN = re.compile(r"\$ORIGIN|\$\{ORIGIN\}")


def bringers(wheel: Wheel, member: Member, slice_: Slice) -> tuple[str, ...]:
    """Return the required distributions that may bring a library this file needs; empty where none can be found.

    Files of other distributions are found in two places: the environment's own folder (`.data/data/lib`), which all
    distributions share, and a folder of site-packages to which the search path leads and in which the wheel has no file
    (`$ORIGIN/../nvidia/cublas/lib`). Requirements of an extra do not count.
    """
    shared = bool(_PREFIX.match(member.path))
    return _required(wheel) if shared or _searches_elsewhere(wheel, member, slice_) else ()


def _required(wheel: Wheel) -> tuple[str, ...]:
    found = (_requirement(str(line)) for line in wheel.dist_info.metadata.get_all("Requires-Dist", []))
    return tuple(dict.fromkeys(each.name for each in found if each and not _of_an_extra(each)))


def _requirement(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def _of_an_extra(requirement: Requirement) -> bool:
    return requirement.marker is not None and re.search(r"\bextra\b", str(requirement.marker)) is not None


def _searches_elsewhere(wheel: Wheel, member: Member, slice_: Slice) -> bool:
    here = posixpath.dirname(_SITE_PACKAGES.sub("", member.path))
    return any(_is_elsewhere(entry, here, wheel) for entry in (*slice_.rpath, *slice_.runpath))


def _is_elsewhere(entry: str, here: str, wheel: Wheel) -> bool:
    """Return whether a search path leads to a folder of site-packages in which the wheel has no file."""
    origin = _ORIGIN.match(entry)
    if not origin:
        return False
    target = posixpath.normpath(posixpath.join(here, entry[origin.end() :].lstrip("/") or "."))
    return not target.startswith("..") and target not in wheel.folders
