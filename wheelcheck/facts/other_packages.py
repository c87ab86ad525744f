"""What a wheel's own files say about libraries that other distributions bring."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from wheelcheck.binary.model import Slice
    from wheelcheck.facts import Member, Wheel

_PREFIX = re.compile(r"[^/]+\.data/data/")
_SITE_PACKAGES = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")
_ORIGIN = re.compile(r"\$ORIGIN|\$\{ORIGIN\}")


def bringers(wheel: Wheel, member: Member, slice_: Slice) -> tuple[str, ...]:
    """Return the required distributions that may bring a library this file needs; empty where none can be found.

    Files of other distributions are found in two places. All distributions share the environment's own folder
    (`.data/data/lib`). And the search path may lead to a folder of site-packages in which the wheel has no file
    (`$ORIGIN/../nvidia/cublas/lib`): then only distributions whose names begin as that folder does count
    (nvidia-cublas-cu12). Requirements of an extra never count.
    """
    required = _required(wheel)
    if _PREFIX.match(member.path):
        return required
    folders = {canonicalize_name(folder) for folder in _foreign_folders(wheel, member, slice_)}
    return tuple(name for name in required if any(_begins_as(canonicalize_name(name), folder) for folder in folders))


def _begins_as(name: str, folder: str) -> bool:
    return name == folder or name.startswith(f"{folder}-")


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


def _foreign_folders(wheel: Wheel, member: Member, slice_: Slice) -> set[str]:
    """Return the top folders of site-packages below which the file looks for libraries and the wheel has no file."""
    here = posixpath.dirname(_SITE_PACKAGES.sub("", member.path))
    targets = {_target(entry, here) for entry in (*slice_.rpath, *slice_.runpath)}
    return {target.partition("/")[0] for target in targets if target and target not in wheel.folders}


def _target(entry: str, here: str) -> str:
    """Return the folder of site-packages to which a search path leads; empty text where it leads elsewhere."""
    origin = _ORIGIN.match(entry)
    path = posixpath.normpath(posixpath.join(here, entry[origin.end() :].lstrip("/") or ".")) if origin else ".."
    return "" if path.startswith("..") or path == "." else path
