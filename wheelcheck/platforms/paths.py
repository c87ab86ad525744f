"""The parts of a member's path, as `PurePosixPath` gives them: an archive may hold 100,000, and each is asked often."""

from __future__ import annotations

from pathlib import PurePosixPath

from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def parts_of(path: str) -> tuple[str, ...]:
    """Return the components of a path, its root included: `a//b/.` has two."""
    parts = path.split("/")
    return PurePosixPath(path).parts if "" in parts or "." in parts else tuple(parts)


def name_of(path: str) -> str:
    """Return the last component of a path."""
    name = path.rpartition("/")[2]
    return PurePosixPath(path).name if name in ("", ".") else name


def suffix_of(path: str) -> str:
    """Return the last suffix of a file's name with its dot, empty if it has none: neither `.profile` nor `a.` has."""
    name = name_of(path)
    dot = name.rfind(".")
    return name[dot:] if 0 < dot < len(name) - 1 else ""


def folder_of(path: str) -> str:
    """Return the folder that a path is in, `.` for one component."""
    folder, _, name = path.rpartition("/")
    is_plain = folder and name not in ("", ".") and folder[0] not in "/." and "//" not in path and "/." not in folder
    return folder if is_plain else str(PurePosixPath(path).parent)


def folders_of(paths: Iterable[str], most: int = 0) -> set[str]:
    """Return the folders that files are in, and all folders above those.

    Paths are taken as they are spelled. With `most`, the search ends once there are more folders than that.
    """
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
        if most and len(found) > most:
            break
    return found
